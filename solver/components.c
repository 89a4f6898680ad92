/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Union-find over hosts: an item that may move joins its home and all hosts it may go to; a rule
 * joins its members, since it counts once however many break it. Levels before makespan are sums
 * over components, and a lexicographic minimum of sums of independent parts is the sum of their
 * minima.
 */
#include "components.h"
#include "admission.h"
#include <assert.h>
#include <string.h>

/* Tests of one class against one host before the rest of the open hosts are taken for one part: a
 * coarser partition is as right, and with so many classes it is what comes out anyway. */
enum { TESTS_MOST = 1 << 24 };

typedef struct partition {
  const problem *problem;
  uint32_t *parent;    /* [host] */
  uint32_t *mover;     /* [class] the first item that may move, BERTH_NONE = none */
  uint32_t *anchor;    /* [class] a host of the class, BERTH_NONE = it has none */
  uint32_t open_parts; /* parts that hold open hosts; only those are ever joined by classes */
  uint64_t tests;
} partition;

static uint32_t root_of(partition *u, uint32_t host) {
  while (u->parent[host] != host) {
    u->parent[host] = u->parent[u->parent[host]];
    host = u->parent[host];
  }
  return host;
}

/* The smaller number becomes the root: components are ordered by their first host. */
static void join(partition *u, uint32_t a, uint32_t b) {
  a = root_of(u, a);
  b = root_of(u, b);
  assert(u->parent[a] == a && u->parent[b] == b);
  if (a < b)
    u->parent[b] = a;
  else
    u->parent[a] = b;
}

static void join_open(partition *u, uint32_t a, uint32_t b) {
  assert(u->problem->host_open[a] && u->problem->host_open[b]);
  if (root_of(u, a) == root_of(u, b))
    return;
  join(u, a, b);
  u->open_parts--;
}

static void join_all_open(partition *u) {
  const problem *p = u->problem;
  uint32_t first = BERTH_NONE;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!p->host_open[host])
      continue;
    if (first == BERTH_NONE)
      first = host;
    join_open(u, first, host);
  }
  assert(u->open_parts <= 1);
}

/* Joins all hosts of a class. false = out of memory. */
static bool join_class(partition *u, uint32_t c) {
  const problem *p = u->problem;
  const host_bits *hosts = admission_hosts(p, u->mover[c]);
  if (hosts == NULL)
    return false;
  u->tests += p->host_count;
  for (uint32_t word = 0; word < p->host_words; word++) {
    for (host_bits left = hosts[word]; left != 0; left &= left - 1) {
      uint32_t host = word * 64 + (uint32_t)__builtin_ctzll(left);
      if (u->anchor[c] == BERTH_NONE)
        u->anchor[c] = host;
      join_open(u, u->anchor[c], host);
    }
  }
  return true;
}

/* Where the open hosts are one part any host of the class will do: usually the first asked. */
static void find_anchor(partition *u, uint32_t c) {
  const problem *p = u->problem;
  for (uint32_t host = 0; host < p->host_count && u->anchor[c] == BERTH_NONE; host++) {
    uint32_t rule;
    if (!p->host_open[host])
      continue;
    if (u->tests++ >= TESTS_MOST ||
        admission_reason(p, u->mover[c], host, &rule) == BERTH_REASON_COUNT)
      u->anchor[c] = host;
  }
}

static bool join_classes(partition *u) {
  const problem *p = u->problem;
  for (uint32_t c = 0; c < p->class_count; c++) {
    if (u->mover[c] == BERTH_NONE)
      continue;
    if (u->tests >= TESTS_MOST)
      join_all_open(u);
    if (u->open_parts <= 1)
      find_anchor(u, c);
    else if (!join_class(u, c))
      return false;
  }
  return true;
}

/* A host of the component that the item belongs to. */
static uint32_t place_of(const partition *u, uint32_t item) {
  const problem *p = u->problem;
  if (p->origin[item] != BERTH_NONE)
    return p->origin[item];
  uint32_t anchor = u->anchor[p->admission[item]];
  return anchor != BERTH_NONE ? anchor : 0;
}

static void join_items(partition *u) {
  const problem *p = u->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] == ITEM_MOVABLE && u->anchor[p->admission[item]] != BERTH_NONE)
      join(u, p->origin[item], u->anchor[p->admission[item]]);
  }
  for (uint32_t g = 0; g < p->rule_count; g++) {
    for (uint32_t i = 1; i < p->rules[g].member_count; i++)
      join(u, place_of(u, p->rules[g].members[0]), place_of(u, p->rules[g].members[i]));
  }
}

