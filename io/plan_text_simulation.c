/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulation for people: whether anything was broken, how long it takes, then when each step
 * happened.
 */
#include "plan_text.h"
#include "simulation_writer.h"
#include <assert.h>
#include <inttypes.h>

typedef struct simulation_text {
  plan_text plan;
  const berth_simulation *simulation;
} simulation_text;

/* ---------------------------------------------------------------------------- headline */

static const char *draw_sentence(berth_draw draw) {
  switch (draw) {
  case BERTH_DRAW_BEST:
    return "guests acknowledge at once";
  case BERTH_DRAW_WORST:
    return "guests let their waits run out";
  case BERTH_DRAW_RANDOM:
    return "guests acknowledge at some time within their waits";
  case BERTH_DRAW_EXTREMES:
    return "guests acknowledge at once or not at all";
  default:
    return "guests acknowledge when they are expected to";
  }
}

static void print_title(const simulation_text *text) {
  const berth_simulation_options *asked = berth_simulation_asked(text->simulation);
  int64_t runs = berth_simulation_runs(text->simulation);
  char line[300] = "";
  text_add(line, sizeof line, "Simulation: %s of %s, %" PRId64 " run%s",
           berth_goal_word(berth_plan_goal(text->plan.plan)),
           berth_inventory_name(text->plan.inventory), runs, runs == 1 ? "" : "s");
  text_wrap(&text->plan.page, INK_BOLD, 0, 2, line);
  line[0] = '\0';
  text_add(line, sizeof line, "Where nothing else is given, %s.", draw_sentence(asked->draw));
  if (asked->delay > 0)
    text_add(line, sizeof line, " Half of the steps start up to %s later than they could.",
             text_duration(asked->delay).text);
  text_wrap(&text->plan.page, INK_PLAIN, 0, 2, line);
}

static void print_verdict(const simulation_text *text) {
  uint64_t count = berth_simulation_breach_count(text->simulation);
  int64_t runs = berth_simulation_runs(text->simulation);
  char line[200] = "";
  if (count == 0)
    text_add(line, sizeof line, "At no moment of %s is anything broken.",
             runs == 1 ? "it" : "any run");
  else
    text_add(line, sizeof line, "Broken: %" PRIu64 " time%s.", count, count == 1 ? "" : "s");
  text_wrap(&text->plan.page, count == 0 ? INK_GOOD : INK_BAD, 0, 2, line);
}

static void print_makespan(const simulation_text *text) {
  const berth_simulation *simulation = text->simulation;
  berth_plan_makespan planned = berth_plan_get_makespan(text->plan.plan);
  char line[400] = "";
  if (berth_simulation_runs(simulation) == 1)
    text_add(line, sizeof line, "It takes %s.",
             text_duration(berth_simulation_makespan(simulation)).text);
  else
    text_add(
        line, sizeof line,
        "The shortest run takes %s, half of them at most %s, 95 %% at most %s, the longest %s.",
        text_duration(berth_simulation_quantile(simulation, 0)).text,
        text_duration(berth_simulation_quantile(simulation, 500)).text,
        text_duration(berth_simulation_quantile(simulation, 950)).text,
        text_duration(berth_simulation_quantile(simulation, 1000)).text);
  text_add(line, sizeof line, " The plan says %s at best, %s expected, %s at worst.",
           text_duration(planned.best).text, text_duration(planned.expected).text,
           text_duration(planned.worst).text);
  text_wrap(&text->plan.page, INK_PLAIN, 0, 2, line);
}

/* ---------------------------------------------------------------------------- tables */

static void fill_breach(const text_table *table, uint32_t index, text_row *row) {
  const simulation_text *text = table->user;
  const berth_breach *breach = berth_simulation_breach_at(text->simulation, index);
  assert(breach != NULL);
  text_add(row->cell[0], TEXT_CELL_MAX, "%" PRId64, breach->run + 1);
  text_add(row->cell[1], TEXT_CELL_MAX, "%s", text_clock(breach->at).text);
  text_add(row->cell[2], TEXT_CELL_MAX, "%" PRIu32, breach->step);
  text_add(row->cell[3], TEXT_CELL_MAX, "%s", berth_breach_word(breach->kind));
  text_add(row->detail, sizeof row->detail, "%s", breach->text);
}

static void print_breaches(const simulation_text *text) {
  uint32_t count = 0;
  while (berth_simulation_breach_at(text->simulation, count) != NULL)
    count++;
  text_table table = {.page = &text->plan.page,
                      .user = text,
                      .fill = fill_breach,
                      .heading = {"run", "at", "step", "what"},
                      .columns = 4,
                      .count = count,
                      .right = {true, true, true, false}};
  if (count == 0)
    return;
  plan_text_title(&text->plan, "Broken", berth_simulation_breach_count(text->simulation));
  text_print_table(&table);
}

static void fill_step(const text_table *table, uint32_t index, text_row *row) {
  const simulation_text *text = table->user;
  const berth_plan_step *step = berth_plan_step_at(text->plan.plan, index);
  const berth_simulated_step *when = berth_simulation_step_at(text->simulation, index);
  bool acknowledged = when->acknowledged != BERTH_UNSET;
  text_add(row->cell[0], TEXT_CELL_MAX, "%" PRIu32, step->id);
  if (step->type == BERTH_STEP_MIGRATE) /* the arrow beside it says what happens */
    text_add(row->cell[1], TEXT_CELL_MAX, "%s", plan_text_vm(&text->plan, step->vm));
  else
    plan_text_step_name(&text->plan, step, row->cell[1], TEXT_CELL_MAX);
  plan_text_step_where(&text->plan, step, row->cell[2], TEXT_CELL_MAX);
  if (acknowledged || when->work > when->start) {
    text_add(row->cell[3], TEXT_CELL_MAX, "%s", text_clock(when->start).text);
    text_add(row->cell[4], TEXT_CELL_MAX, "%s",
             acknowledged ? text_clock(when->acknowledged).text : "no");
  }
  text_add(row->cell[5], TEXT_CELL_MAX, "%s", text_clock(when->work).text);
  text_add(row->cell[6], TEXT_CELL_MAX, "%s", text_clock(when->end).text);
  if (when->settled > when->end)
    text_add(row->cell[7], TEXT_CELL_MAX, "%s", text_clock(when->settled).text);
}

static void print_steps(const simulation_text *text) {
  text_table table = {
      .page = &text->plan.page,
      .user = text,
      .fill = fill_step,
      .heading = {"#", "step", "where", "told", "answer", "starts", "ends", "settled"},
      .columns = 8,
      .count = berth_simulation_step_count(text->simulation),
      .right = {[0] = true, [3] = true, [4] = true, [5] = true, [6] = true, [7] = true},
      .shrink = {[1] = true, [2] = true}};
  char title[64] = "";
  if (table.count == 0)
    return;
  text_add(title, sizeof title, "Steps of run %" PRId64,
           berth_simulation_shown(text->simulation) + 1);
  plan_text_title(&text->plan, title, table.count);
  text_print_table(&table);
}

void plan_text_write_simulation(const berth_plan *plan, const berth_simulation *simulation,
                                const berth_text_style *style, FILE *stream) {
  simulation_text text = {.plan = {.plan = plan,
                                   .inventory = berth_plan_inventory(plan),
                                   .page = {.stream = stream,
                                            .width = style->width,
                                            .colour = style->colour,
                                            .utf8 = style->utf8}},
                          .simulation = simulation};
  assert(style->width > 0);
  print_title(&text);
  print_verdict(&text);
  print_makespan(&text);
  print_breaches(&text);
  print_steps(&text);
}
