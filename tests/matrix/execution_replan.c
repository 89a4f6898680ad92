/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An execution here is a loop of single random events: a step that may start starts, or one that
 * runs ends or fails, and time passes. What "as well" means: the levels of the ladder that speak of
 * the end alone, in their order.
 */
#include "execution_replan.h"

#include "execution_cluster.h"
#include "tiny_model.h"

#include <assert.h>
#include <berth/execution.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct replan_hand {
  berth_context *ctx;
  const replan_series *series;
  replan_tally *tally;
  uint64_t seed, random;
  random_case random_case;
  berth_plan *plan;
  berth_execution *execution;
  uint32_t *running, running_count, *startable;
  int64_t now;
  bool failed; /* a step did */
} replan_hand;

static int64_t between(replan_hand *h, int64_t low, int64_t high) {
  assert(low <= high);
  uint64_t z = h->random += UINT64_C(0x9e3779b97f4a7c15); /* Steele, Lea, Flood 2014 */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return low + (int64_t)((z ^ z >> 31) % (uint64_t)(high - low + 1));
}

static void complain(replan_hand *h, const char *what, const char *detail) {
  (void)fprintf(stderr, "seed %llu: %s %s\n", (unsigned long long)h->seed, what, detail);
  h->tally->wrong++;
}

static void expect_ok(replan_hand *h, berth_status status, const char *what) {
  if (status != BERTH_OK)
    complain(h, what, berth_context_detail(h->ctx));
}

