/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of linear programs: copies what comes in, hands it over to a thread of the session's own
 * (foreign_thread.h), copies out what comes back. The same for every back-end.
 */
#include "lp.h"
#include "lp_backend.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct lp_session {
  foreign_thread *thread;
  lp_state *state; /* the thread's; not to be touched once it is abandoned */
  uint32_t row_count;
  bool dead;
};

/* Without columns there is nothing to solve, and solvers disagree on what to say. */
static void judge_empty(lp_state *s) {
  assert(s->pending_count == 0 && s->pending_entry_count == 0);
  s->alive = true;
  s->result.outcome = LP_OPTIMAL;
  for (uint32_t i = 0; i < s->row_count; i++) {
    s->duals[i] = 0;
    if ((s->row_lower[i] != MIP_FREE && s->row_lower[i] > 0) ||
        (s->row_upper[i] != MIP_FREE && s->row_upper[i] < 0))
      s->result.outcome = LP_INFEASIBLE;
  }
}

static void serve(void *argument, foreign_thread *thread) {
  lp_state *s = argument;
  s->thread = thread;
  s->result = (lp_result){.outcome = LP_FAILED};
  s->alive = false;
  if (s->column_count == 0)
    judge_empty(s);
  else
    s->backend->solve(s);
  assert(s->result.outcome >= LP_OPTIMAL && s->result.outcome <= LP_FAILED);
}

static void end(void *argument) {
  lp_state *s = argument;
  s->backend->end(s);
}

static void destroy(void *argument) {
  lp_state *s = argument;
  free(s->row_lower);
  free(s->row_upper);
  free(s->upper);
  free(s->cost);
  free(s->entry_start);
  free(s->entry_row);
  free(s->entry_value);
  free(s->values);
  free(s->duals);
  free(s);
}

static const foreign_task task = {serve, end, destroy};

static bool grow(void *pointer, size_t count, size_t size) {
  void *memory, *grown;
  memcpy(&memory, pointer, sizeof memory);
  if (count == 0)
    count = 1;
  if (count > SIZE_MAX / size || (grown = realloc(memory, count * size)) == NULL)
    return false;
  memcpy(pointer, &grown, sizeof grown);
  return true;
}

static bool columns_are_exact(const lp_columns *columns) {
  for (uint32_t j = 0; j < columns->count; j++) {
    if (columns->upper[j] < 0 || !mip_is_exact(columns->cost[j]) ||
        (columns->upper[j] != MIP_FREE && !mip_is_exact(columns->upper[j])))
      return false;
  }
  for (size_t e = 0; e < columns->entry_count; e++) {
    if (!mip_is_exact(columns->entry_value[e]))
      return false;
  }
  return true;
}

/* Counting sort by column, behind the columns that wait. Zeros are left out. */
static void append_entries(lp_state *s, const lp_columns *columns) {
  size_t *start = s->entry_start + s->pending_count;
  memset(start, 0, ((size_t)columns->count + 1) * sizeof *start);
  for (size_t e = 0; e < columns->entry_count; e++) {
    assert(columns->entry_row[e] < s->row_count && columns->entry_column[e] < columns->count);
    start[columns->entry_column[e]] += columns->entry_value[e] != 0;
  }
  size_t end_of_column = s->pending_entry_count;
  for (uint32_t j = 0; j < columns->count; j++)
    start[j] = end_of_column += start[j];
  s->pending_entry_count = start[columns->count] = end_of_column;
  assert(start[0] <= end_of_column);
  for (size_t e = columns->entry_count; e-- > 0;) {
    if (columns->entry_value[e] == 0)
      continue;
    size_t place = --start[columns->entry_column[e]];
    s->entry_row[place] = columns->entry_row[e];
    s->entry_value[place] = columns->entry_value[e];
  }
}

