/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How loaded the serving hosts are at the end (docs/model.md §7): the levels overload and stranded.
 * The load of a VM is what it uses where that is known, and at least what is reserved for it.
 */
#include "check_internal.h"
#include <assert.h>

enum { LOADED = 2 }; /* resources that count: cpu and memory, the first two of every inventory */

static int64_t larger_of(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static int64_t load_of(const berth_inventory *inventory, uint32_t vm, uint32_t resource) {
  int64_t demand = inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
  if (resource == BERTH_RESOURCE_CPU)
    return larger_of(demand, inventory->vm_cpu_usage[vm]);
  if (inventory->vm_memory_usage[vm] == BERTH_UNSET)
    return demand;
  return larger_of(demand, check_sum(inventory->vm_memory_usage[vm], inventory->vm_overhead[vm]));
}

/* Rounded up; INT64_MAX where it is beyond all numbers. */
static int64_t percent_of(int64_t load, int64_t capacity) {
  int64_t whole;
  assert(load >= 0 && capacity >= 0 && capacity <= BERTH_QUANTITY_MAX);
  if (capacity == 0)
    return 0;
  if (__builtin_mul_overflow(load / capacity, 100, &whole))
    return INT64_MAX;
  return check_sum(whole, (load % capacity * 100 + capacity - 1) / capacity);
}

static void add_host(const check *c, const int64_t load[LOADED], uint32_t host, int64_t *overload,
                     int64_t *stranded) {
  const berth_plan_settings *settings = berth_plan_get_settings(c->plan);
  const int64_t *capacity =
      &c->inventory->host_capacity[(size_t)host * c->inventory->resource_count];
  int64_t cpu = percent_of(load[BERTH_RESOURCE_CPU], capacity[BERTH_RESOURCE_CPU]);
  int64_t memory = percent_of(load[BERTH_RESOURCE_MEMORY], capacity[BERTH_RESOURCE_MEMORY]);
  int64_t apart = cpu > memory ? cpu - memory : memory - cpu;
  *overload = check_sum(*overload, larger_of(0, cpu - settings->target_cpu));
  *overload = check_sum(*overload, larger_of(0, memory - settings->target_memory));
  *stranded = check_sum(*stranded, larger_of(0, apart - settings->stranded_tolerance));
}

void check_loads(check *c, int64_t *overload, int64_t *stranded) {
  int64_t(*load)[LOADED] = check_take(c, c->inventory->host_count, sizeof *load);
  static_assert((int)BERTH_RESOURCE_CPU == 0 && (int)BERTH_RESOURCE_MEMORY == 1, "the first two");
  *overload = *stranded = 0;
  if (load == NULL)
    return;
  for (uint32_t vm = 0; vm < c->inventory->vm_count; vm++)
    for (uint32_t r = 0; r < LOADED && c->vm_end[vm] != BERTH_NONE; r++)
      load[c->vm_end[vm]][r] = check_sum(load[c->vm_end[vm]][r], load_of(c->inventory, vm, r));
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    if (c->serving[host])
      add_host(c, load[host], host, overload, stranded);
  assert(*overload >= 0 && *stranded >= 0);
}
