/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shortages that the plan states (docs/model.md §10): that its VMs can end only on its hosts, and
 * that these have so much less than the VMs take.
 */
#include "check_kinds.h"
#include <assert.h>
#include <string.h>

typedef struct shortage_check {
  check *c;
  const berth_plan_shortage *given;
  check_kinds kinds;
  bool by_kind;    /* there are not too many kinds */
  bool *inside;    /* [host] of the shortage */
  uint8_t *leaves; /* [vm kind] 0 = not asked, 1 = no host outside takes it, 2 = some does */
} shortage_check;

static void refuse(const shortage_check *k, const char *why, const char *name) {
  check_fault(k->c, BERTH_FAULT_SHORTAGE, BERTH_NONE, "a shortage of %s %s%s%s%s",
              berth_inventory_resource_name(k->c->inventory, k->given->resource), why,
              name != NULL ? " \"" : "", name != NULL ? name : "", name != NULL ? "\"" : "");
}

/* Whether some host outside the shortage takes the VM. */
static bool search_elsewhere(shortage_check *k, uint32_t vm) {
  const berth_inventory *inventory = k->c->inventory;
  const frozen_cluster *cluster = &inventory->clusters[inventory->vm_cluster[vm]];
  for (uint32_t host = cluster->first_host; host < cluster->first_host + cluster->host_count;
       host++) {
    if (k->inside[host])
      continue;
    if (k->by_kind
            ? check_kind_admits(k->c, &k->kinds, k->kinds.vm_kind[vm], k->kinds.host_kind[host])
            : check_may_arrive(k->c, vm, host, ARRIVAL_PLANNED))
      return true;
  }
  return false;
}

static bool may_go_elsewhere(shortage_check *k, uint32_t vm) {
  if (!k->by_kind)
    return search_elsewhere(k, vm);
  uint8_t *known = &k->leaves[k->kinds.vm_kind[vm]];
  assert(k->kinds.vm_kind[vm] < k->kinds.vm_kinds);
  if (*known == 0)
    *known = search_elsewhere(k, vm) ? 2 : 1;
  return *known == 2;
}

/* A VM on a host that must be emptied is not counted with that host. */
static const char *why_not_confined(shortage_check *k, uint32_t vm) {
  const check *c = k->c;
  assert(vm < c->inventory->vm_count);
  if (c->vm_part[vm] == VM_ABSENT || c->vm_part[vm] == VM_DISABLED)
    return "counts a VM that asks for nothing:";
  if (c->vm_part[vm] != VM_RUNNING)
    return may_go_elsewhere(k, vm) ? "counts a VM that may go elsewhere:" : NULL;
  uint32_t home = c->inventory->vm_host[vm];
  bool leaving = check_leaving(c, home);
  bool moves = c->inventory->vm_movable[vm] &&
               (c->inventory->host_state[home] == BERTH_HOST_ONLINE || leaving);
  if (leaving ? !moves : !k->inside[home])
    return "counts a VM that may stay elsewhere:";
  return moves && may_go_elsewhere(k, vm) ? "counts a VM that may go elsewhere:" : NULL;
}

static int64_t limit_of(const check *c, uint32_t host, uint32_t resource) {
  size_t cell = (size_t)host * c->inventory->resource_count + resource;
  int64_t capacity = c->inventory->host_capacity[cell];
  return capacity > c->use_start[cell] ? capacity : c->use_start[cell];
}

static void check_amount(shortage_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  uint32_t resource = k->given->resource;
  int64_t demand = 0, limit = 0;
  for (uint32_t i = 0; i < k->given->vm_count; i++)
    demand = check_sum(
        demand,
        inventory->vm_demand[(size_t)k->given->vms[i] * inventory->resource_count + resource]);
  for (uint32_t i = 0; i < k->given->host_count; i++)
    limit = check_sum(limit, limit_of(k->c, k->given->hosts[i], resource));
  assert(demand >= 0 && limit >= 0);
  if (demand - limit != k->given->short_by || k->given->short_by <= 0)
    refuse(k, "is not by as much as it states", NULL);
}

static void check_one(shortage_check *k) {
  assert(k->given->vm_count > 0 && k->given->host_count > 0);
  if (k->by_kind)
    memset(k->leaves, 0, k->kinds.vm_kinds);
  for (uint32_t i = 0; i < k->given->host_count; i++)
    k->inside[k->given->hosts[i]] = true;
  for (uint32_t i = 0; i < k->given->vm_count; i++) {
    const char *why = why_not_confined(k, k->given->vms[i]);
    if (why == NULL)
      continue;
    refuse(k, why, check_vm_name(k->c, k->given->vms[i]));
    break;
  }
  check_amount(k);
  for (uint32_t i = 0; i < k->given->host_count; i++)
    k->inside[k->given->hosts[i]] = false;
}

void check_shortages(check *c) {
  shortage_check k = {.c = c};
  uint32_t count = berth_plan_shortage_count(c->plan);
  if (count == 0)
    return;
  k.inside = check_take(c, c->inventory->host_count, sizeof *k.inside);
  k.by_kind = check_find_kinds(c, &k.kinds, ARRIVAL_PLANNED);
  k.leaves = k.by_kind ? check_take(c, k.kinds.vm_kinds, sizeof *k.leaves) : NULL;
  for (uint32_t i = 0; i < count && !c->exhausted; i++) {
    k.given = berth_plan_shortage_at(c->plan, i);
    check_one(&k);
  }
}
