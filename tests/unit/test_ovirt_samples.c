/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collections that real engines sent. What is expected was read off the raw documents:
 * 3,972,005,888 bytes = 3,788 MiB; 2 sockets of 1 core of 2,400 MHz = 4,800 MHz; 16,649,289,728
 * bytes = 15,878 MiB.
 */
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER BERTH_SHARED_DATA "/xml/ovirt/"

static berth_context *ctx;

static void set_up(void) {
  if (access(FOLDER "real-hosts-up.xml", R_OK) != 0)
    cr_skip_test("the samples are not here: " FOLDER);
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(ovirt_samples, .init = set_up, .fini = tear_down);

static void expect_host(const berth_inventory *inventory, const char *id, const char *name,
                        berth_host_state state, int64_t mhz, int64_t mib) {
  uint32_t host = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_host(inventory, id, &host), BERTH_OK);
  cr_expect_str_eq(berth_inventory_host_label(inventory, host), name);
  cr_expect_eq(berth_inventory_host_state(inventory, host), state);
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_CPU), mhz);
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_MEMORY), mib);
}

static bool has_note(const char *part) {
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    if (strstr(berth_context_problem(ctx, i)->text, part) != NULL)
      return true;
  }
  return false;
}

Test(ovirt_samples, hosts_clusters_networks_statistics) {
  const char *sources[] = {FOLDER "real-clusters.xml", FOLDER "real-hosts-up-and-maintenance.xml",
                           FOLDER "real-networks.xml", FOLDER "real-host-statistics.xml"};
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_read_inventory(ctx, sources, 4, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(berth_inventory_cluster_count(inventory), 1);
  cr_expect_str_eq(berth_inventory_cluster_id(inventory, 0),
                   "5a55d518-00c7-00ef-015b-000000000055");
  cr_assert_eq(berth_inventory_host_count(inventory), 2);
  expect_host(inventory, "265e8f1a-1115-47d1-a55a-c84913e37e3e", "bodh1", BERTH_HOST_MAINTENANCE,
              4800, 3788);
  expect_host(inventory, "7f9f475c-883f-415e-aac0-e43d221b802b", "bodh2", BERTH_HOST_ONLINE, 19200,
              15878);
  cr_expect(has_note("read 3 clusters"));
  cr_expect(has_note("2 empty clusters"));
  cr_expect(has_note("read 2 hosts"));
  cr_expect(has_note("3 networks"));
  cr_expect(has_note("18 statistics"));
  berth_inventory_release(inventory);
}

/* The engine of these VMs is another one, so that their host is missing; the third is powered off.
 */
Test(ovirt_samples, vms_of_hosts_that_are_missing_are_refused) {
  const char *sources[] = {FOLDER "real-hosts-up.xml", FOLDER "real-vms.xml"};
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_E_INVALID);
  cr_assert_null(inventory);
  unsigned lines = 0;
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    lines += problem->severity == BERTH_ERROR &&
             strstr(problem->text, "ce40bb38-f10a-43f3-8e15-d0ffad692a19") != NULL;
  }
  cr_expect_eq(lines, 2);
}

Test(ovirt_samples, vms_without_hosts_are_refused) {
  const char *source = FOLDER "real-vms.xml";
  const berth_inventory *inventory = NULL;
  cr_expect_eq(berth_read_inventory(ctx, &source, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_E_INVALID);
  cr_expect(has_note("expected a document of <hosts> too"));
}
