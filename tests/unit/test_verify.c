/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker on clusters of two or three hosts: what each kind of fault means at its edges, where
 * a plan just holds or just does not; garbage in the plan; the report.
 */
#include "test_verify_support.h"
#include <stdlib.h>

enum { H0, H1, H2, H3 };

/* Whether the faults of a sketch include one of `kind`. */
static bool finds(cluster_sketch *made, const berth_inventory *inventory, const plan_sketch *plan,
                  berth_fault_kind kind) {
  return (sketch_faults(made->ctx, inventory, plan) & KIND(kind)) != 0;
}

static void end(cluster_sketch *made, berth_inventory *inventory) {
  berth_inventory_release(inventory);
  berth_context_free(made->ctx);
}

/* Value of a level, as the checker computes it. */
static int64_t level_of(cluster_sketch *made, const berth_inventory *inventory,
                        const plan_sketch *sketch, berth_level level) {
  berth_plan *plan = sketch_build(made->ctx, inventory, sketch);
  berth_report *report = NULL;
  int64_t value = -1;
  cr_assert_eq(berth_verify(made->ctx, plan, &report), BERTH_OK);
  cr_assert(berth_report_level(report, level, &value));
  berth_report_free(report);
  berth_plan_free(plan);
  return value;
}

static plan_sketch sketch_of(berth_goal goal) {
  return (plan_sketch){.goal = goal, .status = BERTH_OUTCOME_OPTIMAL};
}

Test(verify, words_of_faults) {
  cr_expect_str_eq(berth_fault_word(BERTH_FAULT_STEP_FORM), "step-form");
  cr_expect_str_eq(berth_fault_word(BERTH_FAULT_APPROVAL), "approval");
  cr_expect_null(berth_fault_word(BERTH_FAULT_COUNT));
  cr_expect_null(berth_fault_word((berth_fault_kind)-1));
}

Test(verify, nothing_to_do) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_vm(&made, vm_of("v0", "h0", 1000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_PLACE);
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_WOKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, 0);
  cr_expect_eq(sketch_faults(made.ctx, inventory, &plan), 0);
  end(&made, inventory);
}

/* ------------------------------------------------------------------ §2: where a VM may arrive */

Test(verify, networks_datastores_and_processors) {
  cluster_sketch made = cluster_begin_plain();
  for (uint32_t h = 0; h < 3; h++) {
    static const char *const ids[] = {"h0", "h1", "h2"};
    berth_host_spec host = host_of(ids[h], 10000);
    host.evc_level = h == H2 ? 3 : 4;
    host.cpu_vendor = h == H1 ? "amd" : "intel";
    add_host(&made, host);
    if (h == H0)
      berth_builder_host_reach_network(made.builder, h, "first");
    berth_builder_host_reach_network(made.builder, h, "lan");
    if (h != H1)
      berth_builder_host_reach_datastore(made.builder, h, "disk");
    if (h != H2)
      berth_builder_host_reach_network(made.builder, h, "dmz");
  }
  berth_vm_spec vm = vm_of("v0", "h0", 0);
  for (uint32_t v = 0; v < 7; v++) {
    static const char *const ids[] = {"v0", "v1", "v2", "v3", "v4", "v5", "v6"};
    vm.id = ids[v];
    vm.evc_level = v == 3 ? 4 : v == 5 ? 3 : BERTH_UNSET;
    vm.host = v == 4 ? NULL : "h0";
    add_vm(&made, vm);
  }
  berth_builder_vm_needs_datastore(made.builder, 0, "disk");
  berth_builder_vm_needs_network(made.builder, 1, "lan");
  berth_builder_vm_needs_network(made.builder, 1, "dmz");
  berth_builder_vm_needs_network(made.builder, 6, "first");
  berth_inventory *inventory = cluster_end(&made);
  static const struct {
    uint32_t vm, to;
    bool refused;
  } moves[] = {
      {0, H2, false}, /* the datastore is there */
      {1, H2, true},  /* no network dmz */
      {2, H2, false}, /* needs nothing */
      {2, H1, true},  /* from intel to amd */
      {3, H2, true},  /* EVC level 4 on a host of level 3 */
      {4, H1, false}, /* a power-on keeps no vendor */
      {5, H2, false}, /* EVC level 3 on a host of level 3 */
      {6, H2, true},  /* other networks only */
  };
  for (size_t k = 0; k < sizeof moves / sizeof *moves; k++) {
    plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
    if (moves[k].vm == 4)
      sketch_start(&plan, BERTH_STEP_POWER_ON, 4, moves[k].to);
    else
      sketch_migrate(&plan, moves[k].vm, H0, moves[k].to);
    cr_expect_eq(finds(&made, inventory, &plan, BERTH_FAULT_REACH), moves[k].refused, "move %zu",
                 k);
  }
  end(&made, inventory);
}

