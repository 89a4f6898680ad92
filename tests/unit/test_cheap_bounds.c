/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proved without a search, in clusters small enough to say by hand what no plan can avoid.
 */
#include "admission.h"
#include "cheap_bounds.h"
#include "solver_ground.h"

TestSuite(cheap_bounds);

static ladder_bounds bounds_of(const solver_ground *g) {
  arena memory;
  ladder_bounds bounds;
  arena_init(&memory, context_allocator(g->f.ctx));
  cr_assert(cheap_bounds(&g->s, &memory, &bounds));
  arena_free(&memory);
  return bounds;
}

static void expect_bound(const ladder_bounds *bounds, berth_level level, int64_t expected) {
  cr_expect_eq(bounds->value[level], expected, "%s: %lld, not %lld", berth_level_name(level),
               (long long)bounds->value[level], (long long)expected);
}

static void rule_between(solver_ground *g, const char *id, berth_rule_type type,
                         berth_strength strength, const char *vms) {
  fixture_rule(&g->f, g->cluster, id, type, strength, vms, NULL);
}

/* ---------------------------------------------------------------------- unplaced */

/* h has 16 and holds 10 that do not move, t holds 3 of 8 that could: 7 does not fit h, but t once
 * it is empty; 9 fits neither; 6 fits. Of each priority the level knows. */
Test(cheap_bounds, fits_on_no_host) {
  solver_ground g = ground_begin();
  ground_host(&g, "failed", 100, BERTH_HOST_FAILED);
  ground_host(&g, "h", 16, BERTH_HOST_ONLINE);
  ground_host(&g, "t", 8, BERTH_HOST_ONLINE);
  ground_fixed_vm(&g, "stays", "h", 10);
  ground_vm(&g, "goes", "t", 3);
  static const char *const ids[] = {"six", "seven", "eight", "nine", "ten"};
  for (int i = 0; i < 5; i++) {
    berth_vm_spec spec = fixture_vm_spec(ids[i], "failed", 0, 6 + i);
    spec.priority = i == 3 ? BERTH_PRIORITY_HIGH : BERTH_PRIORITY_LOW;
    fixture_add_vm(&g.f, g.cluster, spec);
  }
  ground_freeze(&g, BERTH_GOAL_FAILOVER);
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_UNPLACED, 2);
  expect_bound(&bounds, BERTH_LEVEL_UNPLACED_HIGH, 1);
  expect_bound(&bounds, BERTH_LEVEL_UNPLACED_LOW, 1);
  expect_bound(&bounds, BERTH_LEVEL_UNPLACED_MEDIUM, 0);
  cr_expect_str_eq(bounds.proof[BERTH_LEVEL_UNPLACED_HIGH], "fits on no host");
  cr_expect_str_eq(bounds.proof[BERTH_LEVEL_UNPLACED_LOW], "fits on no host");
  cr_expect_str_eq(bounds.proof[BERTH_LEVEL_UNPLACED_MEDIUM], "zero");
  ground_end(&g);
}

/* By any resource: CPU, and room that a rule leaves. */
Test(cheap_bounds, fits_on_no_admitted_host) {
  solver_ground g = ground_begin();
  ground_host(&g, "failed", 100, BERTH_HOST_FAILED);
  ground_host(&g, "small", 10, BERTH_HOST_ONLINE);
  ground_host(&g, "large", 20, BERTH_HOST_ONLINE);
  fixture_vm(&g.f, g.cluster, "busy", "failed", 1001, 5);
  fixture_vm(&g.f, g.cluster, "calm", "failed", 1000, 5);
  ground_vm(&g, "bound", "failed", 15);
  fixture_rule(&g.f, g.cluster, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "bound", "small");
  ground_freeze(&g, BERTH_GOAL_FAILOVER);
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_UNPLACED_MEDIUM, 2);
  ground_end(&g);
}

/* ---------------------------------------------------------------------- rules */

