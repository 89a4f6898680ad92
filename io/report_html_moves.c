/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moves and why: steps of one kind and one reason in a row, those with the most steps first.
 */
#include "context_internal.h"
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS_MOST = 60, NAMES_MOST = 5 };

/* A step, or the first of those that share kind and reason. */
typedef struct reason {
  berth_step_type type;
  const char *why;
  uint32_t step;  /* place in the plan */
  uint32_t count; /* of a group: so many, one after another */
  uint32_t first; /* of a group: place of its first step in the sorted list */
} reason;

static int by_reason(const void *left, const void *right) {
  const reason *a = left, *b = right;
  if (a->type != b->type)
    return a->type < b->type ? -1 : 1;
  int words = strcmp(a->why, b->why);
  if (words != 0)
    return words;
  return a->step < b->step ? -1 : a->step > b->step;
}

static int by_count(const void *left, const void *right) {
  const reason *a = left, *b = right;
  if (a->count != b->count)
    return a->count > b->count ? -1 : 1;
  return a->step < b->step ? -1 : a->step > b->step;
}

/* Makes groups of a sorted list. @return how many. */
static uint32_t make_groups(const reason *steps, uint32_t count, reason *groups) {
  uint32_t made = 0;
  for (uint32_t i = 0; i < count; i++) {
    bool same = made > 0 && groups[made - 1].type == steps[i].type &&
                strcmp(groups[made - 1].why, steps[i].why) == 0;
    if (!same) {
      groups[made] = steps[i];
      groups[made].first = i;
      groups[made++].count = 0;
    }
    groups[made - 1].count++;
  }
  assert(made <= count);
  return made;
}

static const char *type_words(berth_step_type type) {
  static const char *const words[] = {[BERTH_STEP_WAKE] = "host is woken",
                                      [BERTH_STEP_MIGRATE] = "VM migrates",
                                      [BERTH_STEP_RESTART] = "VM restarts",
                                      [BERTH_STEP_POWER_ON] = "VM is powered on",
                                      [BERTH_STEP_ENTER_MAINTENANCE] = "host enters maintenance",
                                      [BERTH_STEP_POWER_DOWN] = "host is powered down"};
  assert((size_t)type < sizeof words / sizeof words[0]);
  return words[type];
}

static int64_t memory_of(const report_page *page, const reason *steps, const reason *group) {
  int64_t memory = 0;
  for (uint32_t i = group->first; i < group->first + group->count; i++) {
    const berth_plan_step *step = berth_plan_step_at(page->text.plan, steps[i].step);
    if (step->vm != BERTH_NONE)
      memory += berth_inventory_vm_memory(page->text.inventory, step->vm);
  }
  return memory;
}

static void put_names(const report_page *page, const reason *steps, const reason *group) {
  for (uint32_t i = 0; i < group->count && i < NAMES_MOST; i++) {
    const berth_plan_step *step = berth_plan_step_at(page->text.plan, steps[group->first + i].step);
    fputs(i > 0 ? "; " : "", page->stream);
    page_put_name(page->stream, step->vm != BERTH_NONE ? plan_text_vm(&page->text, step->vm)
                                                       : plan_text_host(&page->text, step->host));
    if (step->to != BERTH_NONE) {
      fputs(" \u2192 ", page->stream);
      page_put_name(page->stream, plan_text_host(&page->text, step->to));
    }
  }
  if (group->count > NAMES_MOST)
    fprintf(page->stream, " and %" PRIu32 " more", group->count - NAMES_MOST);
}

static void put_group(const report_page *page, const reason *steps, const reason *group) {
  int64_t memory = memory_of(page, steps, group);
  fprintf(page->stream,
          "<tr data-type=\"%s\" data-count=\"%" PRIu32 "\" data-memory=\"%" PRId64
          "\"><td>%s</td><td>",
          berth_step_type_word(group->type), group->count, memory, type_words(group->type));
  page_put(page->stream, group->why, 3 * PAGE_NAME_MOST);
  fprintf(page->stream,
          "</td><td class=\"number\">%" PRIu32 "</td><td class=\"number\">%s</td><td>",
          group->count, memory > 0 ? text_memory(memory).text : "");
  put_names(page, steps, group);
  fputs("</td></tr>\n", page->stream);
}

static void put_groups(const report_page *page, const reason *steps, reason *groups,
                       uint32_t count) {
  uint32_t rest = 0;
  qsort(groups, count, sizeof *groups, by_count);
  page_section_begin(page->stream, "moves", "What moves and why");
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">why"
        "</th><th scope=\"col\" class=\"number\">steps</th><th scope=\"col\" "
        "class=\"number\">memory</th><th scope=\"col\">which</th></tr></thead>\n<tbody>\n",
        page->stream);
  for (uint32_t i = 0; i < count && i < REASONS_MOST; i++)
    put_group(page, steps, &groups[i]);
  for (uint32_t i = REASONS_MOST; i < count; i++)
    rest += groups[i].count;
  fputs("</tbody>\n</table></div>\n", page->stream);
  if (rest > 0)
    fprintf(page->stream,
            "<p class=\"rest\">%" PRIu32 " more steps for %" PRIu32
            " other reasons. The JSON has all.</p>\n",
            rest, count - REASONS_MOST);
  page_section_end(page->stream);
}

berth_status report_moves(const report_page *page) {
  uint32_t count = berth_plan_step_count(page->text.plan);
  if (count == 0)
    return BERTH_OK;
  reason *steps = context_take(page->ctx, count, sizeof *steps);
  reason *groups = context_take(page->ctx, count, sizeof *groups);
  berth_status status = steps == NULL || groups == NULL ? BERTH_E_NOMEM : BERTH_OK;
  for (uint32_t i = 0; i < count && status == BERTH_OK; i++) {
    const berth_plan_step *step = berth_plan_step_at(page->text.plan, i);
    steps[i] = (reason){.type = step->type, .why = step->why != NULL ? step->why : "", .step = i};
  }
  if (status == BERTH_OK) {
    qsort(steps, count, sizeof *steps, by_reason);
    put_groups(page, steps, groups, make_groups(steps, count, groups));
  }
  context_release(page->ctx, steps);
  context_release(page->ctx, groups);
  return status;
}
