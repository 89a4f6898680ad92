/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least loaded host first: its VMs, largest first, each to the fullest host that takes it (best
 * fit, as packing goes); where one finds none, all of them go back and the host stays on. Every
 * move is allowed when it is made, so that their order is one that works.
 */
#include "power_emptying.h"
#include "admission.h"
#include "checked.h"
#include <assert.h>
#include <string.h>

typedef struct emptying {
  const power_ground *g;
  placement state;
  berth_power_load *load; /* [host] */
  uint8_t *on;            /* [host] */
  uint8_t *tried;         /* [host] */
  uint8_t *receives;      /* [host] */
  uint32_t *items;        /* of one host */
  uint32_t item_count;
  sequence moves;
} emptying;

/* The fuller of both, in hundredths of a percent. */
static int64_t fill_of(const emptying *e, uint32_t host) {
  berth_power_load has = power_load_capacity(e->g->inventory, e->g->first_host + host);
  int64_t cpu = has.cpu_mhz > 0 ? e->load[host].cpu_mhz * 10000 / has.cpu_mhz : 0;
  int64_t memory = has.memory_mib > 0 ? e->load[host].memory_mib * 10000 / has.memory_mib : 0;
  return larger_i64(cpu, memory);
}

static void shift(emptying *e, uint32_t item, uint32_t to) {
  berth_power_load own = power_load_of_vm(e->g->inventory, e->g->whole.vm[item]);
  berth_power_load *from = &e->load[e->state.host[item]];
  from->cpu_mhz -= own.cpu_mhz;
  from->memory_mib -= own.memory_mib;
  assert(from->cpu_mhz >= 0 && from->memory_mib >= 0);
  power_load_add(&e->load[to], own);
  placement_move(&e->state, item, to);
}

static bool takes(const emptying *e, uint32_t item, uint32_t host) {
  berth_power_load load = e->load[host];
  power_load_add(&load, power_load_of_vm(e->g->inventory, e->g->whole.vm[item]));
  berth_power_load most = power_load_share(
      power_load_capacity(e->g->inventory, e->g->first_host + host), e->g->out->high_percent);
  return power_load_fits(load, most) && placement_has_room(&e->state, item, host) &&
         admission_allows(&e->g->whole, item, host) && placement_fits(&e->state, item, host);
}

static uint32_t best_host(const emptying *e, uint32_t item) {
  assert(e->state.host[item] != BERTH_NONE);
  uint32_t best = BERTH_NONE;
  for (uint32_t h = 0; h < e->g->host_count; h++) {
    if (!e->on[h] || !e->receives[h] || h == e->state.host[item] ||
        (best != BERTH_NONE && fill_of(e, h) <= fill_of(e, best)) || !takes(e, item, h))
      continue;
    best = h;
  }
  return best;
}

static bool larger(const emptying *e, uint32_t a, uint32_t b) {
  berth_power_load x = power_load_of_vm(e->g->inventory, e->g->whole.vm[a]);
  berth_power_load y = power_load_of_vm(e->g->inventory, e->g->whole.vm[b]);
  return x.memory_mib != y.memory_mib ? x.memory_mib > y.memory_mib : x.cpu_mhz > y.cpu_mhz;
}

static void list_items(emptying *e, uint32_t host) {
  e->item_count = 0;
  for (uint32_t item = e->state.first[host]; item != BERTH_NONE; item = e->state.next[item]) {
    uint32_t at = e->item_count++;
    for (; at > 0 && larger(e, item, e->items[at - 1]); at--)
      e->items[at] = e->items[at - 1];
    e->items[at] = item;
  }
}

/* False: no memory. @param[out] emptied whether all left; else all are back. */
static bool try_host(emptying *e, uint32_t host, bool *emptied) {
  uint32_t moved = 0, before = e->moves.count;
  int64_t violations = e->state.value[BERTH_LEVEL_VIOLATIONS];
  int64_t should = e->state.value[BERTH_LEVEL_SHOULD_BROKEN];
  list_items(e, host);
  assert(!e->on[host] && e->item_count == e->state.population[host]);
  for (; moved < e->item_count; moved++) {
    uint32_t item = e->items[moved], to = best_host(e, item);
    if (to == BERTH_NONE)
      break;
    if (!sequence_add(&e->moves, e->g->memory, item, host, to))
      return false;
    shift(e, item, to);
  }
  *emptied = moved == e->item_count && e->state.value[BERTH_LEVEL_VIOLATIONS] <= violations &&
             e->state.value[BERTH_LEVEL_SHOULD_BROKEN] <= should;
  while (!*emptied && moved > 0)
    shift(e, e->items[--moved], host);
  if (!*emptied)
    e->moves.count = before;
  return true;
}

