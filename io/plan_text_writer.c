/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan for people at a terminal, most important first: what was achieved and what is proved about
 * it, what could not be done and why, where each VM ends, and in which order. Labels are names
 * where there are names.
 */
#include "context_internal.h"
#include "plan_text_layout.h"
#include "plan_writer.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct plan_text {
  const berth_plan *plan;
  const berth_inventory *inventory;
  text_page page;
  const uint32_t *chosen; /* of a table over some of the placements: which */
} plan_text;

/* Appends to a text of fixed size; what does not fit is cut. */
static void add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...) {
  size_t used = strlen(text);
  va_list arguments;
  assert(used < size);
  va_start(arguments, format);
  vsnprintf(text + used, size - used, format, arguments);
  va_end(arguments);
}

static void title(const plan_text *text, const char *words, uint32_t count) {
  assert(words != NULL && count > 0);
  char line[96] = "";
  fputc('\n', text->page.stream);
  add(line, sizeof line, "%s (%" PRIu32 ")", words, count);
  text_put(&text->page, INK_BOLD, line);
  fputc('\n', text->page.stream);
}

static const char *host_label(const plan_text *text, uint32_t host) {
  return host == BERTH_NONE ? "nowhere" : berth_inventory_host_label(text->inventory, host);
}

static const char *vm_label(const plan_text *text, uint32_t vm) {
  return vm == BERTH_NONE ? "?" : berth_inventory_vm_label(text->inventory, vm);
}

/* ---------------------------------------------------------------------------- headline */

static bool all_levels_proved(const berth_plan *plan) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->status != BERTH_OUTCOME_OPTIMAL)
      return false;
  return true;
}

/* A plan is called optimal when its makespan, and only that, is open. */
static const char *status_sentence(const berth_plan *plan) {
  switch (berth_plan_status(plan)) {
  case BERTH_OUTCOME_OPTIMAL:
    return all_levels_proved(plan)
               ? "All done; proved: no safe plan does better."
               : "All done; proved: no safe plan does better, the makespan aside.";
  case BERTH_OUTCOME_FEASIBLE:
    return "A safe plan; a better one is not ruled out (see the gaps).";
  case BERTH_OUTCOME_INFEASIBLE:
    return "Proved: no safe plan does all that was asked. This one does as much of it as was "
           "found.";
  default:
    return "Nothing was found within the limits.";
  }
}

static text_ink status_ink(berth_outcome status) {
  if (status == BERTH_OUTCOME_OPTIMAL)
    return INK_GOOD;
  return status == BERTH_OUTCOME_FEASIBLE ? INK_CARE : INK_BAD;
}

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
static void add_count(char *line, size_t size, uint32_t count, const char *one, const char *many) {
  if (count > 0)
    add(line, size, "%s%" PRIu32 " %s", line[0] == '\0' ? "" : ", ", count,
        count == 1 ? one : many);
}

static void print_counts(const plan_text *text) {
  const berth_plan *plan = text->plan;
  char line[512] = "";
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  add_count(line, sizeof line, count_how(plan, BERTH_HOW_RESTART), "VM restarts", "VMs restart");
  add_count(line, sizeof line, count_how(plan, BERTH_HOW_POWER_ON), "VM is powered on",
            "VMs are powered on");
  add_count(line, sizeof line, count_how(plan, BERTH_HOW_MIGRATE), "VM moves", "VMs move");
  add_count(line, sizeof line, berth_plan_unplaced_count(plan), "VM finds no host",
            "VMs find no host");
  add_count(line, sizeof line, count_steps(plan, BERTH_STEP_WAKE), "host wakes", "hosts wake");
  add_count(line, sizeof line, count_steps(plan, BERTH_STEP_ENTER_MAINTENANCE),
            "host enters maintenance", "hosts enter maintenance");
  if (line[0] == '\0')
    add(line, sizeof line, "Nothing needs to change");
  add(line, sizeof line, ".");
  if (makespan.worst > 0)
    add(line, sizeof line, " Takes %s",
        text_interval(&text->page, makespan.best, makespan.worst).text);
  if (makespan.worst > makespan.best)
    add(line, sizeof line, ", %s expected", text_clock(makespan.expected).text);
  add(line, sizeof line, "%s", makespan.worst > 0 ? "." : "");
  text_wrap(&text->page, INK_PLAIN, 0, 0, line);
}

