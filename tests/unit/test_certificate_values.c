/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of levels before, V(e), that a certificate takes for granted (docs/model.md §9): each
 * thing that a level counts is missing from one plan and there in another. Formulas are in the
 * comments, with their terms in the order of the page.
 */
#include "test_verify_support.h"

TestSuite(certificate_values);

typedef struct value_case {
  cluster_sketch made;
  berth_inventory *inventory;
  plan_sketch plan;
  berth_certificate_weight weight[2];
} value_case;

static void begin(value_case *k, bool ha) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.ha_enabled = ha;
  *k = (value_case){.made = cluster_begin(&set_up)};
}

static void finish(value_case *k, berth_goal goal) {
  k->inventory = cluster_end(&k->made);
  k->plan = (plan_sketch){.goal = goal, .status = BERTH_OUTCOME_FEASIBLE};
  k->plan.settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
}

static void end(value_case *k) {
  berth_inventory_release(k->inventory);
  berth_context_free(k->made.ctx);
}

/* A level of which the plan claims no proof. */
static void open_level(plan_sketch *plan, berth_level level, int64_t value) {
  plan->levels[plan->level_count++] =
      (berth_plan_level){.level = level,
                         .value = value,
                         .status = value == 0 ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE};
}

/* The certificate in `weight`, of the whole cluster, with a scale of 1. */
static berth_plan_certificate *certify(value_case *k, berth_level level, int64_t bound,
                                       uint32_t weights) {
  cr_assert_eq(k->plan.certificate_count, 0);
  k->plan.certificate_count = 1;
  k->plan.certificates[0] = (berth_plan_certificate){
      .level = level, .bound = bound, .scale = 1, .weight_count = weights, .weights = k->weight};
  sketch_find_level(&k->plan, level)->bound = bound;
  sketch_find_level(&k->plan, level)->status = sketch_find_level(&k->plan, level)->value == bound
                                                   ? BERTH_OUTCOME_OPTIMAL
                                                   : BERTH_OUTCOME_FEASIBLE;
  return &k->plan.certificates[0];
}

static uint32_t faults(const value_case *k) {
  return sketch_faults(k->made.ctx, k->inventory, &k->plan);
}

