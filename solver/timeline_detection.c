/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who notices what, and when. In aam the first five hosts that joined are primaries; one of them is
 * active, another takes over when it is lost, and a secondary becomes a primary only when one
 * is removed. In fdm there is one primary, elected anew when it is lost. What is lost while
 * nobody acts stays unseen until somebody does.
 */
#include "timeline_engine.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { AAM_PRIMARIES = 5, NAMES_BYTES = 400 };

static bool is_alive(const timeline_engine *e, uint32_t host) {
  return e->hosts[host].state == BERTH_HOST_ONLINE;
}

static bool is_lost(const timeline_engine *e, uint32_t host) {
  return e->hosts[host].state == BERTH_HOST_FAILED || e->hosts[host].state == BERTH_HOST_ISOLATED;
}

static bool has_datastore(const timeline_engine *e, uint32_t host) {
  return e->inventory->host_datastore_start[host + 1] > e->inventory->host_datastore_start[host];
}

/* ---------------------------------------------------------------------------- primaries */

/* Joined before; hosts that do not say when come last, as written. */
static bool joined_before(const timeline_engine *e, uint32_t a, uint32_t b) {
  int64_t at_a = e->inventory->host_joined[a], at_b = e->inventory->host_joined[b];
  if (at_a == at_b)
    return a < b;
  return at_b == BERTH_UNSET || (at_a != BERTH_UNSET && at_a < at_b);
}

/* The first by order of joining that is alive and is (or is not) a primary. */
static uint32_t first_joined(const timeline_engine *e, bool primary) {
  uint32_t best = BERTH_NONE;
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    if (is_alive(e, h) && e->hosts[h].primary == primary &&
        (best == BERTH_NONE || joined_before(e, h, best)))
      best = h;
  return best;
}

static uint32_t count_primaries(const timeline_engine *e, uint32_t chassis_of) {
  const uint32_t *domain = e->inventory->host_domain[BERTH_DOMAIN_CHASSIS];
  uint32_t count = 0;
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    count += e->hosts[h].primary && (chassis_of == BERTH_NONE || domain[h] == domain[chassis_of]);
  return count;
}

static void tell_primaries(timeline_engine *e) {
  char names[NAMES_BYTES] = "";
  size_t used = 0;
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    if (!e->hosts[h].primary || used + 1 >= sizeof names)
      continue;
    int length = snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                          berth_inventory_host_label(e->inventory, h));
    used += length > 0 ? (size_t)length : 0;
    used = used < sizeof names ? used : sizeof names - 1;
  }
  timeline_tell(e, BERTH_MOMENT_PRIMARIES, BERTH_NONE, BERTH_NONE, BERTH_NONE,
                count_primaries(e, BERTH_NONE), names);
}

/* More than four primaries in one chassis: it takes all protection with it. */
static void warn_of_chassis(timeline_engine *e) {
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    const char *chassis = e->inventory->host_label[BERTH_DOMAIN_CHASSIS][h];
    if (e->hosts[h].primary && chassis != NULL && count_primaries(e, h) >= AAM_PRIMARIES) {
      timeline_tell(e, BERTH_MOMENT_SHARED_CHASSIS, BERTH_NONE, BERTH_NONE, BERTH_NONE,
                    count_primaries(e, h), chassis);
      return;
    }
  }
}

/* Access to most datastores, then the highest id. */
static uint32_t most_datastores(const timeline_engine *e) {
  const uint32_t *start = e->inventory->host_datastore_start;
  uint32_t best = BERTH_NONE;
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    if (!is_alive(e, h))
      continue;
    uint32_t own = start[h + 1] - start[h];
    uint32_t most = best == BERTH_NONE ? 0 : start[best + 1] - start[best];
    if (best == BERTH_NONE || own > most ||
        (own == most && strcmp(e->inventory->host_id[h], e->inventory->host_id[best]) > 0))
      best = h;
  }
  return best;
}

void timeline_choose_primaries(timeline_engine *e) {
  if (timeline_is_fdm(e)) {
    e->primary = most_datastores(e);
  } else {
    uint32_t next;
    for (int i = 0; i < AAM_PRIMARIES && (next = first_joined(e, false)) != BERTH_NONE; i++)
      e->hosts[next].primary = true;
    e->primary = first_joined(e, true);
    tell_primaries(e);
    warn_of_chassis(e);
  }
  e->acting = e->primary != BERTH_NONE;
  if (e->acting)
    timeline_tell(e, BERTH_MOMENT_PRIMARY, BERTH_NONE, e->primary, BERTH_NONE, 0, NULL);
}

