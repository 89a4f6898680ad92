/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of hosts worth a look: those of the VM itself, each together with those of one other
 * admission class, and all hosts. In each the demands of the VMs that can end nowhere else are
 * added up. A VM on a host that must be emptied counts with the hosts it may go to; one that is
 * larger than all hosts of the set is no fault of the group.
 */
#include "group_shortage.h"
#include "admission.h"
#include <assert.h>
#include <string.h>

enum { MOST_SETS = 64 };

typedef struct shortage_search {
  const problem *p;
  uint32_t item;
  arena *memory;
  host_bits *set;           /* the one at hand */
  uint8_t *class_inside;    /* [class] all hosts of the class are in it, and there are any */
  int64_t *limit, *largest; /* [resource] of the set: sum; most of a host */
  int64_t *demand;          /* [resource] of those inside */
  uint32_t *inside;         /* [resource] how many */
  group_shortage best;
} shortage_search;

bool group_shortage_ranks(const problem *p, uint32_t other, uint32_t item) {
  assert(other < p->item_count && item < p->item_count);
  if (!problem_is_requested(p, other))
    return true;
  if (!problem_is_requested(p, item))
    return false;
  return p->goal != BERTH_GOAL_FAILOVER ||
         problem_unplaced_level(p, other) <= problem_unplaced_level(p, item);
}

static uint32_t count_hosts(const problem *p, const host_bits *set) {
  uint32_t count = 0;
  for (uint32_t w = 0; w < p->host_words; w++)
    count += (uint32_t)__builtin_popcountll(set[w]);
  return count;
}

static bool contains(const problem *p, const host_bits *set, const host_bits *part) {
  host_bits any = 0;
  for (uint32_t w = 0; w < p->host_words; w++) {
    if ((part[w] & ~set[w]) != 0)
      return false;
    any |= part[w];
  }
  return any != 0;
}

/* Whether the item takes part and can end in the set only. */
static bool ends_inside(const shortage_search *f, uint32_t item) {
  const problem *p = f->p;
  uint32_t home = p->origin[item];
  assert(p->kind[item] != ITEM_FIXED || home != BERTH_NONE);
  if (!group_shortage_ranks(p, item, f->item))
    return false;
  bool stays = home != BERTH_NONE && !p->host_must_leave[home];
  if (stays && !host_bits_test(f->set, home))
    return false;
  if (p->kind[item] == ITEM_FIXED)
    return stays;
  return f->class_inside[p->admission[item]];
}

static bool mark_classes(shortage_search *f) {
  const problem *p = f->p;
  for (uint32_t c = 0; c < p->class_count; c++) {
    const host_bits *hosts = admission_hosts(p, p->classes[c].example);
    if (hosts == NULL)
      return false;
    f->class_inside[c] = contains(p, f->set, hosts);
  }
  return true;
}

static void measure_hosts(shortage_search *f) {
  const problem *p = f->p;
  memset(f->limit, 0, p->resource_count * sizeof *f->limit);
  memset(f->largest, 0, p->resource_count * sizeof *f->largest);
  for (uint32_t host = 0; host < p->host_count; host++) {
    for (uint32_t r = 0; host_bits_test(f->set, host) && r < p->resource_count; r++) {
      int64_t limit = p->limit[(size_t)host * p->resource_count + r];
      bool endless = limit == BERTH_UNLIMITED || f->limit[r] == BERTH_UNLIMITED;
      f->limit[r] = endless ? BERTH_UNLIMITED : f->limit[r] + limit;
      if (limit > f->largest[r])
        f->largest[r] = limit;
    }
  }
}

static void measure_items(shortage_search *f) {
  const problem *p = f->p;
  memset(f->demand, 0, p->resource_count * sizeof *f->demand);
  memset(f->inside, 0, p->resource_count * sizeof *f->inside);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!ends_inside(f, item))
      continue;
    const int64_t *demand = problem_demand(p, item);
    for (uint32_t r = 0; r < p->resource_count; r++) {
      bool counts = demand[r] > 0 && demand[r] <= f->largest[r];
      f->demand[r] += counts ? demand[r] : 0;
      f->inside[r] += counts;
    }
  }
}

