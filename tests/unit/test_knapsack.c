/* SPDX-License-Identifier: Apache-2.0 */
/* The knapsack against enumeration: best profit, and every filling that is listed. */
#include "context_internal.h"
#include "knapsack.h"
#include "random.h"
#include <criterion/criterion.h>
#include <string.h>

enum { RESOURCES = 2, MOST_TYPES = 5, CASES = 3000 };

typedef struct instance {
  int64_t demand[MOST_TYPES][RESOURCES];
  knapsack_type types[MOST_TYPES];
  int64_t room[RESOURCES];
  uint32_t count;
} instance;

/* @p proportional: profits near sizes, where bounds prune little. */
static void draw(instance *in, uint64_t *random, bool proportional) {
  in->count = 1 + random_below(random, MOST_TYPES);
  for (uint32_t r = 0; r < RESOURCES; r++)
    in->room[r] = random_below(random, 30);
  for (uint32_t i = 0; i < in->count; i++) {
    for (uint32_t r = 0; r < RESOURCES; r++)
      in->demand[i][r] = random_below(random, 12);
    int64_t profit = proportional ? 100 * in->demand[i][0] + random_below(random, 3)
                                  : (int64_t)random_below(random, 40) - 4;
    in->types[i] = (knapsack_type){.demand = in->demand[i],
                                   .profit = profit,
                                   .most = random_below(random, 4),
                                   .label = i,
                                   .free_of_charge = random_below(random, 2) == 0};
  }
}

static bool fits(const instance *in, const uint32_t *counts) {
  for (uint32_t r = 0; r < RESOURCES; r++) {
    int64_t use = 0;
    for (uint32_t i = 0; i < in->count; i++)
      use += counts[i] * in->demand[in->types[i].label][r];
    if (use > in->room[r])
      return false;
  }
  return true;
}

static int64_t profit_of(const instance *in, const uint32_t *counts) {
  int64_t profit = 0;
  for (uint32_t i = 0; i < in->count; i++)
    profit += counts[i] * in->types[i].profit;
  return profit;
}

/* True if no item that costs nothing is left out though it fits. */
static bool is_full(const instance *in, const uint32_t *counts) {
  uint32_t more[MOST_TYPES];
  memcpy(more, counts, sizeof more);
  for (uint32_t i = 0; i < in->count; i++) {
    if (!in->types[i].free_of_charge || counts[i] == in->types[i].most)
      continue;
    more[i]++;
    if (fits(in, more))
      return false;
    more[i]--;
  }
  return true;
}

/* Counts up like an odometer; false after the last. */
static bool next(const instance *in, uint32_t *counts) {
  for (uint32_t i = 0; i < in->count; i++) {
    if (counts[i] < in->types[i].most) {
      counts[i]++;
      return true;
    }
    counts[i] = 0;
  }
  return false;
}

static int64_t best_by_enumeration(const instance *in) {
  uint32_t counts[MOST_TYPES] = {0};
  int64_t best = 0;
  do {
    if (fits(in, counts) && profit_of(in, counts) > best)
      best = profit_of(in, counts);
  } while (next(in, counts));
  return best;
}

static uint32_t count_by_enumeration(const instance *in, int64_t least) {
  uint32_t counts[MOST_TYPES] = {0}, found = 0;
  do {
    found += fits(in, counts) && profit_of(in, counts) >= least && is_full(in, counts);
  } while (next(in, counts));
  return found;
}

typedef struct listing {
  const instance *in;
  int64_t least;
  uint32_t found;
} listing;

static bool check_listed(void *user, const uint32_t *counts, int64_t profit) {
  listing *l = user;
  cr_assert(fits(l->in, counts));
  cr_assert_eq(profit, profit_of(l->in, counts));
  cr_assert(profit >= l->least && is_full(l->in, counts));
  l->found++;
  return true;
}

static void check_case(knapsack *k, instance *in, uint64_t *random) {
  uint32_t counts[MOST_TYPES];
  knapsack_result result;
  for (int effort = KNAPSACK_QUICK; effort <= KNAPSACK_EXACT; effort++) {
    knapsack_best(k, in->types, in->count, in->room, (knapsack_effort)effort, counts, &result);
    cr_assert_eq(result.profit, best_by_enumeration(in));
    cr_assert_eq(result.upper, result.profit);
    cr_assert(fits(in, counts));
    cr_assert_eq(profit_of(in, counts), result.profit);
    for (uint32_t i = 0; i < in->count; i++)
      cr_assert(in->types[i].profit > 0 || counts[i] == 0, "what brings nothing is left out");
  }
  listing l = {.in = in, .least = (int64_t)random_below(random, 60) - 10};
  uint64_t nodes = 1000000;
  cr_assert(knapsack_list(k, in->types, in->count, in->room, l.least, &nodes, check_listed, &l));
  cr_assert_eq(l.found, count_by_enumeration(in, l.least));
}

Test(knapsack, agrees_with_enumeration) {
  berth_context *ctx = NULL;
  arena memory;
  uint64_t random = 7;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  knapsack *k = knapsack_new(&memory, RESOURCES, MOST_TYPES);
  cr_assert_not_null(k);
  for (int i = 0; i < CASES; i++) {
    instance in;
    draw(&in, &random, i % 2 == 0);
    check_case(k, &in, &random);
  }
  arena_free(&memory);
  berth_context_free(ctx);
}

/* 40 types whose profits are in proportion to their sizes: the quick search may give up, the table
 * does not. By hand: sizes are even, so 100,000 of 100,001 can be used at most; 43 items whose
 * numbers sum to 1,000 use just that (43 * 2,000 + 14 * 1,000). */
Test(knapsack, table_closes_what_branching_does_not) {
  enum { TYPES = 40 };
  berth_context *ctx = NULL;
  arena memory;
  int64_t demand[TYPES], room = 100001;
  knapsack_type types[TYPES];
  uint32_t counts[TYPES];
  knapsack_result result;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  for (uint32_t i = 0; i < TYPES; i++) {
    demand[i] = 2000 + 14 * (int64_t)i;
    types[i] =
        (knapsack_type){.demand = &demand[i], .profit = 1000 * demand[i], .most = 3, .label = i};
  }
  knapsack *k = knapsack_new(&memory, 1, TYPES);
  knapsack_best(k, types, TYPES, &room, KNAPSACK_EXACT, counts, &result);
  cr_assert_eq(result.upper, result.profit);
  cr_assert_eq(result.profit, 1000 * INT64_C(100000));
  arena_free(&memory);
  berth_context_free(ctx);
}
