/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios: what each event makes of a small inventory, what it refuses, and what it must not
 * copy. */
#include "frozen.h"
#include "inventory_fixture.h"
#include <berth/goal.h>
#include <berth/scenario.h>

TestSuite(scenario);

/* An inventory and a scenario under construction. */
typedef struct situation {
  fixture f;
  const berth_inventory *before, *after;
  berth_scenario *scenario;
} situation;

/* Cluster c: h0 in chassis k0 with `on` and `off`, h1 in k0 empty, h2 in k1 with `third`. */
static situation begin(void) {
  situation s = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&s.f, "c");
  cr_assert_eq(berth_builder_add_resource(s.f.builder, "vgpu", NULL), BERTH_OK);
  const char *const chassis[] = {"k0", "k0", "k1"}, *const hosts[] = {"h0", "h1", "h2"};
  for (int i = 0; i < 3; i++) {
    berth_host_spec spec = fixture_host_spec(hosts[i], 1000, 1000);
    spec.chassis = chassis[i];
    spec.name = i == 2 ? "the third" : NULL;
    fixture_add_host(&s.f, c, spec);
  }
  berth_builder_host_reach_datastore(s.f.builder, 0, "ds");
  berth_builder_host_capacity(s.f.builder, 0, "vgpu", 3, NULL);
  berth_builder_host_numa(s.f.builder, 0, 1, 500, 500, NULL);
  uint32_t on = fixture_vm(&s.f, c, "on", "h0", 100, 100);
  berth_builder_vm_needs_datastore(s.f.builder, on, "ds");
  berth_builder_vm_needs_resource(s.f.builder, on, "vgpu", 2, NULL);
  berth_vm_spec off = fixture_vm_spec("off", "h0", 1, 1);
  off.power = BERTH_POWER_OFF;
  fixture_add_vm(&s.f, c, off);
  off = fixture_vm_spec("third", "h2", 1, 1);
  fixture_add_vm(&s.f, c, off);
  fixture_vm_group(&s.f, c, "g", "on third");
  fixture_host_group(&s.f, c, "hg", "h0 h1");
  fixture_rule(&s.f, c, "apart", BERTH_RULE_APART, BERTH_MUST, "g", NULL);
  fixture_rule(&s.f, c, "together", BERTH_RULE_TOGETHER, BERTH_MUST, "on third", NULL);
  fixture_rule(&s.f, c, "home", BERTH_RULE_RUN_ON, BERTH_SHOULD, "on off", "hg h2");
  s.before = fixture_freeze(&s.f);
  cr_assert_eq(berth_scenario_new(s.f.ctx, &s.scenario), BERTH_OK);
  return s;
}

static void end(situation *s) {
  berth_inventory_release(s->after);
  berth_inventory_release(s->before);
  berth_scenario_free(s->scenario);
  fixture_end(&s->f);
}

static berth_event event_of(berth_event_type type) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  return event;
}

static void add(situation *s, berth_event event) {
  event.position = fixture_at(1 + berth_scenario_count(s->scenario));
  cr_assert_eq(berth_scenario_add(s->f.ctx, s->scenario, &event), BERTH_OK);
}

static void add_host_event(situation *s, berth_event_type type, const char *host) {
  berth_event event = event_of(type);
  event.host = host;
  add(s, event);
}

static void add_like(situation *s, berth_event_type type, const char *like, int64_t count) {
  berth_event event = event_of(type);
  event.like = like;
  event.count = count;
  add(s, event);
}

static void add_set(situation *s, const char *vm, const char *host, const char *attribute,
                    const char *value) {
  berth_event event = event_of(BERTH_EVENT_SET);
  event.vm = vm;
  event.host = host;
  event.attribute = attribute;
  event.value = value;
  add(s, event);
}

static const berth_inventory *apply(situation *s) {
  cr_assert_eq(berth_scenario_apply(s->f.ctx, s->before, s->scenario, &s->after), BERTH_OK, "%s",
               berth_context_detail(s->f.ctx));
  return s->after;
}

/* The scenario is refused with this status and these problems, in order. */
static void expect_refused(situation *s, berth_status status, const char *const *texts,
                           size_t count) {
  cr_assert_eq(berth_scenario_apply(s->f.ctx, s->before, s->scenario, &s->after), status);
  cr_assert_null(s->after);
  cr_assert_eq(berth_context_problem_count(s->f.ctx), count);
  for (size_t i = 0; i < count; i++) {
    cr_assert_str_eq(berth_context_problem(s->f.ctx, i)->text, texts[i]);
    cr_assert_eq(berth_context_problem(s->f.ctx, i)->position.line, i + 1);
  }
}

