/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management of clusters whose answer is worked out by hand.
 */
#include "inventory_fixture.h"

#include <berth/power.h>
#include <berth/verify.h>

typedef struct power_case {
  fixture f;
  uint32_t cluster;
  const berth_inventory *inventory;
  berth_power_answer *answer;
  berth_options options;
  berth_power_request request;
} power_case;

static power_case begin(bool ha, berth_automation dpm, berth_admission admission) {
  power_case p = {.f = fixture_begin(), .request = BERTH_POWER_REQUEST_INIT};
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "prod";
  spec.ha_enabled = ha;
  spec.dpm = dpm;
  spec.admission = admission;
  cr_assert_eq(berth_builder_add_cluster(p.f.builder, &spec, &p.cluster), BERTH_OK);
  berth_options_init(&p.options);
  return p;
}

static void host_of(power_case *p, const char *id, berth_wake wake, berth_host_state state,
                    int64_t seconds) {
  berth_host_spec host = fixture_host_spec(id, 10000, 10000);
  host.wake = wake;
  host.state = state;
  host.wake_seconds = seconds;
  fixture_add_host(&p->f, p->cluster, host);
}

static void hosts(power_case *p, uint32_t count) {
  static const char *const ids[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
  for (uint32_t i = 0; i < count; i++)
    host_of(p, ids[i], BERTH_WAKE_IPMI, BERTH_HOST_ONLINE, 300);
}

/* Reserves and uses the same share of cpu and memory. */
static void vm_of(power_case *p, const char *id, const char *host, int64_t reserves, int64_t uses) {
  berth_vm_spec vm = fixture_vm_spec(id, host, reserves, reserves);
  vm.cpu_usage_mhz = vm.memory_usage_mib = uses;
  fixture_add_vm(&p->f, p->cluster, vm);
}

static const berth_power_cluster *run(power_case *p) {
  p->inventory = fixture_freeze(&p->f);
  p->request.options = &p->options;
  cr_assert_eq(berth_power_run(p->f.ctx, p->inventory, &p->request, &p->answer), BERTH_OK);
  return berth_power_get_cluster(p->answer, 0);
}

static void finish(power_case *p) {
  berth_power_answer_free(p->answer);
  berth_inventory_release(p->inventory);
  fixture_end(&p->f);
}

static uint32_t holds_of(const power_case *p, uint32_t host) {
  return berth_power_get_host(p->answer, host)->holds;
}

static berth_power_fate fate_of(const power_case *p, uint32_t host) {
  return berth_power_get_host(p->answer, host)->fate;
}

/* ---------------------------------------------------------------------- constants */

Test(power, constants) {
  uint32_t count = 0;
  cr_assert_eq(berth_power_constant_value("targetPercent"), 63);
  cr_assert_eq(berth_power_constant_value("tolerancePercent"), 18);
  cr_assert_eq(berth_power_constant_value("powerOffHistory"), 2400);
  cr_assert_eq(berth_power_constant_value("powerOnHistory"), 300);
  cr_assert_eq(berth_power_constant_value("hostsOn"), 1);
  cr_assert_eq(berth_power_constant_value("hostsOnWithHa"), 2);
  cr_assert_eq(berth_power_constant_value("none"), BERTH_UNSET);
  const berth_power_constant *list = berth_power_constants(&count);
  cr_assert_eq(count, 6);
  for (uint32_t i = 0; i < count; i++)
    cr_assert_gt(strlen(list[i].source), 0);
}

Test(power, the_range_of_a_cluster_that_says_nothing) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  berth_cluster_spec defaults = BERTH_CLUSTER_SPEC_INIT;
  cr_assert_eq(defaults.dpm_target_percent, berth_power_constant_value("targetPercent"));
  cr_assert_eq(defaults.dpm_tolerance_percent, berth_power_constant_value("tolerancePercent"));
  hosts(&p, 1);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->low_percent, 45);
  cr_assert_eq(said->high_percent, 81);
  finish(&p);
}

/* ---------------------------------------------------------------------- the minimum */

Test(power, one_host_stays_on) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 3);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->minimum, 1);
  cr_assert_eq(said->online_after, 1);
  cr_assert(said->proved);
  finish(&p);
}

Test(power, two_with_ha) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 3);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->minimum, 2);
  cr_assert_eq(said->online_after, 2);
  cr_assert(said->proved);
  for (uint32_t h = 0; h < 3; h++)
    if (fate_of(&p, h) == BERTH_POWER_STAYS_ON)
      cr_assert(holds_of(&p, h) & BERTH_POWER_HOLD_MINIMUM);
  finish(&p);
}

