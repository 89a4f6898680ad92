/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of steps: copies what is usable. A step with a field missing or out of range is a fault
 * and takes no further part but in the order.
 */
#include "check_internal.h"
#include <assert.h>

static bool lacks(check *c, uint32_t step, const char *what) {
  check_fault(c, BERTH_FAULT_STEP_FORM, step, "step %u %s", step + 1, what);
  return false;
}

static bool good_host_step(check *c, uint32_t step, const berth_plan_step *given) {
  if (given->host >= c->inventory->host_count)
    return lacks(c, step, "names no host of the inventory; a host step needs one");
  if (given->vm != BERTH_NONE || given->from != BERTH_NONE || given->to != BERTH_NONE)
    return lacks(c, step, "names a VM, a source or a destination; a host step has none");
  return true;
}

static bool good_vm_step(check *c, uint32_t step, const berth_plan_step *given) {
  if (given->vm >= c->inventory->vm_count)
    return lacks(c, step, "names no VM of the inventory");
  if (given->to >= c->inventory->host_count)
    return lacks(c, step, "names no destination of the inventory");
  if (given->host != BERTH_NONE)
    return lacks(c, step, "names a host beside its destination; a VM step has none");
  if (given->type != BERTH_STEP_MIGRATE)
    return given->from == BERTH_NONE || lacks(c, step, "starts a VM and yet names a source");
  if (given->from >= c->inventory->host_count)
    return lacks(c, step, "names no source of the inventory; a migration needs one");
  if (given->from == given->to)
    return lacks(c, step, "migrates a VM to the host it comes from");
  return true;
}

static bool good_step(check *c, uint32_t step, const berth_plan_step *given) {
  switch (given->type) {
  case BERTH_STEP_WAKE:
  case BERTH_STEP_ENTER_MAINTENANCE:
    return good_host_step(c, step, given);
  case BERTH_STEP_POWER_DOWN:
    return good_host_step(c, step, given) &&
           (c->goal == BERTH_GOAL_CONSOLIDATE ||
            lacks(c, step, "powers a host down; only the goal consolidate does that"));
  case BERTH_STEP_MIGRATE:
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    return good_vm_step(c, step, given);
  }
  return lacks(c, step, "is of no known type");
}

void check_steps(check *c) {
  c->steps = check_take(c, c->step_count, sizeof *c->steps);
  c->members = check_take(c, c->step_count, sizeof *c->members);
  if (c->exhausted)
    return;
  for (uint32_t i = 0; i < c->step_count; i++) {
    const berth_plan_step *given = berth_plan_step_at(c->plan, i);
    assert(given != NULL && given->id == i + 1); /* the plan itself numbers its steps */
    check_step *step = &c->steps[i];
    *step = (check_step){.type = given->type,
                         .vm = BERTH_NONE,
                         .from = BERTH_NONE,
                         .to = BERTH_NONE,
                         .host = BERTH_NONE,
                         .next = BERTH_NONE};
    if (!good_step(c, i, given))
      continue;
    step->sound = true;
    step->vm = given->vm;
    step->from = given->from;
    step->to = given->to;
    step->host = given->host;
  }
}