Test(verify, hosts_that_take_no_vm) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.admission = BERTH_ADMISSION_DEDICATED;
  set_up.dedicated_hosts = "h1";
  cluster_sketch made = cluster_begin(&set_up);
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  berth_host_spec host = host_of("h2", 10000);
  host.state = BERTH_HOST_STANDBY; /* and no way to wake it */
  add_host(&made, host);
  host = host_of("h3", 10000);
  host.state = BERTH_HOST_FAILED;
  add_host(&made, host);
  host.state = BERTH_HOST_STANDBY;
  host.wake = BERTH_WAKE_WOL;
  host.id = "h4";
  add_host(&made, host);
  set_up = (berth_cluster_spec)BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "other";
  uint32_t other = BERTH_NONE;
  cr_assert_eq(berth_builder_add_cluster(made.builder, &set_up, &other), BERTH_OK);
  host = host_of("h5", 10000);
  cr_assert_eq(berth_builder_add_host(made.builder, other, &host, NULL), BERTH_OK);
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h3", 0));
  berth_inventory *inventory = cluster_end(&made);
  for (uint32_t to = H1; to <= 5; to++) {
    plan_sketch plan = sketch_of(BERTH_GOAL_FAILOVER);
    sketch_migrate(&plan, 0, H0, to);
    cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_HOST_STATE), "migration to host %u", to);
  }
  plan_sketch plan = sketch_of(BERTH_GOAL_FAILOVER);
  sketch_start(&plan, BERTH_STEP_RESTART, 1, H1); /* the dedicated host is for displaced VMs */
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_HOST_STATE));
  plan = sketch_of(BERTH_GOAL_FAILOVER);
  sketch_wake(&plan, 4);
  sketch_after(sketch_migrate(&plan, 0, H0, 4), 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_HOST_STATE));
  plan.goal = BERTH_GOAL_DEFRAGMENT; /* wakes no host */
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_HOST_STATE));
  plan = sketch_of(BERTH_GOAL_FAILOVER);
  sketch_wake(&plan, H2);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_HOST_STATE));
  end(&made, inventory);
}

Test(verify, rules_between_vms_and_hosts) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_host(&made, host_of("h2", 10000));
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h0", 0));
  berth_rule_spec rule = rule_of("away", BERTH_RULE_NOT_RUN_ON, "v0");
  rule.hosts = "h1";
  add_rule(&made, rule);
  rule = rule_of("wish", BERTH_RULE_RUN_ON, "v0");
  rule.strength = BERTH_SHOULD;
  rule.hosts = "h0";
  add_rule(&made, rule);
  berth_inventory *inventory = cluster_end(&made);
  static const struct {
    uint32_t vm, to;
    bool refused;
  } moves[] = {{0, H1, true}, {0, H2, false}, {1, H1, false}};
  for (size_t k = 0; k < sizeof moves / sizeof *moves; k++) {
    plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
    sketch_migrate(&plan, moves[k].vm, H0, moves[k].to);
    cr_expect_eq(finds(&made, inventory, &plan, BERTH_FAULT_RULE_HOST), moves[k].refused, "%zu", k);
  }
  end(&made, inventory);
}

