/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every round frees 4 to 8 hosts, chosen around an item that contributes to the gap, and solves
 * them exactly, level by level, all other hosts fixed. The hosts: where the item stands, where it
 * came from, then admitted hosts, drawn at random. The size varies from round to round:
 * neighbourhoods of one size get stuck.
 */
#include "neighbourhood_search.h"
#include "admission.h"
#include "random.h"
#include <assert.h>
#include <string.h>

enum { FEWEST_HOSTS = 4, MOST_HOSTS = 8, ROUND_MILLISECONDS = 1000, IDLE_ROUNDS = 60, DRAWS = 64 };

typedef struct neighbourhood {
  const problem *problem;
  uint8_t *free_hosts; /* [host] */
  uint32_t hosts[MOST_HOSTS];
  uint32_t count;
  uint32_t *costly; /* items that contribute to the gap */
  uint32_t costly_count;
} neighbourhood;

static void free_host(neighbourhood *n, uint32_t host) {
  assert(n->count <= MOST_HOSTS);
  if (host == BERTH_NONE || n->free_hosts[host] || n->count == MOST_HOSTS)
    return;
  n->free_hosts[host] = 1;
  n->hosts[n->count++] = host;
}

static void close_all(neighbourhood *n) {
  while (n->count > 0)
    n->free_hosts[n->hosts[--n->count]] = 0;
}

static bool is_costly(const placement *s, uint32_t item) {
  const problem *p = s->problem;
  uint32_t host = s->host[item];
  if (p->kind[item] == ITEM_FIXED)
    return false;
  if (host == BERTH_NONE || p->host_must_leave[host] || p->host_asleep[host] ||
      (!problem_is_requested(p, item) && host != p->origin[item]))
    return true;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    if (s->rules[p->item_rules[i]].broken_by > 0)
      return true;
  }
  return placement_overloads(s, host) > 0;
}

static void list_costly(neighbourhood *n, const placement *s) {
  n->costly_count = 0;
  for (uint32_t item = 0; item < n->problem->item_count; item++) {
    if (is_costly(s, item))
      n->costly[n->costly_count++] = item;
  }
}

/* Where members of the item's rules stand: a group moves as a whole or not at all. */
static void free_partners(neighbourhood *n, const placement *s, uint32_t item, uint64_t *random) {
  const problem *p = n->problem;
  uint32_t count = p->item_rule_start[item + 1] - p->item_rule_start[item];
  if (count == 0)
    return;
  const problem_rule *rule =
      &p->rules[p->item_rules[p->item_rule_start[item] + random_below(random, count)]];
  for (uint32_t i = 0; i < rule->member_count && n->count < FEWEST_HOSTS; i++)
    free_host(n, s->host[rule->members[i]]);
}

static void choose_hosts(neighbourhood *n, const placement *s, uint64_t *random) {
  const problem *p = n->problem;
  assert(n->costly_count > 0 && n->count == 0);
  uint32_t item = n->costly[random_below(random, n->costly_count)];
  uint32_t target = FEWEST_HOSTS + random_below(random, MOST_HOSTS - FEWEST_HOSTS + 1);
  const host_bits *hosts = admission_hosts(p, item);
  free_host(n, s->host[item]);
  free_host(n, p->origin[item]);
  if (random_below(random, 2) == 0)
    free_partners(n, s, item, random);
  for (int draw = 0; draw < DRAWS && n->count < target; draw++) {
    uint32_t host = random_below(random, p->host_count);
    if (p->host_open[host] && (hosts == NULL || draw > DRAWS / 2 || host_bits_test(hosts, host)))
      free_host(n, host);
  }
}

static bool search(neighbourhood *n, placement *s, const ladder_bounds *bounds, search_clock *clock,
                   uint64_t random, uint64_t *programs) {
  uint32_t idle = 0;
  ladder_bounds known = *bounds;
  list_costly(n, s);
  while (idle < IDLE_ROUNDS && n->costly_count > 0 &&
         !ladder_bounds_met(n->problem, s->value, &known) && !search_clock_over(clock)) {
    int64_t before[BERTH_LEVEL_COUNT];
    memcpy(before, s->value, sizeof before);
    choose_hosts(n, s, &random);
    if (!exact_ladder(s, n->free_hosts, false, &known, clock, ROUND_MILLISECONDS, programs))
      return false;
    close_all(n);
    assert(placement_compare(n->problem, s->value, before) <= 0);
    bool gained = placement_compare(n->problem, s->value, before) < 0;
    idle = gained ? 0 : idle + 1;
    if (gained)
      list_costly(n, s);
  }
  return true;
}

bool neighbourhood_search(placement *s, const ladder_bounds *bounds, search_clock *clock,
                          uint64_t seed, uint64_t *programs) {
  const problem *p = s->problem;
  arena memory;
  arena_init(&memory, context_allocator(clock->ctx));
  neighbourhood n = {.problem = p};
  n.free_hosts = arena_take(&memory, p->host_count, 1);
  n.costly = arena_take(&memory, p->item_count, sizeof *n.costly);
  bool ok =
      n.free_hosts != NULL && n.costly != NULL && search(&n, s, bounds, clock, seed, programs);
  arena_free(&memory);
  return ok;
}
