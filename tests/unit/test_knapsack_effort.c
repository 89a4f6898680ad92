/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The knapsack where it does not come to its end at once: what is claimed then, what the quick
 * search closes by its bounds alone, what the table closes, how listings are counted and cut off.
 * The best is known by construction, or from a table of our own over all rooms.
 */
#include "knapsack.h"
#include "solver_ground.h"

TestSuite(knapsack_effort, .timeout = 60);

enum { MOST_TYPES = 40, MOST_ROOM = 4000, OTHER_ROOM = 60 };

typedef struct knapsack_case {
  uint32_t count, resources;
  int64_t demand[MOST_TYPES][40];
  knapsack_type types[MOST_TYPES];
  int64_t room[40];
  uint32_t taken[MOST_TYPES];
  knapsack_result result;
} knapsack_case;

static void add_type(knapsack_case *c, int64_t profit, uint32_t most) {
  uint32_t i = c->count++;
  c->types[i] = (knapsack_type){.demand = c->demand[i], .profit = profit, .most = most, .label = i};
}

/* Counts fit, and have the profit that is told. */
static void expect_filling(const knapsack_case *c) {
  int64_t profit = 0;
  for (uint32_t r = 0; r < c->resources; r++) {
    int64_t left = c->room[r];
    for (uint32_t i = 0; i < c->count; i++)
      left -= c->taken[i] * c->types[i].demand[r];
    cr_assert_geq(left, 0);
  }
  for (uint32_t i = 0; i < c->count; i++) {
    cr_assert_leq(c->taken[i], c->types[i].most);
    profit += c->taken[i] * c->types[i].profit;
  }
  cr_assert_eq(profit, c->result.profit);
  cr_assert_geq(c->result.upper, c->result.profit);
}

static void find_best(knapsack_case *c, knapsack_effort effort) {
  berth_context *ctx = NULL;
  arena memory;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  knapsack *k = knapsack_new(&memory, c->resources, c->count);
  cr_assert_not_null(k);
  knapsack_best(k, c->types, c->count, c->room, effort, c->taken, &c->result);
  arena_free(&memory);
  berth_context_free(ctx);
  expect_filling(c);
}

/* ---------------------------------------------------------------------- bounds that close at once
 */

/* One profit for their size; the first eight, all taken, fill 1,024 to the last unit. */
enum { CLOSING_TYPES = 16 };
static const int64_t closing_sizes[CLOSING_TYPES] = {32, 32, 32, 32, 32, 32, 32, 32,
                                                     31, 30, 29, 27, 26, 25, 23, 22};

/* Nothing can be better than a room that is full, and no other filling needs a look: there are
 * 10^11. */
static void expect_closed(uint32_t resources, uint32_t scarce, int64_t ample) {
  knapsack_case c = {.resources = resources};
  for (uint32_t i = 0; i < CLOSING_TYPES; i++) {
    for (uint32_t r = 0; r < resources; r++)
      c.demand[i][r] = r == scarce ? closing_sizes[i] : 1;
    add_type(&c, closing_sizes[i], 4);
  }
  for (uint32_t r = 0; r < resources; r++)
    c.room[r] = r == scarce ? 1024 : ample;
  find_best(&c, KNAPSACK_QUICK);
  cr_expect_eq(c.result.profit, 1024);
  cr_expect_eq(c.result.upper, 1024, "resource %u of %u: %lld", scarce, resources,
               (long long)c.result.upper);
}

Test(knapsack_effort, full_is_best) {
  expect_closed(1, 0, 0);
  expect_closed(3, 0, 100);
  expect_closed(3, 2, 100);
  expect_closed(3, 1, 40); /* the others can run out too, and do not */
  expect_closed(32, 31, 100);
}

/* Types of one resource and types of the other: each bound alone lets the other's be free, only
 * both together say that two full rooms are best. */
