/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan through checker, writers, reader and execution.
 */
#include "fuzzed_plan.h"

#include "fuzzed_bytes.h"
#include <berth/execution.h>
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t fuzzed_plan_faults(berth_context *ctx, const berth_plan *plan, bool tell) {
  berth_report *report = NULL;
  fuzzed_require_ok(ctx, berth_verify(ctx, plan, &report), "the checker comes to a verdict");
  const uint32_t count = berth_report_count(report);
  for (uint32_t i = 0; i < count && tell; i++)
    (void)fprintf(stderr, "%s\n", berth_report_fault(report, i)->text);
  berth_report_free(report);
  return count;
}

static fuzzed_text print(berth_context *ctx, const berth_plan *plan, berth_format format,
                         const berth_text_style *style) {
  fuzzed_text text = {NULL, 0};
  FILE *stream = open_memstream(&text.bytes, &text.size);
  fuzzed_require(stream != NULL, "there is memory for a stream");
  fuzzed_require_ok(ctx, berth_print_plan(ctx, plan, format, style, stream), "a plan is printed");
  fuzzed_require(fclose(stream) == 0, "there is memory for what is printed");
  return text;
}

void fuzzed_plan_write(berth_context *ctx, const berth_plan *plan) {
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  for (int layout = 0; layout < 3; layout++) {
    style.width = layout == 0 ? 0 : layout == 1 ? 1 : 200;
    style.colour = layout == 1;
    style.utf8 = layout != 2;
    free(print(ctx, plan, BERTH_FORMAT_TEXT, &style).bytes);
  }
  free(print(ctx, plan, BERTH_FORMAT_XML, NULL).bytes);
  fuzzed_require_ok(ctx, berth_write_report(ctx, plan, "/dev/null"), "a report is written");
}

void fuzzed_plan_round_trip(berth_context *ctx, const berth_plan *plan,
                            const berth_inventory *inventory) {
  char path[FUZZED_PATH_ROOM];
  berth_plan *again = NULL;
  fuzzed_text first = print(ctx, plan, BERTH_FORMAT_JSON, NULL);
  const int file = fuzzed_file_open(first.bytes, first.size, path);
  const berth_status status = berth_read_plan(ctx, path, inventory, NULL, &again);
  for (size_t i = 0; status != BERTH_OK && i < berth_context_problem_count(ctx); i++)
    (void)fprintf(stderr, "%s\n", berth_context_problem(ctx, i)->text);
  fuzzed_require_ok(ctx, status, "a plan that was written is read");
  fuzzed_text second = print(ctx, again, BERTH_FORMAT_JSON, NULL);
  fuzzed_require(first.size == second.size && memcmp(first.bytes, second.bytes, first.size) == 0,
                 "a plan that was written and read is the same");
  berth_plan_free(again);
  (void)close(file);
  free(first.bytes);
  free(second.bytes);
}

/* Whatever is answered is an answer; only what makes no sense is refused. */
static void take_step(berth_context *ctx, berth_execution *execution, uint32_t id, int64_t at,
                      uint64_t luck) {
  if (luck % 16 == 0) {
    fuzzed_require_ok(ctx, berth_execution_abandon(ctx, execution, id), "a ready step is left out");
    return;
  }
  fuzzed_require_ok(ctx, berth_execution_start(ctx, execution, id, at), "a ready step starts");
  if (luck % 3 == 0)
    (void)berth_execution_acknowledge(ctx, execution, id, at);
  if (luck % 16 == 1)
    fuzzed_require_ok(ctx, berth_execution_fail(ctx, execution, id, at), "a step may fail");
  else
    fuzzed_require_ok(ctx, berth_execution_end(ctx, execution, id, at), "a step may end");
}

void fuzzed_plan_carry_out(berth_context *ctx, const berth_plan *plan, uint64_t luck, bool sound) {
  berth_execution *execution = NULL;
  const berth_inventory *reached = NULL;
  const berth_status status = berth_execution_new(ctx, plan, &execution);
  int64_t at = 0;
  if (status == BERTH_E_INVALID)
    return;
  fuzzed_require_ok(ctx, status, "a plan is carried out");
  while (at != BERTH_UNSET) {
    uint32_t id = 0;
    if (berth_execution_startable(execution, at, &id, 1) > 0)
      take_step(ctx, execution, id, at, fuzzed_random(&luck));
    else
      at = berth_execution_next(execution, at);
  }
  fuzzed_require(berth_execution_count(execution, BERTH_STEP_READY) == 0 &&
                     berth_execution_count(execution, BERTH_STEP_PENDING) == 0,
                 "every step comes to an end");
  if (sound) {
    fuzzed_require_ok(ctx, berth_execution_inventory(ctx, execution, INT64_MAX, &reached),
                      "the state reached is an inventory");
    berth_inventory_release(reached);
  }
  berth_execution_free(execution);
}

void fuzzed_plan_simulate(berth_context *ctx, const berth_plan *plan, berth_draw draw,
                          int64_t delay, uint64_t seed) {
  berth_simulation_options options = BERTH_SIMULATION_OPTIONS_INIT;
  berth_simulation *simulation = NULL;
  options.draw = draw;
  options.runs = 8;
  options.delay = delay;
  options.seed = seed;
  fuzzed_require_ok(ctx, berth_simulate_plan(ctx, plan, &options, &simulation),
                    "a plan is simulated");
  if (berth_simulation_breach_count(simulation) > 0)
    (void)fprintf(stderr, "%s\n", berth_simulation_breach_at(simulation, 0)->text);
  fuzzed_require(berth_simulation_breach_count(simulation) == 0, "a plan breaks nothing");
  berth_simulation_free(simulation);
}
