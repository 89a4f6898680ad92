/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan for people at a terminal, most important first: what was achieved and what is proved about
 * it, what could not be done and why, where each VM ends, and in which order. Labels are names
 * where there are names.
 */
#include "context_internal.h"
#include "gantt_text.h"
#include "plan_text.h"
#include "plan_writer.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void plan_text_title(const plan_text *text, const char *words, uint64_t count) {
  assert(words != NULL && count > 0);
  char line[96] = "";
  fputc('\n', text->page.stream);
  text_add(line, sizeof line, "%s (%" PRIu64 ")", words, count);
  text_put(&text->page, INK_BOLD, line);
  fputc('\n', text->page.stream);
}

const char *plan_text_host(const plan_text *text, uint32_t host) {
  return host == BERTH_NONE ? "nowhere" : berth_inventory_host_label(text->inventory, host);
}

const char *plan_text_vm(const plan_text *text, uint32_t vm) {
  return vm == BERTH_NONE ? "?" : berth_inventory_vm_label(text->inventory, vm);
}

int64_t plan_text_value(const plan_text *text, berth_level level) {
  for (uint32_t i = 0; i < berth_plan_level_count(text->plan); i++)
    if (berth_plan_level_at(text->plan, i)->level == level)
      return berth_plan_level_at(text->plan, i)->value;
  return 0;
}

/* ---------------------------------------------------------------------------- ladder */

text_quantity plan_text_level_quantity(berth_level level, int64_t value) {
  text_quantity quantity;
  if (level == BERTH_LEVEL_MEMORY_MOVED)
    return text_memory(value);
  if (level == BERTH_LEVEL_MAKESPAN)
    return text_clock(value);
  snprintf(quantity.text, sizeof quantity.text, "%" PRId64, value);
  return quantity;
}

void plan_text_level_proof(const plan_text *text, const berth_plan_level *level, char *line,
                           size_t size) {
  if (level->status == BERTH_OUTCOME_OPTIMAL)
    text_add(line, size, "%sproved", text_tick(&text->page));
  else if (level->value > level->bound)
    text_add(line, size, "gap %s",
             plan_text_level_quantity(level->level, level->value - level->bound).text);
  else
    text_add(line, size, "%s", berth_outcome_word(level->status));
  if (level->proof != NULL)
    text_add(line, size, " (%s)", level->proof);
}

static void fill_level(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_level *level = berth_plan_level_at(text->plan, index);
  assert(level != NULL);
  text_add(row->cell[0], TEXT_CELL_MAX, "%s", berth_level_name(level->level));
  text_add(row->cell[1], TEXT_CELL_MAX, "%s",
           plan_text_level_quantity(level->level, level->value).text);
  text_add(row->cell[2], TEXT_CELL_MAX, "%s",
           plan_text_level_quantity(level->level, level->bound).text);
  row->ink = level->status == BERTH_OUTCOME_OPTIMAL ? INK_GOOD : INK_CARE;
  plan_text_level_proof(text, level, row->cell[3], TEXT_CELL_MAX);
}

/* What was asked for changes what hosts.on, overload and stranded mean. */
void plan_text_settings(const plan_text *text, char *line, size_t size) {
  const berth_plan_settings *settings = berth_plan_get_settings(text->plan);
  if (berth_plan_goal(text->plan) == BERTH_GOAL_CONSOLIDATE) {
    text_add(line, size, "hosts.on counts %s",
             settings->weigh == BERTH_WEIGH_POWER ? "watts" : "hosts");
    if (settings->keep_failures > 0)
      text_add(line, size, "; any %" PRIu32 " of them may fail", settings->keep_failures);
  } else if (berth_plan_goal(text->plan) == BERTH_GOAL_REBALANCE) {
    text_add(line, size,
             "overload: points above %" PRId64 " %% of CPU and %" PRId64
             " %% of memory; stranded: points that the two lie apart beyond %" PRId64,
             settings->target_cpu, settings->target_memory, settings->stranded_tolerance);
  }
}

static void print_certificates(const plan_text *text) {
  uint32_t count = berth_plan_certificate_count(text->plan);
  char settings[256] = "", line[160] = "";
  plan_text_settings(text, settings, sizeof settings);
  if (settings[0] != '\0')
    text_wrap(&text->page, INK_PLAIN, 2, 2, settings);
  if (count == 0)
    return;
  text_add(line, sizeof line,
           "%" PRIu32 " certificate%s of bounds; berth verify derives them from the JSON again",
           count, count == 1 ? "" : "s");
  text_wrap(&text->page, INK_PLAIN, 2, 2, line);
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
  print_certificates(text);
}

/* ---------------------------------------------------------------------------- placements */