/* ---------------------------------------------------------------------- the range */

/* 41 % + 40 % are 81: one host is enough. With one more in ten thousand it is not. */
Test(power, up_to_the_end_of_the_range) {
  for (int64_t more = 0; more < 2; more++) {
    power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
    hosts(&p, 2);
    vm_of(&p, "a", "h1", 100, 4100 + more);
    vm_of(&p, "b", "h2", 100, 4000);
    const berth_power_cluster *said = run(&p);
    cr_assert_eq(said->online_after, 1 + more);
    cr_assert(said->proved);
    cr_assert_eq(said->high_after, 0);
    if (more == 1)
      cr_assert(holds_of(&p, 0) & holds_of(&p, 1) & BERTH_POWER_HOLD_DEMAND);
    finish(&p);
  }
}

/* Both at 45 %: not below. h1 at 44.99 %: one is. */
Test(power, nothing_is_switched_off_within_the_range) {
  for (int64_t less = 0; less < 2; less++) {
    power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
    hosts(&p, 3);
    vm_of(&p, "a", "h1", 100, 4500 - less);
    vm_of(&p, "b", "h2", 100, 4500);
    vm_of(&p, "c", "h3", 100, 4500);
    const berth_power_cluster *said = run(&p);
    cr_assert_eq(said->low_hosts, less);
    cr_assert_eq(said->online_after, 3);
    cr_assert_eq((holds_of(&p, 1) & BERTH_POWER_HOLD_LOAD) != 0, less == 0);
    finish(&p);
  }
}

Test(power, an_unknown_usage_is_the_reservation) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 1);
  vm_of(&p, "a", "h1", 3000, BERTH_UNSET);
  vm_of(&p, "b", "h1", 3000, 100);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->demand.cpu_mhz, 3100);
  cr_assert_eq(said->demand.memory_mib, 3100);
  finish(&p);
}

/* Two VMs of 45 % on h1 are 90: one host more is needed, and there is one asleep. */
Test(power, standby_hosts_woken) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 1);
  host_of(&p, "h2", BERTH_WAKE_NONE, BERTH_HOST_STANDBY, 60);
  host_of(&p, "h3", BERTH_WAKE_WOL, BERTH_HOST_STANDBY, 60);
  vm_of(&p, "a", "h1", 100, 4500);
  vm_of(&p, "b", "h1", 100, 4500);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->calls, BERTH_POWER_CALL_DEMAND);
  cr_assert_eq(said->woken, 1);
  cr_assert_eq(fate_of(&p, 1), BERTH_POWER_STAYS_ASLEEP);
  cr_assert_eq(fate_of(&p, 2), BERTH_POWER_WOKEN);
  cr_assert_eq(said->high_after, 0);
  const berth_plan *plan = berth_power_plan_down(p.answer);
  cr_assert_eq(berth_plan_step_at(plan, 0)->type, BERTH_STEP_WAKE);
  cr_assert_eq(berth_plan_step_at(plan, 0)->host, 2);
  cr_assert_eq(berth_plan_step_at(plan, 1)->type, BERTH_STEP_MIGRATE);
  cr_assert_eq(berth_plan_step_at(plan, 1)->start.earliest, 60);
  finish(&p);
}

/* ---------------------------------------------------------------------- who stays on */

Test(power, what_holds_hosts_on) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  host_of(&p, "h1", BERTH_WAKE_NONE, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h2", BERTH_WAKE_ILO, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h3", BERTH_WAKE_ILO, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h4", BERTH_WAKE_ILO, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h5", BERTH_WAKE_ILO, BERTH_HOST_FAILED, 300);
  berth_vm_spec pinned = fixture_vm_spec("pinned", "h2", 100, 100);
  pinned.movable = false;
  fixture_add_vm(&p.f, p.cluster, pinned);
  fixture_add_vm(&p.f, p.cluster, fixture_vm_spec("tied", "h3", 100, 100));
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  rule.id = "licence";
  rule.vms = "tied";
  rule.hosts = "h3";
  cr_assert_eq(berth_builder_add_rule(p.f.builder, p.cluster, &rule, NULL), BERTH_OK);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(holds_of(&p, 0), BERTH_POWER_HOLD_WAKE);
  cr_assert_eq(holds_of(&p, 1), BERTH_POWER_HOLD_PINNED);
  cr_assert_eq(berth_power_get_host(p.answer, 1)->vm, 0);
  cr_assert_eq(holds_of(&p, 2), BERTH_POWER_HOLD_NOWHERE);
  cr_assert_eq(berth_power_get_host(p.answer, 2)->vm, 1);
  cr_assert_eq(fate_of(&p, 3), BERTH_POWER_SLEEPS);
  cr_assert_eq(fate_of(&p, 4), BERTH_POWER_OUT);
  cr_assert(said->proved);
  finish(&p);
}

