/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rebalancing where the answer is worked out by hand, beyond what one integer program would do, and
 * the bound by totals.
 */
#include "balance_bound.h"
#include "inventory_fixture.h"

#include <berth/solve.h>
#include <berth/verify.h>
#include <stdio.h>

/* @p hosts hosts of 1000 MHz; the first @p full of them hold ten VMs of @p mhz each. */
static const berth_inventory *lopsided(fixture *f, uint32_t hosts, uint32_t full, int64_t mhz) {
  uint32_t c = fixture_cluster(f, "prod");
  char host[16], vm[24];
  for (uint32_t h = 0; h < hosts; h++) {
    snprintf(host, sizeof host, "h%u", h);
    fixture_host(f, c, host, 1000, 100000);
    for (uint32_t v = 0; h < full && v < 10; v++) {
      snprintf(vm, sizeof vm, "v%u-%u", h, v);
      fixture_vm(f, c, vm, host, mhz, mhz * 100);
    }
  }
  return fixture_freeze(f);
}

static berth_plan *rebalance(fixture *f, const berth_inventory *inventory, int64_t target,
                             int64_t milliseconds) {
  berth_plan *plan = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_options_init(&options);
  cr_assert_eq(berth_options_set(f->ctx, &options, BERTH_OPTION_TARGET_CPU, target), BERTH_OK);
  cr_assert_eq(berth_options_set(f->ctx, &options, BERTH_OPTION_TARGET_MEMORY, target), BERTH_OK);
  cr_assert_eq(berth_options_set(f->ctx, &options, BERTH_OPTION_TIME_LIMIT, milliseconds),
               BERTH_OK);
  request.infer_goal = false;
  request.goal = BERTH_GOAL_REBALANCE;
  request.options = &options;
  cr_assert_eq(berth_solve(f->ctx, inventory, &request, NULL, &plan), BERTH_OK);
  return plan;
}

static const berth_plan_level *level_of(const berth_plan *plan, berth_level level) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == level)
      return berth_plan_level_at(plan, i);
  cr_assert_fail("no level %s", berth_level_name(level));
  return NULL;
}

static void finish(fixture *f, const berth_inventory *inventory, berth_plan *plan) {
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(f);
}

/* Ten of forty hosts are at 100 %, the others empty; with a target of 50 %, five VMs leave each of
 * the ten, and each of the others takes up to five: nothing is overloaded, and 50 migrations are
 * the fewest. */
Test(balance_descent, load_is_spread_over_many_hosts) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = lopsided(&f, 40, 10, 100);
  berth_plan *plan = rebalance(&f, inventory, 50, 20000);
  cr_assert_eq(level_of(plan, BERTH_LEVEL_OVERLOAD)->value, 0);
  cr_assert_eq(level_of(plan, BERTH_LEVEL_MIGRATIONS)->value, 50);
  finish(&f, inventory, plan);
}

/* Thirty VMs of 10 % on four hosts are 300 % of one: 75 % each on average, 60 points above 60 % in
 * sum, of cpu and of memory. The bound says so, and 7 or 8 VMs on each host (70, 70, 80, 80) meet
 * it. */
Test(balance_descent, bound_by_totals_is_met) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = lopsided(&f, 4, 3, 100);
  berth_plan *plan = rebalance(&f, inventory, 60, 20000);
  const berth_plan_level *overload = level_of(plan, BERTH_LEVEL_OVERLOAD);
  cr_assert_eq(overload->bound, 120);
  cr_assert_eq(overload->value, 120);
  cr_assert_str_eq(overload->proof, "total load");
  cr_assert_eq(overload->status, BERTH_OUTCOME_OPTIMAL);
  finish(&f, inventory, plan);
}

/* One host holds VMs of 700 and 100, the other two of 300: 1400 of 2000 are 40 points above 50 % of
 * cpu, and as many of memory. That is what the start has, 30 and 10: nothing moves. */
Test(balance_descent, nothing_moves_without_gain) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 1000000);
  fixture_host(&f, c, "b", 1000, 1000000);
  fixture_vm(&f, c, "a7", "a", 700, 700000);
  fixture_vm(&f, c, "a1", "a", 100, 100000);
  fixture_vm(&f, c, "b3", "b", 300, 300000);
  fixture_vm(&f, c, "b3x", "b", 300, 300000);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = rebalance(&f, inventory, 50, 5000);
  cr_assert_eq(level_of(plan, BERTH_LEVEL_OVERLOAD)->value, 80);
  cr_assert_eq(level_of(plan, BERTH_LEVEL_MIGRATIONS)->value, 0);
  finish(&f, inventory, plan);
}

/* Four VMs that reserve 2^40 MHz each are 100 * 2^42 % of the one MHz of their host, and fit no
 * other: numbers that must not overflow where hosts are put into an order. */
Test(balance_descent, loads_beyond_all_sense) {
  fixture f = fixture_begin();
  const uint32_t c = fixture_cluster(&f, "prod");
  char vm[8];
  fixture_host(&f, c, "h0", 1, 1000);
  fixture_host(&f, c, "h1", 1, 1000);
  for (int v = 0; v < 4; v++) {
    snprintf(vm, sizeof vm, "v%d", v);
    fixture_vm(&f, c, vm, "h0", BERTH_QUANTITY_MAX, 1);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = rebalance(&f, inventory, 80, 20000);
  cr_expect_eq(level_of(plan, BERTH_LEVEL_OVERLOAD)->value, 400 * BERTH_QUANTITY_MAX - 80);
  cr_expect_eq(level_of(plan, BERTH_LEVEL_MIGRATIONS)->value, 0);
  finish(&f, inventory, plan);
}

/* A host of 1 MHz and 1 MiB has a VM of 3070 MHz and one of 5120 MiB; the latter fills the one host
 * that it may move to, and a third VM of 1 MiB goes to another host of 1 MiB. Left are 306,920
 * points of cpu and three times 20 of memory. A program with 512,000 points in one column is not to
 * be believed: what stays in it unproved must not be called proved. */
Test(balance_descent, vms_far_larger_than_their_host) {
  fixture f = fixture_begin();
  const uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "small", 1, 1);
  fixture_host(&f, c, "other", 1, 1);
  fixture_host(&f, c, "large", 5064, 5120);
  berth_vm_spec waiting = fixture_vm_spec("waiting", NULL, 0, 1);
  fixture_add_vm(&f, c, waiting);
  fixture_vm(&f, c, "busy", "small", 3070, 1);
  fixture_vm(&f, c, "big", "small", 1, 5120);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = rebalance(&f, inventory, 80, 20000);
  const berth_plan_level *overload = level_of(plan, BERTH_LEVEL_OVERLOAD);
  cr_expect_eq(overload->value, 306980);
  cr_expect_leq(overload->bound, 306980);
  finish(&f, inventory, plan);
}
