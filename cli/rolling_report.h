/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_report.h
 * The answer of berth plan --rolling as a text and as JSON.
 */
#ifndef BERTH_CLI_ROLLING_REPORT_H
#define BERTH_CLI_ROLLING_REPORT_H

#include <berth/rolling.h>
#include <stdio.h>

typedef struct rolling_report {
  const berth_rolling *rolling;
  uint32_t width;     /* of the text */
  char *const *plans; /* JSON of the plan of each round; for rolling_report_json() */
} rolling_report;

/** @param what a rolling_report */
void rolling_report_text(FILE *out, const void *what);
void rolling_report_json(FILE *out, const void *what);

#endif
