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

typedef struct partition {
  const problem *problem;
  uint32_t *parent; /* [host] */
  uint32_t *anchor; /* [class] a host of the class, BERTH_NONE = it has none */
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

static bool join_classes(partition *u, const uint8_t *class_moves) {
  const problem *p = u->problem;
  for (uint32_t c = 0; c < p->class_count; c++) {
    u->anchor[c] = BERTH_NONE;
    if (!class_moves[c])
      continue;
    const host_bits *hosts = admission_hosts(p, p->classes[c].example);
    if (hosts == NULL)
      return false;
    for (uint32_t host = 0; host < p->host_count; host++) {
      if (!host_bits_test(hosts, host))
        continue;
      if (u->anchor[c] == BERTH_NONE)
        u->anchor[c] = host;
      join(u, u->anchor[c], host);
    }
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

component *components_find(const problem *whole, arena *memory, uint32_t *count) {
  partition u = {.problem = whole};
  u.parent = arena_take(memory, whole->host_count, sizeof *u.parent);
  u.anchor = arena_take(memory, whole->class_count, sizeof *u.anchor);
  uint8_t *class_moves = arena_take(memory, whole->class_count, 1);
  if (u.parent == NULL || u.anchor == NULL || class_moves == NULL)
    return NULL;
  for (uint32_t host = 0; host < whole->host_count; host++)
    u.parent[host] = host;
  for (uint32_t item = 0; item < whole->item_count; item++) {
    if (whole->kind[item] != ITEM_FIXED)
      class_moves[whole->admission[item]] = 1;
  }
  if (whole->host_count == 0)
    return no_hosts(whole, memory, count);
  if (!join_classes(&u, class_moves))
    return NULL;
  join_items(&u);
  return list_parts(&u, memory, count);
}
