/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions for Go: one call for each question, numbers checked, results by value.
 */
#include "native_bridge.h"

berth_vm_size bridge_vm_size(void) {
  return (berth_vm_size)BERTH_VM_SIZE_INIT;
}

static bool is_vm(const berth_view *view, uint32_t vm) {
  return vm < berth_view_vm_count(view) && berth_view_vm_exists(view, vm);
}

static bool is_host(const berth_view *view, uint32_t host) {
  return host < berth_view_host_count(view);
}

static bool is_rule(const berth_view *view, uint32_t rule) {
  return rule < berth_view_rule_count(view) && berth_view_rule_exists(view, rule);
}

static int64_t of_a_vm(const berth_view *view, bridge_field field, uint32_t vm, uint32_t resource) {
  if (!is_vm(view, vm))
    return field == BRIDGE_VM_HOST ? BERTH_NONE : 0;
  switch (field) {
  case BRIDGE_VM_EXISTS:
    return 1;
  case BRIDGE_VM_HOST:
    return berth_view_vm_host(view, vm);
  case BRIDGE_VM_POWER:
    return berth_view_vm_power(view, vm);
  default:
    return berth_view_vm_demand(view, vm, resource);
  }
}

static int64_t of_a_host(const berth_view *view, bridge_field field, uint32_t host,
                         uint32_t resource) {
  if (!is_host(view, host))
    return 0;
  if (field == BRIDGE_HOST_STATE)
    return berth_view_host_state(view, host);
  return berth_view_host_free(view, host, resource);
}

int64_t bridge_view_ask(uintptr_t handle, bridge_field field, uint32_t object, uint32_t resource) {
  const berth_view *view = (const berth_view *)handle;
  switch (field) {
  case BRIDGE_VM_COUNT:
    return berth_view_vm_count(view);
  case BRIDGE_HOST_COUNT:
    return berth_view_host_count(view);
  case BRIDGE_RULE_COUNT:
    return berth_view_rule_count(view);
  case BRIDGE_HOST_STATE:
  case BRIDGE_HOST_FREE:
    return of_a_host(view, field, object, resource);
  case BRIDGE_RULE_EXISTS:
    return is_rule(view, object);
  case BRIDGE_RULE_ENABLED:
    return is_rule(view, object) && berth_view_rule_enabled(view, object);
  default:
    return of_a_vm(view, field, object, resource);
  }
}

const char *bridge_view_vm_id(const berth_view *view, uint32_t vm) {
  return is_vm(view, vm) ? berth_view_vm_id(view, vm) : NULL;
}

const char *bridge_view_host_id(const berth_view *view, uint32_t host) {
  return is_host(view, host) ? berth_view_host_id(view, host) : NULL;
}

bool bridge_view_obstacle(const berth_view *view, uint32_t vm, uint32_t host,
                          berth_plan_ledger_entry *entry) {
  return is_vm(view, vm) && is_host(view, host) && berth_view_obstacle(view, vm, host, entry);
}

berth_status bridge_view_ledger(const berth_view *view, uint32_t vm,
                                berth_plan_ledger_entry *entries, uint32_t *count) {
  return is_vm(view, vm) ? berth_view_ledger(view, vm, entries, count) : BERTH_E_ARGUMENT;
}

int64_t bridge_view_best_hosts(uintptr_t handle, uint32_t vm, berth_preference preference,
                               berth_candidate *candidates, uint32_t room) {
  const berth_view *view = (const berth_view *)handle;
  uint32_t count = room;
  const berth_status status = berth_view_best_hosts(view, vm, preference, candidates, &count);
  return status == BERTH_OK ? (int64_t)count : -(int64_t)status;
}

bridge_placed bridge_place_vm(uintptr_t session, uint32_t vm, berth_preference preference) {
  bridge_placed placed = {.chosen.host = BERTH_NONE};
  placed.status = berth_session_place_vm((berth_session *)session, vm, preference, &placed.chosen);
  return placed;
}

berth_status bridge_start_vm(uintptr_t session, uint32_t vm, uint32_t host) {
  return berth_session_start_vm((berth_session *)session, vm, host);
}

berth_status bridge_stop_vm(uintptr_t session, uint32_t vm) {
  return berth_session_stop_vm((berth_session *)session, vm);
}

berth_status bridge_move_vm(uintptr_t session, uint32_t vm, uint32_t host) {
  return berth_session_move_vm((berth_session *)session, vm, host);
}

berth_plan *bridge_answer_plan(const berth_answer *answer) {
  return (berth_plan *)berth_answer_plan(answer);
}

berth_view *bridge_session_view(const berth_session *session) {
  return (berth_view *)berth_session_view(session);
}
