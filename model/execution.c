/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each step counts the steps it waits for that have not ended. An end counts down those that wait
 * for it; one that comes to zero is ready, from the latest end (and settle) on. A failure walks
 * once over what can never start any more.
 */
#include "context_internal.h"
#include "execution_internal.h"
#include "index_sort.h"
#include <assert.h>

const char *berth_step_state_word(berth_step_state state) {
  switch (state) {
#define WORD(constant, number, word)                                                               \
  case constant:                                                                                   \
    return word;
    BERTH_STEP_STATE_TABLE(WORD)
#undef WORD
  case BERTH_STEP_STATE_COUNT:
    break;
  }
  return NULL;
}

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while beginning an execution");
}

/* ------------------------------------------------------------------------------ states */

static void leave_ready(berth_execution *e, uint32_t i) {
  uint32_t place = e->steps[i].place, last = e->ready[--e->ready_count];
  assert(e->ready[place] == i);
  e->ready[place] = last;
  e->steps[last].place = place;
}

static void enter_state(berth_execution *e, uint32_t i, berth_step_state state) {
  execution_step *step = &e->steps[i];
  assert(step->state != state && e->count[step->state] > 0);
  if (step->state == BERTH_STEP_READY)
    leave_ready(e, i);
  e->count[step->state]--;
  e->count[state]++;
  step->state = state;
  if (state == BERTH_STEP_READY) {
    step->place = e->ready_count;
    e->ready[e->ready_count++] = i;
  }
}

static void raise(int64_t *value, int64_t floor) {
  if (*value < floor)
    *value = floor;
}

/* Steps that wait for one that has ended. */
static void tell_end(berth_execution *e, uint32_t i) {
  const berth_plan_step *given = berth_plan_step_at(e->plan, i);
  int64_t end = e->steps[i].end, settle = given->settle > 0 ? given->settle : 0;
  for (uint32_t k = e->next_start[i]; k < e->next_start[i + 1]; k++) {
    execution_step *later = &e->steps[e->next[k].step];
    assert(later->open > 0);
    raise(&later->earliest, e->next[k].settled ? end + settle : end);
    if (--later->open == 0 && later->state == BERTH_STEP_PENDING)
      enter_state(e, e->next[k].step, BERTH_STEP_READY);
  }
}

/* All that waits for step `i`, directly or not, never starts. */
static void block_after(berth_execution *e, uint32_t i) {
  uint32_t height = 0;
  e->stack[height++] = i;
  while (height > 0) {
    uint32_t at = e->stack[--height];
    for (uint32_t k = e->next_start[at]; k < e->next_start[at + 1]; k++) {
      uint32_t later = e->next[k].step;
      assert(e->steps[later].open > 0);
      if (e->steps[later].state != BERTH_STEP_PENDING)
        continue; /* blocked or abandoned already, and so is all behind it */
      enter_state(e, later, BERTH_STEP_BLOCKED);
      e->steps[later].blocked_by = i + 1;
      assert(height < e->step_count);
      e->stack[height++] = later;
    }
  }
}

/* ------------------------------------------------------------------------------ beginning */

/* Counts (with `next` NULL) or enters what the lists of step `i` say. */
static berth_status enter_edges(berth_context *ctx, berth_execution *e, uint32_t i,
                                const uint32_t *ids, uint32_t count, bool settled) {
  for (uint32_t k = 0; k < count; k++) {
    if (ids[k] == 0 || ids[k] > e->step_count)
      return context_fail(ctx, BERTH_E_INVALID, NULL,
                          "step %u waits for step %u; expected a step of the plan", i + 1, ids[k]);
    uint32_t *start = &e->next_start[ids[k]];
    if (e->next != NULL)
      e->next[*start] = (execution_edge){.step = i, .settled = settled};
    (*start)++;
  }
  return BERTH_OK;
}

static berth_status enter_all_edges(berth_context *ctx, berth_execution *e) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < e->step_count && status == BERTH_OK; i++) {
    const berth_plan_step *given = berth_plan_step_at(e->plan, i);
    status = enter_edges(ctx, e, i, given->after, given->after_count, false);
    if (status == BERTH_OK)
      status = enter_edges(ctx, e, i, given->after_settled, given->after_settled_count, true);
  }
  return status;
}

