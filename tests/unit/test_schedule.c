/* SPDX-License-Identifier: Apache-2.0 */
/* What a schedule says of its steps: who waits for a lane, and what a migration makes room for. */
#include "../inventory_fixture.h"
#include <berth/solve.h>
#include <stdio.h>

TestSuite(schedule);

/* Seconds that it takes to empty a host of so many equal VMs, two at a time. */
static int64_t emptying(uint32_t vms) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t cluster;
  char id[16];
  spec.id = "c";
  spec.migrations_per_host = 2;
  cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &cluster), BERTH_OK);
  berth_host_spec from = fixture_host_spec("from", 10000, 100000);
  from.state = BERTH_HOST_ENTERING_MAINTENANCE;
  fixture_add_host(&f, cluster, from);
  fixture_host(&f, cluster, "to", 10000, 100000);
  fixture_host(&f, cluster, "other", 10000, 100000);
  for (uint32_t v = 0; v < vms; v++) {
    (void)snprintf(id, sizeof id, "v%u", v);
    fixture_vm(&f, cluster, id, "from", 1, 10000);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = fixture_solve(&f, inventory);
  int64_t worst = berth_plan_get_makespan(plan).worst;
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
  return worst;
}

Test(schedule, lanes_are_taken_in_turn) {
  int64_t one = emptying(1);
  cr_expect_gt(one, 0);
  cr_expect_eq(emptying(2), one);
  cr_expect_eq(emptying(6), 3 * one);
}

/* a (10) has s (3), b (12) has t (5): neither has the 10 that w asks for. */
Test(schedule, a_migration_says_what_it_makes_room_for) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  berth_host_spec failed = fixture_host_spec("failed", 1000, 10);
  failed.state = BERTH_HOST_FAILED;
  fixture_add_host(&f, cluster, failed);
  fixture_host(&f, cluster, "a", 1000, 10);
  fixture_host(&f, cluster, "b", 1000, 12);
  fixture_vm(&f, cluster, "w", "failed", 1, 10);
  fixture_vm(&f, cluster, "s", "a", 1, 3);
  fixture_vm(&f, cluster, "t", "b", 1, 5);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = fixture_solve(&f, inventory);
  cr_assert_eq(berth_plan_step_count(plan), 2);
  const berth_plan_step *step = berth_plan_step_at(plan, 0);
  cr_expect_eq(step->type, BERTH_STEP_MIGRATE);
  cr_expect_str_eq(step->why, "makes room on a for w");
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