/* The object of an event, in the words in which it was given. */
static void add_event(char *line, size_t size, const berth_event *event) {
  assert(event != NULL);
  const char *const objects[] = {event->host,    event->vm,   event->like, event->id,
                                 event->chassis, event->rack, event->site, event->cluster};
  static const char *const kinds[] = {"",         "",      "like ", "",
                                      "chassis ", "rack ", "site ", "cluster "};
  add(line, size, "%s", berth_event_type_word(event->type));
  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
    if (objects[i] != NULL)
      add(line, size, " %s%s", kinds[i], objects[i]);
  if (event->attribute != NULL)
    add(line, size, " %s=%s", event->attribute, event->value != NULL ? event->value : "");
  if (event->cpu_mhz != BERTH_UNSET)
    add(line, size, " %" PRId64 " MHz", event->cpu_mhz);
  if (event->memory_mib != BERTH_UNSET)
    add(line, size, " %s", text_memory(event->memory_mib).text);
  if (event->count != 1)
    add(line, size, " (%" PRId64 " times)", event->count);
}

static void print_scenario(const plan_text *text) {
  enum { EVENTS_SHOWN = 12 };
  const berth_scenario *scenario = berth_plan_scenario(text->plan);
  uint32_t count = berth_scenario_count(scenario);
  char line[2048] = "What if: ";
  if (berth_scenario_name(scenario)[0] != '\0')
    add(line, sizeof line, "%s: ", berth_scenario_name(scenario));
  for (uint32_t i = 0; i < count && i < EVENTS_SHOWN; i++) {
    add(line, sizeof line, "%s", i > 0 ? "; " : "");
    add_event(line, sizeof line, berth_scenario_event(scenario, i));
  }
  if (count > EVENTS_SHOWN)
    add(line, sizeof line, "; %s and %" PRIu32 " more", text_ellipsis(&text->page),
        count - EVENTS_SHOWN);
  if (count > 0)
    text_wrap(&text->page, INK_PLAIN, 0, 9, line);
}

static void print_headline(const plan_text *text) {
  assert(text->page.width > 0);
  char line[512] = "";
  const char *inventory = berth_inventory_name(text->inventory);
  berth_outcome status = berth_plan_status(text->plan);
  add(line, sizeof line, "Plan: %s%s%.200s: ", berth_goal_word(berth_plan_goal(text->plan)),
      inventory[0] != '\0' ? " of " : "", inventory);
  text_put(&text->page, INK_BOLD, line);
  text_put(&text->page, status_ink(status), berth_outcome_word(status));
  fputc('\n', text->page.stream);
  text_wrap(&text->page, INK_PLAIN, 0, 0, status_sentence(text->plan));
  print_scenario(text);
  if (status != BERTH_OUTCOME_UNKNOWN)
    print_counts(text);
}

/* ---------------------------------------------------------------------------- ladder */

static text_quantity level_quantity(berth_level level, int64_t value) {
  text_quantity quantity;
  if (level == BERTH_LEVEL_MEMORY_MOVED)
    return text_memory(value);
  if (level == BERTH_LEVEL_MAKESPAN)
    return text_clock(value);
  snprintf(quantity.text, sizeof quantity.text, "%" PRId64, value);
  return quantity;
}

static void fill_level(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_level *level = berth_plan_level_at(text->plan, index);
  assert(level != NULL);
  add(row->cell[0], TEXT_CELL_MAX, "%s", berth_level_name(level->level));
  add(row->cell[1], TEXT_CELL_MAX, "%s", level_quantity(level->level, level->value).text);
  add(row->cell[2], TEXT_CELL_MAX, "%s", level_quantity(level->level, level->bound).text);
  row->ink = level->status == BERTH_OUTCOME_OPTIMAL ? INK_GOOD : INK_CARE;
  if (level->status == BERTH_OUTCOME_OPTIMAL)
    add(row->cell[3], TEXT_CELL_MAX, "%sproved", text_tick(&text->page));
  else if (level->value > level->bound)
    add(row->cell[3], TEXT_CELL_MAX, "gap %s",
        level_quantity(level->level, level->value - level->bound).text);
  else
    add(row->cell[3], TEXT_CELL_MAX, "%s", berth_outcome_word(level->status));
  if (level->proof != NULL)
    add(row->cell[3], TEXT_CELL_MAX, " (%s)", level->proof);
}

