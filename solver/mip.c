/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call behind mip.h, the same for every back-end: copies the model, starts a thread for the
 * solver (foreign_thread.h), waits, and copies out what is known by then. The copy lives in
 * malloc's memory, since an abandoned solver still works on it when the caller's memory is gone.
 */
#include "mip.h"
#include "arena.h"
#include "common_divisor.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The search, its memory, and who runs it; freed as a whole by whichever thread is left. */
typedef struct mip_job {
  mip_search search;
  const mip_backend *backend;
  arena memory;
} mip_job;

static void *plain_allocate(void *user, size_t bytes) {
  (void)user;
  return malloc(bytes);
}

static void *plain_reallocate(void *user, void *memory, size_t bytes) {
  (void)user;
  return realloc(memory, bytes);
}

static void plain_release(void *user, void *memory) {
  (void)user;
  free(memory);
}

static const berth_allocator plain = {plain_allocate, plain_reallocate, plain_release, NULL};

static void serve(void *state, foreign_thread *thread) {
  mip_job *job = state;
  assert(job->search.thread == NULL);
  job->search.thread = thread;
  job->backend->run(&job->search);
}

static void end(void *state) {
  (void)state;
}

static void destroy(void *state) {
  mip_job *job = state;
  arena_free(&job->memory);
  free(job);
}

static const foreign_task task = {serve, end, destroy};

static const int64_t *copy_numbers(arena *memory, const int64_t *numbers, size_t count) {
  int64_t *copy = arena_take_unset(memory, count, sizeof *copy);
  assert(numbers != NULL || count == 0);
  if (copy != NULL && count > 0)
    memcpy(copy, numbers, count * sizeof *copy);
  return copy;
}

/* Counting sort by row; zeros are left out. */
static bool copy_entries(mip_model *copy, arena *memory, const mip_model *model) {
  size_t *place = arena_take(memory, (size_t)model->row_count + 1, sizeof *place), count = 0;
  uint32_t *row = arena_take_unset(memory, model->entry_count, sizeof *row);
  uint32_t *column = arena_take_unset(memory, model->entry_count, sizeof *column);
  int64_t *value = arena_take_unset(memory, model->entry_count, sizeof *value);
  if (place == NULL || row == NULL || column == NULL || value == NULL)
    return false;
  for (size_t e = 0; e < model->entry_count; e++) {
    assert(model->entry_row[e] < model->row_count && model->entry_column[e] < model->column_count);
    place[model->entry_row[e] + 1] += model->entry_value[e] != 0;
    count += model->entry_value[e] != 0;
  }
  for (uint32_t i = 0; i < model->row_count; i++)
    place[i + 1] += place[i];
  for (size_t e = 0; e < model->entry_count; e++) {
    if (model->entry_value[e] == 0)
      continue;
    size_t to = place[model->entry_row[e]]++;
    row[to] = model->entry_row[e];
    column[to] = model->entry_column[e];
    value[to] = model->entry_value[e];
  }
  assert(count <= model->entry_count);
  copy->entry_count = count;
  copy->entry_row = row;
  copy->entry_column = column;
  copy->entry_value = value;
  return true;
}

static bool copy_model(mip_model *copy, arena *memory, const mip_model *model) {
  uint32_t columns = model->column_count, rows = model->row_count;
  *copy = (mip_model){.column_count = columns, .row_count = rows};
  copy->lower = copy_numbers(memory, model->lower, columns);
  copy->upper = copy_numbers(memory, model->upper, columns);
  copy->cost = copy_numbers(memory, model->cost, columns);
  copy->row_lower = copy_numbers(memory, model->row_lower, rows);
  copy->row_upper = copy_numbers(memory, model->row_upper, rows);
  return copy->lower != NULL && copy->upper != NULL && copy->cost != NULL &&
         copy->row_lower != NULL && copy->row_upper != NULL && copy_entries(copy, memory, model);
}

static bool are_exact(const int64_t *numbers, size_t count, bool may_be_free) {
  for (size_t i = 0; i < count; i++) {
    if (!mip_is_exact(numbers[i]) && !(may_be_free && numbers[i] == MIP_FREE))
      return false;
  }
  return true;
}

/* What a solver can be given: numbers it holds exactly, counts it has integers for. */
static bool is_presentable(const mip_model *model) {
  return model->column_count > 0 && model->column_count < INT_MAX / 4 &&
         model->row_count < INT_MAX / 4 && model->entry_count < INT_MAX / 4 &&
         are_exact(model->lower, model->column_count, false) &&
         are_exact(model->upper, model->column_count, false) &&
         are_exact(model->cost, model->column_count, false) &&
         are_exact(model->row_lower, model->row_count, true) &&
         are_exact(model->row_upper, model->row_count, true) &&
         are_exact(model->entry_value, model->entry_count, false);
}

