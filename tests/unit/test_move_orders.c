/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of migrations: rounds are as few as the busiest host allows and keep every host's limit;
 * a list schedule starts what is long first, and its order can be carried out one by one.
 */
#include "move_order.h"
#include "move_rounds.h"
#include "problem_fixture.h"
#include <stdio.h>
#include <string.h>

TestSuite(move_orders, .timeout = 60);

enum { SENDERS = 7, RECEIVERS = 5, LANES = 3, MOST_MOVES = 200 };

typedef struct ground {
  fixture f;
  const berth_inventory *inventory;
  arena memory;
  problem p;
  sequence moves;
} ground;

static uint32_t cluster_with_lanes(fixture *f, int64_t lanes) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t cluster = 0;
  spec.id = "c";
  spec.migrations_per_host = lanes;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &cluster), BERTH_OK);
  return cluster;
}

static void freeze(ground *g) {
  g->inventory = fixture_freeze(&g->f);
  arena_init(&g->memory, context_allocator(g->f.ctx));
  problem_fixture_build(&g->p, &g->memory, g->inventory, BERTH_GOAL_EVACUATE);
}

static void end(ground *g) {
  arena_free(&g->memory);
  berth_inventory_release(g->inventory);
  fixture_end(&g->f);
}

/* VMs of one size on the senders, each to a receiver drawn at random. */
static void draw_moves(ground *g, uint64_t seed, uint32_t count) {
  char id[32], home[32];
  uint64_t state = seed;
  g->f = fixture_begin();
  uint32_t cluster = cluster_with_lanes(&g->f, LANES);
  for (uint32_t h = 0; h < SENDERS + RECEIVERS; h++) {
    (void)snprintf(id, sizeof id, "h%02u", (unsigned)h);
    fixture_host(&g->f, cluster, id, 1000000, 1000000);
  }
  for (uint32_t v = 0; v < count; v++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    (void)snprintf(id, sizeof id, "v%03u", (unsigned)v);
    (void)snprintf(home, sizeof home, "h%02u", (unsigned)((state >> 33) % SENDERS));
    fixture_vm(&g->f, cluster, id, home, 1, 1024);
  }
  freeze(g);
  g->moves = (sequence){0};
  for (uint32_t item = 0; item < g->p.item_count; item++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    cr_assert(sequence_add(&g->moves, &g->memory, item, g->p.origin[item],
                           SENDERS + (uint32_t)((state >> 33) % RECEIVERS)));
  }
}

static uint32_t busiest_rounds(const ground *g) {
  uint32_t degree[SENDERS + RECEIVERS] = {0}, most = 0;
  for (uint32_t i = 0; i < g->moves.count; i++) {
    degree[g->moves.list[i].from]++;
    degree[g->moves.list[i].to]++;
  }
  for (uint32_t h = 0; h < SENDERS + RECEIVERS; h++)
    most = degree[h] > most ? degree[h] : most;
  return (most + LANES - 1) / LANES;
}

/* Cuts the order into as few rounds as keep every host's limit; a round ends where the next move
 * would break it. */
static uint32_t rounds_of(const sequence *order) {
  uint32_t busy[SENDERS + RECEIVERS] = {0}, rounds = order->count > 0;
  for (uint32_t i = 0; i < order->count; i++) {
    const migration *m = &order->list[i];
    if (busy[m->from] == LANES || busy[m->to] == LANES) {
      memset(busy, 0, sizeof busy);
      rounds++;
    }
    busy[m->from]++;
    busy[m->to]++;
  }
  return rounds;
}

static void expect_same_moves(const sequence *a, const sequence *b) {
  uint8_t seen[MOST_MOVES] = {0};
  cr_assert_eq(a->count, b->count);
  for (uint32_t i = 0; i < a->count; i++) {
    cr_assert_not(seen[b->list[i].item]);
    seen[b->list[i].item] = 1;
    for (uint32_t j = 0; j < a->count; j++) {
      if (a->list[j].item == b->list[i].item)
        cr_assert(a->list[j].from == b->list[i].from && a->list[j].to == b->list[i].to);
    }
  }
}

Test(move_orders, rounds_are_as_few_as_the_busiest_host_allows) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    ground g;
    sequence order;
    draw_moves(&g, seed, (uint32_t)(10 + seed * 3));
    cr_assert(move_rounds_find(&g.p, &g.moves, &g.memory, &order));
    expect_same_moves(&g.moves, &order);
    cr_assert_leq(rounds_of(&order), busiest_rounds(&g), "seed %d", (int)seed);
    end(&g);
  }
}

