/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dedicated failover hosts: they should be online, empty, large enough for every VM, and together
 * for all VMs of any other host.
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>

static int64_t demand_of(const berth_inventory *inventory, uint32_t vm, uint32_t resource) {
  return inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
}

static int64_t capacity_of(const berth_inventory *inventory, uint32_t host, uint32_t resource) {
  return inventory->host_capacity[(size_t)host * inventory->resource_count + resource];
}

static const char *unit_of(uint32_t resource) {
  return resource == BERTH_RESOURCE_CPU ? " MHz" : resource == BERTH_RESOURCE_MEMORY ? " MiB" : "";
}

static void lint_state(linting *lint, uint32_t host) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t on = 0;
  if (inventory->host_state[host] != BERTH_HOST_ONLINE)
    lint_find(lint, BERTH_LINT_DEDICATED_NOT_USABLE,
              "dedicated failover host \"%s\" is in state %s", inventory->host_id[host],
              berth_host_state_word((berth_host_state)inventory->host_state[host]));
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++)
    on += inventory->vm_power[inventory->host_vms[i]] == BERTH_POWER_ON;
  if (on > 0)
    lint_find(lint, BERTH_LINT_DEDICATED_IN_USE,
              "dedicated failover host \"%s\" has %" PRIu32 " VM%s on it", inventory->host_id[host],
              on, on == 1 ? "" : "s");
}

/* Demand of the VM that wants most of a resource, and that VM. */
typedef struct largest_vm {
  int64_t demand;
  uint32_t vm;
} largest_vm;

static largest_vm find_largest(const berth_inventory *inventory, const frozen_cluster *cluster,
                               uint32_t resource) {
  largest_vm largest = {.vm = BERTH_NONE};
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++)
    if (lint_is_restarted(inventory, cluster, vm) &&
        demand_of(inventory, vm, resource) > largest.demand)
      largest = (largest_vm){demand_of(inventory, vm, resource), vm};
  return largest;
}

static void lint_largest_vm(linting *lint, const frozen_cluster *cluster, uint32_t resource) {
  const berth_inventory *inventory = lint->inventory;
  largest_vm largest = find_largest(inventory, cluster, resource);
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++)
    if (inventory->host_dedicated[h] && largest.demand > capacity_of(inventory, h, resource))
      lint_find(lint, BERTH_LINT_DEDICATED_TOO_SMALL,
                "dedicated failover host \"%s\" has %" PRId64 "%s of %s; VM \"%s\" needs %" PRId64
                "%s",
                inventory->host_id[h], capacity_of(inventory, h, resource), unit_of(resource),
                inventory->resource_name[resource], inventory->vm_id[largest.vm], largest.demand,
                unit_of(resource));
}

/* What HA would have to restart of one host. */
static int64_t load_of(const berth_inventory *inventory, const frozen_cluster *cluster,
                       uint32_t host, uint32_t resource) {
  int64_t load = 0;
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++)
    if (lint_is_restarted(inventory, cluster, inventory->host_vms[i]))
      load += demand_of(inventory, inventory->host_vms[i], resource);
  return load;
}

/* What the dedicated hosts that are online have together. */
static int64_t spare_of(const berth_inventory *inventory, const frozen_cluster *cluster,
                        uint32_t resource) {
  int64_t have = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    int64_t capacity = capacity_of(inventory, h, resource);
    if (!inventory->host_dedicated[h] || inventory->host_state[h] != BERTH_HOST_ONLINE)
      continue;
    if (capacity == BERTH_UNLIMITED)
      return BERTH_UNLIMITED;
    have += capacity;
  }
  return have;
}

static void lint_largest_load(linting *lint, const frozen_cluster *cluster, uint32_t resource) {
  const berth_inventory *inventory = lint->inventory;
  int64_t have = spare_of(inventory, cluster, resource), most = 0;
  uint32_t host = BERTH_NONE;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    int64_t load = inventory->host_dedicated[h] ? 0 : load_of(inventory, cluster, h, resource);
    host = load > most ? h : host;
    most = load > most ? load : most;
  }
  assert((host == BERTH_NONE) == (most == 0));
  if (most > have)
    lint_find(lint, BERTH_LINT_DEDICATED_TOO_SMALL,
              "the dedicated failover hosts of cluster \"%s\" that are online have %" PRId64
              "%s of %s; the VMs of host \"%s\" need %" PRId64 "%s",
              cluster->id, have, unit_of(resource), inventory->resource_name[resource],
              inventory->host_id[host], most, unit_of(resource));
}

static bool has_dedicated(const frozen_cluster *cluster) {
  return cluster->set_up.ha_enabled && cluster->set_up.admission == BERTH_ADMISSION_DEDICATED;
}

void lint_dedicated_hosts(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    if (inventory->host_dedicated[host] &&
        has_dedicated(&inventory->clusters[inventory->host_cluster[host]]))
      lint_state(lint, host);
  lint_close(lint);
  for (uint32_t c = 0; c < inventory->cluster_count; c++)
    for (uint32_t r = 0; r < inventory->resource_count && has_dedicated(&inventory->clusters[c]);
         r++) {
      lint_largest_vm(lint, &inventory->clusters[c], r);
      lint_largest_load(lint, &inventory->clusters[c], r);
    }
  lint_close(lint);
}
