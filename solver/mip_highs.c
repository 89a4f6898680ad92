/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HiGHS behind mip.h, through its C interface. It runs on one thread with a fixed seed, and hears
 * of the end of its time in its callback; where it does not ask, inside the relaxation of the root,
 * its own clock ends it.
 *
 * HiGHS is C++: where it finds no memory it may throw, and nothing here can catch that.
 */
#include "lp_backend.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <assert.h>
#include <interfaces/highs_c_api.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* The model as HiGHS takes it: row by row. */
typedef struct highs_model {
  double *cost, *lower, *upper;  /* [column] */
  HighsInt *integrality;         /* [column] */
  double *row_lower, *row_upper; /* [row] */
  HighsInt *start;               /* [row + 1] */
  HighsInt *index;               /* [entry] */
  double *value;                 /* [entry] */
} highs_model;

static void *take(size_t count, size_t size) {
  return calloc(count > 0 ? count : 1, size);
}

static void free_model(highs_model *m) {
  free(m->cost);
  free(m->lower);
  free(m->upper);
  free(m->integrality);
  free(m->row_lower);
  free(m->row_upper);
  free(m->start);
  free(m->index);
  free(m->value);
}

static bool take_model(highs_model *m, const mip_model *model) {
  m->cost = take(model->column_count, sizeof *m->cost);
  m->lower = take(model->column_count, sizeof *m->lower);
  m->upper = take(model->column_count, sizeof *m->upper);
  m->integrality = take(model->column_count, sizeof *m->integrality);
  m->row_lower = take(model->row_count, sizeof *m->row_lower);
  m->row_upper = take(model->row_count, sizeof *m->row_upper);
  m->start = take((size_t)model->row_count + 1, sizeof *m->start);
  m->index = take(model->entry_count, sizeof *m->index);
  m->value = take(model->entry_count, sizeof *m->value);
  return m->cost != NULL && m->lower != NULL && m->upper != NULL && m->integrality != NULL &&
         m->row_lower != NULL && m->row_upper != NULL && m->start != NULL && m->index != NULL &&
         m->value != NULL;
}

static void fill_model(highs_model *m, const mip_model *model) {
  for (uint32_t j = 0; j < model->column_count; j++) {
    m->cost[j] = (double)model->cost[j];
    m->lower[j] = (double)model->lower[j];
    m->upper[j] = (double)model->upper[j];
    m->integrality[j] = kHighsVarTypeInteger;
  }
  for (uint32_t i = 0; i < model->row_count; i++) {
    m->row_lower[i] = model->row_lower[i] == MIP_FREE ? -INFINITY : (double)model->row_lower[i];
    m->row_upper[i] = model->row_upper[i] == MIP_FREE ? INFINITY : (double)model->row_upper[i];
  }
  for (size_t e = 0; e < model->entry_count; e++) {
    assert(e == 0 || model->entry_row[e - 1] <= model->entry_row[e]);
    m->start[model->entry_row[e] + 1]++;
    m->index[e] = (HighsInt)model->entry_column[e];
    m->value[e] = (double)model->entry_value[e];
  }
  for (uint32_t i = 0; i < model->row_count; i++)
    m->start[i + 1] += m->start[i];
}

static bool pass_model(void *highs, const mip_model *model) {
  highs_model m = {0};
  HighsInt status = kHighsStatusError;
  if (take_model(&m, model)) {
    fill_model(&m, model);
    status = Highs_passMip(highs, (HighsInt)model->column_count, (HighsInt)model->row_count,
                           (HighsInt)model->entry_count, kHighsMatrixFormatRowwise,
                           kHighsObjSenseMinimize, 0.0, m.cost, m.lower, m.upper, m.row_lower,
                           m.row_upper, m.start, m.index, m.value, m.integrality);
  }
  free_model(&m);
  return status != kHighsStatusError;
}

static void count_work(mip_search *s, int64_t total) {
  if (total > 0 && (uint64_t)total > s->work)
    mip_search_worked(s, (uint64_t)total - s->work);
}

static void on_event(int kind, const char *message, const HighsCallbackDataOut *event,
                     HighsCallbackDataIn *answer, void *user) {
  mip_search *s = user;
  assert(s->thread != NULL && event != NULL);
  (void)message;
  if (kind == kHighsCallbackMipImprovingSolution && event->mip_solution != NULL)
    mip_search_offer(s, event->mip_solution);
  if (kind == kHighsCallbackMipInterrupt) {
    count_work(s, event->mip_total_lp_iterations);
    mip_search_raise_bound(s, event->mip_dual_bound);
  }
  if (answer != NULL && kind != kHighsCallbackMipImprovingSolution)
    answer->user_interrupt = mip_search_over(s);
}

