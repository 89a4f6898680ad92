/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vSphere and memory: every allocation of a reading fails once, and all is given back; what is
 * skipped costs nothing, however much it is, and neither do options of no interest.
 */
#include "counting_memory.h"

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

static const skipped_document documents[] = {
    {HOST_UP_TO_CONFIG "<storageDevice>",
     "<scsiLun><deviceName>/vmfs/devices/disks/naa.600a</deviceName><lunType>disk</lunType></"
     "scsiLun>",
     "</storageDevice>" HOST_AFTER_CONFIG},
    {HOST_UP_TO_CONFIG, "<option><key>Mem.SampleActivePctMin</key><value>1</value></option>",
     HOST_AFTER_CONFIG},
};

Test(vim25_memory, what_is_skipped_costs_nothing) {
  expect_skipped_costs_nothing(documents, sizeof documents / sizeof *documents);
}