/* Marks that are owed, by automation: of a migration, a power-on, a wake. */
Test(verify, approvals) {
  static const struct {
    berth_automation drs, dpm;
    bool migration, power_on, wake;
  } modes[] = {
      {BERTH_AUTOMATION_FULL, BERTH_AUTOMATION_FULL, false, false, false},
      {BERTH_AUTOMATION_PARTIAL, BERTH_AUTOMATION_MANUAL, true, false, true},
      {BERTH_AUTOMATION_MANUAL, BERTH_AUTOMATION_FULL, true, true, false},
      {BERTH_AUTOMATION_OFF, BERTH_AUTOMATION_OFF, true, true, true},
  };
  for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = "c";
    set_up.drs = modes[k].drs;
    set_up.dpm = modes[k].dpm;
    cluster_sketch made = cluster_begin(&set_up);
    add_host(&made, host_of("h0", 10000));
    berth_host_spec host = host_of("h1", 10000);
    host.state = BERTH_HOST_STANDBY;
    host.wake = BERTH_WAKE_ILO;
    add_host(&made, host);
    add_vm(&made, vm_of("v0", "h0", 0));
    add_vm(&made, vm_of("v1", NULL, 0));
    berth_inventory *inventory = cluster_end(&made);
    plan_sketch plan = sketch_of(BERTH_GOAL_PLACE);
    sketch_wake(&plan, H1)->approval = modes[k].wake;
    sketch_migrate(&plan, 0, H0, H1)->approval = modes[k].migration;
    sketch_start(&plan, BERTH_STEP_POWER_ON, 1, H0)->approval = modes[k].power_on;
    cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_APPROVAL), "mode %zu", k);
    for (uint32_t i = 0; i < plan.step_count; i++) {
      plan.steps[i].approval = !plan.steps[i].approval;
      cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_APPROVAL), "mode %zu, step %u", k, i);
      plan.steps[i].approval = !plan.steps[i].approval;
    }
    end(&made, inventory);
  }
}

/* h0 is in maintenance and empty: done already. h1 is entering it and empty: to be said. */
Test(verify, maintenance_of_empty_hosts) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h0", 10000);
  host.state = BERTH_HOST_MAINTENANCE;
  add_host(&made, host);
  host = host_of("h1", 10000);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  add_host(&made, host);
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_EVACUATE);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_MAINTENANCE));
  sketch_enter(&plan, H1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_MAINTENANCE));
  sketch_enter(&plan, H0);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_MAINTENANCE));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ §1: who takes part */

Test(verify, what_an_isolated_host_does) {
  for (int response = BERTH_ISOLATION_NONE; response <= BERTH_ISOLATION_SHUTDOWN; response++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = "c";
    set_up.isolation_response = (berth_isolation)response;
    cluster_sketch made = cluster_begin(&set_up);
    berth_host_spec host = host_of("h0", 10000);
    host.state = BERTH_HOST_ISOLATED;
    add_host(&made, host);
    add_host(&made, host_of("h1", 10000));
    add_vm(&made, vm_of("v0", "h0", 0));
    berth_inventory *inventory = cluster_end(&made);
    plan_sketch plan = sketch_of(BERTH_GOAL_FAILOVER);
    sketch_migrate(&plan, 0, H0, H1); /* neither: out of reach, or not running */
    cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_NOT_MOVABLE));
    plan = sketch_of(BERTH_GOAL_FAILOVER);
    sketch_start(&plan, BERTH_STEP_RESTART, 0, H1);
    cr_expect_eq(finds(&made, inventory, &plan, BERTH_FAULT_NOT_MOVABLE),
                 response == BERTH_ISOLATION_NONE);
    end(&made, inventory);
  }
}

/* What runs on a disconnected host runs on: it takes its share and stays. */
Test(verify, a_disconnected_host) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h0", 1000);
  host.state = BERTH_HOST_DISCONNECTED;
  add_host(&made, host);
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 2000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_FAILOVER);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_UNPLACED));
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_VIOLATIONS), 1);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_NOT_MOVABLE));
  end(&made, inventory);
}

Test(verify, unplaced_by_priority) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h0", 10000);
  host.state = BERTH_HOST_FAILED;
  add_host(&made, host);
  berth_vm_spec vm = vm_of("v0", "h0", 0);
  vm.priority = BERTH_PRIORITY_HIGH;
  add_vm(&made, vm);
  vm = vm_of("v1", "h0", 0);
  vm.priority = BERTH_PRIORITY_DISABLED; /* stays down: not requested */
  add_vm(&made, vm);
  vm = vm_of("v2", NULL, 0);
  vm.priority = BERTH_PRIORITY_DISABLED; /* waits: requested, and counts as lowest */
  add_vm(&made, vm);
  vm = vm_of("v3", NULL, 0);
  vm.power = BERTH_POWER_OFF;
  add_vm(&made, vm);
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_FAILOVER);
  plan.unplaced[plan.unplaced_count++] = 0;
  plan.unplaced[plan.unplaced_count++] = 2;
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_UNPLACED));
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_UNPLACED_HIGH), 1);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_UNPLACED_MEDIUM), 0);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_UNPLACED_LOWEST), 1);
  plan.goal = BERTH_GOAL_PLACE;
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_UNPLACED), 2);
  plan.unplaced[1] = 0; /* one twice, the other hidden */
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_UNPLACED));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ §3: moments */

