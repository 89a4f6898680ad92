/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 4 to 8 hosts around an item that contributes to the gap: where it stands, where it came from,
 * then admitted hosts, drawn at random. The size varies from round to round: neighbourhoods of one
 * size get stuck.
 */
#include "neighbourhood.h"
#include "admission.h"
#include "random.h"
#include <assert.h>

enum {
  FEWEST_HOSTS = 4,
  MOST_HOSTS = NEIGHBOURHOOD_MOST_HOSTS,
  DRAWS = 64,
  ITEM_DRAWS = 8 /* for one whose hosts are not taken */
};

bool neighbourhood_init(neighbourhood *n, const problem *p, arena *memory) {
  *n = (neighbourhood){.free_hosts = arena_take(memory, p->host_count, 1)};
  return n->free_hosts != NULL;
}

static void free_host(neighbourhood *n, uint32_t host) {
  assert(n->count <= MOST_HOSTS);
  if (host == BERTH_NONE || n->free_hosts[host] || n->count == MOST_HOSTS)
    return;
  n->free_hosts[host] = 1;
  n->hosts[n->count++] = host;
}

void neighbourhood_close(neighbourhood *n) {
  assert(n->count <= MOST_HOSTS);
  while (n->count > 0)
    n->free_hosts[n->hosts[--n->count]] = 0;
}

/* ---------------------------------------------------------------------- what costs */

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

bool costly_items_init(costly_items *costly, const problem *p, arena *memory) {
  *costly = (costly_items){.list = arena_take(memory, p->item_count, sizeof *costly->list)};
  return costly->list != NULL;
}

void costly_items_find(costly_items *costly, const placement *s) {
  costly->count = 0;
  for (uint32_t item = 0; item < s->problem->item_count; item++) {
    if (is_costly(s, item))
      costly->list[costly->count++] = item;
  }
}

/* ---------------------------------------------------------------------- what is freed */

static bool is_taken(const uint8_t *taken, uint32_t host) {
  return taken != NULL && host != BERTH_NONE && taken[host];
}

/* BERTH_NONE if those drawn all stand on hosts that are taken, or come from one. */
static uint32_t choose_item(const placement *s, const costly_items *costly, const uint8_t *taken,
                            uint64_t *random) {
  assert(costly->count > 0);
  for (int draw = 0; draw < ITEM_DRAWS; draw++) {
    uint32_t item = costly->list[random_below(random, costly->count)];
    if (!is_taken(taken, s->host[item]) && !is_taken(taken, s->problem->origin[item]))
      return item;
  }
  return BERTH_NONE;
}

/* Where members of the item's rules stand: a group moves as a whole or not at all. */
static void free_partners(neighbourhood *n, const placement *s, uint32_t item, const uint8_t *taken,
                          uint64_t *random) {
  const problem *p = s->problem;
  uint32_t count = p->item_rule_start[item + 1] - p->item_rule_start[item];
  if (count == 0)
    return;
  const problem_rule *rule =
      &p->rules[p->item_rules[p->item_rule_start[item] + random_below(random, count)]];
  for (uint32_t i = 0; i < rule->member_count && n->count < FEWEST_HOSTS; i++) {
    uint32_t host = s->host[rule->members[i]];
    if (!is_taken(taken, host))
      free_host(n, host);
  }
}

/* False: with the hosts that are left it would be a small one. */
static bool choose(neighbourhood *n, const placement *s, const costly_items *costly,
                   const uint8_t *taken, uint64_t random) {
  const problem *p = s->problem;
  uint32_t item = choose_item(s, costly, taken, &random);
  if (item == BERTH_NONE)
    return false;
  uint32_t target = FEWEST_HOSTS + random_below(&random, MOST_HOSTS - FEWEST_HOSTS + 1);
  const host_bits *hosts = admission_hosts(p, item);
  free_host(n, s->host[item]);
  free_host(n, p->origin[item]);
  if (random_below(&random, 2) == 0)
    free_partners(n, s, item, taken, &random);
  for (int draw = 0; draw < DRAWS && n->count < target; draw++) {
    uint32_t host = random_below(&random, p->host_count);
    if (p->host_open[host] && !is_taken(taken, host) &&
        (hosts == NULL || draw > DRAWS / 2 || host_bits_test(hosts, host)))
      free_host(n, host);
  }
  return n->count >= FEWEST_HOSTS;
}

void neighbourhood_choose(neighbourhood *n, const placement *s, const costly_items *costly,
                          const uint8_t *taken, uint64_t random) {
  assert(n->count == 0 && costly->count > 0);
  if (choose(n, s, costly, taken, random))
    return;
  neighbourhood_close(n);
  (void)choose(n, s, costly, NULL, random);
}