static void call_election(timeline_engine *e) {
  bool fdm = timeline_is_fdm(e);
  e->acting = false;
  e->electing = true;
  e->primary = BERTH_NONE;
  timeline_later(e, e->seconds[fdm ? BERTH_TIMING_FDM_ELECTION : BERTH_TIMING_AAM_FAILED],
                 TASK_ELECT, BERTH_NONE, ++e->election);
}

/* What was lost while nobody acted is seen now, and so is what came back in that time. */
static void sweep(timeline_engine *e) {
  assert(e->acting);
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    if (e->hosts[h].unseen)
      timeline_detect(e, h);
  for (uint32_t i = 0; i < e->end_vm - e->first_vm; i++) {
    const timeline_vm *v = &e->vms[e->order[i]];
    if (v->takes_part && !v->runs && v->stage == RESTART_NONE &&
        (!is_lost(e, v->host) || e->hosts[v->host].found))
      timeline_request(e, e->order[i]);
  }
  e->stale = true;
}

void timeline_elect(timeline_engine *e) {
  e->electing = false;
  e->primary = timeline_is_fdm(e) ? most_datastores(e) : first_joined(e, true);
  e->acting = e->primary != BERTH_NONE;
  if (!e->acting) {
    timeline_tell(e, BERTH_MOMENT_PROTECTION_LOST, BERTH_NONE, BERTH_NONE, BERTH_NONE, 0,
                  timeline_is_fdm(e) ? "no host is left" : "no primary is alive");
    return;
  }
  timeline_tell(e, BERTH_MOMENT_PRIMARY, BERTH_NONE, e->primary, BERTH_NONE, 0, NULL);
  sweep(e);
}

/* ---------------------------------------------------------------------------- hosts */

static void await_isolation(timeline_engine *e, uint32_t host, bool was_primary) {
  uint32_t epoch = e->hosts[host].epoch;
  if (!timeline_is_fdm(e)) {
    timeline_later(e, e->seconds[BERTH_TIMING_AAM_SILENCE], TASK_SILENCE, host, epoch);
    timeline_later(e, e->seconds[BERTH_TIMING_AAM_ISOLATION], TASK_RESPONSE, host, epoch);
    return;
  }
  timeline_later(
      e, e->seconds[was_primary ? BERTH_TIMING_FDM_ISOLATION_PRIMARY : BERTH_TIMING_FDM_ISOLATION],
      TASK_RESPONSE, host, epoch);
}

void timeline_host_lost(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  bool was_primary = host == e->primary;
  assert(is_lost(e, host));
  if (!e->set_up->ha_enabled)
    return;
  if (h->state == BERTH_HOST_ISOLATED)
    await_isolation(e, host, was_primary);
  if (was_primary)
    call_election(e);
  if (was_primary && timeline_is_fdm(e)) {
    h->unseen = true; /* whoever is elected finds it gone */
    return;
  }
  berth_timing_name after = !timeline_is_fdm(e)      ? BERTH_TIMING_AAM_FAILED
                            : has_datastore(e, host) ? BERTH_TIMING_FDM_FAILED
                                                     : BERTH_TIMING_FDM_FAILED_BLIND;
  timeline_later(e, e->seconds[after], TASK_DETECT, host, h->epoch);
}

void timeline_host_joins(timeline_engine *e, uint32_t host) {
  if (!e->set_up->ha_enabled)
    return;
  if (!timeline_is_fdm(e) && !e->hosts[host].primary &&
      count_primaries(e, BERTH_NONE) < AAM_PRIMARIES) {
    e->hosts[host].primary = true;
    timeline_tell(e, BERTH_MOMENT_PROMOTED, BERTH_NONE, host, BERTH_NONE, 0, NULL);
  }
  if (e->acting || e->electing)
    return;
  if (timeline_is_fdm(e))
    call_election(e);
  else if (e->hosts[host].primary)
    timeline_elect(e);
}

void timeline_host_leaves(timeline_engine *e, uint32_t host) {
  if (!e->set_up->ha_enabled)
    return;
  if (timeline_is_fdm(e)) {
    if (host == e->primary)
      call_election(e);
    return;
  }
  if (!e->hosts[host].primary)
    return;
  uint32_t next = first_joined(e, false);
  e->hosts[host].primary = false;
  if (next != BERTH_NONE) {
    e->hosts[next].primary = true;
    timeline_tell(e, BERTH_MOMENT_PROMOTED, BERTH_NONE, next, host, 0, NULL);
  }
  if (host == e->primary)
    timeline_elect(e); /* it hands over before it goes */
}