/* h holds s0, s1, s2, t holds s3, all fixed; m may move. */
static solver_ground begin_rules(void) {
  solver_ground g = ground_begin();
  ground_host(&g, "h", 100, BERTH_HOST_ONLINE);
  ground_host(&g, "t", 100, BERTH_HOST_ONLINE);
  ground_fixed_vm(&g, "s0", "h", 1);
  ground_fixed_vm(&g, "s1", "h", 1);
  ground_fixed_vm(&g, "s2", "h", 1);
  ground_fixed_vm(&g, "s3", "t", 1);
  ground_vm(&g, "m", "h", 1);
  return g;
}

static void expect_rules(solver_ground *g, int64_t must, int64_t should) {
  ground_freeze(g, BERTH_GOAL_REPAIR);
  ladder_bounds bounds = bounds_of(g);
  expect_bound(&bounds, BERTH_LEVEL_VIOLATIONS, must);
  expect_bound(&bounds, BERTH_LEVEL_SHOULD_BROKEN, should);
  ground_end(g);
}

static void expect_spread(const char *vms, int64_t count, int64_t broken) {
  solver_ground g = begin_rules();
  berth_rule_spec rule = fixture_rule_spec("r", BERTH_RULE_AT_MOST, BERTH_MUST, vms, NULL);
  rule.count = count;
  fixture_add_rule(&g.f, g.cluster, rule);
  expect_rules(&g, broken, 0);
}

Test(cheap_bounds, too_many_that_do_not_move) {
  expect_spread("s0 s1 s2", 3, 0);
  expect_spread("s0 s1 s2", 2, 1);
  expect_spread("s0 s1 s3", 2, 0);
  expect_spread("s0 s1 s3", 1, 1);
  expect_spread("s0 s3", 1, 0);
  expect_spread("s0 s3 m", 1, 0); /* m can go, though not here */
  expect_spread("s3 s2 s0", 1, 1);
}

/* What one rule counted is nothing to the next; each counts once, however often it is broken. */
Test(cheap_bounds, rules_one_by_one) {
  solver_ground g = begin_rules();
  rule_between(&g, "r1", BERTH_RULE_APART, BERTH_SHOULD, "s0 s3");
  rule_between(&g, "r2", BERTH_RULE_APART, BERTH_MUST, "s1 s3");
  rule_between(&g, "r3", BERTH_RULE_APART, BERTH_SHOULD, "s0 s1 s2");
  rule_between(&g, "r4", BERTH_RULE_APART, BERTH_SHOULD, "s1 s2");
  rule_between(&g, "r5", BERTH_RULE_APART, BERTH_MUST, "s0 s2");
  expect_rules(&g, 1, 2);
}

static void expect_together(const char *vms, int64_t broken) {
  solver_ground g = begin_rules();
  rule_between(&g, "r", BERTH_RULE_TOGETHER, BERTH_SHOULD, vms);
  expect_rules(&g, 0, broken);
}

Test(cheap_bounds, apart_for_good) {
  expect_together("s0 s3", 1);
  expect_together("s0 s1", 0);
  expect_together("s3 m", 0);
  expect_together("s0 s1 s3", 1);
  expect_together("s0 s1 s2", 0);
}

Test(cheap_bounds, bound_to_other_hosts) {
  for (int variant = 0; variant < 3; variant++) {
    static const char *const vms[] = {"m s3", "s3 s0", "s0 m s3"};
    solver_ground g = begin_rules();
    fixture_rule(&g.f, g.cluster, "r", BERTH_RULE_RUN_ON, BERTH_SHOULD, vms[variant], "t");
    expect_rules(&g, 0, variant > 0);
  }
}

/* ---------------------------------------------------------------------- over capacity, leaving */

