/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pricing: a bounded knapsack over the item types of a host. Branches of a search tree bound the
 * counts of single types; what must be in is put in first and takes its room.
 */
#include "content_pricing.h"
#include <assert.h>
#include <string.h>

bool pattern_pricer_init(pattern_pricer *pricer, const host_groups *groups, arena *memory) {
  *pricer = (pattern_pricer){.groups = groups};
  pricer->knapsack =
      knapsack_new(memory, groups->model->problem->resource_count, groups->most_types);
  pricer->types = arena_take(memory, groups->most_types, sizeof *pricer->types);
  pricer->counts = arena_take(memory, groups->most_types, sizeof *pricer->counts);
  pricer->room = arena_take(memory, groups->model->problem->resource_count, sizeof *pricer->room);
  return pricer->knapsack != NULL && pricer->types != NULL && pricer->counts != NULL &&
         pricer->room != NULL;
}

/* Adds what costs nothing and still fits: no worse as a bound, better as a part of a plan. */
static void complete(pattern_pricer *pricer, const int64_t *room, uint32_t type_count) {
  uint32_t resources = pricer->groups->model->problem->resource_count;
  for (uint32_t i = 0; i < type_count; i++) {
    const knapsack_type *type = &pricer->types[i];
    int64_t more = type->free_of_charge ? (int64_t)type->most - pricer->counts[i] : 0;
    for (uint32_t r = 0; r < resources && more > 0; r++) {
      int64_t left = room[r];
      for (uint32_t j = 0; j < type_count; j++)
        left -= pricer->counts[j] * pricer->types[j].demand[r];
      if (type->demand[r] > 0 && left / type->demand[r] < more)
        more = left / type->demand[r];
    }
    pricer->counts[i] += (uint32_t)(more > 0 ? more : 0);
  }
}

static uint32_t price_freely(pattern_pricer *pricer, uint32_t group, const content_prices *prices,
                             knapsack_effort effort, int64_t *gain, int64_t *upper) {
  const host_groups *g = pricer->groups;
  const host_group *hosts = &g->groups[group];
  const int64_t *room = g->model->room + (size_t)hosts->host * g->model->problem->resource_count;
  knapsack_result result;
  uint32_t count = host_group_types(g, hosts, prices, 0, pricer->types);
  int64_t cost = priced_host(g, prices, hosts->host);
  knapsack_best(pricer->knapsack, pricer->types, count, room, effort, pricer->counts, &result);
  *gain = result.profit - cost;
  *upper = result.upper > cost ? result.upper - cost : 0;
  complete(pricer, room, count);
  return count;
}

/* ---------------------------------------------------------------------- pricing at a node */

/* What the branches say of one host. */
typedef struct host_demands {
  bool used, closed;
  int64_t profit; /* of what must be in */
} host_demands;

static const content_branch *branch_of_label(const content_branches *branches, uint32_t group,
                                             uint32_t label) {
  for (uint32_t i = 0; i < branches->count; i++) {
    const content_branch *b = &branches->list[i];
    if (b->kind == BRANCH_COUNT && b->group == group && b->what == label)
      return b;
  }
  return NULL;
}

/* Bounds the types, takes the room of what must be in, and puts types without profit last.
 * @return the types that are worth a choice. */
static uint32_t bound_types(pattern_pricer *pricer, uint32_t group, uint32_t count, int64_t *room,
                            host_demands *demands) {
  uint32_t worth = 0, resources = pricer->groups->model->problem->resource_count;
  for (uint32_t i = 0; i < count; i++) {
    knapsack_type *type = &pricer->types[i], other;
    const content_branch *b = branch_of_label(pricer->branches, group, type->label);
    uint32_t least = b == NULL ? 0 : b->least;
    for (uint32_t r = 0; r < resources; r++)
      room[r] -= least * type->demand[r];
    type->most = b == NULL || b->most > type->most ? type->most : b->most;
    assert(least <= type->most);
    type->most -= least;
    demands->profit += least * type->profit;
    demands->used |= least > 0;
    if (type->profit < 0 || type->most == 0)
      continue;
    other = pricer->types[worth];
    pricer->types[worth++] = *type;
    *type = other;
  }
  return worth;
}

static void read_use(const content_branches *branches, uint32_t group, host_demands *demands) {
  for (uint32_t i = 0; i < branches->count; i++) {
    const content_branch *b = &branches->list[i];
    if (b->kind != BRANCH_USED || b->group != group)
      continue;
    demands->used |= b->least > 0;
    demands->closed |= b->most == 0;
  }
}

static void put_in(pattern_pricer *pricer, uint32_t group, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const content_branch *b = branch_of_label(pricer->branches, group, pricer->types[i].label);
    pricer->counts[i] += b == NULL ? 0 : b->least;
  }
}

static uint32_t price_bounded(pattern_pricer *pricer, uint32_t group, const content_prices *prices,
                              knapsack_effort effort, int64_t *gain, int64_t *upper) {
  const host_groups *g = pricer->groups;
  const host_group *hosts = &g->groups[group];
  uint32_t resources = g->model->problem->resource_count;
  host_demands demands = {0};
  knapsack_result result;
  assert(hosts->count == 1);
  memcpy(pricer->room, g->model->room + (size_t)hosts->host * resources,
         resources * sizeof *pricer->room);
  uint32_t count = host_group_types(g, hosts, prices, INT64_MIN, pricer->types);
  read_use(pricer->branches, group, &demands);
  uint32_t worth = bound_types(pricer, group, count, pricer->room, &demands);
  if (demands.closed)
    worth = 0;
  memset(pricer->counts, 0, count * sizeof *pricer->counts);
  knapsack_best(pricer->knapsack, pricer->types, worth, pricer->room, effort, pricer->counts,
                &result);
  int64_t fixed = demands.profit - (demands.closed ? 0 : priced_host(g, prices, hosts->host));
  *gain = result.profit + fixed;
  *upper = result.upper + fixed;
  if (!demands.used && *upper < 0)
    *upper = 0;
  complete(pricer, pricer->room, worth);
  put_in(pricer, group, count);
  return count;
}

static bool is_branched(const content_branches *branches, uint32_t group) {
  for (uint32_t i = 0; branches != NULL && i < branches->count; i++) {
    if (branches->list[i].kind != BRANCH_ARRIVALS && branches->list[i].group == group)
      return true;
  }
  return false;
}

uint32_t pattern_price(pattern_pricer *pricer, uint32_t group, const content_prices *prices,
                       knapsack_effort effort, int64_t *gain, int64_t *upper) {
  return is_branched(pricer->branches, group)
             ? price_bounded(pricer, group, prices, effort, gain, upper)
             : price_freely(pricer, group, prices, effort, gain, upper);
}
