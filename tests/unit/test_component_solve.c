/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the searches answers. */
#include "inventory_fixture.h"
#include <berth/solve.h>
#include <stdio.h>

TestSuite(component_solve);

/* Sixteen hosts of 100 with a VM of 51 to 66 each: the sum asks for ten hosts, contents for all.
 * No two VMs are alike, so that the program of VMs by hosts is too large to come first. */
Test(component_solve, contents_prove_what_sums_do_not) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t cluster;
  spec.id = "c";
  spec.ha_enabled = false;
  cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &cluster), BERTH_OK);
  for (int h = 0; h < 16; h++) {
    char host[8], vm[8];
    (void)snprintf(host, sizeof host, "h%02d", h);
    (void)snprintf(vm, sizeof vm, "v%02d", h);
    berth_host_spec made = fixture_host_spec(host, 1000, 100);
    made.wake = BERTH_WAKE_WOL;
    fixture_add_host(&f, cluster, made);
    fixture_vm(&f, cluster, vm, host, 1, 51 + h);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_CONSOLIDATE;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level != BERTH_LEVEL_HOSTS_ON)
      continue;
    cr_expect_eq(level->value, 16);
    cr_expect_eq(level->bound, 16);
    cr_expect_str_eq(level->proof, "column generation");
  }
  cr_expect_gt(berth_plan_certificate_count(plan), 0);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
