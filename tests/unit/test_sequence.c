/* SPDX-License-Identifier: Apache-2.0 */
/* Stop-overs: found where one is enough, given up in time where none is, and never mistaken for
 * impossible because memory ran out. What the exhaustive search says of the plan at hand. */
#include "problem_fixture.h"
#include "reconfiguration_search.h"
#include "sequence.h"
#include <stdio.h>

/* Two full hosts that swap their VMs, and a spare one. */
static const berth_inventory *swap_inventory(fixture *f) {
  uint32_t cluster = fixture_cluster(f, "c");
  fixture_host(f, cluster, "a", 100, 20);
  fixture_host(f, cluster, "b", 100, 20);
  fixture_host(f, cluster, "spare", 100, 20);
  fixture_vm(f, cluster, "x", "a", 1, 20);
  fixture_vm(f, cluster, "y", "b", 1, 20);
  return fixture_freeze(f);
}

static void swap(placement *target, const problem *p, arena *memory) {
  cr_assert(placement_init(target, p, memory));
  placement_move(target, 0, 1);
  placement_move(target, 1, 0);
}

typedef struct ordered_swap {
  arena memory;
  problem p;
  placement target, state;
  sequence order;
} ordered_swap;

/* Three moves, one of them a stop-over. */
static void order_swap(ordered_swap *s, const fixture *f, const berth_inventory *inventory) {
  arena_init(&s->memory, context_allocator(f->ctx));
  problem_fixture_build(&s->p, &s->memory, inventory, BERTH_GOAL_REPAIR);
  swap(&s->target, &s->p, &s->memory);
  cr_assert(placement_init(&s->state, &s->p, &s->memory));
  cr_assert_eq(sequence_find(&s->target, &s->state, &s->memory, &s->order), SEQUENCE_WITH_HOPS);
  cr_assert_eq(s->order.count, 3);
}

