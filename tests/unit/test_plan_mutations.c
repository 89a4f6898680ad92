/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three plans worked out by hand, each spoilt in many ways: the checker accepts the plan and
 * refuses every spoilt one with the right kind of fault, and with no kind that the change does not
 * explain.
 */
#include "test_verify_support.h"

typedef struct story {
  berth_context *ctx;
  berth_inventory *inventory;
  plan_sketch plan;
} story;

typedef struct mutation {
  const char *name;
  void (*spoil)(plan_sketch *plan);
  uint32_t expected; /* kinds, all of which must be found */
  uint32_t allowed;  /* kinds that may be found too */
} mutation;

static void check_mutations(const story *told, const mutation *mutations, size_t count) {
  cr_assert_eq(sketch_faults(told->ctx, told->inventory, &told->plan), 0);
  for (size_t i = 0; i < count; i++) {
    plan_sketch spoilt = told->plan;
    mutations[i].spoil(&spoilt);
    uint32_t kinds = sketch_faults(told->ctx, told->inventory, &spoilt);
    cr_expect_eq(kinds & mutations[i].expected, mutations[i].expected,
                 "%s: found %#x, expected %#x", mutations[i].name, kinds, mutations[i].expected);
    cr_expect_eq(kinds & ~(mutations[i].expected | mutations[i].allowed), 0,
                 "%s: found %#x, expected only %#x", mutations[i].name, kinds,
                 mutations[i].expected | mutations[i].allowed);
  }
}

static void end_story(story *told) {
  berth_inventory_release(told->inventory);
  berth_context_free(told->ctx);
}

static void remove_step(plan_sketch *plan, uint32_t id) {
  for (uint32_t i = id; i < plan->step_count; i++)
    plan->steps[i - 1] = plan->steps[i];
  plan->step_count--;
  for (uint32_t i = 0; i < plan->step_count; i++) {
    step_sketch *step = &plan->steps[i];
    uint32_t kept = 0;
    for (uint32_t k = 0; k < step->after_count; k++)
      if (step->after[k] != id)
        step->after[kept++] = step->after[k] - (step->after[k] > id);
    step->after_count = kept;
  }
  sketch_time(plan);
}

static void only_after(plan_sketch *plan, uint32_t id, uint32_t before) {
  plan->steps[id - 1].after_count = 0;
  plan->steps[id - 1].settled_count = 0;
  if (before != 0)
    sketch_after(&plan->steps[id - 1], before);
  sketch_time(plan);
}

static void set_level(plan_sketch *plan, berth_level level, int64_t value) {
  berth_plan_level *found = sketch_find_level(plan, level);
  found->value = found->bound = value;
}

/* ------------------------------------------------------------------ failover
 * h1 has failed with big (12,000 MiB, must run on h2), app (2,000; after big) and dis (not
 * restarted). h2 (16,000 MiB) runs a (8,000) and pin (1,000, not movable), so big does not fit: h3
 * is woken (300 s), a moves there (10 s), big restarts on h2 (30 s), then app (30 s): 370 s.
 */
enum { H1, H2, H3 };
enum { BIG, APP, DIS, A, PIN };

static berth_inventory *failover_cluster(berth_context **ctx) {
  cluster_sketch made = cluster_begin_plain();
  berth_host_spec host = host_of("h1", 32000);
  host.state = BERTH_HOST_FAILED;
  add_host(&made, host);
  add_host(&made, host_of("h2", 16000));
  host = host_of("h3", 16000);
  host.state = BERTH_HOST_STANDBY;
  host.wake = BERTH_WAKE_IPMI;
  add_host(&made, host);
  berth_vm_spec vm = vm_of("big", "h1", 12000);
  vm.memory_mib = 12000;
  vm.priority = BERTH_PRIORITY_HIGH;
  add_vm(&made, vm);
  add_vm(&made, vm_of("app", "h1", 2000));
  vm = vm_of("dis", "h1", 1000);
  vm.priority = BERTH_PRIORITY_DISABLED;
  add_vm(&made, vm);
  add_vm(&made, vm_of("a", "h2", 8000));
  vm = vm_of("pin", "h2", 1000);
  vm.movable = false;
  add_vm(&made, vm);
  berth_rule_spec rule = rule_of("site", BERTH_RULE_RUN_ON, "big");
  rule.hosts = "h2";
  add_rule(&made, rule);
  rule = rule_of("order", BERTH_RULE_RESTART_AFTER, "app");
  rule.after = "big";
  add_rule(&made, rule);
  *ctx = made.ctx;
  return cluster_end(&made);
}

