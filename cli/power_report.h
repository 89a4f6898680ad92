/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_report.h
 * An answer of power management as text for people, as JSON (berth-power/1), as CSV, or as a page.
 */
#ifndef BERTH_CLI_POWER_REPORT_H
#define BERTH_CLI_POWER_REPORT_H

#include <berth/page.h>
#include <berth/power.h>
#include <stdio.h>

/** What is shown. */
typedef struct power_report {
  const berth_power_answer *answer;
  int64_t keep_failures; /* as asked */
  berth_weigh weigh;
} power_report;

/** Each takes a power_report. */
void power_report_text(FILE *out, const void *what);
void power_report_json(FILE *out, const void *what);
/** A row for each host. */
void power_report_csv(FILE *out, const void *what);
/** What a page has below its heading. */
void power_report_html(berth_page *page, const void *what);

/** What is to be said about one cluster before its hosts, a line each. */
void power_put_summary(FILE *out, const power_report *report, const berth_power_cluster *cluster);

/** Parts per hundred, rounded to the nearest; 0 of nothing. */
int64_t power_percent(int64_t part, int64_t whole);

/** @p load in hundredths of what @p host has. */
berth_power_load power_percent_of_host(const power_report *report, uint32_t host,
                                       berth_power_load load);

#endif
