/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first lines of a plan: what was supposed, what happens and whether that is all that was
 * asked, what is proved about it, and what is not.
 */
#include "plan_text.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { SENTENCE = PLAN_TEXT_SENTENCE };

/* What was asked for and is not done, summed over the levels that count it. */
typedef struct shortfall {
  int64_t value, bound;
} shortfall;

static bool is_asked(berth_level level) {
  return level <= BERTH_LEVEL_UNPLACED;
}

static shortfall shortfall_of(const berth_plan *plan) {
  shortfall total = {0, 0};
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (is_asked(level->level)) {
      total.value += level->value;
      total.bound += level->bound;
    }
  }
  assert(total.value >= 0);
  return total;
}

/* ---------------------------------------------------------------------------- what happens */

static uint32_t count_how(const berth_plan *plan, berth_how how) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    count += berth_plan_placement_at(plan, i)->how == how;
  return count;
}

static uint32_t count_steps(const berth_plan *plan, berth_step_type type) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    count += berth_plan_step_at(plan, i)->type == type;
  return count;
}

/* "3 VMs restart, " ... for each count that is not zero. */
static void add_count(char *line, size_t size, int64_t count, const char *one, const char *many) {
  if (count > 0)
    text_add(line, size, "%s%" PRId64 " %s", line[0] == '\0' ? "" : ", ", count,
             count == 1 ? one : many);
}

static void add_counts(const plan_text *text, char *line, size_t size) {
  const berth_plan *plan = text->plan;
  add_count(line, size, count_how(plan, BERTH_HOW_RESTART), "VM restarts", "VMs restart");
  add_count(line, size, count_how(plan, BERTH_HOW_POWER_ON), "VM is powered on",
            "VMs are powered on");
  add_count(line, size, count_how(plan, BERTH_HOW_MIGRATE), "VM moves", "VMs move");
  add_count(line, size, count_steps(plan, BERTH_STEP_WAKE), "host wakes", "hosts wake");
  add_count(line, size, count_steps(plan, BERTH_STEP_ENTER_MAINTENANCE), "host enters maintenance",
            "hosts enter maintenance");
  add_count(line, size, count_steps(plan, BERTH_STEP_POWER_DOWN), "host is powered down",
            "hosts are powered down");
  if (berth_plan_step_count(plan) == 0 && line[0] == '\0')
    text_add(line, size, "nothing changes");
  add_count(line, size, berth_plan_unplaced_count(plan), "VM finds no host", "VMs find no host");
  add_count(line, size, plan_text_value(text, BERTH_LEVEL_VIOLATIONS), "violation stays",
            "violations stay");
  add_count(line, size, plan_text_value(text, BERTH_LEVEL_SHOULD_BROKEN), "should rule is not kept",
            "should rules are not kept");
}

static void add_time(const plan_text *text, char *line, size_t size) {
  berth_plan_makespan makespan = berth_plan_get_makespan(text->plan);
  if (makespan.worst == 0)
    return;
  text_add(line, size, " It takes ");
  if (makespan.best < makespan.worst)
    text_add(line, size, "%s to ", text_duration(makespan.best).text);
  text_add(line, size, "%s", text_duration(makespan.worst).text);
  if (makespan.expected < makespan.worst)
    text_add(line, size, ", %s expected", text_duration(makespan.expected).text);
  text_add(line, size, ".");
}

/* Whether all is done decides how the sentence begins. That more is impossible is claimed only
 * where the bounds say so. */
static const char *verdict(shortfall asked, berth_outcome status) {
  if (asked.value == 0 && status != BERTH_OUTCOME_INFEASIBLE)
    return "All that was asked is done";
  if (asked.value > asked.bound)
    return asked.bound > 0 ? "Not all that was asked can be done, but perhaps more than here"
                           : "Not all that was asked is done, and that is not proved impossible";
  return "Not all that was asked can be done";
}

void plan_text_verdict(const plan_text *text, char *line, size_t size) {
  char counts[SENTENCE] = "";
  if (berth_plan_status(text->plan) == BERTH_OUTCOME_UNKNOWN) {
    text_add(line, size, "Nothing was found within the limits.");
    return;
  }
  add_counts(text, counts, sizeof counts);
  text_add(line, size, "%s: %s.", verdict(shortfall_of(text->plan), berth_plan_status(text->plan)),
           counts);
  add_time(text, line, size);
}

bool plan_text_all_done(const plan_text *text) {
  return shortfall_of(text->plan).value == 0 &&
         berth_plan_status(text->plan) != BERTH_OUTCOME_UNKNOWN;
}

/* ---------------------------------------------------------------------------- what is proved */

static bool is_proved(const berth_plan_level *level) {
  return level->status == BERTH_OUTCOME_OPTIMAL;
}

/* A ladder is climbed from the top: what is proved ends at the first open level. */
void plan_text_proved(const plan_text *text, char *line, size_t size) {
  uint32_t count = berth_plan_level_count(text->plan), proved = 0;
  while (proved < count && is_proved(berth_plan_level_at(text->plan, proved)))
    proved++;
  if (proved == 0)
    return;
  text_add(line, size, "Proved: no safe plan does better");
  if (proved < count)
    text_add(line, size, " on the levels down to %s",
             berth_level_name(berth_plan_level_at(text->plan, proved - 1)->level));
  text_add(line, size, ".");
}

static text_quantity in_words(berth_level level, int64_t value) {
  return level == BERTH_LEVEL_MAKESPAN ? text_duration(value)
                                       : plan_text_level_quantity(level, value);
}