static bool append_columns(lp_state *s, const lp_columns *columns) {
  if (columns->count > UINT32_MAX / 4 - s->column_count ||
      columns->entry_count > SIZE_MAX / 4 - s->pending_entry_count || !columns_are_exact(columns))
    return false;
  uint32_t waiting = s->pending_count + columns->count;
  size_t entries = s->pending_entry_count + columns->entry_count;
  if (!grow(&s->upper, waiting, sizeof *s->upper) || !grow(&s->cost, waiting, sizeof *s->cost) ||
      !grow(&s->entry_start, (size_t)waiting + 1, sizeof *s->entry_start) ||
      !grow(&s->entry_row, entries, sizeof *s->entry_row) ||
      !grow(&s->entry_value, entries, sizeof *s->entry_value) ||
      !grow(&s->values, (size_t)s->column_count + columns->count, sizeof *s->values))
    return false;
  if (columns->count > 0) {
    memcpy(s->upper + s->pending_count, columns->upper, columns->count * sizeof *s->upper);
    memcpy(s->cost + s->pending_count, columns->cost, columns->count * sizeof *s->cost);
    append_entries(s, columns);
  }
  assert(s->pending_count <= s->column_count);
  s->pending_count = waiting;
  s->column_count += columns->count;
  return true;
}

static bool copy_rows(lp_state *s, const lp_model *model) {
  for (uint32_t i = 0; i < model->row_count; i++) {
    if ((model->row_lower[i] != MIP_FREE && !mip_is_exact(model->row_lower[i])) ||
        (model->row_upper[i] != MIP_FREE && !mip_is_exact(model->row_upper[i])))
      return false;
  }
  s->row_count = model->row_count;
  if (!grow(&s->row_lower, s->row_count, sizeof *s->row_lower) ||
      !grow(&s->row_upper, s->row_count, sizeof *s->row_upper) ||
      !grow(&s->duals, s->row_count, sizeof *s->duals))
    return false;
  memcpy(s->row_lower, model->row_lower, s->row_count * sizeof *s->row_lower);
  memcpy(s->row_upper, model->row_upper, s->row_count * sizeof *s->row_upper);
  return true;
}

lp_session *lp_session_open_with(const lp_backend *backend, const lp_model *model) {
  assert(model->row_count > 0 && model->row_count <= INT32_MAX);
  lp_session *session = calloc(1, sizeof *session);
  lp_state *s = calloc(1, sizeof *s);
  lp_columns columns = {.count = model->column_count,
                        .upper = model->upper,
                        .cost = model->cost,
                        .entry_count = model->entry_count,
                        .entry_row = model->entry_row,
                        .entry_column = model->entry_column,
                        .entry_value = model->entry_value};
  if (session == NULL || s == NULL || !copy_rows(s, model) || !append_columns(s, &columns))
    goto failed;
  s->backend = backend;
  *session = (lp_session){.state = s, .row_count = model->row_count};
  session->thread = foreign_thread_start(&task, s);
  if (session->thread != NULL)
    return session;
failed:
  if (s != NULL)
    destroy(s);
  free(session);
  return NULL;
}

lp_session *lp_session_open(const lp_model *model) {
  return lp_session_open_with(&BERTH_LP_BACKEND, model);
}

bool lp_session_add_columns(lp_session *session, const lp_columns *columns) {
  session->dead = session->dead || !append_columns(session->state, columns);
  return !session->dead;
}

lp_result lp_session_solve(lp_session *session, const lp_limits *limits, double *values,
                           double *duals) {
  assert(limits->milliseconds > 0);
  if (session->dead)
    return (lp_result){.outcome = LP_FAILED};
  /* The solver keeps its own time, so that it can keep its basis; the thread's is the last resort.
   */
  lp_state *s = session->state;
  s->deadline = search_clock_now() + 1e-3 * (double)limits->milliseconds;
  s->work_limit = limits->work;
  foreign_limits call = {
      .deadline = s->deadline + 0.01, .stop = limits->stop, .stop_user = limits->stop_user};
  if (!foreign_thread_call(session->thread, &call)) {
    session->dead = true;
    return (lp_result){.outcome = LP_FAILED};
  }
  session->dead = !s->alive;
  if (s->result.outcome == LP_OPTIMAL && values != NULL)
    memcpy(values, s->values, s->column_count * sizeof *values);
  if (s->result.outcome == LP_OPTIMAL && duals != NULL)
    memcpy(duals, s->duals, s->row_count * sizeof *duals);
  return s->result;
}

void lp_session_close(lp_session *session) {
  if (session == NULL)
    return;
  foreign_thread_end(session->thread);
  free(session);
}

lp_result lp_solve(const lp_model *model, const lp_limits *limits, double *values, double *duals) {
  lp_session *session = lp_session_open(model);
  if (session == NULL)
    return (lp_result){.outcome = LP_FAILED};
  lp_result result = lp_session_solve(session, limits, values, duals);
  lp_session_close(session);
  return result;
}