/* Slot 2500 x 2500, four to a host, four VMs. Two hosts: four slots are left when one fails, and
 * that is enough; the VMs alone would fit one. A fifth VM asks for three. */
Test(power, admission_control_is_kept) {
  for (uint32_t more = 0; more < 2; more++) {
    power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_SLOTS);
    hosts(&p, 4);
    vm_of(&p, "a", "h1", 2500, 500);
    vm_of(&p, "b", "h2", 2500, 500);
    vm_of(&p, "c", "h3", 2500, 500);
    vm_of(&p, "d", "h4", 2500, 500);
    if (more == 1)
      vm_of(&p, "e", "h4", 2500, 500);
    const berth_power_cluster *said = run(&p);
    cr_assert_eq(said->policy_after.slots_used, 4 + more);
    cr_assert_eq(said->online_after, 2 + more);
    cr_assert(said->proved && said->admission_kept_after);
    finish(&p);
  }
}

Test(power, admission_control_may_be_left_aside) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_SLOTS);
  hosts(&p, 4);
  for (uint32_t i = 0; i < 5; i++) {
    static const char *const ids[] = {"a", "b", "c", "d", "e"};
    vm_of(&p, ids[i], i < 4 ? (const char *[]){"h1", "h2", "h3", "h4"}[i] : "h4", 2500, 500);
  }
  p.request.keep_admission = false;
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->online_after, 2);
  cr_assert_not(said->admission_kept_after);
  cr_assert_not(said->admission_asked);
  finish(&p);
}

/* Two VMs that reserve 6000 of 10000 do not fit one host: of two hosts none may fail, of three
 * each. */
Test(power, failures_are_survived_in_truth) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 4);
  vm_of(&p, "a", "h1", 6000, 500);
  vm_of(&p, "b", "h2", 6000, 500);
  p.options.value[BERTH_OPTION_KEEP_FAILURES] = 1;
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->online_after, 3);
  cr_assert(said->survives && said->proved);
  finish(&p);
}

/* Three equal VMs, two failures. With 3334 each one host that is left is too small: three hosts do
 * not survive, and the VMs would fit two; four do, all of them. With 3333 it is large enough. */
Test(power, nobody_sleeps_where_failures_are_not_survived) {
  static const struct {
    uint32_t hosts;
    int64_t reserves;
    uint32_t slept;
    bool survives;
    uint32_t holds; /* of all that stay on; 0 = another */
  } cases[] = {{3, 3334, 0, false, BERTH_POWER_HOLD_NOT_SURVIVED},
               {4, 3334, 0, true, 0},
               {3, 3333, 0, true, 0},
               {4, 3333, 1, true, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
    hosts(&p, cases[i].hosts);
    vm_of(&p, "a", "h1", cases[i].reserves, 500);
    vm_of(&p, "b", "h2", cases[i].reserves, 500);
    vm_of(&p, "c", "h3", cases[i].reserves, 500);
    p.options.value[BERTH_OPTION_KEEP_FAILURES] = 2;
    const berth_power_cluster *said = run(&p);
    cr_assert_eq(said->slept, cases[i].slept);
    cr_assert_eq(said->survives, cases[i].survives);
    cr_assert(said->proved);
    for (uint32_t h = 0; h < cases[i].hosts; h++) {
      uint32_t holds = holds_of(&p, h);
      if (cases[i].holds != 0)
        cr_assert_eq(holds, cases[i].holds);
      else
        cr_assert_eq(holds & BERTH_POWER_HOLD_NOT_SURVIVED, 0);
    }
    if (cases[i].holds != 0)
      cr_assert_eq(berth_plan_step_count(berth_power_plan_down(p.answer)), 0);
    finish(&p);
  }
}

/* As above: the fourth host sleeps now, and with it two failures are survived. */
Test(power, a_host_is_woken_so_that_failures_are_survived) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 3);
  host_of(&p, "h4", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 300);
  vm_of(&p, "a", "h1", 3334, 500);
  vm_of(&p, "b", "h2", 3334, 500);
  vm_of(&p, "c", "h3", 3334, 500);
  p.options.value[BERTH_OPTION_KEEP_FAILURES] = 2;
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->calls, BERTH_POWER_CALL_FAILURES);
  cr_assert(said->survives && said->woken == 1 && said->slept == 0);
  finish(&p);
}

