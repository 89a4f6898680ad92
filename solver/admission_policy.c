/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vendor's own arithmetic (vSphere availability guides): a slot is what the largest reservation
 * of each resource needs, hosts hold whole slots, and the hosts with most slots are taken away
 * first. Percentages compare sums. Neither looks at where the free room lies.
 */
#include "admission_policy.h"
#include "checked.h"
#include "value_sort.h"
#include <assert.h>

__extension__ typedef __int128 wide;

/* What a VM counts with that reserves less. */
enum { LEAST_CPU_MHZ = 32, LEAST_CPU_MHZ_AAM = 256 };

typedef struct policy_input {
  const berth_inventory *inventory;
  const frozen_cluster *cluster;
  int64_t least_cpu;
} policy_input;

static bool is_usable(const berth_inventory *inventory, uint32_t host) {
  return inventory->host_state[host] == BERTH_HOST_ONLINE;
}

/* On, and somewhere: a VM that only waits for a host is not there yet. */
static bool counts(const berth_inventory *inventory, uint32_t vm) {
  return inventory->vm_power[vm] == BERTH_POWER_ON && inventory->vm_host[vm] != BERTH_NONE;
}

static int64_t capacity_of(const policy_input *in, uint32_t host, uint32_t resource) {
  return in->inventory->host_capacity[(size_t)host * in->inventory->resource_count + resource];
}

static int64_t memory_of(const policy_input *in, uint32_t vm) {
  return in->inventory
      ->vm_demand[(size_t)vm * in->inventory->resource_count + BERTH_RESOURCE_MEMORY];
}

static int64_t cpu_of(const policy_input *in, uint32_t vm) {
  int64_t cpu =
      in->inventory->vm_demand[(size_t)vm * in->inventory->resource_count + BERTH_RESOURCE_CPU];
  return larger_i64(cpu, in->least_cpu);
}

/* ---------------------------------------------------------------------- slots */

int64_t admission_policy_least_cpu(const frozen_cluster *cluster) {
  if (cluster->set_up.slot_min_cpu_mhz != BERTH_UNSET)
    return cluster->set_up.slot_min_cpu_mhz;
  return cluster->set_up.era == BERTH_ERA_AAM ? LEAST_CPU_MHZ_AAM : LEAST_CPU_MHZ;
}

int64_t admission_policy_slot(const frozen_cluster *cluster, int64_t needed, int64_t set) {
  assert(needed >= 0);
  if (set == BERTH_UNSET)
    return needed;
  if (cluster->set_up.era == BERTH_ERA_AAM)
    return needed < set ? needed : set;
  return set;
}

static void size_slots(const policy_input *in, berth_audit_policy *out) {
  const frozen_cluster *cluster = in->cluster;
  int64_t cpu = in->least_cpu, memory = cluster->set_up.slot_min_memory_mib;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    if (!counts(in->inventory, vm))
      continue;
    cpu = larger_i64(cpu, cpu_of(in, vm));
    memory = larger_i64(memory, memory_of(in, vm));
  }
  out->slot_cpu_mhz = admission_policy_slot(cluster, cpu, cluster->set_up.slot_cpu_mhz);
  out->slot_memory_mib = admission_policy_slot(cluster, memory, cluster->set_up.slot_memory_mib);
}

static int64_t slots_for(int64_t amount, int64_t slot, bool up) {
  if (slot <= 0)
    return up ? 0 : INT64_MAX;
  assert(amount >= 0);
  return amount / slot + (up && amount % slot > 0);
}

static int64_t slots_of_vm(const policy_input *in, const berth_audit_policy *policy, uint32_t vm) {
  const berth_inventory *inventory = in->inventory;
  int64_t cpu = inventory->vm_demand[(size_t)vm * inventory->resource_count + BERTH_RESOURCE_CPU];
  int64_t slots = slots_for(cpu, policy->slot_cpu_mhz, true);
  slots = larger_i64(slots, slots_for(memory_of(in, vm), policy->slot_memory_mib, true));
  return larger_i64(slots, 1);
}

static void use_slots(const policy_input *in, berth_audit_policy *out) {
  const frozen_cluster *cluster = in->cluster;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    if (!counts(in->inventory, vm))
      continue;
    int64_t slots = slots_of_vm(in, out, vm);
    assert(slots > 0);
    out->slots_used += slots;
    out->multi_slot_vms += slots > 1;
  }
}

