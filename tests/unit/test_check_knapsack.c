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
      cr_assert_lt(plenty, 1000000, "seed %d", (int)seed);
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

/* ------------------------------------------------------------------ one case by hand */

typedef struct hand_case {
  fixture f;
  const berth_inventory *inventory;
  check c;
  check_knapsack k;
} hand_case;

static void begin_by_hand(hand_case *h) {
  *h = (hand_case){.f = fixture_begin()};
  fixture_host(&h->f, fixture_cluster(&h->f, "c"), "h", 1, 1);
  h->inventory = fixture_freeze(&h->f);
  h->c = (check){.ctx = h->f.ctx, .inventory = h->inventory};
  arena_init(&h->c.memory, context_allocator(h->f.ctx));
}

static void end_by_hand(hand_case *h) {
  arena_free(&h->c.memory);
  berth_inventory_release(h->inventory);
  fixture_end(&h->f);
}

/* Five items, each 50 % of one resource and 21 % of another: two fit. If both count as much, an
 * item takes 0.355 and the bound is that of 2.81 items; by the scarce one alone it is 2. Before
 * anything is searched the shares are to be such that the bound is nearer to that. */
Test(check_knapsack, finds_what_is_scarce) {
  for (int scarce = 0; scarce < 2; scarce++) {
    hand_case h;
    begin_by_hand(&h);
    small_case s = {.limit = {100, 100, BERTH_UNLIMITED, BERTH_UNLIMITED}};
    for (int i = 0; i < ITEMS; i++) {
      s.demand[i][scarce] = 50;
      s.demand[i][1 - scarce] = 21;
      s.profit[i] = 100;
      s.count[i] = 1;
    }
    fill(&h.c, &h.k, &s);
    cr_expect_geq(h.k.upper, 200);
    cr_expect_lt(h.k.upper, 240, "resource %d: %d", scarce, (int)h.k.upper);
    end_by_hand(&h);
  }
}

/* 70,001 and 50,000 of 100,000: only one fits, and the table has a cell for each unit. Its work is
 * the cells that each looks at, 29,999 and 50,000 of them, 64 a node: 469 + 782. */
Test(check_knapsack, a_table_has_its_price) {
  hand_case h;
  begin_by_hand(&h);
  small_case s = {.limit = {100000, 1, BERTH_UNLIMITED, BERTH_UNLIMITED}};
  static const int64_t size[] = {70001, 50000};
  for (int i = 0; i < 2; i++) {
    s.demand[i][0] = s.profit[i] = size[i];
    s.count[i] = 1;
  }
  fill(&h.c, &h.k, &s);
  cr_assert_eq(h.k.active_count, 1);
  int64_t nodes = 2000;
  cr_expect_eq(check_knapsack_table(&h.k, &nodes), 70001);
  cr_expect_eq(nodes, 2000 - 469 - 782);
  nodes = 469 + 782;
  cr_expect_eq(check_knapsack_table(&h.k, &nodes), INT64_MAX, "that takes all");
  end_by_hand(&h);
}

/* Profits that would overflow the table's prices together, if not the first by itself. */
Test(check_knapsack, no_table_of_large_profits) {
  hand_case h;
  begin_by_hand(&h);
  small_case s = {.limit = {10, 1, BERTH_UNLIMITED, BERTH_UNLIMITED}};
  for (int i = 0; i < 3; i++) {
    s.demand[i][0] = 6;
    s.profit[i] = INT64_C(1) << 47;
    s.count[i] = 1;
  }
  fill(&h.c, &h.k, &s);
  int64_t nodes = 100000;
  cr_expect_eq(check_knapsack_table(&h.k, &nodes), INT64_MAX);
  h.k.item_count = 2;
  cr_expect_eq(check_knapsack_table(&h.k, &nodes), INT64_C(1) << 47);
  end_by_hand(&h);
}

/* As many items as there is room for, which is twice what was asked for first. Behind the tables is
 * what was taken next. */
Test(check_knapsack, keeps_to_its_tables) {
  hand_case h;
  begin_by_hand(&h);
  small_case s = {.limit = {100, 100, BERTH_UNLIMITED, BERTH_UNLIMITED}};
  cr_assert(check_knapsack_reserve(&h.c, &h.k, 2));
  int64_t *guard = check_take(&h.c, 1, sizeof *guard);
  cr_assert_eq(h.k.item_room, 4);
  *guard = 7;
  cr_assert(check_knapsack_reserve(&h.c, &h.k, 4));
  for (int i = 0; i < 4; i++) {
    s.demand[i][0] = 30 + i;
    s.demand[i][1] = 40 - 3 * i;
    h.k.items[i] = (knapsack_item){.demand = s.demand[i], .profit = 10 + i % 2, .count = 1};
  }
  h.k.item_count = 4;
  h.k.limit = s.limit;
  cr_assert(check_knapsack_begin(&h.k));
  int64_t nodes = 1000;
  check_knapsack_refine(&h.k, &nodes);
  cr_expect_eq(h.k.upper, 22); /* any three take more than 100 of the memory */
  cr_expect_eq(*guard, 7);
  end_by_hand(&h);
}
