/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Must rules that leave one host or none, rules that HA does not keep, restarts that wait in vain:
 * each with its nearest miss.
 */
#include "test_lint_support.h"

TestSuite(lint_rules);

/* Hosts a, b and d, of which d is in `state`; VM v on a. */
static fixture three_hosts(berth_cluster_spec spec, berth_host_state state) {
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, spec);
  fixture_host(&f, c, "a", 1000, 1024);
  fixture_host(&f, c, "b", 1000, 1024);
  berth_host_spec d = fixture_host_spec("d", 1000, 1024);
  d.state = state;
  fixture_add_host(&f, c, d);
  fixture_vm(&f, c, "v", "a", 10, 10);
  fixture_host_group(&f, c, "ab", "a b");
  fixture_host_group(&f, c, "ad", "a d");
  fixture_host_group(&f, c, "bd", "b d");
  fixture_host_group(&f, c, "abd", "a b d");
  return f;
}

static fixture plain(void) {
  return three_hosts(lint_cluster_spec(), BERTH_HOST_ONLINE);
}

Test(lint_rules, one_rule_pins) {
  fixture f = plain();
  fixture_rule(&f, 0, "pin", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "a");
  lint_expect_only(&f, BERTH_LINT_PINNED_TO_ONE_HOST,
                   "rule \"pin\" pins 1 VM to host \"a\"; if that fails, nothing may restart them");
  f = plain();
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "ab");
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
  f = plain();
  fixture_rule(&f, 0, "wish", BERTH_RULE_RUN_ON, BERTH_SHOULD, "v", "a");
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
}

Test(lint_rules, several_pin) {
  const char *text = "VM \"v\" may run on host \"a\" only; its must rules leave no other";
  fixture f = plain();
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "ab");
  fixture_rule(&f, 0, "not", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "b");
  lint_expect_only(&f, BERTH_LINT_PINNED_TO_ONE_HOST, text);
  f = plain(); /* no rule says where it may run, one where it may not */
  fixture_rule(&f, 0, "not", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "bd");
  lint_expect_only(&f, BERTH_LINT_PINNED_TO_ONE_HOST, text);
  f = plain();
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "abd");
  fixture_rule(&f, 0, "not", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "b");
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
}

/* d is in the rule, but has failed. */
Test(lint_rules, the_other_host_does_not_serve) {
  fixture f = three_hosts(lint_cluster_spec(), BERTH_HOST_FAILED);
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "ad");
  lint_expect_only(
      &f, BERTH_LINT_PINNED_TO_ONE_HOST,
      "VM \"v\" may run on host \"a\" only; its must rules leave no other that serves");
  berth_cluster_spec without_ha = lint_cluster_spec(); /* nobody restarts it anyway */
  without_ha.ha_enabled = false;
  f = three_hosts(without_ha, BERTH_HOST_FAILED);
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "ad");
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
  f = plain();
  fixture_rule(&f, 0, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "ad");
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
}

Test(lint_rules, no_host_is_left) {
  fixture f = plain();
  fixture_rule(&f, 0, "not", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "abd");
  lint_expect_only(&f, BERTH_LINT_RULES_LEAVE_NO_HOST,
                   "VM \"v\" may run on no host; its must rules leave none");
  f = three_hosts(lint_cluster_spec(), BERTH_HOST_MAINTENANCE);
  fixture_rule(&f, 0, "not", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "ab");
  lint_expect_only(&f, BERTH_LINT_RULES_LEAVE_NO_HOST,
                   "VM \"v\" may run on no host that serves; host \"d\", to which its must rules "
                   "let it go, is in state maintenance");
}

static void apart_or_not(bool respects, bool ha, berth_rule_type type, const char *text) {
  berth_cluster_spec spec = lint_cluster_spec();
  spec.respect_anti_affinity = respects;
  spec.ha_enabled = ha;
  fixture f = three_hosts(spec, BERTH_HOST_ONLINE);
  fixture_vm(&f, 0, "w", "b", 10, 10);
  fixture_vm_group(&f, 0, "vw", "v w");
  fixture_rule(&f, 0, "split", type, BERTH_MUST, "vw", NULL);
  lint_expect_only(&f, BERTH_LINT_APART_NOT_KEPT_BY_HA, text);
}

Test(lint_rules, ha_may_restart_together) {
  apart_or_not(false, true, BERTH_RULE_APART,
               "HA may restart together what rule \"split\" must keep apart; respectAntiAffinity "
               "of cluster \"c\" is off");
  apart_or_not(true, true, BERTH_RULE_APART, NULL);
  apart_or_not(false, false, BERTH_RULE_APART, NULL);
  apart_or_not(false, true, BERTH_RULE_TOGETHER, NULL);
}

/* What freezing tells of a restart of one priority after one of another. */
static void waits_for(berth_priority of, berth_priority whom, berth_lint_code code) {
  fixture f = plain();
  berth_vm_spec vm = fixture_vm_spec("app", "a", 10, 10);
  vm.priority = of;
  fixture_add_vm(&f, 0, vm);
  vm = fixture_vm_spec("db", "b", 10, 10);
  vm.priority = whom;
  fixture_add_vm(&f, 0, vm);
  berth_rule_spec rule =
      fixture_rule_spec("order", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "app", NULL);
  rule.after = "db";
  fixture_add_rule(&f, 0, rule);
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_expect_eq(berth_context_problem_count(f.ctx), code != BERTH_LINT_COUNT);
  if (code != BERTH_LINT_COUNT)
    cr_expect_eq(lint_count(&f, code), 1);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_rules, restarts_that_wait_in_vain) {
  waits_for(BERTH_PRIORITY_MEDIUM, BERTH_PRIORITY_LOW, BERTH_LINT_WAITS_FOR_LOWER_PRIORITY);
  waits_for(BERTH_PRIORITY_LOWEST, BERTH_PRIORITY_DISABLED, BERTH_LINT_WAITS_FOR_NEVER_RESTARTED);
  waits_for(BERTH_PRIORITY_MEDIUM, BERTH_PRIORITY_MEDIUM, BERTH_LINT_COUNT);
  waits_for(BERTH_PRIORITY_LOW, BERTH_PRIORITY_HIGH, BERTH_LINT_COUNT);
  waits_for(BERTH_PRIORITY_DISABLED, BERTH_PRIORITY_DISABLED, BERTH_LINT_COUNT);
}