static berth_status link_steps(berth_context *ctx, berth_execution *e) {
  berth_status status = enter_all_edges(ctx, e);
  if (status != BERTH_OK)
    return status;
  uint32_t total = 0;
  for (uint32_t i = 0; i < e->step_count; i++) { /* [i + 1] holds how many edges step i has */
    uint32_t own = e->next_start[i + 1];
    e->next_start[i + 1] = total;
    total += own;
  }
  e->next = arena_take(&e->memory, (size_t)total + 1, sizeof *e->next);
  if (e->next == NULL)
    return out_of_memory(ctx);
  return enter_all_edges(ctx, e); /* moves [i + 1] from the first edge of i behind its last */
}

/* A walk in an order that precedence allows reaches every step, unless some wait for each other. */
static berth_status refuse_cycles(berth_context *ctx, berth_execution *e) {
  uint32_t reached = 0, done = 0;
  for (uint32_t i = 0; i < e->step_count; i++)
    if ((e->ready[i] = e->steps[i].open) == 0) /* scratch until steps become ready */
      e->stack[reached++] = i;
  while (done < reached) {
    uint32_t i = e->stack[done++];
    for (uint32_t k = e->next_start[i]; k < e->next_start[i + 1]; k++)
      if (--e->ready[e->next[k].step] == 0)
        e->stack[reached++] = e->next[k].step;
  }
  for (uint32_t i = 0; i < e->step_count && reached < e->step_count; i++)
    if (e->ready[i] > 0)
      return context_fail(ctx, BERTH_E_INVALID, NULL,
                          "step %u waits for itself, through others; expected an order", i + 1);
  return BERTH_OK;
}

static berth_status begin(berth_context *ctx, berth_execution *e) {
  size_t steps = e->step_count;
  e->steps = arena_take(&e->memory, steps + 1, sizeof *e->steps);
  e->next_start = arena_take(&e->memory, steps + 1, sizeof *e->next_start);
  e->ready = arena_take(&e->memory, steps + 1, sizeof *e->ready);
  e->stack = arena_take(&e->memory, steps + 1, sizeof *e->stack);
  if (e->steps == NULL || e->next_start == NULL || e->ready == NULL || e->stack == NULL)
    return out_of_memory(ctx);
  e->count[BERTH_STEP_PENDING] = e->step_count;
  for (uint32_t i = 0; i < e->step_count; i++) {
    const berth_plan_step *given = berth_plan_step_at(e->plan, i);
    e->steps[i] = (execution_step){.open = given->after_count + given->after_settled_count,
                                   .start = BERTH_UNSET,
                                   .acknowledged = BERTH_UNSET,
                                   .end = BERTH_UNSET};
  }
  berth_status status = link_steps(ctx, e);
  if (status == BERTH_OK)
    status = refuse_cycles(ctx, e);
  for (uint32_t i = 0; i < e->step_count && status == BERTH_OK; i++)
    if (e->steps[i].open == 0)
      enter_state(e, i, BERTH_STEP_READY);
  return status;
}

berth_status berth_execution_new(berth_context *ctx, const berth_plan *plan,
                                 berth_execution **out) {
  assert(ctx != NULL && plan != NULL && out != NULL);
  *out = NULL;
  berth_execution *e = context_take(ctx, 1, sizeof *e);
  if (e == NULL)
    return BERTH_E_NOMEM;
  arena_init(&e->memory, context_allocator(ctx));
  e->plan = plan;
  e->step_count = berth_plan_step_count(plan);
  berth_status status = begin(ctx, e);
  if (status == BERTH_OK)
    *out = e;
  else
    berth_execution_free(e);
  return status;
}

void berth_execution_free(berth_execution *e) {
  if (e == NULL)
    return;
  berth_allocator allocator = e->memory.allocator;
  arena_free(&e->memory);
  allocator.release(allocator.user, e);
}

