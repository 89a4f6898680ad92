/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes: VMs that spread over nodes though a node elsewhere would hold them, VMs that ask for
 * one node and fit none, and hosts whose VMs that ask for one cannot be split among the nodes.
 * Hosts without declared nodes say nothing of the first, and hold every VM for the second.
 */
#include "lint_internal.h"
#include "node_packing.h"
#include <assert.h>
#include <inttypes.h>

/* Whether some node of the host, empty, has what the VM demands. */
static bool has_node_for(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  uint32_t count, first = node_packing_nodes(inventory, host, &count);
  const int64_t *demand = &inventory->vm_demand[(size_t)vm * inventory->resource_count];
  for (uint32_t n = first; n < first + count; n++)
    if (demand[BERTH_RESOURCE_CPU] <= inventory->numa[n].cpu_mhz &&
        demand[BERTH_RESOURCE_MEMORY] <= inventory->numa[n].memory_mib)
      return true;
  return false;
}

static bool has_nodes(const berth_inventory *inventory, uint32_t host) {
  uint32_t count;
  (void)node_packing_nodes(inventory, host, &count);
  return count > 0;
}

/* A host that serves, that rules allow, and where the VM would be on one node; BERTH_NONE = none.
 * @p unknown: one without declared nodes will do. */
static uint32_t find_host(linting *lint, uint32_t vm, bool unknown) {
  const berth_inventory *inventory = lint->inventory;
  const frozen_cluster *cluster = &inventory->clusters[inventory->vm_cluster[vm]];
  for (uint32_t host = cluster->first_host; host < cluster->first_host + cluster->host_count;
       host++) {
    if (!lint_look(lint))
      return BERTH_NONE;
    bool holds = has_node_for(inventory, vm, host) || (unknown && !has_nodes(inventory, host));
    if (holds && lint_serves(inventory, host) && lint_rules_allow(inventory, vm, host))
      return host;
  }
  return BERTH_NONE;
}

static void lint_spanning(linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t host = inventory->vm_host[vm];
  if (host == BERTH_NONE || !has_nodes(inventory, host) || has_node_for(inventory, vm, host))
    return;
  uint32_t better = find_host(lint, vm, false);
  if (better != BERTH_NONE)
    lint_find(lint, BERTH_LINT_NUMA_SPANS_NODES,
              "VM \"%s\" is larger than any NUMA node of host \"%s\" and spreads over several; a "
              "node of host \"%s\" would hold it",
              inventory->vm_id[vm], inventory->host_id[host], inventory->host_id[better]);
}

static void lint_homeless(linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  const int64_t *demand = &inventory->vm_demand[(size_t)vm * inventory->resource_count];
  if (find_host(lint, vm, true) == BERTH_NONE && lint->work >= 0)
    lint_find(lint, BERTH_LINT_NUMA_FITS_NO_NODE,
              "VM \"%s\" asks for one NUMA node with %" PRId64 " MHz and %" PRId64
              " MiB; no host that serves has one that large",
              inventory->vm_id[vm], demand[BERTH_RESOURCE_CPU], demand[BERTH_RESOURCE_MEMORY]);
}

static void lint_crowded(linting *lint, node_packing *packing, uint32_t host) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t asking = 0;
  if (!has_nodes(inventory, host) || !node_packing_open(packing, inventory, host))
    return;
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++) {
    uint32_t vm = inventory->host_vms[i];
    if (inventory->vm_power[vm] != BERTH_POWER_ON || !node_packing_binds(inventory, vm))
      continue;
    asking++;
    if (!node_packing_add(packing, inventory, vm))
      return;
  }
  if (node_packing_decide(packing) == PACKING_FAILS)
    lint_find(lint, BERTH_LINT_NUMA_NOT_SPLIT,
              "the NUMA nodes of host \"%s\" do not hold the %" PRIu32
              " VMs on it that ask for one node, however they are split",
              inventory->host_id[host], asking);
}

bool lint_numa(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  if (inventory->numa_count == 0)
    return true;
  node_packing *packing = arena_take(&lint->memory, 1, sizeof *packing);
  if (packing == NULL)
    return false;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    if (inventory->vm_power[vm] != BERTH_POWER_ON)
      continue;
    if (node_packing_binds(inventory, vm))
      lint_homeless(lint, vm);
    else
      lint_spanning(lint, vm);
  }
  lint_close(lint);
  for (uint32_t host = 0; host < inventory->host_count; host++)
    lint_crowded(lint, packing, host);
  lint_close(lint);
  assert(lint->ctx != NULL);
  return true;
}
