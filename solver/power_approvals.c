/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps are numbered in an order in which they can be carried out, so that one pass from each step
 * to the end finds all that waits for it, and when: everything else is taken to be approved, and as
 * late as the waits of guests make it.
 */
#include "power_approvals.h"
#include <assert.h>
#include <string.h>

typedef struct approval_walk {
  const berth_plan *plan;
  uint8_t *waits; /* [step] for the one looked at */
  int64_t *end;   /* [step] seconds after its approval; 0 if it does not wait */
} approval_walk;

/* Seconds after the approval at which the step may start; -1: it does not wait for it. */
static int64_t start_of(const approval_walk *w, const berth_plan_step *step) {
  int64_t start = -1;
  for (uint32_t k = 0; k < step->after_count; k++) {
    uint32_t before = step->after[k] - 1;
    assert(before < berth_plan_step_count(w->plan));
    if (w->waits[before] && w->end[before] > start)
      start = w->end[before];
  }
  for (uint32_t k = 0; k < step->after_settled_count; k++) {
    uint32_t before = step->after_settled[k] - 1;
    int64_t settled = w->end[before] + berth_plan_step_at(w->plan, before)->settle;
    if (w->waits[before] && settled > start)
      start = settled;
  }
  return start;
}

static void count_step(const berth_plan_step *step, berth_power_approval *out) {
  assert(step->id > out->step);
  out->steps++;
  out->moves += step->type == BERTH_STEP_MIGRATE || step->type == BERTH_STEP_RESTART ||
                step->type == BERTH_STEP_POWER_ON;
  out->power_downs += step->type == BERTH_STEP_POWER_DOWN;
}

static void follow(approval_walk *w, uint32_t first, berth_power_approval *out) {
  uint32_t steps = berth_plan_step_count(w->plan);
  const berth_plan_step *own = berth_plan_step_at(w->plan, first);
  assert(own->id == first + 1 && own->approval);
  memset(w->waits, 0, steps);
  w->waits[first] = 1;
  w->end[first] = own->wait + own->seconds;
  *out = (berth_power_approval){.step = own->id, .seconds = w->end[first]};
  for (uint32_t i = first + 1; i < steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    int64_t start = start_of(w, step);
    if (start < 0)
      continue;
    w->waits[i] = 1;
    w->end[i] = start + step->wait + step->seconds;
    assert(w->end[i] >= start);
    out->seconds = w->end[i] > out->seconds ? w->end[i] : out->seconds;
    count_step(step, out);
  }
}

bool power_approvals_find(const berth_plan *plan, arena *memory, const berth_power_approval **list,
                          uint32_t *count) {
  uint32_t steps = berth_plan_step_count(plan);
  approval_walk w = {.plan = plan};
  berth_power_approval *found = arena_take(memory, steps, sizeof *found);
  w.waits = arena_take(memory, steps, 1);
  w.end = arena_take(memory, steps, sizeof *w.end);
  *count = 0;
  if (found == NULL || w.waits == NULL || w.end == NULL)
    return false;
  for (uint32_t i = 0; i < steps; i++)
    if (berth_plan_step_at(plan, i)->approval)
      follow(&w, i, &found[(*count)++]);
  assert(*count <= steps);
  *list = found;
  return true;
}