static berth_host_state state_of(const berth_inventory *inventory, const char *host) {
  return berth_inventory_host_state(inventory, fixture_find_host(inventory, host));
}

Test(scenario, nothing_is_the_same_inventory) {
  situation s = begin();
  cr_assert_eq(apply(&s), s.before);
  berth_inventory_release(s.after);
  cr_assert_eq(berth_scenario_apply(s.f.ctx, s.before, NULL, &s.after), BERTH_OK);
  cr_assert_eq(s.after, s.before);
  end(&s);
}

Test(scenario, states_change_without_a_copy_of_the_vms) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  add_host_event(&s, BERTH_EVENT_STANDBY, "h1");
  add_host_event(&s, BERTH_EVENT_MAINTENANCE, "the third");
  const berth_inventory *after = apply(&s);
  cr_assert_eq(state_of(after, "h0"), BERTH_HOST_FAILED);
  cr_assert_eq(state_of(after, "h1"), BERTH_HOST_STANDBY);
  cr_assert_eq(state_of(after, "h2"), BERTH_HOST_ENTERING_MAINTENANCE);
  cr_assert_eq(after->vm_demand, s.before->vm_demand);
  cr_assert_eq(after->vm_power, s.before->vm_power);
  cr_assert_eq(after->rules, s.before->rules);
  cr_assert_eq(state_of(s.before, "h0"), BERTH_HOST_ONLINE, "the base is left as it was");
  end(&s);
}

Test(scenario, maintenance_of_a_host_without_running_vms_is_complete) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_MAINTENANCE, "h1");
  cr_assert_eq(state_of(apply(&s), "h1"), BERTH_HOST_MAINTENANCE);
  end(&s);
}

Test(scenario, a_label_fails_all_its_hosts) {
  situation s = begin();
  berth_event event = event_of(BERTH_EVENT_FAIL);
  event.chassis = "k0";
  add(&s, event);
  const berth_inventory *after = apply(&s);
  cr_assert_eq(state_of(after, "h0"), BERTH_HOST_FAILED);
  cr_assert_eq(state_of(after, "h1"), BERTH_HOST_FAILED);
  cr_assert_eq(state_of(after, "h2"), BERTH_HOST_ONLINE);
  end(&s);
}

/* Later events see earlier ones: back online is as before. */
Test(scenario, online_undoes) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  add_host_event(&s, BERTH_EVENT_ONLINE, "h0");
  cr_assert_eq(state_of(apply(&s), "h0"), BERTH_HOST_ONLINE);
  end(&s);
}

Test(scenario, a_derived_inventory_keeps_its_base) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  const berth_inventory *after = apply(&s);
  berth_inventory_release(s.before);
  s.before = NULL;
  cr_assert_str_eq(berth_inventory_vm_id(after, 0), "on");
  end(&s);
}

Test(scenario, a_powered_on_vm_waits_for_a_host) {
  situation s = begin();
  berth_event event = event_of(BERTH_EVENT_POWER_ON);
  event.vm = "off";
  add(&s, event);
  const berth_inventory *after = apply(&s);
  uint32_t vm = fixture_find_vm(after, "off");
  cr_assert_eq(berth_inventory_vm_power(after, vm), BERTH_POWER_ON);
  cr_assert_eq(berth_inventory_vm_host(after, vm), BERTH_NONE);
  cr_assert_eq(after->host_vm_start[1], 1, "h0 holds one VM only");
  cr_assert_eq(after->vm_demand, s.before->vm_demand);
  end(&s);
}

/* `together` was disabled because of `apart`; without that it is in force again. */
Test(scenario, dropping_a_rule_brings_back_what_it_disabled) {
  situation s = begin();
  uint32_t together = fixture_find_rule(s.before, "together");
  cr_assert_not(berth_inventory_rule_enabled(s.before, together));
  berth_event event = event_of(BERTH_EVENT_DROP_RULE);
  event.id = "apart";
  add(&s, event);
  const berth_inventory *after = apply(&s);
  cr_assert(berth_inventory_rule_enabled(after, together));
  cr_assert_not(berth_inventory_rule_enabled(after, fixture_find_rule(after, "apart")));
  cr_assert_not(berth_inventory_rule_enabled(s.before, together));
  end(&s);
}

