/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a plan as the simulator carries them out: their durations as the inventory has them,
 * who waits for whom, and the VMs they speak of. What could not be carried out at all is refused
 * here.
 */
#include "context_internal.h"
#include "index_sort.h"
#include "plan_simulation.h"
#include <assert.h>

static berth_status refuse(berth_simulation *s, uint32_t id, const char *what) {
  return context_fail(s->ctx, BERTH_E_INVALID, NULL,
                      "step %u %s; expected one that can be carried out", id, what);
}

static berth_status out_of_memory(berth_simulation *s) {
  return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory while loading a plan");
}

bool simulation_runs(const berth_inventory *inventory, uint32_t vm) {
  uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON || host == BERTH_NONE)
    return false;
  assert(host < inventory->host_count);
  switch ((berth_host_state)inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return inventory->clusters[inventory->host_cluster[host]].set_up.isolation_response ==
           BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

/* ------------------------------------------------------------------------------ one step */

static const char *fault_of(const berth_inventory *inventory, const berth_plan_step *step) {
  switch (step->type) {
  case BERTH_STEP_WAKE:
  case BERTH_STEP_ENTER_MAINTENANCE:
  case BERTH_STEP_POWER_DOWN:
    return step->host < inventory->host_count ? NULL : "names no host";
  case BERTH_STEP_MIGRATE:
    if (step->from >= inventory->host_count || step->from == step->to)
      return "names no source of its own";
    break;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    break;
  default:
    return "is of no known type";
  }
  if (step->vm >= inventory->vm_count)
    return "names no VM";
  return step->to < inventory->host_count ? NULL : "names no destination";
}

static void time_migration(const berth_inventory *inventory, simulation_step *step) {
  const frozen_notification *guest = &inventory->vm_notification[step->vm];
  berth_migration_time(inventory, step->vm, step->from, step->to, &step->wait, &step->seconds);
  assert(step->wait >= 0 && step->seconds > 0);
  if (step->wait == 0)
    return;
  step->settle = guest->settle_seconds > 0 ? guest->settle_seconds : 0;
  step->expected = step->wait;
  if (guest->ack_seconds != BERTH_UNSET && guest->ack_seconds < step->wait)
    step->expected = guest->ack_seconds;
}

static void time_step(const berth_inventory *inventory, simulation_step *step) {
  switch (step->type) {
  case BERTH_STEP_WAKE:
    step->seconds = inventory->host_wake_seconds[step->host];
    break;
  case BERTH_STEP_MIGRATE:
    time_migration(inventory, step);
    break;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    step->seconds = inventory->clusters[inventory->vm_cluster[step->vm]].set_up.restart_seconds;
    break;
  case BERTH_STEP_ENTER_MAINTENANCE:
  case BERTH_STEP_POWER_DOWN:
    break;
  }
  assert(step->seconds >= 0);
}

static berth_status load_step(berth_simulation *s, const berth_plan *plan, uint32_t i) {
  const berth_plan_step *given = berth_plan_step_at(plan, i);
  const char *fault = fault_of(s->inventory, given);
  if (fault != NULL)
    return refuse(s, i + 1, fault);
  simulation_step *step = &s->steps[i];
  *step = (simulation_step){.type = given->type,
                            .vm = BERTH_NONE,
                            .slot = BERTH_NONE,
                            .from = BERTH_NONE,
                            .to = BERTH_NONE,
                            .host = BERTH_NONE,
                            .waits = given->after_count + given->after_settled_count,
                            .draw = BERTH_NONE,
                            .start = given->start,
                            .end = given->end};
  switch (given->type) {
  case BERTH_STEP_MIGRATE:
    step->from = given->from; /* fall through */
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    step->vm = given->vm;
    step->to = given->to;
    break;
  default:
    step->host = given->host;
  }
  time_step(s->inventory, step);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------------ order */

/* Counts (with `next` NULL) or enters the edges from the steps of a list to step `i`. */
static berth_status enter_edges(berth_simulation *s, uint32_t i, const uint32_t *ids,
                                uint32_t count, bool settled) {
  for (uint32_t k = 0; k < count; k++) {
    if (ids[k] == 0 || ids[k] > s->step_count)
      return refuse(s, i + 1, "waits for a step that does not exist");
    uint32_t before = ids[k] - 1;
    assert(before < s->step_count);
    if (s->next == NULL)
      s->next_start[before + 1]++;
    else
      s->next[s->next_start[before]++] = (simulation_edge){.step = i, .settled = settled};
  }
  return BERTH_OK;
}

static berth_status enter_all_edges(berth_simulation *s, const berth_plan *plan) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < s->step_count && status == BERTH_OK; i++) {
    const berth_plan_step *given = berth_plan_step_at(plan, i);
    status = enter_edges(s, i, given->after, given->after_count, false);
    if (status == BERTH_OK)
      status = enter_edges(s, i, given->after_settled, given->after_settled_count, true);
  }
  return status;
}

