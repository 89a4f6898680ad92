/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The top of the report: what the plan does and what is proved about it, in the sentences of the
 * text output; then the VMs that it leaves without a host, or where they must not stay.
 */
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>

/* ---------------------------------------------------------------------------- headline */

static const char *status_class(berth_outcome status) {
  if (status == BERTH_OUTCOME_OPTIMAL)
    return "badge good";
  return status == BERTH_OUTCOME_FEASIBLE ? "badge care" : "badge bad";
}

static void put_sentence(const report_page *page, const char *attributes,
                         void (*add)(const plan_text *text, char *line, size_t size)) {
  char line[PLAN_TEXT_SENTENCE] = "";
  add(&page->text, line, sizeof line);
  if (line[0] == '\0')
    return;
  page_put_in(page->stream, "p", attributes, line);
  fputc('\n', page->stream);
}

/* The figures that a reader looks for first. */
static void put_figure(const report_page *page, const char *label, const char *value) {
  assert(label != NULL);
  fputs("<div><dt>", page->stream);
  page_put(page->stream, label, PAGE_NAME_MOST);
  fputs("</dt><dd>", page->stream);
  page_put(page->stream, value, PAGE_NAME_MOST);
  fputs("</dd></div>\n", page->stream);
}

static void put_figures(const report_page *page) {
  berth_plan_makespan makespan = berth_plan_get_makespan(page->text.plan);
  char count[24];
  fputs("<dl class=\"figures\">\n", page->stream);
  snprintf(count, sizeof count, "%" PRIu32, berth_plan_step_count(page->text.plan));
  put_figure(page, "steps", count);
  if (makespan.worst > 0 && makespan.best == makespan.worst) {
    put_figure(page, "takes", text_duration(makespan.worst).text);
  } else if (makespan.worst > 0) {
    put_figure(page, "at best", text_duration(makespan.best).text);
    put_figure(page, "expected", text_duration(makespan.expected).text);
    put_figure(page, "at worst", text_duration(makespan.worst).text);
  }
  fputs("</dl>\n", page->stream);
}

/* Verdict in the colour of what it says, the rest plain. */
typedef struct written_deadline {
  const report_page *page;
  bool begun;
} written_deadline;

static void put_deadline(void *user, const char *line) {
  written_deadline *written = user;
  const report_page *page = written->page;
  assert(berth_plan_get_deadline(page->text.plan) != NULL);
  bool met = berth_plan_get_deadline(page->text.plan)->met == BERTH_MET_WORST;
  page_put_in(page->stream, "p",
              written->begun ? ""
              : met          ? "class=\"good\""
                             : "class=\"care\"",
              line);
  fputc('\n', page->stream);
  written->begun = true;
}

