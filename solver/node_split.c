/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector packing with two resources into few bins of fixed sizes. Sums and the number of VMs of
 * which a node holds one at most say no; first fit and best fit by falling size say yes; what is
 * left is searched depth first, the largest VM first. Nodes with the same rest are tried once, of
 * equal VMs the later does not go to an earlier node, and a branch ends where the rest of all nodes
 * is too little.
 */
#include "node_split.h"
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct splitting {
  const node_item *items;
  uint32_t count, node_count, budget;
  node_size left[SPLIT_NODES]; /* what the nodes have to spare */
  node_size demand, room;      /* of the VMs still to come, and of all nodes */
  uint8_t *node;               /* [count] */
  bool over;                   /* the budget */
} splitting;

static bool fits(const node_size *item, const node_size *left) {
  return item->cpu <= left->cpu && item->memory <= left->memory;
}

static bool is_same(const node_size *a, const node_size *b) {
  return a->cpu == b->cpu && a->memory == b->memory;
}

static node_size sum_of_nodes(const node_size *nodes, uint32_t count) {
  node_size sum = {0, 0};
  for (uint32_t n = 0; n < count; n++) {
    assert(nodes[n].cpu >= 0 && nodes[n].memory >= 0);
    sum.cpu += nodes[n].cpu;
    sum.memory += nodes[n].memory;
  }
  return sum;
}

/* In 1/2^16: quantities are at most 2^40, a host has at most 64 nodes. */
static int64_t share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : (part << 16) / whole;
}

static int largest_first(const void *a, const void *b) {
  const node_item *x = a, *y = b;
  if (x->key != y->key)
    return x->key > y->key ? -1 : 1;
  if (x->size.memory != y->size.memory)
    return x->size.memory > y->size.memory ? -1 : 1;
  if (x->size.cpu != y->size.cpu)
    return x->size.cpu > y->size.cpu ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

static void sort_items(node_item *items, uint32_t count, const node_size *room) {
  for (uint32_t i = 0; i < count; i++) {
    int64_t cpu = share(items[i].size.cpu, room->cpu);
    int64_t memory = share(items[i].size.memory, room->memory);
    items[i].key = cpu > memory ? cpu : memory;
  }
  qsort(items, count, sizeof *items, largest_first);
}

/* Too much in all, one too large for any node, or too many of which no node holds two. */
static bool is_refused(const node_size *nodes, uint32_t node_count, const node_item *items,
                       uint32_t count) {
  node_size most = {0, 0};
  uint32_t large_cpu = 0, large_memory = 0;
  for (uint32_t n = 0; n < node_count; n++) {
    most.cpu = nodes[n].cpu > most.cpu ? nodes[n].cpu : most.cpu;
    most.memory = nodes[n].memory > most.memory ? nodes[n].memory : most.memory;
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t n = 0;
    while (n < node_count && !fits(&items[i].size, &nodes[n]))
      n++;
    if (n == node_count)
      return true;
    large_cpu += items[i].size.cpu > most.cpu / 2;
    large_memory += items[i].size.memory > most.memory / 2;
  }
  return large_cpu > node_count || large_memory > node_count;
}

static void take(node_size *left, const node_size *size) {
  left->cpu -= size->cpu;
  left->memory -= size->memory;
  assert(left->cpu >= 0 && left->memory >= 0);
}

static void give_back(node_size *left, const node_size *size) {
  left->cpu += size->cpu;
  left->memory += size->memory;
}

/* What is left of the scarcer resource, as a share of all nodes. */
static int64_t slack(const splitting *s, const node_size *left, const node_size *size) {
  int64_t cpu = share(left->cpu - size->cpu, s->room.cpu);
  int64_t memory = share(left->memory - size->memory, s->room.memory);
  return cpu < memory ? cpu : memory;
}

/* The first node that takes the VM, or the one that it leaves least. */
static uint32_t choose_node(const splitting *s, const node_size *size, bool best) {
  uint32_t found = s->node_count;
  for (uint32_t n = 0; n < s->node_count; n++) {
    if (!fits(size, &s->left[n]))
      continue;
    if (!best)
      return n;
    if (found == s->node_count || slack(s, &s->left[n], size) < slack(s, &s->left[found], size))
      found = n;
  }
  return found;
}

static bool fill(splitting *s, const node_size *nodes, bool best) {
  memcpy(s->left, nodes, s->node_count * sizeof *nodes);
  for (uint32_t i = 0; i < s->count; i++) {
    uint32_t n = choose_node(s, &s->items[i].size, best);
    if (n == s->node_count)
      return false;
    take(&s->left[n], &s->items[i].size);
    if (s->node != NULL)
      s->node[i] = (uint8_t)n;
  }
  return true;
}

/* A node before it has the same rest. */
static bool is_repeat(const splitting *s, uint32_t n) {
  for (uint32_t other = 0; other < n; other++) {
    if (is_same(&s->left[other], &s->left[n]))
      return true;
  }
  return false;
}

static bool search(splitting *s, uint32_t at, uint32_t last) {
  if (at == s->count)
    return true;
  if (s->demand.cpu > s->room.cpu || s->demand.memory > s->room.memory)
    return false;
  const node_size *size = &s->items[at].size;
  bool again = at > 0 && is_same(size, &s->items[at - 1].size);
  for (uint32_t n = again ? last : 0; n < s->node_count && !s->over; n++) {
    if (!fits(size, &s->left[n]) || is_repeat(s, n))
      continue;
    if (s->budget-- == 0) {
      s->over = true;
      return false;
    }
    take(&s->left[n], size);
    take(&s->room, size);
    take(&s->demand, size);
    if (s->node != NULL)
      s->node[at] = (uint8_t)n;
    if (search(s, at + 1, n))
      return true;
    give_back(&s->left[n], size);
    give_back(&s->room, size);
    give_back(&s->demand, size);
  }
  return false;
}

node_verdict node_split(const node_size *nodes, uint32_t node_count, node_item *items,
                        uint32_t count, uint32_t budget, uint8_t *node) {
  if (count == 0)
    return NODES_HOLD;
  if (node_count > SPLIT_NODES || count > SPLIT_ITEMS)
    return NODES_UNDECIDED;
  splitting s = {.items = items,
                 .count = count,
                 .node_count = node_count,
                 .budget = budget,
                 .room = sum_of_nodes(nodes, node_count),
                 .node = node};
  for (uint32_t i = 0; i < count; i++)
    give_back(&s.demand, &items[i].size);
  if (s.demand.cpu > s.room.cpu || s.demand.memory > s.room.memory ||
      is_refused(nodes, node_count, items, count))
    return NODES_REFUSE;
  sort_items(items, count, &s.room);
  if (fill(&s, nodes, false) || fill(&s, nodes, true))
    return NODES_HOLD;
  memcpy(s.left, nodes, node_count * sizeof *nodes);
  if (search(&s, 0, 0))
    return NODES_HOLD;
  return s.over ? NODES_UNDECIDED : NODES_REFUSE;
}

node_size node_shortage(const node_size *left, uint32_t node_count, node_size demand) {
  node_size least = {.cpu = INT64_MAX, .memory = INT64_MAX};
  assert(node_count == 0 || left != NULL);
  for (uint32_t n = 0; n < node_count; n++) {
    node_size lacks = {.cpu = demand.cpu > left[n].cpu ? demand.cpu - left[n].cpu : 0,
                       .memory =
                           demand.memory > left[n].memory ? demand.memory - left[n].memory : 0};
    if (lacks.memory < least.memory || (lacks.memory == least.memory && lacks.cpu < least.cpu))
      least = lacks;
  }
  return least;
}