static void print_ladder(const plan_text *text) {
  text_table table = {.page = &text->page,
                      .user = text,
                      .fill = fill_level,
                      .heading = {"level", "value", "bound", ""},
                      .columns = 4,
                      .count = berth_plan_level_count(text->plan),
                      .right = {false, true, true, false},
                      .shrink = {[3] = true}};
  if (table.count == 0)
    return;
  fputc('\n', text->page.stream);
  text_print_table(&table);
}

/* ---------------------------------------------------------------------------- placements */

static void fill_placement(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_placement *placement = berth_plan_placement_at(text->plan, text->chosen[index]);
  assert(placement != NULL);
  add(row->cell[0], TEXT_CELL_MAX, "%s", vm_label(text, placement->vm));
  add(row->cell[1], TEXT_CELL_MAX, "%s",
      text_memory(berth_inventory_vm_memory(text->inventory, placement->vm)).text);
  if (placement->from != BERTH_NONE)
    add(row->cell[2], TEXT_CELL_MAX, "%s", host_label(text, placement->from));
  add(row->cell[3], TEXT_CELL_MAX, "%s %s", text_arrow(&text->page),
      host_label(text, placement->to));
}

static void print_placements_of(plan_text *text, uint32_t *chosen, berth_how how,
                                const char *words) {
  uint32_t count = 0;
  assert(chosen != NULL);
  for (uint32_t i = 0; i < berth_plan_placement_count(text->plan); i++)
    if (berth_plan_placement_at(text->plan, i)->how == how)
      chosen[count++] = i;
  if (count == 0)
    return;
  text->chosen = chosen;
  text_table table = {.page = &text->page,
                      .user = text,
                      .fill = fill_placement,
                      .heading = {"VM", "memory", "from", "to"},
                      .columns = 4,
                      .count = count,
                      .right = {[1] = true},
                      .shrink = {[0] = true, [2] = true, [3] = true}};
  title(text, words, count);
  text_print_table(&table);
}