static int64_t cost_step(const mip_model *model) {
  int64_t step = 0;
  for (uint32_t j = 0; j < model->column_count; j++)
    step = common_divisor(step, model->cost[j]);
  return step > 0 ? step : 1;
}

/* The objective may be small where a column's cost is large: nothing of it is in the optimum. */
static double most_of_a_column(const mip_model *model) {
  double most = 0;
  for (uint32_t j = 0; j < model->column_count; j++) {
    double range = fmax(fabs((double)model->lower[j]), fabs((double)model->upper[j]));
    most = fmax(most, range * fabs((double)model->cost[j]));
  }
  return most;
}

static bool prepare_search(mip_search *s, arena *memory, const mip_model *model,
                           const mip_limits *limits) {
  s->deadline = search_clock_now() + 1e-3 * (double)limits->milliseconds;
  s->work_limit = limits->work;
  s->known_bound = s->bound = limits->known_bound;
  s->megabytes = limits->megabytes > 0 ? limits->megabytes : MIP_MEGABYTES;
  s->best = arena_take(memory, model->column_count, sizeof *s->best);
  s->candidate = arena_take(memory, model->column_count, sizeof *s->candidate);
  s->activity = arena_take(memory, model->row_count, sizeof *s->activity);
  if (s->best == NULL || s->candidate == NULL || s->activity == NULL ||
      !copy_model(&s->model, memory, model))
    return false;
  s->step = cost_step(model);
  s->most = most_of_a_column(model);
  assert(s->step >= 1);
  if (limits->start != NULL && mip_check(model, limits->start, s->activity, &s->best_cost)) {
    memcpy(s->best, limits->start, model->column_count * sizeof *s->best);
    s->has_best = true;
  }
  return true;
}

/* Runs the solver. False: there is no thread for it. */
static bool run(mip_job *job, const mip_limits *limits, foreign_thread **thread) {
  foreign_limits call = {
      .deadline = job->search.deadline, .stop = limits->stop, .stop_user = limits->stop_user};
  *thread = foreign_thread_start(&task, job);
  return *thread != NULL && foreign_thread_call(*thread, &call);
}

static mip_result conclude(const mip_search *s, int64_t *values) {
  mip_result result = {.outcome = MIP_UNKNOWN, .bound = s->bound, .work = s->work};
  if (s->has_best) {
    memcpy(values, s->best, s->model.column_count * sizeof *values);
    bool closed = s->best_cost <= s->bound;
    result.outcome = closed ? MIP_OPTIMAL : MIP_FEASIBLE;
    result.objective = s->best_cost;
    result.bound = closed ? s->best_cost : s->bound;
  } else if (s->infeasible) {
    result.outcome = MIP_INFEASIBLE;
  }
  assert(!s->infeasible || !s->has_best);
  assert(s->bound >= s->known_bound);
  assert(result.outcome != MIP_FEASIBLE || result.bound < result.objective);
  return result;
}

mip_result mip_solve_with(const mip_backend *backend, const mip_model *model,
                          const mip_limits *limits, int64_t *values) {
  assert(limits->milliseconds > 0);
  mip_result result = {.outcome = MIP_UNKNOWN, .bound = limits->known_bound};
  mip_job *job = calloc(1, sizeof *job);
  if (job == NULL)
    return result;
  job->backend = backend;
  arena_init(&job->memory, &plain);
  foreign_thread *thread = NULL;
  if (model->column_count > 0 && prepare_search(&job->search, &job->memory, model, limits)) {
    const mip_search *s = &job->search;
    bool decided = s->has_best && s->best_cost <= s->bound;
    if (!decided && is_presentable(model))
      (void)run(job, limits, &thread);
    if (thread != NULL)
      foreign_thread_lock(thread);
    result = conclude(s, values);
    if (thread != NULL)
      foreign_thread_unlock(thread);
  }
  if (thread != NULL)
    foreign_thread_end(thread);
  else
    destroy(job);
  return result;
}

mip_result mip_solve(const mip_model *model, const mip_limits *limits, int64_t *values) {
  return mip_solve_with(&BERTH_MIP_BACKEND, model, limits, values);
}

const char *mip_backend_name(void) {
  return BERTH_MIP_BACKEND.name;
}
