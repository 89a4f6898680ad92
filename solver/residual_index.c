/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts with equal capacities form a kind. Among hosts of a kind, the more of a resource is in use,
 * the fuller an item makes it; so the tightest fit is, over all kinds and resources, the first host
 * with room in the order of what is in use (residual_order.h). What an item fills most is the
 * largest of its shares, so that no fit is better than the best of these.
 *
 * One index of this kind is kept for every set of admitted hosts. Moves are logged only; an index
 * catches up when it is asked.
 */
#include "residual_index.h"
#include "admission.h"
#include "placement.h"
#include "residual_order.h"
#include <assert.h>
#include <string.h>

enum {
  KINDS_MOST = 64,
  KIND_SLOTS = 256, /* of the hash table of kinds, a power of two */
  SETS_MOST = 16,
  SMALL_SET = 128,  /* hosts: looking at each is as good */
  ASKED_FIRST = 16, /* times that a class asks before it gets an index of its own: as dear */
  UNKNOWN_SET = 0xff,
  NO_SET = 0xfe
};

/* The hosts of one admission set. */
typedef struct host_set_index {
  const host_bits *hosts;
  residual_rows rows;
  uint8_t *lane;          /* [host] kind * 2 + whether it is asleep and empty, as ordered */
  residual_order *orders; /* [lane * resource_count + resource] */
  int64_t *most_limit;    /* likewise: of its hosts */
  uint64_t seen;          /* entries of the log */
} host_set_index;

struct residual_index {
  const problem *problem;
  arena *memory;
  uint32_t kind_count;
  uint32_t example[KINDS_MOST]; /* a host */
  uint8_t *kind;                /* [host] */
  uint8_t *set_of, *asked;      /* [admission class] */
  uint32_t set_count;
  host_set_index sets[SETS_MOST];
  uint32_t *log; /* hosts that changed, the newest at (logged - 1) & log_mask */
  uint32_t log_mask;
  uint64_t logged;
};

/* ---------------------------------------------------------------------- kinds of hosts */

static uint32_t hash_row(const int64_t *row, uint32_t count) {
  uint64_t hash = count;
  for (uint32_t r = 0; r < count; r++) {
    hash = (hash ^ (uint64_t)row[r]) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
  }
  return (uint32_t)hash;
}

static const int64_t *capacity_row(const problem *p, uint32_t host) {
  return p->capacity + (size_t)host * p->resource_count;
}

static bool counts(int64_t capacity) {
  return capacity != BERTH_UNLIMITED && capacity != 0;
}

/* Else the tightest fit is not in the order of anything. */
static bool has_order(const problem *p, uint32_t host) {
  bool any = false;
  for (uint32_t r = 0; r < p->resource_count; r++)
    any |= counts(capacity_row(p, host)[r]);
  return any;
}

/* false = too many, or one that has no order. */
static bool find_kinds(residual_index *index) {
  const problem *p = index->problem;
  uint8_t slots[KIND_SLOTS] = {0}; /* kind + 1 */
  static_assert(2 * KINDS_MOST <= UINT8_MAX && KINDS_MOST < KIND_SLOTS, "kinds and lanes fit");
  for (uint32_t h = 0; h < p->host_count; h++) {
    const int64_t *row = capacity_row(p, h);
    uint32_t slot = hash_row(row, p->resource_count) & (KIND_SLOTS - 1);
    while (slots[slot] != 0 && memcmp(capacity_row(p, index->example[slots[slot] - 1]), row,
                                      p->resource_count * sizeof *row) != 0)
      slot = (slot + 1) & (KIND_SLOTS - 1);
    if (slots[slot] == 0) {
      if (index->kind_count == KINDS_MOST || !has_order(p, h))
        return false;
      index->example[index->kind_count++] = h;
      slots[slot] = (uint8_t)index->kind_count;
    }
    index->kind[h] = (uint8_t)(slots[slot] - 1);
  }
  assert(index->kind_count > 0 || p->host_count == 0);
  return true;
}

residual_index *residual_index_new(const problem *p, arena *memory) {
  residual_index *index = arena_take(memory, 1, sizeof *index);
  if (index == NULL)
    return NULL;
  *index = (residual_index){.problem = p, .memory = memory, .log_mask = 63};
  while (index->log_mask < p->host_count / 4)
    index->log_mask = 2 * index->log_mask + 1;
  index->log = arena_take(memory, (size_t)index->log_mask + 1, sizeof *index->log);
  index->kind = arena_take(memory, p->host_count, sizeof *index->kind);
  index->set_of = arena_take(memory, p->class_count, sizeof *index->set_of);
  index->asked = arena_take(memory, p->class_count, sizeof *index->asked);
  if (index->log == NULL || index->kind == NULL || index->set_of == NULL || index->asked == NULL ||
      !find_kinds(index))
    return NULL;
  memset(index->set_of, UNKNOWN_SET, p->class_count * sizeof *index->set_of);
  return index;
}

