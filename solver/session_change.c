/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every change comes down to: a VM begins or ends to run on a host. That moves what the host
 * has free, its place in the order, and the tallies of the VM's rules, and nothing else.
 */
#include "session_internal.h"
#include "session_tally.h"
#include <string.h>

/* ------------------------------------------------------------------------ orders */

static host_order *order_at(const berth_session *session, uint32_t host, uint32_t which) {
  return session->present
      .orders[(size_t)host_cluster_of(&session->present, host) * ORDERS_A_CLUSTER + which];
}

static uint64_t *key_of(const berth_session *session, uint32_t host) {
  return &host_block_of(&session->present, host)->key[host % HOSTS_A_BLOCK];
}

void change_order_enter(berth_session *session, uint32_t host) {
  uint32_t which = session_order_of(&session->present, host);
  *key_of(session, host) = session_key(&session->present, host);
  if (which < ORDERS_A_CLUSTER)
    order_insert(session_ground_of(session), order_at(session, host, which), &session->leaves,
                 *key_of(session, host));
}

void change_order_leave(berth_session *session, uint32_t host) {
  uint32_t which = session_order_of(&session->present, host);
  if (which < ORDERS_A_CLUSTER)
    order_remove(session_ground_of(session), order_at(session, host, which), &session->leaves,
                 *key_of(session, host), !session->open);
}

static void refresh_order(berth_session *session, uint32_t host) {
  if (session_key(&session->present, host) == *key_of(session, host))
    return;
  change_order_leave(session, host);
  change_order_enter(session, host);
}

static bool own_orders_of(berth_session *session, uint32_t host) {
  uint32_t which = session_order_of(&session->present, host);
  return which == ORDERS_A_CLUSTER ||
         own_order(&session->present, host_cluster_of(&session->present, host), which) != NULL;
}

/* ------------------------------------------------------------------------ running */

static void give_room(const berth_view *view, uint32_t host, const int64_t *demand) {
  int64_t *free = host_free_of(view, host);
  for (uint32_t r = 0; r < view->ground->resources; r++) {
    if (free[r] != BERTH_UNLIMITED)
      free[r] += demand[r];
  }
}

static void take_room(const berth_view *view, uint32_t host, const int64_t *demand) {
  int64_t *free = host_free_of(view, host);
  for (uint32_t r = 0; r < view->ground->resources; r++) {
    if (free[r] != BERTH_UNLIMITED)
      free[r] -= demand[r];
  }
}

static void begin_running(berth_view *view, uint32_t vm, uint32_t host) {
  const vm_traits *traits = vm_traits_of(view, vm);
  take_room(view, host, vm_demand_of(view, vm));
  for (uint32_t i = 0; i < traits->rule_count; i++)
    tally_enter(view, traits->rules[i], host);
}

static void end_running(berth_view *view, uint32_t vm, uint32_t host) {
  const vm_traits *traits = vm_traits_of(view, vm);
  give_room(view, host, vm_demand_of(view, vm));
  for (uint32_t i = 0; i < traits->rule_count; i++)
    tally_leave(view, traits->rules[i], host);
}

