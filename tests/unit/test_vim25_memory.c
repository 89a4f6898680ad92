/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vSphere and memory: every allocation of a reading fails once, and all is given back; what is
 * skipped costs nothing, however much it is, and neither do options of no interest.
 */
#include "counting_memory.h"
#include <stdio.h>

#define VIM25 BERTH_SOURCE_DIR "/tests/unit/samples/vim25/vim25-"

static const char *const readings[][SOURCES_MAX] = {
    {BERTH_SOURCE_DIR "/datasets/vsphere-export"},
    {VIM25 "dump.xml", VIM25 "updates.xml", "host-1=" VIM25 "options.xml",
     VIM25 "resource-config.xml"},
};

Test(vim25_memory, every_allocation_may_fail) {
  fail_every_allocation(readings, sizeof readings / sizeof *readings);
}

/* ------------------------------------------------------------------------ what is skipped */

#define HOST_UP_TO_CONFIG                                                                          \
  "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects>"                         \
  "<obj type=\"ComputeResource\">domain-1</obj></objects><objects>"                                \
  "<obj type=\"HostSystem\">host-1</obj><propSet><name>parent</name><val>domain-1</val></propSet>" \
  "<propSet><name>config</name><val>"
#define HOST_AFTER_CONFIG                                                                          \
  "</val></propSet><propSet><name>runtime.connectionState</name><val>connected</val></propSet>"    \
  "<propSet><name>summary.hardware</name><val><memorySize>8589934592</memorySize><cpuMhz>2000"     \
  "</cpuMhz><numCpuCores>2</numCpuCores></val></propSet></objects></returnval>"                    \
  "</RetrievePropertiesExResponse>"

static const struct {
  const char *head, *filler, *tail;
} documents[] = {
    {HOST_UP_TO_CONFIG "<storageDevice>",
     "<scsiLun><deviceName>/vmfs/devices/disks/naa.600a</deviceName><lunType>disk</lunType></"
     "scsiLun>",
     "</storageDevice>" HOST_AFTER_CONFIG},
    {HOST_UP_TO_CONFIG, "<option><key>Mem.SampleActivePctMin</key><value>1</value></option>",
     HOST_AFTER_CONFIG},
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

Test(vim25_memory, what_is_skipped_costs_nothing) {
  for (size_t d = 0; d < sizeof documents / sizeof *documents; d++) {
    const size_t little = peak_with(d, 10), more = peak_with(d, 50000);
    const size_t much = peak_with(d, 250000);
    cr_expect_leq(much, more + 4096, "document %zu: %zu bytes against %zu", d, much, more);
    cr_expect_leq(more, little + AHEAD, "document %zu: %zu bytes against %zu", d, more, little);
  }
}