/* A dropped rule is gone for good once hosts or VMs change. */
Test(scenario, dropped_rules_do_not_thaw) {
  situation s = begin();
  berth_event event = event_of(BERTH_EVENT_DROP_RULE);
  uint32_t rule;
  event.id = "apart";
  add(&s, event);
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  const berth_inventory *after = apply(&s);
  cr_assert_eq(berth_inventory_rule_count(after), 2);
  cr_assert_eq(berth_inventory_find_rule(after, "apart", &rule), BERTH_E_NOT_FOUND);
  cr_assert(berth_inventory_rule_enabled(after, fixture_find_rule(after, "together")));
  end(&s);
}

Test(scenario, a_vm_like_another_has_its_needs_groups_and_rules) {
  situation s = begin();
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 2);
  const berth_inventory *after = apply(&s);
  cr_assert_eq(berth_inventory_vm_count(after), 5);
  for (uint32_t vm = 3; vm < 5; vm++) {
    cr_assert_str_eq(berth_inventory_vm_id(after, vm), vm == 3 ? "on+1" : "on+2");
    cr_assert_eq(berth_inventory_vm_power(after, vm), BERTH_POWER_ON);
    cr_assert_eq(berth_inventory_vm_host(after, vm), BERTH_NONE);
    for (uint32_t r = 0; r < 5; r++)
      cr_assert_eq(berth_inventory_vm_demand(after, vm, r), berth_inventory_vm_demand(after, 0, r));
    cr_assert_eq(after->vm_datastore_start[vm + 1] - after->vm_datastore_start[vm], 1);
  }
  /* `apart` through the group, `together` and `home` because they name `on`. */
  const uint32_t members[] = {4, 4, 4};
  for (uint32_t r = 0; r < 3; r++)
    cr_assert_eq(after->rules[r].vm_count, members[r], "%u", r);
  cr_assert_eq(after->vm_groups[0].count, 4);
  cr_assert_str_eq(after->rules[1].vms_text, "on third on+1 on+2");
  end(&s);
}

Test(scenario, ids_of_added_vms_are_free_ones) {
  situation s = begin();
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  add_like(&s, BERTH_EVENT_ADD_VM, "on+1", 1); /* sees the first */
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  const berth_inventory *after = apply(&s);
  const char *const expected[] = {"on", "off", "third", "on+1", "on+2", "on+1+1", "on+3"};
  cr_assert_eq(berth_inventory_vm_count(after), 7);
  for (uint32_t vm = 0; vm < 7; vm++)
    cr_assert_str_eq(berth_inventory_vm_id(after, vm), expected[vm]);
  end(&s);
}

/* What the inventory itself calls "on+1" is passed over. */
Test(scenario, ids_in_use_are_passed_over) {
  situation s = begin();
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  const berth_inventory *once = apply(&s), *twice;
  cr_assert_eq(berth_scenario_apply(s.f.ctx, once, s.scenario, &twice), BERTH_OK);
  cr_assert_str_eq(berth_inventory_vm_id(twice, 3), "on+1");
  cr_assert_str_eq(berth_inventory_vm_id(twice, 4), "on+2");
  berth_inventory_release(twice);
  end(&s);
}

Test(scenario, a_host_like_another) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  add_like(&s, BERTH_EVENT_ADD_HOST, "h0", 1);
  const berth_inventory *after = apply(&s);
  uint32_t host = fixture_find_host(after, "h0+1");
  cr_assert_eq(state_of(after, "h0"), BERTH_HOST_FAILED);
  cr_assert_eq(state_of(after, "h0+1"), BERTH_HOST_ONLINE);
  cr_assert_eq(berth_inventory_host_capacity(after, host, 4), 3);
  cr_assert_str_eq(after->host_label[BERTH_DOMAIN_CHASSIS][host], "k0");
  cr_assert_eq(after->host_datastore_start[host + 1] - after->host_datastore_start[host], 1);
  cr_assert_eq(after->numa_count, 2);
  cr_assert_eq(after->numa[1].host, host);
  cr_assert_eq(after->host_groups[0].count, 3);
  cr_assert_eq(after->rules[2].host_count, 4);
  end(&s);
}

Test(scenario, a_removed_host_leaves_no_trace) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_REMOVE_HOST, "h1");
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 1);
  add_like(&s, BERTH_EVENT_ADD_VM, "on+1", 1); /* freezes and thaws in between */
  const berth_inventory *after = apply(&s);
  uint32_t host;
  cr_assert_eq(berth_inventory_host_count(after), 2);
  cr_assert_eq(berth_inventory_find_host(after, "h1", &host), BERTH_E_NOT_FOUND);
  cr_assert_eq(after->host_groups[0].count, 1);
  cr_assert_eq(after->rules[2].host_count, 2);
  cr_assert_str_eq(berth_inventory_vm_id(after, 2), "third");
  cr_assert_eq(berth_inventory_vm_host(after, 2), 1);
  end(&s);
}

