/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole way: scenario, goal, the components of all clusters, then cluster by cluster its steps
 * in one schedule, levels summed up, and the checker before anything leaves.
 */
#include "admission.h"
#include "admission_warning.h"
#include "checked.h"
#include "cluster_parts.h"
#include "deadline_judge.h"
#include "explain_plan.h"
#include "makespan_bound.h"
#include "move_order.h"
#include "move_rounds.h"
#include "notification_warning.h"
#include "plan_steps.h"
#include "settle_certificates.h"
#include "versioned.h"
#include <assert.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <string.h>

/* Sums over clusters and components, indexed by berth_level. */
typedef struct ladder_sum {
  int64_t value[BERTH_LEVEL_COUNT], bound[BERTH_LEVEL_COUNT];
  const char *proof[BERTH_LEVEL_COUNT];
  berth_plan_makespan makespan;
  uint32_t parts; /* components that have anything to decide */
} ladder_sum;

typedef struct solving {
  berth_context *ctx;
  const berth_inventory *inventory;
  const berth_options *options; /* NULL = defaults */
  problem_aim aim;
  int64_t deadline; /* seconds; 0 = none */
  berth_plan *plan;
  solve_effort effort;
  search_clock clock;
  arena memory; /* of the workers and the list of clusters */
  workers *workers;
  ladder_sum sum;
  berth_solve_statistics statistics;
} solving;

static int64_t option_value(const berth_request *request, berth_option option) {
  return request->options != NULL ? request->options->value[option]
                                  : berth_option_describe(option)->initial;
}

/* Into the sums over all clusters. */
static void add_cluster(ladder_sum *sum, const cluster_plan *plan) {
  const problem *p = plan->final.problem;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    sum->value[level] += plan->value[level];
    sum->bound[level] += plan->bounds.value[level];
    if (sum->proof[level] == NULL || plan->bounds.value[level] > 0)
      sum->proof[level] = plan->bounds.proof[level];
  }
  sum->parts += plan->parts;
}

/* Takes the schedule of another order of the moves over if it ends earlier. */
static bool try_order(const cluster_work *work, const sequence *order, arena *memory,
                      schedule *best) {
  schedule other;
  if (order->count == 0)
    return true;
  if (!schedule_build(&work->whole, order, &work->plan.final, work->plan.serves, memory, &other))
    return false;
  if (!other.overflow && (best->overflow || other.makespan.worst < best->makespan.worst))
    *best = other;
  return true;
}

/* The moves in the order that they were found in, in rounds, or by a list schedule. */
static bool schedule_best(const cluster_work *work, arena *memory, schedule *best) {
  const cluster_plan *plan = &work->plan;
  sequence order;
  return schedule_build(&work->whole, &plan->moves, &plan->final, plan->serves, memory, best) &&
         move_rounds_find(&work->whole, &plan->moves, memory, &order) &&
         try_order(work, &order, memory, best) &&
         (order.count > 0 || (move_order_find(&plan->final, &plan->moves, memory, &order) &&
                              try_order(work, &order, memory, best)));
}

static berth_status finish_cluster(solving *s, cluster_work *work) {
  schedule done;
  const problem *whole = &work->whole;
  cluster_plan *plan = &work->plan;
  arena *memory = &work->memory;
  double began = search_clock_now();
  if (whole->goal == BERTH_GOAL_CONSOLIDATE &&
      !consolidation_finish(plan, s->effort.exact_limit > 0, memory, &s->clock))
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  add_cluster(&s->sum, plan);
  const placement *final = &plan->final;
  if (!schedule_best(work, memory, &done))
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (done.overflow)
    return context_fail(
        s->ctx, BERTH_E_OVERFLOW, NULL,
        "the plan would take longer than 2^61 seconds; check links and memory sizes");
  s->sum.makespan.best = larger_i64(s->sum.makespan.best, done.makespan.best);
  s->sum.makespan.expected = larger_i64(s->sum.makespan.expected, done.makespan.expected);
  s->sum.makespan.worst = larger_i64(s->sum.makespan.worst, done.makespan.worst);
  int64_t bound = makespan_bound(final, plan->value, &plan->bounds, memory);
  if (bound < 0)
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  s->sum.bound[BERTH_LEVEL_MAKESPAN] = larger_i64(s->sum.bound[BERTH_LEVEL_MAKESPAN], bound);
  berth_status status = plan_steps_add(s->ctx, s->plan, &done);
  double sequenced = search_clock_now();
  if (status == BERTH_OK)
    status = plan_outcome_add(s->ctx, s->plan, final, &done, memory);
  if (status == BERTH_OK)
    status = certificate_list_add(s->ctx, s->plan, &work->certificates,
                                  plan->bounds.value[BERTH_LEVEL_HOSTS_ON]);
  s->statistics.sequence_seconds += sequenced - began;
  s->statistics.explain_seconds += search_clock_now() - sequenced;
  return status;
}

