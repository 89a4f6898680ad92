/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree alone, without the integer programs that mostly spare it: packings that are known to
 * exist, and small clusters against every placement there is.
 */
#include "pattern_branching.h"
#include "problem_fixture.h"
#include <stdio.h>
#include <string.h>

TestSuite(pattern_branching, .timeout = 120);

enum { MOST_ITEMS = 10, HOSTS = 3, ROOM = 100 };

typedef struct numbers {
  uint64_t state;
} numbers;

static int64_t draw(numbers *n, int64_t from, int64_t to) {
  n->state = n->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return from + (int64_t)((n->state >> 33) % (uint64_t)(to - from + 1));
}

/* Every level that the tree knows of, first to last. */
static void branch_all(placement *s, search_clock *clock, uint32_t nodes, int64_t *bound) {
  const problem *p = s->problem;
  content_model model;
  arena memory;
  arena_init(&memory, context_allocator(clock->ctx));
  content_view view = {.whole = true};
  cr_assert(content_model_build(&model, p, view, &memory));
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    bound[level] = 0;
    if (s->value[level] == 0 || level == BERTH_LEVEL_MAKESPAN)
      continue;
    cr_assert(
        pattern_branching(s, &model, i, &bound[level], clock, search_clock_now() + 30, nodes));
  }
  arena_free(&memory);
}

/* ---------------------------------------------------------------------- known packings */

/* Three VMs a host that fill it to the last unit of both resources, all waiting. */
static void add_triplets(fixture *f, uint32_t cluster, int hosts, numbers *n) {
  char id[32];
  for (int h = 0; h < hosts; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    fixture_host(f, cluster, id, ROOM, ROOM);
    int64_t cpu[3] = {draw(n, 20, 45), draw(n, 20, 45)},
            memory[3] = {draw(n, 20, 45), draw(n, 20, 45)};
    cpu[2] = ROOM - cpu[0] - cpu[1];
    memory[2] = ROOM - memory[0] - memory[1];
    for (int v = 0; v < 3; v++) {
      (void)snprintf(id, sizeof id, "v%d-%d", h, v);
      fixture_vm(f, cluster, id, NULL, cpu[v], memory[v]);
    }
  }
}

Test(pattern_branching, finds_perfect_packings) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    fixture f = fixture_begin();
    numbers n = {seed};
    add_triplets(&f, fixture_cluster(&f, "c"), 6, &n);
    const berth_inventory *inventory = fixture_freeze(&f);
    arena memory;
    problem p;
    placement s;
    search_clock clock;
    int64_t bound[BERTH_LEVEL_COUNT];
    arena_init(&memory, context_allocator(f.ctx));
    problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_PLACE);
    cr_assert(placement_init(&s, &p, &memory));
    cr_assert_eq(s.value[BERTH_LEVEL_UNPLACED], 18);
    search_clock_start(&clock, f.ctx, 60000);
    branch_all(&s, &clock, 5000, bound);
    cr_assert_eq(s.value[BERTH_LEVEL_UNPLACED], 0);
    cr_assert_eq(s.value[BERTH_LEVEL_VIOLATIONS], 0);
    arena_free(&memory);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}

/* ---------------------------------------------------------------------- every placement */

typedef struct small_cluster {
  int items;
  int64_t cpu[MOST_ITEMS], memory[MOST_ITEMS];
  int home[MOST_ITEMS]; /* HOSTS = on the failed host */
} small_cluster;

typedef struct score {
  int64_t unplaced, migrations, memory;
} score;

static bool is_less(score a, score b) {
  if (a.unplaced != b.unplaced)
    return a.unplaced < b.unplaced;
  return a.migrations != b.migrations ? a.migrations < b.migrations : a.memory < b.memory;
}

static void place_all(const small_cluster *c, int item, int64_t left[HOSTS][2], score so_far,
                      score *best) {
  if (!is_less(so_far, *best))
    return;
  if (item == c->items) {
    *best = so_far;
    return;
  }
  for (int h = 0; h < HOSTS; h++) {
    score then = so_far;
    if (left[h][0] < c->cpu[item] || left[h][1] < c->memory[item])
      continue;
    if (c->home[item] < HOSTS && c->home[item] != h) {
      then.migrations++;
      then.memory += c->memory[item];
    }
    left[h][0] -= c->cpu[item];
    left[h][1] -= c->memory[item];
    place_all(c, item + 1, left, then, best);
    left[h][0] += c->cpu[item];
    left[h][1] += c->memory[item];
  }
  if (c->home[item] == HOSTS) {
    so_far.unplaced++;
    place_all(c, item + 1, left, so_far, best);
  }
}

