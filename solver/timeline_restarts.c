/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The restart queue. A VM is tried when it is due, has a target, and nothing goes before it: higher
 * classes (fdm65: until all their VMs are ready or have had their time; earlier eras: on the same
 * host, until their power-ons have ended), VMs that it depends on (fdm65), and as many power-ons
 * on the host as may be in flight. An attempt that fails is repeated 2, 6, 14 and 30 minutes after
 * the first. VMs for which there is no room hold nobody up, and lose no attempt.
 */
#include "timeline_engine.h"
#include "timeline_view.h"
#include <assert.h>
#include <string.h>

/* ---------------------------------------------------------------------------- requests */

/* The offset of the attempt that follows after so many. */
static int64_t offset_after(const timeline_engine *e, uint32_t attempts) {
  static_assert(BERTH_TIMING_ATTEMPT_5 - BERTH_TIMING_ATTEMPT_2 == TIMELINE_ATTEMPTS - 2,
                "an offset for each attempt after the first");
  assert(attempts < TIMELINE_ATTEMPTS);
  return attempts == 0 ? 0 : e->seconds[BERTH_TIMING_ATTEMPT_2 + attempts - 1];
}

static void queue_at(timeline_engine *e, uint32_t vm, int64_t earliest) {
  timeline_vm *v = &e->vms[vm];
  int64_t due = v->attempts == 0 ? 0 : v->first_attempt + offset_after(e, v->attempts);
  v->stage = RESTART_QUEUED;
  v->due = due > earliest ? due : earliest;
  v->target = BERTH_NONE;
  v->step = 0;
  timeline_later(e, v->due - e->now, TASK_DUE, vm, v->epoch);
}

static void give_up(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  v->stage = RESTART_GAVE_UP;
  v->target = BERTH_NONE;
  timeline_tell(e, BERTH_MOMENT_GAVE_UP, vm, BERTH_NONE, BERTH_NONE, v->attempts, NULL);
  timeline_explain(e, vm, "every attempt to restart it failed");
}

void timeline_request(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  assert(v->takes_part);
  if (!e->set_up->ha_enabled || v->stage != RESTART_NONE)
    return;
  if (e->inventory->vm_priority[vm] == BERTH_PRIORITY_DISABLED) {
    if (!v->told_disabled) {
      timeline_tell(e, BERTH_MOMENT_NOT_RESTARTED, vm, v->host, BERTH_NONE, 0,
                    "its restart priority is disabled");
      timeline_explain(e, vm, "its restart priority is disabled");
    }
    v->told_disabled = true;
  } else if (v->attempts == TIMELINE_ATTEMPTS) {
    give_up(e, vm);
  } else {
    queue_at(e, vm, e->now + (timeline_is_fdm(e) ? e->seconds[BERTH_TIMING_FDM_PLACEMENT] : 0));
  }
}

void timeline_due(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  if (v->stage == RESTART_QUEUED && v->due <= e->now && v->target == BERTH_NONE)
    e->stale = true;
}

/* ---------------------------------------------------------------------------- attempts */

/* Leaves STARTING; the host no longer holds what it was to get. */
static void leave_start(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  assert(v->stage == RESTART_STARTING && v->start_host != BERTH_NONE);
  timeline_mark_vm(e, vm);
  if (!v->rebooting) {
    assert(e->hosts[v->start_host].starting > 0);
    e->hosts[v->start_host].starting--;
  }
  v->stage = RESTART_NONE;
  v->epoch++;
}

void timeline_start_lost(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->start_host;
  leave_start(e, vm);
  timeline_charge(e, vm, host, -1);
  if (!v->rebooting)
    timeline_tell(e, BERTH_MOMENT_ATTEMPT_FAILS, vm, host, BERTH_NONE, v->attempts,
                  "the host is lost");
  v->rebooting = v->ready = v->restarted = false;
  v->host = host; /* who finds the host lost finds the VM with it */
  v->start_host = BERTH_NONE;
  v->target = BERTH_NONE;
}

static int64_t ready_after(const timeline_engine *e) {
  int64_t started = e->set_up->restart_seconds, delay = e->set_up->post_ready_delay;
  switch (e->set_up->ready_when) {
  case BERTH_READY_ALLOCATED:
    return delay;
  case BERTH_READY_POWERED_ON:
    return started + delay;
  case BERTH_READY_GUEST_HEARTBEAT:
    return started + e->seconds[BERTH_TIMING_GUEST_HEARTBEAT] + delay;
  default:
    return started + e->seconds[BERTH_TIMING_APP_HEARTBEAT] + delay;
  }
}

