/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search by host contents where its single parts decide: clusters of alike hosts whose best is
 * known by hand, and what is proved of them by the prices, by what can be listed, and not at all.
 */
#include "pattern_search.h"
#include "solver_ground.h"

TestSuite(pattern_search, .timeout = 60);

/* Hosts of 10 that may be powered down, at 10 W; one of them at 11 W, so that every sum is
 * possible; one that is too small for anything, cannot be woken and takes 7 W. */
static solver_ground begin(int hosts) {
  solver_ground g = ground_begin();
  char id[16];
  for (int h = 0; h <= hosts; h++) {
    (void)snprintf(id, sizeof id, "h%03d", h);
    berth_host_spec spec = fixture_host_spec(id, 1000, h == hosts ? 1 : 10);
    spec.wake = h == hosts ? BERTH_WAKE_NONE : BERTH_WAKE_WOL;
    spec.power_watts = h == hosts ? 7 : h == hosts - 1 ? 11 : 10;
    fixture_add_host(&g.f, g.cluster, spec);
  }
  return g;
}

static void freeze(solver_ground *g, uint32_t failures) {
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.weigh = BERTH_WEIGH_POWER;
  aim.settings.keep_failures = failures;
  ground_freeze_aim(g, &aim);
}

typedef struct findings {
  ladder_bounds bounds;
  pattern_proofs proofs;
  uint64_t programs;
} findings;

static findings search(solver_ground *g, int64_t milliseconds) {
  findings found = {.programs = 0};
  content_model model;
  content_view view = {.whole = true};
  cr_assert(content_model_build(&model, &g->p, view, &g->memory));
  cr_assert(pattern_search(&g->s, &model, &found.bounds, &found.proofs, &g->clock, milliseconds,
                           &found.programs));
  return found;
}

/* Three VMs of 5 on one host each: two hosts at 10 W will do, and one and a half is what the
 * program of contents makes of it, 15 W. Beside the 7 W that are on in any case. */
static void add_three(solver_ground *g, bool packed) {
  ground_vm(g, "a", "h000", 5);
  ground_vm(g, "b", packed ? "h000" : "h001", 5);
  ground_vm(g, "c", packed ? "h001" : "h002", 5);
}

/* Where hosts are alike and many there is no tree: what can be listed decides. */
Test(pattern_search, contents_within_the_gap_decide) {
  for (int packed = 0; packed < 2; packed++) {
    solver_ground g = begin(44);
    add_three(&g, packed == 1);
    freeze(&g, 0);
    findings found = search(&g, 20000);
    cr_expect_eq(g.s.value[BERTH_LEVEL_HOSTS_ON], 10 + 10 + 7);
    cr_expect_eq(found.bounds.value[BERTH_LEVEL_HOSTS_ON], 10 + 10 + 7, "packed %d: %d", packed,
                 (int)found.bounds.value[BERTH_LEVEL_HOSTS_ON]);
    cr_expect_eq(found.bounds.value[BERTH_LEVEL_MIGRATIONS], g.s.value[BERTH_LEVEL_MIGRATIONS]);
    cr_expect_eq(g.s.value[BERTH_LEVEL_MIGRATIONS], packed ? 0 : 1);
    cr_expect_gt(found.programs, 0);
    ground_end(&g);
  }
}

/* With few hosts a tree may decide as well. */
Test(pattern_search, few_hosts) {
  solver_ground g = begin(5);
  add_three(&g, false);
  freeze(&g, 0);
  findings found = search(&g, 20000);
  cr_expect_eq(g.s.value[BERTH_LEVEL_HOSTS_ON], 27);
  cr_expect_eq(found.bounds.value[BERTH_LEVEL_HOSTS_ON], 27);
  ground_end(&g);
}

/* More than four hundred that are alike: the prices prove 22, no integer program is tried. */
Test(pattern_search, no_program_over_a_large_cluster) {
  solver_ground g = begin(420);
  add_three(&g, true);
  freeze(&g, 0);
  findings found = search(&g, 20000);
  cr_expect_eq(g.s.value[BERTH_LEVEL_HOSTS_ON], 27);
  cr_expect_eq(found.bounds.value[BERTH_LEVEL_HOSTS_ON], 15 + 7);
  cr_expect_str_eq(found.bounds.proof[BERTH_LEVEL_HOSTS_ON], "column generation");
  cr_expect_eq(found.programs, 0);
  cr_assert_eq(found.proofs.count, 1);
  cr_expect_eq(found.proofs.list[0].level, BERTH_LEVEL_HOSTS_ON);
  cr_expect_eq(found.proofs.list[0].bound, 15 + 7);
  ground_end(&g);
}