/* 6 + 6 on 10 that do not move, of memory and of CPU: two; on t 10 of 10. */
Test(cheap_bounds, over_capacity_for_good) {
  solver_ground g = ground_begin();
  ground_host(&g, "h", 10, BERTH_HOST_ONLINE);
  ground_host(&g, "t", 10, BERTH_HOST_ONLINE);
  for (int i = 0; i < 3; i++) {
    static const char *const ids[] = {"a", "b", "full"};
    berth_vm_spec spec = fixture_vm_spec(ids[i], i < 2 ? "h" : "t", i < 2 ? 600 : 1000, 0);
    spec.memory_mib = spec.memory_reservation_mib = i < 2 ? 6 : 10;
    spec.movable = false;
    fixture_add_vm(&g.f, g.cluster, spec);
  }
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_VIOLATIONS, 2);
  expect_bound(&bounds, BERTH_LEVEL_MIGRATIONS, 0);
  ground_end(&g);
}

/* e is emptied: fixed stays, giant fits nowhere, a and b go. Once they have, each has cost a
 * migration (but with goal evacuate, which owes it) and its memory. */
static void expect_leaving(berth_goal goal, bool gone) {
  solver_ground g = ground_begin();
  ground_host(&g, "e", 100, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "h", 30, BERTH_HOST_ONLINE);
  ground_fixed_vm(&g, "fixed", "e", 1);
  ground_vm(&g, "giant", "e", 31);
  ground_vm(&g, "a", "e", 10);
  ground_vm(&g, "b", "e", 12);
  ground_vm(&g, "c", "h", 1);
  ground_freeze(&g, goal);
  if (gone) {
    ground_move(&g, "a", "h");
    ground_move(&g, "b", "h");
  }
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_VIOLATIONS, 2);
  expect_bound(&bounds, BERTH_LEVEL_MIGRATIONS, gone && goal != BERTH_GOAL_EVACUATE ? 2 : 0);
  expect_bound(&bounds, BERTH_LEVEL_MEMORY_MOVED, gone ? 22 : 0);
  cr_expect_str_eq(bounds.proof[BERTH_LEVEL_VIOLATIONS], "VMs that cannot leave");
  ground_end(&g);
}

Test(cheap_bounds, who_must_leave) {
  expect_leaving(BERTH_GOAL_EVACUATE, false);
  expect_leaving(BERTH_GOAL_EVACUATE, true);
  expect_leaving(BERTH_GOAL_REPAIR, false);
  expect_leaving(BERTH_GOAL_REPAIR, true);
}

/* h of 20 holds 9, 7, 5, 3 and 4 that stays: 28. The largest alone brings it to 19; with 30, 36 in
 * all, it takes two. As many of the smallest are what they move at least: 3, or 3 and 5. */
static void expect_overload(int64_t more, int64_t migrations, int64_t memory) {
  solver_ground g = ground_begin();
  ground_host(&g, "h", 20, BERTH_HOST_ONLINE);
  ground_host(&g, "t", 100, BERTH_HOST_ONLINE);
  static const char *const ids[] = {"five", "nine", "three", "seven"};
  static const int64_t sizes[] = {5, 9, 3, 7};
  for (int i = 0; i < 4; i++)
    ground_vm(&g, ids[i], "h", sizes[i]);
  ground_fixed_vm(&g, "four", "h", 4);
  if (more > 0)
    ground_vm(&g, "more", "h", more);
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_MIGRATIONS, 0); /* a plan may leave it as it is */
  expect_bound(&bounds, BERTH_LEVEL_MEMORY_MOVED, 0);
  for (int i = 0; i < 4; i++)
    ground_move(&g, ids[i], "t");
  if (more > 0)
    ground_move(&g, "more", "t");
  cr_assert_eq(g.s.value[BERTH_LEVEL_VIOLATIONS], 0);
  bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_MIGRATIONS, migrations);
  expect_bound(&bounds, BERTH_LEVEL_MEMORY_MOVED, memory);
  ground_end(&g);
}

Test(cheap_bounds, hosts_over_capacity) {
  expect_overload(0, 1, 3);
  expect_overload(1, 1, 1);  /* 29: 9 brings it to 20 */
  expect_overload(2, 2, 5);  /* 30: 9 and 7 */
  expect_overload(8, 2, 8);  /* 36: 9 and 8 bring it to 19 */
  expect_overload(20, 2, 8); /* 48: 20 and 9 */
}