Test(sequence, one_stop_over_unties_a_swap) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = swap_inventory(&f);
  ordered_swap s;
  order_swap(&s, &f, inventory);
  cr_assert_eq(s.order.hops, 1);
  cr_assert_eq(s.order.list[0].to, 2);
  cr_assert(s.state.host[0] == 1 && s.state.host[1] == 0);
  arena_free(&s.memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* x (5) and y (9) swap hosts of 10. x would fit its own host twice, and a large host that sleeps;
 * it stops over on the spare one. */
Test(sequence, stops_over_elsewhere_and_awake) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  fixture_host(&f, cluster, "a", 100, 10);
  fixture_host(&f, cluster, "b", 100, 10);
  berth_host_spec asleep = fixture_host_spec("asleep", 100, 50);
  asleep.state = BERTH_HOST_STANDBY;
  asleep.wake = BERTH_WAKE_WOL;
  fixture_add_host(&f, cluster, asleep);
  fixture_host(&f, cluster, "spare", 100, 5);
  fixture_vm(&f, cluster, "x", "a", 1, 5);
  fixture_vm(&f, cluster, "y", "b", 1, 9);
  const berth_inventory *inventory = fixture_freeze(&f);
  ordered_swap s;
  order_swap(&s, &f, inventory);
  cr_expect_eq(s.order.list[0].item, 0);
  cr_expect_eq(s.order.list[0].to, 3);
  arena_free(&s.memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* The hosts that a class of VMs may go to are found on first use, in the problem's own memory. */
Test(sequence, out_of_memory_is_no_dead_end) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = swap_inventory(&f);
  arena memory, nothing = problem_fixture_empty_arena();
  problem p;
  placement target, state;
  sequence order;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  p.memory = &nothing;
  swap(&target, &p, &memory);
  cr_assert(placement_init(&state, &p, &memory));
  cr_assert_eq(sequence_find(&target, &state, &memory, &order), SEQUENCE_OUT_OF_MEMORY);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* An exhaustive search for a plan that is better than one of these values. */
static reconfiguration_result search(const problem *p, berth_context *ctx, const int64_t *incumbent,
                                     arena *memory, reconfiguration_plan *plan) {
  search_clock clock;
  ladder_bounds bounds = {.value = {0}};
  search_clock_start(&clock, ctx, 60000);
  reconfiguration_task task = {
      .problem = p, .bounds = &bounds, .incumbent = incumbent, .clock = &clock};
  return reconfiguration_search(&task, memory, plan);
}

Test(sequence, out_of_memory_proves_nothing) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = swap_inventory(&f);
  arena memory, nothing = problem_fixture_empty_arena();
  problem p;
  reconfiguration_plan plan;
  const int64_t poor[BERTH_LEVEL_COUNT] = {[BERTH_LEVEL_MIGRATIONS] = 100};
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  p.memory = &nothing;
  cr_assert_eq(search(&p, f.ctx, poor, &memory, &plan), RECONFIGURATION_OUT_OF_MEMORY);
  p.memory = &memory;
  cr_assert_eq(search(&p, f.ctx, poor, &memory, &plan), RECONFIGURATION_OPTIMAL);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* x has to be on b, which y fills: y to the spare host or to a, once x has stopped over. The least
 * is two migrations: y to the spare host, x to b. */
Test(sequence, search_beats_the_plan_at_hand_or_proves_it) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  fixture_host(&f, cluster, "a", 100, 20);
  fixture_host(&f, cluster, "b", 100, 20);
  fixture_host(&f, cluster, "spare", 100, 20);
  fixture_vm(&f, cluster, "x", "a", 1, 20);
  fixture_vm(&f, cluster, "y", "b", 1, 20);
  fixture_rule(&f, cluster, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "x", "b");
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  reconfiguration_plan plan;
  int64_t values[BERTH_LEVEL_COUNT] = {
      [BERTH_LEVEL_MIGRATIONS] = 3, [BERTH_LEVEL_MEMORY_MOVED] = 60};
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  cr_expect(reconfiguration_fits(&p));
  cr_assert_eq(search(&p, f.ctx, values, &memory, &plan), RECONFIGURATION_OPTIMAL);
  cr_expect_eq(plan.moves.count, 2);
  cr_expect_eq(plan.final.value[BERTH_LEVEL_VIOLATIONS], 0);
  cr_expect_eq(plan.final.value[BERTH_LEVEL_MEMORY_MOVED], 40);
  values[BERTH_LEVEL_MIGRATIONS] = 2;
  values[BERTH_LEVEL_MEMORY_MOVED] = 40;
  cr_expect_eq(search(&p, f.ctx, values, &memory, &plan), RECONFIGURATION_KEPT);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Pairs of full hosts: two small VMs change places with a large one. A small VM alone makes no room
 * for it, wherever it stops over, so nothing helps; trying every VM on every spare host and asking
 * every other VM each time would take half a billion looks. */
Test(sequence, hopeless_stop_overs_end_soon, .timeout = 5) {
  enum { PAIRS = 400 };
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  char id[16], host[16];
  for (int i = 0; i < PAIRS; i++) {
    for (const char *kind = "abs"; *kind != '\0'; kind++) {
      (void)snprintf(host, sizeof host, "%c%d", *kind, i);
      fixture_host(&f, cluster, host, 100, *kind == 's' ? 10 : 20);
    }
  }
  for (int i = 0; i < PAIRS; i++) {
    (void)snprintf(host, sizeof host, "a%d", i);
    (void)snprintf(id, sizeof id, "v%d", i);
    fixture_vm(&f, cluster, id, host, 1, 10);
    (void)snprintf(id, sizeof id, "w%d", i);
    fixture_vm(&f, cluster, id, host, 1, 10);
    (void)snprintf(host, sizeof host, "b%d", i);
    (void)snprintf(id, sizeof id, "x%d", i);
    fixture_vm(&f, cluster, id, host, 1, 20);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  placement target, state;
  sequence order;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  cr_assert(placement_init(&target, &p, &memory) && placement_init(&state, &p, &memory));
  for (uint32_t item = 0; item < p.item_count; item++) {
    uint32_t home = p.origin[item], partner = 3 * (home / 3) + (home % 3 == 0 ? 1 : 0);
    placement_move(&target, item, partner);
  }
  cr_assert_eq(sequence_find(&target, &state, &memory, &order), SEQUENCE_STUCK);
  cr_assert_eq(order.count, 0);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