static plan_sketch failover_plan(void) {
  plan_sketch plan = {.goal = BERTH_GOAL_FAILOVER, .status = BERTH_OUTCOME_OPTIMAL};
  sketch_wake(&plan, H3);
  sketch_after(sketch_migrate(&plan, A, H2, H3), 1);
  sketch_after(sketch_start(&plan, BERTH_STEP_RESTART, BIG, H2), 2);
  sketch_after(sketch_start(&plan, BERTH_STEP_RESTART, APP, H2), 3);
  sketch_place(&plan, BIG, H1, H2, BERTH_HOW_RESTART);
  sketch_place(&plan, APP, H1, H2, BERTH_HOW_RESTART);
  sketch_place(&plan, A, H2, H3, BERTH_HOW_MIGRATE);
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  for (int level = BERTH_LEVEL_UNPLACED_HIGHEST; level <= BERTH_LEVEL_UNPLACED_LOWEST; level++)
    sketch_level(&plan, (berth_level)level, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_WOKEN, 1);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 1);
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, 11920);
  sketch_level(&plan, BERTH_LEVEL_MAKESPAN, 370);
  sketch_time(&plan);
  return plan;
}

static void big_on_h3(plan_sketch *plan) {
  plan->steps[2].to = H3;
  plan->placements[0].to = H3;
}
static void big_before_room(plan_sketch *plan) {
  only_after(plan, 3, 1);
}
static void app_lost(plan_sketch *plan) {
  remove_step(plan, 4);
}
static void app_hidden(plan_sketch *plan) {
  remove_step(plan, 4);
  plan->placements[1] = plan->placements[2];
  plan->placement_count = 2;
  set_level(plan, BERTH_LEVEL_UNPLACED_MEDIUM, 1);
  plan->status = BERTH_OUTCOME_INFEASIBLE;
}
static void app_twice(plan_sketch *plan) {
  sketch_after(sketch_start(plan, BERTH_STEP_RESTART, APP, H2), 4);
  sketch_time(plan);
}
static void in_a_circle(plan_sketch *plan) {
  sketch_after(&plan->steps[1], 3);
}
static void after_itself(plan_sketch *plan) {
  sketch_after(&plan->steps[3], 4);
}
static void after_no_step(plan_sketch *plan) {
  sketch_after(&plan->steps[3], 99);
}
static void after_step_zero(plan_sketch *plan) {
  sketch_after(&plan->steps[3], 0);
}
static void from_elsewhere(plan_sketch *plan) {
  plan->steps[1].from = H1;
}
static void app_listed_unplaced(plan_sketch *plan) {
  plan->unplaced[plan->unplaced_count++] = APP;
}
static void disabled_listed_unplaced(plan_sketch *plan) {
  plan->unplaced[plan->unplaced_count++] = DIS;
}
static void placement_elsewhere(plan_sketch *plan) {
  plan->placements[2].to = H1;
}
static void placement_lost(plan_sketch *plan) {
  plan->placement_count = 2;
}
static void placement_twice(plan_sketch *plan) {
  sketch_place(plan, A, H2, H3, BERTH_HOW_MIGRATE);
}
static void placement_of_idle(plan_sketch *plan) {
  sketch_place(plan, PIN, H2, H2, BERTH_HOW_MIGRATE);
}
static void placement_from_elsewhere(plan_sketch *plan) {
  plan->placements[0].from = H3;
}
static void placement_by_migration(plan_sketch *plan) {
  plan->placements[0].how = BERTH_HOW_MIGRATE;
}
static void value_understated(plan_sketch *plan) {
  set_level(plan, BERTH_LEVEL_MIGRATIONS, 0);
}
static void value_overstated(plan_sketch *plan) {
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, 11921);
}
static void bound_above_value(plan_sketch *plan) {
  sketch_find_level(plan, BERTH_LEVEL_HOSTS_WOKEN)->bound = 2;
}
static void level_overstated(plan_sketch *plan) {
  sketch_find_level(plan, BERTH_LEVEL_HOSTS_WOKEN)->bound = 0;
  plan->status = BERTH_OUTCOME_FEASIBLE;
}
static void plan_overstated(plan_sketch *plan) {
  sketch_find_level(plan, BERTH_LEVEL_HOSTS_WOKEN)->bound = 0;
  sketch_find_level(plan, BERTH_LEVEL_HOSTS_WOKEN)->status = BERTH_OUTCOME_FEASIBLE;
}
static void plan_understated(plan_sketch *plan) {
  plan->status = BERTH_OUTCOME_FEASIBLE;
}
static void plan_unknown(plan_sketch *plan) {
  plan->status = BERTH_OUTCOME_UNKNOWN;
}
static void wake_not_awaited(plan_sketch *plan) {
  only_after(plan, 2, 0);
}
static void never_woken(plan_sketch *plan) {
  remove_step(plan, 1);
  set_level(plan, BERTH_LEVEL_HOSTS_WOKEN, 0);
}
static void woken_twice(plan_sketch *plan) {
  sketch_wake(plan, H3);
  set_level(plan, BERTH_LEVEL_HOSTS_WOKEN, 2);
  sketch_time(plan);
}
static void online_woken(plan_sketch *plan) {
  sketch_wake(plan, H2);
  set_level(plan, BERTH_LEVEL_HOSTS_WOKEN, 2);
  sketch_time(plan);
}
static void pinned_moved(plan_sketch *plan) {
  sketch_after(sketch_migrate(plan, PIN, H2, H3), 1);
  sketch_place(plan, PIN, H2, H3, BERTH_HOW_MIGRATE);
  set_level(plan, BERTH_LEVEL_MIGRATIONS, 2);
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, 2 * 11920);
  sketch_time(plan);
}
static void disabled_restarted(plan_sketch *plan) {
  sketch_after(sketch_start(plan, BERTH_STEP_RESTART, DIS, H3), 1);
  sketch_place(plan, DIS, H1, H3, BERTH_HOW_RESTART);
  sketch_time(plan);
}
static void running_restarted(plan_sketch *plan) {
  plan->steps[1] = *sketch_start(plan, BERTH_STEP_RESTART, A, H3);
  plan->step_count--;
  sketch_after(&plan->steps[1], 1);
  sketch_time(plan);
}
static void displaced_powered_on(plan_sketch *plan) {
  plan->steps[3].type = BERTH_STEP_POWER_ON;
}
static void order_lost(plan_sketch *plan) {
  only_after(plan, 4, 2);
}
static void migrated_after_restart(plan_sketch *plan) {
  sketch_after(sketch_migrate(plan, APP, H2, H3), 4);
  plan->placements[1].to = H3;
  set_level(plan, BERTH_LEVEL_MIGRATIONS, 2);
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, 2 * 11920);
  sketch_time(plan);
}
static void ladder_swapped(plan_sketch *plan) {
  berth_plan_level level = plan->levels[1];
  plan->levels[1] = plan->levels[2];
  plan->levels[2] = level;
}
static void ladder_cut(plan_sketch *plan) {
  plan->level_count--;
}
static void restarted_on_failed(plan_sketch *plan) {
  plan->steps[3].to = H1;
  plan->placements[1].to = H1;
}
static void copy_too_quick(plan_sketch *plan) {
  plan->steps[1].seconds = 5;
  sketch_time(plan);
}
static void starts_early(plan_sketch *plan) {
  plan->steps[3].start.earliest = 339;
}
static void ends_late(plan_sketch *plan) {
  plan->steps[3].end.latest = 371;
}
static void makespan_wrong(plan_sketch *plan) {
  plan->makespan.expected = 360;
}
static void powered_down(plan_sketch *plan) {
  step_sketch *step = sketch_step(plan, BERTH_STEP_POWER_DOWN, 0);
  step->host = H3;
}