static component *list_parts(partition *u, arena *memory, uint32_t *count) {
  const problem *p = u->problem;
  uint32_t *number = arena_take(memory, p->host_count, sizeof *number);
  component *parts = arena_take(memory, p->host_count, sizeof *parts);
  uint32_t *hosts = arena_take(memory, p->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(memory, p->item_count, sizeof *vms);
  if (number == NULL || parts == NULL || hosts == NULL || vms == NULL)
    return NULL;
  *count = 0;
  for (uint32_t host = 0; host < p->host_count; host++) {
    number[host] = root_of(u, host) == host ? (*count)++ : number[root_of(u, host)];
    parts[number[host]].host_count++;
  }
  for (uint32_t item = 0; item < p->item_count; item++)
    parts[number[place_of(u, item)]].vm_count++;
  assert(*count > 0 && *count <= p->host_count);
  uint32_t *next_host = hosts, *next_vm = vms;
  for (uint32_t c = 0; c < *count; c++) {
    parts[c].hosts = next_host;
    parts[c].vms = next_vm;
    next_host += parts[c].host_count;
    next_vm += parts[c].vm_count;
    parts[c].host_count = parts[c].vm_count = 0;
  }
  for (uint32_t host = 0; host < p->host_count; host++) {
    component *part = &parts[number[host]];
    hosts[(size_t)(part->hosts - hosts) + part->host_count++] = p->host[host];
  }
  for (uint32_t item = 0; item < p->item_count; item++) {
    component *part = &parts[number[place_of(u, item)]];
    vms[(size_t)(part->vms - vms) + part->vm_count++] = p->vm[item];
  }
  return parts;
}

/* VMs without any host are one component: all stay unplaced. */
static component *no_hosts(const problem *whole, arena *memory, uint32_t *count) {
  component *part = arena_take(memory, 1, sizeof *part);
  if (part != NULL)
    *part = (component){.vm_count = whole->item_count, .hosts = whole->host, .vms = whole->vm};
  *count = 1;
  return part;
}

static bool prepare(partition *u, arena *memory) {
  const problem *p = u->problem;
  u->parent = arena_take(memory, p->host_count, sizeof *u->parent);
  u->mover = arena_take(memory, p->class_count, sizeof *u->mover);
  u->anchor = arena_take(memory, p->class_count, sizeof *u->anchor);
  if (u->parent == NULL || u->mover == NULL || u->anchor == NULL)
    return false;
  memset(u->mover, 0xff, p->class_count * sizeof *u->mover);
  memset(u->anchor, 0xff, p->class_count * sizeof *u->anchor);
  for (uint32_t host = 0; host < p->host_count; host++) {
    u->parent[host] = host;
    u->open_parts += p->host_open[host];
  }
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] != ITEM_FIXED && u->mover[p->admission[item]] == BERTH_NONE)
      u->mover[p->admission[item]] = item;
  }
  return true;
}

component *components_find(const problem *whole, arena *memory, uint32_t *count) {
  partition u = {.problem = whole};
  if (whole->host_count == 0)
    return no_hosts(whole, memory, count);
  if (!prepare(&u, memory) || !join_classes(&u))
    return NULL;
  join_items(&u);
  return list_parts(&u, memory, count);
}

bool components_list_cluster(const berth_inventory *inventory, uint32_t cluster, arena *memory,
                             component *out) {
  const frozen_cluster *frozen = &inventory->clusters[cluster];
  uint32_t *hosts = arena_take(memory, frozen->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(memory, frozen->vm_count, sizeof *vms);
  if (hosts == NULL || vms == NULL)
    return false;
  *out = (component){.host_count = frozen->host_count, .hosts = hosts, .vms = vms};
  for (uint32_t h = 0; h < frozen->host_count; h++)
    hosts[h] = frozen->first_host + h;
  for (uint32_t v = frozen->first_vm; v < frozen->first_vm + frozen->vm_count; v++) {
    item_kind kind;
    if (problem_item_kind(inventory, v, &kind))
      vms[out->vm_count++] = v;
  }
  assert(out->vm_count <= frozen->vm_count);
  return true;
}