static berth_status print_placements(berth_context *ctx, plan_text *text) {
  uint32_t *chosen =
      context_take(ctx, (size_t)berth_plan_placement_count(text->plan) + 1, sizeof *chosen);
  if (chosen == NULL)
    return BERTH_E_NOMEM;
  print_placements_of(text, chosen, BERTH_HOW_RESTART, "Restarted");
  print_placements_of(text, chosen, BERTH_HOW_POWER_ON, "Powered on");
  print_placements_of(text, chosen, BERTH_HOW_MIGRATE, "Moved while running");
  context_release(ctx, chosen);
  text->chosen = NULL;
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- unplaced */

/* "memory by 8 GiB": of several hosts the shortage is that of the one that comes closest. */
static void add_shortage(const plan_text *text, char *line, size_t size,
                         const berth_plan_ledger_entry *entry) {
  assert(entry->resource != BERTH_NONE);
  const char *least = entry->hosts > 1 ? "at least " : "";
  add(line, size, "%s", berth_inventory_resource_name(text->inventory, entry->resource));
  if (entry->resource == BERTH_RESOURCE_MEMORY)
    add(line, size, " by %s%s", least, text_memory(entry->short_by).text);
  else
    add(line, size, " by %s%" PRId64 "%s", least, entry->short_by,
        entry->resource == BERTH_RESOURCE_CPU ? " MHz" : "");
}

/* The reason as the end of "7 ...", for reasons without rule and resource. */
static const char *reason_words(berth_reason reason) {
  switch (reason) {
  case BERTH_REASON_MAINTENANCE:
    return "in maintenance";
  case BERTH_REASON_NO_WAKE:
    return "in standby and not to be woken";
  case BERTH_REASON_DEDICATED:
    return "kept for failover";
  case BERTH_REASON_PINNED:
    return "because the VM does not move";
  case BERTH_REASON_NETWORK:
    return "without a network it needs";
  case BERTH_REASON_DATASTORE:
    return "without a datastore it needs";
  case BERTH_REASON_CPU_COMPATIBILITY:
    return "with a CPU that does not suit";
  default:
    return berth_reason_word(reason);
  }
}

static void add_ledger_entry(const plan_text *text, char *line, size_t size,
                             const berth_plan_ledger_entry *entry) {
  assert(entry->reason < BERTH_REASON_COUNT);
  add(line, size, "%" PRIu32 " ", entry->hosts);
  if (entry->resource != BERTH_NONE) {
    bool never = entry->reason == BERTH_REASON_RESOURCE_NEVER;
    add(line, size, "%s", never ? "too small even when empty, short of " : "short of ");
    add_shortage(text, line, size, entry);
  } else if (entry->rule != BERTH_NONE) {
    add(line, size, "by rule %s", berth_inventory_rule_id(text->inventory, entry->rule));
  } else {
    add(line, size, "%s", reason_words(entry->reason));
  }
}

static void print_ledger(const plan_text *text, const berth_plan_unplaced *unplaced) {
  assert(unplaced->ledger != NULL || unplaced->ledger_count == 0);
  char line[4096] = "";
  uint64_t hosts = 0;
  if (unplaced->ledger_count == 0)
    return;
  for (uint32_t i = 0; i < unplaced->ledger_count; i++)
    hosts += unplaced->ledger[i].hosts;
  add(line, sizeof line, "%" PRIu64 " host%s: ", hosts, hosts == 1 ? "" : "s");
  for (uint32_t i = 0; i < unplaced->ledger_count; i++) {
    add(line, sizeof line, "%s", i > 0 ? ", " : "");
    add_ledger_entry(text, line, sizeof line, &unplaced->ledger[i]);
  }
  fputs("    ", text->page.stream);
  text_wrap(&text->page, INK_PLAIN, 4, 6, line);
}

static void print_conflict(const plan_text *text, const berth_plan_unplaced *unplaced) {
  assert(unplaced->conflict != NULL || unplaced->conflict_count == 0);
  char line[2048] = "";
  if (unplaced->conflict_count == 0)
    return;
  add(line, sizeof line,
      unplaced->conflict_count == 1 ? "forbidden by: " : "forbidden together by: ");
  for (uint32_t i = 0; i < unplaced->conflict_count; i++)
    add(line, sizeof line, "%s%s", i > 0 ? ", " : "", unplaced->conflict[i]);
  fputs("    ", text->page.stream);
  text_wrap(&text->page, INK_PLAIN, 4, 6, line);
}

static void print_remedies(const plan_text *text, const berth_plan_unplaced *unplaced) {
  assert(unplaced->remedies != NULL || unplaced->remedy_count == 0);
  char line[2048] = "would help: ";
  if (unplaced->remedy_count == 0)
    return;
  for (uint32_t i = 0; i < unplaced->remedy_count; i++)
    add(line, sizeof line, "%s%s", i > 0 ? "; or " : "", unplaced->remedies[i].change);
  fputs("    ", text->page.stream);
  text_wrap(&text->page, INK_GOOD, 4, 6, line);
}

static void print_unplaced_vm(const plan_text *text, uint32_t index) {
  const berth_plan_unplaced *unplaced = berth_plan_unplaced_at(text->plan, index);
  char line[256] = "";
  assert(unplaced != NULL && unplaced->vm != BERTH_NONE);
  fputs("  ", text->page.stream);
  text_put(&text->page, INK_BAD, vm_label(text, unplaced->vm));
  add(line, sizeof line, "  %s, %s reserved",
      berth_priority_word(berth_inventory_vm_priority(text->inventory, unplaced->vm)),
      text_memory(berth_inventory_vm_demand(text->inventory, unplaced->vm, BERTH_RESOURCE_MEMORY))
          .text);
  add(line, sizeof line, " and %" PRId64 " MHz\n",
      berth_inventory_vm_demand(text->inventory, unplaced->vm, BERTH_RESOURCE_CPU));
  fputs(line, text->page.stream);
  print_ledger(text, unplaced);
  print_conflict(text, unplaced);
  print_remedies(text, unplaced);
}

static void print_unplaced(const plan_text *text) {
  uint32_t count = berth_plan_unplaced_count(text->plan);
  if (count == 0)
    return;
  title(text, "Without a host", count);
  for (uint32_t i = 0; i < count && i < TEXT_ROWS_MAX; i++)
    print_unplaced_vm(text, i);
  if (count > TEXT_ROWS_MAX)
    fprintf(text->page.stream, "  %s and %" PRIu32 " more; --format json has all\n",
            text_ellipsis(&text->page), count - TEXT_ROWS_MAX);
}

/* ---------------------------------------------------------------------------- steps */

/* "1-4, 7": runs of ids are long where many steps wait for the same ones. */
static void add_step_ids(char *line, size_t size, const uint32_t *ids, uint32_t count,
                         const char *suffix) {
  assert(ids != NULL || count == 0);
  for (uint32_t i = 0; i < count;) {
    uint32_t last = i;
    while (last + 1 < count && ids[last + 1] == ids[last] + 1)
      last++;
    add(line, size, "%s%" PRIu32, line[0] == '\0' ? "" : ", ", ids[i]);
    if (last > i)
      add(line, size, "-%" PRIu32, ids[last]);
    add(line, size, "%s", suffix);
    i = last + 1;
  }
}

/* What the windows do not show: who must agree, who is told before, and why the step is there. */
static void add_step_detail(const berth_plan_step *step, char *detail, size_t size) {
  if (step->approval)
    add(detail, size, "needs approval; ");
  if (step->wait > 0)
    add(detail, size, "the guest is told and may take %" PRId64 " s; ", step->wait);
  if (step->settle > 0)
    add(detail, size, "settles for %" PRId64 " s; ", step->settle);
  if (step->why != NULL)
    add(detail, size, "%s", step->why);
  else if (detail[0] != '\0')
    detail[strlen(detail) - 2] = '\0'; /* the last separator */
}

static const char *step_verb(berth_step_type type) {
  switch (type) {
  case BERTH_STEP_POWER_ON:
    return "power on";
  case BERTH_STEP_ENTER_MAINTENANCE:
    return "maintenance";
  case BERTH_STEP_POWER_DOWN:
    return "power down";
  default:
    return berth_step_type_word(type);
  }
}

static void fill_step(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_step *step = berth_plan_step_at(text->plan, index);
  assert(step != NULL);
  add(row->cell[0], TEXT_CELL_MAX, "%" PRIu32, step->id);
  add(row->cell[1], TEXT_CELL_MAX, "%s %s", step_verb(step->type),
      step->vm != BERTH_NONE ? vm_label(text, step->vm) : host_label(text, step->host));
  if (step->type == BERTH_STEP_MIGRATE)
    add(row->cell[2], TEXT_CELL_MAX, "%s ", host_label(text, step->from));
  if (step->to != BERTH_NONE)
    add(row->cell[2], TEXT_CELL_MAX, "%s %s", text_arrow(&text->page), host_label(text, step->to));
  add(row->cell[3], TEXT_CELL_MAX, "%s",
      text_interval(&text->page, step->start.earliest, step->start.latest).text);
  add(row->cell[4], TEXT_CELL_MAX, "%s",
      text_interval(&text->page, step->end.earliest, step->end.latest).text);
  add_step_ids(row->cell[5], TEXT_CELL_MAX, step->after, step->after_count, "");
  add_step_ids(row->cell[5], TEXT_CELL_MAX, step->after_settled, step->after_settled_count,
               " settled");
  add_step_detail(step, row->detail, sizeof row->detail);
}

static void print_steps(const plan_text *text) {
  text_table table = {.page = &text->page,
                      .user = text,
                      .fill = fill_step,
                      .heading = {"#", "step", "where", "starts", "ends", "after"},
                      .columns = 6,
                      .count = berth_plan_step_count(text->plan),
                      .right = {[0] = true, [3] = true, [4] = true},
                      .shrink = {[1] = true, [2] = true, [5] = true}};
  if (table.count == 0)
    return;
  title(text, "Steps, in an order that works", table.count);
  text_print_table(&table);
}

static void print_warnings(const plan_text *text) {
  uint32_t count = berth_plan_warning_count(text->plan);
  if (count == 0)
    return;
  title(text, "Warnings", count);
  for (uint32_t i = 0; i < count && i < TEXT_ROWS_MAX; i++) {
    fputs("  ", text->page.stream);
    text_wrap(&text->page, INK_CARE, 2, 4, berth_plan_warning_at(text->plan, i));
  }
  if (count > TEXT_ROWS_MAX)
    fprintf(text->page.stream, "  %s and %" PRIu32 " more; --format json has all\n",
            text_ellipsis(&text->page), count - TEXT_ROWS_MAX);
}

berth_status plan_text_write(berth_context *ctx, const berth_plan *plan,
                             const berth_text_style *style, FILE *stream) {
  assert(ctx != NULL && plan != NULL && style != NULL && style->width > 0 && stream != NULL);
  plan_text text = {
      .plan = plan,
      .inventory = berth_plan_inventory(plan),
      .page = {
          .stream = stream, .width = style->width, .colour = style->colour, .utf8 = style->utf8}};
  print_headline(&text);
  print_ladder(&text);
  print_unplaced(&text);
  berth_status status = print_placements(ctx, &text);
  if (status != BERTH_OK)
    return status;
  print_steps(&text);
  print_warnings(&text);
  return BERTH_OK;
}