berth_status report_headline(const report_page *page) {
  const berth_plan *plan = page->text.plan;
  const char *name = berth_inventory_name(page->text.inventory);
  berth_outcome status = berth_plan_status(plan);
  assert(name != NULL);
  fprintf(page->stream, "<header>\n<h1>Plan: %s", berth_goal_word(berth_plan_goal(plan)));
  if (name[0] != '\0') {
    fputs(" of ", page->stream);
    page_put_name(page->stream, name);
  }
  fprintf(page->stream, " <span class=\"%s\">%s</span></h1>\n", status_class(status),
          berth_outcome_word(status));
  put_sentence(page, "class=\"scenario\"", plan_text_scenario);
  put_sentence(page, plan_text_all_done(&page->text) ? "class=\"lead\"" : "class=\"lead open\"",
               plan_text_verdict);
  put_figures(page);
  plan_text_deadline_tell(&page->text, put_deadline, &(written_deadline){.page = page});
  if (status != BERTH_OUTCOME_UNKNOWN) {
    put_sentence(page, "", plan_text_proved);
    put_sentence(page, "", plan_text_not_proved);
  }
  fputs("</header>\n", page->stream);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- VMs without host */

typedef void reason_sentence(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                             size_t size);

static void put_reason(const report_page *page, const berth_plan_unplaced *unplaced,
                       reason_sentence *add, const char *attributes) {
  char line[PLAN_TEXT_SENTENCE] = "";
  add(&page->text, unplaced, line, sizeof line);
  if (line[0] == '\0')
    return;
  page_put_in(page->stream, "li", attributes, line);
  fputc('\n', page->stream);
}

static void put_reasons(const report_page *page, const berth_plan_unplaced *unplaced) {
  bool known = unplaced->ledger_count + unplaced->conflict_count + unplaced->remedy_count > 0;
  fputs("<dd>", page->stream);
  if (known) { /* a list must not be empty */
    fputs("<ul>\n", page->stream);
    put_reason(page, unplaced, plan_text_ledger, "");
    put_reason(page, unplaced, plan_text_shortage, "");
    put_reason(page, unplaced, plan_text_conflict, "");
    put_reason(page, unplaced, plan_text_remedies, "class=\"remedy\"");
    fputs("</ul>", page->stream);
  }
  fputs("</dd>\n", page->stream);
}

/* VMs with the same reasons stand together; the reasons are said once, below the last of them. */
static void put_vms(const report_page *page, const char *id, const char *heading, uint32_t count,
                    const berth_plan_unplaced *(*at)(const berth_plan *plan, uint32_t index),
                    bool left_behind) {
  uint32_t shown = count < REPORT_ROWS_MOST ? count : REPORT_ROWS_MOST;
  char line[512];
  if (count == 0)
    return;
  snprintf(line, sizeof line, "%s (%" PRIu32 ")", heading, count);
  page_section_begin(page->stream, id, line);
  fputs("<dl class=\"vms\">\n", page->stream);
  for (uint32_t i = 0; i < shown; i++) {
    const berth_plan_unplaced *unplaced = at(page->text.plan, i);
    assert(unplaced != NULL);
    line[0] = '\0';
    plan_text_about(&page->text, unplaced, left_behind, line, sizeof line);
    fputs("<dt>", page->stream);
    page_put_name(page->stream, plan_text_vm(&page->text, unplaced->vm));
    fputs(" <span>", page->stream);
    page_put(page->stream, line, sizeof line);
    fputs("</span></dt>\n", page->stream);
    if (i + 1 == shown ||
        !plan_text_same_reasons(&page->text, unplaced, at(page->text.plan, i + 1)))
      put_reasons(page, unplaced);
  }
  fputs("</dl>\n", page->stream);
  page_put_rest(page->stream, shown, count, "VMs");
  page_section_end(page->stream);
}

berth_status report_unplaced(const report_page *page) {
  const berth_plan *plan = page->text.plan;
  put_vms(page, "unplaced", "Without a host", berth_plan_unplaced_count(plan),
          berth_plan_unplaced_at, false);
  put_vms(page, "left", "Left on hosts that they must leave", berth_plan_left_behind_count(plan),
          berth_plan_left_behind_at, true);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- wrong at the end */

/* A list while it is written. */
typedef struct written_list {
  const report_page *page;
  uint32_t count;
} written_list;

static void put_wrong(void *user, const char *line) {
  written_list *list = user;
  assert(list->page != NULL);
  if (list->count++ >= REPORT_ROWS_MOST)
    return;
  page_put_in(list->page->stream, "li", "", line);
  fputc('\n', list->page->stream);
}

static berth_status put_wrongs(const report_page *page, berth_strength strength, const char *id,
                               const char *title, int64_t count) {
  written_list list = {.page = page};
  char heading[96];
  if (count <= 0)
    return BERTH_OK;
  snprintf(heading, sizeof heading, "%s (%" PRId64 ")", title, count);
  page_section_begin(page->stream, id, heading);
  fputs("<ul>\n", page->stream);
  berth_status status = plan_text_wrong(page->ctx, &page->text, strength, put_wrong, &list);
  fputs("</ul>\n", page->stream);
  page_put_rest(page->stream, REPORT_ROWS_MOST, list.count, "findings");
  page_section_end(page->stream);
  return status;
}

berth_status report_wrong(const report_page *page) {
  berth_status status = put_wrongs(page, BERTH_MUST, "wrong", "Still wrong at the end",
                                   plan_text_value(&page->text, BERTH_LEVEL_VIOLATIONS));
  if (status == BERTH_OK)
    status = put_wrongs(page, BERTH_SHOULD, "should", "Should rules not kept",
                        plan_text_value(&page->text, BERTH_LEVEL_SHOULD_BROKEN));
  return status;
}
