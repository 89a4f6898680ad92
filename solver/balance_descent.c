/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steepest descent, hottest hosts first: of all items of a hot host and all destinations that come
 * into question, the migration that is best by the ladder; where there is none, the best swap with
 * an item of a cool host. Then items go home again where that costs nothing before migrations.
 * Every migration fits as the state stands, so that without swaps the moves work in the order in
 * which they were found.
 *
 * Destinations of small clusters are all hosts; of large ones the coolest by cpu, by memory and by
 * the worse of both, which is where one that is hot by either finds relief.
 */
#include "balance_descent.h"
#include "admission.h"
#include "keyed_sort.h"
#include <assert.h>
#include <string.h>

enum {
  ALL_HOSTS = 96,  /* as destinations, up to so many */
  COOLEST = 32,    /* of each order beyond that */
  ORDERS = 3,      /* by cpu, by memory, by the worse */
  SWAP_HOSTS = 24, /* the first of them */
  CHANGES_LISTED = 32,
  MOST_PASSES = 64
};

typedef struct balancing {
  placement *s;
  search_clock *clock;
  uint32_t *hosts; /* awake and open */
  uint32_t host_count;
  uint32_t *hot, hot_count;
  uint32_t *cool, cool_count; /* destinations of this pass */
  uint32_t *order;            /* work space */
  int64_t *key;               /* [host] */
} balancing;

/* A change that was tried: @p other goes back to @p from in a swap, BERTH_NONE in a migration. */
typedef struct tried_move {
  uint32_t item, to, other;
  int64_t value[BERTH_LEVEL_COUNT];
} tried_move;

/* ---------------------------------------------------------------------- who is hot */

/* By overload, then by what is stranded. Beyond all sense (a load of billions of times the
 * capacity) hosts are equally hot. */
static int64_t heat_of(const placement *s, uint32_t host) {
  static const int64_t most = INT64_MAX >> 17;
  int64_t overload, stranded;
  placement_imbalance(s, host, &overload, &stranded);
  assert(overload >= 0 && stranded >= 0);
  overload = overload < most ? overload : most;
  return overload * (1 << 16) + (stranded < most ? stranded : most);
}

static int64_t share(const placement *s, uint32_t host, int which) {
  const problem *p = s->problem;
  int resource = which == LOAD_CPU ? BERTH_RESOURCE_CPU : BERTH_RESOURCE_MEMORY;
  int64_t capacity = p->capacity[(size_t)host * p->resource_count + (uint32_t)resource];
  int64_t load = s->load[(size_t)host * LOAD_COUNT + (uint32_t)which];
  return capacity > 0 ? load * 10000 / capacity : INT64_MAX / 2;
}

static void list_hot(balancing *b) {
  b->hot_count = 0;
  for (uint32_t i = 0; i < b->host_count; i++) {
    b->key[b->hosts[i]] = heat_of(b->s, b->hosts[i]);
    if (b->key[b->hosts[i]] > 0)
      b->hot[b->hot_count++] = b->hosts[i];
  }
  keyed_sort(b->hot, b->hot_count, b->key);
}

static void key_by(balancing *b, int order) {
  for (uint32_t i = 0; i < b->host_count; i++) {
    uint32_t host = b->hosts[i];
    int64_t cpu = share(b->s, host, LOAD_CPU), memory = share(b->s, host, LOAD_MEMORY);
    int64_t worse = cpu > memory ? cpu : memory;
    b->key[host] = -(order == 0 ? worse : order == 1 ? cpu : memory);
  }
}

static void list_cool(balancing *b) {
  bool all = b->host_count <= ALL_HOSTS;
  uint32_t count = all ? b->host_count : COOLEST;
  b->cool_count = 0;
  for (int order = 0; order < (all ? 1 : ORDERS); order++) {
    key_by(b, order);
    memcpy(b->order, b->hosts, b->host_count * sizeof *b->order);
    keyed_sort(b->order, b->host_count, b->key);
    for (uint32_t i = 0; i < count; i++) { /* one that is cool in two orders is tried twice */
      b->cool[b->cool_count++] = b->order[i];
    }
  }
  assert(b->cool_count <= b->host_count + ORDERS * COOLEST);
}

/* ---------------------------------------------------------------------- one change */

static bool is_mobile(const problem *p, uint32_t item) {
  return p->kind[item] == ITEM_MOVABLE;
}

static void remember(const placement *s, uint32_t item, uint32_t to, uint32_t other,
                     tried_move *best) {
  if (placement_compare(s->problem, s->value, best->value) >= 0)
    return;
  best->item = item;
  best->to = to;
  best->other = other;
  memcpy(best->value, s->value, sizeof best->value);
}

static void try_migration(placement *s, uint32_t item, uint32_t to, tried_move *best) {
  uint32_t from = s->host[item];
  if (to == from || !placement_fits(s, item, to))
    return;
  placement_move(s, item, to);
  remember(s, item, to, BERTH_NONE, best);
  placement_move(s, item, from);
}

static bool may_stand(const problem *p, uint32_t item, uint32_t host) {
  return p->origin[item] == host || admission_allows(p, item, host);
}