static bool own_tallies(berth_view *view, const vm_traits *traits) {
  for (uint32_t i = 0; i < traits->rule_count; i++) {
    if (!tally_own(view, traits->rules[i]))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------------ VMs */

static void unlist(berth_view *view, uint32_t vm, uint32_t host) {
  vm_list *list = host_block_of(view, host)->vms[host % HOSTS_A_BLOCK];
  uint32_t i = 0;
  while (list->vm[i] != vm)
    i++;
  assert(i < list->count && shared_alone(&list->references));
  list->vm[i] = list->vm[--list->count];
}

static void list(berth_view *view, uint32_t vm, uint32_t host) {
  vm_list *list = host_block_of(view, host)->vms[host % HOSTS_A_BLOCK];
  assert(list->count < list->room && shared_alone(&list->references));
  list->vm[list->count++] = vm;
}

static bool own_host(berth_session *session, uint32_t host) {
  return host == BERTH_NONE ||
         (own_host_block(&session->present, host) != NULL &&
          own_vm_list(&session->present, host) != NULL && own_orders_of(session, host));
}

bool change_prepare(berth_session *session, uint32_t vm, uint8_t power, uint32_t host) {
  berth_view *view = &session->present;
  uint32_t old = vm_host_of(view, vm);
  bool runs = power == BERTH_POWER_ON || vm_power_of(view, vm) == BERTH_POWER_ON;
  return own_vm_block(view, vm) != NULL && own_host(session, old) &&
         (host == old || own_host(session, host)) &&
         (!runs || own_tallies(view, vm_traits_of(view, vm))) &&
         order_reserve(view->ground, &session->leaves, LEAVES_A_CHANGE);
}

bool change_prepare_new(berth_session *session, uint32_t vm, const vm_traits *traits, uint8_t power,
                        uint32_t host) {
  berth_view *view = &session->present;
  return own_vm_block(view, vm) != NULL && own_host(session, host) &&
         (power != BERTH_POWER_ON || own_tallies(view, traits)) &&
         order_reserve(view->ground, &session->leaves, LEAVES_A_CHANGE);
}

void change_apply(berth_session *session, uint32_t vm, uint8_t power, uint32_t host) {
  berth_view *view = &session->present;
  vm_block *block = vm_block_of(view, vm);
  uint32_t slot = vm % VMS_A_BLOCK, old = block->host[slot], ran = session_runs_at(view, vm);
  assert(shared_alone(&block->references) && power != VM_REMOVED);
  if (ran != BERTH_NONE)
    end_running(view, vm, ran);
  if (old != host && old != BERTH_NONE)
    unlist(view, vm, old);
  if (old != host && host != BERTH_NONE)
    list(view, vm, host);
  block->power[slot] = power;
  block->host[slot] = host;
  uint32_t runs = session_runs_at(view, vm);
  if (runs != BERTH_NONE)
    begin_running(view, vm, runs);
  if (ran != BERTH_NONE)
    refresh_order(session, ran);
  if (runs != BERTH_NONE && runs != ran)
    refresh_order(session, runs);
}

void change_fill_demand(const berth_view *view, const vm_record *record, int64_t *demand) {
  const berth_inventory *inventory = view->ground->inventory;
  const berth_vm_spec *spec = &record->spec;
  demand[BERTH_RESOURCE_CPU] = spec->cpu_reservation_mhz;
  demand[BERTH_RESOURCE_MEMORY] =
      (spec->memory_locked ? spec->memory_mib : spec->memory_reservation_mib) + spec->overhead_mib;
  demand[BERTH_RESOURCE_VMS] = 1;
  demand[BERTH_RESOURCE_VCPUS] = spec->cpus;
  size_t row = (size_t)record->like * inventory->resource_count;
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count; r++)
    demand[r] = record->like == BERTH_NONE ? 0 : inventory->vm_demand[row + r];
}

vm_record *change_record(berth_session *session, uint32_t vm, vm_record *record) {
  berth_view *view = &session->present;
  vm_block *block = vm_block_of(view, vm);
  vm_record *old = block->record[vm % VMS_A_BLOCK];
  int64_t *demand = vm_demand_of(view, vm);
  uint32_t runs = session_runs_at(view, vm);
  if (runs != BERTH_NONE)
    give_room(view, runs, demand);
  block->record[vm % VMS_A_BLOCK] = record;
  if (record != NULL)
    change_fill_demand(view, record, demand);
  else
    memcpy(demand, view->ground->inventory->vm_demand + (size_t)vm * view->ground->resources,
           view->ground->resources * sizeof *demand);
  if (runs != BERTH_NONE) {
    take_room(view, runs, demand);
    refresh_order(session, runs);
  }
  return old;
}

vm_traits *change_traits(berth_session *session, uint32_t vm, vm_traits *traits) {
  vm_block *block = vm_block_of(&session->present, vm);
  vm_traits *old = block->traits[vm % VMS_A_BLOCK];
  assert(shared_alone(&block->references));
  block->traits[vm % VMS_A_BLOCK] = traits;
  return old;
}

/* ------------------------------------------------------------------------ hosts */

/* Whether VMs on this host begin or end to run when its state changes. */
static bool running_changes(const berth_view *view, uint32_t host, uint8_t state) {
  uint32_t cluster = host_cluster_of(view, host);
  return session_runs_in(view, cluster, state) !=
         session_runs_in(view, cluster, host_state_of(view, host));
}

bool change_host_prepare(berth_session *session, uint32_t host, uint8_t state) {
  berth_view *view = &session->present;
  uint32_t cluster = host_cluster_of(view, host);
  if (own_host_block(view, host) == NULL || own_order(view, cluster, ORDER_AWAKE) == NULL ||
      own_order(view, cluster, ORDER_ASLEEP) == NULL ||
      !order_reserve(view->ground, &session->leaves, LEAVES_A_CHANGE))
    return false;
  const vm_list *vms = host_block_of(view, host)->vms[host % HOSTS_A_BLOCK];
  if (vms == NULL || !running_changes(view, host, state))
    return true;
  for (uint32_t i = 0; i < vms->count; i++) {
    if (vm_power_of(view, vms->vm[i]) == BERTH_POWER_ON &&
        !own_tallies(view, vm_traits_of(view, vms->vm[i])))
      return false;
  }
  return true;
}

void change_host_apply(berth_session *session, uint32_t host, uint8_t state) {
  berth_view *view = &session->present;
  host_block *block = host_block_of(view, host);
  const vm_list *vms = block->vms[host % HOSTS_A_BLOCK];
  bool changes = vms != NULL && running_changes(view, host, state);
  bool begins = session_runs_in(view, host_cluster_of(view, host), state);
  assert(shared_alone(&block->references));
  change_order_leave(session, host);
  block->state[host % HOSTS_A_BLOCK] = state;
  for (uint32_t i = 0; changes && i < vms->count; i++) {
    if (vm_power_of(view, vms->vm[i]) != BERTH_POWER_ON)
      continue;
    if (begins)
      begin_running(view, vms->vm[i], host);
    else
      end_running(view, vms->vm[i], host);
  }
  change_order_enter(session, host);
}

/* ------------------------------------------------------------------------ rules */

void change_rule_enabled(berth_session *session, uint32_t rule, bool enabled) {
  rule_block *block = rule_block_of(&session->present, rule);
  uint8_t *now = &block->enabled[rule % RULES_A_BLOCK];
  assert(shared_alone(&block->references) && block->rule[rule % RULES_A_BLOCK] != NULL);
  session->disabled_rules += *now != 0;
  session->disabled_rules -= enabled;
  *now = enabled;
}
