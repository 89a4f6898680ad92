/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agreement of solver, checker and brute force. For clusters this small the solver has to prove
 * every level before makespan: a level that it does not call optimal is a disagreement too.
 */
#include "compare_plan.h"

#include "brute_force.h"

#include <assert.h>
#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>

static bool fault(uint64_t seed, berth_goal goal, const char *what, const char *detail) {
  (void)fprintf(stderr, "seed %llu, goal %s: %s %s\n", (unsigned long long)seed,
                berth_goal_word(goal), what, detail);
  return false;
}

static bool is_true(const berth_plan_level *level, const brute_force_result *truth, uint32_t i) {
  return level->level == truth->levels[i] && level->value == truth->values[i] &&
         level->bound == level->value && level->status == BERTH_OUTCOME_OPTIMAL;
}

/* A level that is not decided, and says so: the truth lies between bound and value. */
static bool is_open(const berth_plan_level *level, const brute_force_result *truth, uint32_t i) {
  return level->level == truth->levels[i] && level->status == BERTH_OUTCOME_FEASIBLE &&
         level->bound <= truth->values[i] && truth->values[i] <= level->value;
}

static bool makespan_agrees(uint64_t seed, const berth_plan *plan, uint32_t at) {
  const berth_plan_level *last = berth_plan_level_at(plan, at);
  return (last->level == BERTH_LEVEL_MAKESPAN && last->bound <= last->value) ||
         fault(seed, berth_plan_goal(plan), "makespan is missing or below its bound", "");
}

/* With `open` not NULL an open level is none to complain of: it is noted, and what is behind it is
 * not compared, since it speaks of other values before. */
static bool levels_agree(uint64_t seed, const berth_plan *plan, const brute_force_result *truth,
                         bool *open) {
  const berth_goal goal = berth_plan_goal(plan);
  const bool timed =
      goal != BERTH_GOAL_PLACE && goal != BERTH_GOAL_CONSOLIDATE && goal != BERTH_GOAL_REBALANCE;
  if (berth_plan_level_count(plan) != truth->level_count + (timed ? 1 : 0))
    return fault(seed, goal, "another number of levels", "");
  for (uint32_t i = 0; i < truth->level_count; i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (is_true(level, truth, i))
      continue;
    if (open != NULL && is_open(level, truth, i)) {
      *open = true;
      return true;
    }
    (void)fprintf(stderr, "seed %llu, goal %s: %s is %lld (bound %lld, %s); true %s %lld\n",
                  (unsigned long long)seed, berth_goal_word(goal), berth_level_name(level->level),
                  (long long)level->value, (long long)level->bound,
                  berth_outcome_word(level->status), berth_level_name(truth->levels[i]),
                  (long long)truth->values[i]);
    return false;
  }
  return !timed || makespan_agrees(seed, plan, truth->level_count);
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
  uint32_t migrations = 0, downs = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    migrations += berth_plan_step_at(plan, i)->type == BERTH_STEP_MIGRATE;
    downs += berth_plan_step_at(plan, i)->type == BERTH_STEP_POWER_DOWN;
  }
  tally->asleep += downs > 0;
  tally->loaded += value_of(truth, BERTH_LEVEL_OVERLOAD) > 0;
  tally->unplaced += unplaced > 0;
  tally->woken += value_of(truth, BERTH_LEVEL_HOSTS_WOKEN) > 0;
  tally->migrated += migrations > 0;
  tally->stepped += migrations > moved;
  tally->broken +=
      value_of(truth, BERTH_LEVEL_SHOULD_BROKEN) > 0 || value_of(truth, BERTH_LEVEL_VIOLATIONS) > 0;
  tally->states += truth->states;
}

static void set_options(berth_context *ctx, const berth_plan_settings *settings,
                        berth_options *options) {
  const struct {
    berth_option option;
    int64_t value;
  } rows[] = {{BERTH_OPTION_KEEP_FAILURES, settings->keep_failures},
              {BERTH_OPTION_WEIGH, settings->weigh},
              {BERTH_OPTION_TARGET_CPU, settings->target_cpu},
              {BERTH_OPTION_TARGET_MEMORY, settings->target_memory},
              {BERTH_OPTION_STRANDED_TOLERANCE, settings->stranded_tolerance}};
  berth_options_init(options);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const berth_status status = berth_options_set(ctx, options, rows[i].option, rows[i].value);
    assert(status == BERTH_OK);
    (void)status;
  }
}

/* A goal that the solver does not know yet is no disagreement, but it is said. */
static bool skip(uint64_t seed, berth_goal goal, compare_tally *tally) {
  if (tally->skipped++ == 0)
    (void)fault(seed, goal, "skipped, with all others of a goal that is not solved for:",
                "the solver answers \"unsupported\"");
  return true;
}

static bool compare_case(berth_context *ctx, uint64_t seed, const random_case *random,
                         const compare_series *series, compare_tally *tally) {
  berth_request request = BERTH_REQUEST_INIT;
  brute_force_result truth;
  berth_options options;
  berth_plan *plan = NULL;
  const berth_goal goal = random->goal;
  const bool may_be_open = series->scaled || series->contents;
  set_options(ctx, &random->settings, &options);
  if (series->contents && berth_options_set(ctx, &options, BERTH_OPTION_EXACT_LIMIT, 0) != BERTH_OK)
    return fault(seed, goal, "no exact limit of 0:", berth_context_detail(ctx));
  request.infer_goal = false;
  request.goal = goal;
  request.options = &options;
  const berth_status status = berth_solve(ctx, random->inventory, &request, NULL, &plan);
  if (status == BERTH_E_UNSUPPORTED)
    return skip(seed, goal, tally);
  if (status != BERTH_OK)
    return fault(seed, goal, "the solver failed:", berth_context_detail(ctx));
  bool agree =
      brute_force_solve(random->inventory, goal, &random->settings, UINT64_C(4000000), &truth);
  if (agree) {
    bool open = false;
    agree = levels_agree(seed, plan, &truth, may_be_open ? &open : NULL) &&
            (open || status_agrees(seed, plan, &truth)) && plan_holds(ctx, seed, plan);
    tally->open += agree && open;
    count_case(tally, plan, &truth);
  } else {
    (void)fault(seed, goal, "too large for the brute force", "");
  }
  berth_plan_free(plan);
  tally->agreed += agree;
  return agree;
}

static void compare_seed(uint64_t seed, const compare_series *series, compare_tally *tally) {
  berth_context *ctx = NULL;
  random_case random = {.inventory = NULL};
  bool agree = false;
  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    (void)fault(seed, random.goal, "out of memory", "");
  else if (random_cluster(ctx, seed, series->family, series->scaled, &random) != BERTH_OK)
    (void)fault(seed, random.goal, "the builder refused:", berth_context_detail(ctx));
  else
    agree = compare_case(ctx, seed, &random, series, tally);
  if (!agree && random.inventory != NULL) {
    char path[64];
    (void)snprintf(path, sizeof path, "mismatch-%llu.xml", (unsigned long long)seed);
    (void)berth_write_inventory(ctx, random.inventory, path);
  }
  tally->disagreed += !agree;
  berth_inventory_release(random.inventory);
  berth_context_free(ctx);
}

void compare_seeds(const compare_series *series, compare_tally *tally) {
  for (uint64_t seed = series->first; seed < series->first + series->count; seed++)
    compare_seed(seed, series, tally);
}