static berth_plan *solve(replan_hand *h, const berth_inventory *inventory) {
  const berth_plan_settings *settings = &h->random_case.settings;
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  const struct {
    berth_option option;
    int64_t value;
  } rows[] = {{BERTH_OPTION_THREADS, 1},
              {BERTH_OPTION_EXPLAIN, 1},
              {BERTH_OPTION_KEEP_FAILURES, settings->keep_failures},
              {BERTH_OPTION_WEIGH, settings->weigh},
              {BERTH_OPTION_TARGET_CPU, settings->target_cpu},
              {BERTH_OPTION_TARGET_MEMORY, settings->target_memory},
              {BERTH_OPTION_STRANDED_TOLERANCE, settings->stranded_tolerance}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    expect_ok(h, berth_options_set(h->ctx, &options, rows[i].option, rows[i].value), "option:");
  request.infer_goal = false;
  request.goal = h->random_case.goal;
  request.options = &options;
  expect_ok(h, berth_solve(h->ctx, inventory, &request, NULL, &plan), "no plan:");
  return plan;
}

/* ------------------------------------------------------------------------------ executing */

/* Starts one step that may start. False: none may. */
static bool start_one(replan_hand *h) {
  uint32_t count =
      berth_execution_startable(h->execution, h->now, h->startable, berth_plan_step_count(h->plan));
  if (count == 0)
    return false;
  uint32_t id = h->startable[between(h, 0, count - 1)];
  expect_ok(h, berth_execution_start(h->ctx, h->execution, id, h->now), "start:");
  if (berth_plan_step_at(h->plan, id - 1)->wait > 0 && between(h, 0, 1) == 1)
    expect_ok(h, berth_execution_acknowledge(h->ctx, h->execution, id, h->now), "acknowledge:");
  h->running[h->running_count++] = id;
  h->tally->started++;
  return true;
}

static void end_one(replan_hand *h) {
  uint32_t place = (uint32_t)between(h, 0, h->running_count - 1), id = h->running[place];
  h->running[place] = h->running[--h->running_count];
  if (between(h, 1, 100) <= h->series->fail_percent) {
    expect_ok(h, berth_execution_fail(h->ctx, h->execution, id, h->now), "fail:");
    h->tally->failed_steps++;
    h->failed = true;
  } else {
    expect_ok(h, berth_execution_end(h->ctx, h->execution, id, h->now), "end:");
  }
}

static void execute(replan_hand *h) {
  int64_t events = between(h, 0, 2 * (int64_t)berth_plan_step_count(h->plan));
  if (between(h, 1, 100) <= h->series->finish_percent)
    events = INT64_MAX;
  for (; events > 0; events--) {
    h->now += between(h, 0, 20);
    bool end_first = h->running_count > 0 && between(h, 0, 1) == 1;
    if (end_first || !start_one(h)) {
      if (h->running_count > 0)
        end_one(h);
      else if (berth_execution_next(h->execution, h->now) != BERTH_UNSET)
        h->now = berth_execution_next(h->execution, h->now);
      else
        break; /* all done, or the rest is blocked */
    }
  }
  while (h->running_count > 0)
    end_one(h);
  h->tally->blocked += berth_execution_count(h->execution, BERTH_STEP_BLOCKED);
}

/* ------------------------------------------------------------------------------ planning again */

/* Of consolidate: where a host woke, more were online at the new start, and more may have to stay
 * on (docs/model.md §8). */
static bool woke(const replan_hand *h) {
  for (uint32_t id = 1; id <= berth_plan_step_count(h->plan); id++)
    if (berth_plan_step_at(h->plan, id - 1)->type == BERTH_STEP_WAKE &&
        berth_execution_state(h->execution, id) == BERTH_STEP_ENDED)
      return true;
  return false;
}

static bool began_beyond(const tiny_model *model) {
  for (uint32_t h = 0; h < model->host_count; h++)
    for (uint32_t r = 0; r < model->resource_count; r++)
      if (model->hosts[h].limit[r] > model->hosts[h].capacity[r])
        return true;
  for (uint32_t g = 0; g < model->rule_count; g++) {
    const tiny_rule *rule = &model->rules[g];
    bool counts = rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST;
    if (rule->must && rule->type == BERTH_RULE_TOGETHER && rule->span_limit > 1)
      return true;
    for (uint32_t h = 0; rule->must && counts && h < model->host_count; h++)
      if (rule->limit[h] > rule->most)
        return true;
  }
  return false;
}

/* A host that was over its capacity, or a domain where a rule was broken, may stay so, but what has
 * left it may not be replaced by the new plan as it may by the old one (§3, §11). */
static bool began_beyond_limits(replan_hand *h) {
  const berth_inventory *inventory = h->random_case.inventory;
  static tiny_model model;
  for (uint32_t c = 0; c < berth_inventory_cluster_count(inventory); c++) {
    if (!tiny_model_init(&model, inventory, c, h->random_case.goal, &h->random_case.settings))
      complain(h, "the cluster is too large", "");
    else if (began_beyond(&model))
      return true;
  }
  return false;
}

static bool speaks_of_the_end(const replan_hand *h, berth_level level) {
  if (level == BERTH_LEVEL_HOSTS_ON && woke(h))
    return false;
  return level != BERTH_LEVEL_HOSTS_WOKEN && level != BERTH_LEVEL_MIGRATIONS &&
         level != BERTH_LEVEL_MEMORY_MOVED && level != BERTH_LEVEL_MAKESPAN;
}

/* < 0: the end of plan a is better than that of b, of the same goal. */
static int compare_ends(const replan_hand *h, const berth_plan *a, const berth_plan *b) {
  for (uint32_t i = 0; i < berth_plan_level_count(a); i++) {
    const berth_plan_level *left = berth_plan_level_at(a, i), *right = berth_plan_level_at(b, i);
    if (speaks_of_the_end(h, left->level) && left->value != right->value)
      return left->value < right->value ? -1 : 1;
  }
  return 0;
}

static void verify(replan_hand *h, const berth_plan *plan) {
  berth_report *report = NULL;
  expect_ok(h, berth_verify(h->ctx, plan, &report), "no verdict:");
  if (report != NULL && berth_report_count(report) > 0)
    complain(h, "the new plan does not hold:", berth_report_fault(report, 0)->text);
  berth_report_free(report);
}

static void plan_the_rest(replan_hand *h) {
  const berth_inventory *reached = NULL;
  berth_status status = berth_execution_inventory(h->ctx, h->execution, h->now + 3600, &reached);
  expect_ok(h, status, "no inventory:");
  berth_plan *plan = reached == NULL ? NULL : solve(h, reached);
  if (plan != NULL) {
    int order = compare_ends(h, plan, h->plan);
    bool done =
        berth_execution_count(h->execution, BERTH_STEP_ENDED) == berth_plan_step_count(h->plan);
    verify(h, plan);
    h->tally->replanned++;
    h->tally->same += order == 0;
    h->tally->better += order < 0;
    bool worse = order > 0 && !h->failed && !began_beyond_limits(h);
    h->tally->worse += worse;
    if (worse)
      (void)fprintf(stderr, "seed %llu: goal %s ends worse after half of it%s\n",
                    (unsigned long long)h->seed, berth_goal_word(berth_plan_goal(plan)),
                    done ? " (all was done)" : "");
  }
  berth_plan_free(plan);
  berth_inventory_release(reached);
}

/* ------------------------------------------------------------------------------ series */

static berth_status draw_case(replan_hand *h) {
  switch (h->seed % 4) {
  case 0:
    return random_cluster(h->ctx, h->seed, RANDOM_LOADS, false, &h->random_case);
  case 1:
    return execution_cluster(h->ctx, h->seed, 1, &h->random_case);
  default:
    return random_cluster(h->ctx, h->seed, RANDOM_REQUESTS, false, &h->random_case);
  }
}

static void run_once(replan_hand *h) {
  h->now = 0;
  h->failed = false;
  expect_ok(h, berth_execution_new(h->ctx, h->plan, &h->execution), "no execution:");
  if (h->execution != NULL) {
    execute(h);
    plan_the_rest(h);
  }
  berth_execution_free(h->execution);
  h->execution = NULL;
}

static void run_plan(replan_hand *h) {
  expect_ok(h, draw_case(h), "no inventory:");
  h->plan = h->random_case.inventory == NULL ? NULL : solve(h, h->random_case.inventory);
  if (h->plan == NULL)
    return;
  size_t steps = berth_plan_step_count(h->plan);
  h->running = calloc(steps + 1, sizeof *h->running);
  h->startable = calloc(steps + 1, sizeof *h->startable);
  for (int64_t run = 0; h->running != NULL && h->startable != NULL && run < h->series->runs; run++)
    if (steps > 0)
      run_once(h);
  h->tally->plans += steps > 0;
  free(h->running);
  free(h->startable);
}

void replan_series_run(const replan_series *series, replan_tally *tally) {
  berth_context *ctx = NULL;
  if (berth_context_new(NULL, &ctx) != BERTH_OK) {
    tally->wrong++;
    return;
  }
  for (int64_t k = 0; k < series->plans; k++) {
    replan_hand hand = {.ctx = ctx, .series = series, .tally = tally};
    hand.seed = series->first + (uint64_t)k;
    hand.random = hand.seed * UINT64_C(0xd1342543de82ef95);
    run_plan(&hand);
    berth_plan_free(hand.plan);
    berth_inventory_release(hand.random_case.inventory);
    berth_context_clear(ctx);
  }
  berth_context_free(ctx);
}