/* A part's bound assumes that part's values on the levels before. While those are proved least in
 * every part, equal sums mean equal values; where a gap is left, another split of the same sum is
 * possible and only zero holds further down. The makespan's bound speaks of whole clusters. */
static void limit_sums(ladder_sum *sum, const berth_level *ladder, uint32_t count, bool clusters) {
  bool open = false;
  for (uint32_t i = 0; i < count && sum->parts > 1; i++) {
    berth_level level = ladder[i];
    if (open && (level != BERTH_LEVEL_MAKESPAN || clusters)) {
      sum->bound[level] = 0;
      sum->proof[level] = "zero";
    }
    open |= sum->bound[level] < sum->value[level];
  }
}

static bool is_demand(berth_level level) {
  return level <= BERTH_LEVEL_UNPLACED;
}

/* Levels in the order of the ladder, then what they say of the whole. */
static berth_status add_ladder(solving *s) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t count = berth_goal_ladder(s->aim.goal, ladder);
  berth_outcome outcome = BERTH_OUTCOME_OPTIMAL;
  s->sum.value[BERTH_LEVEL_MAKESPAN] = s->sum.makespan.worst;
  s->sum.proof[BERTH_LEVEL_MAKESPAN] = "unavoidable parts";
  limit_sums(&s->sum, ladder, count, s->inventory->cluster_count > 1);
  for (uint32_t i = 0; i < count; i++) {
    berth_level l = ladder[i];
    berth_plan_level level = {
        .level = l, .value = s->sum.value[l], .bound = s->sum.bound[l], .proof = s->sum.proof[l]};
    assert(level.bound <= level.value);
    level.status = level.bound == level.value ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE;
    berth_status status = berth_plan_add_level(s->ctx, s->plan, &level);
    if (status != BERTH_OK)
      return status;
    if (is_demand(l) && level.bound > 0)
      outcome = BERTH_OUTCOME_INFEASIBLE;
    else if (l != BERTH_LEVEL_MAKESPAN && level.status != BERTH_OUTCOME_OPTIMAL &&
             outcome == BERTH_OUTCOME_OPTIMAL)
      outcome = BERTH_OUTCOME_FEASIBLE;
  }
  berth_plan_set_status(s->plan, outcome);
  berth_plan_set_makespan(s->plan, s->sum.makespan);
  return BERTH_OK;
}

/* Whether failures are survived, the checker may know where the search ran out of time. */
static berth_status read_survival(solving *s) {
  int64_t *violations = &s->sum.value[BERTH_LEVEL_VIOLATIONS];
  int64_t *bound = &s->sum.bound[BERTH_LEVEL_VIOLATIONS], value;
  berth_report *report = NULL;
  if (s->aim.settings.keep_failures == 0 || *violations == 0)
    return BERTH_OK;
  berth_status status = berth_verify(s->ctx, s->plan, &report);
  if (status == BERTH_OK && berth_report_level(report, BERTH_LEVEL_VIOLATIONS, &value) &&
      value < *violations) {
    *violations = value;
    *bound = *bound < value ? *bound : value;
  }
  berth_report_free(report);
  return status;
}

/* The first fault, but for what the checker could not decide: that makes no plan wrong. */
static const berth_fault *first_fault(const berth_report *report) {
  for (uint32_t i = 0; i < berth_report_count(report); i++) {
    if (berth_report_fault(report, i)->kind != BERTH_FAULT_SURVIVAL)
      return berth_report_fault(report, i);
  }
  return NULL;
}

static berth_status check_plan(solving *s) {
  berth_report *report = NULL;
  double began = search_clock_now();
  berth_status status = verify_and_settle(s->ctx, s->plan, &report);
  s->statistics.check_seconds = search_clock_now() - began;
  const berth_fault *fault = status == BERTH_OK ? first_fault(report) : NULL;
  if (fault != NULL) {
    status =
        context_fail(s->ctx, BERTH_E_INTERNAL, NULL, "the plan does not pass the checker: %s: %s",
                     berth_fault_word(fault->kind), fault->text);
  }
  berth_report_free(report);
  return status;
}

static berth_status explain(solving *s) {
  double began = search_clock_now();
  if (s->clock.cancelled)
    return BERTH_OK;
  berth_status status = explain_plan(s->ctx, s->plan, s->options);
  s->statistics.explain_seconds += search_clock_now() - began;
  return status;
}

