/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_report.h
 * What a cluster still takes, as text for people, as JSON (berth-capacity/1) or as CSV.
 */
#ifndef BERTH_CLI_CAPACITY_REPORT_H
#define BERTH_CLI_CAPACITY_REPORT_H

#include <berth/capacity.h>
#include <stdio.h>

/** What is shown. */
typedef struct capacity_report {
  const berth_inventory *inventory;
  const berth_capacity *capacity;
  const berth_capacity_request *request; /* as asked */
  uint32_t width;                        /* of the page; text only */
  bool blocks;                           /* characters beyond ASCII for bars */
} capacity_report;

void capacity_report_text(FILE *out, const capacity_report *report);
void capacity_report_json(FILE *out, const capacity_report *report);
/** One row for each figure and one for each host. */
void capacity_report_csv(FILE *out, const capacity_report *report);

/** "optimal": proved to be the largest number; "feasible": some were shown to fit; "unknown";
 *  "infeasible": proved that not even what is there does. */
const char *capacity_state_word(const berth_capacity_figure *figure);

#endif