/* h0 (10,000) runs v0 and v1 of 6,000 each: 2,000 too much, which may stay but not grow. */
Test(verify, overfull_from_the_start) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 6000));
  add_vm(&made, vm_of("v1", "h0", 6000));
  add_vm(&made, vm_of("v2", "h1", 6000));
  add_vm(&made, vm_of("v3", "h1", 1));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_VIOLATIONS), 1);
  sketch_migrate(&plan, 3, H1, H0);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CAPACITY)); /* 12,001 > 12,000 */
  plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 2, H1, H0);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CAPACITY)); /* 18,000 */
  plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CAPACITY)); /* 12,001 on h1 */
  end(&made, inventory);
}

static berth_inventory *visited_cluster(cluster_sketch *made) {
  *made = cluster_begin_plain();
  add_host(made, host_of("h0", 10000));
  add_host(made, host_of("h1", 10000));
  add_host(made, host_of("h2", 10000));
  add_vm(made, vm_of("v0", "h0", 6000));
  add_vm(made, vm_of("v1", "h1", 4000));
  add_vm(made, vm_of("v2", "h1", 4000));
  add_vm(made, vm_of("v3", "h1", 100));
  return cluster_end(made);
}

/* There h0 is full with v0 (6,000). A hop of v1 (4,000) to it and away, and then v2 (4,000): v2
 * waits for v1's departure through a step on other hosts. */
static plan_sketch visiting_plan(bool waits) {
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 1, H1, H0);
  sketch_after(sketch_migrate(&plan, 1, H0, H2), 1);
  sketch_after(sketch_migrate(&plan, 3, H1, H2), 2);
  sketch_after(sketch_migrate(&plan, 2, H1, H0), waits ? 3 : 1);
  return plan;
}

Test(verify, a_visitor_makes_room_again) {
  cluster_sketch made;
  berth_inventory *inventory = visited_cluster(&made);
  plan_sketch plan = visiting_plan(true);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_CAPACITY));
  plan = visiting_plan(false);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CAPACITY));
  end(&made, inventory);
}

/* Three VMs of which two may be in a rack; h0 and h1 share one. A migration within it counts once.
 */
Test(verify, at_most_two_in_a_rack) {
  cluster_sketch made = cluster_begin_plain();
  static const char *const ids[] = {"h0", "h1", "h2"};
  for (uint32_t h = 0; h < 3; h++) {
    berth_host_spec host = host_of(ids[h], 10000);
    host.rack = h == H2 ? NULL : "r";
    add_host(&made, host);
  }
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h1", 0));
  add_vm(&made, vm_of("v2", "h2", 0));
  berth_rule_spec rule = rule_of("few", BERTH_RULE_AT_MOST, "v0 v1 v2");
  rule.over = BERTH_DOMAIN_RACK;
  rule.count = 2;
  add_rule(&made, rule);
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  sketch_migrate(&plan, 2, H2, H0);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H2);
  sketch_after(sketch_migrate(&plan, 2, H2, H0), 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  end(&made, inventory);
}

Test(verify, a_should_rule_is_no_fault) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h1", 0));
  berth_rule_spec rule = rule_of("apart", BERTH_RULE_APART, "v0 v1");
  rule.strength = BERTH_SHOULD;
  add_rule(&made, rule);
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_SHOULD_BROKEN), 1);
  end(&made, inventory);
}

Test(verify, together_may_split_on_the_way) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h0", 0));
  add_rule(&made, rule_of("both", BERTH_RULE_TOGETHER, "v0 v1"));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_VIOLATIONS), 1);
  sketch_migrate(&plan, 1, H0, H1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_RULE_VM));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ §5: at once */