static bool configure(void *highs, mip_search *s) {
  double left = s->deadline - search_clock_now();
  return Highs_setBoolOptionValue(highs, "output_flag", 0) == kHighsStatusOk &&
         Highs_setIntOptionValue(highs, "threads", 1) == kHighsStatusOk &&
         Highs_setStringOptionValue(highs, "parallel", "off") == kHighsStatusOk &&
         Highs_setIntOptionValue(highs, "random_seed", 0) == kHighsStatusOk &&
         Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0) == kHighsStatusOk &&
         Highs_setDoubleOptionValue(highs, "mip_abs_gap", 0) == kHighsStatusOk &&
         Highs_setDoubleOptionValue(highs, "time_limit", fmax(left, 1e-3)) == kHighsStatusOk &&
         Highs_setCallback(highs, on_event, s) == kHighsStatusOk &&
         Highs_startCallback(highs, kHighsCallbackMipImprovingSolution) == kHighsStatusOk &&
         Highs_startCallback(highs, kHighsCallbackMipInterrupt) == kHighsStatusOk &&
         Highs_startCallback(highs, kHighsCallbackSimplexInterrupt) == kHighsStatusOk;
}

/* @p values: work space. */
static void offer_start(void *highs, const mip_search *s, double *values) {
  for (uint32_t j = 0; s->has_best && j < s->model.column_count; j++)
    values[j] = (double)s->best[j];
  if (s->has_best)
    (void)Highs_setSolution(highs, values, NULL, NULL, NULL);
}

/* Whether what HiGHS says at its end is a proof: only if it agrees with the exact check. */
static bool is_exhausted(void *highs, const mip_search *s) {
  HighsInt status = Highs_getModelStatus(highs);
  if (status == kHighsModelStatusInfeasible || status == kHighsModelStatusUnboundedOrInfeasible)
    return !s->has_best;
  return status == kHighsModelStatusOptimal && s->has_best &&
         s->best_cost <= llround(Highs_getObjectiveValue(highs));
}

static void take_results(void *highs, mip_search *s, double *values) {
  double bound;
  int64_t work;
  if (Highs_getSolution(highs, values, NULL, NULL, NULL) == kHighsStatusOk &&
      Highs_getObjectiveValue(highs) < 1e16)
    mip_search_offer(s, values);
  if (Highs_getDoubleInfoValue(highs, "mip_dual_bound", &bound) == kHighsStatusOk)
    mip_search_raise_bound(s, bound);
  if (Highs_getInt64InfoValue(highs, "mip_total_lp_iterations", &work) == kHighsStatusOk)
    count_work(s, work);
  if (is_exhausted(highs, s))
    mip_search_exhausted(s);
}

static void run(mip_search *s) {
  double *values = take(s->model.column_count, sizeof *values);
  void *highs = Highs_create();
  if (values != NULL && highs != NULL && configure(highs, s) && pass_model(highs, &s->model)) {
    offer_start(highs, s, values);
    if (Highs_run(highs) != kHighsStatusError)
      take_results(highs, s, values);
  }
  if (highs != NULL)
    Highs_destroy(highs);
  free(values);
}

const mip_backend mip_highs = {"HiGHS", run};

enum { PRIMAL = 4 }; /* its number in the manual of options; the C interface has no name for it */

static void on_iteration(int kind, const char *message, const HighsCallbackDataOut *event,
                         HighsCallbackDataIn *answer, void *user) {
  const lp_state *s = user;
  (void)kind;
  (void)message;
  (void)event;
  if (answer != NULL)
    answer->user_interrupt = foreign_thread_over(s->thread);
}

static bool start_session(void *highs, lp_state *s) {
  double *lower = calloc(s->row_count, sizeof *lower), *upper = calloc(s->row_count, sizeof *upper);
  HighsInt status = kHighsStatusError;
  if (lower != NULL && upper != NULL) {
    for (uint32_t i = 0; i < s->row_count; i++) {
      lower[i] = s->row_lower[i] == MIP_FREE ? -INFINITY : (double)s->row_lower[i];
      upper[i] = s->row_upper[i] == MIP_FREE ? INFINITY : (double)s->row_upper[i];
    }
    status = Highs_addRows(highs, (HighsInt)s->row_count, lower, upper, 0, NULL, NULL, NULL);
  }
  free(lower);
  free(upper);
  return status == kHighsStatusOk &&
         Highs_setStringOptionValue(highs, "solver", "simplex") == kHighsStatusOk &&
         Highs_setIntOptionValue(highs, "simplex_strategy", PRIMAL) == kHighsStatusOk &&
         Highs_setStringOptionValue(highs, "presolve", "off") == kHighsStatusOk &&
         Highs_setCallback(highs, on_iteration, s) == kHighsStatusOk &&
         Highs_startCallback(highs, kHighsCallbackSimplexInterrupt) == kHighsStatusOk;
}

