/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topology files that hosts name, topologies that are joined by name, this machine, and where
 * appliances go: what is told, and what is refused.
 */
#include "context_internal.h"
#include "frozen.h"
#include "hwloc_topology.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES BERTH_SOURCE_DIR "/tests/unit/samples/"
#define HEAD "<inventory xmlns=\"urn:berth:1\"><cluster id=\"c\">"
#define TAIL "</cluster></inventory>"

static berth_context *ctx;
static char folder[] = "/tmp/berth-topology-XXXXXX";
static char path[600];

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert_not_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/inventory.xml", folder);
}

static void tear_down(void) {
  unlink(path);
  rmdir(folder);
  berth_context_free(ctx);
}

TestSuite(host_topology, .init = set_up, .fini = tear_down);

static berth_status read_with(const char *text, const char *detail, const char *into,
                              const berth_inventory **inventory) {
  const char *sources[] = {path, detail};
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  fputs(text, file);
  fclose(file);
  limits.into = into;
  *inventory = NULL;
  return berth_read_inventory(ctx, sources, detail == NULL ? 1 : 2, BERTH_DIALECT_AUTO, &limits,
                              inventory);
}

static void expect_problem(berth_severity severity, const char *part) {
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    if (problem->severity == severity && strstr(problem->text, part) != NULL)
      return;
  }
  cr_expect_fail("nothing says \"%s\"", part);
}

Test(host_topology, missing_files_are_a_warning) {
  const berth_inventory *inventory = NULL;
  cr_assert_eq(read_with(HEAD
                         "<host id=\"a\" cpuMhz=\"1\" memoryMib=\"1\" topology=\"no.xml\"/>" TAIL,
                         NULL, NULL, &inventory),
               BERTH_OK);
  expect_problem(BERTH_WARNING, "/no.xml cannot be opened; the host is taken without NUMA nodes");
  cr_expect_eq(inventory->numa_count, 0);
  berth_inventory_release(inventory);
}

Test(host_topology, files_outside_the_folder_are_not_read) {
  static const char *const names[] = {"/etc/passwd", "../x.xml", "a/../../x.xml",
                                      "a/..",        "//x",      "a//etc/x"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char text[400];
    const berth_inventory *inventory = NULL;
    snprintf(text, sizeof text,
             HEAD "<host id=\"a\" cpuMhz=\"1\" memoryMib=\"1\" topology=\"%s\"/>" TAIL, names[i]);
    cr_assert_eq(read_with(text, NULL, NULL, &inventory), BERTH_OK, "%s", names[i]);
    expect_problem(BERTH_WARNING, "expected a file below the folder of the inventory");
    berth_inventory_release(inventory);
    berth_context_clear(ctx);
  }
}

/* An inventory that names itself is no topology, and no loop. */
Test(host_topology, other_documents_are_refused) {
  const berth_inventory *inventory = NULL;
  cr_expect_eq(
      read_with(HEAD
                "<host id=\"a\" cpuMhz=\"1\" memoryMib=\"1\" topology=\"inventory.xml\"/>" TAIL,
                NULL, NULL, &inventory),
      BERTH_E_UNSUPPORTED);
  expect_problem(BERTH_ERROR, "expected <topology> of hwloc");
}

