/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_report.h
 * What a cluster still takes, as text for people, as JSON (berth-capacity/1), as CSV, or as a page.
 */
#ifndef BERTH_CLI_CAPACITY_REPORT_H
#define BERTH_CLI_CAPACITY_REPORT_H

#include <berth/capacity.h>
#include <berth/page.h>
#include <stdio.h>

/** What is shown. */
typedef struct capacity_report {
  const berth_inventory *inventory;
  const berth_capacity *capacity;
  const berth_capacity_request *request; /* as asked */
  uint32_t width;                        /* of the page; text only */
  bool blocks;                           /* characters beyond ASCII for bars */
} capacity_report;

/** Each takes a capacity_report. */
void capacity_report_text(FILE *out, const void *what);
void capacity_report_json(FILE *out, const void *what);
/** One row for each figure and one for each host. */
void capacity_report_csv(FILE *out, const void *what);
/** What a page has below its heading. */
void capacity_report_html(berth_page *page, const void *what);

/** The answer of one cluster in sentences, and what is to be known about it, each between @p before
 *  and @p after. */
void capacity_put_answer(FILE *out, const capacity_report *report,
                         const berth_capacity_cluster *cluster, const char *before,
                         const char *after);
void capacity_put_notes(FILE *out, const berth_capacity_cluster *cluster, const char *before,
                        const char *after);

/** "12", "12 to 15", "at most 15", "none". */
void capacity_write_figure(char *text, size_t size, const berth_capacity_figure *figure);

/** "after up to 4 migrations". */
void capacity_write_migrations(char *text, size_t size, int64_t limit);

/** What admission control lets in: a number, "no limit", or that it is short already. */
void capacity_write_admission(char *text, size_t size, int64_t count);

/** "VMs", or "mixes". */
const char *capacity_unit_word(const berth_capacity_request *request, int64_t count);

/** "optimal": proved to be the largest number; "feasible": some were shown to fit; "unknown";
 *  "infeasible": proved that not even what is there does. */
const char *capacity_state_word(const berth_capacity_figure *figure);

#endif