/* The columns that wait, as HiGHS takes them. */
typedef struct highs_columns {
  double *cost, *lower, *upper, *value;
  HighsInt *start, *index;
} highs_columns;

static void fill_columns(highs_columns *c, const lp_state *s) {
  assert(s->entry_start[s->pending_count] == s->pending_entry_count);
  for (uint32_t j = 0; j < s->pending_count; j++) {
    c->cost[j] = (double)s->cost[j];
    c->upper[j] = s->upper[j] == MIP_FREE ? INFINITY : (double)s->upper[j];
    c->start[j] = (HighsInt)s->entry_start[j];
  }
  for (size_t e = 0; e < s->pending_entry_count; e++) {
    assert(s->entry_row[e] < s->row_count);
    c->index[e] = (HighsInt)s->entry_row[e];
    c->value[e] = (double)s->entry_value[e];
  }
}

static bool add_pending(void *highs, lp_state *s) {
  size_t columns = (size_t)s->pending_count + 1, entries = s->pending_entry_count + 1;
  if (s->pending_count == 0)
    return true;
  if (s->pending_entry_count > INT_MAX / 2)
    return false;
  highs_columns c = {calloc(columns, sizeof(double)),   calloc(columns, sizeof(double)),
                     calloc(columns, sizeof(double)),   calloc(entries, sizeof(double)),
                     calloc(columns, sizeof(HighsInt)), calloc(entries, sizeof(HighsInt))};
  bool ok = c.cost != NULL && c.lower != NULL && c.upper != NULL && c.value != NULL &&
            c.start != NULL && c.index != NULL;
  if (ok) {
    fill_columns(&c, s);
    ok = Highs_addCols(highs, (HighsInt)s->pending_count, c.cost, c.lower, c.upper,
                       (HighsInt)s->pending_entry_count, c.start, c.index,
                       c.value) == kHighsStatusOk;
  }
  free(c.cost);
  free(c.lower);
  free(c.upper);
  free(c.value);
  free(c.start);
  free(c.index);
  s->pending_count = 0;
  s->pending_entry_count = 0;
  return ok;
}

/* HiGHS adds up its time over all runs, its iterations over none. */
static bool set_limits(void *highs, const lp_state *s) {
  double left = fmax(s->deadline - search_clock_now(), 1e-3);
  HighsInt iterations =
      s->work_limit > 0 && s->work_limit < INT_MAX ? (HighsInt)s->work_limit : INT_MAX;
  return Highs_setDoubleOptionValue(highs, "time_limit", Highs_getRunTime(highs) + left) ==
             kHighsStatusOk &&
         Highs_setIntOptionValue(highs, "simplex_iteration_limit", iterations) == kHighsStatusOk;
}

static lp_outcome outcome_of(void *highs) {
  HighsInt status = Highs_getModelStatus(highs);
  if (status == kHighsModelStatusOptimal)
    return LP_OPTIMAL;
  if (status == kHighsModelStatusInfeasible)
    return LP_INFEASIBLE;
  if (status == kHighsModelStatusUnbounded)
    return LP_UNBOUNDED;
  return status == kHighsModelStatusTimeLimit || status == kHighsModelStatusIterationLimit ||
                 status == kHighsModelStatusInterrupt
             ? LP_STOPPED
             : LP_FAILED;
}

static void solve_session(lp_state *s) {
  HighsInt iterations = 0;
  bool first = s->solver == NULL;
  if (first) {
    s->solver = Highs_create();
    if (s->solver == NULL ||
        Highs_setBoolOptionValue(s->solver, "output_flag", 0) != kHighsStatusOk ||
        Highs_setIntOptionValue(s->solver, "threads", 1) != kHighsStatusOk ||
        !start_session(s->solver, s))
      return;
  }
  if (!add_pending(s->solver, s) || !set_limits(s->solver, s) ||
      Highs_run(s->solver) == kHighsStatusError)
    return;
  s->result.outcome = outcome_of(s->solver);
  s->alive = s->result.outcome != LP_FAILED;
  if (Highs_getIntInfoValue(s->solver, "simplex_iteration_count", &iterations) == kHighsStatusOk &&
      iterations > 0)
    s->result.work = (uint64_t)iterations;
  if (s->result.outcome == LP_OPTIMAL) {
    s->result.objective = Highs_getObjectiveValue(s->solver);
    (void)Highs_getSolution(s->solver, s->values, NULL, NULL, s->duals);
  }
}

static void end_session(lp_state *s) {
  if (s->solver != NULL)
    Highs_destroy(s->solver);
}

const lp_backend lp_highs = {"HiGHS", solve_session, end_session};
