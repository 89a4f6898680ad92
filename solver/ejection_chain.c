/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidate hosts are tried in order of how little they lack; on each, the items are ejected whose
 * going frees what is missing at the least memory moved, at most EJECTED_MOST a host. Every ejected
 * item must find a place by the same procedure one level shallower; otherwise all is undone.
 * (F. Glover, Ejection chains, reference structures and alternating path methods, 1996.)
 */
#include "ejection_chain.h"
#include "admission.h"
#include "destination.h"
#include <assert.h>

enum { HOSTS_TRIED = 12, EJECTED_MOST = 4, VICTIMS_TRIED = 24, CHAIN_MOST = 64 };

/* What `item` lacks at `host`, as a share of capacity summed over resources, in 1/2^20. */
static int64_t shortage(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  int64_t lacking = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t limit = p->limit[row + r];
    if (limit == BERTH_UNLIMITED || s->use[row + r] + demand[r] <= limit)
      continue;
    if (demand[r] > limit)
      return INT64_MAX; /* never fits */
    lacking += residual_lack(s->use[row + r] + demand[r] - limit, limit);
  }
  return lacking;
}

/* The hosts that lack least, best first, of equal ones the lowest. */
typedef struct ranking {
  const uint8_t *barred;
  uint32_t *hosts;
  int64_t lacking[HOSTS_TRIED];
  uint32_t count;
} ranking;

static bool ranks_behind(const ranking *r, uint32_t at, int64_t lack, uint32_t host) {
  return r->lacking[at] > lack || (r->lacking[at] == lack && r->hosts[at] > host);
}

/* Enters an admitted host. */
static void rank_host(residual_visit *visit, uint32_t host) {
  const placement *s = visit->placement;
  ranking *r = visit->user;
  if (host == s->host[visit->item] || r->barred[host])
    return;
  int64_t lack = shortage(s, visit->item, host);
  if (lack == INT64_MAX || (r->count == HOSTS_TRIED && !ranks_behind(r, r->count - 1, lack, host)))
    return;
  uint32_t at = r->count < HOSTS_TRIED ? r->count++ : r->count - 1;
  for (; at > 0 && ranks_behind(r, at - 1, lack, host); at--) {
    r->lacking[at] = r->lacking[at - 1];
    r->hosts[at] = r->hosts[at - 1];
  }
  assert(at < HOSTS_TRIED);
  r->lacking[at] = lack;
  r->hosts[at] = host;
  if (r->count == HOSTS_TRIED)
    visit->most_lacking = r->lacking[HOSTS_TRIED - 1];
}

/* The hosts to make room on, best first, in `list`; returns how many. */
static uint32_t rank_hosts(const placement *s, uint32_t item, const uint8_t *barred,
                           uint32_t *list) {
  const problem *p = s->problem;
  ranking ranked = {.barred = barred, .hosts = list};
  residual_visit visit = {
      .placement = s, .item = item, .user = &ranked, .visit = rank_host, .most_lacking = INT64_MAX};
  if (s->index != NULL && residual_index_visit(s->index, &visit))
    return ranked.count;
  for (uint32_t host = 0; host < p->host_count; host++) {
    bool wakes = p->host_asleep[host] && s->population[host] == 0;
    if (!wakes && admission_allows(p, item, host))
      rank_host(&visit, host);
  }
  return ranked.count;
}

/* Movable items at `host`, least memory first; returns how many. */
static uint32_t list_victims(const placement *s, uint32_t host, uint32_t item, uint32_t *victims) {
  const problem *p = s->problem;
  uint32_t count = 0;
  for (uint32_t other = s->first[host]; other != BERTH_NONE; other = s->next[other]) {
    if (p->kind[other] == ITEM_FIXED || other == item)
      continue;
    int64_t memory = p->inventory->vm_memory[p->vm[other]];
    if (count == VICTIMS_TRIED && memory >= p->inventory->vm_memory[p->vm[victims[count - 1]]])
      continue;
    uint32_t at = count < VICTIMS_TRIED ? count++ : count - 1;
    for (; at > 0 &&
           (p->inventory->vm_memory[p->vm[victims[at - 1]]] > memory ||
            (p->inventory->vm_memory[p->vm[victims[at - 1]]] == memory && victims[at - 1] > other));
         at--)
      victims[at] = victims[at - 1];
    assert(at < VICTIMS_TRIED);
    victims[at] = other;
  }
  return count;
}

