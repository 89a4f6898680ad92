/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agreement of solver, checker and brute force. For clusters this small the solver has to prove
 * every level before makespan: a level that it does not call optimal is a disagreement too.
 */
#include "compare_plan.h"

#include "brute_force.h"
#include "random_cluster.h"

#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>

static bool fault(uint64_t seed, berth_goal goal, const char *what, const char *detail) {
  (void)fprintf(stderr, "seed %llu, goal %s: %s %s\n", (unsigned long long)seed,
                berth_goal_word(goal), what, detail);
  return false;
}

static bool levels_agree(uint64_t seed, const berth_plan *plan, const brute_force_result *truth) {
  const berth_goal goal = berth_plan_goal(plan);
  const bool timed = goal != BERTH_GOAL_PLACE;
  bool agree = berth_plan_level_count(plan) == truth->level_count + (timed ? 1 : 0) ||
               fault(seed, goal, "another number of levels", "");
  for (uint32_t i = 0; agree && i < truth->level_count; i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level == truth->levels[i] && level->value == truth->values[i] &&
        level->bound == level->value && level->status == BERTH_OUTCOME_OPTIMAL)
      continue;
    (void)fprintf(stderr, "seed %llu, goal %s: %s is %lld (bound %lld, %s); true %s %lld\n",
                  (unsigned long long)seed, berth_goal_word(goal), berth_level_name(level->level),
                  (long long)level->value, (long long)level->bound,
                  berth_outcome_word(level->status), berth_level_name(truth->levels[i]),
                  (long long)truth->values[i]);
    agree = false;
  }
  if (agree && timed) {
    const berth_plan_level *last = berth_plan_level_at(plan, truth->level_count);
    agree = (last->level == BERTH_LEVEL_MAKESPAN && last->bound <= last->value) ||
            fault(seed, goal, "makespan is missing or below its bound", "");
  }
  return agree;
}

/* Infeasible when violations or an unplaced level is proved above zero; all others are proved here,
 * so the rest is optimal. */
static bool status_agrees(uint64_t seed, const berth_plan *plan, const brute_force_result *truth) {
  berth_outcome expected = BERTH_OUTCOME_OPTIMAL;
  for (uint32_t i = 0; i < truth->level_count; i++)
    if (truth->levels[i] <= BERTH_LEVEL_UNPLACED && truth->values[i] > 0)
      expected = BERTH_OUTCOME_INFEASIBLE;
  return berth_plan_status(plan) == expected ||
         fault(seed, berth_plan_goal(plan), "the plan calls itself",
               berth_outcome_word(berth_plan_status(plan)));
}

static bool plan_holds(berth_context *ctx, uint64_t seed, const berth_plan *plan) {
  berth_report *report = NULL;
  if (berth_verify(ctx, plan, &report) != BERTH_OK)
    return fault(seed, berth_plan_goal(plan), "the checker failed:", berth_context_detail(ctx));
  const bool holds = berth_report_count(report) == 0;
  for (uint32_t i = 0; i < berth_report_count(report); i++)
    (void)fault(seed, berth_plan_goal(plan),
                "the checker says:", berth_report_fault(report, i)->text);
  berth_report_free(report);
  return holds;
}

static int64_t value_of(const brute_force_result *truth, berth_level wanted) {
  for (uint32_t i = 0; i < truth->level_count; i++)
    if (truth->levels[i] == wanted)
      return truth->values[i];
  return 0;
}

/* So that a run shows that it did not look at dull cases only. */
static void count_case(compare_tally *tally, const berth_plan *plan,
                       const brute_force_result *truth) {
  int64_t unplaced = 0;
  for (uint32_t i = 0; i < truth->level_count; i++)
    if (truth->levels[i] > BERTH_LEVEL_VIOLATIONS && truth->levels[i] <= BERTH_LEVEL_UNPLACED)
      unplaced += truth->values[i];
  uint32_t moved = 0;
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    moved += berth_plan_placement_at(plan, i)->how == BERTH_HOW_MIGRATE;
  uint32_t migrations = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    migrations += berth_plan_step_at(plan, i)->type == BERTH_STEP_MIGRATE;
  tally->unplaced += unplaced > 0;
  tally->woken += value_of(truth, BERTH_LEVEL_HOSTS_WOKEN) > 0;
  tally->migrated += migrations > 0;
  tally->stepped += migrations > moved;
  tally->broken +=
      value_of(truth, BERTH_LEVEL_SHOULD_BROKEN) > 0 || value_of(truth, BERTH_LEVEL_VIOLATIONS) > 0;
  tally->states += truth->states;
}

static bool compare_inventory(berth_context *ctx, uint64_t seed, const berth_inventory *inventory,
                              berth_goal goal, compare_tally *tally) {
  berth_request request = BERTH_REQUEST_INIT;
  brute_force_result truth;
  berth_plan *plan = NULL;
  request.infer_goal = false;
  request.goal = goal;
  if (!brute_force_solve(inventory, goal, UINT64_C(4000000), &truth))
    return fault(seed, goal, "too large for the brute force", "");
  if (berth_solve(ctx, inventory, &request, NULL, &plan) != BERTH_OK)
    return fault(seed, goal, "the solver failed:", berth_context_detail(ctx));
  const bool agree = levels_agree(seed, plan, &truth) && status_agrees(seed, plan, &truth) &&
                     plan_holds(ctx, seed, plan);
  count_case(tally, plan, &truth);
  berth_plan_free(plan);
  return agree;
}

bool compare_seed(uint64_t seed, compare_tally *tally) {
  berth_context *ctx = NULL;
  berth_inventory *inventory = NULL;
  berth_goal goal = BERTH_GOAL_REPAIR;
  bool agree = false;
  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    return fault(seed, goal, "out of memory", "");
  if (random_cluster(ctx, seed, &inventory, &goal) != BERTH_OK)
    (void)fault(seed, goal, "the builder refused:", berth_context_detail(ctx));
  else
    agree = compare_inventory(ctx, seed, inventory, goal, tally);
  if (!agree && inventory != NULL) {
    char path[64];
    (void)snprintf(path, sizeof path, "mismatch-%llu.xml", (unsigned long long)seed);
    (void)berth_write_inventory(ctx, inventory, path);
  }
  tally->agreed += agree;
  tally->disagreed += !agree;
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return agree;
}

void compare_seeds(uint64_t first, uint64_t count, compare_tally *tally) {
  for (uint64_t seed = first; seed < first + count; seed++)
    (void)compare_seed(seed, tally);
}