/* ------------------------------------------------------------------------------ what happened */

static berth_status find(berth_context *ctx, berth_execution *e, uint32_t id, int64_t at,
                         execution_step **step) {
  assert(ctx != NULL && e != NULL);
  if (id == 0 || id > e->step_count)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "there is no step %u; expected 1 to %u", id,
                        e->step_count);
  if (at < 0 || at > BERTH_QUANTITY_MAX)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "step %u: second %lld; expected one from 0 to %lld", id, (long long)at,
                        (long long)BERTH_QUANTITY_MAX);
  *step = &e->steps[id - 1];
  return BERTH_OK;
}

/* One of the steps that step `i` still waits for. */
static uint32_t open_before(const berth_execution *e, uint32_t i) {
  const berth_plan_step *given = berth_plan_step_at(e->plan, i);
  for (uint32_t k = 0; k < given->after_count; k++)
    if (e->steps[given->after[k] - 1].state != BERTH_STEP_ENDED)
      return given->after[k];
  for (uint32_t k = 0; k < given->after_settled_count; k++)
    if (e->steps[given->after_settled[k] - 1].state != BERTH_STEP_ENDED)
      return given->after_settled[k];
  assert(false); /* its counter is above zero */
  return 0;
}

static berth_status not_startable(berth_context *ctx, const berth_execution *e, uint32_t id,
                                  int64_t at) {
  const execution_step *step = &e->steps[id - 1];
  if (step->state == BERTH_STEP_PENDING)
    return context_fail(ctx, BERTH_E_INVALID, NULL,
                        "step %u cannot start: step %u has not ended; expected it to end first", id,
                        open_before(e, id - 1));
  if (step->state == BERTH_STEP_BLOCKED)
    return context_fail(
        ctx, BERTH_E_INVALID, NULL,
        "step %u cannot start: it waits for step %u, which %s; expected another plan", id,
        step->blocked_by,
        e->steps[step->blocked_by - 1].state == BERTH_STEP_FAILED ? "failed" : "was abandoned");
  if (step->state != BERTH_STEP_READY)
    return context_fail(ctx, BERTH_E_INVALID, NULL,
                        "step %u cannot start: it is %s; expected one that is ready", id,
                        berth_step_state_word(step->state));
  return context_fail(ctx, BERTH_E_INVALID, NULL,
                      "step %u cannot start at %lld: what it waits for ends or settles at %lld; "
                      "expected no earlier start",
                      id, (long long)at, (long long)step->earliest);
}

berth_status berth_execution_start(berth_context *ctx, berth_execution *e, uint32_t id,
                                   int64_t at) {
  execution_step *step = NULL;
  berth_status status = find(ctx, e, id, at, &step);
  if (status != BERTH_OK)
    return status;
  assert(step != NULL);
  if (step->state != BERTH_STEP_READY || at < step->earliest)
    return not_startable(ctx, e, id, at);
  assert(step->open == 0);
  enter_state(e, id - 1, BERTH_STEP_RUNNING);
  step->start = at;
  return BERTH_OK;
}

/* A running step, and a time that is not before what is known of it. */
static berth_status find_running(berth_context *ctx, berth_execution *e, uint32_t id, int64_t at,
                                 const char *verb, execution_step **step) {
  berth_status status = find(ctx, e, id, at, step);
  if (status != BERTH_OK)
    return status;
  assert(*step != NULL);
  if ((*step)->state != BERTH_STEP_RUNNING)
    return context_fail(ctx, BERTH_E_INVALID, NULL,
                        "step %u cannot %s: it is %s; expected one that is running", id, verb,
                        berth_step_state_word((*step)->state));
  int64_t least = (*step)->acknowledged == BERTH_UNSET ? (*step)->start : (*step)->acknowledged;
  if (at < least)
    return context_fail(
        ctx, BERTH_E_INVALID, NULL,
        "step %u cannot %s at %lld; it %s at %lld, expected a later time", id, verb, (long long)at,
        (*step)->acknowledged == BERTH_UNSET ? "started" : "was acknowledged", (long long)least);
  return BERTH_OK;
}