/* Whether the others know from its datastores that the host lives. */
static bool is_seen_alive(const timeline_engine *e, uint32_t host) {
  return timeline_is_fdm(e) && e->hosts[host].state == BERTH_HOST_ISOLATED &&
         !e->hosts[host].storage_lost && has_datastore(e, host);
}

void timeline_detect(timeline_engine *e, uint32_t host) {
  timeline_host *h = &e->hosts[host];
  assert(is_lost(e, host));
  h->unseen = !e->acting;
  if (h->unseen || h->found)
    return;
  bool alive = is_seen_alive(e, host);
  h->found = true;
  timeline_tell(e, alive ? BERTH_MOMENT_FOUND_ISOLATED : BERTH_MOMENT_FOUND_FAILED, BERTH_NONE,
                host, BERTH_NONE, 0, NULL);
  for (uint32_t i = 0; i < e->end_vm - e->first_vm; i++) {
    const timeline_vm *v = &e->vms[e->order[i]];
    if (v->takes_part && v->host == host && (!v->runs || !alive))
      timeline_request(e, e->order[i]);
  }
}

/* ---------------------------------------------------------------------------- isolation */

void timeline_silence(timeline_engine *e, uint32_t host) {
  assert(e->hosts[host].state == BERTH_HOST_ISOLATED);
  timeline_tell(e, BERTH_MOMENT_SILENCE, BERTH_NONE, host, BERTH_NONE, 0, NULL);
}

/* The copy of the VM on the isolated host ends; the others notice at its locks. */
static void end_copy(timeline_engine *e, uint32_t vm, uint32_t host, const char *why) {
  timeline_vm *v = &e->vms[vm];
  if (v->old_copy == host)
    timeline_end_old_copy(e, vm, why);
  else if (v->runs && v->host == host) {
    timeline_vm_down(e, vm, why);
    if (e->hosts[host].found && e->acting)
      timeline_request(e, vm);
  }
}

void timeline_respond(timeline_engine *e, uint32_t host) {
  static const char *const words[] = {"VMs are left on", "VMs are powered off",
                                      "VMs are shut down"};
  berth_isolation response = e->set_up->isolation_response;
  assert(e->hosts[host].state == BERTH_HOST_ISOLATED && response <= BERTH_ISOLATION_SHUTDOWN);
  timeline_tell(e, BERTH_MOMENT_RESPONSE, BERTH_NONE, host, BERTH_NONE, 0, words[response]);
  int64_t shutdown = e->seconds[BERTH_TIMING_SHUTDOWN];
  int64_t forced = e->seconds[BERTH_TIMING_FORCED_OFF];
  for (uint32_t i = 0; i < e->end_vm - e->first_vm; i++) {
    uint32_t vm = e->order[i];
    const timeline_vm *v = &e->vms[vm];
    bool here = v->takes_part && ((v->runs && v->host == host) || v->old_copy == host);
    if (here && response == BERTH_ISOLATION_POWER_OFF)
      end_copy(e, vm, host, "the isolation response powers it off");
    else if (here && response == BERTH_ISOLATION_SHUTDOWN)
      timeline_later(e, shutdown < forced ? shutdown : forced, TASK_GUEST_OFF, vm,
                     e->hosts[host].epoch);
  }
}

void timeline_guest_off(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->old_copy != BERTH_NONE ? v->old_copy : v->host;
  if (v->old_copy == BERTH_NONE && !v->runs)
    return;
  bool forced = e->seconds[BERTH_TIMING_SHUTDOWN] > e->seconds[BERTH_TIMING_FORCED_OFF];
  assert(host != BERTH_NONE);
  if (forced)
    timeline_tell(e, BERTH_MOMENT_FORCED_OFF, vm, host, BERTH_NONE, 0, NULL);
  end_copy(e, vm, host, "the isolation response shuts it down");
}

void timeline_locks_expire(timeline_engine *e, uint32_t host) {
  assert(e->hosts[host].storage_lost);
  e->hosts[host].locks_gone = true;
  timeline_tell(e, BERTH_MOMENT_LOCKS_EXPIRE, BERTH_NONE, host, BERTH_NONE, 0, NULL);
}

void timeline_protect_storage(timeline_engine *e, uint32_t host) {
  assert(e->hosts[host].storage_lost);
  for (uint32_t vm = e->first_vm; vm < e->end_vm; vm++)
    if (e->vms[vm].takes_part && e->vms[vm].old_copy == host)
      timeline_end_old_copy(e, vm, "component protection ends it");
}
