/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of full hosts: every VM must go one host further, one spare host lets the ring turn, and
 * no VM should stay there. So one VM moves twice: n + 1 migrations, whatever n.
 */
#include "../inventory_fixture.h"
#include <berth/solve.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 20 };

static const berth_inventory *ring(fixture *f, bool off_the_spare) {
  uint32_t cluster = fixture_cluster(f, "c");
  char id[32], vm[32], hosts[64], all[SIZE * 8] = "";
  for (int i = 0; i < SIZE; i++) {
    (void)snprintf(id, sizeof id, "h%d", i);
    (void)snprintf(vm, sizeof vm, "v%d", i);
    fixture_host(f, cluster, id, 1000, 1024);
    fixture_vm(f, cluster, vm, id, 1, 1024);
  }
  fixture_host(f, cluster, "spare", 1000, 1024);
  for (int i = 0; i < SIZE; i++) {
    (void)snprintf(id, sizeof id, "r%d", i);
    (void)snprintf(vm, sizeof vm, "v%d", i);
    (void)snprintf(hosts, sizeof hosts, "h%d spare", (i + 1) % SIZE);
    fixture_rule(f, cluster, id, BERTH_RULE_RUN_ON, BERTH_MUST, vm, hosts);
    strcat(strcat(all, " "), vm);
  }
  if (off_the_spare)
    fixture_rule(f, cluster, "off", BERTH_RULE_NOT_RUN_ON, BERTH_SHOULD, all, "spare");
  return fixture_freeze(f);
}

static void expect_migrations(bool off_the_spare, int64_t migrations) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = ring(&f, off_the_spare);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_REPAIR;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level != BERTH_LEVEL_MIGRATIONS)
      continue;
    cr_assert_eq(level->value, migrations);
    cr_assert_eq(level->bound, migrations);
  }
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(stuck_start, a_ring_needs_one_stop_over) {
  expect_migrations(true, SIZE + 1);
}

/* The spare host may keep one of them: nobody moves twice. */
Test(stuck_start, none_where_one_may_stay) {
  expect_migrations(false, SIZE);
}
