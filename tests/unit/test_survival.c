/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consolidate beyond certificates (docs/model.md §4, §7, §8): who may be powered down, how many
 * hosts serve, what survives failures. And the levels of rebalance. All numbers by hand.
 */
#include "test_verify_support.h"

enum { H0, H1, H2, H3 };

TestSuite(survival);

/* Faults of a plan without steps for the goal consolidate, with that many violations. */
static uint32_t faults_at_rest(cluster_sketch *made, berth_inventory *inventory, uint32_t failures,
                               int64_t on, int64_t violations) {
  plan_sketch plan = {.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_OPTIMAL};
  plan.settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  plan.settings.keep_failures = failures;
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, violations);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_ON, on);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, 0);
  if (violations > 0)
    plan.status = BERTH_OUTCOME_INFEASIBLE;
  return sketch_faults(made->ctx, inventory, &plan);
}

static void end(cluster_sketch *made, berth_inventory *inventory) {
  berth_inventory_release(inventory);
  berth_context_free(made->ctx);
}

/* Free memory 9, 5, 12, 8 and VMs {2,1}, {6,5}, {4}, {2}: of any two hosts that fail, the VMs fit
 * the others (6 + 5 on 12 and 9 - for instance the first two: 6 + 5 + 1 on 12, 2 on 8; the second
 * and third: 5 + 4 on 9, 6 on 8). Of the first three, 18 MiB, they do not fit 8. */
Test(survival, two_failures_that_planners_miss) {
  static const int64_t capacity[] = {12, 16, 16, 10}, sizes[] = {2, 1, 6, 5, 4, 2};
  static const char *const ids[] = {"h0", "h1", "h2", "h3"}, *const homes[] = {"h0", "h0", "h1",
                                                                               "h1", "h2", "h3"},
                           *const vms[] = {"v0", "v1", "v2", "v3", "v4", "v5"};
  cluster_sketch made = cluster_begin_plain();
  for (uint32_t h = 0; h < 4; h++)
    add_host(&made, host_of(ids[h], capacity[h]));
  for (uint32_t v = 0; v < 6; v++)
    add_vm(&made, vm_of(vms[v], homes[v], sizes[v]));
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 0, 4, 0), 0);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 4, 0), 0);
  cr_expect_eq(faults_at_rest(&made, inventory, 2, 4, 0), 0);
  cr_expect_eq(faults_at_rest(&made, inventory, 2, 4, 1), KIND(BERTH_FAULT_LEVEL));
  cr_expect_eq(faults_at_rest(&made, inventory, 3, 4, 1), 0);
  cr_expect_eq(faults_at_rest(&made, inventory, 3, 4, 0), KIND(BERTH_FAULT_LEVEL));
  end(&made, inventory);
}

/* First fit by falling size puts 3 + 3 where 3 + 2 + 2 would go, and fails: free 7 and 6, displaced
 * 3, 3, 2, 2, 3: 3 + 2 + 2 and 3 + 3. */
Test(survival, needs_a_search) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 13));
  add_host(&made, host_of("h1", 7));
  add_host(&made, host_of("h2", 6));
  static const char *const vms[] = {"v0", "v1", "v2", "v3", "v4"};
  static const int64_t sizes[] = {3, 3, 2, 2, 3};
  for (uint32_t v = 0; v < 5; v++)
    add_vm(&made, vm_of(vms[v], "h0", sizes[v]));
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 3, 0), 0);
  end(&made, inventory);
}

/* Two that stay apart and two hosts: the one that fails cannot be restarted. With one more host, in
 * the rack of the other, not either if racks count; in a rack of its own, it can. */
Test(survival, rules_between_vms) {
  for (int variant = 0; variant < 4; variant++) {
    cluster_sketch made = cluster_begin_plain();
    add_host(&made, host_of("h0", 10000));
    berth_host_spec host = host_of("h1", 10000);
    host.rack = "r";
    add_host(&made, host);
    host = host_of("h2", 10000);
    host.rack = variant == 2 ? "r" : "s";
    if (variant > 0)
      add_host(&made, host);
    add_vm(&made, vm_of("v0", "h0", 1000));
    add_vm(&made, vm_of("v1", "h1", 1000));
    berth_rule_spec rule = rule_of("apart", BERTH_RULE_APART, "v0 v1");
    rule.over = variant > 1 ? BERTH_DOMAIN_RACK : BERTH_DOMAIN_HOST;
    add_rule(&made, rule);
    berth_inventory *inventory = cluster_end(&made);
    int64_t lost = variant == 0 || variant == 2;
    cr_expect_eq(faults_at_rest(&made, inventory, 1, variant > 0 ? 3 : 2, lost), 0, "variant %d",
                 variant);
    end(&made, inventory);
  }
}