Test(verify, one_migration_a_datastore) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.migrations_per_datastore = 1;
  cluster_sketch made = cluster_begin(&set_up);
  static const char *const hosts[] = {"h0", "h1", "h2"}, *const vms[] = {"v0", "v1", "v2"};
  for (uint32_t k = 0; k < 3; k++) {
    add_host(&made, host_of(hosts[k], 10000));
    berth_builder_host_reach_datastore(made.builder, k, "disk");
    add_vm(&made, vm_of(vms[k], hosts[k], 0));
    if (k < 2)
      berth_builder_vm_needs_datastore(made.builder, k, "disk");
  }
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  sketch_migrate(&plan, 2, H2, H1); /* needs no datastore */
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  sketch_migrate(&plan, 1, H1, H2);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  sketch_after(&plan.steps[1], 1); /* step 3 waits for step 2, step 2 for step 1 */
  sketch_after(&plan.steps[2], 2);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  end(&made, inventory);
}

/* Every cluster is a problem of its own, also where two use one datastore. */
Test(verify, a_datastore_of_two_clusters) {
  cluster_sketch made = {0};
  static const char *const hosts[] = {"h0", "h1", "h2", "h3"}, *const vms[] = {"v0", "v1"};
  for (uint32_t k = 0; k < 2; k++) {
    berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
    set_up.id = k == 0 ? "c" : "d";
    set_up.migrations_per_datastore = 1;
    if (k == 0)
      made = cluster_begin(&set_up);
    else
      cr_assert_eq(berth_builder_add_cluster(made.builder, &set_up, &made.cluster), BERTH_OK);
    for (uint32_t h = 2 * k; h < 2 * k + 2; h++)
      berth_builder_host_reach_datastore(made.builder, add_host(&made, host_of(hosts[h], 10000)),
                                         "disk");
    berth_builder_vm_needs_datastore(made.builder, add_vm(&made, vm_of(vms[k], hosts[2 * k], 0)),
                                     "disk");
  }
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  sketch_migrate(&plan, 1, H2, H3);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  end(&made, inventory);
}

Test(verify, two_starts_a_host) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.restarts_per_host = 2;
  cluster_sketch made = cluster_begin(&set_up);
  add_host(&made, host_of("h0", 10000));
  static const char *const vms[] = {"v0", "v1", "v2"};
  for (uint32_t k = 0; k < 3; k++)
    add_vm(&made, vm_of(vms[k], NULL, 0));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_PLACE);
  for (uint32_t k = 0; k < 3; k++)
    sketch_start(&plan, BERTH_STEP_POWER_ON, k, H0);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  sketch_after(&plan.steps[2], 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_CONCURRENCY));
  end(&made, inventory);
}

/* Two notified VMs that settle, and a third outside the group. */
Test(verify, settling_along_a_path) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h0", 10000);
  host.notify_timeout = 60;
  add_host(&made, host);
  add_host(&made, host_of("h1", 10000));
  static const char *const vms[] = {"v0", "v1", "v2"};
  for (uint32_t k = 0; k < 3; k++) {
    berth_vm_spec vm = vm_of(vms[k], "h0", 0);
    vm.notify_enabled = vm.notify_registered = true;
    vm.notify_hardware = 20;
    vm.notify_settle_seconds = 30;
    add_vm(&made, vm);
  }
  add_rule(&made, rule_of("calm", BERTH_RULE_QUIESCE, "v0 v1"));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  sketch_settled(sketch_migrate(&plan, 2, H0, H1), 1);
  sketch_after(sketch_migrate(&plan, 1, H0, H1), 2);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_QUIESCE)); /* settled, then after */
  plan.steps[1].settled_count = plan.steps[2].after_count = 0;
  sketch_after(&plan.steps[1], 1);
  sketch_settled(&plan.steps[2], 2);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_QUIESCE)); /* v2 has settled, v0 may not */
  end(&made, inventory);
}

/* v0 hops; its two migrations are one member disturbed, however they overlap with its settling. */
Test(verify, a_member_counts_once) {
  cluster_sketch made = cluster_begin_plain();
  static const char *const ids[] = {"h0", "h1", "h2"}, *const vms[] = {"v0", "v1"};
  for (uint32_t h = 0; h < 3; h++) {
    berth_host_spec host = host_of(ids[h], 10000);
    host.notify_timeout = 60;
    add_host(&made, host);
  }
  for (uint32_t v = 0; v < 2; v++) {
    berth_vm_spec vm = vm_of(vms[v], "h0", 0);
    vm.notify_enabled = vm.notify_registered = true;
    vm.notify_hardware = 20;
    vm.notify_settle_seconds = 30;
    add_vm(&made, vm);
  }
  add_rule(&made, rule_of("calm", BERTH_RULE_QUIESCE, "v0 v1"));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&plan, 0, H0, H1);
  sketch_after(sketch_migrate(&plan, 0, H1, H2), 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_QUIESCE));
  step_sketch *other = sketch_migrate(&plan, 1, H0, H1);
  sketch_settled(other, 2); /* not for the settling after step 1 */
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_QUIESCE));
  sketch_settled(other, 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_QUIESCE));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ §7: levels */

