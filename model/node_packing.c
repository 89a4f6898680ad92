/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Depth first over the VMs by falling share of the host: first with the nodes in their order, then,
 * should that take too long, with the fullest node that still takes the VM first. A branch ends
 * where those to come need more than the nodes have that could take the smallest of them. A node
 * like one that was tried in the same place is not tried again.
 */
#include "node_packing.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WORK_OF_A_PACKING UINT64_C(4000000)

uint32_t node_packing_nodes(const berth_inventory *inventory, uint32_t host, uint32_t *count) {
  uint32_t from = 0, to = inventory->numa_count;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if (inventory->numa[middle].host < host)
      from = middle + 1;
    else
      to = middle;
  }
  for (*count = 0;
       from + *count < inventory->numa_count && inventory->numa[from + *count].host == host;)
    ++*count;
  return from;
}

bool node_packing_open(node_packing *p, const berth_inventory *inventory, uint32_t host) {
  uint32_t first = node_packing_nodes(inventory, host, &p->node_count);
  p->vm_count = 0;
  if (p->node_count > PACKED_NODES)
    return false;
  for (uint32_t n = 0; n < p->node_count; n++) {
    p->node[n][BERTH_RESOURCE_CPU] = inventory->numa[first + n].cpu_mhz;
    p->node[n][BERTH_RESOURCE_MEMORY] = inventory->numa[first + n].memory_mib;
  }
  return true;
}

static const int64_t *needs_of(const berth_inventory *inventory, uint32_t vm) {
  static_assert((int)BERTH_RESOURCE_CPU == 0 && (int)BERTH_RESOURCE_MEMORY == 1, "the first two");
  return &inventory->vm_demand[(size_t)vm * inventory->resource_count];
}

bool node_packing_add(node_packing *p, const berth_inventory *inventory, uint32_t vm) {
  if (p->vm_count == PACKED_VMS)
    return false;
  assert(node_packing_binds(inventory, vm));
  memcpy(p->vm[p->vm_count++].need, needs_of(inventory, vm), sizeof p->vm->need);
  return true;
}

bool node_packing_admits(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  uint32_t count, first = node_packing_nodes(inventory, host, &count);
  const int64_t *need = needs_of(inventory, vm);
  if (!node_packing_binds(inventory, vm) || count == 0)
    return true;
  for (uint32_t n = first; n < first + count; n++)
    if (need[BERTH_RESOURCE_CPU] <= inventory->numa[n].cpu_mhz &&
        need[BERTH_RESOURCE_MEMORY] <= inventory->numa[n].memory_mib)
      return true;
  return false;
}

/* ------------------------------------------------------------------ order */

static int by_rank(const void *left, const void *right) {
  const packed_vm *a = left, *b = right;
  if (a->rank != b->rank)
    return a->rank > b->rank ? -1 : 1;
  for (int r = PACKED_RESOURCES; r-- > 0;)
    if (a->need[r] != b->need[r])
      return a->need[r] > b->need[r] ? -1 : 1;
  return 0;
}

/* At most 64 nodes of at most 2^40 each. */
static int64_t part_of(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : part * 65536 / whole;
}

static void total_of(const node_packing *p, int64_t total[PACKED_RESOURCES]) {
  memset(total, 0, PACKED_RESOURCES * sizeof *total);
  for (uint32_t n = 0; n < p->node_count; n++)
    for (int r = 0; r < PACKED_RESOURCES; r++)
      total[r] += p->node[n][r];
}

static void rank_vms(node_packing *p, const int64_t total[PACKED_RESOURCES]) {
  for (uint32_t v = 0; v < p->vm_count; v++) {
    p->vm[v].rank = 0;
    for (int r = 0; r < PACKED_RESOURCES; r++) {
      int64_t part = part_of(p->vm[v].need[r], total[r]);
      p->vm[v].rank = part > p->vm[v].rank ? part : p->vm[v].rank;
    }
  }
  qsort(p->vm, p->vm_count, sizeof *p->vm, by_rank);
  for (int r = 0; r < PACKED_RESOURCES; r++) {
    p->least[p->vm_count][r] = INT64_MAX;
    p->rest[p->vm_count][r] = 0;
    for (uint32_t v = p->vm_count; v-- > 0;) {
      int64_t need = p->vm[v].need[r];
      p->least[v][r] = need < p->least[v + 1][r] ? need : p->least[v + 1][r];
      p->rest[v][r] = p->rest[v + 1][r] + need;
    }
  }
}