Test(plan_mutations, failover) {
  static const mutation mutations[] = {
      {"big on a host its rule forbids", big_on_h3, KIND(BERTH_FAULT_RULE_HOST),
       KIND(BERTH_FAULT_CAPACITY) | KIND(BERTH_FAULT_LEVEL)},
      {"restart before room is made", big_before_room, KIND(BERTH_FAULT_CAPACITY), 0},
      {"a lost step", app_lost,
       KIND(BERTH_FAULT_UNPLACED) | KIND(BERTH_FAULT_LEVEL) | KIND(BERTH_FAULT_PLACEMENT), 0},
      {"an unplaced VM hidden", app_hidden, KIND(BERTH_FAULT_UNPLACED), 0},
      {"a duplicated step", app_twice, KIND(BERTH_FAULT_VM_CHAIN), KIND(BERTH_FAULT_CAPACITY)},
      {"a cycle", in_a_circle, KIND(BERTH_FAULT_STEP_ORDER), 0},
      {"a step after itself", after_itself, KIND(BERTH_FAULT_STEP_ORDER), 0},
      {"a step after none", after_no_step, KIND(BERTH_FAULT_STEP_ORDER), 0},
      {"a step after step zero", after_step_zero, KIND(BERTH_FAULT_STEP_ORDER), 0},
      {"a wrong source", from_elsewhere, KIND(BERTH_FAULT_VM_CHAIN), KIND(BERTH_FAULT_CAPACITY)},
      {"a placed VM listed as unplaced", app_listed_unplaced, KIND(BERTH_FAULT_UNPLACED), 0},
      {"a disabled VM listed as unplaced", disabled_listed_unplaced, KIND(BERTH_FAULT_UNPLACED), 0},
      {"a placement elsewhere", placement_elsewhere, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a placement lost", placement_lost, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a placement twice", placement_twice, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a placement of a VM that stays", placement_of_idle, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a placement from elsewhere", placement_from_elsewhere, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a placement by other means", placement_by_migration, KIND(BERTH_FAULT_PLACEMENT), 0},
      {"a value understated", value_understated, KIND(BERTH_FAULT_LEVEL), 0},
      {"a value overstated", value_overstated, KIND(BERTH_FAULT_LEVEL), 0},
      {"a bound above its value", bound_above_value, KIND(BERTH_FAULT_BOUND), 0},
      {"a level overstated", level_overstated, KIND(BERTH_FAULT_BOUND), 0},
      {"the plan overstated", plan_overstated, KIND(BERTH_FAULT_BOUND), 0},
      {"the plan understated", plan_understated, KIND(BERTH_FAULT_BOUND), 0},
      {"the plan unknown", plan_unknown, KIND(BERTH_FAULT_BOUND), 0},
      {"a wake not waited for", wake_not_awaited, KIND(BERTH_FAULT_HOST_STATE), 0},
      {"a host never woken", never_woken, KIND(BERTH_FAULT_HOST_STATE), 0},
      {"a host woken twice", woken_twice, KIND(BERTH_FAULT_HOST_STATE), 0},
      {"an online host woken", online_woken, KIND(BERTH_FAULT_HOST_STATE), 0},
      {"a pinned VM moved", pinned_moved, KIND(BERTH_FAULT_NOT_MOVABLE), 0},
      {"a disabled VM restarted", disabled_restarted, KIND(BERTH_FAULT_NOT_MOVABLE), 0},
      {"a running VM restarted", running_restarted, KIND(BERTH_FAULT_NOT_MOVABLE),
       KIND(BERTH_FAULT_CAPACITY) | KIND(BERTH_FAULT_LEVEL)},
      {"a displaced VM powered on", displaced_powered_on, KIND(BERTH_FAULT_NOT_MOVABLE), 0},
      {"restart order lost", order_lost, KIND(BERTH_FAULT_RESTART_ORDER), 0},
      {"migrated after its restart", migrated_after_restart, KIND(BERTH_FAULT_VM_CHAIN),
       KIND(BERTH_FAULT_NOT_MOVABLE)},
      {"levels swapped", ladder_swapped, KIND(BERTH_FAULT_LEVEL), 0},
      {"a level lost", ladder_cut, KIND(BERTH_FAULT_LEVEL), 0},
      {"a restart on the failed host", restarted_on_failed, KIND(BERTH_FAULT_HOST_STATE),
       KIND(BERTH_FAULT_PLACEMENT)},
      {"a copy too quick", copy_too_quick, KIND(BERTH_FAULT_TIME), KIND(BERTH_FAULT_LEVEL)},
      {"a start too early", starts_early, KIND(BERTH_FAULT_TIME), 0},
      {"an end too late", ends_late, KIND(BERTH_FAULT_TIME), 0},
      {"a wrong makespan", makespan_wrong, KIND(BERTH_FAULT_TIME), 0},
      {"a host powered down", powered_down, KIND(BERTH_FAULT_STEP_FORM), 0},
  };
  story told = {.plan = failover_plan()};
  told.inventory = failover_cluster(&told.ctx);
  check_mutations(&told, mutations, sizeof mutations / sizeof *mutations);
  end_story(&told);
}

/* ------------------------------------------------------------------ evacuation
 * m enters maintenance with sa and sb (notified, wait min(60, 40) = 40 s, acknowledged after 5 s,
 * settle 20 s; one of both at a time), w and u. At most two migrations touch a host. Migrations are
 * manual. 1 sa -> x             starts [0, 0]    ends [10, 50] 2 sb -> y, settled 1  starts [30,
 * 70]  ends [40, 120] 3 w -> x              starts [0, 0]    ends [10, 10] 4 u -> y, after 3 starts
 * [10, 10]  ends [20, 20] 5 m is in maintenance [40, 120]; expected (5 + 10) + 20 + (5 + 10) = 50
 */
enum { M, X, Y };
enum { SA, SB, W, U };

static berth_inventory *evacuation_cluster(berth_context **ctx) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.drs = BERTH_AUTOMATION_MANUAL;
  set_up.migrations_per_host = 2;
  cluster_sketch made = cluster_begin(&set_up);
  berth_host_spec host = host_of("m", 64000);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  host.notify_timeout = 60;
  add_host(&made, host);
  add_host(&made, host_of("x", 32000));
  add_host(&made, host_of("y", 32000));
  berth_vm_spec vm = vm_of("sa", "m", 10000);
  vm.notify_enabled = vm.notify_registered = true;
  vm.notify_timeout = 40;
  vm.notify_hardware = 20;
  vm.notify_ack_seconds = 5;
  vm.notify_settle_seconds = 20;
  add_vm(&made, vm);
  vm.id = "sb";
  add_vm(&made, vm);
  add_vm(&made, vm_of("w", "m", 10000));
  add_vm(&made, vm_of("u", "m", 10000));
  add_rule(&made, rule_of("sql", BERTH_RULE_QUIESCE, "sa sb"));
  *ctx = made.ctx;
  return cluster_end(&made);
}

