/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools that OpenNebula's own tests hold, and an action made after its schemas. What is expected
 * was read off the raw documents: 800 % = 8 cores, 16,777,216 KB = 16,384 MiB; 61,618,548 KB =
 * 60,174 MiB and a rest; 32,906,426 KB = 32,135 MiB and a rest.
 */
#include "frozen.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <unistd.h>

#define FOLDER BERTH_SHARED_DATA "/xml/opennebula/"

static berth_context *ctx;

static void set_up(void) {
  if (access(FOLDER "oneca-fixture-hostpool.xml", R_OK) != 0)
    cr_skip_test("the samples are not here: " FOLDER);
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(opennebula_samples, .init = set_up, .fini = tear_down);

static const berth_inventory *read_sources(const char *const *sources, uint32_t count) {
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  return inventory;
}

static int64_t capacity(const berth_inventory *inventory, uint32_t host, uint32_t resource) {
  return berth_inventory_host_capacity(inventory, host, resource);
}

/* Host 0 has 300 % and 1,536 MiB allocated, which are VMs 6 and 7; VM 8 is stopped. */
Test(opennebula_samples, old_pools) {
  static const struct {
    const char *id, *name;
    berth_power power;
    uint32_t host;
    int64_t cpu, memory;
  } vms[] = {{"6", "vm-example", BERTH_POWER_ON, 0, 1000, 512},
             {"7", "vm-in", BERTH_POWER_ON, 0, 2000, 1024},
             {"8", "vmext", BERTH_POWER_SUSPENDED, BERTH_NONE, 1000, 256}};
  const char *const sources[] = {FOLDER "oneca-fixture-vmpool.xml",
                                 FOLDER "oneca-fixture-hostpool.xml"};
  const berth_inventory *inventory = read_sources(sources, 2);
  cr_assert_eq(berth_inventory_host_count(inventory), 2);
  cr_expect_str_eq(berth_inventory_host_label(inventory, 0), "dummyhost");
  cr_expect_str_eq(berth_inventory_host_label(inventory, 1), "thost");
  for (uint32_t h = 0; h < 2; h++) {
    cr_expect_eq(berth_inventory_host_state(inventory, h), BERTH_HOST_ONLINE);
    cr_expect_eq(capacity(inventory, h, BERTH_RESOURCE_CPU), 8000);
    cr_expect_eq(capacity(inventory, h, BERTH_RESOURCE_MEMORY), 16384);
  }
  cr_assert_eq(berth_inventory_vm_count(inventory), 3);
  for (uint32_t v = 0; v < 3; v++) {
    cr_expect_str_eq(berth_inventory_vm_id(inventory, v), vms[v].id);
    cr_expect_str_eq(berth_inventory_vm_label(inventory, v), vms[v].name);
    cr_expect_eq(berth_inventory_vm_power(inventory, v), vms[v].power);
    cr_expect_eq(berth_inventory_vm_host(inventory, v), vms[v].host);
    cr_expect_eq(berth_inventory_vm_demand(inventory, v, BERTH_RESOURCE_CPU), vms[v].cpu);
    cr_expect_eq(berth_inventory_vm_demand(inventory, v, BERTH_RESOURCE_MEMORY), vms[v].memory);
  }
  berth_inventory_release(inventory);
}

/* Without the VMs, what is allocated is all that is known of them. */
Test(opennebula_samples, hosts_alone) {
  const char *const sources[] = {FOLDER "oneca-fixture-hostpool.xml"};
  const berth_inventory *inventory = read_sources(sources, 1);
  cr_expect_eq(capacity(inventory, 0, BERTH_RESOURCE_CPU), 8000 - 3000);
  cr_expect_eq(capacity(inventory, 0, BERTH_RESOURCE_MEMORY), 16384 - 1536);
  cr_expect_eq(capacity(inventory, 1, BERTH_RESOURCE_CPU), 8000);
  berth_inventory_release(inventory);
}

Test(opennebula_samples, vms_alone_are_refused) {
  const char *const sources[] = {FOLDER "oneca-fixture-vmpool.xml"};
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_E_INVALID);
  cr_expect_null(inventory);
}

Test(opennebula_samples, action) {
  const char *const sources[] = {FOLDER "synthetic-scheduler-driver-action.xml"};
  const berth_inventory *inventory = read_sources(sources, 1);
  uint32_t rule = BERTH_NONE;
  cr_assert_eq(berth_inventory_cluster_count(inventory), 1);
  cr_expect_str_eq(berth_inventory_cluster_id(inventory, 0), "100");
  cr_expect_eq(inventory->clusters[0].set_up.drs, BERTH_AUTOMATION_MANUAL);
  cr_assert_eq(berth_inventory_host_count(inventory), 1);
  cr_expect_eq(capacity(inventory, 0, BERTH_RESOURCE_CPU), 30000);
  cr_expect_eq(capacity(inventory, 0, BERTH_RESOURCE_MEMORY), 60174);
  cr_assert_eq(berth_inventory_vm_count(inventory), 1);
  cr_expect_str_eq(berth_inventory_vm_label(inventory, 0), "db-0");
  cr_expect_eq(berth_inventory_vm_host(inventory, 0), 0);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, BERTH_RESOURCE_CPU), 2000);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, BERTH_RESOURCE_VCPUS), 4);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, BERTH_RESOURCE_MEMORY), 8192);
  cr_expect_eq(inventory->vm_memory_usage[0], 4096);
  cr_assert_eq(berth_inventory_find_rule(inventory, "vmgroup-5-db-anti-affined", &rule), BERTH_OK);
  cr_expect_eq(berth_inventory_rule_type(inventory, rule), BERTH_RULE_APART);
  cr_assert_eq(berth_inventory_find_rule(inventory, "vmgroup-5-db-host-affined", &rule), BERTH_OK);
  cr_expect_eq(berth_inventory_rule_type(inventory, rule), BERTH_RULE_RUN_ON);
  cr_expect_eq(inventory->rules[rule].host_count, 1, "host 2 is not in the action");
  berth_inventory_release(inventory);
}
