/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity at every moment of every execution (docs/model.md §3), host by host. A VM is charged
 * from the start of the step that brings it to the end of the migration that takes it away:
 * arrivals gain when they start, departures take away only what must have ended. The worst sum is a
 * network problem.
 *
 * A VM that arrives and leaves again needs no care of its own: its arrival precedes its departure,
 * and to choose an arrival that precedes a chosen step costs nothing more than is forced already.
 */
#include "check_internal.h"
#include <assert.h>

/* Members for one host and resource; returns how many, and the sum of all gains. */
static uint32_t gather(check *c, uint32_t host, uint32_t resource, int64_t *gains) {
  uint32_t resources = c->inventory->resource_count, count = 0;
  *gains = 0;
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++) {
    const check_step *step = &c->steps[c->touches[t]];
    int64_t demand = c->inventory->vm_demand[(size_t)step->vm * resources + resource];
    if (demand == 0)
      continue;
    bool arrives = step->to == host;
    assert(arrives != (step->from == host));
    c->members[count++] = (check_member){
        .step = c->touches[t], .gain = arrives ? demand : 0, .cost = arrives ? 0 : demand};
    if (arrives)
      *gains = check_sum(*gains, demand);
  }
  assert(count <= c->step_count);
  return count;
}

/* The chosen arrival that comes last: the one to name. */
static uint32_t last_chosen(const check *c, uint32_t count) {
  uint32_t last = BERTH_NONE;
  for (uint32_t m = 0; m < count; m++) {
    uint32_t step = c->members[m].step;
    if (c->members[m].chosen &&
        (last == BERTH_NONE || c->graph.position[step] > c->graph.position[last]))
      last = step;
  }
  return last;
}

static void check_cell(check *c, uint32_t host, uint32_t resource) {
  size_t cell = (size_t)host * c->inventory->resource_count + resource;
  int64_t capacity = c->inventory->host_capacity[cell], use = c->use_start[cell], gains;
  int64_t limit = capacity > use ? capacity : use;
  if (capacity == BERTH_UNLIMITED)
    return;
  assert(limit >= use && use >= 0);
  uint32_t count = gather(c, host, resource, &gains);
  if (gains <= limit - use)
    return;
  int64_t heaviest = check_heaviest(c, c->members, count, false, limit - use);
  if (c->exhausted || heaviest <= limit - use)
    return;
  uint32_t last = last_chosen(c, count);
  assert(last != BERTH_NONE);
  check_fault(
      c, BERTH_FAULT_CAPACITY, last,
      "host \"%s\" can come to %lld of %s, over the limit of %lld, when step %u has started "
      "and steps that it does not wait for have not ended",
      check_host_name(c, host), (long long)check_sum(use, heaviest),
      berth_inventory_resource_name(c->inventory, resource), (long long)limit, last + 1);
}

static bool has_arrival(const check *c, uint32_t host) {
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++)
    if (c->steps[c->touches[t]].to == host)
      return true;
  return false;
}

void check_moments(check *c) {
  for (uint32_t host = 0; host < c->inventory->host_count && !c->exhausted && !check_sated(c);
       host++) {
    if (!has_arrival(c, host))
      continue;
    for (uint32_t r = 0; r < c->inventory->resource_count && !c->exhausted; r++)
      check_cell(c, host, r);
  }
}