/* VMs that are off leave with their registration only. */
Test(scenario, removing_the_host_of_a_vm_that_is_off) {
  situation s = begin();
  add_set(&s, "on", NULL, "host", "h1");
  add_host_event(&s, BERTH_EVENT_REMOVE_HOST, "h0");
  const berth_inventory *after = apply(&s);
  cr_assert_eq(berth_inventory_vm_host(after, fixture_find_vm(after, "off")), BERTH_NONE);
  cr_assert_eq(berth_inventory_vm_host(after, fixture_find_vm(after, "on")),
               fixture_find_host(after, "h1"));
  end(&s);
}

Test(scenario, a_flavour) {
  situation s = begin();
  berth_event event = event_of(BERTH_EVENT_ADD_FLAVOUR);
  event.cpu_mhz = 40;
  event.memory_mib = 70;
  event.count = 2;
  add(&s, event);
  const berth_inventory *after = apply(&s);
  uint32_t vm = fixture_find_vm(after, "flavour+2");
  const int64_t expected[] = {40, 70, 1, 1, 0};
  for (uint32_t r = 0; r < 5; r++)
    cr_assert_eq(berth_inventory_vm_demand(after, vm, r), expected[r]);
  cr_assert_eq(berth_inventory_vm_memory(after, vm), 70);
  end(&s);
}

Test(scenario, set_attributes) {
  situation s = begin();
  add_set(&s, "on", NULL, "memoryMib", "200");
  add_set(&s, "on", NULL, "memoryLocked", "true");
  add_set(&s, "on", NULL, "priority", "highest");
  add_set(&s, "on", NULL, "notification.timeout", "30");
  add_set(&s, NULL, "h1", "rack", "r9");
  add_set(&s, NULL, "h1", "maxVms", "5");
  add_set(&s, NULL, "h1", "state", "isolated");
  const berth_inventory *after = apply(&s);
  cr_assert_eq(berth_inventory_vm_demand(after, 0, BERTH_RESOURCE_MEMORY), 200);
  cr_assert_eq(berth_inventory_vm_priority(after, 0), BERTH_PRIORITY_HIGHEST);
  cr_assert_eq(after->vm_notification[0].timeout, 30);
  cr_assert_str_eq(after->host_label[BERTH_DOMAIN_RACK][1], "r9");
  cr_assert_eq(berth_inventory_host_capacity(after, 1, BERTH_RESOURCE_VMS), 5);
  cr_assert_eq(state_of(after, "h1"), BERTH_HOST_ISOLATED);
  cr_assert_eq(berth_inventory_vm_demand(s.before, 0, BERTH_RESOURCE_MEMORY), 100);
  end(&s);
}

Test(scenario, every_wrong_event_is_told) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h9");
  add(&s, event_of(BERTH_EVENT_FAIL));
  add_host_event(&s, BERTH_EVENT_STANDBY, "h0");
  berth_event event = event_of(BERTH_EVENT_POWER_ON);
  event.vm = "on";
  add(&s, event);
  event = event_of(BERTH_EVENT_DROP_RULE);
  event.id = "none";
  add(&s, event);
  add_host_event(&s, BERTH_EVENT_REMOVE_HOST, "h2");
  add_like(&s, BERTH_EVENT_ADD_VM, "on", 0);
  add_set(&s, "on", NULL, "memoryMib", "much");
  add_set(&s, "on", NULL, "colour", "red");
  event = event_of(BERTH_EVENT_FAIL);
  event.rack = "k0";
  add(&s, event);
  event = event_of(BERTH_EVENT_ADD_FLAVOUR);
  event.memory_mib = 1;
  add(&s, event);
  add_host_event(&s, BERTH_EVENT_REBOOT, "h2");
  const char *const texts[] = {
      "fail: there is no host \"h9\"; expected the id or name of one",
      "fail: 0 of host, chassis, rack and site are given; expected one",
      "standby: VM \"on\" is on at host \"h0\"; expected a host without VMs that are on",
      "power-on: VM \"on\" is on already; expected one that is off or suspended",
      "drop-rule: there is no rule \"none\"; expected the id of one",
      "remove-host: VM \"third\" is on at host \"h2\"; expected a host without VMs that are on",
      "add-vm: count is 0; expected a whole number from 1 to 4194301",
      "set: memoryMib is \"much\"; expected a whole number",
      "set: there is no attribute \"colour\" of a VM; expected one that can be set",
      "fail: no host has rack \"k0\"; expected the label of some host",
      "add-flavour: cpu is missing; expected a whole number from 0 to 1099511627776",
      "reboot: only simulations know this event; expected one that changes an inventory"};
  expect_refused(&s, BERTH_E_INVALID, texts, sizeof texts / sizeof *texts);
  end(&s);
}

