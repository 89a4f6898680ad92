/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the report: the ladder with its proofs, the steps, and the list of warnings.
 */
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>

static void put_cell(const report_page *page, const char *attributes, const char *text) {
  assert(text != NULL);
  page_put_in(page->stream, "td", attributes, text);
}

/* ---------------------------------------------------------------------------- ladder */

static void put_level(const report_page *page, const berth_plan_level *level) {
  char proof[PLAN_TEXT_SENTENCE] = "";
  bool proved = level->status == BERTH_OUTCOME_OPTIMAL;
  assert(berth_level_name(level->level) != NULL);
  plan_text_level_proof(&page->text, level, proof, sizeof proof);
  fputs("<tr>", page->stream);
  page_put_in(page->stream, "th", "scope=\"row\"", berth_level_name(level->level));
  put_cell(page, "class=\"number\"", plan_text_level_quantity(level->level, level->value).text);
  put_cell(page, "class=\"number\"", plan_text_level_quantity(level->level, level->bound).text);
  put_cell(page, proved ? "class=\"good\"" : "class=\"care\"", proof);
  fputs("</tr>\n", page->stream);
}

berth_status report_ladder(const report_page *page) {
  uint32_t count = berth_plan_level_count(page->text.plan);
  uint32_t certificates = berth_plan_certificate_count(page->text.plan);
  char settings[PLAN_TEXT_SENTENCE] = "";
  if (count == 0)
    return BERTH_OK;
  page_section_begin(page->stream, "ladder", "What counts, best first");
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">level</th>"
        "<th scope=\"col\" class=\"number\">value</th><th scope=\"col\" class=\"number\">bound</th>"
        "<th scope=\"col\">proof</th></tr></thead>\n<tbody>\n",
        page->stream);
  for (uint32_t i = 0; i < count; i++)
    put_level(page, berth_plan_level_at(page->text.plan, i));
  fputs("</tbody>\n</table></div>\n", page->stream);
  plan_text_settings(&page->text, settings, sizeof settings);
  if (settings[0] != '\0')
    page_put_in(page->stream, "p", "class=\"rest\"", settings);
  if (certificates > 0)
    fprintf(page->stream,
            "<p class=\"rest\">%" PRIu32 " certificate%s of bounds; berth verify derives them "
            "from the plan as JSON again.</p>\n",
            certificates, certificates == 1 ? "" : "s");
  page_section_end(page->stream);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- steps */

/* A time as text; a plan from elsewhere may state a negative one. */
static void put_window(const report_page *page, berth_window window) {
  int64_t earliest = window.earliest < 0 ? 0 : window.earliest;
  int64_t latest = window.latest < earliest ? earliest : window.latest;
  put_cell(page, "class=\"number\"", text_interval(&page->text.page, earliest, latest).text);
}

static void put_step(const report_page *page, const berth_plan_step *step, bool critical) {
  char line[PLAN_TEXT_SENTENCE] = "";
  assert(step != NULL);
  fprintf(page->stream, "<tr%s><td class=\"number\">%s%" PRIu32 "</td>",
          critical ? " class=\"critical\"" : "", critical ? "* " : "", step->id);
  fputs("<td>", page->stream);
  plan_text_step_name(&page->text, step, line, sizeof line);
  page_put_name(page->stream, line);
  fputs("</td><td>", page->stream);
  line[0] = '\0';
  plan_text_step_where(&page->text, step, line, sizeof line);
  page_put(page->stream, line, 2 * PAGE_NAME_MOST);
  fputs("</td>", page->stream);
  put_window(page, step->start);
  put_window(page, step->end);
  line[0] = '\0';
  plan_text_step_after(step, line, (size_t)PAGE_NAME_MOST * 2);
  put_cell(page, "", line);
  line[0] = '\0';
  plan_text_step_detail(step, line, (size_t)6 * PAGE_NAME_MOST);
  put_cell(page, "class=\"why\"", line);
  fputs("</tr>\n", page->stream);
}

/* Whether each of the first `count` steps is on the critical chain: the bars know, in their order.
 */
static void mark_critical(const gantt_chart *chart, uint32_t count, bool *critical) {
  for (uint32_t i = 0; i < chart->chain_count; i++) {
    uint32_t step = chart->bars[chart->chain[i]].step->id - 1;
    assert(chart->bars[chart->chain[i]].critical);
    if (step < count)
      critical[step] = true;
  }
}

berth_status report_steps(const report_page *page) {
  uint32_t count = berth_plan_step_count(page->text.plan);
  uint32_t shown = count < REPORT_STEPS_MOST ? count : REPORT_STEPS_MOST;
  bool critical[REPORT_STEPS_MOST] = {false};
  char heading[64];
  if (count == 0)
    return BERTH_OK;
  mark_critical(&page->chart, shown, critical);
  snprintf(heading, sizeof heading, "Steps, in an order that works (%" PRIu32 ")", count);
  page_section_begin(page->stream, "steps", heading);
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\" class=\"number\">#</th>"
        "<th scope=\"col\">step</th><th scope=\"col\">where</th>"
        "<th scope=\"col\" class=\"number\">starts</th><th scope=\"col\" class=\"number\">ends</th>"
        "<th scope=\"col\">after</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n",
        page->stream);
  for (uint32_t i = 0; i < shown; i++)
    put_step(page, berth_plan_step_at(page->text.plan, i), critical[i]);
  fputs("</tbody>\n</table></div>\n", page->stream);
  page_put_rest(page->stream, shown, count, "steps");
  page_section_end(page->stream);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- warnings */

berth_status report_warnings(const report_page *page) {
  uint32_t count = berth_plan_warning_count(page->text.plan);
  uint32_t shown = count < REPORT_ROWS_MOST ? count : REPORT_ROWS_MOST;
  char heading[64];
  if (count == 0)
    return BERTH_OK;
  snprintf(heading, sizeof heading, "Warnings (%" PRIu32 ")", count);
  page_section_begin(page->stream, "warnings", heading);
  fputs("<ul class=\"warnings\">\n", page->stream);
  for (uint32_t i = 0; i < shown; i++) {
    fputs("<li>", page->stream);
    page_put(page->stream, berth_plan_warning_at(page->text.plan, i), 10 * PAGE_NAME_MOST);
    fputs("</li>\n", page->stream);
  }
  fputs("</ul>\n", page->stream);
  page_put_rest(page->stream, shown, count, "warnings");
  page_section_end(page->stream);
  return BERTH_OK;
}