/* No time: nothing is claimed. */
Test(pattern_search, no_time) {
  solver_ground g = begin(5);
  add_three(&g, false);
  freeze(&g, 0);
  findings found = search(&g, 0);
  cr_expect_eq(g.s.value[BERTH_LEVEL_HOSTS_ON], 37);
  cr_expect_eq(found.bounds.value[BERTH_LEVEL_HOSTS_ON], 0);
  cr_expect_eq(found.programs, 0);
  ground_end(&g);
}

/* Of a host that has to be emptied one VM does not move, and one fits nowhere else: what stays for
 * certain is part of the bound. */
Test(pattern_search, vms_that_stay_on_a_host_to_leave) {
  solver_ground g = ground_begin();
  ground_host(&g, "leave", 30, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "other", 10, BERTH_HOST_ONLINE);
  ground_fixed_vm(&g, "fixed", "leave", 5);
  ground_vm(&g, "large", "leave", 11);
  ground_vm(&g, "small", "leave", 4);
  ground_freeze(&g, BERTH_GOAL_EVACUATE);
  content_model model;
  content_view view = {.whole = false};
  findings found = {.programs = 0};
  cr_assert(content_model_build(&model, &g.p, view, &g.memory));
  cr_expect_eq(content_base_cost(&model, 0, BERTH_LEVEL_VIOLATIONS), 1);
  cr_expect_eq(content_base_cost(&model, 1, BERTH_LEVEL_VIOLATIONS), 0);
  cr_assert(
      pattern_search(&g.s, &model, &found.bounds, &found.proofs, &g.clock, 20000, &found.programs));
  cr_expect_eq(g.s.value[BERTH_LEVEL_VIOLATIONS], 2);
  cr_expect_eq(found.bounds.value[BERTH_LEVEL_VIOLATIONS], 2);
  cr_assert_gt(found.proofs.count, 0);
  cr_expect_eq(found.proofs.list[0].level, BERTH_LEVEL_VIOLATIONS);
  cr_expect_eq(found.proofs.list[0].bound, 2);
  ground_end(&g);
}

/* ---------------------------------------------------------------------- failures to keep */

/* Alike hosts of 10 W that all may be powered down, three VMs of 6, each on one: with the VMs 30 W
 * are on. With K failures to keep, K more of the lightest at least: those that fail may be any. A
 * VM that is not restarted takes no part in what has to hold then; a VM that does not move, and
 * weight of hosts that are on in any case, forbid the claim. */
static void expect_spare(uint32_t failures, int disabled, bool fixed, bool stays_on,
                         int64_t expected) {
  solver_ground g = ground_begin();
  char id[16], vm[16];
  for (int h = 0; h < 8; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    berth_host_spec spec = fixture_host_spec(id, 1000, 10);
    spec.wake = stays_on && h == 7 ? BERTH_WAKE_NONE : BERTH_WAKE_WOL;
    spec.power_watts = h == 6 ? 9 : 10;
    fixture_add_host(&g.f, g.cluster, spec);
  }
  for (int v = 0; v < 4; v++) {
    (void)snprintf(id, sizeof id, "h%d", v < 3 ? v : 0);
    (void)snprintf(vm, sizeof vm, "v%d", v);
    berth_vm_spec spec = fixture_vm_spec(vm, id, 0, v < 3 ? 6 : 1);
    spec.priority = v < disabled ? BERTH_PRIORITY_DISABLED : BERTH_PRIORITY_MEDIUM;
    spec.movable = !fixed || v != 3;
    fixture_add_vm(&g.f, g.cluster, spec);
  }
  freeze(&g, failures);
  findings found = search(&g, 20000);
  cr_expect_eq(g.s.value[BERTH_LEVEL_HOSTS_ON], 10 + 10 + 9);
  bool exact = disabled == 0;
  cr_expect(exact ? found.proofs.spare.bound == expected : found.proofs.spare.bound <= expected,
            "%u failures, %d disabled: %d", failures, disabled, (int)found.proofs.spare.bound);
  if (exact && expected > 0) {
    cr_expect_eq(found.proofs.spare.spare, failures);
    cr_expect_eq(found.proofs.spare.level, BERTH_LEVEL_HOSTS_ON);
  }
  ground_end(&g);
}

Test(pattern_search, spares_beside_what_holds_the_vms) {
  expect_spare(0, 0, false, false, 0);
  expect_spare(1, 0, false, false, 29 + 9);
  expect_spare(2, 0, false, false, 29 + 2 * 9);
  expect_spare(1, 1, false, false, 19 + 9); /* no more: two VMs of 6 and one of 1 come back */
  expect_spare(1, 2, false, false, 9 + 9);
  expect_spare(1, 0, true, false, 0);
  expect_spare(1, 0, false, true, 0);
}
