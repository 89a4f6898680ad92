/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing: what a builder's objects become, and every kind of problem with its position. */
#include "frozen.h"
#include "inventory_fixture.h"
#include <stdio.h>

TestSuite(freeze);

/* Two clusters, added in turns, come out one after the other, each in the order of adding. */
Test(freeze, numbers_by_cluster_then_by_age) {
  fixture f = fixture_begin();
  uint32_t a = fixture_cluster(&f, "a"), b = fixture_cluster(&f, "b");
  fixture_host(&f, b, "b1", 100, 100);
  fixture_host(&f, a, "a1", 100, 100);
  fixture_host(&f, b, "b2", 100, 100);
  fixture_host(&f, a, "a2", 100, 100);
  fixture_vm(&f, b, "vb", "b2", 1, 1);
  fixture_vm(&f, a, "va", "a1", 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  const char *const hosts[] = {"a1", "a2", "b1", "b2"};
  cr_assert_eq(berth_inventory_host_count(inventory), 4);
  for (uint32_t h = 0; h < 4; h++)
    cr_assert_str_eq(berth_inventory_host_id(inventory, h), hosts[h]);
  cr_assert_eq(berth_inventory_cluster_first_host(inventory, 1), 2);
  cr_assert_eq(berth_inventory_cluster_first_host(inventory, 2), 4);
  cr_assert_eq(berth_inventory_cluster_first_vm(inventory, 1), 1);
  cr_assert_str_eq(berth_inventory_vm_id(inventory, 0), "va");
  cr_assert_eq(berth_inventory_vm_host(inventory, 0), 0);
  cr_assert_eq(berth_inventory_vm_host(inventory, 1), 3);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(freeze, demand_is_reservation_plus_overhead) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  cr_assert_eq(berth_builder_add_resource(f.builder, "vgpu", NULL), BERTH_OK);
  uint32_t host = fixture_host(&f, c, "h", 1000, 2000);
  cr_assert_eq(berth_builder_host_capacity(f.builder, host, "vgpu", 4, NULL), BERTH_OK);
  fixture_host(&f, c, "plain", 1000, 2000);
  berth_vm_spec spec = fixture_vm_spec("free", "h", 70, 512);
  spec.memory_reservation_mib = 100;
  spec.overhead_mib = 11;
  spec.cpus = 3;
  uint32_t vm = fixture_add_vm(&f, c, spec);
  cr_assert_eq(berth_builder_vm_needs_resource(f.builder, vm, "vgpu", 2, NULL), BERTH_OK);
  spec.id = "locked";
  spec.memory_locked = true;
  fixture_add_vm(&f, c, spec);
  const berth_inventory *inventory = fixture_freeze(&f);
  const int64_t expected[2][5] = {{70, 111, 1, 3, 2}, {70, 523, 1, 3, 0}};
  cr_assert_eq(berth_inventory_resource_count(inventory), 5);
  cr_assert_str_eq(berth_inventory_resource_name(inventory, 4), "vgpu");
  for (uint32_t v = 0; v < 2; v++)
    for (uint32_t r = 0; r < 5; r++)
      cr_assert_eq(berth_inventory_vm_demand(inventory, v, r), expected[v][r], "%u %u", v, r);
  const int64_t capacity[2][5] = {{1000, 2000, BERTH_UNLIMITED, BERTH_UNLIMITED, 4},
                                  {1000, 2000, BERTH_UNLIMITED, BERTH_UNLIMITED, 0}};
  for (uint32_t h = 0; h < 2; h++)
    for (uint32_t r = 0; r < 5; r++)
      cr_assert_eq(berth_inventory_host_capacity(inventory, h, r), capacity[h][r]);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(freeze, priority_comes_from_the_cluster) {
  fixture f = fixture_begin();
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c;
  cluster.id = "c";
  cluster.default_priority = BERTH_PRIORITY_LOW;
  cr_assert_eq(berth_builder_add_cluster(f.builder, &cluster, &c), BERTH_OK);
  fixture_vm(&f, c, "silent", NULL, 1, 1);
  berth_vm_spec spec = fixture_vm_spec("outspoken", NULL, 1, 1);
  spec.priority = BERTH_PRIORITY_HIGHEST;
  fixture_add_vm(&f, c, spec);
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(berth_inventory_vm_priority(inventory, 0), BERTH_PRIORITY_LOW);
  cr_assert_eq(berth_inventory_vm_priority(inventory, 1), BERTH_PRIORITY_HIGHEST);
  cr_assert_eq(berth_inventory_vm_host(inventory, 0), BERTH_NONE);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Labels are numbered as they appear; a host without one is a domain of its own, after them. */
Test(freeze, domains) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  const char *const racks[] = {"r2", NULL, "r1", "r2", NULL};
  const char *const ids[] = {"h0", "h1", "h2", "h3", "h4"};
  const uint32_t expected[] = {0, 2, 1, 0, 3};
  for (int i = 0; i < 5; i++) {
    berth_host_spec spec = fixture_host_spec(ids[i], 1, 1);
    spec.rack = racks[i];
    fixture_add_host(&f, c, spec);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(inventory->domain_count[BERTH_DOMAIN_RACK], 4);
  cr_assert_eq(inventory->domain_count[BERTH_DOMAIN_SITE], 5);
  for (uint32_t i = 0; i < 5; i++) {
    cr_assert_eq(inventory->host_domain[BERTH_DOMAIN_RACK][i], expected[i]);
    cr_assert_eq(inventory->host_domain[BERTH_DOMAIN_HOST][i], i);
  }
  cr_assert_str_eq(inventory->host_label[BERTH_DOMAIN_RACK][3], "r2");
  cr_assert_null(inventory->host_label[BERTH_DOMAIN_RACK][4]);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Lists come out ascending and without repeats, whatever the order of adding. */
Test(freeze, links_are_sorted_sets) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  uint32_t first = fixture_host(&f, c, "first", 1, 1), second = fixture_host(&f, c, "second", 1, 1);
  berth_builder_host_reach_datastore(f.builder, second, "ds0");
  berth_builder_host_reach_datastore(f.builder, first, "ds1");
  berth_builder_host_reach_datastore(f.builder, first, "ds0");
  berth_builder_host_reach_datastore(f.builder, first, "ds1");
  uint32_t vm = fixture_vm(&f, c, "v", "second", 1, 1);
  berth_builder_vm_needs_network(f.builder, vm, "lan");
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(inventory->datastore_count, 2);
  cr_assert_eq(inventory->host_datastore_start[1], 2);
  cr_assert_eq(inventory->host_datastore_start[2], 3);
  cr_assert_eq(inventory->host_datastores[0], 0);
  cr_assert_eq(inventory->host_datastores[1], 1);
  cr_assert_eq(inventory->host_datastores[2], 0);
  cr_assert_eq(inventory->vm_network_start[1], 1);
  cr_assert_str_eq(inventory->network_name[0], "lan");
  cr_assert_eq(inventory->host_vm_start[1], 0);
  cr_assert_eq(inventory->host_vm_start[2], 1);
  cr_assert_eq(inventory->host_vms[0], 0);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* A group goes before an object of the same id; members may overlap. */
Test(freeze, rule_members) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_host(&f, c, "h0", 9, 9);
  fixture_host(&f, c, "h1", 9, 9);
  fixture_vm(&f, c, "a", NULL, 1, 1);
  fixture_vm(&f, c, "b", NULL, 1, 1);
  fixture_vm(&f, c, "d", NULL, 1, 1);
  fixture_vm_group(&f, c, "a", "d b");
  fixture_host_group(&f, c, "hosts", "h1");
  fixture_rule(&f, c, "r", BERTH_RULE_RUN_ON, BERTH_MUST, " b\n a\tb ", "hosts");
  fixture_rule(&f, c, "s", BERTH_RULE_APART, BERTH_SHOULD, "a", NULL);
  const berth_inventory *inventory = fixture_freeze(&f);
  const frozen_rule *rule = &inventory->rules[0];
  cr_assert_eq(rule->vm_count, 2);
  cr_assert_eq(rule->vms[0], 1);
  cr_assert_eq(rule->vms[1], 2);
  cr_assert_eq(rule->host_count, 1);
  cr_assert_eq(rule->hosts[0], 1);
  cr_assert_str_eq(rule->vms_text, " b\n a\tb ");
  cr_assert_eq(inventory->rules[1].count, 1);
  cr_assert_eq(inventory->vm_groups[0].members[0], 2, "groups keep their order");
  cr_assert_eq(inventory->vm_rule_start[1], 0);
  cr_assert_eq(inventory->vm_rule_start[2], 2);
  cr_assert_eq(inventory->vm_rule_start[3], 4);
  cr_assert_eq(inventory->vm_rules[1], 1);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Clusters may use the same group id; each rule sees its own cluster's. */
Test(freeze, groups_belong_to_their_cluster) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c"), d = fixture_cluster(&f, "d");
  fixture_vm(&f, c, "u", NULL, 1, 1);
  fixture_vm(&f, d, "v", NULL, 1, 1);
  fixture_vm(&f, d, "w", NULL, 1, 1);
  fixture_vm_group(&f, d, "g", "w");
  fixture_vm_group(&f, c, "g", "u");
  fixture_rule(&f, d, "rd", BERTH_RULE_APART, BERTH_MUST, "g", NULL);
  fixture_rule(&f, c, "rc", BERTH_RULE_APART, BERTH_MUST, "g", NULL);
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_str_eq(berth_inventory_rule_id(inventory, 0), "rc");
  cr_assert_eq(inventory->rules[0].vms[0], 0);
  cr_assert_eq(inventory->rules[1].vms[0], 2);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(freeze, duplicate_group) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_vm_group(&f, c, "g", "");
  fixture_vm_group(&f, c, "g", NULL);
  cr_assert_eq(fixture_refused(&f), 1);
  cr_assert_not_null(fixture_problem(&f, "vm-group \"g\": another group of the cluster"));
  fixture_end(&f);
}

Test(freeze, dedicated_hosts_only_with_that_policy) {
  fixture f = fixture_begin();
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  uint32_t on, off;
  cluster.id = "on";
  cluster.admission = BERTH_ADMISSION_DEDICATED;
  cluster.dedicated_hosts = "x2";
  cr_assert_eq(berth_builder_add_cluster(f.builder, &cluster, &on), BERTH_OK);
  cluster.id = "off";
  cluster.admission = BERTH_ADMISSION_SLOTS;
  cluster.dedicated_hosts = "y1";
  cr_assert_eq(berth_builder_add_cluster(f.builder, &cluster, &off), BERTH_OK);
  fixture_host(&f, on, "x1", 1, 1);
  fixture_host(&f, on, "x2", 1, 1);
  fixture_host(&f, off, "y1", 1, 1);
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(inventory->host_dedicated[0], 0);
  cr_assert_eq(inventory->host_dedicated[1], 1);
  cr_assert_eq(inventory->host_dedicated[2], 0);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(freeze, ids_before_names) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c"), found;
  berth_host_spec spec = fixture_host_spec("one", 1, 1);
  spec.name = "two";
  fixture_add_host(&f, c, spec);
  spec = fixture_host_spec("two", 1, 1);
  spec.name = "twin";
  fixture_add_host(&f, c, spec);
  spec = fixture_host_spec("three", 1, 1);
  spec.name = "twin";
  fixture_add_host(&f, c, spec);
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(berth_inventory_find_host(inventory, "two", &found), BERTH_OK);
  cr_assert_eq(found, 1);
  cr_assert_eq(berth_inventory_find_host(inventory, "twin", &found), BERTH_E_AMBIGUOUS);
  cr_assert_eq(found, BERTH_NONE);
  cr_assert_eq(berth_inventory_find_host(inventory, "four", &found), BERTH_E_NOT_FOUND);
  cr_assert_str_eq(berth_inventory_host_label(inventory, 0), "two");
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(freeze, an_empty_inventory_is_fine) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(berth_inventory_host_count(inventory), 0);
  cr_assert_str_eq(berth_inventory_name(inventory), "");
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* The inventory does not need its builder or its context. */
Test(freeze, inventory_outlives_everything) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_host(&f, c, "h", 7, 8);
  const berth_inventory *inventory = fixture_freeze(&f);
  fixture_end(&f);
  cr_assert_str_eq(berth_inventory_host_id(berth_inventory_retain(inventory), 0), "h");
  berth_inventory_release(inventory);
  cr_assert_eq(berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_MEMORY), 8);
  berth_inventory_release(inventory);
}

/* ---------------------------------------------------------------------- problems */

/* The one error of `f` reads `text` and stands at `line` of test.xml. */
static void expect_error(fixture *f, const char *text, uint32_t line) {
  cr_assert_eq(fixture_refused(f), 1, "%s", berth_context_detail(f->ctx));
  const berth_problem *problem = berth_context_problem(f->ctx, 0);
  cr_assert_str_eq(problem->text, text);
  cr_assert_eq(problem->status, BERTH_E_INVALID);
  cr_assert_str_eq(problem->position.source, "test.xml");
  cr_assert_eq(problem->position.line, line);
  fixture_end(f);
}

Test(freeze, host_of_another_cluster) {
  fixture f = fixture_begin();
  uint32_t prod = fixture_cluster(&f, "prod"), test = fixture_cluster(&f, "test");
  fixture_host(&f, test, "esx99", 1, 1);
  berth_vm_spec spec = fixture_vm_spec("sql-a", "esx99", 1, 1);
  spec.position = fixture_at(17);
  fixture_add_vm(&f, prod, spec);
  expect_error(&f,
               "vm \"sql-a\": host \"esx99\" is not in cluster \"prod\"; expected the id of one of "
               "its hosts",
               17);
}

/* @p count VMs of the most that one may use. */
static fixture heavy_vms(int count, int64_t cpu_usage, int64_t memory_usage) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_host(&f, c, "h", 1, 1);
  for (int i = 0; i < count; i++) {
    char id[16];
    snprintf(id, sizeof id, "v%d", i);
    berth_vm_spec spec = fixture_vm_spec(id, "h", 0, 1);
    spec.cpu_usage_mhz = cpu_usage;
    spec.memory_usage_mib = memory_usage;
    spec.position = fixture_at((uint32_t)i + 1);
    fixture_add_vm(&f, c, spec);
  }
  return f;
}

/* 512 times 2^40 are 2^49. */
Test(freeze, what_all_vms_use_is_bounded) {
  fixture f = heavy_vms(512, BERTH_QUANTITY_MAX, BERTH_QUANTITY_MAX);
  berth_inventory_release(fixture_freeze(&f));
  fixture_end(&f);
  f = heavy_vms(514, BERTH_QUANTITY_MAX, 0);
  expect_error(&f,
               "vm \"v512\": with it, VMs use or reserve 564049465049088 MHz together; expected at "
               "most 562949953421312",
               513);
  f = heavy_vms(513, 0, BERTH_QUANTITY_MAX);
  expect_error(&f,
               "vm \"v512\": with it, VMs use or reserve 564049465049088 MiB together; expected at "
               "most 562949953421312",
               513);
}

Test(freeze, powered_on_in_standby) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_host_spec host = fixture_host_spec("h", 1, 1);
  host.state = BERTH_HOST_STANDBY;
  fixture_add_host(&f, c, host);
  berth_vm_spec spec = fixture_vm_spec("off", "h", 1, 1);
  spec.power = BERTH_POWER_OFF;
  fixture_add_vm(&f, c, spec);
  spec.id = "on";
  spec.power = BERTH_POWER_ON;
  spec.position = fixture_at(5);
  fixture_add_vm(&f, c, spec);
  expect_error(&f,
               "vm \"on\" is on, but its host \"h\" is in standby; expected a VM that is off or "
               "suspended, or another host",
               5);
}

