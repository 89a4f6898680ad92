/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of steps (check_network.c) by themselves: four migrations, each of which waits for the
 * one before it, or none does.
 */
#include "check_internal.h"
#include "context_internal.h"
#include "test_verify_support.h"

TestSuite(check_network);

enum { STEPS = 4, GUARD = 7 };

typedef struct network_case {
  cluster_sketch made;
  berth_inventory *inventory;
  berth_plan *plan;
  check c;
} network_case;

static void begin(network_case *n, bool in_a_chain) {
  static const char *const vms[] = {"v0", "v1", "v2", "v3"};
  plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR};
  *n = (network_case){.made = cluster_begin_plain()};
  add_host(&n->made, host_of("h0", 1000));
  add_host(&n->made, host_of("h1", 1000));
  for (uint32_t v = 0; v < STEPS; v++) {
    add_vm(&n->made, vm_of(vms[v], "h0", 0));
    step_sketch *step = sketch_migrate(&sketch, v, 0, 1);
    if (v > 0 && in_a_chain)
      sketch_after(step, v);
  }
  n->inventory = cluster_end(&n->made);
  n->plan = sketch_build(n->made.ctx, n->inventory, &sketch);
  n->c = (check){.ctx = n->made.ctx,
                 .plan = n->plan,
                 .inventory = n->inventory,
                 .goal = sketch.goal,
                 .step_count = STEPS};
  arena_init(&n->c.memory, context_allocator(n->made.ctx));
  check_state(&n->c);
  check_steps(&n->c);
  check_precedence(&n->c);
  check_forest(&n->c);
  cr_assert(n->c.graph.acyclic && !n->c.exhausted);
}

static void end(network_case *n) {
  flow_free(n->c.ctx, &n->c.network.flow);
  arena_free(&n->c.memory);
  berth_plan_free(n->plan);
  berth_inventory_release(n->inventory);
  berth_context_free(n->made.ctx);
}

/* The first, third and fourth: the second is no member, and yet they are in one line. The forest
 * knows it, so no search starts. */
Test(check_network, lines_need_no_search) {
  network_case n;
  begin(&n, true);
  check_member members[] = {{.step = 3}, {.step = 0}, {.step = 2}};
  uint32_t epoch = n.c.graph.epoch;
  cr_expect_eq(check_most_at_once(&n.c, members, 3, false, 1), 1);
  cr_expect_eq(n.c.graph.epoch, epoch);
  end(&n);
}

/* All steps are members, in a line or in none, and behind the last stands something that is none.
 * Behind the tables is what was taken next. */
Test(check_network, keeps_to_its_tables) {
  for (int in_a_chain = 0; in_a_chain < 2; in_a_chain++) {
    network_case n;
    begin(&n, in_a_chain != 0);
    check_member members[STEPS + 1] = {{.step = 0}, {.step = 1}, {.step = 2}, {.step = 3}};
    int64_t most = in_a_chain ? 1 : STEPS;
    cr_expect_eq(check_most_at_once(&n.c, members, STEPS, false, 0), most);
    uint64_t *guard = check_take(&n.c, 1, sizeof *guard);
    cr_assert_not_null(guard);
    *guard = GUARD;
    cr_expect_eq(check_most_at_once(&n.c, members, STEPS, false, 0), most);
    cr_expect_eq(*guard, GUARD);
    end(&n);
  }
}

/* Two gains of 2^62 do not add up in 64 bits: then all count, whatever takes them off. */
Test(check_network, beyond_measure) {
  network_case n;
  begin(&n, true);
  const int64_t large = INT64_C(1) << 62;
  check_member members[] = {{.step = 0, .gain = large, .cost = large},
                            {.step = 1, .gain = large, .cost = large},
                            {.step = 2}};
  cr_expect_eq(check_heaviest(&n.c, members, 3, false, large), INT64_MAX);
  cr_expect(members[0].chosen && members[1].chosen && !members[2].chosen);
  members[1].gain = large - 2; /* these do; the second has to wait until the first ends */
  cr_expect_eq(check_heaviest(&n.c, members, 3, false, 0), large);
  end(&n);
}

/* Buffers only grow: a network after a larger one asks for no memory. */
Test(check_network, buffers_grow_only) {
  berth_context *ctx = NULL;
  flow_network flow = {0};
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert(flow_reset(ctx, &flow, 40, 50));
  uint32_t nodes = flow.node_room, arcs = flow.arc_room;
  cr_expect_geq(nodes, 40);
  cr_expect_geq(arcs, 100, "each has its reverse");
  cr_assert(flow_reset(ctx, &flow, 2, 1));
  cr_expect_eq(flow.node_room, nodes);
  cr_expect_eq(flow.arc_room, arcs);
  flow_free(ctx, &flow);
  berth_context_free(ctx);
}