/* ------------------------------------------------------------------ search */

static bool has_room(const int64_t left[PACKED_RESOURCES], const int64_t need[PACKED_RESOURCES]) {
  return need[0] <= left[0] && need[1] <= left[1];
}

/* Whether the nodes that can take any of the VMs from `v` on have enough for all of them. */
static bool may_do(const node_packing *p, uint32_t v) {
  int64_t room[PACKED_RESOURCES] = {0, 0};
  for (uint32_t n = 0; n < p->node_count; n++)
    for (int r = 0; r < PACKED_RESOURCES && has_room(p->left[n], p->least[v]); r++)
      room[r] += p->left[n][r];
  return has_room(room, p->rest[v]);
}

static bool is_like_earlier(const node_packing *p, uint32_t n) {
  for (uint32_t other = 0; other < n; other++)
    if (memcmp(p->left[other], p->left[n], sizeof p->left[n]) == 0)
      return true;
  return false;
}

/* The nodes that take the VM, in the order they are tried. */
static uint32_t list_nodes(const node_packing *p, uint32_t v, const int64_t total[PACKED_RESOURCES],
                           uint8_t list[PACKED_NODES]) {
  int64_t spare[PACKED_NODES];
  uint32_t count = 0;
  for (uint32_t n = 0; n < p->node_count; n++) {
    if (!has_room(p->left[n], p->vm[v].need) || is_like_earlier(p, n))
      continue;
    int64_t cpu = part_of(p->left[n][0] - p->vm[v].need[0], total[0]);
    int64_t memory = part_of(p->left[n][1] - p->vm[v].need[1], total[1]);
    int64_t now = !p->tight_first ? 0 : cpu < memory ? cpu : memory;
    uint32_t at = count++;
    for (; at > 0 && spare[at - 1] > now; at--) {
      spare[at] = spare[at - 1];
      list[at] = list[at - 1];
    }
    spare[at] = now;
    list[at] = (uint8_t)n;
  }
  assert(count <= p->node_count);
  return count;
}

static void put(node_packing *p, uint32_t v, uint32_t n, int64_t sign) {
  for (int r = 0; r < PACKED_RESOURCES; r++)
    p->left[n][r] -= sign * p->vm[v].need[r];
}

static packing_verdict pack_from(node_packing *p, uint32_t v,
                                 const int64_t total[PACKED_RESOURCES]) {
  uint8_t list[PACKED_NODES];
  if (v == p->vm_count)
    return PACKING_HOLDS;
  if (!may_do(p, v))
    return PACKING_FAILS;
  uint32_t count = list_nodes(p, v, total, list);
  for (uint32_t i = 0; i < count; i++) {
    if (p->work == 0)
      return PACKING_OPEN;
    p->work--;
    put(p, v, list[i], +1);
    packing_verdict verdict = pack_from(p, v + 1, total);
    put(p, v, list[i], -1);
    if (verdict != PACKING_FAILS)
      return verdict;
  }
  return PACKING_FAILS;
}

/* Of the VMs that need more than half of what the largest node has, no node holds two. */
static bool too_many_large(const node_packing *p) {
  for (int r = 0; r < PACKED_RESOURCES; r++) {
    int64_t largest = 0;
    uint32_t large = 0;
    for (uint32_t n = 0; n < p->node_count; n++)
      largest = p->node[n][r] > largest ? p->node[n][r] : largest;
    for (uint32_t v = 0; v < p->vm_count; v++)
      large += p->vm[v].need[r] > largest - p->vm[v].need[r];
    if (large > p->node_count)
      return true;
  }
  return false;
}

packing_verdict node_packing_decide(node_packing *p) {
  int64_t total[PACKED_RESOURCES];
  packing_verdict verdict = PACKING_OPEN;
  assert(p->node_count <= PACKED_NODES && p->vm_count <= PACKED_VMS);
  if (p->node_count == 0 || p->vm_count == 0)
    return PACKING_HOLDS;
  total_of(p, total);
  rank_vms(p, total);
  if (too_many_large(p))
    return PACKING_FAILS;
  for (int tight = 0; tight < 2 && verdict == PACKING_OPEN; tight++) {
    memcpy(p->left, p->node, sizeof p->left);
    p->work = WORK_OF_A_PACKING;
    p->tight_first = tight == 1;
    verdict = pack_from(p, 0, total);
  }
  return verdict;
}