static step_sketch *sketch_approved(plan_sketch *plan, uint32_t vm, uint32_t to) {
  step_sketch *step = sketch_migrate(plan, vm, M, to);
  step->approval = true;
  sketch_place(plan, vm, M, to, BERTH_HOW_MIGRATE);
  return step;
}

static step_sketch *sketch_notified(plan_sketch *plan, uint32_t vm, uint32_t to) {
  step_sketch *step = sketch_approved(plan, vm, to);
  step->wait = 40;
  step->expected_wait = 5;
  step->settle = 20;
  return step;
}

static plan_sketch evacuation_plan(void) {
  plan_sketch plan = {.goal = BERTH_GOAL_EVACUATE, .status = BERTH_OUTCOME_OPTIMAL};
  sketch_notified(&plan, SA, X);
  sketch_settled(sketch_notified(&plan, SB, Y), 1);
  sketch_approved(&plan, W, X);
  sketch_after(sketch_approved(&plan, U, Y), 3);
  step_sketch *enter = sketch_enter(&plan, M);
  sketch_after(enter, 1);
  sketch_after(enter, 2);
  sketch_after(enter, 3);
  sketch_after(enter, 4);
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_WOKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(4) * 11920);
  sketch_level(&plan, BERTH_LEVEL_MAKESPAN, 120);
  sketch_time(&plan);
  return plan;
}

