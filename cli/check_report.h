/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_report.h
 * What berth check says, as JSON: schema berth-check/1. Findings are collected as they are found,
 * since a context forgets them at the next call.
 */
#ifndef BERTH_CLI_CHECK_REPORT_H
#define BERTH_CLI_CHECK_REPORT_H

#include <berth/io.h>
#include <stdio.h>

/** Sums over all clusters. */
typedef struct check_sums {
  int64_t rules, disabled, broken, requested, violations;
} check_sums;

/** Findings as the elements of a JSON array, in memory. */
typedef struct check_findings {
  FILE *stream;
  char *text;
  size_t length;
} check_findings;

/** Empty; false = no memory. check_findings_close() frees it. */
bool check_findings_open(check_findings *findings);
void check_findings_add(check_findings *findings, const berth_problem *problem);
void check_findings_close(check_findings *findings);

/** Writes the document. False = no memory for the findings. */
bool check_report_json(FILE *out, const berth_inventory *inventory, const check_sums *sums,
                       check_findings *findings);

#endif
