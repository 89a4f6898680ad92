/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two plans in five come from the tiny clusters of the brute-force tests, the others from clusters
 * in which time matters. Of the runs of a plan a third draws acknowledgements anywhere, a third at
 * their extremes (all combinations, where there are no more), a third anything with late starts.
 */
#include "execution_series.h"

#include "execution_cluster.h"

#include <berth/solve.h>
#include <berth/verify.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct plan_in_hand {
  berth_context *ctx;
  const execution_series *series;
  execution_tally *tally;
  uint64_t seed;
} plan_in_hand;

static void complain(const plan_in_hand *hand, const char *what, const char *detail) {
  (void)fprintf(stderr, "seed %llu: %s %s\n", (unsigned long long)hand->seed, what, detail);
  hand->tally->failed++;
}

static berth_status draw_case(const plan_in_hand *hand, random_case *out) {
  if (hand->series->nodes)
    return random_cluster(
        hand->ctx, hand->seed,
        (random_family)(RANDOM_WITH_NODES + (hand->seed % 2 == 0 ? RANDOM_REQUESTS : RANDOM_LOADS)),
        false, out);
  switch (hand->seed % 5) {
  case 0:
    return random_cluster(hand->ctx, hand->seed, RANDOM_REQUESTS, false, out);
  case 1:
    return random_cluster(hand->ctx, hand->seed, RANDOM_LOADS, false, out);
  default:
    return execution_cluster(hand->ctx, hand->seed, (uint32_t)(hand->seed % 5 - 1), out);
  }
}

static berth_plan *make_plan(const plan_in_hand *hand) {
  random_case random;
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_plan *plan = NULL;
  if (draw_case(hand, &random) != BERTH_OK) {
    complain(hand, "no inventory:", berth_context_detail(hand->ctx));
    return NULL;
  }
  berth_options_init(&options);
  if (berth_options_set(hand->ctx, &options, BERTH_OPTION_THREADS, 1) != BERTH_OK ||
      berth_options_set(hand->ctx, &options, BERTH_OPTION_TIME_LIMIT, 1000) != BERTH_OK ||
      berth_options_set(hand->ctx, &options, BERTH_OPTION_EXPLAIN, 1) != BERTH_OK)
    complain(hand, "no option:", berth_context_detail(hand->ctx));
  request.infer_goal = false;
  request.goal = random.goal;
  request.options = &options;
  if (berth_solve(hand->ctx, random.inventory, &request, NULL, &plan) != BERTH_OK)
    complain(hand, "no plan:", berth_context_detail(hand->ctx));
  berth_inventory_release(random.inventory);
  return plan;
}

/* ------------------------------------------------------------------------------ executions */

static uint64_t count_breaches(const berth_simulation *simulation, bool windows) {
  uint64_t count = berth_simulation_breach_count(simulation);
  const berth_breach *breach;
  for (uint32_t i = 0; !windows && (breach = berth_simulation_breach_at(simulation, i)) != NULL;
       i++)
    count -= breach->kind == BERTH_BREACH_WINDOW;
  return count;
}

/* Breaches in so many runs of one kind; windows count only where the plan is whole. */
static uint64_t simulate(const plan_in_hand *hand, const berth_plan *plan, berth_draw draw,
                         int64_t delay, int64_t runs, bool windows) {
  berth_simulation_options options = BERTH_SIMULATION_OPTIONS_INIT;
  berth_simulation *simulation = NULL;
  options.draw = draw;
  options.delay = delay;
  options.runs = runs;
  options.seed = hand->seed + (uint64_t)draw;
  if (berth_simulate_plan(hand->ctx, plan, &options, &simulation) != BERTH_OK) {
    complain(hand, "no simulation:", berth_context_detail(hand->ctx));
    return 0;
  }
  uint64_t breaches = count_breaches(simulation, windows);
  if (breaches > 0 && windows) {
    const berth_breach *first = berth_simulation_breach_at(simulation, 0);
    (void)fprintf(stderr, "seed %llu, run %lld, second %lld, step %u: %s\n",
                  (unsigned long long)hand->seed, (long long)first->run, (long long)first->at,
                  first->step, first->text);
  }
  hand->tally->runs += berth_simulation_runs(simulation);
  if (draw == BERTH_DRAW_EXTREMES && delay == 0) {
    uint32_t drawn = berth_simulation_drawn(simulation);
    hand->tally->notified += drawn;
    hand->tally->enumerated +=
        drawn > 0 && drawn <= 12 && berth_simulation_runs(simulation) == INT64_C(1) << drawn;
  }
  berth_simulation_free(simulation);
  return breaches;
}

static uint64_t execute(const plan_in_hand *hand, const berth_plan *plan, bool windows) {
  int64_t third = hand->series->runs / 3 + 1;
  return simulate(hand, plan, BERTH_DRAW_RANDOM, 0, third, windows) +
         simulate(hand, plan, BERTH_DRAW_EXTREMES, 0, third, windows) +
         simulate(hand, plan, hand->seed % 2 == 0 ? BERTH_DRAW_RANDOM : BERTH_DRAW_EXTREMES, 600,
                  third, windows);
}

