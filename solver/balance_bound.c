/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By totals. What runs on hosts that count ends on hosts that count. With loads l, capacities c and
 * a target of T percent, a host has at least (100 l - T c) / c points too many, if that is
 * positive, and so at least (100 l - T c) / C with the largest capacity C. Summed up over all
 * hosts, those below the target included, (100 L - T sum(c)) / C is the least there can be.
 */
#include "balance_bound.h"
#include <assert.h>

__extension__ typedef __int128 wide;

static int64_t least_points(const problem *p, int which, int resource, int64_t target) {
  wide load = 0, capacity = 0;
  int64_t largest = 0;
  assert(target >= 0 && p->item_load != NULL);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] != BERTH_NONE && p->host_open[p->origin[item]])
      load += p->item_load[(size_t)item * LOAD_COUNT + (size_t)which];
  }
  for (uint32_t host = 0; host < p->host_count; host++) {
    int64_t own = p->capacity[(size_t)host * p->resource_count + (size_t)resource];
    if (!p->host_open[host])
      continue;
    if (own == 0)
      return 0; /* what stands there is not counted */
    capacity += own;
    largest = own > largest ? own : largest;
  }
  wide missing = 100 * load - target * capacity;
  return missing <= 0 || largest == 0 ? 0 : (int64_t)((missing + largest - 1) / largest);
}

int64_t balance_bound(const problem *p) {
  assert(p->goal == BERTH_GOAL_REBALANCE);
  return least_points(p, LOAD_CPU, BERTH_RESOURCE_CPU, p->settings.target_cpu) +
         least_points(p, LOAD_MEMORY, BERTH_RESOURCE_MEMORY, p->settings.target_memory);
}
