/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to hosts and VMs, whoever notices: failures, isolation, hosts that come and go, VMs
 * that reboot.
 */
#include "timeline_engine.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 200 };

void timeline_new_situation(timeline_engine *e) {
  assert(e->status == BERTH_OK || e->status == BERTH_E_NOMEM);
  e->stale = true;
  e->asked = false;
}

void timeline_stop_migration(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  assert(v->moving_to != BERTH_NONE && e->migrations > 0);
  timeline_mark_vm(e, vm);
  timeline_charge(e, vm, v->moving_to, -1);
  timeline_tell(e, BERTH_MOMENT_MIGRATION_FAILS, vm, v->host, v->moving_to, 0, NULL);
  v->moving_to = BERTH_NONE;
  v->move_epoch++;
  v->step = 0;
  e->migrations--;
  e->stale = true; /* the plan counted on it */
}

/* The event asks for what cannot be. */
static void ignore(timeline_engine *e, berth_event_type type, const char *name, const char *state) {
  char text[TEXT_BYTES];
  assert(name != NULL && state != NULL);
  snprintf(text, sizeof text, "%s of %.100s, which is %s", berth_event_type_word(type), name,
           state);
  timeline_tell(e, BERTH_MOMENT_IGNORED, BERTH_NONE, BERTH_NONE, BERTH_NONE, 0, text);
}

static void ignore_host(timeline_engine *e, berth_event_type type, uint32_t host,
                        const char *state) {
  ignore(e, type, berth_inventory_host_label(e->inventory, host),
         state != NULL ? state : berth_host_state_word(e->hosts[host].state));
}

/* ---------------------------------------------------------------------------- failures */

static void fail_vm(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  if (!v->takes_part)
    return;
  if (v->moving_to == host || (v->moving_to != BERTH_NONE && v->host == host))
    timeline_stop_migration(e, vm);
  if (v->old_copy == host)
    timeline_end_old_copy(e, vm, "its host fails");
  if (v->stage == RESTART_STARTING && v->start_host == host)
    timeline_start_lost(e, vm);
  else if (v->runs && v->host == host)
    timeline_vm_down(e, vm, "its host fails");
}

void timeline_fail_host(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  bool out_of_touch = h->state == BERTH_HOST_ISOLATED;
  if (h->state == BERTH_HOST_FAILED) {
    ignore_host(e, BERTH_EVENT_FAIL, host, NULL);
    return;
  }
  timeline_tell(e, BERTH_MOMENT_HOST_FAILS, BERTH_NONE, host, BERTH_NONE, 0, NULL);
  timeline_set_host(e, host, BERTH_HOST_FAILED);
  if (h->waking) {
    h->waking = false;
    e->wakes--;
  }
  h->epoch++;
  h->locks_gone = true;
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    fail_vm(e, v, host);
  assert(h->starting == 0);
  timeline_new_situation(e);
  if (out_of_touch)
    h->found = false; /* what the others knew was that it lives */
  timeline_host_lost(e, host);
}

static void lose_storage(timeline_engine *e, uint32_t host) {
  for (uint32_t vm = e->first_vm; vm < e->end_vm; vm++) {
    timeline_vm *v = &e->vms[vm];
    if (v->takes_part && v->runs && v->host == host) {
      timeline_vm_down(e, vm, "its disks are out of reach");
      v->old_copy = host;
      v->old_from = e->now;
    }
  }
  timeline_later(e, e->seconds[BERTH_TIMING_LOCK_EXPIRY], TASK_LOCKS_EXPIRE, host,
                 e->hosts[host].epoch);
  if (e->request->storage_protection == BERTH_STORAGE_PROTECTION_APD)
    timeline_later(e, e->seconds[BERTH_TIMING_APD_TIMEOUT] + e->seconds[BERTH_TIMING_APD_DELAY],
                   TASK_PROTECT_STORAGE, host, e->hosts[host].epoch);
  else if (e->request->storage_protection == BERTH_STORAGE_PROTECTION_PDL)
    timeline_later(e, e->seconds[BERTH_TIMING_PDL], TASK_PROTECT_STORAGE, host,
                   e->hosts[host].epoch);
}