void plan_text_not_proved(const plan_text *text, char *line, size_t size) {
  static const char begin[] = "Not proved to be the least: ";
  assert(line[0] == '\0');
  for (uint32_t i = 0; i < berth_plan_level_count(text->plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(text->plan, i);
    if (is_proved(level))
      continue;
    text_add(line, size, "%s%s (%s", line[0] == '\0' ? begin : ", ",
             level->level == BERTH_LEVEL_MAKESPAN ? "the time" : berth_level_name(level->level),
             in_words(level->level, level->value).text);
    if (level->bound > 0)
      text_add(line, size, "; at least %s", in_words(level->level, level->bound).text);
    text_add(line, size, ")");
  }
  if (line[0] != '\0')
    text_add(line, size, ".");
}

/* ---------------------------------------------------------------------------- what if */

/* A host may be gone from the effective inventory: then as it was written. */
static const char *host_in_event(const plan_text *text, const char *id) {
  uint32_t host = BERTH_NONE;
  if (id == NULL || berth_inventory_find_host(text->inventory, id, &host) != BERTH_OK)
    return id;
  return plan_text_host(text, host);
}

static const char *vm_in_event(const plan_text *text, const char *id) {
  uint32_t vm = BERTH_NONE;
  if (id == NULL || berth_inventory_find_vm(text->inventory, id, &vm) != BERTH_OK)
    return id;
  return plan_text_vm(text, vm);
}

static void add_event(const plan_text *text, char *line, size_t size, const berth_event *event) {
  assert(event != NULL);
  const char *const objects[] = {host_in_event(text, event->host),
                                 vm_in_event(text, event->vm),
                                 event->like,
                                 event->id,
                                 event->chassis,
                                 event->rack,
                                 event->site,
                                 event->cluster};
  static const char *const kinds[] = {"",         "",      "like ", "",
                                      "chassis ", "rack ", "site ", "cluster "};
  text_add(line, size, "%s", berth_event_type_word(event->type));
  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
    if (objects[i] != NULL)
      text_add(line, size, " %s%s", kinds[i], objects[i]);
  if (event->attribute != NULL)
    text_add(line, size, " %s=%s", event->attribute, event->value != NULL ? event->value : "");
  if (event->cpu_mhz != BERTH_UNSET)
    text_add(line, size, " %" PRId64 " MHz", event->cpu_mhz);
  if (event->memory_mib != BERTH_UNSET)
    text_add(line, size, " %s", text_memory(event->memory_mib).text);
  if (event->count != 1)
    text_add(line, size, " (%" PRId64 " times)", event->count);
}

void plan_text_scenario(const plan_text *text, char *line, size_t size) {
  enum { EVENTS_SHOWN = 12 };
  const berth_scenario *scenario = berth_plan_scenario(text->plan);
  uint32_t count = berth_scenario_count(scenario);
  if (count == 0)
    return;
  text_add(line, size, "What if: ");
  if (berth_scenario_name(scenario)[0] != '\0')
    text_add(line, size, "%s: ", berth_scenario_name(scenario));
  for (uint32_t i = 0; i < count && i < EVENTS_SHOWN; i++) {
    text_add(line, size, "%s", i > 0 ? "; " : "");
    add_event(text, line, size, berth_scenario_event(scenario, i));
  }
  if (count > EVENTS_SHOWN)
    text_add(line, size, "; %s and %" PRIu32 " more", text_ellipsis(&text->page),
             count - EVENTS_SHOWN);
}

/* ---------------------------------------------------------------------------- all of it */

static text_ink status_ink(berth_outcome status) {
  if (status == BERTH_OUTCOME_OPTIMAL)
    return INK_GOOD;
  return status == BERTH_OUTCOME_FEASIBLE ? INK_CARE : INK_BAD;
}

static void print_sentence(const plan_text *text, text_ink ink, uint32_t indent,
                           void (*add)(const plan_text *text, char *line, size_t size)) {
  char line[SENTENCE] = "";
  add(text, line, sizeof line);
  if (line[0] != '\0')
    text_wrap(&text->page, ink, 0, indent, line);
}

void plan_text_headline(const plan_text *text) {
  assert(text->page.width > 0);
  char line[512] = "";
  const char *inventory = berth_inventory_name(text->inventory);
  berth_outcome status = berth_plan_status(text->plan);
  text_add(line, sizeof line, "Plan: %s%s%.200s: ", berth_goal_word(berth_plan_goal(text->plan)),
           inventory[0] != '\0' ? " of " : "", inventory);
  if (text_width(line) + text_width(berth_outcome_word(status)) <= text->page.width) {
    text_put(&text->page, INK_BOLD, line);
  } else {
    text_wrap(&text->page, INK_BOLD, 0, 2, line);
    fputs("  ", text->page.stream);
  }
  text_put(&text->page, status_ink(status), berth_outcome_word(status));
  fputc('\n', text->page.stream);
  print_sentence(text, INK_PLAIN, 9, plan_text_scenario);
  if (status == BERTH_OUTCOME_UNKNOWN) {
    print_sentence(text, INK_BAD, 0, plan_text_verdict);
    return;
  }
  print_sentence(text, plan_text_all_done(text) ? INK_PLAIN : INK_CARE, 0, plan_text_verdict);
  print_sentence(text, INK_PLAIN, 0, plan_text_proved);
  print_sentence(text, INK_PLAIN, 0, plan_text_not_proved);
}
