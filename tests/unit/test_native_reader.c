/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the native dialect: every attribute reaches its field, and absent ones their defaults. */
#include "frozen.h"
#include "native_sample.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static berth_context *ctx;

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

static const berth_inventory *parse(const char *text) {
  const berth_inventory *inventory = NULL;
  const berth_status status = berth_parse_inventory(ctx, text, strlen(text), "sample",
                                                    BERTH_DIALECT_AUTO, NULL, &inventory);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_not_null(inventory);
  return inventory;
}

TestSuite(native_reader, .init = set_up, .fini = tear_down);

Test(native_reader, cluster_settings) {
  const berth_inventory *inventory = parse(native_sample);
  cr_expect_str_eq(berth_inventory_name(inventory), "east & West");
  cr_assert_eq(inventory->cluster_count, 2);
  const berth_cluster_spec *spec = &inventory->clusters[0].set_up;
  cr_expect_str_eq(inventory->clusters[0].id, "prod");
  cr_expect_str_eq(inventory->clusters[0].name, "Production");
  cr_expect_not(spec->ha_enabled);
  cr_expect_eq(spec->era, BERTH_ERA_FDM5);
  cr_expect_not(spec->respect_anti_affinity);
  cr_expect_not(spec->respect_soft_affinity);
  cr_expect_eq(spec->isolation_response, BERTH_ISOLATION_SHUTDOWN);
  cr_expect_eq(spec->ready_when, BERTH_READY_APP_HEARTBEAT);
  cr_expect_eq(spec->restart_timeout, 601);
  cr_expect_eq(spec->post_ready_delay, 5);
  cr_expect_eq(spec->restart_seconds, 31);
  cr_expect_eq(spec->default_priority, BERTH_PRIORITY_LOW);
  cr_expect_eq(spec->admission, BERTH_ADMISSION_DEDICATED);
  cr_expect_eq(spec->admission_failures, 2);
  cr_expect_eq(spec->slot_cpu_mhz, 500);
  cr_expect_eq(spec->slot_memory_mib, 512);
  cr_expect_eq(spec->slot_min_cpu_mhz, 64);
  cr_expect_eq(spec->slot_min_memory_mib, 300);
  cr_expect_eq(spec->reserve_cpu_percent, 25);
  cr_expect_eq(spec->reserve_memory_percent, 26);
  cr_expect_eq(spec->degradation_percent, 50);
  cr_expect_str_eq(spec->dedicated_hosts, "b");
  cr_expect_eq(spec->drs, BERTH_AUTOMATION_PARTIAL);
  cr_expect_eq(spec->dpm, BERTH_AUTOMATION_MANUAL);
  cr_expect_eq(spec->dpm_target_percent, 60);
  cr_expect_eq(spec->dpm_tolerance_percent, 17);
  cr_expect_eq(spec->migrations_per_host, 4);
  cr_expect_eq(spec->migrations_per_datastore, 64);
  cr_expect_eq(spec->restarts_per_host, 16);
  berth_inventory_release(inventory);
}

Test(native_reader, host_attributes) {
  const berth_inventory *inventory = parse(native_sample);
  cr_assert_eq(inventory->host_count, 2);
  cr_expect_str_eq(inventory->host_id[0], "a");
  cr_expect_str_eq(inventory->host_name[0], "esx <a>");
  const int64_t *capacity = inventory->host_capacity;
  cr_assert_eq(inventory->resource_count, 5);
  cr_expect_eq(capacity[BERTH_RESOURCE_CPU], 51200);
  cr_expect_eq(capacity[BERTH_RESOURCE_MEMORY], 524288);
  cr_expect_eq(capacity[BERTH_RESOURCE_VMS], 200);
  cr_expect_eq(capacity[BERTH_RESOURCE_VCPUS], 400);
  cr_expect_eq(capacity[BERTH_RESOURCE_FIRST_NAMED], 4);
  cr_expect_eq(capacity[5 + BERTH_RESOURCE_VMS], BERTH_UNLIMITED);
  cr_expect_eq(capacity[5 + BERTH_RESOURCE_FIRST_NAMED], 0);
  cr_expect_eq(inventory->host_state[0], BERTH_HOST_ISOLATED);
  cr_expect_str_eq(inventory->host_label[BERTH_DOMAIN_SITE][0], "s");
  cr_expect_str_eq(inventory->host_label[BERTH_DOMAIN_RACK][0], "r");
  cr_expect_str_eq(inventory->host_label[BERTH_DOMAIN_CHASSIS][0], "c");
  cr_expect_null(inventory->host_label[BERTH_DOMAIN_RACK][1]);
  cr_expect_eq(inventory->host_link_mbps[0], 25000);
  cr_expect_eq(inventory->host_link_mbps[1], 10000);
  cr_expect_eq(inventory->host_evc_level[0], 5);
  cr_expect_eq(inventory->host_evc_level[1], BERTH_UNSET);
  cr_expect_str_eq(inventory->host_cpu_vendor[0], "intel");
  cr_expect_eq(inventory->host_joined[0], 1);
  cr_expect_eq(inventory->host_wake[0], BERTH_WAKE_IPMI);
  cr_expect_eq(inventory->host_wake[1], BERTH_WAKE_NONE);
  cr_expect_eq(inventory->host_wake_seconds[0], 301);
  cr_expect_eq(inventory->host_wake_seconds[1], 300);
  cr_expect_eq(inventory->host_power_watts[0], 450);
  cr_expect_eq(inventory->host_notify_timeout[0], 120);
  cr_expect_eq(inventory->host_notify_timeout[1], BERTH_UNSET);
  cr_expect_str_eq(inventory->host_topology[0], "a.xml");
  cr_expect_eq(inventory->host_datastore_start[1], 2);
  cr_expect_eq(inventory->host_network_start[1], 1);
  cr_expect_str_eq(inventory->network_name[inventory->host_networks[0]], "vlan 10");
  cr_assert_eq(inventory->numa_count, 2);
  cr_expect_eq(inventory->numa[0].node, 1);
  cr_expect_eq(inventory->numa[1].cpu_mhz, 25599);
  cr_expect_eq(inventory->numa[1].memory_mib, 262143);
  berth_inventory_release(inventory);
}

