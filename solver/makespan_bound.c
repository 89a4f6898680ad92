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

/* Work in seconds of what must leave one host, over its lanes; and the longest single move. */
static int64_t leaving_bound(const problem *p, uint32_t host, const placement *final) {
  int64_t work = 0, longest = 0;
  int64_t lanes = p->inventory->clusters[p->cluster].set_up.migrations_per_host;
  if (!p->host_must_leave[host] || final->population[host] > 0)
    return 0;
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t wait, seconds;
    if (p->origin[item] != host)
      continue;
    berth_migration_time(p->inventory, p->vm[item], p->host[host], p->host[host], &wait, &seconds);
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
