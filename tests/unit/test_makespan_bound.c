/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proved of the makespan, and which of several equal VMs moves, in clusters small enough to
 * be reckoned by hand. Copies: 10,000 Mbps are 1,192 MiB a second, so 8,192 MiB take 7 s and 1,024
 * MiB one.
 */
#include "../inventory_fixture.h"
#include "frozen.h"
#include <berth/solve.h>

/* A plan of goal failover, for as long as it is looked at. */
typedef struct solved {
  const berth_inventory *inventory;
  berth_plan *plan;
} solved;

static solved solve(fixture *f) {
  berth_request request = BERTH_REQUEST_INIT;
  solved s = {fixture_freeze(f), NULL};
  request.infer_goal = false;
  request.goal = BERTH_GOAL_FAILOVER;
  cr_assert_eq(berth_solve(f->ctx, s.inventory, &request, NULL, &s.plan), BERTH_OK, "%s",
               berth_context_detail(f->ctx));
  return s;
}

static void end(fixture *f, solved *s) {
  berth_plan_free(s->plan);
  berth_inventory_release(s->inventory);
  fixture_end(f);
}

static const berth_plan_level *level_of(const solved *s, berth_level wanted) {
  for (uint32_t i = 0; i < berth_plan_level_count(s->plan); i++)
    if (berth_plan_level_at(s->plan, i)->level == wanted)
      return berth_plan_level_at(s->plan, i);
  cr_assert(false, "the ladder lacks %s", berth_level_name(wanted));
  return NULL;
}

/* The only VM that migrates. */
static const char *mover(const solved *s) {
  const char *id = NULL;
  for (uint32_t i = 0; i < berth_plan_step_count(s->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(s->plan, i);
    if (step->type != BERTH_STEP_MIGRATE)
      continue;
    cr_assert_null(id);
    id = s->inventory->vm_id[step->vm];
  }
  cr_assert_not_null(id);
  return id;
}

static void add_failed_host(fixture *f, uint32_t cluster, const char *id) {
  berth_host_spec spec = fixture_host_spec(id, 100000, 100000);
  spec.state = BERTH_HOST_FAILED;
  fixture_add_host(f, cluster, spec);
}

/* A host with notification, that lets a guest take so many seconds. */
static void add_notifying_host(fixture *f, uint32_t cluster, const char *id, int64_t memory_mib,
                               int64_t timeout) {
  berth_host_spec spec = fixture_host_spec(id, 10000, memory_mib);
  spec.notify_timeout = timeout;
  fixture_add_host(f, cluster, spec);
}

static void add_notified_vm(fixture *f, uint32_t cluster, const char *id, const char *host,
                            int64_t memory_mib) {
  berth_vm_spec spec = fixture_vm_spec(id, host, 0, memory_mib);
  spec.notify_enabled = spec.notify_registered = true;
  spec.notify_hardware = 20;
  fixture_add_vm(f, cluster, spec);
}

static void must_run_on(fixture *f, uint32_t cluster, const char *vm, const char *hosts) {
  fixture_rule(f, cluster, vm, BERTH_RULE_RUN_ON, BERTH_MUST, vm, hosts);
}

/* 16 GiB can only be placed where two VMs of 8 GiB run, one of which finds room elsewhere: the one
 * that need not be waited for goes. 7 s for its copy, 30 s for the restart. */
static void check_quick_mover(bool slow_first) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  add_failed_host(&f, cluster, "failed");
  add_notifying_host(&f, cluster, "full", 24576, 60);
  add_notifying_host(&f, cluster, "small", 8192, 60);
  if (slow_first)
    add_notified_vm(&f, cluster, "notified", "full", 8192);
  fixture_vm(&f, cluster, "quick", "full", 0, 8192);
  if (!slow_first)
    add_notified_vm(&f, cluster, "notified", "full", 8192);
  fixture_vm(&f, cluster, "large", "failed", 0, 16384);
  solved s = solve(&f);
  const berth_plan_level *makespan = level_of(&s, BERTH_LEVEL_MAKESPAN);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MIGRATIONS)->value, 1);
  cr_assert_str_eq(mover(&s), "quick");
  cr_assert_eq(makespan->value, 7 + 30);
  cr_assert_eq(makespan->bound, 7 + 30);
  cr_assert_eq(makespan->status, BERTH_OUTCOME_OPTIMAL);
  end(&f, &s);
}

Test(makespan_bound, quick_vm_moves) {
  check_quick_mover(true);
  check_quick_mover(false);
}

/* With both notified the wait is certain. */
Test(makespan_bound, wait_that_cannot_be_avoided) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  add_failed_host(&f, cluster, "failed");
  add_notifying_host(&f, cluster, "full", 24576, 60);
  add_notifying_host(&f, cluster, "small", 8192, 60);
  add_notified_vm(&f, cluster, "one", "full", 8192);
  add_notified_vm(&f, cluster, "two", "full", 8192);
  fixture_vm(&f, cluster, "large", "failed", 0, 16384);
  solved s = solve(&f);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->value, 60 + 7 + 30);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->bound, 60 + 7 + 30);
  end(&f, &s);
}