/* ---------------------------------------------------------------------- one set of hosts */

static uint8_t lane_of(const residual_index *index, const placement *s, uint32_t host) {
  assert(index->kind[host] < index->kind_count);
  bool asleep = index->problem->host_asleep[host] && s->population[host] == 0;
  return (uint8_t)(2 * index->kind[host] + asleep);
}

/* The orders of a lane, one for each resource that counts. */
static bool open_lane(const residual_index *index, host_set_index *set, uint32_t lane,
                      uint32_t hosts) {
  const problem *p = index->problem;
  assert(lane < 2 * index->kind_count);
  const int64_t *capacity = capacity_row(p, index->example[lane / 2]);
  residual_order *orders = set->orders + (size_t)lane * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count && hosts > 0; r++) {
    if (!counts(capacity[r]))
      continue;
    if (!residual_order_init(&orders[r], &set->rows, r, hosts, index->memory))
      return false;
  }
  return true;
}

/* The orders that a lane has are those that were opened: they have room. */
static void enter(const residual_index *index, host_set_index *set, uint32_t host, bool leave) {
  uint32_t resources = index->problem->resource_count;
  residual_order *orders = set->orders + (size_t)set->lane[host] * resources;
  assert(host_bits_test(set->hosts, host));
  for (uint32_t r = 0; r < resources; r++) {
    if (orders[r].block_room == 0)
      continue;
    if (leave)
      residual_order_remove(&orders[r], host);
    else
      residual_order_add(&orders[r], host);
  }
}

static void note_row(const residual_index *index, host_set_index *set, const placement *s,
                     uint32_t host) {
  size_t row = (size_t)host * index->problem->resource_count;
  memcpy(set->rows.use + row, s->use + row, index->problem->resource_count * sizeof *set->rows.use);
  set->lane[host] = lane_of(index, s, host);
}

/* Of both lanes where the host may stand. */
static void raise_limits(const residual_index *index, host_set_index *set, uint32_t host) {
  uint32_t resources = index->problem->resource_count;
  const int64_t *limit = index->problem->limit + (size_t)host * resources;
  int64_t *most = set->most_limit + (size_t)2 * index->kind[host] * resources;
  for (uint32_t r = 0; r < resources; r++) {
    most[r] = limit[r] > most[r] ? limit[r] : most[r];
    most[resources + r] = most[r];
  }
}

static bool open_lanes(const residual_index *index, host_set_index *set) {
  const problem *p = index->problem;
  uint32_t hosts[2 * KINDS_MOST] = {0};
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!host_bits_test(set->hosts, h))
      continue;
    raise_limits(index, set, h);
    hosts[(size_t)2 * index->kind[h]]++;
    hosts[(size_t)2 * index->kind[h] + 1] += p->host_asleep[h];
  }
  for (uint32_t lane = 0; lane < 2 * index->kind_count; lane++) {
    if (!open_lane(index, set, lane, hosts[lane]))
      return false;
  }
  return true;
}

/* false = no memory. */
static bool build_set(residual_index *index, host_set_index *set, const placement *s,
                      const host_bits *hosts) {
  const problem *p = index->problem;
  *set = (host_set_index){.hosts = hosts,
                          .rows = {.resource_count = p->resource_count, .limit = p->limit}};
  set->rows.use = arena_take(index->memory, p->host_count, p->resource_count * sizeof(int64_t));
  set->lane = arena_take(index->memory, p->host_count, sizeof *set->lane);
  set->orders = arena_take(index->memory, (size_t)2 * index->kind_count,
                           p->resource_count * sizeof *set->orders);
  set->most_limit = arena_take(index->memory, (size_t)2 * index->kind_count,
                               p->resource_count * sizeof *set->most_limit);
  if (set->rows.use == NULL || set->lane == NULL || set->orders == NULL ||
      set->most_limit == NULL || !open_lanes(index, set))
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!host_bits_test(hosts, h))
      continue;
    note_row(index, set, s, h);
    enter(index, set, h, false);
  }
  set->seen = index->logged;
  return true;
}

static uint32_t count_bits(const problem *p, const host_bits *hosts) {
  uint32_t count = 0;
  for (uint32_t word = 0; word < p->host_words; word++)
    count += (uint32_t)__builtin_popcountll(hosts[word]);
  return count;
}

