/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topologies of real machines. What is expected was read off the raw documents: objects of type
 * Core, local_memory of the NUMANode objects, "@ 2.40GHz" in the model of the CPU.
 */
#include "frozen.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER BERTH_SHARED_DATA "/xml/hwloc/"

enum { NODES_MAX = 4 };

typedef struct machine_sample {
  const char *file, *id;
  int64_t mhz, mib;
  uint32_t node_count;
  int64_t node_mhz[NODES_MAX], node_mib[NODES_MAX];
} machine_sample;

static const machine_sample machines[] = {
    {"dell-r910-4xE7-4870-512GB.xml",
     "dell-r910-4xE7-4870-512GB",
     40 * 2400,
     524274, /* 137,425,154,048 + 3 x 137,438,953,472 bytes */
     4,
     {24000, 24000, 24000, 24000},
     {131058, 131072, 131072, 131072}},
    {"dell-2xE5-2680-dimms.xml",
     "dell-2xE5-2680-dimms",
     16 * 2700,
     32738, /* 17,149,054,976 + 17,179,869,184 */
     2,
     {21600, 21600},
     {16354, 16384}},
    {"ibm-x3950m2-16pkg-4numa.xml",
     "bertha",
     96 * 1000, /* its model is not told */
     195582,    /* 51,269,931,008 + 3 x 51,271,172,096 */
     4,
     {24000, 24000, 24000, 24000},
     {48894, 48896, 48896, 48896}},
    {"nvidia-dgx2-2numa-1.5TB.xml",
     "nvidia-dgx2-2numa-1.5TB",
     4 * 3100,
     1546833, /* 810,234,351,616 + 811,737,923,584 */
     2,
     {6200, 6200},
     {772699, 774133}},
    {"v2-format-cxlmem+dax.xml", "efi", 4 * 1000, 2919, 1, {4000}, {2919}},
};

static berth_context *ctx;

static void set_up(void) {
  if (access(FOLDER "dell-r910-4xE7-4870-512GB.xml", R_OK) != 0)
    cr_skip_test("the samples are not here: " FOLDER);
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(hwloc_samples, .init = set_up, .fini = tear_down);

static void expect_machine(const machine_sample *machine) {
  char path[512];
  const char *sources[] = {path};
  const berth_inventory *inventory = NULL;
  snprintf(path, sizeof path, "%s%s", FOLDER, machine->file);
  cr_assert_eq(berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_HWLOC, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(berth_inventory_host_count(inventory), 1);
  cr_expect_str_eq(berth_inventory_host_id(inventory, 0), machine->id);
  cr_expect_eq(berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_CPU), machine->mhz);
  cr_expect_eq(berth_inventory_host_capacity(inventory, 0, BERTH_RESOURCE_MEMORY), machine->mib);
  cr_assert_eq(inventory->numa_count, machine->node_count);
  for (uint32_t i = 0; i < machine->node_count; i++) {
    cr_expect_eq(inventory->numa[i].cpu_mhz, machine->node_mhz[i], "%s", machine->file);
    cr_expect_eq(inventory->numa[i].memory_mib, machine->node_mib[i], "%s", machine->file);
  }
  berth_inventory_release(inventory);
}

Test(hwloc_samples, machines_alone) {
  for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
    expect_machine(&machines[i]);
}

/* Made on other machines from what the CPUs say of themselves: there is no memory in them. */
Test(hwloc_samples, without_memory_they_are_refused) {
  static const char *const files[] = {FOLDER "x86-only-2xEpyc7763-no-memory.xml",
                                      FOLDER "x86-only-2xXeonGold6230-no-memory.xml"};
  for (size_t i = 0; i < 2; i++) {
    const berth_inventory *inventory = NULL;
    cr_expect_eq(berth_read_inventory(ctx, &files[i], 1, BERTH_DIALECT_AUTO, NULL, &inventory),
                 BERTH_E_INVALID);
    cr_expect(strstr(berth_context_detail(ctx), "the topology tells no memory") != NULL);
    berth_context_clear(ctx);
  }
}