static void settle_lost(plan_sketch *plan) {
  only_after(plan, 2, 1);
}
static void quiesce_lost(plan_sketch *plan) {
  only_after(plan, 2, 0);
}
static void third_at_once(plan_sketch *plan) {
  only_after(plan, 4, 0);
}
static void entered_early(plan_sketch *plan) {
  plan->steps[4].after[1] = 3;
  sketch_time(plan);
}
static void never_entered(plan_sketch *plan) {
  remove_step(plan, 5);
}
static void entered_twice(plan_sketch *plan) {
  step_sketch *enter = sketch_enter(plan, M);
  sketch_after(enter, 5);
  sketch_time(plan);
}
static void other_entered(plan_sketch *plan) {
  step_sketch *enter = sketch_enter(plan, X);
  sketch_after(enter, 5);
  sketch_time(plan);
}
static void entered_with_vms(plan_sketch *plan) {
  remove_step(plan, 3);
  plan->placements[2] = plan->placements[3];
  plan->placement_count = 3;
  set_level(plan, BERTH_LEVEL_VIOLATIONS, 1);
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(3) * 11920);
  plan->status = BERTH_OUTCOME_INFEASIBLE;
}
static void left_behind(plan_sketch *plan) {
  entered_with_vms(plan);
  remove_step(plan, 4);
  set_level(plan, BERTH_LEVEL_VIOLATIONS, 0);
  plan->status = BERTH_OUTCOME_OPTIMAL;
}
static void wait_ignored(plan_sketch *plan) {
  plan->steps[1].wait = plan->steps[1].expected_wait = 0;
  sketch_time(plan);
}
static void settle_ignored(plan_sketch *plan) {
  plan->steps[0].settle = 0;
  sketch_time(plan);
}
static void wait_is_the_hosts(plan_sketch *plan) {
  plan->steps[1].wait = 60;
  sketch_time(plan);
}
static void approval_dropped(plan_sketch *plan) {
  plan->steps[2].approval = false;
}
static void approval_invented(plan_sketch *plan) {
  plan->steps[4].approval = true;
}
static void counted_as_extra(plan_sketch *plan) {
  set_level(plan, BERTH_LEVEL_MIGRATIONS, 4);
}
static void makespan_understated(plan_sketch *plan) {
  plan->makespan.worst = 50;
  set_level(plan, BERTH_LEVEL_MAKESPAN, 50);
}
static void moved_into_maintenance(plan_sketch *plan) {
  step_sketch *step = sketch_migrate(plan, U, Y, M);
  step->approval = true;
  sketch_after(step, 4);
  plan->placement_count = 3;
  remove_step(plan, 5);
  set_level(plan, BERTH_LEVEL_VIOLATIONS, 1);
  set_level(plan, BERTH_LEVEL_MIGRATIONS, 1);
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(5) * 11920);
  plan->status = BERTH_OUTCOME_INFEASIBLE;
}

