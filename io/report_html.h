/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report_html.h
 * What the sections of the HTML report share. Text of all kinds comes from foreign files: it is
 * written by the functions here only, which escape it, replace what XML or a reader's screen must
 * not get, and cut what is too long.
 */
#ifndef BERTH_IO_REPORT_HTML_H
#define BERTH_IO_REPORT_HTML_H

#include "gantt_chart.h"
#include "plan_text.h"

enum {
  REPORT_NAME_MOST = 80,   /* characters of a name */
  REPORT_STEPS_MOST = 500, /* rows of the table of steps */
  REPORT_ROWS_MOST = 200   /* of every other list */
};

typedef struct report_page {
  berth_context *ctx;
  plan_text text; /* for its sentences; its page has no width that matters */
  FILE *stream;
  gantt_chart chart;
} report_page;

/** A section writes itself, or nothing where it has nothing to say. @return BERTH_OK,
 * BERTH_E_NOMEM. */
typedef berth_status report_section(const report_page *page);

report_section report_headline; /* report_html_summary.c */
report_section report_unplaced; /* report_html_summary.c */
report_section report_wrong;    /* report_html_summary.c */
report_section report_ladder;   /* report_html_tables.c */
report_section report_timeline; /* report_html_gantt.c */
report_section report_steps;    /* report_html_tables.c */
report_section report_warnings; /* report_html_tables.c */

/** The style sheet of the page. Static. */
const char *report_style(void);

/** Writes the whole page, errors of the stream aside. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status report_html_write(berth_context *ctx, const berth_plan *plan, FILE *stream);

/** Writes @p text, at most @p most characters of it, then an ellipsis. */
void report_put(const report_page *page, const char *text, uint32_t most);

/** The same between tags <@p tag>, with the attributes @p attributes ("" = none). */
void report_put_in(const report_page *page, const char *tag, const char *attributes,
                   const char *text);

/** A name in a direction of its own, whatever script it is written in. */
void report_put_name(const report_page *page, const char *name);

/** Begins a section with a heading; ends with report_section_end(). */
void report_section_begin(const report_page *page, const char *id, const char *heading);
void report_section_end(const report_page *page);

/** "… and 12 more <what>; the JSON has all", if @p count is more than @p shown. */
void report_put_rest(const report_page *page, uint32_t shown, uint32_t count, const char *what);

#endif