Test(freeze, duplicate_id) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c"), d = fixture_cluster(&f, "d");
  berth_host_spec spec = fixture_host_spec("h", 1, 1);
  spec.position = fixture_at(3);
  fixture_add_host(&f, c, spec);
  spec.position = fixture_at(4);
  fixture_add_host(&f, d, spec);
  expect_error(&f, "host \"h\": another host, in line 3, has this id; expected ids that are unique",
               4);
}

Test(freeze, missing_number) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_vm_spec spec = fixture_vm_spec("v", NULL, 1, 1);
  spec.memory_mib = BERTH_UNSET;
  spec.memory_reservation_mib = 0;
  spec.position = fixture_at(9);
  fixture_add_vm(&f, c, spec);
  expect_error(
      &f, "vm \"v\": memoryMib is missing; expected a whole number from 1 to 1099511627776", 9);
}

Test(freeze, number_out_of_range) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_host_spec spec = fixture_host_spec("h", BERTH_QUANTITY_MAX + 1, 1);
  spec.position = fixture_at(2);
  fixture_add_host(&f, c, spec);
  expect_error(&f,
               "host \"h\": cpuMhz is 1099511627777; expected a whole number from 1 to "
               "1099511627776",
               2);
}

Test(freeze, white_space_in_an_id) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_host_spec spec = fixture_host_spec("h 1", 1, 1);
  spec.position = fixture_at(2);
  fixture_add_host(&f, c, spec);
  expect_error(&f, "host \"h 1\": the id holds white space; expected none", 2);
}