/* ------------------------------------------------------------------------------ weakened plans */

static uint32_t count_edges(const berth_plan *plan) {
  uint32_t edges = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    edges += step->after_count + step->after_settled_count;
  }
  return edges;
}

/* Takes entry `edge` out of a list of `count`, in `list`, if it lies there. */
static uint32_t without(const uint32_t *ids, uint32_t count, uint32_t edge, uint32_t *list) {
  uint32_t kept = 0;
  for (uint32_t k = 0; k < count; k++)
    if (k != edge)
      list[kept++] = ids[k];
  return kept;
}

/* The steps with one edge less; nothing else of a plan matters here. */
static berth_plan *weaken(const plan_in_hand *hand, const berth_plan *plan, uint32_t edge) {
  berth_plan *weak = NULL;
  uint32_t *lists = calloc(2 * (size_t)count_edges(plan) + 2, sizeof *lists);
  if (lists == NULL || berth_plan_new(hand->ctx, berth_plan_inventory(plan), NULL,
                                      berth_plan_goal(plan), &weak) != BERTH_OK)
    complain(hand, "no plan to weaken", "");
  for (uint32_t i = 0; weak != NULL && i < berth_plan_step_count(plan); i++) {
    berth_plan_step step = *berth_plan_step_at(plan, i);
    uint32_t afters = step.after_count, settled = step.after_settled_count;
    step.after_count = without(step.after, afters, edge, lists);
    step.after = lists;
    step.after_settled_count = without(step.after_settled, settled, edge - afters, lists + afters);
    step.after_settled = lists + afters;
    edge -= afters + settled; /* beyond all lists once it lay in one of them */
    if (berth_plan_add_step(hand->ctx, weak, &step) != BERTH_OK)
      complain(hand, "no step:", berth_context_detail(hand->ctx));
  }
  free(lists);
  return weak;
}

/* Whether the checker finds a moment that breaks something: placements, times and values are
 * missing or wrong in a weakened plan anyway. */
static bool is_unsafe(const plan_in_hand *hand, const berth_plan *plan) {
  static const bool of_moments[BERTH_FAULT_COUNT] = {
      [BERTH_FAULT_VM_CHAIN] = true,      [BERTH_FAULT_HOST_STATE] = true,
      [BERTH_FAULT_RULE_VM] = true,       [BERTH_FAULT_CAPACITY] = true,
      [BERTH_FAULT_NUMA] = true,          [BERTH_FAULT_CONCURRENCY] = true,
      [BERTH_FAULT_QUIESCE] = true,       [BERTH_FAULT_MAINTENANCE] = true,
      [BERTH_FAULT_RESTART_ORDER] = true, [BERTH_FAULT_POWER_DOWN] = true};
  berth_report *report = NULL;
  bool unsafe = false;
  if (berth_verify(hand->ctx, plan, &report) != BERTH_OK)
    complain(hand, "no verdict:", berth_context_detail(hand->ctx));
  for (uint32_t i = 0; report != NULL && i < berth_report_count(report); i++)
    unsafe = unsafe || of_moments[berth_report_fault(report, i)->kind];
  berth_report_free(report);
  return unsafe;
}

static void try_weakened(const plan_in_hand *hand, const berth_plan *plan) {
  uint32_t edges = count_edges(plan);
  berth_plan *weak =
      edges == 0 ? NULL : weaken(hand, plan, (uint32_t)(hand->seed * 2654435761U % edges));
  if (weak == NULL)
    return;
  bool broken = execute(hand, weak, false) > 0, caught = is_unsafe(hand, weak);
  hand->tally->weakened++;
  hand->tally->broken += broken;
  hand->tally->caught += caught;
  hand->tally->only += broken && !caught;
  hand->tally->missed += caught && !broken;
  if (broken && !caught)
    complain(hand, "the simulation breaks a weakened plan that the checker accepts", "");
  berth_plan_free(weak);
}

/* ------------------------------------------------------------------------------ series */

static void run_plan(const plan_in_hand *hand) {
  berth_plan *plan = make_plan(hand);
  if (plan == NULL)
    return;
  hand->tally->plans++;
  hand->tally->steps += berth_plan_step_count(plan);
  hand->tally->breaches += execute(hand, plan, true);
  if (hand->series->weaken)
    try_weakened(hand, plan);
  berth_plan_free(plan);
}

void execution_series_run(const execution_series *series, execution_tally *tally) {
  plan_in_hand hand = {.series = series, .tally = tally};
  if (berth_context_new(NULL, &hand.ctx) != BERTH_OK) {
    tally->failed++;
    return;
  }
  for (int64_t k = 0; k < series->plans; k++) {
    hand.seed = series->first + (uint64_t)k;
    run_plan(&hand);
    berth_context_clear(hand.ctx);
  }
  berth_context_free(hand.ctx);
}
