/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the solver: an inventory, changes, a goal and options. What it answers is accepted
 * by the checker, holds when it is carried out and simulated, is the same after a way through JSON,
 * and is as good as an exhaustive search of a tiny inventory says.
 */
#include "fuzzed_execution.h"
#include "fuzzed_inventory.h"
#include "fuzzed_plan.h"
#include "fuzzed_truth.h"
#include <berth/solve.h>
#include <stdio.h>

enum { LARGEST = 512, EVENTS_MAX = 3 };

static void take_event(berth_context *ctx, fuzzed_bytes *bytes, berth_scenario *scenario) {
  static const char *const names[][2] = {{"memoryReservationMib", "0"},
                                         {"movable", "false"},
                                         {"priority", "highest"},
                                         {"numa", "one-node"}};
  char host[16], vm[16], rule[16];
  berth_event event = BERTH_EVENT_INIT;
  event.type = (berth_event_type)fuzzed_below(bytes, BERTH_EVENT_ADD_FLAVOUR + 1);
  const uint32_t which = fuzzed_byte(bytes), more = fuzzed_byte(bytes);
  (void)snprintf(host, sizeof host, "h%u", which % FUZZED_HOSTS_MAX);
  (void)snprintf(vm, sizeof vm, "v%u", which % FUZZED_VMS_MAX);
  (void)snprintf(rule, sizeof rule, "r%u", which % FUZZED_RULES_MAX);
  event.id = rule;
  event.count = 1 + more % 2;
  if (event.type == BERTH_EVENT_ADD_FLAVOUR) {
    event.cluster = "c0";
    event.cpu_mhz = more % 8;
    event.memory_mib = 1 + which % 8;
  } else if (event.type == BERTH_EVENT_ADD_HOST || event.type == BERTH_EVENT_ADD_VM) {
    event.like = event.type == BERTH_EVENT_ADD_HOST ? host : vm;
  } else if (event.type == BERTH_EVENT_POWER_ON || event.type == BERTH_EVENT_SET) {
    event.vm = vm;
    event.attribute = names[more % 4][0];
    event.value = names[more % 4][1];
  } else if (event.type != BERTH_EVENT_DROP_RULE) {
    event.host = host;
  }
  fuzzed_require_ok(ctx, berth_scenario_add(ctx, scenario, &event), "a scenario takes an event");
}

/* None of these comes near the time limit, however busy the machine is: what ends the search is the
 * work that the integer programs may be. */
static void take_options(fuzzed_bytes *bytes, berth_goal goal, berth_options *options) {
  static const int64_t exact[] = {4000, 0, 50, 500};
  berth_options_init(options);
  options->value[BERTH_OPTION_TIME_LIMIT] = 10000;
  options->value[BERTH_OPTION_THREADS] = 1;
  const uint32_t byte = fuzzed_byte(bytes);
  options->value[BERTH_OPTION_EXACT_LIMIT] = exact[byte % 4];
  options->value[BERTH_OPTION_EXPLAIN] = byte >> 2 & 1;
  options->value[BERTH_OPTION_SEED] = 1 + (byte >> 3 & 1);
  if ((byte >> 4 & 1) != 0)
    options->value[BERTH_OPTION_DEADLINE] = fuzzed_byte(bytes);
  if (goal == BERTH_GOAL_CONSOLIDATE) {
    options->value[BERTH_OPTION_KEEP_FAILURES] = (byte >> 5) % 3;
    options->value[BERTH_OPTION_WEIGH] = byte >> 7;
  } else if (goal == BERTH_GOAL_REBALANCE && (byte >> 5 & 1) != 0) {
    options->value[BERTH_OPTION_TARGET_CPU] = 1 + fuzzed_byte(bytes);
    options->value[BERTH_OPTION_TARGET_MEMORY] = 1 + fuzzed_byte(bytes);
    options->value[BERTH_OPTION_STRANDED_TOLERANCE] = fuzzed_below(bytes, 101);
  }
}

/* ---------------------------------------------------------------------------- the answer */

static void judge(berth_context *ctx, const berth_plan *plan, const berth_inventory *inventory,
                  uint64_t luck) {
  fuzzed_require(fuzzed_plan_faults(ctx, plan, true) == 0, "the checker accepts a plan");
  fuzzed_truth(plan, NULL);
  fuzzed_execution(plan, 8, luck);
  fuzzed_plan_simulate(ctx, plan, BERTH_DRAW_EXTREMES, 0, luck);
  fuzzed_plan_round_trip(ctx, plan, inventory);
  fuzzed_plan_carry_out(ctx, plan, luck, true);
}

static bool is_answer(berth_status status) {
  return status == BERTH_OK || status == BERTH_E_INVALID || status == BERTH_E_NOT_FOUND ||
         status == BERTH_E_AMBIGUOUS;
}

static void ask(berth_context *ctx, const berth_inventory *inventory, fuzzed_bytes *bytes) {
  const uint64_t luck = fuzzed_digest(bytes->at, bytes->left);
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  const uint32_t byte = fuzzed_byte(bytes);
  request.goal = (berth_goal)(byte % BERTH_GOAL_COUNT);
  request.infer_goal = byte / 8 % 8 == 7;
  take_options(bytes, request.goal, &options);
  request.options = &options;
  fuzzed_require_ok(ctx, berth_scenario_new(ctx, &scenario), "there is a scenario");
  for (uint32_t i = 0; i < byte / 64 && i < EVENTS_MAX; i++)
    take_event(ctx, bytes, scenario);
  request.scenario = scenario;
  const berth_status status = berth_solve(ctx, inventory, &request, NULL, &plan);
  if (!is_answer(status) || (status != BERTH_OK && berth_scenario_count(scenario) == 0))
    fuzzed_require_ok(ctx, status, "the solver answers");
  if (plan != NULL)
    judge(ctx, plan, inventory, luck);
  berth_plan_free(plan);
  berth_scenario_free(scenario);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > LARGEST)
    return 0;
  fuzzed_bytes bytes = {data, size};
  berth_context *ctx = fuzzed_context();
  const berth_inventory *inventory = fuzzed_inventory(ctx, &bytes);
  if (inventory != NULL)
    ask(ctx, inventory, &bytes);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return 0;
}