/* A restart disabled is not missed, and a dedicated failover host takes the others. */
Test(survival, disabled_and_dedicated) {
  for (int variant = 0; variant < 2; variant++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = "c";
    set_up.admission = BERTH_ADMISSION_DEDICATED;
    set_up.dedicated_hosts = "h1";
    cluster_sketch made = cluster_begin(&set_up);
    add_host(&made, host_of("h0", 10));
    add_host(&made, host_of("h1", 5));
    berth_vm_spec vm = vm_of("v0", "h0", 6);
    vm.priority = variant == 0 ? BERTH_PRIORITY_DISABLED : BERTH_PRIORITY_LOW;
    add_vm(&made, vm);
    add_vm(&made, vm_of("v1", "h0", 4));
    berth_inventory *inventory = cluster_end(&made);
    cr_expect_eq(faults_at_rest(&made, inventory, 1, 2, variant), 0, "variant %d", variant);
    end(&made, inventory);
  }
}

/* More hosts fail than there are: nothing survives unless nothing runs. */
Test(survival, all_fail) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 1));
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 2, 0), 0);
  cr_expect_eq(faults_at_rest(&made, inventory, 64, 2, 1), 0);
  end(&made, inventory);
}

/* ------------------------------------------------------------------ NUMA nodes */

typedef struct nodes_row {
  const char *what;
  int64_t node;        /* of each of the two of h1 */
  uint32_t on_0, on_1; /* VMs of 3 that ask for one node */
  int64_t lost;        /* violations; if any node does, there are none */
} nodes_row;

static void add_nodes(const cluster_sketch *made, uint32_t host, uint32_t count, int64_t size) {
  for (uint32_t n = 0; n < count; n++)
    cr_assert_eq(berth_builder_host_numa(made->builder, host, n, 50000, size, NULL), BERTH_OK);
}

static void add_bound(const cluster_sketch *made, const char *id, const char *host, int64_t size) {
  berth_vm_spec vm = vm_of(id, host, size);
  vm.numa = BERTH_NUMA_ONE_NODE;
  add_vm(made, vm);
}

/* h0 of 10 without nodes; h1 of 12 with two. If h0 fails, its VMs go to h1: there is room for all
 * of them, but a node of 5 holds one, a node of 6 two. If h1 fails, h0 takes what was there. */
static const nodes_row nodes_rows[] = {
    {"beside two others, of which each fills a node", 5, 1, 2, 1},
    {"beside two others on one node", 6, 1, 2, 0},
    {"three to an empty host, whose nodes hold two", 5, 3, 0, 1},
    {"three to an empty host, whose nodes hold four", 6, 3, 0, 0},
    {"two to an empty host, whose nodes hold two", 5, 2, 0, 0},
};

static void check_row(const nodes_row *row, berth_numa numa, int64_t lost) {
  cluster_sketch made = cluster_begin_plain();
  char id[8];
  add_host(&made, host_of("h0", 10));
  add_nodes(&made, add_host(&made, host_of("h1", 12)), 2, row->node);
  for (uint32_t v = 0; v < row->on_0 + row->on_1; v++) {
    (void)snprintf(id, sizeof id, "v%u", v);
    berth_vm_spec vm = vm_of(id, v < row->on_0 ? "h0" : "h1", 3);
    vm.numa = numa;
    add_vm(&made, vm);
  }
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 2, lost), 0, "%s", row->what);
  end(&made, inventory);
}

Test(survival, nodes_take_what_was_elsewhere) {
  for (size_t i = 0; i < sizeof nodes_rows / sizeof *nodes_rows; i++) {
    check_row(&nodes_rows[i], BERTH_NUMA_ONE_NODE, nodes_rows[i].lost);
    check_row(&nodes_rows[i], BERTH_NUMA_ANY, 0);
  }
}