static void sort_most_first(int64_t *list, uint32_t count) {
  value_sort(list, count);
  for (uint32_t i = 0; i < count / 2; i++) {
    int64_t other = list[i];
    list[i] = list[count - 1 - i];
    list[count - 1 - i] = other;
  }
}

int64_t admission_policy_host_slots(const berth_inventory *inventory,
                                    const berth_audit_policy *figures, uint32_t host) {
  const int64_t *capacity = inventory->host_capacity + (size_t)host * inventory->resource_count;
  int64_t cpu = slots_for(capacity[BERTH_RESOURCE_CPU], figures->slot_cpu_mhz, false);
  int64_t memory = slots_for(capacity[BERTH_RESOURCE_MEMORY], figures->slot_memory_mib, false);
  int64_t slots = cpu < memory ? cpu : memory;
  assert(host < inventory->host_count && slots >= 0);
  return slots < BERTH_QUANTITY_MAX ? slots : BERTH_QUANTITY_MAX;
}

static void count_slots(const policy_input *in, admission_policy *policy, int64_t *slots) {
  berth_audit_policy *out = &policy->figures;
  const frozen_cluster *cluster = in->cluster;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (is_usable(in->inventory, h))
      slots[policy->host_count++] = admission_policy_host_slots(in->inventory, out, h);
  }
  assert(policy->host_count <= cluster->host_count);
  sort_most_first(slots, policy->host_count);
  policy->slots = slots;
  out->usable_hosts = policy->host_count;
  for (uint32_t i = 0; i < policy->host_count; i++)
    out->slots += slots[i];
  if (policy->host_count > 0) {
    out->slots_most = slots[0];
    out->slots_least = slots[policy->host_count - 1];
  }
}

/* Slots left when so many of the largest are gone. */
static int64_t slots_after(const admission_policy *policy, uint32_t hosts) {
  int64_t left = policy->figures.slots;
  for (uint32_t i = 0; i < hosts && i < policy->host_count; i++)
    left -= policy->slots[i];
  assert(left >= 0);
  return left;
}

static void judge_slots(admission_policy *policy) {
  berth_audit_policy *out = &policy->figures;
  int64_t left = slots_after(policy, out->failures);
  out->slots_unreserved = larger_i64(0, left - out->slots_used);
  out->slots_short = larger_i64(0, out->slots_used - left);
  assert(out->failover_level == 0 && (out->slots_short == 0 || out->slots_unreserved == 0));
  left = out->slots;
  while (out->failover_level < policy->host_count &&
         left - policy->slots[out->failover_level] >= out->slots_used)
    left -= policy->slots[out->failover_level++];
}

/* ---------------------------------------------------------------------- percentages */

static bool share_is_free(const berth_audit_share *share, int64_t num, int64_t den) {
  assert(den > 0);
  return (wide)(share->capacity - share->needed) * den >= (wide)num * share->capacity;
}

static void fill_share(berth_audit_share *share, int64_t num, int64_t den) {
  int64_t free = larger_i64(0, share->capacity - share->needed);
  assert(free <= share->capacity);
  if (share->capacity > 0) {
    share->free_basis_points =
        (int64_t)(((wide)free * 20000 + share->capacity) / ((wide)share->capacity * 2));
    share->free_percent = (int64_t)((wide)free * 100 / share->capacity);
  }
  share->enough = share_is_free(share, num, den);
}

static void measure_shares(const policy_input *in, berth_audit_policy *out) {
  const frozen_cluster *cluster = in->cluster;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (!is_usable(in->inventory, h))
      continue;
    out->cpu.capacity += capacity_of(in, h, BERTH_RESOURCE_CPU);
    out->memory.capacity += capacity_of(in, h, BERTH_RESOURCE_MEMORY);
  }
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    if (!counts(in->inventory, vm))
      continue;
    out->cpu.needed += cpu_of(in, vm);
    out->memory.needed += memory_of(in, vm);
  }
}

/* A percentage that is not set is that of the failures among the hosts. */
static void reserve(int64_t percent, const berth_audit_policy *policy, int64_t *num, int64_t *den) {
  bool automatic = percent == BERTH_UNSET;
  *num = automatic ? policy->failures : percent;
  *den = automatic ? larger_i64(1, policy->usable_hosts) : 100;
}

