/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM is worth moving if its host then takes more VMs of the flavour than the one it goes to takes
 * fewer. The best gain is looked for first, the smallest VM among equals, and for it the first
 * host, tight ones first, that loses nothing, else the one that loses least. Where none of the best
 * finds one, the smallest VMs are tried. Each move is allowed where those before it left all
 * others, so that they are a plan in this order.
 */
#include "capacity_moves.h"
#include "capacity_fill.h"
#include "keyed_sort.h"
#include "placement.h"
#include <assert.h>

enum { CANDIDATES_LOOKED_AT = 100 };

typedef struct move_search {
  const capacity_ground *g;
  placement now;
  uint32_t *list;  /* movable items */
  int64_t *key;    /* [item] */
  uint32_t *hosts; /* tight ones first */
} move_search;

/* VMs that fit once @p sign times the demand of the item is freed; 0 where none may go. */
static int64_t fits_with(move_search *s, uint32_t host, uint32_t item, int64_t sign) {
  const problem *p = &s->g->whole;
  const int64_t *demand = s->g->flavours[0].demand, *moved = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  int64_t fits = CAPACITY_NO_END;
  if (s->g->flavours[0].takes[host] != TAKES_NOW)
    return 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] == 0 || p->limit[row + r] == BERTH_UNLIMITED)
      continue;
    int64_t room = p->limit[row + r] - s->now.use[row + r] + sign * moved[r];
    int64_t here = room > 0 ? room / demand[r] : 0;
    fits = here < fits ? here : fits;
  }
  return fits;
}

static int64_t gain_of(move_search *s, uint32_t item) {
  uint32_t host = s->now.host[item];
  assert(host != BERTH_NONE);
  return fits_with(s, host, item, 1) - fits_with(s, host, item, 0);
}

/* Movable items that are worth moving, the best first; or the smallest. */
static uint32_t list_candidates(move_search *s, bool smallest) {
  const problem *p = &s->g->whole;
  uint32_t count = 0;
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t gain = p->kind[item] == ITEM_MOVABLE ? gain_of(s, item) : 0;
    if (gain <= 0)
      continue;
    gain = smallest ? 0 : gain < 1 << 20 ? gain : 1 << 20;
    s->key[item] = (gain << 41) - problem_demand(p, item)[BERTH_RESOURCE_MEMORY];
    s->list[count++] = item;
  }
  keyed_sort(s->list, count, s->key);
  return count;
}

/* Where it goes, and what is gained in all; BERTH_NONE = nowhere to any avail. */
static uint32_t find_host(move_search *s, uint32_t item, int64_t *net) {
  const problem *p = &s->g->whole;
  int64_t gain = gain_of(s, item), best = 0;
  uint32_t found = BERTH_NONE;
  for (uint32_t i = 0; i < p->host_count && best < gain; i++) {
    uint32_t host = s->hosts[i];
    if (host == s->now.host[item] || !p->host_open[host] || p->host_asleep[host] ||
        !placement_has_capacity(&s->now, item, host))
      continue;
    int64_t left = gain - (fits_with(s, host, item, 0) - fits_with(s, host, item, -1));
    if (left <= best || !placement_fits(&s->now, item, host))
      continue;
    best = left;
    found = host;
  }
  *net = best;
  return found;
}

static bool move_one(move_search *s, bool smallest, int64_t *net) {
  uint32_t count = list_candidates(s, smallest), item = BERTH_NONE, host = BERTH_NONE;
  *net = 0;
  for (uint32_t i = 0; i < count && i < CANDIDATES_LOOKED_AT; i++) {
    int64_t here, most = gain_of(s, s->list[i]);
    if (smallest ? *net > 0 : most <= *net)
      break;
    uint32_t to = find_host(s, s->list[i], &here);
    if (to == BERTH_NONE || here <= *net)
      continue;
    *net = here;
    item = s->list[i];
    host = to;
  }
  if (item == BERTH_NONE)
    return false;
  assert(*net > 0 && s->g->whole.kind[item] == ITEM_MOVABLE);
  placement_move(&s->now, item, host);
  return true;
}

static bool order_hosts(move_search *s, arena *memory) {
  const problem *p = &s->g->whole;
  int64_t *key = arena_take(memory, p->host_count, sizeof *key);
  s->hosts = arena_take(memory, p->host_count, sizeof *s->hosts);
  if (key == NULL || s->hosts == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    s->hosts[h] = h;
    key[h] = -s->g->room[(size_t)h * p->resource_count + BERTH_RESOURCE_MEMORY];
  }
  keyed_sort(s->hosts, p->host_count, key);
  return true;
}

bool capacity_moves_try(const capacity_ground *g, uint32_t steps, search_clock *clock,
                        arena *memory, int64_t *vms) {
  move_search s = {.g = g};
  assert(g->flavour_count == 1 && g->is_plain);
  s.list = arena_take(memory, g->whole.item_count, sizeof *s.list);
  s.key = arena_take(memory, g->whole.item_count, sizeof *s.key);
  if (s.list == NULL || s.key == NULL || !order_hosts(&s, memory) ||
      !placement_init(&s.now, &g->whole, memory))
    return false;
  bool going = true;
  for (uint32_t m = 1; m <= steps; m++) {
    int64_t net = 0;
    going = going && !search_clock_over(clock) &&
            (move_one(&s, false, &net) || move_one(&s, true, &net));
    vms[m] = vms[m - 1] + net;
    assert(net >= 0);
  }
  return true;
}