berth_status berth_execution_acknowledge(berth_context *ctx, berth_execution *e, uint32_t id,
                                         int64_t at) {
  execution_step *step = NULL;
  berth_status status = find_running(ctx, e, id, at, "be acknowledged", &step);
  if (status != BERTH_OK)
    return status;
  assert(step != NULL);
  if (berth_plan_step_at(e->plan, id - 1)->wait <= 0 || step->acknowledged != BERTH_UNSET)
    return context_fail(
        ctx, BERTH_E_INVALID, NULL,
        "step %u cannot be acknowledged: %s; expected a guest that is waited for", id,
        step->acknowledged == BERTH_UNSET ? "no guest is told of it" : "it was before");
  step->acknowledged = at;
  return BERTH_OK;
}

berth_status berth_execution_end(berth_context *ctx, berth_execution *e, uint32_t id, int64_t at) {
  execution_step *step = NULL;
  berth_status status = find_running(ctx, e, id, at, "end", &step);
  if (status != BERTH_OK)
    return status;
  assert(step != NULL);
  step->end = at;
  enter_state(e, id - 1, BERTH_STEP_ENDED);
  tell_end(e, id - 1);
  return BERTH_OK;
}

berth_status berth_execution_fail(berth_context *ctx, berth_execution *e, uint32_t id, int64_t at) {
  execution_step *step = NULL;
  berth_status status = find_running(ctx, e, id, at, "fail", &step);
  if (status != BERTH_OK)
    return status;
  assert(step != NULL);
  step->end = at;
  enter_state(e, id - 1, BERTH_STEP_FAILED);
  block_after(e, id - 1);
  return BERTH_OK;
}

berth_status berth_execution_abandon(berth_context *ctx, berth_execution *e, uint32_t id) {
  execution_step *step = NULL;
  berth_status status = find(ctx, e, id, 0, &step);
  if (status != BERTH_OK)
    return status;
  assert(step != NULL);
  if (step->state != BERTH_STEP_PENDING && step->state != BERTH_STEP_READY)
    return context_fail(ctx, BERTH_E_INVALID, NULL,
                        "step %u cannot be abandoned: it is %s; expected one that could start", id,
                        berth_step_state_word(step->state));
  enter_state(e, id - 1, BERTH_STEP_ABANDONED);
  block_after(e, id - 1);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------------ questions */

berth_step_state berth_execution_state(const berth_execution *e, uint32_t id) {
  assert(id > 0 && id <= e->step_count);
  return e->steps[id - 1].state;
}

uint32_t berth_execution_count(const berth_execution *e, berth_step_state state) {
  assert(berth_step_state_word(state) != NULL);
  return e->count[state];
}

uint32_t berth_execution_blocked_by(const berth_execution *e, uint32_t id) {
  assert(id > 0 && id <= e->step_count);
  return e->steps[id - 1].blocked_by;
}

int64_t berth_execution_earliest(const berth_execution *e, uint32_t id) {
  assert(id > 0 && id <= e->step_count);
  const execution_step *step = &e->steps[id - 1];
  return step->state == BERTH_STEP_READY ? step->earliest : BERTH_UNSET;
}

uint32_t berth_execution_startable(const berth_execution *e, int64_t at, uint32_t *ids,
                                   uint32_t room) {
  uint32_t count = 0;
  assert(ids != NULL || room == 0);
  for (uint32_t k = 0; k < e->ready_count; k++) {
    if (e->steps[e->ready[k]].earliest > at)
      continue;
    if (count < room)
      ids[count] = e->ready[k] + 1;
    count++;
  }
  index_sort_unique(ids, count < room ? count : room);
  return count;
}

int64_t berth_execution_next(const berth_execution *e, int64_t at) {
  int64_t next = BERTH_UNSET;
  for (uint32_t k = 0; k < e->ready_count; k++) {
    int64_t earliest = e->steps[e->ready[k]].earliest;
    if (earliest > at && (next == BERTH_UNSET || earliest < next))
      next = earliest;
  }
  return next;
}