static small_cluster draw_cluster(numbers *n) {
  small_cluster c = {.items = MOST_ITEMS};
  int64_t left[HOSTS][2] = {{ROOM, ROOM}, {ROOM, ROOM}, {ROOM, ROOM}};
  for (int i = 0; i < c.items; i++) {
    c.cpu[i] = draw(n, 8, 40);
    c.memory[i] = draw(n, 8, 40);
    int h = (int)draw(n, 0, HOSTS);
    if (h < HOSTS && (left[h][0] < c.cpu[i] || left[h][1] < c.memory[i]))
      h = HOSTS;
    c.home[i] = h;
    if (h == HOSTS)
      continue;
    left[h][0] -= c.cpu[i];
    left[h][1] -= c.memory[i];
  }
  return c;
}

static const berth_inventory *build(fixture *f, const small_cluster *c) {
  uint32_t cluster = fixture_cluster(f, "c");
  char id[32], home[32];
  for (int h = 0; h <= HOSTS; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    berth_host_spec spec = fixture_host_spec(id, ROOM, h < HOSTS ? ROOM : 1000);
    spec.state = h < HOSTS ? BERTH_HOST_ONLINE : BERTH_HOST_FAILED;
    fixture_add_host(f, cluster, spec);
  }
  for (int i = 0; i < c->items; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    (void)snprintf(home, sizeof home, "h%d", c->home[i]);
    fixture_vm(f, cluster, id, home, c->cpu[i], c->memory[i]);
  }
  return fixture_freeze(f);
}

static void expect_best(const small_cluster *c, uint64_t seed) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = build(&f, c);
  int64_t left[HOSTS][2] = {{ROOM, ROOM}, {ROOM, ROOM}, {ROOM, ROOM}}, bound[BERTH_LEVEL_COUNT];
  score best = {.unplaced = INT64_MAX};
  place_all(c, 0, left, (score){0}, &best);
  arena memory;
  problem p;
  placement s;
  search_clock clock;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_FAILOVER);
  cr_assert(placement_init(&s, &p, &memory));
  search_clock_start(&clock, f.ctx, 60000);
  branch_all(&s, &clock, 5000, bound);
  cr_assert_eq(s.value[BERTH_LEVEL_UNPLACED_MEDIUM], best.unplaced, "seed %d", (int)seed);
  cr_assert_eq(bound[BERTH_LEVEL_UNPLACED_MEDIUM], best.unplaced, "seed %d", (int)seed);
  cr_assert_eq(s.value[BERTH_LEVEL_MIGRATIONS], best.migrations, "seed %d", (int)seed);
  cr_assert_eq(bound[BERTH_LEVEL_MIGRATIONS], best.migrations, "seed %d", (int)seed);
  cr_assert_eq(s.value[BERTH_LEVEL_MEMORY_MOVED], best.memory, "seed %d", (int)seed);
  cr_assert_eq(bound[BERTH_LEVEL_MEMORY_MOVED], best.memory, "seed %d", (int)seed);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(pattern_branching, agrees_with_every_placement) {
  for (uint64_t seed = 1; seed <= 200; seed++) {
    numbers n = {seed};
    small_cluster c = draw_cluster(&n);
    expect_best(&c, seed);
  }
}

/* ---------------------------------------------------------------------- limits */

Test(pattern_branching, claims_nothing_without_nodes) {
  numbers n = {3};
  fixture f = fixture_begin();
  add_triplets(&f, fixture_cluster(&f, "c"), 2, &n);
  fixture_vm(&f, 0, "one-too-many", NULL, 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  placement s;
  search_clock clock;
  int64_t bound[BERTH_LEVEL_COUNT];
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_PLACE);
  cr_assert(placement_init(&s, &p, &memory));
  search_clock_start(&clock, f.ctx, 60000);
  branch_all(&s, &clock, 0, bound);
  cr_assert_leq(bound[BERTH_LEVEL_UNPLACED], 1); /* one stays out, which no node has proved */
  cr_assert_geq(s.value[BERTH_LEVEL_UNPLACED], 1);
  branch_all(&s, &clock, 5000, bound);
  cr_assert_eq(s.value[BERTH_LEVEL_UNPLACED], 1);
  cr_assert_eq(bound[BERTH_LEVEL_UNPLACED], 1);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