Test(freeze, dangling_group_member) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_position at = fixture_at(6);
  cr_assert_eq(berth_builder_add_host_group(f.builder, c, "g", "ghost", &at), BERTH_OK);
  expect_error(
      &f, "host-group \"g\": \"ghost\" is no host of cluster \"c\"; expected the id of one", 6);
}

Test(freeze, dangling_rule_member) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_vm(&f, c, "v", NULL, 1, 1);
  berth_rule_spec spec = fixture_rule_spec("r", BERTH_RULE_APART, BERTH_MUST, "v ghost", NULL);
  spec.position = fixture_at(8);
  fixture_add_rule(&f, c, spec);
  expect_error(&f,
               "rule \"r\": \"ghost\" in vms is neither a VM group nor a VM of cluster \"c\"; "
               "expected the id of one",
               8);
}

Test(freeze, rule_without_hosts) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_vm(&f, c, "v", NULL, 1, 1);
  berth_rule_spec spec = fixture_rule_spec("r", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "  ");
  spec.position = fixture_at(8);
  fixture_add_rule(&f, c, spec);
  expect_error(&f, "rule \"r\": hosts is missing; expected ids of groups or objects", 8);
}

Test(freeze, at_most_without_count) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_vm(&f, c, "v", NULL, 1, 1);
  berth_rule_spec spec = fixture_rule_spec("r", BERTH_RULE_AT_MOST, BERTH_MUST, "v", NULL);
  spec.position = fixture_at(8);
  fixture_add_rule(&f, c, spec);
  expect_error(&f, "rule \"r\": count is missing; expected a whole number from 1 to 1099511627776",
               8);
}

