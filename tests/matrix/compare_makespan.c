/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bound <= truth <= value in every case. A bound above the truth is a proof of what is not so; a
 * value below it is a plan that the checker should not have passed, or a fault of the search for
 * the truth.
 */
#include "compare_makespan.h"

#include "makespan_truth.h"
#include "random_cluster.h"

#include <assert.h>
#include <berth/io.h>
#include <berth/solve.h>

enum { NODE_LIMIT = 2000000 };

static bool fault(uint64_t seed, berth_goal goal, const char *what, const char *detail) {
  (void)fprintf(stderr, "seed %llu, goal %s: %s %s\n", (unsigned long long)seed,
                berth_goal_word(goal), what, detail);
  return false;
}

uint32_t makespan_gap_at(const uint32_t *gaps, uint32_t per_cent) {
  uint64_t all = 0, seen = 0;
  assert(per_cent <= 100);
  for (uint32_t gap = 0; gap < MAKESPAN_GAPS; gap++)
    all += gaps[gap];
  for (uint32_t gap = 0; gap < MAKESPAN_GAPS; gap++) {
    seen += gaps[gap];
    if (seen * 100 >= all * per_cent)
      return gap;
  }
  return MAKESPAN_GAPS - 1;
}

static void count_gap(uint32_t *gaps, int64_t value, int64_t least) {
  int64_t gap = value == least ? 0 : MAKESPAN_GAPS - 1;
  if (least > 0)
    gap = (100 * (value - least) + least - 1) / least;
  if (gaps != NULL)
    gaps[gap < MAKESPAN_GAPS ? gap : MAKESPAN_GAPS - 1]++;
}

/* So that a run shows that it did not look at dull cases only. */
static void count_steps(makespan_tally *tally, const berth_plan *plan) {
  uint32_t moves = 0, moved = 0, starts = 0, wakes = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_step_type type = berth_plan_step_at(plan, i)->type;
    moves += type == BERTH_STEP_MIGRATE;
    starts += type == BERTH_STEP_RESTART || type == BERTH_STEP_POWER_ON;
    wakes += type == BERTH_STEP_WAKE;
  }
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    moved += berth_plan_placement_at(plan, i)->how == BERTH_HOW_MIGRATE;
  tally->with_migrations += moves > 0;
  tally->with_starts += starts > 0;
  tally->with_both += moves > 0 && starts > 0;
  tally->with_wakes += wakes > 0;
  tally->with_stop_overs += moves > moved;
}

static void tell(uint64_t seed, berth_goal goal, const char *what, const berth_plan_level *level,
                 const makespan_truth *truth, FILE *to) {
  (void)fprintf(to, "seed %llu, goal %s: %s: bound %lld, truth %s%lld, value %lld\n",
                (unsigned long long)seed, berth_goal_word(goal), what, (long long)level->bound,
                truth->found ? "" : "above ",
                (long long)(truth->found ? truth->seconds : level->value), (long long)level->value);
}

/* False if something is wrong. */
static bool judge(uint64_t seed, const makespan_series *series, const berth_plan *plan,
                  makespan_tally *tally) {
  const berth_goal goal = berth_plan_goal(plan);
  const berth_plan_level *level = berth_plan_level_at(plan, berth_plan_level_count(plan) - 1);
  makespan_truth truth;
  assert(level->level == BERTH_LEVEL_MAKESPAN);
  if (level->value == 0) {
    tally->dull++;
    return true;
  }
  if (!makespan_truth_find(plan, NODE_LIMIT, &truth)) {
    tally->too_large++;
    return true;
  }
  tally->compared++;
  count_steps(tally, plan);
  if (!truth.found) {
    tally->beaten++;
    tell(seed, goal, "the plan is too quick", level, &truth, stderr);
    return false;
  }
  if (truth.seconds < level->bound) {
    tally->false_bounds++;
    tell(seed, goal, "the bound is false", level, &truth, stderr);
    return false;
  }
  count_gap(tally->value_gaps, level->value, truth.seconds);
  count_gap(tally->bound_gaps, level->value, level->bound);
  tally->proved += level->value == level->bound;
  tally->slow += level->value > truth.seconds;
  tally->unproved += level->value == truth.seconds && truth.seconds > level->bound;
  if (series->tell && level->value > level->bound)
    tell(seed, goal, level->value > truth.seconds ? "slow" : "unproved", level, &truth, stdout);
  return true;
}

static bool compare_case(berth_context *ctx, uint64_t seed, const random_case *random,
                         const makespan_series *series, makespan_tally *tally) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  if (series->open && berth_options_set(ctx, &options, BERTH_OPTION_EXACT_LIMIT, 0) != BERTH_OK)
    return fault(seed, random->goal, "no exact limit of 0:", berth_context_detail(ctx));
  request.infer_goal = false;
  request.goal = random->goal;
  request.options = &options;
  if (berth_solve(ctx, random->inventory, &request, NULL, &plan) != BERTH_OK) {
    tally->failed++;
    return fault(seed, random->goal, "the solver failed:", berth_context_detail(ctx));
  }
  const bool right = judge(seed, series, plan, tally);
  berth_plan_free(plan);
  return right;
}

static void compare_seed(uint64_t seed, const makespan_series *series, makespan_tally *tally) {
  berth_context *ctx = NULL;
  random_case random = {.inventory = NULL};
  bool right = false;
  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    (void)fault(seed, random.goal, "out of memory", "");
  else if (random_cluster(ctx, seed, RANDOM_TIMES, false, &random) != BERTH_OK)
    (void)fault(seed, random.goal, "the builder refused:", berth_context_detail(ctx));
  else
    right = compare_case(ctx, seed, &random, series, tally);
  tally->failed += random.inventory == NULL;
  if (!right && random.inventory != NULL) {
    char path[64];
    (void)snprintf(path, sizeof path, "makespan-%llu.xml", (unsigned long long)seed);
    (void)berth_write_inventory(ctx, random.inventory, path);
  }
  berth_inventory_release(random.inventory);
  berth_context_free(ctx);
}

void compare_makespans(const makespan_series *series, makespan_tally *tally) {
  for (uint64_t seed = series->first; seed < series->first + series->count; seed++)
    compare_seed(seed, series, tally);
}