/* The index for a class: one there is for the same hosts, or a new one for a class that asks often.
 */
static uint8_t set_for(residual_index *index, const placement *s, const host_bits *hosts,
                       uint8_t *asked) {
  const problem *p = index->problem;
  if (count_bits(p, hosts) <= SMALL_SET)
    return NO_SET;
  for (uint32_t i = 0; i < index->set_count; i++) {
    if (memcmp(index->sets[i].hosts, hosts, p->host_words * sizeof *hosts) == 0)
      return (uint8_t)i;
  }
  if (index->set_count == SETS_MOST)
    return NO_SET;
  if (++*asked < ASKED_FIRST)
    return UNKNOWN_SET;
  if (!build_set(index, &index->sets[index->set_count], s, hosts))
    return NO_SET;
  return (uint8_t)index->set_count++;
}

/* ---------------------------------------------------------------------- keeping up */

void residual_index_note(residual_index *index, uint32_t host) {
  assert(host < index->problem->host_count);
  index->log[index->logged++ & index->log_mask] = host;
}

void residual_index_note_all(residual_index *index) {
  assert(index != NULL);
  index->logged += (uint64_t)index->log_mask + 2;
}

static void update(const residual_index *index, host_set_index *set, const placement *s,
                   uint32_t host) {
  size_t row = (size_t)host * index->problem->resource_count;
  if (!host_bits_test(set->hosts, host) ||
      (set->lane[host] == lane_of(index, s, host) &&
       memcmp(set->rows.use + row, s->use + row, index->problem->resource_count * sizeof *s->use) ==
           0))
    return;
  enter(index, set, host, true);
  note_row(index, set, s, host);
  enter(index, set, host, false);
}

/* What the log has forgotten may be any host. */
static void catch_up(const residual_index *index, host_set_index *set, const placement *s) {
  assert(set->seen <= index->logged && s->problem == index->problem);
  if (index->logged - set->seen > (uint64_t)index->log_mask + 1) {
    for (uint32_t h = 0; h < index->problem->host_count; h++)
      update(index, set, s, h);
    set->seen = index->logged;
  }
  for (; set->seen < index->logged; set->seen++)
    update(index, set, s, index->log[set->seen & index->log_mask]);
}

/* ---------------------------------------------------------------------- looking for room */

typedef struct best_fit {
  uint32_t host;
  int64_t fill;
} best_fit;

static bool has_room(const residual_rows *rows, const int64_t *demand, uint32_t host) {
  size_t row = (size_t)host * rows->resource_count;
  for (uint32_t r = 0; r < rows->resource_count; r++) {
    if (demand[r] > rows->limit[row + r] - rows->use[row + r])
      return false;
  }
  return true;
}

static bool block_has_room(const residual_order *o, const int64_t *demand, uint32_t block) {
  const int64_t *most = o->most + (size_t)block * o->rows->resource_count;
  assert(o->filled[block] > 0);
  for (uint32_t r = 0; r < o->rows->resource_count; r++) {
    if (demand[r] > most[r])
      return false;
  }
  return true;
}

/* What the item fills of the resource of an order, at a host with @p key of it in use. */
typedef struct order_walk {
  const residual_query *query;
  const int64_t *demand;
  int64_t own, capacity; /* of the order's resource */
  int64_t taken;         /* key of the last host that was accepted; those like it come behind it */
  best_fit *best;
} order_walk;

static int64_t walk_share(const order_walk *walk, int64_t key) {
  return residual_share(key + walk->own, walk->capacity);
}

static bool is_behind(const order_walk *walk, int64_t key) {
  return walk->best->host != BERTH_NONE && walk_share(walk, key) < walk->best->fill;
}

static void offer(order_walk *walk, const residual_order *o, uint32_t host, int64_t key) {
  const residual_query *q = walk->query;
  if (!has_room(o->rows, walk->demand, host) || !q->accepts(q->placement, q->item, host, q->user))
    return;
  int64_t share = walk_share(walk, key);
  assert(share >= 0 && share <= INT64_C(1) << 20);
  walk->taken = key;
  if (walk->best->host == BERTH_NONE || share > walk->best->fill ||
      (share == walk->best->fill && host < walk->best->host))
    *walk->best = (best_fit){host, share};
}