Test(knapsack_effort, two_resources_together) {
  knapsack_case c = {.resources = 2, .room = {1024, 1024}};
  for (uint32_t i = 0; i < 2 * CLOSING_TYPES; i++) {
    c.demand[i][i % 2] = closing_sizes[i / 2];
    add_type(&c, closing_sizes[i / 2], 4);
  }
  find_best(&c, KNAPSACK_QUICK);
  cr_expect_eq(c.result.profit, 2048);
  cr_expect_eq(c.result.upper, 2048);
}

/* Resources beyond those that bounds look at still bind: no more than two, of the best. */
Test(knapsack_effort, resources_without_a_bound) {
  for (uint32_t scarce = 30; scarce < 40; scarce++) {
    knapsack_case c = {.resources = 40};
    for (uint32_t r = 0; r < 40; r++)
      c.room[r] = r == scarce ? 2 : 1000;
    for (uint32_t i = 0; i < 4; i++) {
      for (uint32_t r = 0; r < 40; r++)
        c.demand[i][r] = 1;
      add_type(&c, 10 + i, 1);
    }
    find_best(&c, KNAPSACK_EXACT);
    cr_expect_eq(c.result.profit, 13 + 12, "resource %u", scarce);
    cr_expect_eq(c.result.upper, 13 + 12, "resource %u", scarce);
  }
}

/* ---------------------------------------------------------------------- hard ones */

static int64_t best_of[MOST_ROOM + 1][OTHER_ROOM + 1];

/* The most profit within every room. */
static int64_t best_by_table(const knapsack_case *c) {
  bool two = c->resources == 2;
  int64_t rooms = c->room[0], others = two ? c->room[1] : 0;
  memset(best_of, 0, sizeof best_of);
  for (uint32_t i = 0; i < c->count; i++) {
    int64_t a = c->demand[i][0], b = two ? c->demand[i][1] : 0;
    for (uint32_t n = 0; n < c->types[i].most; n++)
      for (int64_t x = rooms; x >= a; x--)
        for (int64_t y = others; y >= b; y--) {
          int64_t with = best_of[x - a][y - b] + c->types[i].profit;
          best_of[x][y] = with > best_of[x][y] ? with : best_of[x][y];
        }
  }
  return best_of[rooms][others];
}

/* Profits a little above sizes: bounds tell little, and the search is long (Pisinger 2005). */
static knapsack_case draw_hard(uint64_t seed, uint32_t resources, int64_t step) {
  uint64_t state = seed;
  knapsack_case c = {.resources = resources};
  int64_t sum = 0;
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t most = i % 2 == 0 ? 4 : i % 4 == 1 ? 9 : (uint32_t)ground_draw(&state, 1, 6);
    c.demand[i][0] = step * ground_draw(&state, 40, 80);
    c.demand[i][1] = ground_draw(&state, 1, 4);
    sum += c.demand[i][0] * most;
    add_type(&c, c.demand[i][0] + 10 * step, most);
  }
  c.room[0] = sum / 2 < MOST_ROOM ? sum / 2 : MOST_ROOM;
  c.room[1] = OTHER_ROOM;
  return c;
}

Test(knapsack_effort, hard_ones_are_bounded_and_closed) {
  uint32_t unfinished = 0;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    knapsack_case quick = draw_hard(seed, 1, 1), exact = quick;
    for (uint32_t i = 0; i < quick.count; i++) {
      quick.types[i].demand = quick.demand[i];
      exact.types[i].demand = exact.demand[i];
    }
    int64_t best = best_by_table(&quick);
    find_best(&quick, KNAPSACK_QUICK);
    cr_assert_leq(quick.result.profit, best, "seed %d", (int)seed);
    cr_assert_geq(quick.result.upper, best, "seed %d", (int)seed);
    unfinished += quick.result.upper > quick.result.profit;
    find_best(&exact, KNAPSACK_EXACT);
    cr_assert_eq(exact.result.profit, best, "seed %d", (int)seed);
    cr_assert_eq(exact.result.upper, best, "seed %d", (int)seed);
  }
  cr_expect_gt(unfinished, 5, "%u of them are left open by the quick search", unfinished);
}