Test(move_orders, rounds_do_not_apply_where_a_host_sends_and_receives) {
  ground g;
  sequence order;
  draw_moves(&g, 1, 30);
  g.moves.list[3].to = g.moves.list[4].from == g.moves.list[3].from
                           ? (g.moves.list[3].from + 1) % SENDERS
                           : g.moves.list[4].from;
  cr_assert(move_rounds_find(&g.p, &g.moves, &g.memory, &order));
  cr_assert_eq(order.count, 0);
  end(&g);
}

/* One lane; moves of 1, 2 and 8 GiB from a to b, found in that order. */
Test(move_orders, the_longest_starts_first) {
  ground g = {.f = fixture_begin()};
  uint32_t cluster = cluster_with_lanes(&g.f, 1);
  fixture_host(&g.f, cluster, "a", 1000, 100000);
  fixture_host(&g.f, cluster, "b", 1000, 100000);
  fixture_vm(&g.f, cluster, "v1", "a", 1, 1024);
  fixture_vm(&g.f, cluster, "v2", "a", 1, 2048);
  fixture_vm(&g.f, cluster, "v8", "a", 1, 8192);
  freeze(&g);
  placement final;
  sequence order;
  cr_assert(placement_init(&final, &g.p, &g.memory));
  for (uint32_t item = 0; item < 3; item++) {
    cr_assert(sequence_add(&g.moves, &g.memory, item, 0, 1));
    placement_move(&final, item, 1);
  }
  cr_assert(move_order_find(&final, &g.moves, &g.memory, &order));
  cr_assert_eq(order.count, 3);
  cr_assert_eq(order.list[0].item, 2);
  cr_assert_eq(order.list[2].item, 0);
  end(&g);
}

/* a is full and waits for b's large VM to leave: x must go before y, though y is longer. */
Test(move_orders, room_comes_before_length) {
  ground g = {.f = fixture_begin()};
  uint32_t cluster = cluster_with_lanes(&g.f, 1);
  fixture_host(&g.f, cluster, "a", 1000, 10000);
  fixture_host(&g.f, cluster, "b", 1000, 10000);
  fixture_host(&g.f, cluster, "c", 1000, 10000);
  fixture_vm(&g.f, cluster, "x", "b", 1, 6000);
  fixture_vm(&g.f, cluster, "y", "a", 1, 8000);
  freeze(&g);
  placement final;
  sequence order;
  cr_assert(placement_init(&final, &g.p, &g.memory));
  cr_assert(sequence_add(&g.moves, &g.memory, 0, 1, 2));
  cr_assert(sequence_add(&g.moves, &g.memory, 1, 0, 1));
  placement_move(&final, 0, 2);
  placement_move(&final, 1, 1);
  cr_assert(move_order_find(&final, &g.moves, &g.memory, &order));
  cr_assert_eq(order.count, 2);
  cr_assert_eq(order.list[0].item, 0);
  end(&g);
}

/* One lane on d: u (2 GiB, 2 s) and v (1 GiB, 1 s) go there one after the other. On b, w (8 GiB, 7
 * s) waits for the room that v leaves: v first, and all ends after 8 s; else after 10. Where b has
 * room for both, nothing waits for v, and the longer is the first. */
static void expect_first(int64_t room_of_b, uint32_t expected) {
  ground g = {.f = fixture_begin()};
  uint32_t cluster = cluster_with_lanes(&g.f, 1);
  static const char *const hosts[] = {"a", "b", "d", "e"};
  for (int h = 0; h < 4; h++)
    fixture_host(&g.f, cluster, hosts[h], 1000, h == 1 ? room_of_b : 100000);
  fixture_vm(&g.f, cluster, "u", "e", 1, 2048);
  fixture_vm(&g.f, cluster, "v", "b", 1, 1024);
  fixture_vm(&g.f, cluster, "w", "a", 1, 8192);
  freeze(&g);
  static const uint32_t to[] = {2, 2, 1};
  placement final;
  sequence order;
  cr_assert(placement_init(&final, &g.p, &g.memory));
  for (uint32_t item = 0; item < 3; item++) {
    cr_assert(sequence_add(&g.moves, &g.memory, item, g.p.origin[item], to[item]));
    placement_move(&final, item, to[item]);
  }
  cr_assert(move_order_find(&final, &g.moves, &g.memory, &order));
  expect_same_moves(&g.moves, &order);
  uint32_t first = order.list[0].item == 2 ? order.list[1].item : order.list[0].item;
  cr_expect_eq(first, expected, "room %d: item %u goes to d first", (int)room_of_b, first);
  end(&g);
}

Test(move_orders, what_others_wait_for_starts_first) {
  expect_first(8704, 1);
  expect_first(9215, 1);
  expect_first(9216, 0);
}
