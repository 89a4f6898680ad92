/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checker makes of critical chains and remedies (docs/model.md §12): plans of two steps
 * that wait for each other for one reason or another, with every reason that could be given.
 */
#include "test_verify_support.h"

enum { H0, H1, H2, H3, H4, HOSTS };
enum { MOVER, BOUND, CALM_A, CALM_B, DISK_A, DISK_B, PLAIN_A, PLAIN_B, NEW, VMS };

/* h1 is in standby, "new" has no host. calm-a and calm-b have a quiesce rule, disk-a and disk-b a
 * datastore. A copy takes 10 s over 10,000 Mbps and 5 s over 20,000. */
static berth_inventory *build(berth_context **ctx) {
  static const char *const hosts[HOSTS] = {"h0", "h1", "h2", "h3", "h4"};
  static const char *const vms[VMS] = {"mover",  "bound",   "calm-a",  "calm-b", "disk-a",
                                       "disk-b", "plain-a", "plain-b", "new"};
  static const uint32_t home[VMS] = {H0, H3, H0, H3, H0, H3, H0, H3, BERTH_NONE};
  cluster_sketch made = cluster_begin_plain();
  for (uint32_t h = 0; h < HOSTS; h++) {
    berth_host_spec host = host_of(hosts[h], 200000);
    host.link_mbps = 10000;
    if (h == H1) {
      host.state = BERTH_HOST_STANDBY;
      host.wake = BERTH_WAKE_IPMI;
    }
    add_host(&made, host);
    berth_builder_host_reach_datastore(made.builder, h, "other");
    berth_builder_host_reach_datastore(made.builder, h, "disk");
  }
  for (uint32_t v = 0; v < VMS; v++)
    add_vm(&made, vm_of(vms[v], home[v] == BERTH_NONE ? NULL : hosts[home[v]], 0));
  berth_builder_vm_needs_datastore(made.builder, DISK_A, "disk");
  berth_builder_vm_needs_datastore(made.builder, DISK_B, "disk");
  berth_builder_vm_needs_datastore(made.builder, PLAIN_A, "other");
  add_rule(&made, rule_of("calm", BERTH_RULE_QUIESCE, "calm-a calm-b"));
  *ctx = made.ctx;
  return cluster_end(&made);
}

typedef struct pair {
  uint32_t vm[2], from[2], to[2]; /* no VM: `to` wakes; no `from`: it is powered on */
  uint32_t reasons;               /* joins that hold, as a set */
} pair;

#define JOIN(join) (UINT32_C(1) << (join))
#define ALWAYS JOIN(BERTH_JOIN_ORDER)

static const pair pairs[] = {
    {{MOVER, MOVER}, {H0, H2}, {H2, H3}, ALWAYS | JOIN(BERTH_JOIN_VM) | JOIN(BERTH_JOIN_LIMIT)},
    {{BERTH_NONE, MOVER}, {BERTH_NONE, H0}, {H1, H1}, ALWAYS | JOIN(BERTH_JOIN_WAKE)},
    {{BERTH_NONE, MOVER}, {BERTH_NONE, H0}, {H1, H2}, ALWAYS},
    {{MOVER, BOUND}, {H0, H3}, {H2, H0}, ALWAYS | JOIN(BERTH_JOIN_ROOM) | JOIN(BERTH_JOIN_LIMIT)},
    {{MOVER, BOUND}, {H0, H3}, {H2, H2}, ALWAYS | JOIN(BERTH_JOIN_LIMIT)},
    {{CALM_A, CALM_B}, {H0, H3}, {H2, H4}, ALWAYS | JOIN(BERTH_JOIN_QUIESCE)},
    {{CALM_A, BOUND}, {H0, H3}, {H2, H4}, ALWAYS},
    {{DISK_A, DISK_B}, {H0, H3}, {H2, H4}, ALWAYS | JOIN(BERTH_JOIN_LIMIT)},
    {{PLAIN_A, DISK_B}, {H0, H3}, {H2, H4}, ALWAYS},
    {{PLAIN_A, PLAIN_B}, {H0, H3}, {H2, H4}, ALWAYS},
    {{MOVER, PLAIN_A}, {H0, H0}, {H2, H4}, ALWAYS | JOIN(BERTH_JOIN_LIMIT)},
    {{BERTH_NONE, NEW}, {BERTH_NONE, BERTH_NONE}, {H1, H1}, ALWAYS | JOIN(BERTH_JOIN_WAKE)},
    {{BERTH_NONE, NEW}, {BERTH_NONE, BERTH_NONE}, {H1, H2}, ALWAYS},
};

