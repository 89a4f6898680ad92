/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appliances of others, added to a small cluster. What is expected was read off the raw documents.
 */
#include "frozen.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER BERTH_SHARED_DATA "/xml/ovf/"
#define CLUSTER BERTH_SOURCE_DIR "/tests/unit/samples/ovf/cluster.xml"

static berth_context *ctx;

static void set_up(void) {
  if (access(FOLDER "computeResource.ovf", R_OK) != 0)
    cr_skip_test("the samples are not here: " FOLDER);
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(ovf_samples, .init = set_up, .fini = tear_down);

static const berth_inventory *read_beside_cluster(const char *appliance) {
  const char *sources[] = {CLUSTER, appliance};
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  return inventory;
}

static void expect_vm(const berth_inventory *inventory, const char *id, int64_t cpus,
                      int64_t memory, int64_t mhz, int64_t reserved) {
  uint32_t vm = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_vm(inventory, id, &vm), BERTH_OK, "%s", id);
  cr_expect_eq(berth_inventory_vm_power(inventory, vm), BERTH_POWER_ON);
  cr_expect_eq(berth_inventory_vm_host(inventory, vm), BERTH_NONE);
  cr_expect_eq(inventory->vm_cpus[vm], cpus);
  cr_expect_eq(berth_inventory_vm_memory(inventory, vm), memory);
  cr_expect_eq(inventory->vm_cpu_reservation[vm], mhz);
  cr_expect_eq(inventory->vm_memory_reservation[vm], reserved);
}

Test(ovf_samples, one_system_with_reservations) {
  const berth_inventory *inventory = read_beside_cluster(FOLDER "computeResource.ovf");
  expect_vm(inventory, "vs1", 1, 512, 234, 32);
  cr_expect_eq(berth_inventory_vm_count(inventory), 2);
  berth_inventory_release(inventory);
}

Test(ovf_samples, two_systems_of_a_vapp) {
  const berth_inventory *inventory = read_beside_cluster(FOLDER "vApp_with_2vms.ovf");
  expect_vm(inventory, "sql2k5-win-2k3-32-ent-sp2-ovf", 1, 1024, 0, 102);
  expect_vm(inventory, "centos-5.5-32-esx-qa", 1, 256, 0, 25);
  cr_expect_eq(berth_inventory_vm_count(inventory), 3);
  berth_inventory_release(inventory);
}

/* Their systems have empty hardware sections, so that how much they need is not told. */
Test(ovf_samples, systems_without_memory_are_refused) {
  static const char *const files[] = {FOLDER "aag-2-vm-vapp.ovf", FOLDER "soft-aag-2-vm-vapp.ovf"};
  for (size_t i = 0; i < 2; i++) {
    const char *sources[] = {CLUSTER, files[i]};
    const berth_inventory *inventory = NULL;
    cr_expect_eq(berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, NULL, &inventory),
                 BERTH_E_INVALID);
    cr_expect(strstr(berth_context_detail(ctx), "virtual system vs1 has no memory") != NULL);
    berth_context_clear(ctx);
  }
}