static void judge_percentage(const policy_input *in, berth_audit_policy *out) {
  const berth_cluster_spec *set_up = &in->cluster->set_up;
  measure_shares(in, out);
  reserve(set_up->reserve_cpu_percent, out, &out->reserve_cpu_num, &out->reserve_cpu_den);
  reserve(set_up->reserve_memory_percent, out, &out->reserve_memory_num, &out->reserve_memory_den);
  fill_share(&out->cpu, out->reserve_cpu_num, out->reserve_cpu_den);
  fill_share(&out->memory, out->reserve_memory_num, out->reserve_memory_den);
  out->percentage_satisfied = out->cpu.enough && out->memory.enough && out->usable_hosts >= 2;
}

/* ---------------------------------------------------------------------- the others */

static void count_dedicated(const policy_input *in, berth_audit_policy *out) {
  const frozen_cluster *cluster = in->cluster;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    bool dedicated = in->inventory->host_dedicated[h] != 0;
    out->dedicated_hosts += dedicated;
    out->dedicated_usable += dedicated && is_usable(in->inventory, h);
  }
}

/* What is left of a resource when the hosts with most of it have failed. */
static bool left_after(const policy_input *in, const berth_audit_policy *policy, uint32_t resource,
                       arena *memory, int64_t *left) {
  const frozen_cluster *cluster = in->cluster;
  uint32_t count = 0;
  int64_t *list = arena_take(memory, cluster->host_count, sizeof *list);
  *left = 0;
  if (list == NULL)
    return false;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (is_usable(in->inventory, h))
      list[count++] = capacity_of(in, h, resource);
  }
  sort_most_first(list, count);
  for (uint32_t i = policy->failures; i < count; i++)
    *left += list[i];
  return true;
}

/* What is used now, lowered by what may be lost of it, is more than what is left. */
static bool degrades(const policy_input *in, const int64_t *usage, uint32_t resource,
                     int64_t left) {
  const frozen_cluster *cluster = in->cluster;
  const berth_inventory *inventory = in->inventory;
  int64_t used = 0;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    if (!counts(inventory, vm))
      continue;
    int64_t reserved = inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
    used += usage[vm] != BERTH_UNSET ? usage[vm] : reserved;
  }
  return (wide)used * (100 - cluster->set_up.degradation_percent) > (wide)left * 100;
}

static bool judge_degradation(const policy_input *in, berth_audit_policy *out, arena *memory) {
  int64_t cpu, mib;
  if (in->cluster->set_up.degradation_percent >= 100)
    return true;
  if (!left_after(in, out, BERTH_RESOURCE_CPU, memory, &cpu) ||
      !left_after(in, out, BERTH_RESOURCE_MEMORY, memory, &mib))
    return false;
  out->degradation_cpu = degrades(in, in->inventory->vm_cpu_usage, BERTH_RESOURCE_CPU, cpu);
  out->degradation_memory =
      degrades(in, in->inventory->vm_memory_usage, BERTH_RESOURCE_MEMORY, mib);
  return true;
}

bool admission_policy_compute(const berth_inventory *inventory, uint32_t cluster, arena *memory,
                              admission_policy *out) {
  const frozen_cluster *of = &inventory->clusters[cluster];
  policy_input in = {
      .inventory = inventory, .cluster = of, .least_cpu = admission_policy_least_cpu(of)};
  assert(cluster < inventory->cluster_count);
  int64_t failures = of->set_up.admission_failures;
  *out = (admission_policy){
      .figures = {.configured = of->set_up.admission,
                  .failures = failures < UINT32_MAX ? (uint32_t)failures : UINT32_MAX}};
  int64_t *slots = arena_take(memory, of->host_count, sizeof *slots);
  if (slots == NULL)
    return false;
  size_slots(&in, &out->figures);
  use_slots(&in, &out->figures);
  count_slots(&in, out, slots);
  judge_slots(out);
  judge_percentage(&in, &out->figures);
  count_dedicated(&in, &out->figures);
  return judge_degradation(&in, &out->figures, memory);
}

bool admission_policy_claims(const admission_policy *policy, berth_audit_claim claim,
                             uint32_t hosts) {
  const berth_audit_policy *figures = &policy->figures;
  assert(claim < BERTH_AUDIT_CLAIM_COUNT);
  if (claim == BERTH_AUDIT_CLAIM_SLOTS)
    return hosts <= figures->failover_level && slots_after(policy, hosts) >= figures->slots_used;
  if (claim == BERTH_AUDIT_CLAIM_DEDICATED)
    return hosts <= figures->dedicated_usable;
  int64_t all = larger_i64(1, policy->host_count);
  return policy->host_count >= 2 && hosts <= policy->host_count &&
         share_is_free(&figures->cpu, hosts, all) && share_is_free(&figures->memory, hosts, all);
}
