/* SPDX-License-Identifier: Apache-2.0 */
/* What a view says of hosts, VMs and rules, and what follows from it at once. */
#include "session_blocks.h"
#include "session_state.h"
#include "sorted_list.h"

/* ------------------------------------------------------------------------ what follows */

uint32_t session_domain(const berth_view *view, uint32_t host, berth_domain kind) {
  const berth_inventory *inventory = view->ground->inventory;
  if (kind == BERTH_DOMAIN_HOST)
    return host;
  uint32_t root = host_root_of(view, host);
  if (root == host || inventory->host_label[kind][root] != NULL)
    return inventory->host_domain[kind][root];
  /* Like a host that is a domain of its own: another one of its own. */
  return inventory->domain_count[kind] + (host - inventory->host_count);
}

bool session_runs_in(const berth_view *view, uint32_t cluster, uint8_t state) {
  switch ((berth_host_state)state) {
  case BERTH_HOST_ONLINE:
  case BERTH_HOST_MAINTENANCE:
  case BERTH_HOST_ENTERING_MAINTENANCE:
  case BERTH_HOST_DISCONNECTED:
    return true;
  case BERTH_HOST_ISOLATED:
    return view->ground->inventory->clusters[cluster].set_up.isolation_response ==
           BERTH_ISOLATION_NONE;
  case BERTH_HOST_STANDBY:
  case BERTH_HOST_FAILED:
    return false;
  }
  return false;
}

uint32_t session_runs_at(const berth_view *view, uint32_t vm) {
  const vm_block *block = vm_block_of(view, vm);
  uint32_t slot = vm % VMS_A_BLOCK, host = block->host[slot];
  if (block->power[slot] != BERTH_POWER_ON || host == BERTH_NONE)
    return BERTH_NONE;
  return session_runs_in(view, host_cluster_of(view, host), host_state_of(view, host)) ? host
                                                                                       : BERTH_NONE;
}

bool session_is_displaced(const berth_view *view, uint32_t vm) {
  return vm_power_of(view, vm) == BERTH_POWER_ON && vm_host_of(view, vm) != BERTH_NONE &&
         session_runs_at(view, vm) == BERTH_NONE;
}

bool session_rule_lists(const berth_view *view, const rule_text *rule, uint32_t host) {
  return sorted_list_has(rule->hosts, rule->host_count,
                         host_known_as(view, host, rule->host_known));
}

uint32_t session_order_of(const berth_view *view, uint32_t host) {
  uint8_t state = host_state_of(view, host);
  if (state == BERTH_HOST_ONLINE)
    return ORDER_AWAKE;
  bool wakes = view->ground->inventory->host_wake[host_root_of(view, host)] != BERTH_WAKE_NONE;
  return state == BERTH_HOST_STANDBY && wakes ? ORDER_ASLEEP : ORDERS_A_CLUSTER;
}

uint64_t session_key(const berth_view *view, uint32_t host) {
  const int64_t *capacity = host_capacity_of(view, host), *free = host_free_of(view, host);
  int64_t share[2];
  for (uint32_t r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
    share[r] = free[r] <= 0 ? 0 : free[r] * ROOM_UNIT / capacity[r];
    assert(share[r] >= 0 && share[r] <= ROOM_UNIT);
  }
  int64_t room = share[BERTH_RESOURCE_CPU] < share[BERTH_RESOURCE_MEMORY]
                     ? share[BERTH_RESOURCE_CPU]
                     : share[BERTH_RESOURCE_MEMORY];
  return order_key((uint32_t)room, host) | (uint64_t)share[BERTH_RESOURCE_CPU] << KEY_SHARE_BITS |
         (uint64_t)share[BERTH_RESOURCE_MEMORY];
}

/* ------------------------------------------------------------------------ accessors */

uint32_t berth_view_vm_count(const berth_view *view) {
  return view->vm_count;
}

uint32_t berth_view_host_count(const berth_view *view) {
  return view->host_count;
}

uint32_t berth_view_rule_count(const berth_view *view) {
  return view->rule_count;
}

bool berth_view_vm_exists(const berth_view *view, uint32_t vm) {
  return vm_exists(view, vm);
}

const char *berth_view_vm_id(const berth_view *view, uint32_t vm) {
  const vm_record *record = vm_record_of(view, vm);
  return record != NULL ? record->spec.id : view->ground->inventory->vm_id[vm];
}

const char *berth_view_host_id(const berth_view *view, uint32_t host) {
  const shared_text *id = host_block_of(view, host)->id[host % HOSTS_A_BLOCK];
  return id != NULL ? id->text : view->ground->inventory->host_id[host];
}

uint32_t berth_view_vm_host(const berth_view *view, uint32_t vm) {
  return vm_host_of(view, vm);
}

berth_power berth_view_vm_power(const berth_view *view, uint32_t vm) {
  assert(vm_exists(view, vm));
  return (berth_power)vm_power_of(view, vm);
}

int64_t berth_view_vm_demand(const berth_view *view, uint32_t vm, uint32_t resource) {
  assert(resource < view->ground->resources);
  return vm_demand_of(view, vm)[resource];
}

berth_host_state berth_view_host_state(const berth_view *view, uint32_t host) {
  return (berth_host_state)host_state_of(view, host);
}

int64_t berth_view_host_free(const berth_view *view, uint32_t host, uint32_t resource) {
  assert(resource < view->ground->resources);
  return host_free_of(view, host)[resource];
}

bool berth_view_rule_exists(const berth_view *view, uint32_t rule) {
  return rule < view->rule_count && rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK] != NULL;
}

bool berth_view_rule_enabled(const berth_view *view, uint32_t rule) {
  return berth_view_rule_exists(view, rule) &&
         rule_block_of(view, rule)->enabled[rule % RULES_A_BLOCK] != 0;
}