/* From the fullest host on, until what comes cannot be better. */
static void walk_order(order_walk *walk, const residual_order *o) {
  walk->taken = INT64_MIN;
  for (uint32_t at = 0; at < o->block_count; at++) {
    uint32_t block = o->sequence[at], filled = o->filled[block];
    const uint32_t *hosts = o->hosts + (size_t)block * RESIDUAL_BLOCK;
    assert(filled > 0);
    if (is_behind(walk, residual_order_key(o, hosts[0])))
      return;
    if (!block_has_room(o, walk->demand, block) ||
        residual_order_key(o, hosts[filled - 1]) == walk->taken)
      continue;
    for (uint32_t i = 0; i < filled; i++) {
      int64_t key = residual_order_key(o, hosts[i]);
      if (key == walk->taken)
        continue;
      if (is_behind(walk, key))
        return;
      offer(walk, o, hosts[i], key);
    }
  }
}

/* All orders of a lane hold the same hosts: if none of one will do, none of the others will. */
static void walk_lane(const residual_index *index, const host_set_index *set, uint32_t lane,
                      const residual_query *query, best_fit *best) {
  const problem *p = index->problem;
  const int64_t *capacity = capacity_row(p, index->example[lane / 2]);
  const int64_t *demand = problem_demand(p, query->item);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    const residual_order *o = &set->orders[(size_t)lane * p->resource_count + r];
    if (o->block_count == 0)
      continue;
    order_walk walk = {
        .query = query, .demand = demand, .own = demand[r], .capacity = capacity[r], .best = best};
    walk_order(&walk, o);
    if (best->host == BERTH_NONE)
      return;
  }
}

/* The index that covers the item, up to date; NULL = none. */
static host_set_index *set_of_item(residual_index *index, const placement *s, uint32_t item) {
  const problem *p = index->problem;
  assert(s->problem == p && item < p->item_count);
  uint8_t *number = &index->set_of[p->admission[item]];
  const host_bits *hosts = *number == UNKNOWN_SET ? admission_hosts(p, item) : NULL;
  if (hosts != NULL)
    *number = set_for(index, s, hosts, &index->asked[p->admission[item]]);
  if (*number >= index->set_count)
    return NULL;
  catch_up(index, &index->sets[*number], s);
  return &index->sets[*number];
}

bool residual_index_find(residual_index *index, const residual_query *query, uint32_t *host) {
  const host_set_index *set = set_of_item(index, query->placement, query->item);
  best_fit best = {.host = BERTH_NONE};
  if (set == NULL)
    return false;
  for (uint32_t kind = 0; kind < index->kind_count; kind++)
    walk_lane(index, set, 2 * kind + query->asleep, query, &best);
  assert(best.host == BERTH_NONE || host_bits_test(set->hosts, best.host));
  *host = best.host;
  return true;
}

/* ---------------------------------------------------------------------- what lacks least */

/* No host of the block lacks less. */
static int64_t least_lacking(const residual_order *o, const int64_t *demand,
                             const int64_t *most_limit, uint32_t block) {
  const int64_t *most = o->most + (size_t)block * o->rows->resource_count;
  int64_t lacking = 0;
  for (uint32_t r = 0; r < o->rows->resource_count; r++) {
    if (demand[r] > most[r])
      lacking += residual_lack(demand[r] - most[r], most_limit[r]);
  }
  assert(lacking >= 0);
  return lacking;
}

/* The order of the resource that the item needs most of: there its blocks differ most. */
static const residual_order *order_of_largest(const residual_index *index,
                                              const host_set_index *set, uint32_t lane,
                                              const int64_t *demand) {
  const problem *p = index->problem;
  const int64_t *capacity = capacity_row(p, index->example[lane / 2]);
  const residual_order *found = NULL;
  int64_t largest = -1;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    const residual_order *o = &set->orders[(size_t)lane * p->resource_count + r];
    int64_t share = o->block_count > 0 ? residual_share(demand[r], capacity[r]) : -1;
    if (share > largest) {
      largest = share;
      found = o;
    }
  }
  return found;
}

bool residual_index_visit(residual_index *index, residual_visit *visit) {
  const host_set_index *set = set_of_item(index, visit->placement, visit->item);
  const int64_t *demand = problem_demand(index->problem, visit->item);
  if (set == NULL)
    return false;
  for (uint32_t lane = 0; lane < 2 * index->kind_count; lane += 2) {
    const residual_order *o = order_of_largest(index, set, lane, demand);
    const int64_t *limit = set->most_limit + (size_t)lane * index->problem->resource_count;
    for (uint32_t at = o == NULL ? 0 : o->block_count; at-- > 0;) { /* the roomiest first */
      uint32_t block = o->sequence[at];
      if (least_lacking(o, demand, limit, block) > visit->most_lacking)
        continue;
      for (uint32_t i = 0; i < o->filled[block]; i++)
        visit->visit(visit, o->hosts[(size_t)block * RESIDUAL_BLOCK + i]);
    }
  }
  return true;
}
