/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's knapsack against every content there is, for small random ones in two resources:
 * bounds hold at every stage, and with enough work they meet at the maximum.
 */
#include "check_knapsack.h"
#include "context_internal.h"
#include "inventory_fixture.h"

TestSuite(check_knapsack);

enum { ITEMS = 5, CASES = 3000 };

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static int64_t between(uint64_t *state, int64_t low, int64_t high) {
  return low + (int64_t)(next_random(state) % (uint64_t)(high - low + 1));
}

typedef struct small_case {
  int64_t demand[ITEMS][4], profit[ITEMS], count[ITEMS], limit[4];
} small_case;

static small_case draw(uint64_t seed) {
  uint64_t random = seed * 977 + 5;
  small_case s = {.limit = {between(&random, 0, 60), between(&random, 0, 60),
                            between(&random, 1, 8), BERTH_UNLIMITED}};
  bool alike = between(&random, 0, 1) == 1; /* profit nearly as the demand: the hard ones */
  for (int i = 0; i < ITEMS; i++) {
    s.demand[i][0] = between(&random, 0, 25);
    s.demand[i][1] = between(&random, 0, 25);
    s.demand[i][2] = 1;
    s.demand[i][3] = between(&random, 1, 4);
    s.profit[i] = alike ? s.demand[i][0] + s.demand[i][1] + between(&random, -1, 1)
                        : between(&random, -3, 40);
    s.count[i] = between(&random, 0, 4);
  }
  return s;
}

/* The maximum over all counts of items from `item` on in what is left. */
static int64_t try_all(const small_case *s, int item, int64_t cpu, int64_t memory, int64_t vms) {
  if (item == ITEMS)
    return 0;
  int64_t best = 0;
  for (int64_t n = 0; n <= s->count[item] && cpu >= 0 && memory >= 0 && vms >= 0; n++) {
    int64_t value = n * s->profit[item] + try_all(s, item + 1, cpu, memory, vms);
    best = value > best ? value : best;
    cpu -= s->demand[item][0];
    memory -= s->demand[item][1];
    vms--;
  }
  return best;
}

static void fill(check *c, check_knapsack *k, const small_case *s) {
  cr_assert(check_knapsack_reserve(c, k, ITEMS));
  for (int i = 0; i < ITEMS; i++)
    k->items[i] =
        (knapsack_item){.demand = s->demand[i], .profit = s->profit[i], .count = s->count[i]};
  k->item_count = ITEMS;
  k->limit = s->limit;
  cr_assert(check_knapsack_begin(k));
}

Test(check_knapsack, agrees_with_all_contents) {
  fixture f = fixture_begin();
  fixture_host(&f, fixture_cluster(&f, "c"), "h", 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  check c = {.ctx = f.ctx, .inventory = inventory};
  check_knapsack k = {0};
  uint32_t hard = 0, alone = 0;
  berth_allocator allocator = *context_allocator(f.ctx);
  arena_init(&c.memory, &allocator);
  for (uint64_t seed = 0; seed < CASES; seed++) {
    small_case s = draw(seed);
    int64_t truth = try_all(&s, 0, s.limit[0], s.limit[1], s.limit[2]), nodes = 5;
    fill(&c, &k, &s);
    cr_assert(k.lower <= truth && truth <= k.upper, "seed %d", (int)seed);
    check_knapsack_refine(&k, &nodes);
    cr_assert(k.lower <= truth && truth <= k.upper, "seed %d", (int)seed);
    hard += k.lower < k.upper;
    if (k.lower < k.upper) {
      int64_t plenty = 1000000, bound = check_knapsack_table(&k, &plenty);
      cr_assert_geq(bound, truth, "seed %d", (int)seed);
      if (k.active_count == 1) /* the table has all there is to it */
        cr_assert_eq(bound, truth, "seed %d", (int)seed);
      alone += k.active_count == 1;
    }
    nodes = 1000000;
    check_knapsack_refine(&k, &nodes);
    cr_assert_eq(k.lower, truth, "seed %d", (int)seed);
    cr_assert_eq(k.upper, truth, "seed %d", (int)seed);
    cr_assert_gt(nodes, 0);
  }
  cr_assert_gt(hard, CASES / 10, "the cases are too easy: five nodes do");
  cr_assert_gt(alone, CASES / 100);
  arena_free(&c.memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Quantities as large as any: sizes of the surrogate stay in 64 bits. */
Test(check_knapsack, large_quantities) {
  fixture f = fixture_begin();
  fixture_host(&f, fixture_cluster(&f, "c"), "h", 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  check c = {.ctx = f.ctx, .inventory = inventory};
  check_knapsack k = {0};
  berth_allocator allocator = *context_allocator(f.ctx);
  arena_init(&c.memory, &allocator);
  const int64_t most = BERTH_QUANTITY_MAX;
  small_case s = {.limit = {most, most, 3, BERTH_UNLIMITED}};
  for (int i = 0; i < ITEMS; i++) {
    s.demand[i][0] = most / 2 - i;
    s.demand[i][1] = most / 3 + i;
    s.demand[i][2] = 1;
    s.profit[i] = most + i;
    s.count[i] = 1;
  }
  int64_t nodes = 100000;
  fill(&c, &k, &s);
  check_knapsack_refine(&k, &nodes);
  /* two fit by cpu, and the last two have the most profit */
  cr_expect_eq(k.upper, 2 * most + 7);
  cr_expect_eq(k.lower, 2 * most + 7);
  cr_assert(check_knapsack_reserve(&c, &k, ITEMS));
  for (int i = 0; i < ITEMS; i++)
    k.items[i] = (knapsack_item){.demand = s.demand[i], .profit = INT64_MAX / 2, .count = 2};
  k.item_count = ITEMS;
  cr_expect_not(check_knapsack_begin(&k), "the sum of profits is beyond 64 bits");
  arena_free(&c.memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