static int64_t add_step(plan_sketch *plan, const pair *p, uint32_t i) {
  step_sketch *step;
  if (p->vm[i] == BERTH_NONE)
    step = sketch_wake(plan, p->to[i]);
  else if (p->from[i] == BERTH_NONE)
    step = sketch_start(plan, BERTH_STEP_POWER_ON, p->vm[i], p->to[i]);
  else
    step = sketch_migrate(plan, p->vm[i], p->from[i], p->to[i]);
  if (i > 0)
    sketch_after(step, i);
  return step->seconds;
}

static bool is_refused(berth_context *ctx, const berth_inventory *inventory,
                       const plan_sketch *sketch, const berth_plan_deadline *deadline) {
  berth_plan *plan = sketch_build(ctx, inventory, sketch);
  cr_assert_eq(berth_plan_set_deadline(ctx, plan, deadline), BERTH_OK, "%s",
               berth_context_detail(ctx));
  bool refused = (fault_kinds(ctx, plan) & KIND(BERTH_FAULT_DEADLINE)) != 0;
  berth_plan_free(plan);
  return refused;
}

Test(check_deadline, reasons_of_a_chain) {
  berth_context *ctx;
  berth_inventory *inventory = build(&ctx);
  for (uint32_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
    plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
    berth_chain_part parts[2] = {{.step = 1}, {.step = 2}};
    berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
    for (uint32_t i = 0; i < 2; i++)
      parts[i].seconds = add_step(&sketch, &pairs[k], i);
    parts[0].kind = pairs[k].vm[0] == BERTH_NONE ? BERTH_CHAIN_WAKE : BERTH_CHAIN_COPY;
    parts[1].kind = pairs[k].from[1] == BERTH_NONE ? BERTH_CHAIN_RESTART : BERTH_CHAIN_COPY;
    sketch_time(&sketch);
    deadline.seconds = sketch.makespan.worst - 1;
    deadline.late = 1;
    deadline.met = BERTH_MET_NEVER;
    deadline.chain_count = 2;
    deadline.chain = parts;
    for (int join = BERTH_JOIN_NONE; join <= BERTH_JOIN_ORDER; join++) {
      parts[1].join = (berth_chain_join)join;
      cr_expect_eq(is_refused(ctx, inventory, &sketch, &deadline),
                   (pairs[k].reasons & JOIN(join)) == 0, "pair %u, join \"%s\"", k,
                   berth_chain_join_word((berth_chain_join)join));
    }
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

/* ------------------------------------------------------------------ remedies */

typedef struct remedy_row {
  int64_t from, to, other_to, worst, deadline;
  bool refused;
} remedy_row;

/* plain-a goes from h0 to h2 in 10 s, over links of 10,000: both have to be faster. Then plain-b
 * from h3 to h4 in 10 s. */
static const remedy_row remedies[] = {
    {10000, 20000, 20000, 15, 15, false},
    {10000, 20000, 20000, 15, 19, false},
    {10000, 20000, 20000, 16, 19, true},  /* it takes less than is said */
    {10000, 20000, 20000, 14, 19, true},  /* and more */
    {10000, 20000, 20000, 15, 14, true},  /* that is too much */
    {10000, 20000, 15000, 17, 19, false}, /* the slower one counts: 6.67 s, so 7 */
    {10000, 20000, 15000, 15, 19, true},
    {11000, 20000, 20000, 15, 19, true}, /* its link has 10,000 */
    {10000, 20000, 10000, 20, 20, true}, /* no change, and not needed */
};

Test(check_deadline, faster_links) {
  berth_context *ctx;
  berth_inventory *inventory = build(&ctx);
  for (uint32_t k = 0; k < sizeof remedies / sizeof *remedies; k++) {
    const remedy_row *row = &remedies[k];
    static const pair moves = {{PLAIN_A, PLAIN_B}, {H0, H3}, {H2, H4}, 0};
    plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
    berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
    const berth_deadline_change changes[] = {
        {1, BERTH_NONE, H0, row->from, row->to, row->worst},
        {1, BERTH_NONE, H2, 10000, row->other_to, row->worst},
    };
    for (uint32_t i = 0; i < 2; i++)
      (void)add_step(&sketch, &moves, i);
    sketch_time(&sketch);
    cr_assert_eq(sketch.makespan.worst, 20);
    deadline.seconds = row->deadline;
    deadline.late = 20 - row->deadline;
    deadline.met = row->deadline < 20 ? BERTH_MET_NEVER : BERTH_MET_WORST;
    deadline.change_count = 2;
    deadline.changes = changes;
    cr_expect_eq(is_refused(ctx, inventory, &sketch, &deadline), row->refused, "row %u", k);
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

/* Two remedies are alternatives: what the first changes, the second has not. */
Test(check_deadline, alternatives) {
  berth_context *ctx;
  berth_inventory *inventory = build(&ctx);
  static const pair moves = {{PLAIN_A, PLAIN_B}, {H0, H3}, {H2, H4}, 0};
  plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
  berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
  berth_deadline_change changes[] = {{1, BERTH_NONE, H0, 10000, 20000, 15},
                                     {1, BERTH_NONE, H2, 10000, 20000, 15},
                                     {2, BERTH_NONE, H3, 10000, 20000, 15},
                                     {2, BERTH_NONE, H4, 10000, 20000, 15}};
  for (uint32_t i = 0; i < 2; i++)
    (void)add_step(&sketch, &moves, i);
  sketch_time(&sketch);
  deadline.seconds = 15;
  deadline.late = 5;
  deadline.met = BERTH_MET_NEVER;
  deadline.change_count = 4;
  deadline.changes = changes;
  cr_expect_not(is_refused(ctx, inventory, &sketch, &deadline));
  for (uint32_t i = 0; i < 4; i++)
    changes[i].worst = i < 2 ? 15 : 10; /* 10 with both */
  cr_expect(is_refused(ctx, inventory, &sketch, &deadline));
  for (uint32_t i = 0; i < 4; i++)
    changes[i].worst = 15;
  changes[2].remedy = changes[3].remedy = 1; /* one of all four takes 10 s */
  cr_expect(is_refused(ctx, inventory, &sketch, &deadline));
  for (uint32_t i = 0; i < 4; i++)
    changes[i].worst = 10;
  cr_expect_not(is_refused(ctx, inventory, &sketch, &deadline));
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

/* Without steps there is nothing to take time, and with a faster link neither. */
Test(check_deadline, remedy_of_nothing) {
  berth_context *ctx;
  berth_inventory *inventory = build(&ctx);
  plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
  berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
  berth_deadline_change change = {1, BERTH_NONE, H0, 10000, 20000, 0};
  deadline.seconds = 1;
  deadline.met = BERTH_MET_WORST;
  deadline.change_count = 1;
  deadline.changes = &change;
  cr_expect_not(is_refused(ctx, inventory, &sketch, &deadline));
  change.worst = 1;
  cr_expect(is_refused(ctx, inventory, &sketch, &deadline));
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}