Test(plan_mutations, evacuation) {
  static const mutation mutations[] = {
      {"the settling of sa not waited for", settle_lost, KIND(BERTH_FAULT_QUIESCE), 0},
      {"sa and sb at once", quiesce_lost, KIND(BERTH_FAULT_QUIESCE), KIND(BERTH_FAULT_CONCURRENCY)},
      {"three migrations at once", third_at_once, KIND(BERTH_FAULT_CONCURRENCY), 0},
      {"maintenance entered early", entered_early, KIND(BERTH_FAULT_MAINTENANCE), 0},
      {"maintenance never entered", never_entered, KIND(BERTH_FAULT_MAINTENANCE), 0},
      {"maintenance entered twice", entered_twice, KIND(BERTH_FAULT_MAINTENANCE), 0},
      {"maintenance of a host that stays", other_entered, KIND(BERTH_FAULT_MAINTENANCE), 0},
      {"maintenance entered with a VM", entered_with_vms, KIND(BERTH_FAULT_MAINTENANCE), 0},
      {"a VM left behind, unsaid", left_behind, KIND(BERTH_FAULT_LEVEL), 0},
      {"a wait ignored", wait_ignored, KIND(BERTH_FAULT_TIME), KIND(BERTH_FAULT_LEVEL)},
      {"a settling time ignored", settle_ignored, KIND(BERTH_FAULT_TIME), KIND(BERTH_FAULT_LEVEL)},
      {"the wait not cut to the VM's", wait_is_the_hosts, KIND(BERTH_FAULT_TIME),
       KIND(BERTH_FAULT_LEVEL)},
      {"an approval dropped", approval_dropped, KIND(BERTH_FAULT_APPROVAL), 0},
      {"an approval invented", approval_invented, KIND(BERTH_FAULT_APPROVAL), 0},
      {"owed migrations counted", counted_as_extra, KIND(BERTH_FAULT_LEVEL), 0},
      {"the makespan understated", makespan_understated,
       KIND(BERTH_FAULT_TIME) | KIND(BERTH_FAULT_LEVEL), 0},
      {"a VM back into maintenance", moved_into_maintenance, KIND(BERTH_FAULT_HOST_STATE),
       KIND(BERTH_FAULT_CONCURRENCY)},
  };
  story told = {.plan = evacuation_plan()};
  told.inventory = evacuation_cluster(&told.ctx);
  check_mutations(&told, mutations, sizeof mutations / sizeof *mutations);
  end_story(&told);
}

