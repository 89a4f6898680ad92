/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each dialect once, in small documents of samples/: what conversion writes is compared with a
 * native inventory that was written by hand. The head of each golden says how its figures come
 * about. What was written is read again, to the same bytes.
 */
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES BERTH_SOURCE_DIR "/tests/unit/samples/"

enum { SOURCES_MAX = 6, TEXT_ROOM = 1 << 16 };

typedef struct golden {
  const char *name, *expected;
  const char *sources[SOURCES_MAX]; /* NULL = no more */
} golden;

static const golden goldens[] = {
    {"oVirt",
     "ovirt.golden.xml",
     {"ovirt/ovirt-affinity_groups.xml", "ovirt/ovirt-clusters.xml",
      "ovirt/ovirt-host_numa_nodes.xml", "ovirt/ovirt-hosts.xml", "ovirt/ovirt-statistics.xml",
      "ovirt/ovirt-vms.xml"}},
    {"oVirt, documents the other way round",
     "ovirt.golden.xml",
     {"ovirt/ovirt-vms.xml", "ovirt/ovirt-statistics.xml", "ovirt/ovirt-hosts.xml",
      "ovirt/ovirt-host_numa_nodes.xml", "ovirt/ovirt-clusters.xml",
      "ovirt/ovirt-affinity_groups.xml"}},
    {"libvirt",
     "libvirt.golden.xml",
     {"libvirt/1-kvm1-capabilities.xml", "libvirt/2-kvm1-domains.xml",
      "libvirt/3-kvm2-capabilities.xml", "libvirt/4-kvm2-domain.xml"}},
    {"hwloc alone", "hwloc.golden.xml", {"hwloc/blade7.hwloc.xml"}},
    {"hwloc, joined and named",
     "hwloc-joined.golden.xml",
     {"hwloc/blade7.hwloc.xml", "hwloc/joined.xml"}},
    {"an appliance", "ovf.golden.xml", {"ovf/cluster.xml", "ovf/shop.ovf"}},
    {"OpenNebula",
     "opennebula.golden.xml",
     {"opennebula/host_pool.xml", "opennebula/vm_pool.xml", "opennebula/vm_group_pool.xml",
      "opennebula/cluster_pool.xml"}},
    {"OpenNebula, documents the other way round",
     "opennebula.golden.xml",
     {"opennebula/cluster_pool.xml", "opennebula/vm_group_pool.xml", "opennebula/vm_pool.xml",
      "opennebula/host_pool.xml"}},
    {"vSphere, saved objects", "vim25.golden.xml", {"../../../datasets/vsphere-export"}},
};

static char *slurp(const char *path) {
  static char texts[2][TEXT_ROOM];
  static int next;
  char *text = texts[next++ % 2];
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s", path);
  const size_t length = fread(text, 1, TEXT_ROOM - 1, file);
  cr_assert_lt(length, TEXT_ROOM - 1);
  text[length] = '\0';
  fclose(file);
  return text;
}

/* The golden without its comment, which explains the figures. */
static char *without_comment(char *text) {
  char *start = strstr(text, "<!--"), *end = strstr(text, "-->\n");
  if (start != NULL && end != NULL)
    memmove(start, end + 4, strlen(end + 4) + 1);
  return text;
}

static void convert(const char *const *sources, uint32_t count, const char *output) {
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert_eq(berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(berth_write_inventory(ctx, inventory, output), BERTH_OK);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

static void expect_golden(const golden *g) {
  char paths[SOURCES_MAX][512], output[] = "/tmp/berth-golden-XXXXXX", expected[512];
  const char *sources[SOURCES_MAX];
  uint32_t count = 0;
  for (; count < SOURCES_MAX && g->sources[count] != NULL; count++) {
    snprintf(paths[count], sizeof paths[count], "%s%s", SAMPLES, g->sources[count]);
    sources[count] = paths[count];
  }
  const int file = mkstemp(output);
  cr_assert_geq(file, 0);
  close(file);
  snprintf(expected, sizeof expected, "%s%s", SAMPLES, g->expected);
  const char *golden_text = without_comment(slurp(expected));
  convert(sources, count, output);
  cr_expect_str_eq(slurp(output), golden_text, "%s", g->name);
  const char *again[] = {output};
  convert(again, 1, output);
  golden_text = without_comment(slurp(expected));
  cr_expect_str_eq(slurp(output), golden_text, "%s, read again", g->name);
  unlink(output);
}

Test(dialect_goldens, conversion_gives_what_was_written_by_hand) {
  for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++)
    expect_golden(&goldens[i]);
}
