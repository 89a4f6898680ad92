/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of indices by object, as offsets and indices: datastores and networks, the VMs registered
 * at a host, the rules of a VM. Each is a counting sort: count, sum up, place.
 */
#include "freeze_internal.h"
#include "index_sort.h"
#include <assert.h>
#include <string.h>

/* Turns counts at start[i + 1] into offsets. */
static void sum_up(uint32_t *start, uint32_t objects) {
  for (uint32_t i = 0; i < objects; i++) {
    assert(start[i + 1] <= UINT32_MAX - start[i]);
    start[i + 1] += start[i];
  }
}

/* Sorts each list and drops repeats, closing the gaps. */
static void sort_lists(uint32_t *start, uint32_t *entries, uint32_t objects) {
  uint32_t kept = 0, from = 0;
  for (uint32_t i = 0; i < objects; i++) {
    uint32_t until = start[i + 1];
    uint32_t count = index_sort_unique(entries + from, until - from);
    if (kept != from)
      memmove(entries + kept, entries + from, count * sizeof *entries);
    start[i] = kept;
    kept += count;
    from = until;
  }
  start[objects] = kept;
}

static bool fill_list(freezing *f, const chunked_list *links, const uint32_t *target,
                      uint32_t objects, const uint32_t **out_start, const uint32_t **out_entries) {
  uint32_t *start = arena_take(&f->inventory->memory, (size_t)objects + 1, sizeof *start);
  uint32_t *entries = arena_take_unset(&f->inventory->memory, links->count, sizeof *entries);
  uint32_t *next = arena_take_unset(&f->scratch, (size_t)objects + 1, sizeof *next);
  if (start == NULL || entries == NULL || next == NULL)
    return false;
  for (uint32_t i = 0; i < links->count; i++) {
    uint32_t object = target[((const built_link *)chunked_list_at(links, i))->object];
    if (object != BERTH_NONE)
      start[object + 1]++;
  }
  sum_up(start, objects);
  memcpy(next, start, ((size_t)objects + 1) * sizeof *next);
  for (uint32_t i = 0; i < links->count; i++) {
    const built_link *link = chunked_list_at(links, i);
    if (target[link->object] != BERTH_NONE)
      entries[next[target[link->object]]++] = link->name;
  }
  sort_lists(start, entries, objects);
  *out_start = start;
  *out_entries = entries;
  return true;
}

static bool copy_pool(freezing *f, const name_pool *pool, const char *const **names,
                      uint32_t *count) {
  *count = pool->names.count;
  const char **copy = arena_take(&f->inventory->memory, *count, sizeof *copy);
  for (uint32_t i = 0; copy != NULL && i < *count; i++)
    if (!freeze_text(f, name_pool_at(pool, i), &copy[i]))
      return false;
  *names = copy;
  return copy != NULL;
}

bool freeze_fill_links(freezing *f) {
  const berth_builder *b = f->builder;
  berth_inventory *inventory = f->inventory;
  uint32_t hosts = inventory->host_count, vms = inventory->vm_count;
  return copy_pool(f, &b->datastores, &inventory->datastore_name, &inventory->datastore_count) &&
         copy_pool(f, &b->networks, &inventory->network_name, &inventory->network_count) &&
         fill_list(f, &b->host_datastores, f->host_target, hosts, &inventory->host_datastore_start,
                   &inventory->host_datastores) &&
         fill_list(f, &b->host_networks, f->host_target, hosts, &inventory->host_network_start,
                   &inventory->host_networks) &&
         fill_list(f, &b->vm_datastores, f->vm_target, vms, &inventory->vm_datastore_start,
                   &inventory->vm_datastores) &&
         fill_list(f, &b->vm_networks, f->vm_target, vms, &inventory->vm_network_start,
                   &inventory->vm_networks);
}

/*
 * The entries are placed from the back, so that start[h + 1], which begins as the end of list h,
 * ends as its beginning and no second array is needed.
 */
bool freeze_fill_host_vms(berth_inventory *inventory) {
  uint32_t hosts = inventory->host_count, vms = inventory->vm_count;
  uint32_t *start = arena_take(&inventory->memory, (size_t)hosts + 1, sizeof *start);
  uint32_t *entries = arena_take_unset(&inventory->memory, vms, sizeof *entries);
  if (start == NULL || entries == NULL)
    return false;
  for (uint32_t v = 0; v < vms; v++)
    if (inventory->vm_host[v] != BERTH_NONE)
      start[inventory->vm_host[v]]++;
  for (uint32_t h = 0, sum = 0; h <= hosts; h++) {
    sum += start[h]; /* start[hosts] counts none */
    start[h] = sum;
  }
  for (uint32_t v = vms; v-- > 0;)
    if (inventory->vm_host[v] != BERTH_NONE)
      entries[--start[inventory->vm_host[v]]] = v;
  assert(start[0] == 0);
  inventory->host_vm_start = start;
  inventory->host_vms = entries;
  return true;
}

bool freeze_fill_vm_rules(freezing *f) {
  berth_inventory *inventory = f->inventory;
  uint32_t vms = inventory->vm_count, total = 0;
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    assert(f->rules[r].vm_count <= UINT32_MAX - total); /* freeze_resolve() sees to it */
    total += f->rules[r].vm_count;
  }
  uint32_t *start = arena_take(&inventory->memory, (size_t)vms + 1, sizeof *start);
  uint32_t *entries = arena_take_unset(&inventory->memory, total, sizeof *entries);
  if (start == NULL || entries == NULL)
    return false;
  for (uint32_t r = 0; r < inventory->rule_count; r++)
    for (uint32_t i = 0; i < f->rules[r].vm_count; i++)
      start[f->rules[r].vms[i]]++;
  for (uint32_t v = 0, sum = 0; v <= vms; v++) {
    sum += start[v];
    start[v] = sum;
  }
  for (uint32_t r = inventory->rule_count; r-- > 0;)
    for (uint32_t i = 0; i < f->rules[r].vm_count; i++)
      entries[--start[f->rules[r].vms[i]]] = r;
  inventory->vm_rule_start = start;
  inventory->vm_rules = entries;
  return true;
}
