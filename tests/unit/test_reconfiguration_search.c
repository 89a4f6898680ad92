/* SPDX-License-Identifier: Apache-2.0 */
/* The exhaustive search where a single bound of it decides. */
#include "reconfiguration_search.h"
#include "solver_ground.h"
#include <string.h>

TestSuite(reconfiguration);

static void add_host(solver_ground *g, const char *id, berth_host_state state, int64_t watts) {
  berth_host_spec spec = fixture_host_spec(id, 1000, 1000);
  spec.state = state;
  spec.power_watts = watts;
  spec.wake = state == BERTH_HOST_STANDBY ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
  fixture_add_host(&g->f, g->cluster, spec);
}

/* a and b have to change places, and only a standby host has room for one of them meanwhile. The
 * plan at hand wakes the one of 500 W; the other one has 10 W. What is on weighs 100 W each. */
static void expect_lighter_host(int64_t first_watts, int64_t second_watts) {
  solver_ground g = ground_begin();
  ladder_bounds bounds = {0};
  reconfiguration_plan plan;
  add_host(&g, "h1", BERTH_HOST_ONLINE, 100);
  add_host(&g, "h2", BERTH_HOST_ONLINE, 100);
  add_host(&g, "first", BERTH_HOST_STANDBY, first_watts);
  add_host(&g, "second", BERTH_HOST_STANDBY, second_watts);
  ground_vm(&g, "a", "h1", 600);
  ground_vm(&g, "b", "h2", 600);
  fixture_rule(&g.f, g.cluster, "a-on-h2", BERTH_RULE_RUN_ON, BERTH_SHOULD, "a", "h2");
  fixture_rule(&g.f, g.cluster, "b-on-h1", BERTH_RULE_RUN_ON, BERTH_SHOULD, "b", "h1");
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.weigh = BERTH_WEIGH_POWER;
  ground_freeze_aim(&g, &aim);
  int64_t incumbent[BERTH_LEVEL_COUNT] = {[BERTH_LEVEL_HOSTS_ON] = 100 + 100 + 500,
                                          [BERTH_LEVEL_HOSTS_WOKEN] = 1,
                                          [BERTH_LEVEL_MIGRATIONS] = 3,
                                          [BERTH_LEVEL_MEMORY_MOVED] = INT64_C(3) * 600};
  reconfiguration_task task = {
      .problem = &g.p, .bounds = &bounds, .incumbent = incumbent, .clock = &g.clock};
  cr_assert_eq(reconfiguration_search(&task, &g.memory, &plan), RECONFIGURATION_OPTIMAL);
  cr_expect_eq(plan.final.value[BERTH_LEVEL_SHOULD_BROKEN], 0);
  cr_expect_eq(plan.final.value[BERTH_LEVEL_HOSTS_ON], 100 + 100 + 10);
  cr_expect_eq(plan.final.value[BERTH_LEVEL_MIGRATIONS], 3);
  ground_end(&g);
}

Test(reconfiguration, the_lighter_of_two_is_woken_for_a_stop_over) {
  expect_lighter_host(10, 500);
  expect_lighter_host(500, 10);
}