/* Two VMs of h0 find a host each, whose one node holds one. */
Test(survival, nodes_one_to_each) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10));
  add_nodes(&made, add_host(&made, host_of("h1", 10)), 1, 5);
  add_nodes(&made, add_host(&made, host_of("h2", 10)), 1, 5);
  add_bound(&made, "v0", "h0", 3);
  add_bound(&made, "v1", "h0", 3);
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 3, 0), 0);
  end(&made, inventory);
}

/* h1 and h2 have room for 8 and nodes of 4, but on one of those of h1 a VM takes 2. Of h0, "any"
 * has to go there: with it on h2, one of the two of 4 finds no node. */
Test(survival, hosts_alike_but_for_their_nodes) {
  cluster_sketch made = cluster_begin_plain();
  add_nodes(&made, add_host(&made, host_of("h1", 10)), 2, 4);
  add_nodes(&made, add_host(&made, host_of("h2", 10)), 2, 4);
  add_host(&made, host_of("h0", 20));
  add_vm(&made, vm_of("spread", "h2", 2));
  add_bound(&made, "bound", "h1", 2);
  add_vm(&made, vm_of("any", "h0", 6));
  add_bound(&made, "v0", "h0", 4);
  add_bound(&made, "v1", "h0", 4);
  add_bound(&made, "v2", "h0", 2);
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 3, 0), 0);
  end(&made, inventory);
}

/* The packing looks at 1,024 VMs. With one more on h1 nobody knows, though the others need nothing.
 */
Test(survival, more_vms_than_are_packed) {
  cluster_sketch made = cluster_begin_plain();
  char id[8];
  add_host(&made, host_of("h0", 10));
  add_nodes(&made, add_host(&made, host_of("h1", 10)), 2, 5);
  add_bound(&made, "more", "h0", 3);
  for (int v = 0; v < 1024; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    add_bound(&made, id, "h1", 0);
  }
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 2, 0), KIND(BERTH_FAULT_SURVIVAL));
  end(&made, inventory);
}

/* Hosts alike but for rules: h1 and h2 have room for 6, and on h2 there is a VM that "small" keeps
 * away from. Of 4, 3, 3 and 2 the 4 has to go to h1, so that the 2 goes there, too. */
Test(survival, hosts_alike_but_for_a_rule) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h1", 6));
  add_host(&made, host_of("h2", 6));
  add_host(&made, host_of("h0", 12));
  add_vm(&made, vm_of("idle", "h1", 0));
  add_vm(&made, vm_of("nothing", "h2", 0));
  add_vm(&made, vm_of("large", "h0", 4));
  add_vm(&made, vm_of("v0", "h0", 3));
  add_vm(&made, vm_of("v1", "h0", 3));
  add_vm(&made, vm_of("small", "h0", 2));
  add_rule(&made, rule_of("apart", BERTH_RULE_APART, "nothing small"));
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 1, 3, 0), 0);
  end(&made, inventory);
}

/* ------------------------------------------------------------------ many VMs, many hosts */

/* 24 VMs of 101 to 124, 2,700 in all, and room for 2,699 on two hosts. There are millions of ways
 * to fill these; the sum says that none is enough. With 2,700 of 3,000 the first one is. */
Test(survival, too_little_room_in_all) {
  for (int64_t more = 0; more <= 301; more += 301) {
    cluster_sketch made = cluster_begin_plain();
    char id[8];
    add_host(&made, host_of("h0", 2700));
    add_host(&made, host_of("h1", 1350));
    add_host(&made, host_of("h2", 1349 + more));
    for (int64_t v = 1; v <= 24; v++) {
      (void)snprintf(id, sizeof id, "v%d", (int)v);
      add_vm(&made, vm_of(id, "h0", 100 + v));
    }
    berth_inventory *inventory = cluster_end(&made);
    cr_expect_eq(faults_at_rest(&made, inventory, 1, 3, more == 0), 0, "%d more", (int)more);
    end(&made, inventory);
  }
}

/* 400 hosts of 15 with four VMs of 2 each, and any three may fail: of the hosts that are left each
 * has room for three VMs, and there are 397 of them for twelve. But no host has room for all VMs of
 * another, and there are ten million sets of three: they are not tried one by one. */