Test(freeze, undeclared_resource) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c"), vm = fixture_vm(&f, c, "v", NULL, 1, 1);
  berth_position at = fixture_at(4);
  cr_assert_eq(berth_builder_vm_needs_resource(f.builder, vm, "fpga", 1, &at), BERTH_OK);
  expect_error(&f,
               "vm \"v\" needs resource \"fpga\", which is not declared; expected the name of a "
               "declared resource",
               4);
}

Test(freeze, restart_order_in_a_circle) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_vm(&f, c, "web", NULL, 1, 1);
  fixture_vm(&f, c, "app", NULL, 1, 1);
  fixture_vm(&f, c, "sql", NULL, 1, 1);
  const char *const after[3][2] = {{"web", "app"}, {"app", "sql"}, {"sql", "web"}};
  const char *const ids[3] = {"r0", "r1", "r2"};
  for (uint32_t i = 0; i < 3; i++) {
    berth_rule_spec spec =
        fixture_rule_spec(ids[i], BERTH_RULE_RESTART_AFTER, BERTH_MUST, after[i][0], NULL);
    spec.after = after[i][1];
    spec.position = fixture_at(20 + i);
    fixture_add_rule(&f, c, spec);
  }
  expect_error(&f,
               "rule \"r0\": restarts go in a circle: \"app\" after \"sql\" after \"web\" after "
               "\"app\"; expected an order without circles",
               20);
}