static berth_status solve_all(solving *s) {
  berth_status status = BERTH_OK;
  uint32_t count = s->inventory->cluster_count;
  cluster_work *clusters = cluster_parts_solve(s->inventory, &s->aim, &s->effort, &s->memory,
                                               &s->statistics.presolve_seconds);
  if (clusters == NULL)
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  for (uint32_t c = 0; c < count && status == BERTH_OK; c++) {
    if (!clusters[c].empty)
      status = finish_cluster(s, &clusters[c]);
  }
  cluster_work_free(clusters, count);
  if (status == BERTH_OK)
    status = read_survival(s);
  if (status == BERTH_OK)
    status = add_ladder(s);
  if (status == BERTH_OK)
    status = explain(s);
  if (status == BERTH_OK)
    status = notification_warning_add(s->ctx, s->plan);
  if (status == BERTH_OK && s->aim.goal == BERTH_GOAL_EVACUATE)
    status = admission_warning_add(s->ctx, s->plan);
  if (status == BERTH_OK && s->deadline > 0)
    status = deadline_judge(s->ctx, s->plan, s->deadline);
  return status == BERTH_OK ? check_plan(s) : status;
}

#define STATISTICS_SIZE VERSIONED_SIZE(berth_solve_statistics, integer_programs)

static void write_statistics(const solving *s, berth_solve_statistics *out) {
  berth_solve_statistics own = s->statistics;
  own.search_seconds = s->effort.search_seconds;
  own.sequence_seconds += s->effort.sequence_seconds;
  own.integer_programs = s->effort.programs;
  versioned_write(out, &own, STATISTICS_SIZE);
}

static void read_settings(const berth_request *request, berth_plan_settings *settings) {
  settings->keep_failures = (uint32_t)option_value(request, BERTH_OPTION_KEEP_FAILURES);
  settings->weigh = (berth_weigh)option_value(request, BERTH_OPTION_WEIGH);
  settings->target_cpu = option_value(request, BERTH_OPTION_TARGET_CPU);
  settings->target_memory = option_value(request, BERTH_OPTION_TARGET_MEMORY);
  settings->stranded_tolerance = option_value(request, BERTH_OPTION_STRANDED_TOLERANCE);
}

static void look_after_callbacks(void *clock) {
  (void)search_clock_over(clock);
}

/* Starts the clock, and has the threads ready that are to work by it. */
static berth_status begin_search(solving *s, const berth_request *request) {
  search_clock_start(&s->clock, s->ctx, option_value(request, BERTH_OPTION_TIME_LIMIT));
  s->effort = (solve_effort){.clock = &s->clock,
                             .exact_limit = option_value(request, BERTH_OPTION_EXACT_LIMIT),
                             .seed = (uint64_t)option_value(request, BERTH_OPTION_SEED)};
  arena_init(&s->memory, context_allocator(s->ctx));
  s->workers = workers_open((uint32_t)option_value(request, BERTH_OPTION_THREADS), &s->memory,
                            look_after_callbacks, &s->clock);
  s->clock.worker = workers_caller(s->workers);
  return s->workers != NULL ? BERTH_OK : context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static bool goal_is_solved(berth_goal goal) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  return berth_goal_ladder(goal, ladder) > 0;
}

berth_status berth_solve(berth_context *ctx, const berth_inventory *inventory,
                         const berth_request *given, berth_solve_statistics *statistics,
                         berth_plan **out) {
  *out = NULL;
  berth_request own = BERTH_REQUEST_INIT;
  const berth_request *request = &own;
  berth_status status =
      versioned_read(ctx, "a request", given, &own, VERSIONED_SIZE(berth_request, options));
  if (status == BERTH_OK)
    status = versioned_check(ctx, "statistics", statistics, STATISTICS_SIZE);
  if (status != BERTH_OK)
    return status;
  solving s = {.ctx = ctx,
               .options = request->options,
               .aim = {.goal = request->goal, .settings = BERTH_PLAN_SETTINGS_INIT}};
  const berth_inventory *effective = NULL;
  double began = search_clock_now();
  status = berth_scenario_apply(ctx, inventory, request->scenario, &effective);
  if (status != BERTH_OK)
    return status;
  s.statistics.apply_seconds = search_clock_now() - began;
  s.inventory = effective;
  if (request->infer_goal)
    s.aim.goal = berth_goal_infer(effective);
  if (!goal_is_solved(s.aim.goal)) {
    const char *word = berth_goal_word(s.aim.goal);
    status = context_fail(ctx, BERTH_E_UNSUPPORTED, NULL, "goal %s is not solved by this version",
                          word != NULL ? word : "?");
    goto done;
  }
  status = begin_search(&s, request);
  if (status == BERTH_OK)
    status = berth_plan_new(ctx, effective, request->scenario, s.aim.goal, &s.plan);
  read_settings(request, &s.aim.settings);
  s.deadline = option_value(request, BERTH_OPTION_DEADLINE);
  if (status == BERTH_OK)
    status = berth_plan_set_settings(ctx, s.plan, &s.aim.settings);
  if (status == BERTH_OK)
    status = solve_all(&s);
  if (status == BERTH_OK) {
    write_statistics(&s, statistics);
    *out = s.plan;
    s.plan = NULL;
  }
done:
  workers_close(s.workers);
  arena_free(&s.memory);
  berth_plan_free(s.plan);
  berth_inventory_release(effective);
  return status;
}
