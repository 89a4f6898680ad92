/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialects and memory: every allocation of a reading fails once, and all is given back; what is
 * skipped costs nothing, however much it is.
 */
#include "counting_memory.h"
#include <stdio.h>

#define SAMPLES BERTH_SOURCE_DIR "/tests/unit/samples/"

static const char *const readings[][SOURCES_MAX] = {
    {SAMPLES "ovirt/ovirt-clusters.xml", SAMPLES "ovirt/ovirt-hosts.xml",
     SAMPLES "ovirt/ovirt-vms.xml", SAMPLES "ovirt/ovirt-affinity_groups.xml",
     SAMPLES "ovirt/ovirt-host_numa_nodes.xml", SAMPLES "ovirt/ovirt-statistics.xml"},
    {SAMPLES "libvirt/1-kvm1-capabilities.xml", SAMPLES "libvirt/2-kvm1-domains.xml"},
    {SAMPLES "hwloc/blade7.hwloc.xml"},
    {SAMPLES "hwloc/blade7.hwloc.xml", SAMPLES "hwloc/joined.xml"},
    {SAMPLES "ovf/cluster.xml", SAMPLES "ovf/shop.ovf"},
};

Test(dialect_memory, every_allocation_may_fail) {
  fail_every_allocation(readings, sizeof readings / sizeof *readings);
}

/* ------------------------------------------------------------------------ what is skipped */

static const struct {
  const char *head, *filler, *tail;
} documents[] = {
    {"<hosts><host id=\"a\"><memory>8589934592</memory><certificate>",
     "<content>MIIBszCCARwCAQAwDQYJKoZIhvcNAQELBQAwITEfMB0GA1UEAwwW</content>",
     "</certificate><cpu><speed>2000</speed><topology><cores>1</cores><sockets>1</sockets></"
     "topology>"
     "</cpu><status>up</status><cluster id=\"c\"/></host></hosts>"},
    {"<capabilities><host><uuid>h</uuid><topology><cells><cell id=\"0\"><memory>8388608</memory>"
     "<cpus><cpu id=\"0\"/></cpus></cell></cells></topology></host><guest>",
     "<arch name=\"x86_64\"><machine>pc-q35-7.2</machine></arch>", "</guest></capabilities>"},
    {"<topology><object type=\"Machine\"><object type=\"NUMANode\" cpuset=\"0x1\" "
     "local_memory=\"8589934592\"/><object type=\"Core\" cpuset=\"0x1\"/></object><distances2>",
     "<u64values length=\"8\">10 20 20</u64values>", "</distances2></topology>"},
};

static size_t peak_with(size_t which, size_t fillers) {
  const size_t filler = strlen(documents[which].filler);
  const size_t size =
      strlen(documents[which].head) + filler * fillers + strlen(documents[which].tail);
  char *text = malloc(size + 1), *at = text;
  counting_memory memory = {.left = -1};
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  cr_assert_not_null(text);
  at += sprintf(at, "%s", documents[which].head);
  for (size_t i = 0; i < fillers; i++, at += filler)
    memcpy(at, documents[which].filler, filler);
  sprintf(at, "%s", documents[which].tail);
  cr_assert_eq(new_context(&memory, &ctx), BERTH_OK);
  cr_assert_eq(
      berth_parse_inventory(ctx, text, size, "skipped.xml", BERTH_DIALECT_AUTO, NULL, &inventory),
      BERTH_OK, "%s", berth_context_detail(ctx));
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  free(text);
  return memory.peak;
}

/* A large document has more batches on their way than a small one, however large it is. */
enum { AHEAD = 4 << 20 };

Test(dialect_memory, what_is_skipped_costs_nothing) {
  for (size_t d = 0; d < sizeof documents / sizeof *documents; d++) {
    const size_t little = peak_with(d, 10), more = peak_with(d, 50000);
    const size_t much = peak_with(d, 250000);
    cr_expect_leq(much, more + 4096, "document %zu: %zu bytes against %zu", d, much, more);
    cr_expect_leq(more, little + AHEAD, "document %zu: %zu bytes against %zu", d, more, little);
  }
}
