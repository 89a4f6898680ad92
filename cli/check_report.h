/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_report.h
 * What berth check says, as JSON (schema berth-check/1) or as CSV. Findings are collected as they
 * are found, since a context forgets them at the next call.
 */
#ifndef BERTH_CLI_CHECK_REPORT_H
#define BERTH_CLI_CHECK_REPORT_H

#include "csv.h"
#include <berth/io.h>
#include <stdio.h>

/** Sums over all clusters. */
typedef struct check_sums {
  int64_t rules, disabled, broken, requested, violations;
} check_sums;

/** Findings as the elements of a JSON array, or as rows of CSV, in memory. */
typedef struct check_findings {
  FILE *stream;
  bool rows;       /* of CSV */
  csv_table table; /* of these */
  char *text;
  size_t length;
} check_findings;

/** Empty; false = no memory. check_findings_close() frees it. */
bool check_findings_open(check_findings *findings, bool rows);
void check_findings_add(check_findings *findings, const berth_problem *problem);
/** Whether all of them are there: `text` and `length` then say so. */
bool check_findings_complete(check_findings *findings);
void check_findings_close(check_findings *findings);

/** What is written. */
typedef struct check_report {
  const char *path; /* as the user wrote it */
  const berth_inventory *inventory;
  check_sums sums;
  const check_findings *findings; /* complete; of JSON and CSV */
} check_report;

/** Each takes a check_report. */
void check_report_json(FILE *out, const void *what);
void check_report_csv(FILE *out, const void *what);

#endif