static void put_repair_levels(plan_sketch *plan, int64_t violations, int64_t woken, int64_t moves) {
  open_level(plan, BERTH_LEVEL_VIOLATIONS, violations);
  open_level(plan, BERTH_LEVEL_UNPLACED, 0);
  open_level(plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  open_level(plan, BERTH_LEVEL_HOSTS_WOKEN, woken);
  open_level(plan, BERTH_LEVEL_MIGRATIONS, moves);
  open_level(plan, BERTH_LEVEL_MEMORY_MOVED, moves * 11920);
}

static void put_consolidate_levels(plan_sketch *plan, int64_t violations, int64_t on,
                                   int64_t moves) {
  open_level(plan, BERTH_LEVEL_VIOLATIONS, violations);
  open_level(plan, BERTH_LEVEL_UNPLACED, 0);
  open_level(plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  open_level(plan, BERTH_LEVEL_HOSTS_ON, on);
  open_level(plan, BERTH_LEVEL_MIGRATIONS, moves);
  open_level(plan, BERTH_LEVEL_MEMORY_MOVED, moves * 11920);
}

/* ------------------------------------------------------------------ violations */

enum { NOTHING, SHOULD, SURVIVING, BOUND, RULE, OVERFULL, LOST, LEFT, OTHERS };

static void build_beside(value_case *k, int what) {
  berth_host_spec host = host_of("h0", 10);
  begin(k, true);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  add_host(&k->made, host);
  add_host(&k->made, host_of("h1", 20));
  add_host(&k->made, host_of("h2", what == OVERFULL ? 3 : what == SURVIVING ? 16 : 4));
  add_vm(&k->made, vm_of("v0", "h0", 4));
  add_vm(&k->made, vm_of("v1", "h1", 4));
  add_vm(&k->made, vm_of("v2", "h1", 4));
  add_vm(&k->made, vm_of("v3", "h2", 4));
  berth_vm_spec left = vm_of("left", "h0", 4);
  left.movable = what == LEFT;
  if (what == LEFT || what == BOUND)
    add_vm(&k->made, left);
  berth_rule_spec rule = rule_of("apart", BERTH_RULE_APART, "v1 v2");
  rule.strength = what == SHOULD ? BERTH_SHOULD : BERTH_MUST;
  if (what == RULE || what == SHOULD)
    add_rule(&k->made, rule);
}

static void sketch_beside(plan_sketch *plan, int what) {
  int64_t violations = what == BOUND || what >= RULE;
  sketch_migrate(plan, 0, 0, 1);
  if (what != LEFT && what != BOUND)
    sketch_after(sketch_enter(plan, 0), 1);
  sketch_place(plan, 0, 0, 1, BERTH_HOW_MIGRATE);
  if (plan->goal == BERTH_GOAL_CONSOLIDATE) {
    plan->settings.keep_failures = 1;
    put_consolidate_levels(plan, violations, 2, 1);
  } else {
    put_repair_levels(plan, violations, 0, 1);
    sketch_level(plan, BERTH_LEVEL_MAKESPAN, 10);
  }
  if (what == SHOULD) {
    plan->levels[2].value = 1;
    plan->levels[2].status = BERTH_OUTCOME_FEASIBLE;
  }
  sketch_time(plan);
}

/* v0 leaves h0, which enters maintenance, for h1. With 1 for v0, and 1 for a violation, which it is
 * to leave it there, no content gains anything: 1 + 0 - V. So that is one migration, if there is no
 * violation at all. If there is one, it could be that v0 is left instead, unless it is that of a VM
 * that has to stay: that one is in all contents of h0, 1 + 1 - V. With keep-failures, VMs of h1
 * find no room on h2 if it has 4. */
Test(certificate_values, violations) {
  static const uint32_t vms[] = {0};
  for (int what = NOTHING; what < OTHERS; what++) {
    value_case k;
    build_beside(&k, what);
    finish(&k, what == LOST || what == SURVIVING ? BERTH_GOAL_CONSOLIDATE : BERTH_GOAL_REPAIR);
    sketch_beside(&k.plan, what);
    k.weight[0] = (berth_certificate_weight){.weight = 1, .vm_count = 1, .vms = vms};
    certify(&k, BERTH_LEVEL_MIGRATIONS, 1, 1)->assumed[BERTH_LEVEL_VIOLATIONS] = 1;
    cr_expect_eq(faults(&k), what < RULE ? 0 : KIND(BERTH_FAULT_CERTIFICATE), "%d", what);
    end(&k);
  }
}

/* Three VMs of 3 ask for one node of h2, whose two nodes of 5 hold two: a violation from the start.
 * v0 leaves h0, and since it fits nowhere, "small" leaves h1 for h3 before: two migrations. One is
 * enough for as many violations: v0 stays where it is, and one of the three goes to h3.
 * Weights 2 for v0 and 1 for all others, 2 for a violation: 2 + 6 - 0 (h0) - 2 (h1) - 3 (h2) - 1
 * (h3) = 2, less 2 for the violation. Without the nodes there is none, and two are needed. */
Test(certificate_values, violations_of_nodes) {
  static const uint32_t first[] = {0}, others[] = {1, 2, 3, 4, 5, 6};
  static const char *const homes[] = {"h0", "h1", "h1", "h2", "h2", "h2", "h3"},
                           *const ids[] = {"v0", "large", "small", "n0", "n1", "n2", "v6"};
  static const int64_t size[] = {4, 5, 3, 3, 3, 3, 7};
  for (int nodes = 0; nodes < 2; nodes++) {
    value_case k;
    begin(&k, true);
    berth_host_spec host = host_of("h0", 10);
    host.state = BERTH_HOST_ENTERING_MAINTENANCE;
    add_host(&k.made, host);
    add_host(&k.made, host_of("h1", 10));
    uint32_t split = add_host(&k.made, host_of("h2", 10));
    add_host(&k.made, host_of("h3", 10));
    for (uint32_t n = 0; n < 2 && nodes; n++)
      cr_assert_eq(berth_builder_host_numa(k.made.builder, split, n, 50000, 5, NULL), BERTH_OK);
    for (uint32_t v = 0; v < 7; v++) {
      berth_vm_spec vm = vm_of(ids[v], homes[v], size[v]);
      vm.numa = v >= 3 && v <= 5 ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
      add_vm(&k.made, vm);
    }
    finish(&k, BERTH_GOAL_REPAIR);
    put_repair_levels(&k.plan, nodes, 0, 2);
    sketch_level(&k.plan, BERTH_LEVEL_MAKESPAN, 20);
    sketch_migrate(&k.plan, 2, 1, 3);
    sketch_after(sketch_migrate(&k.plan, 0, 0, 1), 1);
    sketch_after(sketch_enter(&k.plan, 0), 2);
    sketch_place(&k.plan, 0, 0, 1, BERTH_HOW_MIGRATE);
    sketch_place(&k.plan, 2, 1, 3, BERTH_HOW_MIGRATE);
    sketch_time(&k.plan);
    k.weight[0] = (berth_certificate_weight){.weight = 2, .vm_count = 1, .vms = first};
    k.weight[1] = (berth_certificate_weight){.weight = 1, .vm_count = 6, .vms = others};
    certify(&k, BERTH_LEVEL_MIGRATIONS, 2, 2)->assumed[BERTH_LEVEL_VIOLATIONS] = 2;
    cr_expect_eq(faults(&k), nodes ? KIND(BERTH_FAULT_CERTIFICATE) : 0, "nodes %d", nodes);
    end(&k);
  }
}

/* h0 holds two VMs of 4, h1 one of 9, h2 one of 4: if h1 fails, its VM finds no room. So there is a
 * violation, and no plan has to have a host to spare, whatever the weights say: 1 + 1 + 2 + 1 and
 * nothing to take off with a scale of 2, so three hosts hold all, and one may fail. */
Test(certificate_values, spare_hosts_and_a_violation) {
  static const uint32_t small[] = {0, 1, 3}, large[] = {2};
  value_case k;
  begin(&k, true);
  add_host(&k.made, host_of("h0", 10));
  add_host(&k.made, host_of("h1", 10));
  add_host(&k.made, host_of("h2", 10));
  add_vm(&k.made, vm_of("v0", "h0", 4));
  add_vm(&k.made, vm_of("v1", "h0", 4));
  add_vm(&k.made, vm_of("v2", "h1", 9));
  add_vm(&k.made, vm_of("v3", "h2", 4));
  finish(&k, BERTH_GOAL_CONSOLIDATE);
  k.plan.settings.keep_failures = 1;
  put_consolidate_levels(&k.plan, 1, 3, 0);
  k.weight[0] = (berth_certificate_weight){.weight = 1, .vm_count = 3, .vms = small};
  k.weight[1] = (berth_certificate_weight){.weight = 2, .vm_count = 1, .vms = large};
  berth_plan_certificate *given = certify(&k, BERTH_LEVEL_HOSTS_ON, 3, 2);
  given->scale = 2;
  cr_expect_eq(faults(&k), 0, "three hosts hold all");
  given->spare = 1;
  cr_expect_eq(faults(&k), KIND(BERTH_FAULT_CERTIFICATE));
  end(&k);
}

/* ------------------------------------------------------------------ migrations that are owed */

/* v0 must leave h0 and goes to h1; v1 goes from h1 to h2 for nothing. */
static void begin_owed(value_case *k, bool needless) {
  begin(k, true);
  berth_host_spec host = host_of("h0", 10);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  add_host(&k->made, host);
  add_host(&k->made, host_of("h1", 10));
  add_host(&k->made, host_of("h2", 10));
  add_vm(&k->made, vm_of("v0", "h0", 4));
  add_vm(&k->made, vm_of("v1", "h1", 4));
  finish(k, BERTH_GOAL_EVACUATE);
  sketch_migrate(&k->plan, 0, 0, 1);
  sketch_place(&k->plan, 0, 0, 1, BERTH_HOW_MIGRATE);
  if (needless) {
    sketch_migrate(&k->plan, 1, 1, 2);
    sketch_place(&k->plan, 1, 1, 2, BERTH_HOW_MIGRATE);
  }
  sketch_after(sketch_enter(&k->plan, 0), 1);
  put_repair_levels(&k->plan, 0, 0, needless);
  k->plan.levels[5].value = needless ? 2 * 11920 : 11920;
  k->plan.levels[5].status = BERTH_OUTCOME_FEASIBLE;
  sketch_level(&k->plan, BERTH_LEVEL_MAKESPAN, 10);
  sketch_time(&k->plan);
}

/* That v0 leaves costs no migration, as goal evacuate counts: 1 - 0 (h0) - 1 (h1) - 1 (h2) are
 * none. In memory it costs all of the VM, 11,920 - 0 - 0 - 0 - V, and the migration that is owed is
 * not one that could have been saved: V = 0. */
Test(certificate_values, migrations_owed) {
  static const uint32_t vms[] = {0};
  value_case k;
  begin_owed(&k, true);
  k.weight[0] = (berth_certificate_weight){.weight = 1, .vm_count = 1, .vms = vms};
  certify(&k, BERTH_LEVEL_MIGRATIONS, 1, 1)->assumed[BERTH_LEVEL_VIOLATIONS] = 1;
  cr_expect_eq(faults(&k), KIND(BERTH_FAULT_CERTIFICATE));
  end(&k);
  begin_owed(&k, false);
  k.weight[0] = (berth_certificate_weight){.weight = 11920, .vm_count = 1, .vms = vms};
  berth_plan_certificate *given = certify(&k, BERTH_LEVEL_MEMORY_MOVED, 11920, 1);
  given->assumed[BERTH_LEVEL_VIOLATIONS] = given->assumed[BERTH_LEVEL_MIGRATIONS] = 11920;
  k.plan.status = BERTH_OUTCOME_OPTIMAL;
  cr_expect_eq(faults(&k), 0);
  end(&k);
}

/* ------------------------------------------------------------------ hosts woken */

/* Three VMs of 4, two of them on h0, which has room for two; h1 in standby. The third waits. */
static void begin_asleep(value_case *k, berth_goal goal, int64_t room, berth_priority priority) {
  begin(k, true);
  add_host(&k->made, host_of("h0", 10));
  berth_host_spec host = host_of("h1", room);
  host.state = BERTH_HOST_STANDBY;
  host.wake = BERTH_WAKE_IPMI;
  add_host(&k->made, host);
  add_vm(&k->made, vm_of("v0", "h0", 4));
  add_vm(&k->made, vm_of("v1", "h0", 4));
  berth_vm_spec vm = vm_of("new", NULL, 4);
  vm.priority = priority;
  add_vm(&k->made, vm);
  finish(k, goal);
  sketch_wake(&k->plan, 1);
}

/* "new" has to have h1. With a weight of 1 each, 2 for one that is unplaced and a scale of 2: 3 - 2
 * (h0) + min(2 - 2, 0) (h1) = 1, of 2: a host is woken. That v0 comes, too, is for nothing: with 1
 * for a host that is woken, 3 - 2 + 0 - V = 0 migrations. */
Test(certificate_values, hosts_woken) {
  static const uint32_t vms[] = {0, 1, 2};
  for (int needless = 0; needless < 2; needless++) {
    value_case k;
    begin_asleep(&k, BERTH_GOAL_PLACE, 10, BERTH_PRIORITY_MEDIUM);
    sketch_after(sketch_start(&k.plan, BERTH_STEP_POWER_ON, 2, 1), 1);
    sketch_place(&k.plan, 2, BERTH_NONE, 1, BERTH_HOW_POWER_ON);
    if (needless) {
      sketch_after(sketch_migrate(&k.plan, 0, 0, 1), 1);
      sketch_place(&k.plan, 0, 0, 1, BERTH_HOW_MIGRATE);
    }
    sketch_time(&k.plan);
    put_repair_levels(&k.plan, 0, 1, needless);
    k.weight[0] = (berth_certificate_weight){.weight = 1, .vm_count = 3, .vms = vms};
    berth_plan_certificate *given =
        certify(&k, needless ? BERTH_LEVEL_MIGRATIONS : BERTH_LEVEL_HOSTS_WOKEN, 1, 1);
    given->assumed[BERTH_LEVEL_UNPLACED] = 2;
    given->assumed[BERTH_LEVEL_HOSTS_WOKEN] = needless;
    given->scale = needless ? 1 : 2;
    k.plan.status = needless ? BERTH_OUTCOME_FEASIBLE : BERTH_OUTCOME_OPTIMAL;
    cr_expect_eq(faults(&k), needless ? KIND(BERTH_FAULT_CERTIFICATE) : 0, "%d", needless);
    end(&k);
  }
}

/* ------------------------------------------------------------------ unplaced */

typedef struct priority_row {
  berth_priority priority;
  berth_level level;
} priority_row;

static const priority_row priorities[] = {
    {BERTH_PRIORITY_HIGHEST, BERTH_LEVEL_UNPLACED_HIGHEST},
    {BERTH_PRIORITY_HIGH, BERTH_LEVEL_UNPLACED_HIGH},
    {BERTH_PRIORITY_MEDIUM, BERTH_LEVEL_UNPLACED_MEDIUM},
    {BERTH_PRIORITY_LOW, BERTH_LEVEL_UNPLACED_LOW},
    {BERTH_PRIORITY_LOWEST, BERTH_LEVEL_UNPLACED_LOWEST},
    {BERTH_PRIORITY_DISABLED, BERTH_LEVEL_UNPLACED_LOWEST},
};

static void put_failover_levels(plan_sketch *plan, berth_level unplaced) {
  open_level(plan, BERTH_LEVEL_VIOLATIONS, 0);
  for (unsigned of = BERTH_LEVEL_UNPLACED_HIGHEST; of <= BERTH_LEVEL_UNPLACED_LOWEST; of++)
    open_level(plan, (berth_level)of, of == (unsigned)unplaced);
  open_level(plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  open_level(plan, BERTH_LEVEL_HOSTS_WOKEN, 1);
  open_level(plan, BERTH_LEVEL_MIGRATIONS, 0);
  open_level(plan, BERTH_LEVEL_MEMORY_MOVED, 0);
  sketch_level(plan, BERTH_LEVEL_MAKESPAN, plan->makespan.worst);
}

/* h1 has room for none, and is woken all the same. With 1 for each VM and for one of that priority
 * that is unplaced: 3 - 2 (h0) + 0 (h1) + min(0, 1 - 1) - V = 0. Another priority costs nothing,
 * and there is none of it: 3 - 2 - 1 = 0. */
Test(certificate_values, unplaced) {
  static const uint32_t vms[] = {0, 1, 2};
  for (size_t i = 0; i < sizeof priorities / sizeof *priorities; i++)
    for (unsigned level = BERTH_LEVEL_UNPLACED_HIGHEST; level <= BERTH_LEVEL_UNPLACED; level++) {
      value_case k;
      begin_asleep(&k, level == BERTH_LEVEL_UNPLACED ? BERTH_GOAL_PLACE : BERTH_GOAL_FAILOVER, 3,
                   priorities[i].priority);
      k.plan.unplaced[k.plan.unplaced_count++] = 2;
      sketch_time(&k.plan);
      if (level == BERTH_LEVEL_UNPLACED) {
        put_repair_levels(&k.plan, 0, 1, 0);
        k.plan.levels[1].value = 1;
        k.plan.levels[1].status = BERTH_OUTCOME_FEASIBLE;
      } else {
        put_failover_levels(&k.plan, priorities[i].level);
      }
      k.weight[0] = (berth_certificate_weight){.weight = 1, .vm_count = 3, .vms = vms};
      certify(&k, BERTH_LEVEL_HOSTS_WOKEN, 1, 1)->assumed[level] = 1;
      cr_expect_eq(faults(&k), KIND(BERTH_FAULT_CERTIFICATE), "%u, level %u", (unsigned)i, level);
      end(&k);
    }
}
