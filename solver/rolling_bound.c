/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every VM on a host that is patched moves at least once. If all hosts of a cluster that VMs may
 * ever stand on are patched, those on the first one that is emptied go to hosts that have to be
 * emptied later, so each of them moves twice: at least as many as stand on the least populated.
 * Rounds: never more at once than asked, nor than leaves room for all VMs on the largest others.
 */
#include "rolling_bound.h"
#include <assert.h>

static bool is_running(const berth_inventory *inventory, uint32_t vm) {
  return inventory->vm_power[vm] == BERTH_POWER_ON && inventory->vm_host[vm] != BERTH_NONE;
}

/* Whether the cluster has, or may get, a host for VMs that is not patched. */
static bool has_harbour(const berth_inventory *inventory, const frozen_cluster *cluster,
                        const uint8_t *patched) {
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    berth_host_state state = (berth_host_state)inventory->host_state[h];
    if ((state == BERTH_HOST_ONLINE && !patched[h]) ||
        (state == BERTH_HOST_STANDBY && inventory->host_wake[h] != BERTH_WAKE_NONE))
      return true;
  }
  return false;
}

static uint64_t bound_moves(const berth_inventory *inventory, const frozen_cluster *cluster,
                            const uint8_t *patched) {
  uint64_t moves = 0, least = UINT64_MAX;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    uint64_t there = 0;
    for (uint32_t i = inventory->host_vm_start[h]; i < inventory->host_vm_start[h + 1]; i++)
      there += is_running(inventory, inventory->host_vms[i]);
    if (!patched[h])
      continue;
    moves += there;
    least = there < least ? there : least;
  }
  if (least == UINT64_MAX || has_harbour(inventory, cluster, patched))
    return moves;
  return moves + least;
}

/* ---------------------------------------------------------------------- rounds */

static int64_t demand_of_vm(const berth_inventory *inventory, uint32_t vm, uint32_t resource) {
  return inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
}

/* Capacities of hosts that may serve, largest first. */
static uint32_t sort_capacities(const berth_inventory *inventory, const frozen_cluster *cluster,
                                uint32_t resource, int64_t *sorted) {
  uint32_t count = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    berth_host_state state = (berth_host_state)inventory->host_state[h];
    if (state != BERTH_HOST_ONLINE &&
        !(state == BERTH_HOST_STANDBY && inventory->host_wake[h] != BERTH_WAKE_NONE))
      continue;
    int64_t own = inventory->host_capacity[(size_t)h * inventory->resource_count + resource],
            use = 0;
    for (uint32_t v = inventory->host_vm_start[h]; v < inventory->host_vm_start[h + 1]; v++)
      use += is_running(inventory, inventory->host_vms[v])
                 ? demand_of_vm(inventory, inventory->host_vms[v], resource)
                 : 0;
    own = own > use ? own : use; /* what is over capacity at the start may stay */
    uint32_t i = count++;
    for (; i > 0 && sorted[i - 1] < own; i--)
      sorted[i] = sorted[i - 1];
    sorted[i] = own;
  }
  return count;
}

/* What all running VMs take; those that no failure restarts only if none is to be survived. */
static int64_t demand_of(const berth_inventory *inventory, const frozen_cluster *cluster,
                         uint32_t resource, bool with_disabled) {
  int64_t demand = 0;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    uint32_t host = inventory->vm_host[vm];
    if (!is_running(inventory, vm) || inventory->host_state[host] != BERTH_HOST_ONLINE ||
        (!with_disabled && inventory->vm_priority[vm] == BERTH_PRIORITY_DISABLED))
      continue;
    int64_t own = demand_of_vm(inventory, vm, resource), sum;
    demand = __builtin_add_overflow(demand, own, &sum) ? INT64_MAX : sum;
  }
  return demand;
}

/* The most hosts that can be down with everything running on the others, `spare` of the largest of
 * which may fail. */
static uint32_t most_down(const berth_inventory *inventory, const frozen_cluster *cluster,
                          uint32_t spare, int64_t *sorted) {
  uint32_t most = cluster->host_count;
  for (uint32_t r = 0; r < inventory->resource_count; r++) {
    uint32_t count = sort_capacities(inventory, cluster, r, sorted);
    int64_t demand = demand_of(inventory, cluster, r, spare == 0);
    uint32_t needed = demand > 0 ? spare : 0; /* where nothing runs, all may fail */
    for (; needed < count && demand > 0; needed++)
      demand = sorted[needed] >= demand ? 0 : demand - sorted[needed];
    uint32_t down = demand > 0 || needed > count ? 0 : count - needed;
    most = down < most ? down : most;
  }
  return most;
}

static uint32_t bound_rounds(const berth_inventory *inventory, const frozen_cluster *cluster,
                             const uint8_t *patched, uint32_t at_once, uint32_t spare,
                             int64_t *sorted) {
  uint32_t hosts = 0, down = most_down(inventory, cluster, spare, sorted);
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++)
    hosts += patched[h];
  down = down < at_once ? down : at_once;
  down = down > 0 ? down : 1; /* an over-full cluster: no bound from room */
  return (hosts + down - 1) / down;
}

/* ---------------------------------------------------------------------- time */

/* The longest first move: from where the VM is, over the best link that it could have. */
static int64_t longest_move(const berth_inventory *inventory, const uint8_t *patched) {
  int64_t longest = 0;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    uint32_t from = inventory->vm_host[vm];
    if (!is_running(inventory, vm) || !patched[from])
      continue;
    int64_t shortest = INT64_MAX;
    const frozen_cluster *of = &inventory->clusters[inventory->vm_cluster[vm]];
    for (uint32_t h = of->first_host; h < of->first_host + of->host_count; h++) {
      int64_t wait, seconds;
      if (h == from)
        continue;
      berth_migration_time(inventory, vm, from, h, &wait, &seconds);
      shortest = wait + seconds < shortest ? wait + seconds : shortest;
    }
    if (shortest < INT64_MAX && shortest > longest)
      longest = shortest;
  }
  return longest;
}

void rolling_bound(const berth_inventory *inventory, const berth_rolling_request *request,
                   uint32_t keep_failures, const uint8_t *patched, int64_t *scratch,
                   berth_rolling_sums *sums) {
  assert(request->at_once > 0 && request->patch_seconds >= 0);
  sums->moves_bound = 0;
  sums->rounds_bound = 0;
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    const frozen_cluster *cluster = &inventory->clusters[c];
    sums->moves_bound += bound_moves(inventory, cluster, patched);
    uint32_t rounds =
        bound_rounds(inventory, cluster, patched, request->at_once, keep_failures, scratch);
    sums->rounds_bound = rounds > sums->rounds_bound ? rounds : sums->rounds_bound;
  }
  sums->seconds_bound =
      (int64_t)sums->rounds_bound * request->patch_seconds + longest_move(inventory, patched);
}