Test(freeze, a_diamond_is_no_circle) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  const char *const ids[] = {"top", "left", "right", "bottom"};
  for (int i = 0; i < 4; i++)
    fixture_vm(&f, c, ids[i], NULL, 1, 1);
  berth_rule_spec spec =
      fixture_rule_spec("r0", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "left right", NULL);
  spec.after = "top";
  fixture_add_rule(&f, c, spec);
  spec.id = "r1";
  spec.vms = "bottom";
  spec.after = "left right";
  fixture_add_rule(&f, c, spec);
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_eq(berth_context_problem_count(f.ctx), 0);
  fixture_end(&f);
}

Test(freeze, all_problems_are_told) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  for (uint32_t i = 0; i < 5; i++) {
    berth_vm_spec spec = fixture_vm_spec("same", "nowhere", 1, 0);
    spec.position = fixture_at(i + 1);
    fixture_add_vm(&f, c, spec);
  }
  /* Of each: memory 0 and host unknown; of four: id taken. */
  cr_assert_eq(fixture_refused(&f), 5 + 5 + 4);
  cr_assert_str_eq(berth_context_detail(f.ctx),
                   "test.xml:1:1: vm \"same\": memoryMib is 0; expected a whole number from 1 to "
                   "1099511627776");
  fixture_end(&f);
}

