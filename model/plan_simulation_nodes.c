/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs bound to one NUMA node while a plan is simulated: who is charged at each host that one of
 * them arrives at, and whether its nodes hold them at the moment of an arrival. Nobody who leaves
 * makes that worse.
 */
#include "node_packing.h"
#include "plan_simulation.h"
#include <assert.h>

static bool is_arrival(const berth_simulation *s, const simulation_step *step) {
  uint32_t count = 0;
  if (step->slot != BERTH_NONE && node_packing_binds(s->inventory, step->vm))
    (void)node_packing_nodes(s->inventory, step->to, &count);
  return count > 0;
}

static simulation_resident *resident_of(const berth_simulation *s, uint32_t host, uint32_t vm) {
  const simulation_nodes *nodes = &s->nodes;
  if (nodes->first == NULL)
    return NULL;
  for (uint32_t k = nodes->first[host]; k != BERTH_NONE; k = nodes->residents[k].next)
    if (nodes->residents[k].vm == vm)
      return &nodes->residents[k];
  return NULL;
}

static void enter(berth_simulation *s, uint32_t host, uint32_t vm, uint32_t initial) {
  simulation_nodes *nodes = &s->nodes;
  if (resident_of(s, host, vm) != NULL)
    return;
  nodes->residents[nodes->resident_count] =
      (simulation_resident){.vm = vm, .next = nodes->first[host], .initial = initial};
  nodes->first[host] = nodes->resident_count++;
}

/* Those from the start at hosts with arrivals, then those who come. */
static void enter_all(berth_simulation *s, const bool *watched) {
  const berth_inventory *inventory = s->inventory;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    if (simulation_runs(inventory, vm) && node_packing_binds(inventory, vm) &&
        watched[inventory->vm_host[vm]])
      enter(s, inventory->vm_host[vm], vm, 1);
  for (uint32_t i = 0; i < s->step_count; i++)
    if (is_arrival(s, &s->steps[i]))
      enter(s, s->steps[i].to, s->steps[i].vm, 0);
}

bool simulation_load_nodes(berth_simulation *s) {
  simulation_nodes *nodes = &s->nodes;
  uint32_t hosts = s->inventory->host_count;
  bool any = false;
  for (uint32_t i = 0; i < s->step_count && s->inventory->numa_count > 0; i++)
    any = any || is_arrival(s, &s->steps[i]);
  if (!any)
    return true;
  bool *watched = arena_take(&s->memory, hosts, sizeof *watched);
  nodes->packing = arena_take(&s->memory, 1, sizeof *nodes->packing);
  nodes->residents = arena_take(&s->memory, (size_t)s->inventory->vm_count + s->step_count,
                                sizeof *nodes->residents);
  uint32_t *first = arena_take(&s->memory, hosts, sizeof *first);
  if (watched == NULL || nodes->packing == NULL || nodes->residents == NULL || first == NULL)
    return false;
  for (uint32_t host = 0; host < hosts; host++)
    first[host] = BERTH_NONE;
  nodes->first = first;
  for (uint32_t i = 0; i < s->step_count; i++)
    if (is_arrival(s, &s->steps[i]))
      watched[s->steps[i].to] = true;
  enter_all(s, watched);
  assert(nodes->resident_count > 0);
  return true;
}

void simulation_reset_nodes(berth_simulation *s) {
  for (uint32_t k = 0; k < s->nodes.resident_count; k++)
    s->nodes.residents[k].charged = s->nodes.residents[k].initial;
}

bool simulation_nodes_hold(berth_simulation *s, uint32_t i) {
  const simulation_step *step = &s->steps[i];
  if (s->nodes.first == NULL || !is_arrival(s, step))
    return true;
  simulation_resident *own = resident_of(s, step->to, step->vm);
  assert(own != NULL);
  own->charged++;
  bool whole = node_packing_open(s->nodes.packing, s->inventory, step->to);
  for (uint32_t k = s->nodes.first[step->to]; k != BERTH_NONE; k = s->nodes.residents[k].next)
    if (s->nodes.residents[k].charged > 0)
      whole = whole && node_packing_add(s->nodes.packing, s->inventory, s->nodes.residents[k].vm);
  return !whole || node_packing_decide(s->nodes.packing) != PACKING_FAILS;
}

void simulation_leave_node(berth_simulation *s, uint32_t i) {
  const simulation_step *step = &s->steps[i];
  if (step->slot == BERTH_NONE || step->from == BERTH_NONE)
    return;
  simulation_resident *own = resident_of(s, step->from, step->vm);
  if (own != NULL && own->charged > 0)
    own->charged--;
}
