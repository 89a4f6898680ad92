/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwloc, asked for cores only. What the process was given counts, not what the machine has: a
 * container or taskset may leave it fewer.
 */
#include "machine.h"
#include <assert.h>
#include <hwloc.h>

struct machine {
  hwloc_topology_t topology;
  hwloc_bitmap_t usable;
  uint32_t core_count;
};

static bool load(hwloc_topology_t topology) {
  return hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
         hwloc_topology_set_type_filter(topology, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL) ==
             0 &&
         hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING) == 0 &&
         hwloc_topology_load(topology) == 0;
}

/* Core after core, those with a usable hardware thread only. */
static hwloc_obj_t next_core(const machine *m, hwloc_obj_t core) {
  assert(core == NULL || core->type == HWLOC_OBJ_CORE);
  do
    core = hwloc_get_next_obj_by_type(m->topology, HWLOC_OBJ_CORE, core);
  while (core != NULL && !hwloc_bitmap_intersects(core->cpuset, m->usable));
  return core;
}

machine *machine_open(arena *memory) {
  machine *m = arena_take(memory, 1, sizeof *m);
  if (m == NULL)
    return NULL;
  m->usable = hwloc_bitmap_alloc();
  if (m->usable == NULL || hwloc_topology_init(&m->topology) != 0)
    goto without_topology;
  if (!load(m->topology))
    goto without_answer;
  if (hwloc_get_cpubind(m->topology, m->usable, HWLOC_CPUBIND_THREAD) != 0 &&
      hwloc_bitmap_copy(m->usable, hwloc_topology_get_allowed_cpuset(m->topology)) != 0)
    goto without_answer;
  for (hwloc_obj_t core = NULL; (core = next_core(m, core)) != NULL;)
    m->core_count++;
  if (m->core_count > 0)
    return m;
without_answer:
  hwloc_topology_destroy(m->topology);
without_topology:
  hwloc_bitmap_free(m->usable);
  return NULL;
}

void machine_close(machine *m) {
  if (m == NULL)
    return;
  hwloc_topology_destroy(m->topology);
  hwloc_bitmap_free(m->usable);
}

uint32_t machine_core_count(const machine *m) {
  assert(m == NULL || m->core_count > 0);
  return m != NULL ? m->core_count : 1;
}

bool machine_bind(const machine *m, uint32_t index) {
  assert(index < machine_core_count(m));
  hwloc_bitmap_t own = m != NULL ? hwloc_bitmap_alloc() : NULL;
  hwloc_obj_t core = own != NULL ? next_core(m, NULL) : NULL;
  for (uint32_t i = 0; i < index && core != NULL; i++)
    core = next_core(m, core);
  bool bound = core != NULL && hwloc_bitmap_and(own, core->cpuset, m->usable) == 0 &&
               hwloc_set_cpubind(m->topology, own, HWLOC_CPUBIND_THREAD) == 0;
  hwloc_bitmap_free(own);
  return bound;
}
