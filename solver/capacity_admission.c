/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A power-on is let in while the policy holds after it. Slots: the first mix may make the slot
 * larger; from then on each takes the same number. Percentages: what may still be reserved, by what
 * a mix reserves.
 */
#include "capacity_admission.h"
#include "admission_policy.h"
#include "checked.h"
#include "largest_first.h"
#include <assert.h>

__extension__ typedef __int128 wide;

static const frozen_cluster *cluster_of(const capacity_ground *g) {
  return &g->inventory->clusters[g->cluster];
}

static int64_t least_cpu(const capacity_ground *g) {
  return admission_policy_least_cpu(cluster_of(g));
}

static int64_t cpu_of(const capacity_ground *g, uint32_t flavour) {
  assert(flavour < g->flavour_count);
  return larger_i64(g->flavours[flavour].demand[BERTH_RESOURCE_CPU], least_cpu(g));
}

/* ---------------------------------------------------------------------- slots */

static int64_t up(int64_t amount, int64_t slot) {
  return slot > 0 ? amount / slot + (amount % slot > 0) : 0;
}

static bool counts(const berth_inventory *inventory, uint32_t vm) {
  return inventory->vm_power[vm] == BERTH_POWER_ON && inventory->vm_host[vm] != BERTH_NONE;
}

static int64_t slots_of(int64_t cpu, int64_t memory, const int64_t slot[2]) {
  return larger_i64(1, larger_i64(up(cpu, slot[0]), up(memory, slot[1])));
}

static void size_slots(const capacity_ground *g, int64_t slot[2]) {
  const berth_inventory *inventory = g->inventory;
  const frozen_cluster *cluster = cluster_of(g);
  int64_t cpu = least_cpu(g), memory = cluster->set_up.slot_min_memory_mib;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    const int64_t *demand = inventory->vm_demand + (size_t)vm * inventory->resource_count;
    if (!counts(inventory, vm))
      continue;
    cpu = larger_i64(cpu, demand[BERTH_RESOURCE_CPU]);
    memory = larger_i64(memory, demand[BERTH_RESOURCE_MEMORY]);
  }
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    cpu = larger_i64(cpu, cpu_of(g, f));
    memory = larger_i64(memory, g->flavours[f].demand[BERTH_RESOURCE_MEMORY]);
  }
  slot[0] = admission_policy_slot(cluster, cpu, cluster->set_up.slot_cpu_mhz);
  slot[1] = admission_policy_slot(cluster, memory, cluster->set_up.slot_memory_mib);
}

/* Slots that are left when the largest hosts have gone. */
static bool slots_left(const capacity_ground *g, const int64_t slot[2], uint32_t failures,
                       arena *memory, int64_t *left) {
  const berth_inventory *inventory = g->inventory;
  const frozen_cluster *cluster = cluster_of(g);
  uint32_t count = 0;
  int64_t *slots = arena_take(memory, cluster->host_count, sizeof *slots);
  if (slots == NULL)
    return false;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    const int64_t *capacity = inventory->host_capacity + (size_t)h * inventory->resource_count;
    int64_t here = BERTH_QUANTITY_MAX;
    for (int r = 0; r < 2; r++)
      if (slot[r] > 0 && capacity[r] / slot[r] < here)
        here = capacity[r] / slot[r];
    if (inventory->host_state[h] == BERTH_HOST_ONLINE)
      slots[count++] = here;
  }
  largest_first(slots, count, failures);
  *left = 0;
  for (uint32_t i = failures; i < count; i++)
    *left += slots[i];
  return true;
}

static bool count_slots(const capacity_ground *g, const berth_audit_policy *now, arena *memory,
                        int64_t *mixes) {
  const berth_inventory *inventory = g->inventory;
  const frozen_cluster *cluster = cluster_of(g);
  int64_t slot[2], left, taken = 0;
  size_slots(g, slot);
  if (!slots_left(g, slot, now->failures, memory, &left))
    return false;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    const int64_t *demand = inventory->vm_demand + (size_t)vm * inventory->resource_count;
    if (counts(inventory, vm))
      left -= slots_of(demand[BERTH_RESOURCE_CPU], demand[BERTH_RESOURCE_MEMORY], slot);
  }
  for (uint32_t f = 0; f < g->flavour_count; f++)
    taken +=
        g->flavours[f].asked->count * slots_of(g->flavours[f].demand[BERTH_RESOURCE_CPU],
                                               g->flavours[f].demand[BERTH_RESOURCE_MEMORY], slot);
  assert(taken > 0);
  *mixes = left > 0 ? left / taken : 0;
  if (*mixes == 0 && now->slots_short > 0)
    *mixes = -1;
  return true;
}

/* ---------------------------------------------------------------------- percentages */

static int64_t by_share(const berth_audit_share *share, int64_t num, int64_t den, int64_t need) {
  assert(den > 0 && need >= 0);
  wide spare = (wide)(share->capacity - share->needed) * den - (wide)num * share->capacity;
  if (spare < 0)
    return -1;
  if (need == 0)
    return BERTH_UNLIMITED;
  return (int64_t)(spare / ((wide)need * den));
}

static int64_t count_percentage(const capacity_ground *g, const berth_audit_policy *p) {
  int64_t cpu = 0, memory = 0;
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    cpu += g->flavours[f].asked->count * cpu_of(g, f);
    memory += g->flavours[f].asked->count * g->flavours[f].demand[BERTH_RESOURCE_MEMORY];
  }
  if (p->usable_hosts < 2)
    return -1;
  int64_t by_cpu = by_share(&p->cpu, p->reserve_cpu_num, p->reserve_cpu_den, cpu);
  int64_t by_memory = by_share(&p->memory, p->reserve_memory_num, p->reserve_memory_den, memory);
  return by_cpu < by_memory ? by_cpu : by_memory;
}

bool capacity_admission(const capacity_ground *g, arena *memory, berth_capacity_cluster *out) {
  admission_policy policy;
  if (!admission_policy_compute(g->inventory, g->cluster, memory, &policy) ||
      !count_slots(g, &policy.figures, memory, &out->by_slots))
    return false;
  out->by_percentage = count_percentage(g, &policy.figures);
  out->configured = policy.figures.configured;
  out->admission_failures = policy.figures.failures;
  return true;
}