/* What was on the way to the host, or being started on it, does not get there. */
static void isolate_vm(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  if (!v->takes_part)
    return;
  if (v->moving_to == host || (v->moving_to != BERTH_NONE && v->host == host))
    timeline_stop_migration(e, vm);
  if (v->stage == RESTART_STARTING && v->start_host == host)
    timeline_start_lost(e, vm);
}

void timeline_isolate_host(timeline_engine *e, uint32_t host, bool storage_lost) {
  timeline_host *h = &e->hosts[host];
  if (h->state != BERTH_HOST_ONLINE) {
    ignore_host(e, BERTH_EVENT_ISOLATE, host, NULL);
    return;
  }
  timeline_tell(e, BERTH_MOMENT_HOST_ISOLATED, BERTH_NONE, host, BERTH_NONE, 0,
                storage_lost ? "storage lost" : "storage reachable");
  timeline_set_host(e, host, BERTH_HOST_ISOLATED);
  h->epoch++;
  h->storage_lost = storage_lost;
  h->locks_gone = false;
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    isolate_vm(e, v, host);
  if (storage_lost)
    lose_storage(e, host);
  timeline_new_situation(e);
  timeline_host_lost(e, host);
}

/* ---------------------------------------------------------------------------- recovery */

/* The host is back, with a copy of the VM that had no disks. */
static void resume_or_end(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->old_copy;
  if (v->runs || v->stage == RESTART_STARTING) {
    timeline_end_old_copy(e, vm, "the host is back, and the VM was restarted elsewhere");
    return;
  }
  v->old_copy = BERTH_NONE;
  timeline_charge(e, vm, host, 1);
  timeline_vm_up(e, vm, host);
  timeline_tell(e, BERTH_MOMENT_VM_UP, vm, host, BERTH_NONE, 0, "its disks are back");
}

static void recover_vm(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  if (!v->takes_part)
    return;
  if (v->old_copy == host)
    resume_or_end(e, vm);
  else if (v->runs && v->host == host) {
    v->stage = RESTART_NONE; /* attempts that failed on its locks are forgotten */
    v->attempts = 0;
  } else if (!v->runs && v->host == host && v->stage == RESTART_NONE && e->acting)
    timeline_request(e, vm);
}

static void recover_host(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  if (h->state != BERTH_HOST_FAILED && h->state != BERTH_HOST_ISOLATED) {
    ignore_host(e, BERTH_EVENT_RECOVER, host, NULL);
    return;
  }
  timeline_tell(e, BERTH_MOMENT_HOST_RECOVERS, BERTH_NONE, host, BERTH_NONE, 0, NULL);
  timeline_set_host(e, host, BERTH_HOST_ONLINE);
  h->epoch++;
  h->storage_lost = h->locks_gone = h->found = h->unseen = false;
  timeline_new_situation(e);
  timeline_host_joins(e, host);
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    recover_vm(e, v, host);
}

/* ---------------------------------------------------------------------------- coming and going */

static bool holds_vms(const timeline_engine *e, uint32_t host) {
  for (uint32_t v = e->first_vm; v < e->end_vm; v++) {
    const timeline_vm *vm = &e->vms[v];
    if (vm->takes_part && ((vm->runs && vm->host == host) || vm->moving_to == host ||
                           (vm->stage == RESTART_STARTING && vm->start_host == host)))
      return true;
  }
  return false;
}

static void close_host(timeline_engine *e, const berth_event *event, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  bool full = holds_vms(e, host);
  bool refused = full && event->type != BERTH_EVENT_MAINTENANCE;
  if (h->state != BERTH_HOST_ONLINE || refused) {
    ignore_host(e, event->type, host, refused ? "not empty" : NULL);
    return;
  }
  bool leaves = event->type == BERTH_EVENT_REMOVE_HOST;
  timeline_tell(e,
                leaves                               ? BERTH_MOMENT_HOST_REMOVED
                : event->type == BERTH_EVENT_STANDBY ? BERTH_MOMENT_HOST_STANDBY
                                                     : BERTH_MOMENT_HOST_MAINTENANCE,
                BERTH_NONE, host, BERTH_NONE, 0, full ? "its VMs stay on here" : NULL);
  timeline_set_host(e, host,
                    leaves                               ? BERTH_HOST_DISCONNECTED
                    : event->type == BERTH_EVENT_STANDBY ? BERTH_HOST_STANDBY
                    : full                               ? BERTH_HOST_ENTERING_MAINTENANCE
                                                         : BERTH_HOST_MAINTENANCE);
  timeline_new_situation(e);
  timeline_host_leaves(e, host);
}