/* Broken at the end: must apart (v0 and v1 on h0), should run-on (v0, v1 outside h1: once), should
 * together (v0, v2); kept: at-most 2, and the rules that forbid nothing. v2 is left in maintenance.
 */
Test(verify, what_counts_as_broken) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  berth_host_spec host = host_of("h2", 10000);
  host.state = BERTH_HOST_MAINTENANCE;
  add_host(&made, host);
  add_vm(&made, vm_of("v0", "h0", 0));
  add_vm(&made, vm_of("v1", "h0", 0));
  add_vm(&made, vm_of("v2", "h2", 0));
  add_rule(&made, rule_of("r1", BERTH_RULE_APART, "v0 v1"));
  berth_rule_spec rule = rule_of("r2", BERTH_RULE_RUN_ON, "v0 v1");
  rule.strength = BERTH_SHOULD;
  rule.hosts = "h1";
  add_rule(&made, rule);
  rule = rule_of("r3", BERTH_RULE_TOGETHER, "v0 v2");
  rule.strength = BERTH_SHOULD;
  add_rule(&made, rule);
  rule = rule_of("r4", BERTH_RULE_AT_MOST, "v0 v1 v2");
  rule.count = 2;
  add_rule(&made, rule);
  add_rule(&made, rule_of("r5", BERTH_RULE_QUIESCE, "v0 v1"));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_EVACUATE);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_VIOLATIONS), 2);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_SHOULD_BROKEN), 2);
  sketch_migrate(&plan, 2, H2, H1);
  sketch_after(sketch_migrate(&plan, 2, H1, H0), 1); /* an extra migration */
  sketch_migrate(&plan, 1, H0, H1);                  /* another */
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_VIOLATIONS), 0);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_SHOULD_BROKEN), 1);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_MIGRATIONS), 2);
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_MEMORY_MOVED), INT64_C(3) * 11920);
  plan.goal = BERTH_GOAL_REPAIR; /* counts all */
  cr_expect_eq(level_of(&made, inventory, &plan, BERTH_LEVEL_MIGRATIONS), 3);
  end(&made, inventory);
}

/* The first step empties the host, and waits for nothing: not even for the VM to be moved. */
Test(verify, maintenance_before_anything_else) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h0", 10000);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  add_host(&made, host);
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 1000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_EVACUATE);
  sketch_enter(&plan, H0);
  sketch_migrate(&plan, 0, H0, H1);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_MAINTENANCE));
  plan = sketch_of(BERTH_GOAL_EVACUATE);
  sketch_migrate(&plan, 0, H0, H1);
  sketch_after(sketch_enter(&plan, H0), 1);
  cr_expect_not(finds(&made, inventory, &plan, BERTH_FAULT_MAINTENANCE));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ garbage, and the report */

typedef void (*garbling)(berth_plan *plan);

static void garble_vm(berth_plan *plan) {
  sketch_inside(plan, 1)->vm = 7;
}
static void garble_source(berth_plan *plan) {
  sketch_inside(plan, 1)->from = BERTH_NONE;
}
static void garble_destination(berth_plan *plan) {
  sketch_inside(plan, 1)->to = 1000000;
}
static void garble_host(berth_plan *plan) {
  sketch_inside(plan, 1)->host = 0;
}
static void garble_type(berth_plan *plan) {
  sketch_inside(plan, 1)->type = (berth_step_type)77;
}
static void garble_list(berth_plan *plan) {
  sketch_inside(plan, 1)->after = NULL;
  sketch_inside(plan, 1)->after_count = 3;
}
static void garble_wake(berth_plan *plan) {
  sketch_inside(plan, 1)->type = BERTH_STEP_WAKE;
}
static void garble_start(berth_plan *plan) {
  sketch_inside(plan, 1)->type = BERTH_STEP_RESTART;
}

