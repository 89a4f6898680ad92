/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wakes and migrations of the plan in force, in its order: a step starts once what it waits for has
 * ended. If the plan is dropped, what is under way still ends.
 */
#include "timeline_engine.h"
#include <assert.h>

/* When the guest lets the migration go, if a scenario says so. */
static int64_t acknowledged_after(const timeline_engine *e, uint32_t vm) {
  int64_t after = e->inventory->vm_notification[vm].ack_seconds;
  for (uint32_t i = 0; e->scenario != NULL && i < berth_scenario_count(e->scenario); i++) {
    const berth_event *event = berth_scenario_event(e->scenario, i);
    uint32_t named = BERTH_NONE;
    if (event->type == BERTH_EVENT_ACK && (event->at == BERTH_UNSET || event->at <= e->now) &&
        berth_inventory_find_vm(e->inventory, event->vm, &named) == BERTH_OK && named == vm)
      after = event->after;
  }
  return after;
}

static void begin_wake(timeline_engine *e, const berth_plan_step *step) {
  timeline_host *h = &e->hosts[step->host];
  assert(h->state == BERTH_HOST_STANDBY && !h->waking);
  h->waking = true;
  h->wake_step = step->id;
  e->wakes++;
  timeline_tell(e, BERTH_MOMENT_WAKE_BEGINS, BERTH_NONE, step->host, BERTH_NONE, 0, NULL);
  timeline_later(e, e->inventory->host_wake_seconds[step->host], TASK_WAKE_ENDS, step->host,
                 h->epoch);
}

static void begin_migration(timeline_engine *e, const berth_plan_step *step) {
  timeline_vm *v = &e->vms[step->vm];
  int64_t wait = 0, seconds = 0, after = acknowledged_after(e, step->vm);
  assert(v->runs && v->host == step->from && v->moving_to == BERTH_NONE);
  berth_migration_time(e->inventory, step->vm, step->from, step->to, &wait, &seconds);
  if (v->outage.count > 0)
    wait = 0; /* not registered since it was restarted */
  if (after != BERTH_UNSET && after < wait)
    wait = after;
  timeline_mark_vm(e, step->vm);
  timeline_charge(e, step->vm, step->to, 1);
  v->moving_to = step->to;
  v->step = step->id;
  e->migrations++;
  timeline_tell(e, BERTH_MOMENT_MIGRATION_BEGINS, step->vm, step->from, step->to, 0, NULL);
  timeline_later(e, wait + seconds, TASK_MIGRATION_ENDS, step->vm, v->move_epoch);
}

void timeline_start_steps(timeline_engine *e) {
  for (uint32_t i = 0; e->execution != NULL && i < berth_plan_step_count(e->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(e->plan, i);
    if ((step->type != BERTH_STEP_WAKE && step->type != BERTH_STEP_MIGRATE) ||
        berth_execution_state(e->execution, step->id) != BERTH_STEP_READY ||
        berth_execution_earliest(e->execution, step->id) > e->now)
      continue;
    berth_status status = berth_execution_start(e->ctx, e->execution, step->id, e->now);
    if (status != BERTH_OK)
      e->status = status;
    else if (step->type == BERTH_STEP_WAKE)
      begin_wake(e, step);
    else
      begin_migration(e, step);
  }
  int64_t next = e->execution != NULL ? berth_execution_next(e->execution, e->now) : BERTH_UNSET;
  if (next != BERTH_UNSET)
    timeline_later(e, next - e->now, TASK_STEP, BERTH_NONE, 0);
}

static void end_step(timeline_engine *e, uint32_t step) {
  if (step == 0 || e->execution == NULL)
    return;
  berth_status status = berth_execution_end(e->ctx, e->execution, step, e->now);
  if (status != BERTH_OK)
    e->status = status;
}

void timeline_wake_ends(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  uint32_t step = h->wake_step;
  assert(h->waking && e->wakes > 0);
  timeline_set_host(e, host, BERTH_HOST_ONLINE);
  h->waking = false;
  h->wake_step = 0;
  e->wakes--;
  timeline_tell(e, BERTH_MOMENT_WAKE_ENDS, BERTH_NONE, host, BERTH_NONE, 0, NULL);
  end_step(e, step);
  if (e->execution == NULL) {
    e->stale = true;
    e->asked = false;
  }
  timeline_host_joins(e, host);
}

void timeline_migration_ends(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t from = v->host, step = v->step;
  assert(v->runs && v->moving_to != BERTH_NONE && e->migrations > 0);
  timeline_mark_vm(e, vm);
  timeline_charge(e, vm, from, -1);
  v->host = v->moving_to;
  v->moving_to = BERTH_NONE;
  v->step = 0;
  e->migrations--;
  timeline_tell(e, BERTH_MOMENT_MIGRATION_ENDS, vm, from, v->host, 0, NULL);
  end_step(e, step);
}