static void open_host(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  if (h->state == BERTH_HOST_ONLINE || h->state == BERTH_HOST_FAILED ||
      h->state == BERTH_HOST_ISOLATED) {
    ignore_host(e, BERTH_EVENT_ONLINE, host, NULL);
    return;
  }
  timeline_tell(e, BERTH_MOMENT_HOST_ONLINE, BERTH_NONE, host, BERTH_NONE, 0, NULL);
  timeline_set_host(e, host, BERTH_HOST_ONLINE);
  if (h->waking) {
    h->waking = false;
    e->wakes--;
  }
  h->epoch++;
  timeline_new_situation(e);
  timeline_host_joins(e, host);
}

static void reboot(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  if (!v->takes_part || !v->runs || v->stage != RESTART_NONE) {
    ignore(e, BERTH_EVENT_REBOOT, berth_inventory_vm_label(e->inventory, vm),
           v->takes_part && v->runs ? "about to be restarted" : "not on");
    return;
  }
  timeline_tell(e, BERTH_MOMENT_VM_REBOOTS, vm, v->host, BERTH_NONE, 0, NULL);
  if (v->moving_to != BERTH_NONE)
    timeline_stop_migration(e, vm);
  timeline_vm_down(e, vm, "it reboots");
  timeline_charge(e, vm, v->host, 1);
  v->stage = RESTART_STARTING;
  v->rebooting = true;
  v->start_host = v->host;
  timeline_later(e, e->set_up->restart_seconds, TASK_STARTED, vm, v->epoch);
}

/* ---------------------------------------------------------------------------- events */

static void fail_domain(timeline_engine *e, const berth_event *event) {
  const char *const labels[BERTH_DOMAIN_COUNT] = {NULL, event->chassis, event->rack, event->site};
  for (unsigned kind = BERTH_DOMAIN_CHASSIS; kind < BERTH_DOMAIN_COUNT; kind++) {
    for (uint32_t h = e->first_host; labels[kind] != NULL && h < e->end_host; h++) {
      const char *own = e->inventory->host_label[kind][h];
      if (own != NULL && strcmp(own, labels[kind]) == 0)
        timeline_fail_host(e, h);
    }
  }
}

static void host_event(timeline_engine *e, const berth_event *event, uint32_t host) {
  switch (event->type) {
  case BERTH_EVENT_FAIL:
    timeline_fail_host(e, host);
    return;
  case BERTH_EVENT_ISOLATE:
    timeline_isolate_host(e, host, event->storage != NULL && event->storage[0] == 'l');
    return;
  case BERTH_EVENT_RECOVER:
    recover_host(e, host);
    return;
  case BERTH_EVENT_ONLINE:
    open_host(e, host);
    return;
  default:
    assert(event->type == BERTH_EVENT_MAINTENANCE || event->type == BERTH_EVENT_STANDBY ||
           event->type == BERTH_EVENT_REMOVE_HOST);
    close_host(e, event, host);
  }
}

void timeline_world_event(timeline_engine *e, const berth_event *event) {
  uint32_t index = BERTH_NONE;
  if (event->type == BERTH_EVENT_REBOOT) {
    if (berth_inventory_find_vm(e->inventory, event->vm, &index) == BERTH_OK &&
        index >= e->first_vm && index < e->end_vm)
      reboot(e, index);
  } else if (event->host == NULL) {
    fail_domain(e, event);
  } else if (berth_inventory_find_host(e->inventory, event->host, &index) == BERTH_OK &&
             index >= e->first_host && index < e->end_host) {
    host_event(e, event, index);
  }
}
