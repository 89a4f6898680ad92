/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report_html.h
 * What the sections of the HTML report of a plan share.
 */
#ifndef BERTH_IO_REPORT_HTML_H
#define BERTH_IO_REPORT_HTML_H

#include "gantt_chart.h"
#include "page_text.h"
#include "plan_change.h"
#include "plan_text.h"

enum {
  REPORT_STEPS_MOST = 500, /* rows of the table of steps */
  REPORT_ROWS_MOST = 200   /* of every other list */
};

typedef struct report_page {
  berth_context *ctx;
  plan_text text; /* for its sentences; its page has no width that matters */
  FILE *stream;
  gantt_chart chart;
  plan_change change;
} report_page;

/** A section writes itself, or nothing where it has nothing to say. @return BERTH_OK,
 * BERTH_E_NOMEM. */
typedef berth_status report_section(const report_page *page);

report_section report_headline; /* report_html_summary.c */
report_section report_unplaced; /* report_html_summary.c */
report_section report_wrong;    /* report_html_summary.c */
report_section report_hosts;    /* report_html_hosts.c */
report_section report_moves;    /* report_html_moves.c */
report_section report_ladder;   /* report_html_tables.c */
report_section report_timeline; /* report_html_gantt.c */
report_section report_steps;    /* report_html_tables.c */
report_section report_warnings; /* report_html_tables.c */

/** All hosts as cells, before and after; a part of report_hosts(). */
report_section report_overview; /* report_html_overview.c */

/** Writes the whole page, errors of the stream aside. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status report_html_write(berth_context *ctx, const berth_plan *plan, FILE *stream);

#endif