Test(native_reader, vm_attributes) {
  const berth_inventory *inventory = parse(native_sample);
  uint32_t vm = BERTH_NONE;
  cr_assert_eq(inventory->vm_count, 3);
  cr_assert_eq(berth_inventory_find_vm(inventory, "sql", &vm), BERTH_OK);
  cr_expect_str_eq(inventory->vm_id[vm], "v1");
  cr_expect_eq(inventory->vm_host[vm], 0);
  cr_expect_eq(inventory->vm_power[vm], BERTH_POWER_SUSPENDED);
  cr_expect_eq(inventory->vm_cpus[vm], 8);
  cr_expect_eq(inventory->vm_memory[vm], 65536);
  cr_expect_eq(inventory->vm_priority[vm], BERTH_PRIORITY_HIGHEST);
  cr_expect_eq(inventory->vm_cpu_reservation[vm], 8000);
  cr_expect_eq(inventory->vm_memory_reservation[vm], 4096);
  cr_expect(inventory->vm_memory_locked[vm]);
  cr_expect_eq(inventory->vm_overhead[vm], 420);
  cr_expect_eq(inventory->vm_cpu_usage[vm], 5200);
  cr_expect_eq(inventory->vm_memory_usage[vm], 60000);
  cr_expect_eq(inventory->vm_dirty[vm], 120);
  cr_expect_not(inventory->vm_movable[vm]);
  cr_expect_eq(inventory->vm_numa[vm], BERTH_NUMA_ONE_NODE);
  cr_expect_eq(inventory->vm_evc_level[vm], 4);
  cr_expect_eq(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_MEMORY), 65536 + 420);
  cr_expect_eq(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_FIRST_NAMED), 3);
  const frozen_notification *notification = &inventory->vm_notification[vm];
  cr_expect(notification->enabled);
  cr_expect(notification->registered);
  cr_expect_eq(notification->timeout, 60);
  cr_expect_eq(notification->hardware, 20);
  cr_expect_eq(notification->ack_seconds, 12);
  cr_expect_eq(notification->settle_seconds, 30);
  berth_inventory_release(inventory);
}

Test(native_reader, vm_defaults) {
  const berth_inventory *inventory = parse(native_sample);
  cr_expect_str_eq(inventory->vm_id[0], "v0");
  cr_expect_null(inventory->vm_name[0]);
  cr_expect_eq(inventory->vm_host[0], BERTH_NONE);
  cr_expect_eq(inventory->vm_power[0], BERTH_POWER_ON);
  cr_expect_eq(inventory->vm_cpus[0], 1);
  cr_expect_eq(inventory->vm_priority[0], BERTH_PRIORITY_LOW, "the cluster's default");
  cr_expect_eq(inventory->vm_cpu_reservation[0], 0);
  cr_expect_eq(inventory->vm_memory_reservation[0], 0);
  cr_expect_not(inventory->vm_memory_locked[0]);
  cr_expect_eq(inventory->vm_cpu_usage[0], BERTH_UNSET);
  cr_expect(inventory->vm_movable[0]);
  cr_expect_eq(inventory->vm_evc_level[0], BERTH_UNSET);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 2, BERTH_RESOURCE_FIRST_NAMED), 1,
               "<needs resource> without amount is one");
  cr_expect_not(inventory->vm_notification[0].enabled);
  cr_expect_eq(inventory->vm_notification[0].timeout, BERTH_UNSET);
  berth_inventory_release(inventory);
}