static void try_swap(placement *s, uint32_t item, uint32_t other, tried_move *best) {
  const problem *p = s->problem;
  uint32_t from = s->host[item], to = s->host[other];
  if (!may_stand(p, item, to) || !may_stand(p, other, from))
    return;
  placement_move(s, other, from);
  placement_move(s, item, to);
  if (placement_compare(p, s->value, best->value) < 0 && placement_within_limits(s, from) &&
      placement_within_limits(s, to) && placement_rules_allowed(s))
    remember(s, item, to, other, best);
  placement_move(s, item, from);
  placement_move(s, other, to);
}

static bool take(placement *s, const tried_move *best) {
  if (best->item == BERTH_NONE)
    return false;
  uint32_t from = s->host[best->item];
  if (best->other != BERTH_NONE)
    placement_move(s, best->other, from);
  placement_move(s, best->item, best->to);
  assert(placement_compare(s->problem, s->value, best->value) == 0);
  return true;
}

static tried_move nothing_yet(const placement *s) {
  tried_move none = {.item = BERTH_NONE, .other = BERTH_NONE};
  memcpy(none.value, s->value, sizeof none.value);
  return none;
}

/* ---------------------------------------------------------------------- a host */

static bool migrate_one(balancing *b, uint32_t host) {
  placement *s = b->s;
  tried_move best = nothing_yet(s);
  for (uint32_t item = s->first[host], next; item != BERTH_NONE; item = next) {
    next = s->next[item]; /* trying takes the item out of the list and puts it back elsewhere */
    for (uint32_t c = 0; c < b->cool_count && is_mobile(s->problem, item); c++)
      try_migration(s, item, b->cool[c], &best);
  }
  return take(s, &best);
}

static uint32_t list_mobile(const placement *s, uint32_t host, uint32_t *list) {
  uint32_t count = 0;
  for (uint32_t item = s->first[host]; item != BERTH_NONE; item = s->next[item]) {
    if (is_mobile(s->problem, item))
      list[count++] = item;
  }
  return count;
}

static bool swap_one(balancing *b, uint32_t host, uint32_t *own, uint32_t *others) {
  placement *s = b->s;
  tried_move best = nothing_yet(s);
  uint32_t own_count = list_mobile(s, host, own);
  for (uint32_t c = 0; c < b->cool_count && c < SWAP_HOSTS; c++) {
    uint32_t count = b->cool[c] == host ? 0 : list_mobile(s, b->cool[c], others);
    for (uint32_t i = 0; i < own_count && !search_clock_over(b->clock); i++) {
      for (uint32_t k = 0; k < count; k++)
        try_swap(s, own[i], others[k], &best);
    }
  }
  return take(s, &best);
}

/* ---------------------------------------------------------------------- all of them */

/* One host after the other, as far as each gets; swaps only where @p own and @p others are given.
 */
static bool pass(balancing *b, uint32_t *own, uint32_t *others) {
  uint32_t changes = 0;
  list_hot(b);
  list_cool(b);
  for (uint32_t h = 0; h < b->hot_count; h++) {
    uint32_t host = b->hot[h];
    while (heat_of(b->s, host) > 0 && !search_clock_over(b->clock)) {
      if (!migrate_one(b, host) && (own == NULL || !swap_one(b, host, own, others)))
        break;
      if (++changes % CHANGES_LISTED == 0)
        list_cool(b); /* those that were cool have taken something */
    }
  }
  return changes > 0;
}

static void send_home(placement *s) {
  const problem *p = s->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    tried_move best = nothing_yet(s);
    if (is_mobile(p, item) && s->host[item] != p->origin[item])
      try_migration(s, item, p->origin[item], &best);
    (void)take(s, &best);
  }
}

bool balance_descent(placement *s, arena *memory, search_clock *clock) {
  const problem *p = s->problem;
  size_t hosts = (size_t)p->host_count + (size_t)ORDERS * COOLEST;
  balancing b = {.s = s, .clock = clock};
  uint32_t *own = arena_take(memory, p->item_count, sizeof *own);
  uint32_t *others = arena_take(memory, p->item_count, sizeof *others);
  assert(p->goal == BERTH_GOAL_REBALANCE && s->load != NULL);
  b.hosts = arena_take(memory, hosts, sizeof *b.hosts);
  b.hot = arena_take(memory, hosts, sizeof *b.hot);
  b.cool = arena_take(memory, hosts, sizeof *b.cool);
  b.order = arena_take(memory, hosts, sizeof *b.order);
  b.key = arena_take(memory, hosts, sizeof *b.key);
  if (own == NULL || others == NULL || b.hosts == NULL || b.hot == NULL || b.cool == NULL ||
      b.order == NULL || b.key == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (p->host_open[h] && !p->host_asleep[h])
      b.hosts[b.host_count++] = h;
  }
  for (uint32_t i = 0; i < MOST_PASSES; i++) {
    if (!pass(&b, NULL, NULL) && !pass(&b, own, others))
      break;
  }
  send_home(s);
  return true;
}