static void set_ready(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  v->ready = true;
  v->outage.ready_at = e->now;
  if (e->set_up->era == BERTH_ERA_FDM65 && ready_after(e) > 0)
    timeline_tell(e, BERTH_MOMENT_READY, vm, v->runs ? v->host : v->start_host, BERTH_NONE, 0,
                  NULL);
}

void timeline_ready(timeline_engine *e, uint32_t vm) {
  assert(e->vms[vm].restarted);
  set_ready(e, vm);
}

void timeline_timeout(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  assert(e->set_up->ready_when != BERTH_READY_ALLOCATED);
  if (v->gate_open != BERTH_UNSET && e->now - v->gate_open >= e->set_up->restart_timeout)
    v->timed_out = true;
}

static const char *lock_holder(const timeline_engine *e, const timeline_vm *v) {
  uint32_t host = v->runs ? v->host : v->old_copy;
  if (host == BERTH_NONE || (!v->runs && e->hosts[host].locks_gone))
    return NULL;
  return berth_inventory_host_label(e->inventory, host);
}

/* The room that was meant for a VM is free: others may wait for it. */
static void offer_room(timeline_engine *e) {
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    e->stale = e->stale || (e->vms[v].stage == RESTART_QUEUED && e->vms[v].hopeless);
}

static void fail_on_lock(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  timeline_tell(e, BERTH_MOMENT_ATTEMPT_FAILS, vm, host, BERTH_NONE, v->attempts,
                "its disks are locked by the host that still runs it");
  if (e->set_up->ready_when == BERTH_READY_ALLOCATED)
    v->timed_out = true; /* it had its resources; there is nothing else to wait for */
  if (v->attempts == TIMELINE_ATTEMPTS)
    give_up(e, vm);
  else
    queue_at(e, vm, e->now);
  offer_room(e);
}

static void begin_start(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  assert(timeline_obstacle(e, vm, host) == NULL);
  timeline_mark_vm(e, vm);
  timeline_charge(e, vm, host, 1);
  v->stage = RESTART_STARTING;
  v->start_host = host;
  v->restarted = true;
  v->epoch++;
  e->hosts[host].starting++;
  timeline_later(e, e->set_up->restart_seconds, TASK_STARTED, vm, v->epoch);
  if (v->ready)
    return;
  if (ready_after(e) == 0)
    set_ready(e, vm);
  else
    timeline_later(e, ready_after(e), TASK_READY, vm, v->epoch);
}

static void attempt(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->target, step = v->step;
  bool locked = lock_holder(e, v) != NULL;
  assert(host != BERTH_NONE && v->attempts < TIMELINE_ATTEMPTS);
  if (v->attempts++ == 0)
    v->first_attempt = e->now;
  v->outage.attempts++;
  timeline_tell(e, BERTH_MOMENT_ATTEMPT, vm, host, BERTH_NONE, v->attempts, NULL);
  if (step != 0 && berth_execution_start(e->ctx, e->execution, step, e->now) != BERTH_OK)
    e->stale = true;
  if (!locked) {
    begin_start(e, vm, host);
    return;
  }
  fail_on_lock(e, vm, host);
  if (step != 0)
    e->stale = true; /* the plan counted on it */
}

void timeline_started(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->start_host, step = v->step, epoch = v->epoch, number = v->attempts;
  bool rebooted = v->rebooting, told = e->inventory->vm_notification[vm].registered;
  assert(v->stage == RESTART_STARTING);
  leave_start(e, vm);
  v->epoch = epoch; /* it may still become ready */
  timeline_vm_up(e, vm, host);
  v->start_host = BERTH_NONE;
  if (step != 0 && e->execution != NULL &&
      berth_execution_end(e->ctx, e->execution, step, e->now) != BERTH_OK)
    e->stale = true;
  v->step = 0;
  const char *text = told ? "not told of migrations until it registers again" : NULL;
  timeline_tell(e, rebooted ? BERTH_MOMENT_VM_UP : BERTH_MOMENT_RESTARTED, vm, host, BERTH_NONE,
                rebooted ? 0 : number, text);
  if (rebooted)
    offer_room(e); /* it can be migrated again */
  if (v->old_copy != BERTH_NONE)
    timeline_tell(e, BERTH_MOMENT_SPLIT_BRAIN, vm, host, v->old_copy, 0, NULL);
}

/* ---------------------------------------------------------------------------- whose turn it is */

typedef struct gates {
  uint32_t blocking[TIMELINE_CLASSES]; /* fdm65: VMs of the class that others wait for */
  uint32_t *host_class;                /* earlier eras: [host * classes + class] */
} gates;

/* Whether lower classes, and VMs that depend on it, wait for the VM. */
static bool is_awaited(const timeline_vm *v) {
  if (!v->takes_part || v->ready || v->timed_out || v->hopeless || v->rebooting)
    return false;
  return v->stage == RESTART_QUEUED || v->stage == RESTART_STARTING || (v->runs && v->restarted);
}