Test(verify, garbage_in_a_step) {
  static const garbling garblings[] = {garble_vm,   garble_source, garble_destination,
                                       garble_host, garble_type,   garble_list,
                                       garble_wake, garble_start};
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 1000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch sketch = sketch_of(BERTH_GOAL_REPAIR);
  sketch_migrate(&sketch, 0, H0, H1);
  sketch_time(&sketch);
  cr_expect_not(finds(&made, inventory, &sketch, BERTH_FAULT_STEP_FORM));
  for (size_t k = 0; k < sizeof garblings / sizeof *garblings; k++) {
    berth_plan *plan = sketch_build(made.ctx, inventory, &sketch);
    garblings[k](plan);
    cr_expect(fault_kinds(made.ctx, plan) & KIND(BERTH_FAULT_STEP_FORM), "garbling %zu", k);
    berth_plan_free(plan);
  }
  sketch.steps[0].start.earliest = INT64_MIN;
  sketch.steps[0].end.latest = INT64_MAX;
  sketch.steps[0].wait = -5;
  cr_expect(finds(&made, inventory, &sketch, BERTH_FAULT_TIME));
  end(&made, inventory);
}

Test(verify, ids_are_an_order_of_execution) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  add_host(&made, host_of("h1", 10000));
  add_vm(&made, vm_of("v0", "h0", 1000));
  add_vm(&made, vm_of("v1", "h0", 1000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_REPAIR);
  sketch_after(sketch_migrate(&plan, 0, H0, H1), 2);
  sketch_migrate(&plan, 1, H0, H1);
  cr_expect(finds(&made, inventory, &plan, BERTH_FAULT_STEP_ORDER));
  end(&made, inventory);
}

Test(verify, faults_beyond_a_thousand_are_counted) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  berth_inventory *inventory = cluster_end(&made);
  berth_plan *plan = NULL;
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_WAKE;
  step.host = 0;
  cr_assert_eq(berth_plan_new(made.ctx, inventory, NULL, BERTH_GOAL_PLACE, &plan), BERTH_OK);
  for (uint32_t k = 0; k < 3000; k++)
    cr_assert_eq(berth_plan_add_step(made.ctx, plan, &step), BERTH_OK);
  berth_report *report = NULL;
  cr_assert_eq(berth_verify(made.ctx, plan, &report), BERTH_OK);
  cr_expect_eq(berth_report_count(report), 1001);
  cr_expect_not_null(strstr(berth_report_fault(report, 1000)->text, "more faults"));
  cr_expect_eq(berth_report_fault(report, 1000)->step, 0);
  int64_t value = 0;
  cr_expect(berth_report_level(report, BERTH_LEVEL_HOSTS_WOKEN, &value));
  cr_expect_eq(value, 3000);
  cr_expect_not(berth_report_level(report, BERTH_LEVEL_MAKESPAN, &value)); /* not of goal place */
  cr_expect_not(berth_report_level(report, BERTH_LEVEL_COUNT, &value));
  berth_proof proof = BERTH_PROOF_COUNT;
  cr_expect_not(berth_report_proof(report, BERTH_LEVEL_MAKESPAN, &proof));
  cr_expect_not(berth_report_proof(report, BERTH_LEVEL_COUNT, &proof));
  cr_expect_eq(proof, BERTH_PROOF_COUNT);
  berth_report_free(report);
  berth_report_free(NULL);
  berth_plan_free(plan);
  end(&made, inventory);
}

/* Whether some fault has this text. */
static bool tells(cluster_sketch *made, const berth_inventory *inventory, const plan_sketch *sketch,
                  const char *text) {
  berth_plan *plan = sketch_build(made->ctx, inventory, sketch);
  berth_report *report = NULL;
  bool told = false;
  cr_assert_eq(berth_verify(made->ctx, plan, &report), BERTH_OK);
  for (uint32_t k = 0; k < berth_report_count(report); k++)
    told = told || strcmp(berth_report_fault(report, k)->text, text) == 0;
  berth_report_free(report);
  berth_plan_free(plan);
  return told;
}

Test(verify, levels_are_named) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_PLACE);
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_WOKEN, 1);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, 0);
  cr_expect(tells(&made, inventory, &plan, "level hosts.woken has the value 1; the steps give 0"));
  plan.levels[3].value = 0;
  cr_expect(tells(&made, inventory, &plan, "level hosts.woken has the bound 1 above its value 0"));
  plan.levels[3].bound = 0;
  plan.levels[4].level = BERTH_LEVEL_MEMORY_MOVED;
  cr_expect(
      tells(&made, inventory, &plan, "level 5 is memory.moved; the goal has migrations there"));
  end(&made, inventory);
}