Test(scenario, events_of_simulations_are_unsupported) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_ISOLATE, "h0");
  const char *const texts[] = {
      "isolate: only simulations know this event; expected one that changes an inventory"};
  expect_refused(&s, BERTH_E_UNSUPPORTED, texts, 1);
  end(&s);
}

/* What freezing finds is told at the event that set it. */
Test(scenario, a_value_out_of_range_is_told_where_it_was_set) {
  situation s = begin();
  add_set(&s, "on", NULL, "cpus", "0");
  const char *const texts[] = {
      "vm \"on\": cpus is 0; expected a whole number from 1 to 1099511627776"};
  expect_refused(&s, BERTH_E_INVALID, texts, 1);
  end(&s);
}

Test(scenario, a_removed_host_cannot_be_used) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_REMOVE_HOST, "h1");
  add_like(&s, BERTH_EVENT_ADD_HOST, "h1", 1);
  cr_assert_eq(berth_scenario_apply(s.f.ctx, s.before, s.scenario, &s.after), BERTH_E_INVALID);
  cr_assert_str_eq(berth_context_detail(s.f.ctx),
                   "test.xml:2:1: add-host: there is no host \"h1\"; expected the id or name of "
                   "one");
  end(&s);
}

Test(scenario, copies_own_their_strings) {
  situation s = begin();
  char host[] = "h0";
  berth_event event = event_of(BERTH_EVENT_FAIL);
  berth_scenario *copy;
  event.host = host;
  add(&s, event);
  host[0] = 'x';
  cr_assert_eq(berth_scenario_set_name(s.f.ctx, s.scenario, "what if"), BERTH_OK);
  cr_assert_eq(berth_scenario_copy(s.f.ctx, s.scenario, &copy), BERTH_OK);
  berth_scenario_free(s.scenario);
  s.scenario = copy;
  cr_assert_str_eq(berth_scenario_name(copy), "what if");
  cr_assert_str_eq(berth_scenario_event(copy, 0)->host, "h0");
  cr_assert_str_eq(berth_scenario_event(copy, 0)->position.source, "test.xml");
  event.struct_size = 4;
  cr_assert_eq(berth_scenario_add(s.f.ctx, copy, &event), BERTH_E_ARGUMENT);
  end(&s);
}

/* ------------------------------------------------------------------------- goals */

static berth_goal inferred(situation *s) {
  return berth_goal_infer(apply(s));
}

Test(scenario, goal_of_a_failed_host) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_MAINTENANCE, "h2");
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  cr_assert_eq(inferred(&s), BERTH_GOAL_FAILOVER);
  end(&s);
}

Test(scenario, goal_of_maintenance) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h1");
  add_host_event(&s, BERTH_EVENT_MAINTENANCE, "h2");
  cr_assert_eq(inferred(&s), BERTH_GOAL_EVACUATE);
  end(&s);
}

Test(scenario, goal_of_an_empty_failed_host_is_repair) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h1");
  cr_assert_eq(inferred(&s), BERTH_GOAL_REPAIR);
  end(&s);
}

/* A VM that HA does not restart asks for no failover. */
Test(scenario, goal_ignores_vms_that_stay_down) {
  situation s = begin();
  add_set(&s, "on", NULL, "priority", "disabled");
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  cr_assert_eq(inferred(&s), BERTH_GOAL_REPAIR);
  end(&s);
}

/* Isolated hosts displace their VMs only with an isolation response; the default leaves them on. */
Test(scenario, goal_of_an_isolated_host_that_leaves_its_vms_on) {
  situation s = begin();
  add_set(&s, NULL, "h0", "state", "isolated");
  cr_assert_eq(inferred(&s), BERTH_GOAL_REPAIR);
  end(&s);
}

Test(scenario, a_failed_host_is_not_emptied) {
  situation s = begin();
  add_host_event(&s, BERTH_EVENT_FAIL, "h0");
  add_host_event(&s, BERTH_EVENT_MAINTENANCE, "h0");
  cr_assert_eq(berth_scenario_apply(s.f.ctx, s.before, s.scenario, &s.after), BERTH_E_INVALID);
  const berth_problem *problem = fixture_problem(&s.f, "host \"h0\" is failed and VM \"on\" is on");
  cr_assert_not_null(problem);
  cr_assert_eq(problem->position.line, 2);
  end(&s);
}