/* h1 is at 90 %, and neither of its VMs has room beside that of h2: h3 is woken, h2 at 44 % stays.
 * Two failures leave one host for 12000 all the same. */
Test(power, a_host_is_woken_though_failures_are_not_survived) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 2);
  host_of(&p, "h3", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 300);
  vm_of(&p, "a", "h1", 4000, 4500);
  vm_of(&p, "b", "h1", 4000, 4500);
  vm_of(&p, "c", "h2", 4000, 4400);
  p.options.value[BERTH_OPTION_KEEP_FAILURES] = 2;
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->high_hosts, 1);
  cr_assert_eq(said->high_after, 0);
  cr_assert_not(said->survives);
  cr_assert(said->woken == 1 && said->slept == 0 && said->proved);
  cr_assert_eq(holds_of(&p, 0), BERTH_POWER_HOLD_NOT_SURVIVED);
  cr_assert_eq(holds_of(&p, 1), BERTH_POWER_HOLD_NOT_SURVIVED);
  finish(&p);
}

Test(power, watts_count) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  static const int64_t watts[] = {500, 200, 250};
  static const char *const ids[] = {"h1", "h2", "h3"};
  for (uint32_t i = 0; i < 3; i++) {
    berth_host_spec host = fixture_host_spec(ids[i], i == 0 ? 10000 : 5000, 10000);
    host.wake = BERTH_WAKE_IPMI;
    host.power_watts = watts[i];
    fixture_add_host(&p.f, p.cluster, host);
  }
  vm_of(&p, "a", "h1", 100, 3000);
  vm_of(&p, "b", "h1", 100, 3000);
  p.options.value[BERTH_OPTION_WEIGH] = BERTH_WEIGH_POWER;
  /* 60 % of h1 alone take 500 W; 60 % each of h2 and h3 take 450. */
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->weight_after, 450);
  cr_assert_eq(fate_of(&p, 0), BERTH_POWER_SLEEPS);
  cr_assert(said->proved);
  finish(&p);
}

/* ---------------------------------------------------------------------- manual mode */

static bool passes(power_case *p, const berth_plan *plan) {
  berth_report *report = NULL;
  cr_assert_eq(berth_verify(p->f.ctx, plan, &report), BERTH_OK);
  bool clean = berth_report_count(report) == 0;
  berth_report_free(report);
  return clean;
}

/* h2 is emptied, then sleeps: the power-down waits for a person, and nothing for it. On the way
 * back the wake waits, and the migration for the wake: 300 s and the copy. */
Test(power, manual_mode_waits_for_approval) {
  power_case p = begin(false, BERTH_AUTOMATION_MANUAL, BERTH_ADMISSION_NONE);
  hosts(&p, 2);
  vm_of(&p, "a", "h1", 100, 2000);
  vm_of(&p, "b", "h2", 100, 2000);
  run(&p);
  uint32_t count = 0;
  const berth_plan *down = berth_power_plan_down(p.answer), *back = berth_power_plan_back(p.answer);
  const berth_power_approval *waits = berth_power_approvals(p.answer, false, &count);
  cr_assert_eq(berth_plan_step_count(down), 2);
  cr_assert_not(berth_plan_step_at(down, 0)->approval);
  cr_assert(berth_plan_step_at(down, 1)->approval);
  cr_assert_eq(count, 1);
  cr_assert_eq(waits[0].step, 2);
  cr_assert_eq(waits[0].steps, 0);
  cr_assert_not_null(back);
  waits = berth_power_approvals(p.answer, true, &count);
  cr_assert_eq(count, 1);
  cr_assert_eq(waits[0].step, 1);
  cr_assert_eq(waits[0].steps, 1);
  cr_assert_eq(waits[0].moves, 1);
  cr_assert_eq(waits[0].seconds, 300 + berth_plan_step_at(back, 1)->seconds);
  cr_assert(passes(&p, down));
  cr_assert(passes(&p, back));
  finish(&p);
}

Test(power, automatic_mode_waits_for_nobody) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 2);
  vm_of(&p, "a", "h1", 100, 2000);
  vm_of(&p, "b", "h2", 100, 2000);
  run(&p);
  uint32_t count = 7;
  berth_power_approvals(p.answer, false, &count);
  cr_assert_eq(count, 0);
  finish(&p);
}