Test(survival, many_hosts_three_failures) {
  enum { MANY = 400 };
  cluster_sketch made = cluster_begin_plain();
  char host[8], vm[8];
  for (int h = 0; h < MANY; h++) {
    (void)snprintf(host, sizeof host, "h%d", h);
    add_host(&made, host_of(host, 15));
  }
  for (int v = 0; v < 4 * MANY; v++) {
    (void)snprintf(host, sizeof host, "h%d", v / 4);
    (void)snprintf(vm, sizeof vm, "v%d", v);
    add_vm(&made, vm_of(vm, host, 2));
  }
  berth_inventory *inventory = cluster_end(&made);
  cr_expect_eq(faults_at_rest(&made, inventory, 3, MANY, 0), 0);
  end(&made, inventory);
}

/* ------------------------------------------------------------------ power-down and serving hosts
 */

/* What a single power-down of `host` is told. h0 has a VM, h1 none, h2 cannot be woken, h3 is in
 * standby; h4 is a dedicated failover host. */
static uint32_t faults_of_power_down(bool ha, uint32_t host, bool twice) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.ha_enabled = ha;
  set_up.admission = BERTH_ADMISSION_DEDICATED;
  set_up.dedicated_hosts = "h4";
  cluster_sketch made = cluster_begin(&set_up);
  static const char *const ids[] = {"h0", "h1", "h2", "h3", "h4"};
  for (uint32_t h = 0; h < 5; h++) {
    berth_host_spec spec = host_of(ids[h], 10000);
    spec.wake = h == H2 ? BERTH_WAKE_NONE : BERTH_WAKE_WOL;
    spec.state = h == H3 ? BERTH_HOST_STANDBY : BERTH_HOST_ONLINE;
    add_host(&made, spec);
  }
  add_vm(&made, vm_of("v0", "h0", 1));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = {.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_OPTIMAL};
  for (int i = 0; i < (twice ? 2 : 1); i++)
    sketch_step(&plan, BERTH_STEP_POWER_DOWN, 0)->host = host;
  uint32_t kinds = sketch_faults(made.ctx, inventory, &plan) & KIND(BERTH_FAULT_POWER_DOWN);
  end(&made, inventory);
  return kinds;
}

Test(survival, who_may_be_powered_down) {
  cr_expect_neq(faults_of_power_down(true, H0, false), 0, "it runs a VM");
  cr_expect_eq(faults_of_power_down(true, H1, false), 0);
  cr_expect_neq(faults_of_power_down(true, H1, true), 0, "twice");
  cr_expect_neq(faults_of_power_down(true, H2, false), 0, "it cannot be woken");
  cr_expect_neq(faults_of_power_down(true, H3, false), 0, "it is in standby");
  cr_expect_neq(faults_of_power_down(true, 4, false), 0, "a dedicated failover host");
}

/* Two hosts stay on with HA, one without. */
Test(survival, some_hosts_stay_on) {
  for (int variant = 0; variant < 4; variant++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = "c";
    set_up.ha_enabled = variant < 2;
    cluster_sketch made = cluster_begin(&set_up);
    static const char *const ids[] = {"h0", "h1", "h2"};
    for (uint32_t h = 0; h < 3; h++) {
      berth_host_spec spec = host_of(ids[h], 10000);
      spec.wake = BERTH_WAKE_WOL;
      add_host(&made, spec);
    }
    berth_inventory *inventory = cluster_end(&made);
    uint32_t downs = variant < 2 ? 1 + (uint32_t)variant : (uint32_t)variant;
    plan_sketch plan = {.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_OPTIMAL};
    for (uint32_t h = 0; h < downs; h++)
      sketch_step(&plan, BERTH_STEP_POWER_DOWN, 0)->host = h;
    uint32_t kinds = sketch_faults(made.ctx, inventory, &plan) & KIND(BERTH_FAULT_POWER_DOWN);
    cr_expect_eq(kinds != 0, downs > (variant < 2 ? 1u : 2u), "variant %d", variant);
    end(&made, inventory);
  }
}

