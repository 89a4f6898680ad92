/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a frozen inventory: counts, look-ups, fields, and the reference count. */
#include "frozen.h"
#include "name_table.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

const berth_inventory *berth_inventory_retain(const berth_inventory *inventory) {
  assert(inventory != NULL);
  /* The count is the one field that changes after freezing; it is not part of what is const. */
  unsigned before = atomic_fetch_add((atomic_uint *)&inventory->references, 1);
  assert(before > 0);
  (void)before;
  return inventory;
}

void berth_inventory_release(const berth_inventory *inventory) {
  while (inventory != NULL && atomic_fetch_sub((atomic_uint *)&inventory->references, 1) == 1) {
    const berth_inventory *base = inventory->base;
    berth_inventory *last = (berth_inventory *)inventory;
    berth_allocator allocator = last->allocator;
    arena_free(&last->memory);
    allocator.release(allocator.user, last);
    inventory = base; /* the reference that a derived inventory held */
  }
}

void frozen_share(berth_inventory *view, const berth_inventory *base) {
  const size_t shared = offsetof(berth_inventory, name);
  assert(view != NULL && base != NULL && shared > offsetof(berth_inventory, memory));
  memcpy((char *)view + shared, (const char *)base + shared, sizeof *base - shared);
}

const char *berth_inventory_name(const berth_inventory *inventory) {
  return inventory->name != NULL ? inventory->name : "";
}

uint32_t berth_inventory_cluster_count(const berth_inventory *inventory) {
  return inventory->cluster_count;
}

uint32_t berth_inventory_host_count(const berth_inventory *inventory) {
  return inventory->host_count;
}

uint32_t berth_inventory_vm_count(const berth_inventory *inventory) {
  return inventory->vm_count;
}

uint32_t berth_inventory_rule_count(const berth_inventory *inventory) {
  return inventory->rule_count;
}

uint32_t berth_inventory_resource_count(const berth_inventory *inventory) {
  return inventory->resource_count;
}

const char *berth_inventory_resource_name(const berth_inventory *inventory, uint32_t resource) {
  assert(resource < inventory->resource_count);
  return inventory->resource_name[resource];
}

/* By id, else by name. */
static berth_status find(const name_table *by_id, const char *const *ids, const name_table *by_name,
                         const char *const *names, const char *wanted, uint32_t *index) {
  assert(wanted != NULL && index != NULL);
  bool ambiguous = false;
  *index = name_table_find(by_id, ids, wanted, NULL);
  if (*index == BERTH_NONE)
    *index = name_table_find(by_name, names, wanted, &ambiguous);
  if (ambiguous)
    *index = BERTH_NONE;
  if (ambiguous)
    return BERTH_E_AMBIGUOUS;
  return *index != BERTH_NONE ? BERTH_OK : BERTH_E_NOT_FOUND;
}

berth_status berth_inventory_find_host(const berth_inventory *inventory, const char *id_or_name,
                                       uint32_t *index) {
  return find(&inventory->host_by_id, inventory->host_id, &inventory->host_by_name,
              inventory->host_name, id_or_name, index);
}

berth_status berth_inventory_find_vm(const berth_inventory *inventory, const char *id_or_name,
                                     uint32_t *index) {
  return find(&inventory->vm_by_id, inventory->vm_id, &inventory->vm_by_name, inventory->vm_name,
              id_or_name, index);
}

berth_status berth_inventory_find_rule(const berth_inventory *inventory, const char *id,
                                       uint32_t *index) {
  assert(id != NULL && index != NULL);
  *index = name_table_find(&inventory->rule_by_id, inventory->rule_id, id, NULL);
  return *index != BERTH_NONE ? BERTH_OK : BERTH_E_NOT_FOUND;
}

const char *berth_inventory_cluster_id(const berth_inventory *inventory, uint32_t cluster) {
  assert(cluster < inventory->cluster_count);
  return inventory->clusters[cluster].id;
}

uint32_t berth_inventory_cluster_first_host(const berth_inventory *inventory, uint32_t cluster) {
  assert(cluster <= inventory->cluster_count);
  return cluster < inventory->cluster_count ? inventory->clusters[cluster].first_host
                                            : inventory->host_count;
}

uint32_t berth_inventory_cluster_first_vm(const berth_inventory *inventory, uint32_t cluster) {
  assert(cluster <= inventory->cluster_count);
  return cluster < inventory->cluster_count ? inventory->clusters[cluster].first_vm
                                            : inventory->vm_count;
}

const char *berth_inventory_host_id(const berth_inventory *inventory, uint32_t host) {
  assert(host < inventory->host_count);
  return inventory->host_id[host];
}

const char *berth_inventory_host_label(const berth_inventory *inventory, uint32_t host) {
  assert(host < inventory->host_count);
  const char *name = inventory->host_name[host];
  return name != NULL ? name : inventory->host_id[host];
}

berth_host_state berth_inventory_host_state(const berth_inventory *inventory, uint32_t host) {
  assert(host < inventory->host_count);
  return (berth_host_state)inventory->host_state[host];
}

int64_t berth_inventory_host_capacity(const berth_inventory *inventory, uint32_t host,
                                      uint32_t resource) {
  assert(host < inventory->host_count && resource < inventory->resource_count);
  return inventory->host_capacity[(size_t)host * inventory->resource_count + resource];
}

const char *berth_inventory_vm_id(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  return inventory->vm_id[vm];
}

const char *berth_inventory_vm_label(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  const char *name = inventory->vm_name[vm];
  return name != NULL ? name : inventory->vm_id[vm];
}

berth_power berth_inventory_vm_power(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  return (berth_power)inventory->vm_power[vm];
}

uint32_t berth_inventory_vm_host(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  return inventory->vm_host[vm];
}

berth_priority berth_inventory_vm_priority(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  return (berth_priority)inventory->vm_priority[vm];
}

int64_t berth_inventory_vm_demand(const berth_inventory *inventory, uint32_t vm,
                                  uint32_t resource) {
  assert(vm < inventory->vm_count && resource < inventory->resource_count);
  return inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
}

int64_t berth_inventory_vm_memory(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  return inventory->vm_memory[vm];
}

const char *berth_inventory_rule_id(const berth_inventory *inventory, uint32_t rule) {
  assert(rule < inventory->rule_count);
  return inventory->rules[rule].id;
}

berth_rule_type berth_inventory_rule_type(const berth_inventory *inventory, uint32_t rule) {
  assert(rule < inventory->rule_count);
  return inventory->rules[rule].type;
}

berth_strength berth_inventory_rule_strength(const berth_inventory *inventory, uint32_t rule) {
  assert(rule < inventory->rule_count);
  return inventory->rules[rule].strength;
}

bool berth_inventory_rule_enabled(const berth_inventory *inventory, uint32_t rule) {
  assert(rule < inventory->rule_count);
  return inventory->rules[rule].enabled;
}