/* Kahn's order (1962) reaches every step unless some wait for each other. */
static berth_status refuse_cycles(berth_simulation *s) {
  uint32_t *list = s->open + s->step_count; /* the second half is free for this */
  uint32_t reached = 0, done = 0;
  for (uint32_t i = 0; i < s->step_count; i++)
    if ((s->open[i] = s->steps[i].waits) == 0)
      list[reached++] = i;
  while (done < reached) {
    uint32_t i = list[done++];
    assert(i < s->step_count && s->open[i] == 0);
    for (uint32_t e = s->next_start[i]; e < s->next_start[i + 1]; e++)
      if (--s->open[s->next[e].step] == 0)
        list[reached++] = s->next[e].step;
  }
  assert(reached <= s->step_count);
  for (uint32_t i = 0; i < s->step_count && reached < s->step_count; i++)
    if (s->open[i] > 0)
      return refuse(s, i + 1, "waits for itself, through other steps");
  return BERTH_OK;
}

static berth_status load_order(berth_simulation *s, const berth_plan *plan) {
  size_t steps = s->step_count;
  s->next_start = arena_take(&s->memory, steps + 2, sizeof *s->next_start);
  s->open = arena_take(&s->memory, 2 * steps, sizeof *s->open);
  if (s->next_start == NULL || s->open == NULL)
    return out_of_memory(s);
  berth_status status = enter_all_edges(s, plan);
  if (status != BERTH_OK)
    return status;
  for (uint32_t i = 0; i < s->step_count; i++)
    s->next_start[i + 1] += s->next_start[i];
  s->next = arena_take(&s->memory, (size_t)s->next_start[steps] + 1, sizeof *s->next);
  if (s->next == NULL)
    return out_of_memory(s);
  /* Entering moves each start on to the next one's: shift them back. */
  status = enter_all_edges(s, plan);
  for (uint32_t i = s->step_count; i > 0; i--)
    s->next_start[i] = s->next_start[i - 1];
  s->next_start[0] = 0;
  return status == BERTH_OK ? refuse_cycles(s) : status;
}

/* ------------------------------------------------------------------------------ VMs */

static berth_status load_guests(berth_simulation *s) {
  const berth_inventory *inventory = s->inventory;
  uint32_t *vms = arena_take(&s->memory, (size_t)s->step_count + 1, sizeof *vms), count = 0;
  uint32_t *slot_of = context_take(s->ctx, (size_t)inventory->vm_count + 1, sizeof *slot_of);
  berth_status status = BERTH_OK;
  if (vms == NULL || slot_of == NULL) {
    status = out_of_memory(s);
    goto done;
  }
  for (uint32_t i = 0; i < s->step_count; i++)
    if (s->steps[i].vm != BERTH_NONE)
      vms[count++] = s->steps[i].vm;
  assert(count <= s->step_count);
  s->guest_count = count > 0 ? index_sort_unique(vms, count) : 0;
  s->guest_home = vms; /* from VM to its host, in place */
  for (uint32_t slot = 0; slot < s->guest_count; slot++) {
    uint32_t vm = vms[slot];
    slot_of[vm] = slot;
    s->guest_home[slot] = simulation_runs(inventory, vm) ? inventory->vm_host[vm] : BERTH_NONE;
  }
  for (uint32_t i = 0; i < s->step_count; i++)
    if (s->steps[i].vm != BERTH_NONE)
      s->steps[i].slot = slot_of[s->steps[i].vm];
  s->guests = arena_take(&s->memory, (size_t)s->guest_count + 1, sizeof *s->guests);
  status = s->guests == NULL ? out_of_memory(s) : BERTH_OK;
done:
  context_release(s->ctx, slot_of);
  return status;
}

berth_status simulation_load_steps(berth_simulation *s, const berth_plan *plan) {
  size_t steps = berth_plan_step_count(plan);
  s->step_count = (uint32_t)steps;
  s->inventory = berth_plan_inventory(plan);
  assert(s->inventory != NULL);
  s->steps = arena_take(&s->memory, steps + 1, sizeof *s->steps);
  s->queue = arena_take(&s->memory, steps + 1, sizeof *s->queue);
  s->now = arena_take(&s->memory, steps + 1, sizeof *s->now);
  s->kept = arena_take(&s->memory, steps + 1, sizeof *s->kept);
  if (s->steps == NULL || s->queue == NULL || s->now == NULL || s->kept == NULL)
    return out_of_memory(s);
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < s->step_count && status == BERTH_OK; i++)
    status = load_step(s, plan, i);
  if (status == BERTH_OK)
    status = load_order(s, plan);
  return status == BERTH_OK ? load_guests(s) : status;
}