Test(verify, outcomes_are_named) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10000));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch plan = sketch_of(BERTH_GOAL_PLACE);
  static const berth_level ladder[] = {BERTH_LEVEL_VIOLATIONS,    BERTH_LEVEL_UNPLACED,
                                       BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_HOSTS_WOKEN,
                                       BERTH_LEVEL_MIGRATIONS,    BERTH_LEVEL_MEMORY_MOVED};
  for (size_t i = 0; i < sizeof ladder / sizeof *ladder; i++)
    sketch_level(&plan, ladder[i], 0);
  plan.status = BERTH_OUTCOME_FEASIBLE;
  cr_expect(
      tells(&made, inventory, &plan, "the plan is called feasible; its levels make it optimal"));
  end(&made, inventory);
}

/* ------------------------------------------------------------------ out of memory */

typedef struct failing_allocator {
  int64_t left; /* allocations that still succeed; -1 = all */
  int64_t held;
} failing_allocator;

static bool may_allocate(failing_allocator *state) {
  if (state->left == 0)
    return false;
  if (state->left > 0)
    state->left--;
  return true;
}

static void *failing_allocate(void *user, size_t bytes) {
  failing_allocator *state = user;
  void *memory = may_allocate(state) ? malloc(bytes) : NULL;
  state->held += memory != NULL;
  return memory;
}

static void *failing_reallocate(void *user, void *memory, size_t bytes) {
  failing_allocator *state = user;
  void *grown = may_allocate(state) ? realloc(memory, bytes) : NULL;
  state->held += memory == NULL && grown != NULL;
  return grown;
}

static void failing_release(void *user, void *memory) {
  failing_allocator *state = user;
  state->held -= memory != NULL;
  free(memory);
}

/* Fails every allocation of a check, and all after it, once. */
static void fail_each_allocation(const berth_plan *plan) {
  failing_allocator state = {.left = -1};
  berth_allocator allocator = {failing_allocate, failing_reallocate, failing_release, &state};
  berth_context *ctx = NULL;
  cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
  int64_t held = state.held;
  berth_status status = BERTH_E_NOMEM;
  for (int64_t allowed = 0; status != BERTH_OK && allowed < 1000; allowed++) {
    berth_report *report = NULL;
    state.left = allowed;
    status = berth_verify(ctx, plan, &report);
    state.left = -1;
    cr_expect_eq(status == BERTH_OK, report != NULL);
    if (status != BERTH_OK)
      cr_assert_eq(status, BERTH_E_NOMEM);
    berth_report_free(report);
    cr_assert_eq(state.held, held);
  }
  cr_expect_eq(status, BERTH_OK);
  berth_context_free(ctx);
}

/* The visitor's plan asks for networks. */
Test(verify, out_of_memory) {
  cluster_sketch made;
  berth_inventory *inventory = visited_cluster(&made);
  plan_sketch sketch = visiting_plan(false);
  berth_plan *plan = sketch_build(made.ctx, inventory, &sketch);
  fail_each_allocation(plan);
  berth_plan_free(plan);
  end(&made, inventory);
}

/* So many hosts that the table of their loads has a block of memory of its own. */
Test(verify, out_of_memory_for_loads) {
  enum { MANY = 20000 };
  cluster_sketch made = cluster_begin_plain();
  char id[8];
  for (int h = 0; h < MANY; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    add_host(&made, host_of(id, 1000));
  }
  add_vm(&made, vm_of("v0", "h0", 100));
  berth_inventory *inventory = cluster_end(&made);
  plan_sketch sketch = sketch_of(BERTH_GOAL_REBALANCE);
  sketch_level(&sketch, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&sketch, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&sketch, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&sketch, BERTH_LEVEL_OVERLOAD, 0);
  sketch_level(&sketch, BERTH_LEVEL_STRANDED, 0);
  sketch_level(&sketch, BERTH_LEVEL_MIGRATIONS, 0);
  berth_plan *plan = sketch_build(made.ctx, inventory, &sketch);
  fail_each_allocation(plan);
  berth_plan_free(plan);
  end(&made, inventory);
}
