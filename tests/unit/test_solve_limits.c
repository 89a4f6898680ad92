/* SPDX-License-Identifier: Apache-2.0 */
/* A search that is cut short still gives a checked plan, in time, and claims no more than it knows.
 */
#include "../inventory_fixture.h"
#include <berth/solve.h>
#include <berth/verify.h>
#include <stdio.h>
#include <time.h>

enum { HOSTS = 24, VMS_A_HOST = 16 };

/* Nearly full hosts, VMs of many sizes, two hosts failed: nothing that is proved at once. */
static const berth_inventory *tight_inventory(fixture *f) {
  uint64_t state = 7;
  uint32_t cluster = fixture_cluster(f, "c");
  char id[32], host[32];
  for (int h = 0; h < HOSTS; h++) {
    (void)snprintf(host, sizeof host, "h%d", h);
    berth_host_spec spec = fixture_host_spec(host, 100000, 100000);
    spec.state = h < 2 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    fixture_add_host(f, cluster, spec);
    for (int v = 0; v < VMS_A_HOST; v++) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      int64_t memory = 4000 + (int64_t)((state >> 33) % 3400);
      int64_t cpu = 3000 + (int64_t)((state >> 40) % 5400);
      (void)snprintf(id, sizeof id, "v%d-%d", h, v);
      fixture_vm(f, cluster, id, host, cpu, memory);
    }
  }
  return fixture_freeze(f);
}

static double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void expect_honest(fixture *f, const berth_plan *plan) {
  berth_report *report = NULL;
  cr_assert_eq(berth_verify(f->ctx, plan, &report), BERTH_OK);
  cr_assert_eq(berth_report_count(report), 0);
  berth_report_free(report);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    cr_assert_leq(level->bound, level->value);
    cr_assert_eq(level->status == BERTH_OUTCOME_OPTIMAL, level->bound == level->value);
  }
}

Test(solve_limits, time_limit) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = tight_inventory(&f);
  berth_options options;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  cr_assert_eq(berth_options_set(f.ctx, &options, BERTH_OPTION_TIME_LIMIT, 300), BERTH_OK);
  berth_request request = BERTH_REQUEST_INIT;
  request.options = &options;
  double began = seconds_now();
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(f.ctx));
  /* Generous, since tests share their machine; without a limit this one runs for a minute. */
  cr_assert_lt(seconds_now() - began, 10.0);
  cr_assert_eq(berth_plan_goal(plan), BERTH_GOAL_FAILOVER);
  expect_honest(&f, plan);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

static bool cancel_third(void *user, const berth_progress *progress) {
  cr_assert_not_null(progress->phase);
  return ++*(int *)user < 3;
}

Test(solve_limits, cancelled) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = tight_inventory(&f);
  berth_plan *plan = NULL;
  int calls = 0;
  berth_context_set_progress(f.ctx, cancel_third, &calls);
  berth_request request = BERTH_REQUEST_INIT;
  double began = seconds_now();
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK);
  cr_assert_lt(seconds_now() - began, 10.0);
  cr_assert_eq(calls, 3, "asked %d times", calls);
  expect_honest(&f, plan);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(solve_limits, same_bytes_twice) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  for (int h = 0; h < 4; h++) {
    char host[8];
    (void)snprintf(host, sizeof host, "h%d", h);
    berth_host_spec spec = fixture_host_spec(host, 1000, 1000);
    spec.state = h == 0 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    fixture_add_host(&f, cluster, spec);
    for (int v = 0; v < 5; v++) {
      char id[16];
      (void)snprintf(id, sizeof id, "v%d-%d", h, v);
      fixture_vm(&f, cluster, id, host, 100, 140);
    }
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *first = NULL, *second = NULL;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &first), BERTH_OK);
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &second), BERTH_OK);
  cr_assert_eq(berth_plan_step_count(first), berth_plan_step_count(second));
  for (uint32_t i = 0; i < berth_plan_step_count(first); i++) {
    const berth_plan_step *a = berth_plan_step_at(first, i), *b = berth_plan_step_at(second, i);
    cr_assert(a->type == b->type && a->vm == b->vm && a->from == b->from && a->to == b->to);
    cr_assert(a->start.latest == b->start.latest && a->end.latest == b->end.latest);
  }
  berth_plan_free(first);
  berth_plan_free(second);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* A number that is no goal, as a caller built against a later version may pass. */
Test(solve_limits, unknown_goals_are_refused) {
  fixture f = fixture_begin();
  fixture_cluster(&f, "c");
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_COUNT;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_E_UNSUPPORTED);
  cr_assert_null(plan);
  for (int goal = 0; goal < BERTH_GOAL_COUNT; goal++) {
    request.goal = (berth_goal)goal;
    cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK, "goal %d", goal);
    cr_expect_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
    berth_plan_free(plan);
    plan = NULL;
  }
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(solve_limits, a_cluster_without_hosts) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  fixture_vm(&f, cluster, "v", NULL, 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK);
  cr_assert_eq(berth_plan_status(plan), BERTH_OUTCOME_INFEASIBLE);
  cr_assert_eq(berth_plan_unplaced_count(plan), 1);
  expect_honest(&f, plan);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* 64 GiB that are dirtied at 1,100 MiB/s. Over 10,000 Mbps (1,192 MiB/s) the copy converges,
 * slowly; over 9,000 Mbps (1,073 MiB/s) it does not and stops after two passes, which is sooner:
 * two passes of 65536 / 1073 = 61.1 s. The bound must not take the faster link's time for the
 * least. */
Test(solve_limits, a_slower_link_may_end_sooner) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  berth_host_spec leaving = fixture_host_spec("a", 1000, 100000);
  leaving.state = BERTH_HOST_ENTERING_MAINTENANCE;
  fixture_add_host(&f, cluster, leaving);
  berth_host_spec slower = fixture_host_spec("b", 1000, 100000);
  slower.link_mbps = 9000;
  fixture_add_host(&f, cluster, slower);
  berth_vm_spec vm = fixture_vm_spec("v", "a", 1, 65536);
  vm.dirty_mib_per_second = 1100;
  fixture_add_vm(&f, cluster, vm);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(f.ctx));
  expect_honest(&f, plan);
  cr_assert_eq(berth_plan_get_makespan(plan).worst, 123);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