static void fill_placement(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_placement *placement = berth_plan_placement_at(text->plan, text->chosen[index]);
  uint32_t column = 0;
  assert(placement != NULL);
  text_add(row->cell[column++], TEXT_CELL_MAX, "%s", plan_text_vm(text, placement->vm));
  text_add(row->cell[column++], TEXT_CELL_MAX, "%s",
           text_memory(berth_inventory_vm_memory(text->inventory, placement->vm)).text);
  if (placement->how != BERTH_HOW_POWER_ON) /* that one ran nowhere */
    text_add(row->cell[column++], TEXT_CELL_MAX, "%s", plan_text_host(text, placement->from));
  text_add(row->cell[column++], TEXT_CELL_MAX, "%s %s", text_arrow(&text->page),
           plan_text_host(text, placement->to));
  assert(column == table->columns);
}

static void print_placements_of(plan_text *text, uint32_t *chosen, berth_how how,
                                const char *words) {
  uint32_t count = 0;
  bool from = how != BERTH_HOW_POWER_ON;
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
                      .heading = {"VM", "memory", from ? "from" : "to", "to"},
                      .columns = from ? 4 : 3,
                      .count = count,
                      .right = {[1] = true},
                      .shrink = {[0] = true, [2] = true, [3] = true}};
  plan_text_title(text, words, count);
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

/* ---------------------------------------------------------------------------- steps */

/* "1-4, 7": runs of ids are long where many steps wait for the same ones. */
static void add_ids(char *line, size_t size, const uint32_t *ids, uint32_t count,
                    const char *suffix) {
  assert(ids != NULL || count == 0);
  for (uint32_t i = 0; i < count;) {
    uint32_t last = i;
    while (last + 1 < count && ids[last + 1] == ids[last] + 1)
      last++;
    text_add(line, size, "%s%" PRIu32, line[0] == '\0' ? "" : ", ", ids[i]);
    if (last > i)
      text_add(line, size, "-%" PRIu32, ids[last]);
    text_add(line, size, "%s", suffix);
    i = last + 1;
  }
}

void plan_text_step_detail(const berth_plan_step *step, char *detail, size_t size) {
  if (step->approval)
    text_add(detail, size, "needs approval; ");
  if (step->wait > 0)
    text_add(detail, size, "the guest is told and may take %" PRId64 " s; ", step->wait);
  if (step->settle > 0)
    text_add(detail, size, "settles for %" PRId64 " s; ", step->settle);
  if (step->why != NULL)
    text_add(detail, size, "%s", step->why);
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

void plan_text_step_name(const plan_text *text, const berth_plan_step *step, char *line,
                         size_t size) {
  text_add(line, size, "%s %s", step_verb(step->type),
           step->vm != BERTH_NONE ? plan_text_vm(text, step->vm)
                                  : plan_text_host(text, step->host));
}

void plan_text_step_where(const plan_text *text, const berth_plan_step *step, char *line,
                          size_t size) {
  if (step->type == BERTH_STEP_MIGRATE)
    text_add(line, size, "%s ", plan_text_host(text, step->from));
  if (step->to != BERTH_NONE)
    text_add(line, size, "%s %s", text_arrow(&text->page), plan_text_host(text, step->to));
}

void plan_text_step_after(const berth_plan_step *step, char *line, size_t size) {
  assert(line[0] == '\0');
  add_ids(line, size, step->after, step->after_count, "");
  add_ids(line, size, step->after_settled, step->after_settled_count, " settled");
}

static void fill_step(const text_table *table, uint32_t index, text_row *row) {
  const plan_text *text = table->user;
  const berth_plan_step *step = berth_plan_step_at(text->plan, index);
  assert(step != NULL);
  text_add(row->cell[0], TEXT_CELL_MAX, "%" PRIu32, step->id);
  plan_text_step_name(text, step, row->cell[1], TEXT_CELL_MAX);
  plan_text_step_where(text, step, row->cell[2], TEXT_CELL_MAX);
  text_add(row->cell[3], TEXT_CELL_MAX, "%s",
           text_interval(&text->page, step->start.earliest, step->start.latest).text);
  text_add(row->cell[4], TEXT_CELL_MAX, "%s",
           text_interval(&text->page, step->end.earliest, step->end.latest).text);
  plan_text_step_after(step, row->cell[5], TEXT_CELL_MAX);
  plan_text_step_detail(step, row->detail, sizeof row->detail);
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
  plan_text_title(text, "Steps, in an order that works", table.count);
  text_print_table(&table);
}

static void print_warnings(const plan_text *text) {
  uint32_t count = berth_plan_warning_count(text->plan);
  if (count == 0)
    return;
  plan_text_title(text, "Warnings", count);
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
  plan_text_headline(&text);
  plan_text_deadline(&text);
  berth_status status = plan_text_shortfall(ctx, &text);
  if (status != BERTH_OK)
    return status;
  print_ladder(&text);
  if ((status = print_placements(ctx, &text)) != BERTH_OK)
    return status;
  print_steps(&text);
  if ((status = gantt_text_print(ctx, &text)) != BERTH_OK)
    return status;
  print_warnings(&text);
  return BERTH_OK;
}
