/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One NUMA node each: an arrival waits until another has left its node. The plan less that wait is
 * refused, though the host as a whole always has room.
 */
#include "../inventory_fixture.h"
#include <berth/solve.h>
#include <berth/verify.h>

/* h1 has failed; h2 has two nodes of 10,000 MiB and two VMs of 6,000; h3 could take one of them,
 * but not what ran on h1: rule "lost-on-2". */
static const berth_inventory *two_nodes(fixture *f, berth_numa numa) {
  uint32_t c = fixture_cluster(f, "c");
  berth_host_spec failed = fixture_host_spec("h1", 10000, 20000);
  failed.state = BERTH_HOST_FAILED;
  fixture_add_host(f, c, failed);
  uint32_t second = fixture_host(f, c, "h2", 10000, 20000);
  fixture_host(f, c, "h3", 10000, 7000);
  for (int64_t n = 0; n < 2; n++)
    cr_assert_eq(berth_builder_host_numa(f->builder, second, n, 5000, 10000, NULL), BERTH_OK);
  static const char *const ids[] = {"lost", "a", "b"};
  for (int i = 0; i < 3; i++) {
    berth_vm_spec spec = fixture_vm_spec(ids[i], i == 0 ? "h1" : "h2", 100, 6000);
    spec.numa = numa;
    fixture_add_vm(f, c, spec);
  }
  fixture_rule(f, c, "lost-on-2", BERTH_RULE_RUN_ON, BERTH_MUST, "lost", "h2");
  return fixture_freeze(f);
}

static uint32_t faults(fixture *f, const berth_plan *plan, berth_fault_kind kind) {
  berth_report *report = NULL;
  uint32_t count = 0;
  cr_assert_eq(berth_verify(f->ctx, plan, &report), BERTH_OK);
  for (uint32_t i = 0; i < berth_report_count(report); i++)
    count += berth_report_fault(report, i)->kind == kind;
  berth_report_free(report);
  return count;
}

Test(node_track, spread_over_nodes_nothing_moves) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = two_nodes(&f, BERTH_NUMA_ANY);
  berth_plan *plan = fixture_solve(&f, inventory);
  cr_assert_eq(berth_plan_step_count(plan), 1);
  cr_expect_eq(berth_plan_step_at(plan, 0)->type, BERTH_STEP_RESTART);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(node_track, an_arrival_waits_for_a_node) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = two_nodes(&f, BERTH_NUMA_ONE_NODE);
  berth_plan *plan = fixture_solve(&f, inventory);
  cr_assert_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
  cr_assert_eq(berth_plan_step_count(plan), 2);
  const berth_plan_step *move = berth_plan_step_at(plan, 0), *start = berth_plan_step_at(plan, 1);
  cr_assert_eq(move->type, BERTH_STEP_MIGRATE);
  cr_assert_eq(start->type, BERTH_STEP_RESTART);
  cr_assert_eq(start->after_count, 1);
  cr_expect_eq(start->after[0], 1);
  cr_expect_eq(faults(&f, plan, BERTH_FAULT_NUMA), 0);

  berth_plan *hasty = NULL;
  cr_assert_eq(berth_plan_new(f.ctx, inventory, NULL, BERTH_GOAL_FAILOVER, &hasty), BERTH_OK);
  for (uint32_t i = 0; i < 2; i++) {
    berth_plan_step step = *berth_plan_step_at(plan, i);
    step.after_count = 0;
    cr_assert_eq(berth_plan_add_step(f.ctx, hasty, &step), BERTH_OK);
  }
  cr_expect_eq(faults(&f, hasty, BERTH_FAULT_NUMA), 1);
  cr_expect_eq(faults(&f, hasty, BERTH_FAULT_CAPACITY), 0);
  berth_plan_free(hasty);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
