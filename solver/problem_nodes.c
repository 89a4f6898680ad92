/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes are read only where some host has any and some VM asks for one. VMs that fit the same empty
 * nodes get the same number, so that they need not be told apart by their sizes.
 */
#include "problem_nodes.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t first_numa(const berth_inventory *inventory, uint32_t host) {
  uint32_t low = 0, high = inventory->numa_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (inventory->numa[middle].host < host)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool read_hosts(problem *p, bool *any) {
  const berth_inventory *inventory = p->inventory;
  uint32_t *start = arena_take(p->memory, (size_t)p->host_count + 1, sizeof *start);
  node_size *nodes = arena_take(p->memory, inventory->numa_count, sizeof *nodes);
  uint32_t count = 0;
  if (start == NULL || nodes == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    uint32_t i = first_numa(inventory, p->host[h]);
    for (; i < inventory->numa_count && inventory->numa[i].host == p->host[h]; i++)
      nodes[count++] = (node_size){inventory->numa[i].cpu_mhz, inventory->numa[i].memory_mib};
    start[h + 1] = count;
  }
  assert(count <= inventory->numa_count);
  p->node_start = start;
  p->nodes = nodes;
  *any = count > 0;
  return true;
}

static bool read_items(problem *p, bool *any) {
  uint8_t *one_node = arena_take(p->memory, p->item_count, 1);
  *any = false;
  for (uint32_t item = 0; one_node != NULL && item < p->item_count; item++) {
    one_node[item] = p->inventory->vm_numa[p->vm[item]] == BERTH_NUMA_ONE_NODE;
    *any |= one_node[item] != 0;
  }
  p->one_node = one_node;
  return one_node != NULL;
}

/* ---------------------------------------------------------------------- which nodes fit */

static int by_size(const void *a, const void *b) {
  const node_size *x = a, *y = b;
  if (x->memory != y->memory)
    return x->memory < y->memory ? -1 : 1;
  return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* The different sizes there are, each once. */
static node_size *different_sizes(const problem *p, uint32_t *count) {
  uint32_t all = p->node_start[p->host_count];
  node_size *sizes = arena_take(p->memory, all, sizeof *sizes);
  *count = 0;
  if (sizes == NULL)
    return NULL;
  memcpy(sizes, p->nodes, all * sizeof *sizes);
  qsort(sizes, all, sizeof *sizes, by_size);
  for (uint32_t i = 0; i < all; i++) {
    if (i == 0 || by_size(&sizes[i - 1], &sizes[i]) != 0)
      sizes[(*count)++] = sizes[i];
  }
  return sizes;
}

/* A bit a size where there are few; else every demand is a kind of its own. */
static uint64_t fit_mask(const node_size *sizes, uint32_t count, const node_size *demand) {
  uint64_t mask = 0;
  for (uint32_t i = 0; i < count; i++)
    mask |= (uint64_t)(demand->cpu <= sizes[i].cpu && demand->memory <= sizes[i].memory) << i;
  return mask;
}

typedef struct fit_key {
  uint64_t mask, cpu, memory;
  uint32_t item;
} fit_key;

static int by_fit(const void *a, const void *b) {
  const fit_key *x = a, *y = b;
  if (x->mask != y->mask)
    return x->mask < y->mask ? -1 : 1;
  if (x->memory != y->memory)
    return x->memory < y->memory ? -1 : 1;
  return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static bool number_fits(problem *p) {
  uint32_t size_count, count = 0, number = 0;
  const node_size *sizes = different_sizes(p, &size_count);
  uint32_t *fit = arena_take(p->memory, p->item_count, sizeof *fit);
  fit_key *keys = arena_take(p->memory, p->item_count, sizeof *keys);
  if (sizes == NULL || fit == NULL || keys == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    node_size demand = problem_node_demand(p, item);
    if (!p->one_node[item])
      continue;
    keys[count++] = size_count <= 64
                        ? (fit_key){fit_mask(sizes, size_count, &demand), 0, 0, item}
                        : (fit_key){0, (uint64_t)demand.cpu, (uint64_t)demand.memory, item};
  }
  qsort(keys, count, sizeof *keys, by_fit);
  for (uint32_t i = 0; i < count; i++) {
    number += i == 0 || by_fit(&keys[i - 1], &keys[i]) != 0;
    fit[keys[i].item] = number;
  }
  assert(count == 0 || number > 0);
  p->node_fit = fit;
  return true;
}

/* ---------------------------------------------------------------------- the start */

static bool find_unsplit(problem *p) {
  uint8_t *unsplit = arena_take(p->memory, p->host_count, 1);
  uint32_t *first = arena_take(p->memory, p->host_count, sizeof *first);
  uint32_t *next = arena_take(p->memory, p->item_count, sizeof *next);
  if (unsplit == NULL || first == NULL || next == NULL)
    return false;
  memset(first, 0xff, p->host_count * sizeof *first);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] == BERTH_NONE)
      continue;
    next[item] = first[p->origin[item]];
    first[p->origin[item]] = item;
  }
  for (uint32_t h = 0; h < p->host_count; h++) {
    node_question asked = {
        .host = h, .first = first[h], .more = BERTH_NONE, .next = next, .patient = true};
    unsplit[h] = problem_nodes_hold(p, &asked) == NODES_REFUSE;
  }
  p->host_unsplit = unsplit;
  return true;
}