/* The table is over the scarcer of two; the other keeps what it says a bound. */
Test(knapsack_effort, hard_ones_of_two_resources) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    knapsack_case c = draw_hard(seed, 2, 1);
    for (uint32_t i = 0; i < c.count; i++)
      c.types[i].demand = c.demand[i];
    int64_t best = best_by_table(&c);
    find_best(&c, KNAPSACK_EXACT);
    cr_assert_leq(c.result.profit, best, "seed %d", (int)seed);
    cr_assert_geq(c.result.upper, best, "seed %d", (int)seed);
  }
}

/* Rooms of 10^9 units do not fit the table: a cell is then many units, and the bound one of a
 * relaxation. Sizes are multiples of 10^6 but for one unit, so that the best is that of the
 * multiples: a room of their sum less one holds one multiple less. */
Test(knapsack_effort, cells_of_many_units) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    const int64_t step = 1000003;
    knapsack_case small = draw_hard(seed, 1, 1), large = {.resources = 1};
    for (uint32_t i = 0; i < small.count; i++) {
      small.types[i].demand = small.demand[i];
      large.demand[i][0] = step * small.demand[i][0] - (i == 0);
      add_type(&large, small.types[i].profit, small.types[i].most);
    }
    large.room[0] = step * small.room[0] + step / 2;
    int64_t best = best_by_table(&small);
    find_best(&large, KNAPSACK_EXACT);
    cr_assert_leq(large.result.profit, best, "seed %d", (int)seed);
    cr_assert_geq(large.result.upper, best, "seed %d", (int)seed);
  }
}

/* ---------------------------------------------------------------------- listings */

typedef struct tally {
  uint32_t seen, stop_after;
} tally;

static bool count_one(void *user, const uint32_t *counts, int64_t profit) {
  tally *t = user;
  (void)counts;
  (void)profit;
  return ++t->seen < t->stop_after;
}

/* Three of a, two of b, in a room for all: twelve fillings. A node for each: one for no choice
 * made, four for a, twelve for b. */
static bool list_twelve(uint64_t *nodes, int64_t least, tally *t) {
  berth_context *ctx = NULL;
  arena memory;
  int64_t one = 1, room = 5;
  knapsack_type types[] = {{.demand = &one, .profit = 2, .most = 3, .label = 0},
                           {.demand = &one, .profit = 1, .most = 2, .label = 1}};
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  knapsack *k = knapsack_new(&memory, 1, 2);
  bool all = knapsack_list(k, types, 2, &room, least, nodes, count_one, t);
  arena_free(&memory);
  berth_context_free(ctx);
  return all;
}

static void expect_listing(uint64_t nodes, uint32_t stop_after, bool all, uint32_t seen,
                           uint64_t left) {
  tally t = {.stop_after = stop_after};
  cr_expect_eq(list_twelve(&nodes, 0, &t), all);
  cr_expect_eq(t.seen, seen);
  cr_expect_eq(nodes, left);
}

Test(knapsack_effort, listings_are_counted_and_cut_off) {
  expect_listing(17, 100, true, 12, 0);
  expect_listing(20, 100, true, 12, 3);
  expect_listing(16, 100, false, 11, 0);
  expect_listing(1, 100, false, 0, 0);
  expect_listing(100, 1, false, 1, 100 - 3);
  expect_listing(100, 12, false, 12, 100 - 17);
  expect_listing(100, 13, true, 12, 100 - 17);
}

/* Profits are 0 to 8: with at least 7 there are 3 a and 2 b, 3 a and 1 b. */
Test(knapsack_effort, listings_of_what_is_worth_it) {
  for (int64_t least = -1; least <= 9; least++) {
    uint64_t nodes = 100;
    tally t = {.stop_after = 100};
    cr_expect(list_twelve(&nodes, least, &t));
    uint32_t seen = 0;
    for (int64_t a = 0; a <= 3; a++)
      for (int64_t b = 0; b <= 2; b++)
        seen += 2 * a + b >= least;
    cr_expect_eq(t.seen, seen, "at least %d: %u", (int)least, t.seen);
  }
}
