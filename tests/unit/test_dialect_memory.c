/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialects and memory: every allocation of a reading fails once, and all is given back; what is
 * skipped costs nothing, however much it is.
 */
#include "counting_memory.h"

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

static const skipped_document documents[] = {
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

Test(dialect_memory, what_is_skipped_costs_nothing) {
  expect_skipped_costs_nothing(documents, sizeof documents / sizeof *documents);
}