static bool keep(shortage_search *f, uint32_t resource, uint32_t host_count) {
  const problem *p = f->p;
  host_bits *hosts = arena_take(f->memory, p->host_words, sizeof *hosts);
  uint32_t *items = arena_take(f->memory, f->inside[resource], sizeof *items), count = 0;
  if (hosts == NULL || items == NULL)
    return false;
  memcpy(hosts, f->set, p->host_words * sizeof *hosts);
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t demand = problem_demand(p, item)[resource];
    if (ends_inside(f, item) && demand > 0 && demand <= f->largest[resource])
      items[count++] = item;
  }
  assert(count == f->inside[resource]);
  f->best = (group_shortage){.resource = resource,
                             .short_by = f->demand[resource] - f->limit[resource],
                             .host_count = host_count,
                             .item_count = count,
                             .hosts = hosts,
                             .items = items};
  return true;
}

/* The fewest hosts say most. */
static bool look_at_set(shortage_search *f) {
  const problem *p = f->p;
  const int64_t *own = problem_demand(p, f->item);
  uint32_t hosts = count_hosts(p, f->set);
  if (hosts == 0 || (f->best.short_by > 0 && hosts >= f->best.host_count))
    return true;
  if (!mark_classes(f))
    return false;
  measure_hosts(f);
  measure_items(f);
  assert(f->class_inside[p->admission[f->item]] || p->kind[f->item] == ITEM_FIXED);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (f->limit[r] != BERTH_UNLIMITED && f->demand[r] > f->limit[r] && f->inside[r] > 1 &&
        own[r] > 0 && own[r] <= f->largest[r])
      return keep(f, r, hosts);
  }
  return true;
}

static bool search_sets(shortage_search *f) {
  const problem *p = f->p;
  const host_bits *own = admission_hosts(p, f->item);
  if (own == NULL)
    return false;
  for (uint32_t c = 0; c < p->class_count && c < MOST_SETS; c++) {
    const host_bits *other = admission_hosts(p, p->classes[c].example);
    if (other == NULL)
      return false;
    for (uint32_t w = 0; w < p->host_words; w++)
      f->set[w] = own[w] | other[w];
    if (contains(p, f->set, own) && !look_at_set(f))
      return false;
  }
  for (uint32_t host = 0; host < p->host_count; host++)
    host_bits_set(f->set, host);
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!p->host_open[host])
      f->set[host >> 6] &= ~(UINT64_C(1) << (host & 63));
  }
  assert(f->best.short_by >= 0);
  return !contains(p, f->set, own) || look_at_set(f);
}

bool group_shortage_find(group_shortage *out, const problem *p, uint32_t item, arena *memory) {
  arena scratch;
  arena_init(&scratch, &memory->allocator);
  shortage_search f = {.p = p, .item = item, .memory = memory};
  f.set = arena_take(&scratch, p->host_words, sizeof *f.set);
  f.class_inside = arena_take(&scratch, p->class_count, 1);
  f.limit = arena_take(&scratch, p->resource_count, sizeof *f.limit);
  f.largest = arena_take(&scratch, p->resource_count, sizeof *f.largest);
  f.demand = arena_take(&scratch, p->resource_count, sizeof *f.demand);
  f.inside = arena_take(&scratch, p->resource_count, sizeof *f.inside);
  bool ok = f.set != NULL && f.class_inside != NULL && f.limit != NULL && f.largest != NULL &&
            f.demand != NULL && f.inside != NULL;
  /* A VM that does not move lacks no room. */
  ok = ok && (p->kind[item] == ITEM_FIXED || search_sets(&f));
  arena_free(&scratch);
  assert(!ok || f.best.short_by == 0 || f.best.item_count > 1);
  *out = f.best;
  return ok;
}