/* ------------------------------------------------------------------ swap through a third host
 * p and q (10,000 MiB each) run v and u (8,000 each), each where its must rule does not want it; t
 * (10,000) is free. v steps aside to t, u moves to p, v moves to q. s1 and s2 (100 each) swap
 * likewise, and are to be apart. The rule apart orders the first three steps, capacity the last
 * three.
 */
enum { P, Q, T };
enum { V, UU, S1, S2 };

static berth_inventory *swap_cluster(berth_context **ctx) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("p", 10000));
  add_host(&made, host_of("q", 10000));
  add_host(&made, host_of("t", 10000));
  add_vm(&made, vm_of("v", "p", 8000));
  add_vm(&made, vm_of("u", "q", 8000));
  add_vm(&made, vm_of("s1", "p", 100));
  add_vm(&made, vm_of("s2", "q", 100));
  berth_rule_spec rule = rule_of("to-q", BERTH_RULE_RUN_ON, "v s1");
  rule.hosts = "q t";
  add_rule(&made, rule);
  rule = rule_of("not-on-q", BERTH_RULE_NOT_RUN_ON, "u s2");
  rule.hosts = "q";
  add_rule(&made, rule);
  add_rule(&made, rule_of("pair", BERTH_RULE_APART, "s1 s2"));
  *ctx = made.ctx;
  return cluster_end(&made);
}

static void sketch_swap(plan_sketch *plan, uint32_t aside, uint32_t other) {
  uint32_t first = plan->step_count + 1;
  sketch_migrate(plan, aside, P, T);
  sketch_after(sketch_migrate(plan, other, Q, P), first);
  step_sketch *back = sketch_migrate(plan, aside, T, Q);
  sketch_after(back, first);
  sketch_after(back, first + 1);
  sketch_place(plan, aside, P, Q, BERTH_HOW_MIGRATE);
  sketch_place(plan, other, Q, P, BERTH_HOW_MIGRATE);
}

static plan_sketch swap_plan(void) {
  plan_sketch plan = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
  sketch_swap(&plan, S1, S2);
  sketch_swap(&plan, V, UU);
  sketch_level(&plan, BERTH_LEVEL_VIOLATIONS, 0);
  sketch_level(&plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(&plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_HOSTS_WOKEN, 0);
  sketch_level(&plan, BERTH_LEVEL_MIGRATIONS, 6);
  sketch_find_level(&plan, BERTH_LEVEL_MIGRATIONS)->bound = 4; /* both pairs have to leave */
  sketch_find_level(&plan, BERTH_LEVEL_MIGRATIONS)->status = BERTH_OUTCOME_FEASIBLE;
  sketch_level(&plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(6) * 11920);
  sketch_level(&plan, BERTH_LEVEL_MAKESPAN, 30);
  sketch_time(&plan);
  return plan;
}

static void drop_placement(plan_sketch *plan, uint32_t index) {
  plan->placement_count--;
  for (uint32_t k = index; k < plan->placement_count; k++)
    plan->placements[k] = plan->placements[k + 1];
}

static void u_too_early(plan_sketch *plan) {
  only_after(plan, 5, 0);
}
static void v_waits_for_the_wrong_one(plan_sketch *plan) {
  plan->steps[5].after[1] = 2; /* it ends at 20, as step 5 does, unless one of them is slower */
  sketch_time(plan);
}
static void together_in_between(plan_sketch *plan) {
  only_after(plan, 2, 0);
}
static void together_at_last(plan_sketch *plan) {
  only_after(plan, 3, 1);
}
static void chain_edge_lost(plan_sketch *plan) {
  only_after(plan, 5, 0);
  only_after(plan, 6, 5);
}
static void chain_broken(plan_sketch *plan) {
  plan->steps[5].from = P;
}
static void rule_broken_at_the_end(plan_sketch *plan) {
  remove_step(plan, 3);
  remove_step(plan, 2);
  plan->placements[0].to = T;
  drop_placement(plan, 1);
  sketch_find_level(plan, BERTH_LEVEL_MIGRATIONS)->value = 4;
  sketch_find_level(plan, BERTH_LEVEL_MIGRATIONS)->status = BERTH_OUTCOME_OPTIMAL;
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(4) * 11920);
  plan->status = BERTH_OUTCOME_OPTIMAL;
}
static void apart_broken_at_the_end(plan_sketch *plan) {
  plan->steps[1].to = T;
  remove_step(plan, 3);
  plan->placements[0].to = plan->placements[1].to = T;
  sketch_find_level(plan, BERTH_LEVEL_MIGRATIONS)->value = 5;
  set_level(plan, BERTH_LEVEL_MEMORY_MOVED, INT64_C(5) * 11920);
  set_level(plan, BERTH_LEVEL_VIOLATIONS, 1);
  plan->status = BERTH_OUTCOME_INFEASIBLE;
}
static void to_a_forbidden_host(plan_sketch *plan) {
  plan->steps[2].to = P;
  drop_placement(plan, 0);
  set_level(plan, BERTH_LEVEL_VIOLATIONS, 2);
  plan->status = BERTH_OUTCOME_INFEASIBLE;
}
static void to_itself(plan_sketch *plan) {
  plan->steps[2].to = T;
}
static void no_hop_counted(plan_sketch *plan) {
  sketch_find_level(plan, BERTH_LEVEL_MIGRATIONS)->value = 4;
  sketch_find_level(plan, BERTH_LEVEL_MIGRATIONS)->status = BERTH_OUTCOME_OPTIMAL;
  plan->status = BERTH_OUTCOME_OPTIMAL;
}

