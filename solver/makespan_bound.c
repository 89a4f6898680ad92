/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the placement: a VM that has to leave waits out its notification and is copied over its
 * host's link; a host to be emptied does so in as many lanes as it has; a restart takes its time; a
 * wake takes its own.
 */
#include "makespan_bound.h"
#include "checked.h"
#include <assert.h>
#include <berth/plan.h>

/* Least seconds of a copy from `host`, whatever the other end. A slower link makes every pass
 * longer; but a copy that no longer converges there is stopped after two, so two passes over the
 * faster link are the least if they are less than what converging over it takes. */
static int64_t least_copy(const problem *p, uint32_t item, uint32_t host, int64_t *wait) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[item];
  int64_t seconds, link = inventory->host_link_mbps[host];
  berth_migration_time(inventory, vm, host, host, wait, &seconds);
  __extension__ __int128 bits = (__int128)inventory->vm_memory[vm] * 8388608;
  __extension__ __int128 two_passes = 2 * bits / ((__int128)1000000 * (link > 0 ? link : 1));
  return two_passes < seconds ? larger_i64(1, (int64_t)two_passes) : seconds;
}

/* Work in seconds of what must leave one host, over its lanes; and the longest single move. */
static int64_t leaving_bound(const problem *p, uint32_t host, const placement *final) {
  int64_t work = 0, longest = 0;
  int64_t lanes = p->inventory->clusters[p->cluster].set_up.migrations_per_host;
  if (!p->host_must_leave[host] || final->population[host] > 0)
    return 0;
  const berth_inventory *inventory = p->inventory;
  uint32_t end = inventory->host_vm_start[p->host[host] + 1];
  for (uint32_t i = inventory->host_vm_start[p->host[host]]; i < end; i++) {
    uint32_t item = problem_item_of_vm(p, inventory->host_vms[i]);
    int64_t wait, seconds;
    if (item == BERTH_NONE || p->origin[item] != host)
      continue;
    seconds = least_copy(p, item, p->host[host], &wait);
    assert(wait >= 0 && seconds >= 1);
    work += wait + seconds;
    longest = larger_i64(longest, wait + seconds);
  }
  return larger_i64(longest, lanes > 0 ? (work + lanes - 1) / lanes : 0);
}

int64_t makespan_bound(const placement *final) {
  const problem *p = final->problem;
  const berth_cluster_spec *set_up = &p->inventory->clusters[p->cluster].set_up;
  int64_t bound = 0, wake = INT64_MAX;
  bool all_left = final->value[BERTH_LEVEL_VIOLATIONS] == 0;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (all_left)
      bound = larger_i64(bound, leaving_bound(p, host, final));
    int64_t seconds = p->inventory->host_wake_seconds[p->host[host]];
    if (p->host_asleep[host] && p->host_open[host] && seconds < wake)
      wake = seconds;
  }
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item) && final->host[item] != BERTH_NONE)
      bound = larger_i64(bound, set_up->restart_seconds);
  }
  if (final->value[BERTH_LEVEL_MIGRATIONS] > 0)
    bound = larger_i64(bound, 1);
  if (final->value[BERTH_LEVEL_HOSTS_WOKEN] > 0 && wake != INT64_MAX)
    bound = larger_i64(bound, wake);
  return bound;
}
