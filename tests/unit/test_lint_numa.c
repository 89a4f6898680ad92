/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about NUMA nodes, each in a cluster made for it. */
#include "test_lint_support.h"

typedef struct plain_host {
  const char *id;
  int64_t memory, nodes; /* equal shares; 0 = none are declared */
} plain_host;

static void add_host(fixture *f, uint32_t cluster, plain_host of) {
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  uint32_t index;
  spec.id = of.id;
  spec.cpu_mhz = 20000;
  spec.memory_mib = of.memory;
  cr_assert_eq(berth_builder_add_host(f->builder, cluster, &spec, &index), BERTH_OK);
  for (int64_t n = 0; n < of.nodes; n++)
    cr_assert_eq(
        berth_builder_host_numa(f->builder, index, n, 20000 / of.nodes, of.memory / of.nodes, NULL),
        BERTH_OK);
}

static void add_vm(fixture *f, uint32_t cluster, const char *id, int64_t memory, berth_numa numa) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  uint32_t index;
  spec.id = id;
  spec.host = "h1";
  spec.cpus = 1;
  spec.memory_mib = spec.memory_reservation_mib = memory;
  spec.numa = numa;
  cr_assert_eq(berth_builder_add_vm(f->builder, cluster, &spec, &index), BERTH_OK);
}

static fixture begin(uint32_t *cluster, plain_host first, plain_host second) {
  fixture f = fixture_begin();
  *cluster = lint_cluster_of(&f, lint_cluster_spec());
  add_host(&f, *cluster, first);
  add_host(&f, *cluster, second);
  return f;
}

Test(lint_numa, a_vm_that_spreads_without_need) {
  uint32_t c;
  fixture f = begin(&c, (plain_host){"h1", 16000, 2}, (plain_host){"h2", 24000, 2});
  add_vm(&f, c, "wide", 9000, BERTH_NUMA_ANY);
  lint_expect_only(&f, BERTH_LINT_NUMA_SPANS_NODES,
                   "VM \"wide\" is larger than any NUMA node of host \"h1\" and spreads over "
                   "several; a node of host \"h2\" would hold it");
}

Test(lint_numa, a_vm_that_no_node_would_hold_spreads_of_need) {
  uint32_t c;
  fixture f = begin(&c, (plain_host){"h1", 16000, 2}, (plain_host){"h2", 16000, 2});
  add_vm(&f, c, "wide", 9000, BERTH_NUMA_ANY);
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
}

Test(lint_numa, a_node_that_is_nowhere) {
  uint32_t c;
  fixture f = begin(&c, (plain_host){"h1", 16000, 0}, (plain_host){"h2", 16000, 2});
  add_vm(&f, c, "fine", 9000, BERTH_NUMA_ONE_NODE);
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL); /* a host without nodes is one */
  f = begin(&c, (plain_host){"h1", 16000, 2}, (plain_host){"h2", 16000, 2});
  add_vm(&f, c, "large", 9000, BERTH_NUMA_ONE_NODE);
  const berth_inventory *inventory = fixture_freeze(&f);
  lint_all(&f, inventory);
  lint_expect(&f, BERTH_LINT_NUMA_FITS_NO_NODE,
              "VM \"large\" asks for one NUMA node with 0 MHz and 9000 MiB; no host that serves "
              "has one that large");
  cr_expect_eq(lint_count(&f, BERTH_LINT_NUMA_NOT_SPLIT), 1);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_numa, vms_that_cannot_be_split) {
  uint32_t c;
  fixture f = begin(&c, (plain_host){"h1", 20000, 2}, (plain_host){"h2", 20000, 2});
  add_vm(&f, c, "a", 6000, BERTH_NUMA_ONE_NODE);
  add_vm(&f, c, "b", 6000, BERTH_NUMA_ONE_NODE);
  add_vm(&f, c, "d", 6000, BERTH_NUMA_ONE_NODE); /* 2,000 short, with 2,000 free in all */
  lint_expect_only(&f, BERTH_LINT_NUMA_NOT_SPLIT,
                   "the NUMA nodes of host \"h1\" do not hold the 3 VMs on it that ask for one "
                   "node, however they are split");
}