static bool is_trying(const timeline_engine *e, const timeline_vm *v) {
  return v->takes_part && v->stage == RESTART_QUEUED && v->due <= e->now && v->target != BERTH_NONE;
}

static void count_host(const timeline_engine *e, gates *g, uint32_t vm, int sign) {
  const timeline_vm *v = &e->vms[vm];
  uint32_t host = v->stage == RESTART_STARTING && !v->rebooting ? v->start_host
                  : is_trying(e, v)                             ? v->target
                                                                : BERTH_NONE;
  if (host == BERTH_NONE)
    return;
  uint32_t *count = &g->host_class[(size_t)(host - e->first_host) * TIMELINE_CLASSES +
                                   timeline_class(e->inventory, vm)];
  assert(sign > 0 || *count > 0);
  *count += sign > 0 ? 1 : UINT32_MAX;
}

static bool open_gates(timeline_engine *e, arena *memory, gates *g) {
  *g = (gates){.host_class = arena_take(memory, e->end_host - e->first_host,
                                        TIMELINE_CLASSES * sizeof *g->host_class)};
  if (g->host_class == NULL)
    return false;
  for (uint32_t v = e->first_vm; v < e->end_vm; v++) {
    g->blocking[timeline_class(e->inventory, v)] += is_awaited(&e->vms[v]);
    count_host(e, g, v, 1);
  }
  return true;
}

static bool class_may_start(const timeline_engine *e, const gates *g, uint32_t vm) {
  berth_priority class = timeline_class(e->inventory, vm);
  const uint32_t *counts =
      e->set_up->era == BERTH_ERA_FDM65
          ? g->blocking
          : &g->host_class[(size_t)(e->vms[vm].target - e->first_host) * TIMELINE_CLASSES];
  for (unsigned c = 0; c < (unsigned)class; c++)
    if (counts[c] > 0)
      return false;
  return true;
}

static bool is_among(const uint32_t *list, uint32_t count, uint32_t vm) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == vm)
      return true;
  return false;
}

static bool dependencies_ready(const timeline_engine *e, uint32_t vm) {
  const berth_inventory *inventory = e->inventory;
  if (e->set_up->era != BERTH_ERA_FDM65)
    return true;
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (!rule->enabled || rule->type != BERTH_RULE_RESTART_AFTER || rule->cluster != e->cluster ||
        !is_among(rule->vms, rule->vm_count, vm))
      continue;
    for (uint32_t i = 0; i < rule->after_count; i++)
      if (rule->after[i] != vm && is_awaited(&e->vms[rule->after[i]]))
        return false;
  }
  return true;
}

static bool may_start(timeline_engine *e, const gates *g, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  if (!is_trying(e, v) || !class_may_start(e, g, vm) || !dependencies_ready(e, vm))
    return false;
  if (v->gate_open == BERTH_UNSET) {
    v->gate_open = e->now;
    if (e->set_up->ready_when != BERTH_READY_ALLOCATED)
      timeline_later(e, e->set_up->restart_timeout, TASK_TIMEOUT, vm, 0);
  }
  if (e->hosts[v->target].starting >= e->set_up->restarts_per_host)
    return false;
  return v->step == 0 || berth_execution_state(e->execution, v->step) == BERTH_STEP_READY;
}

static bool start_one_round(timeline_engine *e, gates *g) {
  bool any = false;
  for (uint32_t i = 0; i < e->end_vm - e->first_vm && !e->stale; i++) {
    uint32_t vm = e->order[i];
    if (!may_start(e, g, vm))
      continue;
    count_host(e, g, vm, -1);
    g->blocking[timeline_class(e->inventory, vm)] -= is_awaited(&e->vms[vm]);
    attempt(e, vm);
    g->blocking[timeline_class(e->inventory, vm)] += is_awaited(&e->vms[vm]);
    count_host(e, g, vm, 1);
    any = true;
  }
  return any;
}

static void start_restarts(timeline_engine *e) {
  arena memory;
  gates g;
  arena_init(&memory, &e->memory.allocator);
  if (open_gates(e, &memory, &g)) {
    while (!e->stale && start_one_round(e, &g))
      continue;
  } else {
    timeline_no_memory(e);
  }
  arena_free(&memory);
}

void timeline_dispatch(timeline_engine *e) {
  if (!e->set_up->ha_enabled || !e->acting)
    return;
  do {
    if (e->stale) {
      timeline_drop_plan(e);
      if (e->migrations > 0)
        return; /* what is on two hosts is in no inventory: until it has arrived */
      e->stale = false;
      timeline_place(e);
    }
    timeline_start_steps(e);
    start_restarts(e);
  } while (e->stale && e->status == BERTH_OK);
}