/* Every move of a chain, so that a dead end can be taken back to any point. */
typedef struct chain {
  placement *state;
  uint8_t *barred;     /* [host] out of the question, or room is being made there */
  uint32_t scans_left; /* searches for a destination: each looks at all hosts */
  uint32_t count;
  uint32_t item[CHAIN_MOST], from[CHAIN_MOST];
} chain;

static bool chain_move(chain *c, uint32_t item, uint32_t host) {
  assert(host != BERTH_NONE && c->state->host[item] != host);
  if (c->count == CHAIN_MOST)
    return false;
  c->item[c->count] = item;
  c->from[c->count++] = c->state->host[item];
  placement_move(c->state, item, host);
  return true;
}

static void chain_revert(chain *c, uint32_t mark) {
  assert(mark <= c->count);
  while (c->count > mark) {
    c->count--;
    placement_move(c->state, c->item[c->count], c->from[c->count]);
  }
}

static bool place_anywhere(chain *c, uint32_t item, uint32_t depth);

/* Moves one victim off `host` if that helps `item` there. */
static bool eject(chain *c, uint32_t item, uint32_t victim, uint32_t host, uint32_t depth) {
  placement *s = c->state;
  uint32_t mark = c->count;
  int64_t before = shortage(s, item, host);
  bool by_rule = placement_blocking_rule(s, item, host) != BERTH_NONE;
  bool by_node = problem_needs_node(s->problem, item, host) && s->problem->one_node[victim];
  bool placed = place_anywhere(c, victim, depth);
  if (placed && (shortage(s, item, host) < before || by_node ||
                 (by_rule && placement_blocking_rule(s, item, host) == BERTH_NONE)))
    return true;
  chain_revert(c, mark);
  return false;
}

/* Victims that suffice alone first, then several, largest first. */
static bool make_room(chain *c, uint32_t item, uint32_t host, uint32_t depth) {
  assert(c->barred[host] && depth > 0);
  placement *s = c->state;
  uint32_t victims[VICTIMS_TRIED], mark = c->count, ejected = 0;
  uint32_t victim_count = list_victims(s, host, item, victims);
  for (uint32_t i = 0; i < victim_count && c->scans_left > 0; i++) {
    if (!eject(c, item, victims[i], host, depth))
      continue;
    if (placement_fits(s, item, host))
      return true;
    chain_revert(c, mark);
  }
  for (uint32_t i = victim_count; i-- > 0 && ejected < EJECTED_MOST;) {
    if (!eject(c, item, victims[i], host, depth))
      continue;
    ejected++;
    if (placement_fits(s, item, host))
      return true;
  }
  chain_revert(c, mark);
  return false;
}

/* By making room on one of the hosts that lack least. */
static bool place_by_force(chain *c, uint32_t item, uint32_t hosts, uint32_t depth) {
  uint32_t ranked[HOSTS_TRIED], count = rank_hosts(c->state, item, c->barred, ranked);
  for (uint32_t i = 0; i < count && i < hosts; i++) {
    uint32_t host = ranked[i];
    c->barred[host] = 1;
    bool made = make_room(c, item, host, depth);
    c->barred[host] = 0;
    if (made && chain_move(c, item, host))
      return true;
  }
  return false;
}

static bool place_anywhere(chain *c, uint32_t item, uint32_t depth) {
  assert(item < c->state->problem->item_count);
  if (c->scans_left == 0)
    return false;
  c->scans_left--;
  uint32_t host = destination_best(c->state, item, c->barred, false);
  if (host != BERTH_NONE)
    return chain_move(c, item, host);
  return depth > 1 && place_by_force(c, item, HOSTS_TRIED / 3, depth - 1);
}

bool ejection_chain_place(placement *s, uint32_t item, uint32_t depth, uint32_t scans,
                          uint8_t *barred) {
  chain c = {.state = s, .barred = barred, .scans_left = scans};
  if (place_by_force(&c, item, HOSTS_TRIED, depth))
    return true;
  chain_revert(&c, 0);
  return false;
}
