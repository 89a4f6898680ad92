/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Few items: all subsets of carried-out moves are searched (the state after a set of moves does not
 * depend on their order, so 2^n subsets are all there is). Many, or no direct order: moves whose
 * destination has room are carried out until none is left. What is then stuck is a closed set, each
 * waiting for another's room: an item makes a stop-over on a third host where that lets another go.
 */
#include "sequence.h"
#include "admission.h"
#include <assert.h>
#include <berth/plan.h>
#include <stdlib.h>
#include <string.h>

/* HOP_WORK_MOST: looks for room in the search for stop-overs, about a second's worth. Counted, not
 * timed: the same inventory gives the same plan. */
enum { SUBSET_ITEMS = 18, HOP_WORK_MOST = 1 << 26 };

bool sequence_add(sequence *order, arena *memory, uint32_t item, uint32_t from, uint32_t to) {
  if (order->count == order->room) {
    uint32_t room = order->room == 0 ? 64 : 2 * order->room;
    migration *list = arena_take(memory, room, sizeof *list);
    if (list == NULL)
      return false;
    if (order->count > 0)
      memcpy(list, order->list, order->count * sizeof *list);
    order->list = list;
    order->room = room;
  }
  assert(from != to && from != BERTH_NONE && to != BERTH_NONE);
  order->list[order->count++] = (migration){item, from, to};
  return true;
}

typedef struct ordering {
  const placement *target;
  placement *state;
  arena *memory;
  sequence *order;
  uint32_t *pending; /* items that are not where they end */
  uint32_t pending_count;
  uint8_t *awaited; /* [host] 1 = a pending item ends there */
  uint64_t work;
} ordering;

static bool carry_out(ordering *o, uint32_t item, uint32_t to) {
  uint32_t from = o->state->host[item];
  assert(from != BERTH_NONE && from != to);
  placement_move(o->state, item, to);
  return sequence_add(o->order, o->memory, item, from, to);
}

/* One pass over the pending items in order; true if any could go. */
static bool pass(ordering *o, bool *memory_ok) {
  uint32_t kept = 0;
  bool moved = false;
  for (uint32_t i = 0; i < o->pending_count; i++) {
    uint32_t item = o->pending[i], to = o->target->host[item];
    if (*memory_ok && placement_has_room(o->state, item, to)) {
      *memory_ok = carry_out(o, item, to);
      moved = true;
    } else {
      o->pending[kept++] = item;
    }
  }
  o->pending_count = kept;
  return moved && *memory_ok;
}

/* Depth-first search over subsets of carried-out moves; `dead` marks subsets that lead nowhere. */
static bool search_subsets(ordering *o, uint32_t done, uint64_t *dead, uint32_t *trail,
                           uint32_t depth) {
  uint32_t all = (UINT32_C(1) << o->pending_count) - 1;
  assert(o->pending_count <= SUBSET_ITEMS && depth <= o->pending_count);
  if (done == all)
    return true;
  if ((dead[done >> 6] >> (done & 63)) & 1)
    return false;
  for (uint32_t i = 0; i < o->pending_count; i++) {
    uint32_t item = o->pending[i], from = o->state->host[item], to = o->target->host[item];
    if (((done >> i) & 1) || !placement_has_room(o->state, item, to))
      continue;
    placement_move(o->state, item, to);
    trail[depth] = i;
    if (search_subsets(o, done | (UINT32_C(1) << i), dead, trail, depth + 1))
      return true;
    placement_move(o->state, item, from);
  }
  dead[done >> 6] |= UINT64_C(1) << (done & 63);
  return false;
}

/* Exact direct order for few items; true with the order appended if there is one. */
static bool order_exactly(ordering *o, bool *memory_ok) {
  uint32_t trail[SUBSET_ITEMS], from[SUBSET_ITEMS];
  if (o->pending_count > SUBSET_ITEMS)
    return false;
  for (uint32_t i = 0; i < o->pending_count; i++)
    from[i] = o->state->host[o->pending[i]];
  size_t words = ((size_t)1 << o->pending_count) / 64 + 1;
  uint64_t *dead = arena_take(o->memory, words, sizeof *dead);
  *memory_ok = dead != NULL;
  if (dead == NULL || !search_subsets(o, 0, dead, trail, 0))
    return false;
  for (uint32_t i = 0; i < o->pending_count && *memory_ok; i++) {
    uint32_t item = o->pending[trail[i]];
    *memory_ok = sequence_add(o->order, o->memory, item, from[trail[i]], o->target->host[item]);
  }
  o->pending_count = 0;
  return *memory_ok;
}

static bool has_spread_rules(const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form == RULE_FORM_SPREAD)
      return true;
  }
  return false;
}

/* Whether one that had no room before may go now that `item` has left `from`: for room on the host
 * only those that end there come into question, for room in a domain all. */
static bool enables_another(ordering *o, uint32_t item, uint32_t from, bool in_domains) {
  o->work += o->pending_count;
  for (uint32_t i = 0; i < o->pending_count; i++) {
    uint32_t other = o->pending[i], to = o->target->host[other];
    if (other != item && (in_domains || to == from) && placement_has_room(o->state, other, to))
      return true;
  }
  return false;
}

