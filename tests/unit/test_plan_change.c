/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts before and after a plan, by hand: who stays, leaves, is down, arrives and restarts.
 */
#include "inventory_fixture.h"
#include "plan_change.h"

enum { FAILED = 0, BUSY, ROOMY, ASLEEP, HOSTS };

/* host 0 has failed with VM 0; on host 1 run VMs 1 and 2; VM 3 waits; host 3 is in standby. */
typedef struct change_case {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
  plan_change change;
} change_case;

static change_case case_begin(void) {
  change_case c = {.f = fixture_begin()};
  uint32_t cluster = fixture_cluster(&c.f, "prod");
  berth_host_spec failed = fixture_host_spec("failed", 1000, 1000);
  berth_host_spec asleep = fixture_host_spec("asleep", 1000, 1000);
  failed.state = BERTH_HOST_FAILED;
  asleep.state = BERTH_HOST_STANDBY;
  fixture_add_host(&c.f, cluster, failed);
  fixture_host(&c.f, cluster, "busy", 1000, 1000);
  fixture_host(&c.f, cluster, "roomy", 2000, 4000);
  fixture_add_host(&c.f, cluster, asleep);
  fixture_vm(&c.f, cluster, "lost", "failed", 100, 200);
  fixture_vm(&c.f, cluster, "moves", "busy", 300, 400);
  fixture_vm(&c.f, cluster, "stays", "busy", 50, 60);
  fixture_vm(&c.f, cluster, "waits", NULL, 7, 8);
  c.inventory = fixture_freeze(&c.f);
  cr_assert_eq(berth_plan_new(c.f.ctx, c.inventory, NULL, BERTH_GOAL_FAILOVER, &c.plan), BERTH_OK);
  return c;
}

static void place(change_case *c, uint32_t vm, uint32_t from, uint32_t to, berth_how how) {
  const berth_plan_placement placement = {vm, from, to, how};
  cr_assert_eq(berth_plan_add_placement(c->f.ctx, c->plan, &placement), BERTH_OK);
}

static void turn(change_case *c, uint32_t host, berth_step_type type) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = type, step.host = host;
  cr_assert_eq(berth_plan_add_step(c->f.ctx, c->plan, &step), BERTH_OK);
}

static void case_look(change_case *c) {
  cr_assert_eq(plan_change_begin(c->f.ctx, c->plan, &c->change), BERTH_OK);
}

static void case_end(change_case *c) {
  plan_change_end(c->f.ctx, &c->change);
  berth_plan_free(c->plan);
  berth_inventory_release(c->inventory);
  fixture_end(&c->f);
}

Test(plan_change, without_a_plan) {
  change_case c = case_begin();
  case_look(&c);
  const host_change *failed = &c.change.hosts[FAILED], *busy = &c.change.hosts[BUSY];
  cr_expect_eq(failed->amount[BERTH_RESOURCE_MEMORY][CHANGE_DOWN], 200);
  cr_expect_eq(host_change_used_before(failed, BERTH_RESOURCE_MEMORY), 0, "what is down uses none");
  cr_expect_not(failed->on_before);
  cr_expect_eq(busy->amount[BERTH_RESOURCE_CPU][CHANGE_STAYS], 350);
  cr_expect_eq(host_change_used_after(busy, BERTH_RESOURCE_MEMORY), 460);
  cr_expect_eq(c.change.after[0], BERTH_NONE);
  cr_expect_eq(c.change.before[3], BERTH_NONE);
  cr_expect_eq(host_change_weight(busy, HOST_GIVES), 0);
  case_end(&c);
}

Test(plan_change, everything_at_once) {
  change_case c = case_begin();
  place(&c, 0, FAILED, ROOMY, BERTH_HOW_RESTART);
  place(&c, 1, BUSY, ROOMY, BERTH_HOW_MIGRATE);
  place(&c, 3, BERTH_NONE, ASLEEP, BERTH_HOW_POWER_ON);
  turn(&c, ASLEEP, BERTH_STEP_WAKE);
  case_look(&c);
  const host_change *busy = &c.change.hosts[BUSY], *roomy = &c.change.hosts[ROOMY];
  const host_change *asleep = &c.change.hosts[ASLEEP];
  cr_expect_eq(busy->amount[BERTH_RESOURCE_MEMORY][CHANGE_LEAVES], 400);
  cr_expect_eq(host_change_used_before(busy, BERTH_RESOURCE_CPU), 350);
  cr_expect_eq(host_change_used_after(busy, BERTH_RESOURCE_CPU), 50);
  cr_expect_eq(roomy->amount[BERTH_RESOURCE_MEMORY][CHANGE_ARRIVES], 400);
  cr_expect_eq(roomy->amount[BERTH_RESOURCE_MEMORY][CHANGE_RESTARTS], 200);
  cr_expect_eq(roomy->vms[CHANGE_RESTARTS], 1);
  cr_expect_eq(host_change_used_after(asleep, BERTH_RESOURCE_MEMORY), 8);
  cr_expect(asleep->wakes && asleep->on_after && !asleep->on_before);
  cr_expect_eq(host_change_weight(busy, HOST_GIVES), 400000, "400 of 1000");
  cr_expect_eq(host_change_weight(roomy, HOST_GETS), 200000, "400 of 2000 MHz, 600 of 4000 MiB");
  cr_expect_eq(host_change_weight(roomy, HOST_GIVES), 0);
  cr_expect_str_eq(host_change_mark(c.inventory, ASLEEP, asleep), "is woken");
  cr_expect_str_eq(host_change_mark(c.inventory, FAILED, &c.change.hosts[FAILED]), "failed");
  cr_expect_str_eq(host_change_mark(c.inventory, BUSY, busy), "");
  case_end(&c);
}

Test(plan_change, sums_count_hosts_that_are_on) {
  change_case c = case_begin();
  host_change sum = {.on_before = false};
  turn(&c, BUSY, BERTH_STEP_POWER_DOWN);
  case_look(&c);
  for (uint32_t h = 0; h < HOSTS; h++)
    host_change_add(&sum, &c.change.hosts[h]);
  cr_expect_eq(sum.capacity[BERTH_RESOURCE_MEMORY], 5000,
               "neither the failed nor the standby host");
  cr_expect_eq(sum.amount[BERTH_RESOURCE_MEMORY][CHANGE_DOWN], 200);
  cr_expect_not(c.change.hosts[BUSY].on_after);
  case_end(&c);
}

Test(plan_change, shares) {
  cr_expect_eq(change_share(1, 3, 100), 33);
  cr_expect_eq(change_share(2, 3, 100), 67);
  cr_expect_eq(change_share(5, 0, 100), 0);
  cr_expect_eq(change_share(5, BERTH_UNLIMITED, 100), 0);
  cr_expect_eq(change_share(INT64_MAX / 2, INT64_MAX - 1, 1000000), 500000, "no overflow");
}
