/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initial state (docs/model.md §1 and §3): what each VM is, where the running ones stand, and
 * what they take. One pass over the VMs.
 */
#include "check_internal.h"
#include <assert.h>
#include <string.h>

/* What a powered-on VM of this host is. A host in standby has none: freezing refuses that. */
static vm_part part_of_vms_at(const berth_inventory *inventory, uint32_t host) {
  const frozen_cluster *cluster = &inventory->clusters[inventory->host_cluster[host]];
  switch ((berth_host_state)inventory->host_state[host]) {
  case BERTH_HOST_ONLINE:
  case BERTH_HOST_MAINTENANCE:
  case BERTH_HOST_ENTERING_MAINTENANCE:
  case BERTH_HOST_DISCONNECTED:
    return VM_RUNNING;
  case BERTH_HOST_ISOLATED:
    return cluster->set_up.isolation_response == BERTH_ISOLATION_NONE ? VM_RUNNING : VM_DISPLACED;
  case BERTH_HOST_FAILED:
    return VM_DISPLACED;
  case BERTH_HOST_STANDBY:
    break;
  }
  return VM_ABSENT;
}

static vm_part part_of_vm(const berth_inventory *inventory, const uint8_t *host_part, uint32_t vm) {
  uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON)
    return VM_ABSENT;
  if (host == BERTH_NONE)
    return VM_WAITING;
  assert(host < inventory->host_count);
  if (host_part[host] == VM_DISPLACED && inventory->vm_priority[vm] == BERTH_PRIORITY_DISABLED)
    return VM_DISABLED;
  return (vm_part)host_part[host];
}

static void charge(check *c, uint32_t vm, uint32_t host) {
  uint32_t resources = c->inventory->resource_count;
  const int64_t *demand = &c->inventory->vm_demand[(size_t)vm * resources];
  int64_t *use = &c->use_start[(size_t)host * resources];
  for (uint32_t r = 0; r < resources; r++) {
    assert(demand[r] >= 0);
    use[r] += demand[r];
  }
  c->running_start[host]++;
}

static void place_vms(check *c, const uint8_t *host_part) {
  for (uint32_t vm = 0; vm < c->inventory->vm_count; vm++) {
    vm_part part = part_of_vm(c->inventory, host_part, vm);
    c->vm_part[vm] = (uint8_t)part;
    c->vm_first[vm] = BERTH_NONE;
    c->vm_end[vm] = BERTH_NONE;
    if (part == VM_RUNNING) {
      c->vm_end[vm] = c->inventory->vm_host[vm];
      charge(c, vm, c->vm_end[vm]);
    }
  }
}

static uint32_t largest_domain_count(const berth_inventory *inventory) {
  uint32_t largest = inventory->host_count;
  for (unsigned over = BERTH_DOMAIN_CHASSIS; over < BERTH_DOMAIN_COUNT; over++)
    if (inventory->domain_count[over] > largest)
      largest = inventory->domain_count[over];
  return largest;
}

static void take_tables(check *c) {
  const berth_inventory *inventory = c->inventory;
  size_t cells = (size_t)inventory->host_count * inventory->resource_count;
  c->domain_room = largest_domain_count(inventory);
  c->vm_part = check_take(c, inventory->vm_count, sizeof *c->vm_part);
  c->vm_first = check_take(c, inventory->vm_count, sizeof *c->vm_first);
  c->vm_end = check_take(c, inventory->vm_count, sizeof *c->vm_end);
  c->use_start = check_take(c, cells, sizeof *c->use_start);
  c->use_end = check_take(c, cells, sizeof *c->use_end);
  c->running_start = check_take(c, inventory->host_count, sizeof *c->running_start);
  c->running_end = check_take(c, inventory->host_count, sizeof *c->running_end);
  c->tally_epoch = check_take(c, c->domain_room, sizeof *c->tally_epoch);
  c->tally = check_take(c, c->domain_room, sizeof *c->tally);
}

void check_state(check *c) {
  const berth_inventory *inventory = c->inventory;
  size_t cells = (size_t)inventory->host_count * inventory->resource_count;
  uint8_t *host_part = check_take(c, inventory->host_count, sizeof *host_part);
  take_tables(c);
  if (c->exhausted)
    return;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    host_part[host] = (uint8_t)part_of_vms_at(inventory, host);
  place_vms(c, host_part);
  memcpy(c->use_end, c->use_start, cells * sizeof *c->use_end);
  memcpy(c->running_end, c->running_start, inventory->host_count * sizeof *c->running_end);
}