/* Two hosts add up, the worst resource of each decides, what leaves anyhow is not counted twice. */
Test(cheap_bounds, overload_adds_up) {
  solver_ground g = ground_begin();
  ground_host(&g, "h0", 10, BERTH_HOST_ONLINE);
  ground_host(&g, "h1", 10, BERTH_HOST_ONLINE);
  ground_host(&g, "e", 10, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "t", 1000, BERTH_HOST_ONLINE);
  static const char *const ids[] = {"a", "b", "c", "d", "e0", "e1"};
  static const char *const homes[] = {"h0", "h0", "h1", "h1", "e", "e"};
  static const int64_t cpu[] = {0, 0, 600, 600, 0, 0}, memory[] = {6, 5, 4, 8, 20, 30};
  for (int i = 0; i < 6; i++)
    fixture_vm(&g.f, g.cluster, ids[i], homes[i], cpu[i], memory[i]);
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  ground_move(&g, "a", "t");
  ground_move(&g, "c", "t");
  ground_move(&g, "e0", "t");
  ground_move(&g, "e1", "t");
  cr_assert_eq(g.s.value[BERTH_LEVEL_VIOLATIONS], 0);
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_MIGRATIONS, 2 + 1 + 1);
  expect_bound(&bounds, BERTH_LEVEL_MEMORY_MOVED, 50 + 5 + 4);
  ground_end(&g);
}

/* ---------------------------------------------------------------------- nodes */

/* A node of 10 holds one of 6; a and b ask for one each. Where both are bound to their host it is
 * violated for good; where b could go to the last host it is not, whatever stands there. As many
 * hosts as fill the words of a set: what lies behind them is another class's. */
static void expect_nodes(const char *hosts_of_b, bool fixed, int64_t violations) {
  enum { HOSTS = 128 };
  solver_ground g = ground_begin();
  char id[16];
  for (int h = 0; h < HOSTS; h++) {
    (void)snprintf(id, sizeof id, "h%03d", h);
    uint32_t host = fixture_host(&g.f, g.cluster, id, 1000, 20);
    if (h == 0)
      for (uint32_t n = 0; n < 2; n++)
        cr_assert_eq(berth_builder_host_numa(g.f.builder, host, n, 500, n == 0 ? 10 : 5, NULL),
                     BERTH_OK);
  }
  for (int v = 0; v < 3; v++) {
    static const char *const ids[] = {"a", "b", "free"};
    berth_vm_spec spec = fixture_vm_spec(ids[v], v < 2 ? "h000" : "h001", 1, v < 2 ? 6 : 1);
    spec.numa = BERTH_NUMA_ONE_NODE;
    spec.movable = !fixed || v != 1;
    fixture_add_vm(&g.f, g.cluster, spec);
  }
  fixture_rule(&g.f, g.cluster, "ra", BERTH_RULE_RUN_ON, BERTH_MUST, "a", "h000");
  fixture_rule(&g.f, g.cluster, "rb", BERTH_RULE_RUN_ON, BERTH_MUST, "b", hosts_of_b);
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  cr_assert_eq(g.s.value[BERTH_LEVEL_VIOLATIONS], 1);
  cr_assert_not_null(admission_hosts(&g.p, ground_item(&g, "a")));
  if (!fixed)
    cr_assert_not_null(admission_hosts(&g.p, ground_item(&g, "b")));
  cr_assert_not_null(admission_hosts(&g.p, ground_item(&g, "free")));
  ladder_bounds bounds = bounds_of(&g);
  expect_bound(&bounds, BERTH_LEVEL_VIOLATIONS, violations);
  ground_end(&g);
}

Test(cheap_bounds, fit_no_node_elsewhere) {
  expect_nodes("h000", false, 1);
  expect_nodes("h000 h127", true, 1);
  expect_nodes("h000 h127", false, 0);
  expect_nodes("h000 h001", false, 0);
}