Test(power, off_means_off) {
  for (int even = 0; even < 2; even++) {
    power_case p = begin(false, BERTH_AUTOMATION_OFF, BERTH_ADMISSION_NONE);
    hosts(&p, 2);
    p.request.even_off = even == 1;
    const berth_power_cluster *said = run(&p);
    cr_assert_eq(said->looked_at, even == 1);
    cr_assert_eq(said->slept, (uint32_t)even);
    cr_assert_eq(berth_plan_step_count(berth_power_plan_down(p.answer)), (uint32_t)even);
    finish(&p);
  }
}

/* ---------------------------------------------------------------------- wakes on a failure */

/* h3 (300 s) and h4 (120 s) sleep; h1 and h2 have 12000 of 20000 reserved: when one fails, one host
 * more is needed, and the quicker is enough. Its restart takes 30 s. */
Test(power, the_quickest_is_woken) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  host_of(&p, "h1", BERTH_WAKE_NONE, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h2", BERTH_WAKE_NONE, BERTH_HOST_ONLINE, 300);
  host_of(&p, "h3", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 300);
  host_of(&p, "h4", BERTH_WAKE_WOL, BERTH_HOST_STANDBY, 120);
  vm_of(&p, "a", "h1", 6000, 500);
  vm_of(&p, "b", "h2", 6000, 500);
  const berth_power_cluster *said = run(&p);
  cr_assert_eq(said->calls, 0);
  cr_assert_eq(said->failure_count, 2);
  for (uint32_t i = 0; i < 2; i++) {
    const berth_power_failure *failure = &said->failures[i];
    cr_assert_eq(failure->verdict, BERTH_AUDIT_WAKES);
    cr_assert(failure->planned && failure->fewest);
    cr_assert_eq(failure->wake_count, 1);
    cr_assert_eq(failure->wakes[0], 3);
    cr_assert_eq(failure->awake, 120);
    cr_assert_eq(failure->restored, 150);
    cr_assert_eq(failure->unplaced, 0);
  }
  finish(&p);
}

/* ---------------------------------------------------------------------- the way back */

/* h3 is enough whichever host fails. VMs that are down in another cluster ask for two hosts there,
 * and a VM that fits nowhere waits: neither is a matter of this failure. */
Test(power, a_failure_is_about_what_it_takes_down) {
  power_case p = begin(true, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 2);
  host_of(&p, "h3", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 60);
  vm_of(&p, "a", "h1", 6000, 6000);
  vm_of(&p, "b", "h2", 6000, 6000);
  vm_of(&p, "too-large", NULL, 20000, 20000);
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "other";
  cr_assert_eq(berth_builder_add_cluster(p.f.builder, &spec, &p.cluster), BERTH_OK);
  host_of(&p, "x1", BERTH_WAKE_IPMI, BERTH_HOST_FAILED, 60);
  host_of(&p, "x2", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 60);
  host_of(&p, "x3", BERTH_WAKE_IPMI, BERTH_HOST_STANDBY, 90);
  vm_of(&p, "c", "x1", 9000, 9000);
  vm_of(&p, "d", "x1", 1000, 1000);
  vm_of(&p, "e", "x1", 1000, 1000);
  const berth_power_cluster *c = run(&p);
  cr_assert_eq(c->failure_count, 2);
  for (uint32_t i = 0; i < c->failure_count; i++) {
    const berth_power_failure *failure = &c->failures[i];
    cr_assert(failure->planned);
    cr_expect_eq(failure->wake_count, 1);
    cr_expect_eq(failure->wakes[0], 2);
    cr_expect_eq(failure->unplaced, 0);
  }
  finish(&p);
}

Test(power, the_way_back_is_one) {
  power_case p = begin(false, BERTH_AUTOMATION_FULL, BERTH_ADMISSION_NONE);
  hosts(&p, 4);
  vm_of(&p, "a", "h1", 1000, 1500);
  vm_of(&p, "b", "h2", 1000, 1500);
  vm_of(&p, "c", "h3", 1000, 1500);
  vm_of(&p, "d", "h4", 1000, 1500);
  const berth_power_cluster *said = run(&p);
  const berth_plan *back = berth_power_plan_back(p.answer);
  const berth_inventory *reached = berth_power_reached(p.answer);
  cr_assert_eq(said->online_after, 1);
  cr_assert_not_null(back);
  cr_assert(passes(&p, back));
  cr_assert_eq(berth_plan_placement_count(back), 3);
  for (uint32_t i = 0; i < 3; i++) {
    const berth_plan_placement *placed = berth_plan_placement_at(back, i);
    cr_assert_eq(placed->to, berth_inventory_vm_host(p.inventory, placed->vm));
    cr_assert_eq(placed->from, berth_inventory_vm_host(reached, placed->vm));
  }
  finish(&p);
}