/* Nothing but a host that takes five minutes to wake can take the VM. */
Test(makespan_bound, needed_wake) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  berth_host_spec asleep = fixture_host_spec("asleep", 10000, 8192);
  asleep.state = BERTH_HOST_STANDBY;
  asleep.wake = BERTH_WAKE_IPMI;
  asleep.wake_seconds = 300;
  add_failed_host(&f, cluster, "failed");
  fixture_host(&f, cluster, "small", 10000, 4096);
  fixture_add_host(&f, cluster, asleep);
  fixture_vm(&f, cluster, "vm", "failed", 0, 8192);
  solved s = solve(&f);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_HOSTS_WOKEN)->value, 1);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->value, 300 + 30);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->bound, 300 + 30);
  end(&f, &s);
}

/* Migrations that a should rule asks for need not have ended when a VM is restarted: the plan takes
 * as long as the longer of both, 30 s, and nothing more may be claimed. */
Test(makespan_bound, wishes_hold_up_nothing) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  add_failed_host(&f, cluster, "failed");
  fixture_host(&f, cluster, "one", 10000, 16384);
  fixture_host(&f, cluster, "two", 10000, 16384);
  fixture_vm(&f, cluster, "wanted", "one", 0, 8192);
  fixture_vm(&f, cluster, "down", "failed", 0, 8192);
  fixture_rule(&f, cluster, "wish", BERTH_RULE_RUN_ON, BERTH_SHOULD, "wanted", "two");
  solved s = solve(&f);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MIGRATIONS)->value, 1);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->bound, 30);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->value, 30);
  end(&f, &s);
}

/* `seven` and `four` have to change places, which fits neither host: one steps over a third, where
 * it cannot stay. A guest that may take ten minutes could move, and need not. */
static uint32_t add_exchange(fixture *f, const char *slow_hosts) {
  uint32_t cluster = fixture_cluster(f, "c");
  add_failed_host(f, cluster, "failed");
  fixture_host(f, cluster, "a1", 10000, 10240);
  fixture_host(f, cluster, "a2", 10000, 9216);
  fixture_host(f, cluster, "a3", 10000, 4096);
  add_notifying_host(f, cluster, "c1", 10240, 600);
  fixture_vm(f, cluster, "seven", "a1", 0, 7168);
  fixture_vm(f, cluster, "four", "a2", 0, 4096);
  add_notified_vm(f, cluster, "slow", "c1", 8192);
  fixture_vm(f, cluster, "down1", "failed", 0, 6144);
  fixture_vm(f, cluster, "down3", "failed", 0, 4096);
  must_run_on(f, cluster, "seven", "a1 a2");
  must_run_on(f, cluster, "four", "a1 a2 a3");
  must_run_on(f, cluster, "slow", slow_hosts);
  must_run_on(f, cluster, "down1", "a1");
  must_run_on(f, cluster, "down3", "a3");
  return cluster;
}

/* All @p migrations are necessary, but one VM moves twice: there is one that moves less, and how
 * long that one would take says nothing. By hand: the stop-over 4 s, then 7 GiB in 7 s, then 4 GiB
 * in 4 s, and a restart. */
static void check_exchange(fixture *f, int64_t migrations) {
  solved s = solve(f);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_UNPLACED_MEDIUM)->value, 0);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MIGRATIONS)->value, migrations);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MIGRATIONS)->bound, migrations);
  cr_assert_eq(level_of(&s, BERTH_LEVEL_MAKESPAN)->value, 4 + 7 + 4 + 30);
  cr_assert_leq(level_of(&s, BERTH_LEVEL_MAKESPAN)->bound, 4 + 7 + 4 + 30);
  end(f, &s);
}

Test(makespan_bound, stop_over) {
  fixture f = fixture_begin();
  add_exchange(&f, "c1 a1");
  check_exchange(&f, 3);
}

/* The exchange, and on hosts of their own a VM that makes room for another: the proof for the one
 * part must not be taken for a proof of both. */
Test(makespan_bound, stop_over_in_one_part) {
  fixture f = fixture_begin();
  uint32_t cluster = add_exchange(&f, "c1 c2");
  fixture_host(&f, cluster, "b1", 10000, 10240);
  fixture_host(&f, cluster, "b2", 10000, 10240);
  fixture_host(&f, cluster, "c2", 10000, 10240);
  fixture_vm(&f, cluster, "six", "b1", 0, 6144);
  fixture_vm(&f, cluster, "downb", "failed", 0, 6144);
  must_run_on(&f, cluster, "six", "b1 b2");
  must_run_on(&f, cluster, "downb", "b1");
  check_exchange(&f, 4);
}