Test(native_reader, groups_and_rules) {
  const berth_inventory *inventory = parse(native_sample);
  static const berth_rule_type types[] = {
      BERTH_RULE_RUN_ON,  BERTH_RULE_NOT_RUN_ON, BERTH_RULE_APART,        BERTH_RULE_TOGETHER,
      BERTH_RULE_AT_MOST, BERTH_RULE_QUIESCE,    BERTH_RULE_RESTART_AFTER};
  static const berth_domain over[] = {BERTH_DOMAIN_HOST, BERTH_DOMAIN_HOST,    BERTH_DOMAIN_RACK,
                                      BERTH_DOMAIN_SITE, BERTH_DOMAIN_CHASSIS, BERTH_DOMAIN_HOST,
                                      BERTH_DOMAIN_HOST};
  cr_assert_eq(inventory->rule_count, 7);
  for (uint32_t i = 0; i < 7; i++) {
    cr_expect_eq(inventory->rules[i].type, types[i]);
    cr_expect_eq(inventory->rules[i].over, over[i], "rule %u", i);
  }
  cr_expect_str_eq(inventory->rules[0].name, "on g");
  cr_expect_eq(inventory->rules[0].strength, BERTH_SHOULD);
  cr_expect_eq(inventory->rules[2].strength, BERTH_MUST);
  cr_expect_eq(inventory->rules[0].vm_count, 3);
  cr_expect_eq(inventory->rules[0].host_count, 2);
  cr_expect_eq(inventory->rules[4].count, 2);
  cr_expect_eq(inventory->rules[5].max_concurrent, 2);
  cr_expect_eq(inventory->rules[6].after_count, 1);
  cr_assert_eq(inventory->vm_group_count, 2);
  cr_expect_eq(inventory->vm_groups[1].count, 0);
  berth_inventory_release(inventory);
}

Test(native_reader, prefixes_do_not_matter) {
  const berth_inventory *inventory =
      parse("<b:inventory xmlns:b='urn:berth:1'><b:cluster id='c'><b:host id='h' cpuMhz='1' "
            "memoryMib='2'/></b:cluster></b:inventory>");
  cr_expect_eq(inventory->host_count, 1);
  cr_expect_eq(berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_MEMORY), 2);
  berth_inventory_release(inventory);
}

Test(native_reader, other_encodings_are_converted) {
  /* ISO-8859-1: byte E9 is U+00E9, in UTF-8 C3 A9. */
  const berth_inventory *inventory = parse("<?xml version='1.0' encoding='ISO-8859-1'?>"
                                           "<inventory xmlns='urn:berth:1' name='caf\xE9'/>");
  cr_expect_str_eq(berth_inventory_name(inventory), "caf\xC3\xA9");
  berth_inventory_release(inventory);
}

Test(native_reader, two_sources_or_a_folder_are_refused) {
  const berth_inventory *inventory = NULL;
  char path[] = "/tmp/berth-native-XXXXXX";
  const int descriptor = mkstemp(path);
  cr_assert_geq(descriptor, 0);
  cr_assert_eq(write(descriptor, native_sample, sizeof native_sample - 1),
               (ssize_t)sizeof native_sample - 1);
  close(descriptor);
  const char *const once[] = {path}, *const twice[] = {path, path}, *const folder[] = {"/tmp"},
                    *const nothing[] = {"/tmp/berth-no-such-file.xml"};
  cr_expect_eq(berth_read_inventory(ctx, once, 1, BERTH_DIALECT_NATIVE, NULL, &inventory),
               BERTH_OK);
  berth_inventory_release(inventory);
  cr_expect_eq(berth_read_inventory(ctx, twice, 2, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_E_INVALID);
  cr_expect_eq(berth_read_inventory(ctx, folder, 1, BERTH_DIALECT_NATIVE, NULL, &inventory),
               BERTH_E_UNSUPPORTED);
  cr_expect_eq(berth_read_inventory(ctx, once, 1, BERTH_DIALECT_VIM25, NULL, &inventory),
               BERTH_E_UNSUPPORTED);
  cr_expect_eq(berth_read_inventory(ctx, nothing, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_E_READ);
  cr_expect_str_eq(berth_context_detail(ctx), "/tmp/berth-no-such-file.xml: cannot be opened: No "
                                              "such file or directory");
  cr_expect_null(inventory);
  unlink(path);
}