/* A power-down waits for every migration away, and for approval where DPM is manual. */
Test(survival, power_down_waits) {
  for (int variant = 0; variant < 3; variant++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = "c";
    set_up.ha_enabled = false;
    set_up.dpm = variant == 2 ? BERTH_AUTOMATION_MANUAL : BERTH_AUTOMATION_FULL;
    cluster_sketch made = cluster_begin(&set_up);
    berth_host_spec spec = host_of("h0", 10000);
    spec.wake = BERTH_WAKE_WOL;
    add_host(&made, spec);
    add_host(&made, host_of("h1", 10000));
    add_vm(&made, vm_of("v0", "h0", 1));
    berth_inventory *inventory = cluster_end(&made);
    plan_sketch plan = {.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_OPTIMAL};
    sketch_migrate(&plan, 0, H0, H1);
    step_sketch *down = sketch_step(&plan, BERTH_STEP_POWER_DOWN, 0);
    down->host = H0;
    if (variant != 1)
      sketch_after(down, 1);
    sketch_place(&plan, 0, H0, H1, BERTH_HOW_MIGRATE);
    sketch_time(&plan);
    sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
    sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
    sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
    sketch_level(&plan, BERTH_LEVEL_HOSTS_ON, 1);
    sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 1);
    sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, 11920);
    uint32_t expected = variant == 0   ? 0
                        : variant == 1 ? KIND(BERTH_FAULT_MAINTENANCE)
                                       : KIND(BERTH_FAULT_APPROVAL);
    cr_expect_eq(sketch_faults(made.ctx, inventory, &plan), expected, "variant %d", variant);
    end(&made, inventory);
  }
}

/* h2 is empty at the start. Once a VM has come, it stays on. */
Test(survival, powered_down_after_an_arrival) {
  cluster_sketch made = cluster_begin_plain();
  static const char *const ids[] = {"h0", "h1", "h2"};
  for (uint32_t h = 0; h < 3; h++) {
    berth_host_spec host = host_of(ids[h], 10000);
    host.wake = BERTH_WAKE_IPMI;
    add_host(&made, host);
  }
  add_vm(&made, vm_of("v0", "h0", 10));
  add_vm(&made, vm_of("v1", "h1", 10));
  berth_inventory *inventory = cluster_end(&made);
  for (uint32_t to = H1; to <= H2; to++) {
    plan_sketch plan = {.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_FEASIBLE};
    sketch_migrate(&plan, 0, H0, to);
    step_sketch *down = sketch_step(&plan, BERTH_STEP_POWER_DOWN, 0);
    down->host = H2;
    sketch_after(down, 1);
    sketch_time(&plan);
    uint32_t kinds = sketch_faults(made.ctx, inventory, &plan);
    cr_expect_eq((kinds & KIND(BERTH_FAULT_POWER_DOWN)) != 0, to == H2, "to %u", to);
  }
  end(&made, inventory);
}

/* ------------------------------------------------------------------ rebalance */

/* h0, 1,000 MHz and 1,000 MiB: v0 reserves 100 MHz and uses 905, v1 reserves 50 MHz and is not
 * known to use any; memory 201 + 10 of v0, used 300 + 10, and 40 + 0 of v1. So cpu 955, 95.5 %
 * rounded up to 96, 16 above the target of 80; memory 350, 35 %; 61 apart, 41 above the tolerance.
 * h1: nothing, 0. h2 in standby with as much as h0 does not count. */
Test(survival, overload_and_stranded) {
  cluster_sketch made = cluster_begin_plain();
  static const char *const ids[] = {"h0", "h1"};
  for (uint32_t h = 0; h < 2; h++) {
    berth_host_spec host = host_of(ids[h], 1000);
    host.cpu_mhz = 1000;
    add_host(&made, host);
  }
  berth_vm_spec vm = vm_of("v0", "h0", 201);
  vm.overhead_mib = 10;
  vm.cpu_reservation_mhz = 100;
  vm.cpu_usage_mhz = 905;
  vm.memory_usage_mib = 300;
  add_vm(&made, vm);
  vm = vm_of("v1", "h0", 40);
  vm.cpu_reservation_mhz = 50;
  add_vm(&made, vm);
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = {.goal = BERTH_GOAL_REBALANCE, .status = BERTH_OUTCOME_OPTIMAL};
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_OVERLOAD, 16);
  sketch_level(&plan, BERTH_LEVEL_STRANDED, 41);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 0);
  cr_expect_eq(sketch_faults(made.ctx, inventory, &plan), 0);
  plan.settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  plan.settings.target_memory = 34;
  plan.settings.target_cpu = 95;
  plan.settings.stranded_tolerance = 61;
  cr_expect_eq(sketch_faults(made.ctx, inventory, &plan), KIND(BERTH_FAULT_LEVEL));
  plan.levels[3].value = plan.levels[3].bound = 2; /* 96 - 95 + 35 - 34 */
  plan.levels[4].value = plan.levels[4].bound = 0;
  cr_expect_eq(sketch_faults(made.ctx, inventory, &plan), 0);
  end(&made, inventory);
}