static bool may_go(emptying *e, uint32_t host, bool *may) {
  assert(e->on[host] && e->tried[host]);
  const power_ground *g = e->g;
  admission_policy policy;
  bool kept = true;
  *may = g->on[host] && !g->stay[host] && power_ground_count(g, e->on) > g->out->minimum;
  if (!*may || !g->keep_admission)
    return true;
  e->on[host] = 0;
  bool ok = power_ground_policy(g, e->on, &policy, &kept);
  e->on[host] = 1;
  *may = kept;
  return ok;
}

static void choose_receivers(emptying *e, uint32_t count) {
  const power_ground *g = e->g;
  memcpy(e->receives, g->stay, g->host_count);
  for (uint32_t have = power_ground_count(g, g->stay); have < count; have++) {
    uint32_t fullest = BERTH_NONE;
    for (uint32_t h = 0; h < g->host_count; h++)
      if (g->on[h] && !e->receives[h] &&
          (fullest == BERTH_NONE || fill_of(e, h) > fill_of(e, fullest)))
        fullest = h;
    if (fullest == BERTH_NONE)
      return;
    e->receives[fullest] = 1;
  }
}

static bool begin(emptying *e, uint32_t receivers) {
  const power_ground *g = e->g;
  e->load = arena_take(g->memory, g->host_count, sizeof *e->load);
  e->on = arena_take(g->memory, g->host_count, 1);
  e->tried = arena_take(g->memory, g->host_count, 1);
  e->receives = arena_take(g->memory, g->host_count, 1);
  e->items = arena_take(g->memory, g->whole.item_count, sizeof *e->items);
  if (e->load == NULL || e->on == NULL || e->tried == NULL || e->receives == NULL ||
      e->items == NULL || !placement_init(&e->state, &g->whole, g->memory))
    return false;
  memcpy(e->on, g->on, g->host_count);
  for (uint32_t h = 0; h < g->host_count; h++)
    e->load[h] = g->hosts[h].before;
  choose_receivers(e, receivers);
  return true;
}

/* The least loaded of those that were not tried yet, as loaded as they are by now: who has taken
 * VMs in is not emptied soon. */
static uint32_t next_host(const emptying *e) {
  uint32_t next = BERTH_NONE;
  for (uint32_t h = 0; h < e->g->host_count; h++)
    if (e->on[h] && !e->tried[h] && (next == BERTH_NONE || fill_of(e, h) < fill_of(e, next)))
      next = h;
  return next;
}

static bool describe(emptying *e, power_reply *out) {
  const power_ground *g = e->g;
  *out = (power_reply){.serves = e->on, .moves = e->moves};
  out->at = arena_take(g->memory, g->whole.item_count, sizeof *out->at);
  if (out->at == NULL)
    return false;
  memcpy(out->at, e->state.host, g->whole.item_count * sizeof *out->at);
  out->weight = power_ground_weigh(g, e->on);
  out->before[POWER_VIOLATIONS] = e->state.value[BERTH_LEVEL_VIOLATIONS];
  out->before[POWER_UNPLACED] = e->state.value[BERTH_LEVEL_UNPLACED];
  out->before[POWER_SHOULD] = e->state.value[BERTH_LEVEL_SHOULD_BROKEN];
  for (uint32_t h = 0; h < g->host_count; h++)
    out->before[POWER_VIOLATIONS] += power_load_above(
        e->load[h], power_load_capacity(g->inventory, g->first_host + h), g->out->high_percent);
  return true;
}

bool power_emptying_try(const power_ground *g, uint32_t receivers, power_reply *out) {
  emptying *e = arena_take(g->memory, 1, sizeof *e);
  if (e == NULL)
    return false;
  e->g = g;
  if (!begin(e, receivers))
    return false;
  for (uint32_t host; (host = next_host(e)) != BERTH_NONE && !search_clock_over(g->clock);) {
    bool may, emptied;
    e->tried[host] = 1;
    if (!may_go(e, host, &may))
      return false;
    if (!may)
      continue;
    e->on[host] = 0;
    if (!try_host(e, host, &emptied))
      return false;
    e->on[host] = !emptied;
  }
  return describe(e, out);
}