/* A host that `item` may stop over at, from `host` on; BERTH_NONE = no more. */
static uint32_t next_stop(ordering *o, const host_bits *hosts, uint32_t item, uint32_t host) {
  const problem *p = o->state->problem;
  for (; host < p->host_count; host++) {
    if (!host_bits_test(hosts, host) || host == o->state->host[item] ||
        (p->host_asleep[host] && o->target->population[host] == 0))
      continue;
    o->work++;
    if (placement_has_room(o->state, item, host))
      return host;
  }
  return BERTH_NONE;
}

/* A stop-over of `item` that lets another one go. Without rules that count domains, it is the same
 * for the others wherever it stops over: one host is tried. */
static bool hop_item(ordering *o, uint32_t item, bool in_domains, bool *memory_ok) {
  const problem *p = o->state->problem;
  uint32_t from = o->state->host[item];
  const host_bits *hosts = admission_hosts(p, item);
  *memory_ok = hosts != NULL;
  uint32_t host = hosts != NULL ? next_stop(o, hosts, item, 0) : BERTH_NONE;
  while (host != BERTH_NONE && o->work < HOP_WORK_MOST) {
    placement_move(o->state, item, host);
    if (enables_another(o, item, from, in_domains)) {
      *memory_ok = sequence_add(o->order, o->memory, item, from, host);
      o->order->hops++;
      return *memory_ok;
    }
    placement_move(o->state, item, from);
    host = in_domains ? next_stop(o, hosts, item, host + 1) : BERTH_NONE;
  }
  return false;
}

static bool hop(ordering *o, bool *memory_ok) {
  const problem *p = o->state->problem;
  memset(o->awaited, 0, p->host_count);
  for (uint32_t i = 0; i < o->pending_count; i++)
    o->awaited[o->target->host[o->pending[i]]] = 1;
  o->work += p->host_count + o->pending_count;
  for (uint32_t i = 0; i < o->pending_count && *memory_ok && o->work < HOP_WORK_MOST; i++) {
    uint32_t item = o->pending[i];
    bool in_domains = has_spread_rules(p, item);
    assert(o->state->host[item] != BERTH_NONE && o->target->host[item] != BERTH_NONE);
    if ((in_domains || o->awaited[o->state->host[item]]) &&
        hop_item(o, item, in_domains, memory_ok))
      return true;
  }
  return false;
}

/* In chains of one lane (quiesce groups) the last one's settling costs nothing: the longest settles
 * last. Otherwise long copies first, so that lanes end together. */
typedef struct pending_key {
  int64_t settle, memory;
  uint32_t item;
} pending_key;

static int compare_pending(const void *a, const void *b) {
  const pending_key *x = a, *y = b;
  if (x->settle != y->settle)
    return x->settle < y->settle ? -1 : 1;
  if (x->memory != y->memory)
    return x->memory > y->memory ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

static pending_key key_of(const ordering *o, uint32_t item) {
  const problem *p = o->state->problem;
  uint32_t vm = p->vm[item], home = p->host[o->state->host[item]];
  int64_t wait, seconds;
  berth_migration_time(p->inventory, vm, home, p->host[o->target->host[item]], &wait, &seconds);
  return (pending_key){.settle = wait > 0 ? p->inventory->vm_notification[vm].settle_seconds : 0,
                       .memory = p->inventory->vm_memory[vm],
                       .item = item};
}

static bool list_pending(ordering *o) {
  const problem *p = o->state->problem;
  o->pending = arena_take(o->memory, p->item_count, sizeof *o->pending);
  for (uint32_t item = 0; o->pending != NULL && item < p->item_count; item++) {
    if (!problem_is_requested(p, item) && o->target->host[item] != o->state->host[item])
      o->pending[o->pending_count++] = item;
  }
  o->awaited = arena_take(o->memory, p->host_count, 1);
  pending_key *keys = arena_take(o->memory, o->pending_count, sizeof *keys);
  if (o->pending == NULL || o->awaited == NULL || keys == NULL)
    return false;
  for (uint32_t i = 0; i < o->pending_count; i++)
    keys[i] = key_of(o, o->pending[i]);
  qsort(keys, o->pending_count, sizeof *keys, compare_pending);
  for (uint32_t i = 0; i < o->pending_count; i++)
    o->pending[i] = keys[i].item;
  return true;
}

sequence_result sequence_find(const placement *target, placement *state, arena *memory,
                              sequence *order) {
  ordering o = {.target = target, .state = state, .memory = memory, .order = order};
  bool memory_ok = list_pending(&o);
  assert(target->problem == state->problem);
  *order = (sequence){0};
  if (memory_ok && order_exactly(&o, &memory_ok))
    return SEQUENCE_DIRECT;
  while (memory_ok && o.pending_count > 0 && (pass(&o, &memory_ok) || hop(&o, &memory_ok)))
    continue;
  if (!memory_ok)
    return SEQUENCE_OUT_OF_MEMORY;
  if (o.pending_count > 0)
    return SEQUENCE_STUCK;
  return order->hops == 0 ? SEQUENCE_DIRECT : SEQUENCE_WITH_HOPS;
}