Test(host_topology, joined_by_id_by_name_or_without_domain) {
  static const struct {
    const char *hosts;
    int64_t node_hosts[2]; /* first node; of which host */
  } cases[] = {
      {"<host id=\"blade7\" cpuMhz=\"3000\" memoryMib=\"9\"/>"
       "<host id=\"b\" name=\"blade7\" cpuMhz=\"3000\" memoryMib=\"9\"/>",
       {0}},
      {"<host id=\"a\" cpuMhz=\"3000\" memoryMib=\"9\"/>"
       "<host id=\"b\" name=\"blade7\" cpuMhz=\"3000\" memoryMib=\"9\"/>",
       {1}},
      {"<host id=\"blade70\" cpuMhz=\"3000\" memoryMib=\"9\"/>"
       "<host id=\"blade7.example.org\" cpuMhz=\"3000\" memoryMib=\"9\"/>",
       {1}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[600];
    const berth_inventory *inventory = NULL;
    snprintf(text, sizeof text, HEAD "%s" TAIL, cases[i].hosts);
    cr_assert_eq(read_with(text, SAMPLES "hwloc/blade7.hwloc.xml", NULL, &inventory), BERTH_OK,
                 "%s", berth_context_detail(ctx));
    cr_assert_eq(inventory->numa_count, 3);
    cr_expect_eq(inventory->numa[0].host, cases[i].node_hosts[0], "case %zu", i);
    berth_inventory_release(inventory);
  }
}

Test(host_topology, names_that_no_host_or_several_have_are_refused) {
  const berth_inventory *inventory = NULL;
  cr_expect_eq(read_with(HEAD "<host id=\"a\" cpuMhz=\"1\" memoryMib=\"1\"/>" TAIL,
                         SAMPLES "hwloc/blade7.hwloc.xml", NULL, &inventory),
               BERTH_E_INVALID);
  expect_problem(BERTH_ERROR, "the topology is of blade7, and no host has that id or name");
  berth_context_clear(ctx);
  cr_expect_eq(read_with(HEAD "<host id=\"a\" name=\"blade7\" cpuMhz=\"1\" memoryMib=\"1\"/>"
                              "<host id=\"b\" name=\"blade7\" cpuMhz=\"1\" memoryMib=\"1\"/>" TAIL,
                         SAMPLES "hwloc/blade7.hwloc.xml", NULL, &inventory),
               BERTH_E_INVALID);
  expect_problem(BERTH_ERROR, "several hosts are called blade7; expected an id");
}

Test(host_topology, this_host_has_cores_and_memory) {
  const char *source = BERTH_SOURCE_THIS_HOST;
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_read_inventory(ctx, &source, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(berth_inventory_host_count(inventory), 1);
  cr_expect_gt(berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_CPU), 0);
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  const int64_t mib = (int64_t)pages * page >> 20;
  const int64_t told = berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_MEMORY);
  cr_expect(told > mib / 2 && told <= mib + mib / 8, "%lld of %lld MiB", (long long)told,
            (long long)mib);
  berth_inventory_release(inventory);
}

Test(host_topology, sets_of_threads) {
  static const struct {
    const char *text;
    bool good;
    uint32_t first;
    bool has_0, has_35, has_1000;
  } cases[] = {
      {"0x00000001", true, 0, true, false, false},
      {"0x8,0x0", true, 35, false, true, false},
      {"0xffffff00,,0x0", true, 72, false, false, false},
      {"0xf...f", true, 0, true, true, true},
      {"0xf...f,0x0,0x0", true, 64, false, false, true},
      {"0x0", true, BERTH_NONE, false, false, false},
      {"", true, BERTH_NONE, false, false, false},
      {"0x123456789", false, 0, false, false, false},
      {"0xf...f0", false, 0, false, false, false},
      {"0-3", false, 0, false, false, false},
  };
  arena memory;
  arena_init(&memory, context_allocator(ctx));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    thread_set set;
    bool failed = true;
    const bool good =
        topology_parse_set(&memory, cases[i].text, strlen(cases[i].text), &set, &failed);
    cr_expect_not(failed);
    cr_assert_eq(good, cases[i].good, "%s", cases[i].text);
    if (!good)
      continue;
    cr_expect_eq(topology_set_first(&set), cases[i].first, "%s", cases[i].text);
    cr_expect_eq(topology_set_has(&set, 0), cases[i].has_0, "%s", cases[i].text);
    cr_expect_eq(topology_set_has(&set, 35), cases[i].has_35, "%s", cases[i].text);
    cr_expect_eq(topology_set_has(&set, 1000), cases[i].has_1000, "%s", cases[i].text);
  }
  arena_free(&memory);
}

#define TWO                                                                                        \
  "<inventory xmlns=\"urn:berth:1\"><cluster id=\"c1\" name=\"one\"><host id=\"a\" "               \
  "cpuMhz=\"9000\" "                                                                               \
  "memoryMib=\"9000\"/></cluster><cluster id=\"c2\" name=\"two\"><host id=\"b\" cpuMhz=\"9000\" "  \
  "memoryMib=\"9000\"/></cluster></inventory>"

Test(host_topology, appliances_go_where_they_are_told) {
  const berth_inventory *inventory = NULL;
  cr_expect_eq(read_with(TWO, SAMPLES "ovf/shop.ovf", NULL, &inventory), BERTH_E_INVALID);
  expect_problem(BERTH_ERROR, "there are several clusters for the appliance; expected --into");
  berth_context_clear(ctx);
  cr_expect_eq(read_with(TWO, SAMPLES "ovf/shop.ovf", "three", &inventory), BERTH_E_INVALID);
  expect_problem(BERTH_ERROR, "there is no cluster \"three\" for the appliance");
  berth_context_clear(ctx);
  static const char *const names[] = {"c2", "two"};
  for (size_t i = 0; i < 2; i++) {
    cr_assert_eq(read_with(TWO, SAMPLES "ovf/shop.ovf", names[i], &inventory), BERTH_OK);
    cr_expect_eq(inventory->clusters[0].vm_count, 0);
    cr_expect_eq(inventory->clusters[1].vm_count, 4);
    berth_inventory_release(inventory);
  }
}