/* -------------------------------------------------------------------- warnings */

Test(freeze, reservation_above_configured_memory_is_a_warning) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_vm_spec spec = fixture_vm_spec("v", NULL, 1, 100);
  spec.memory_reservation_mib = 101;
  spec.position = fixture_at(12);
  fixture_add_vm(&f, c, spec);
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_eq(berth_context_problem_count(f.ctx), 1);
  cr_assert_eq(berth_context_problem(f.ctx, 0)->severity, BERTH_WARNING);
  cr_assert_eq(berth_context_problem(f.ctx, 0)->position.line, 12);
  fixture_end(&f);
}

Test(freeze, waiting_for_a_lower_priority_is_a_warning) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_vm_spec vm = fixture_vm_spec("urgent", NULL, 1, 1);
  vm.priority = BERTH_PRIORITY_HIGH;
  fixture_add_vm(&f, c, vm);
  fixture_vm(&f, c, "medium", NULL, 1, 1);
  berth_rule_spec spec =
      fixture_rule_spec("r", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "urgent", NULL);
  spec.after = "medium";
  spec.position = fixture_at(30);
  fixture_add_rule(&f, c, spec);
  spec.id = "fine";
  spec.vms = "medium";
  spec.after = "urgent";
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_eq(berth_context_problem_count(f.ctx), 1);
  const berth_problem *problem = fixture_problem(&f, "of priority high waits for \"medium\"");
  cr_assert_not_null(problem);
  cr_assert_eq(problem->position.line, 30);
  fixture_end(&f);
}

Test(freeze, a_wrong_struct_size_is_an_argument_error) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  berth_host_spec spec = fixture_host_spec("h", 1, 1);
  spec.struct_size = 8;
  cr_assert_eq(berth_builder_add_host(f.builder, c, &spec, NULL), BERTH_E_ARGUMENT);
  spec.struct_size = sizeof spec;
  cr_assert_eq(berth_builder_add_host(f.builder, c + 1, &spec, NULL), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_builder_host_capacity(f.builder, 0, "x", 1, NULL), BERTH_E_ARGUMENT);
  fixture_end(&f);
}