Test(plan_mutations, swap) {
  static const mutation mutations[] = {
      {"u arrives before v has left", u_too_early, KIND(BERTH_FAULT_CAPACITY), 0},
      {"v waits for a step that only happens to end with u's", v_waits_for_the_wrong_one,
       KIND(BERTH_FAULT_CAPACITY), 0},
      {"apart broken only in between", together_in_between, KIND(BERTH_FAULT_RULE_VM), 0},
      {"apart broken at the last step", together_at_last, KIND(BERTH_FAULT_RULE_VM), 0},
      {"the steps of a VM overlap", chain_edge_lost,
       KIND(BERTH_FAULT_VM_CHAIN) | KIND(BERTH_FAULT_CAPACITY), 0},
      {"the steps of a VM do not join", chain_broken, KIND(BERTH_FAULT_VM_CHAIN), 0},
      {"a must rule broken at the end", rule_broken_at_the_end, KIND(BERTH_FAULT_LEVEL), 0},
      {"a VM rule broken at the end", apart_broken_at_the_end, KIND(BERTH_FAULT_RULE_VM), 0},
      {"a hop to a forbidden host", to_a_forbidden_host,
       KIND(BERTH_FAULT_RULE_VM) | KIND(BERTH_FAULT_RULE_HOST), 0},
      {"a migration to its own source", to_itself, KIND(BERTH_FAULT_STEP_FORM),
       KIND(BERTH_FAULT_PLACEMENT) | KIND(BERTH_FAULT_LEVEL) | KIND(BERTH_FAULT_TIME)},
      {"stepping stones not counted", no_hop_counted, KIND(BERTH_FAULT_LEVEL), 0},
  };
  story told = {.plan = swap_plan()};
  told.inventory = swap_cluster(&told.ctx);
  check_mutations(&told, mutations, sizeof mutations / sizeof *mutations);
  end_story(&told);
}

/* An order that follows from other edges need not be written down. */
Test(plan_mutations, implied_edges_may_be_left_out) {
  story told = {.plan = swap_plan()};
  told.inventory = swap_cluster(&told.ctx);
  only_after(&told.plan, 3, 2);
  only_after(&told.plan, 6, 5);
  cr_expect_eq(sketch_faults(told.ctx, told.inventory, &told.plan), 0);
  end_story(&told);
}

/* A makespan that is not proved does not keep the plan from being optimal; it is its level alone.
 */
Test(plan_mutations, an_open_makespan_is_no_flaw) {
  story told = {.plan = failover_plan()};
  told.inventory = failover_cluster(&told.ctx);
  berth_plan_level *makespan = sketch_find_level(&told.plan, BERTH_LEVEL_MAKESPAN);
  makespan->bound = 340;
  makespan->status = BERTH_OUTCOME_FEASIBLE;
  cr_expect_eq(sketch_faults(told.ctx, told.inventory, &told.plan), 0);
  told.plan.status = BERTH_OUTCOME_FEASIBLE;
  cr_expect_eq(sketch_faults(told.ctx, told.inventory, &told.plan), KIND(BERTH_FAULT_BOUND));
  end_story(&told);
}