bool problem_nodes_read(problem *p) {
  bool hosts, items;
  if (p->inventory->numa_count == 0)
    return true;
  if (!read_hosts(p, &hosts) || !read_items(p, &items))
    return false;
  p->numa_active = hosts && items;
  return !p->numa_active || (number_fits(p) && find_unsplit(p));
}

/* ---------------------------------------------------------------------- questions */

bool problem_node_admits(const problem *p, uint32_t item, uint32_t host) {
  assert(item < p->item_count && host < p->host_count);
  if (!problem_needs_node(p, item, host))
    return true;
  node_size demand = problem_node_demand(p, item);
  for (uint32_t n = p->node_start[host]; n < p->node_start[host + 1]; n++) {
    if (demand.cpu <= p->nodes[n].cpu && demand.memory <= p->nodes[n].memory)
      return true;
  }
  return false;
}

static bool add_item(const problem *p, uint32_t item, node_item *items, uint32_t *count) {
  if (*count == SPLIT_ITEMS)
    return false;
  items[(*count)++] = (node_item){.size = problem_node_demand(p, item), .item = item};
  return true;
}

node_verdict problem_nodes_hold(const problem *p, const node_question *asked) {
  uint32_t node_count = problem_node_count(p, asked->host), count = 0;
  node_item items[SPLIT_ITEMS];
  if (node_count == 0)
    return NODES_HOLD;
  for (uint32_t item = asked->first; item != BERTH_NONE; item = asked->next[item]) {
    if (!p->one_node[item] || (asked->only_fixed && p->kind[item] != ITEM_FIXED))
      continue;
    assert(item != asked->more);
    if (!add_item(p, item, items, &count))
      return NODES_UNDECIDED;
  }
  if (asked->more != BERTH_NONE && p->one_node[asked->more] &&
      !add_item(p, asked->more, items, &count))
    return NODES_UNDECIDED;
  uint32_t budget = asked->patient       ? SPLIT_PATIENCE
                    : count <= SPLIT_FEW ? SPLIT_BUDGET
                                         : SPLIT_BUDGET_OF_MANY;
  return node_split(p->nodes + p->node_start[asked->host], node_count, items, count, budget, NULL);
}

bool problem_nodes_always_decided(const problem *p) {
  uint64_t most = 1, places = 2;
  uint32_t items = 0;
  if (!p->numa_active)
    return true;
  for (uint32_t h = 0; h < p->host_count; h++) {
    uint32_t nodes = problem_node_count(p, h);
    most = nodes > most ? nodes : most;
  }
  for (uint32_t item = 0; item < p->item_count; item++)
    items += p->one_node[item];
  /* A tree of this width and depth has fewer than twice its leaves. */
  for (uint32_t i = 0; i < items && places <= SPLIT_BUDGET; i++)
    places *= most;
  return most <= SPLIT_NODES && items <= SPLIT_FEW && places <= SPLIT_BUDGET;
}
