/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs that one host alone could hold, or none: by reach and by reservation, each with its nearest
 * miss.
 */
#include "test_lint_support.h"
#include <stdio.h>

TestSuite(lint_room);

enum { GIB = 1024 };

/* Hosts big (10 GHz, 64 GiB), mid (20 GHz, 32 GiB), small (10 GHz, 16 GiB). */
static fixture three_hosts(void) {
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, lint_cluster_spec());
  fixture_host(&f, c, "big", 10000, 64 * GIB);
  fixture_host(&f, c, "mid", 20000, 32 * GIB);
  fixture_host(&f, c, "small", 10000, 16 * GIB);
  return f;
}

static void with_vm(int64_t cpu, int64_t memory, berth_lint_code code, const char *text) {
  fixture f = three_hosts();
  fixture_vm(&f, 0, "v", "big", cpu, memory);
  lint_expect_only(&f, code, text);
}

Test(lint_room, reservations) {
  with_vm(100, 32 * GIB, BERTH_LINT_COUNT, NULL);
  with_vm(100, 32 * GIB + 1, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
          "VM \"v\" fits host \"big\" only, even if others were empty; no other has the 32769 MiB "
          "of memory that it needs");
  with_vm(10000, 16 * GIB, BERTH_LINT_COUNT, NULL);
  with_vm(10001, 16 * GIB, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
          "VM \"v\" fits host \"mid\" only, even if others were empty; no other has the 10001 MHz "
          "of cpu that it needs");
  with_vm(100, 64 * GIB + 1, BERTH_LINT_RESERVATION_FITS_NO_HOST,
          "VM \"v\" fits no host, even an empty one; none has the 65537 MiB of memory that it "
          "needs");
  /* 11 GHz are on mid, 33 GiB on big */
  with_vm(11000, 33 * GIB, BERTH_LINT_RESERVATION_FITS_NO_HOST,
          "VM \"v\" fits no host, even an empty one; none has all that it needs");
}

/* What else runs there does not count, overhead does. */
Test(lint_room, empty_hosts_are_meant) {
  fixture f = three_hosts();
  fixture_vm(&f, 0, "full", "mid", 100, 16 * GIB);
  fixture_vm(&f, 0, "v", "big", 100, 30 * GIB);
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
  f = three_hosts();
  berth_vm_spec vm = fixture_vm_spec("v", "big", 100, 32 * GIB);
  vm.overhead_mib = 1;
  fixture_add_vm(&f, 0, vm);
  lint_expect_only(&f, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
                   "VM \"v\" fits host \"big\" only, even if others were empty; no other has the "
                   "32769 MiB of memory that it needs");
}

static void with_state(berth_power power, berth_priority priority, bool ha, int64_t memory,
                       const char *text) {
  berth_cluster_spec spec = lint_cluster_spec();
  spec.ha_enabled = ha;
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, spec);
  fixture_host(&f, c, "big", 10000, 64 * GIB);
  fixture_host(&f, c, "small", 10000, 16 * GIB);
  berth_vm_spec vm = fixture_vm_spec("v", "big", 100, memory);
  vm.power = power;
  vm.priority = priority;
  fixture_add_vm(&f, c, vm);
  lint_expect_only(&f, BERTH_LINT_RESERVATION_FITS_NO_HOST, text);
}

/* One host is enough for whom HA does not restart; no host is too few for all that are on. */
Test(lint_room, who_is_restarted) {
  const char *text = "VM \"v\" fits no host, even an empty one; none has the 66560 MiB of memory "
                     "that it needs";
  with_state(BERTH_POWER_OFF, BERTH_PRIORITY_MEDIUM, true, 20 * GIB, NULL);
  with_state(BERTH_POWER_ON, BERTH_PRIORITY_DISABLED, true, 20 * GIB, NULL);
  with_state(BERTH_POWER_ON, BERTH_PRIORITY_MEDIUM, false, 20 * GIB, NULL);
  with_state(BERTH_POWER_ON, BERTH_PRIORITY_DISABLED, true, 65 * GIB, text);
  with_state(BERTH_POWER_ON, BERTH_PRIORITY_MEDIUM, false, 65 * GIB, text);
}

Test(lint_room, named_resources) {
  for (int64_t on_mid = 1; on_mid <= 2; on_mid++) {
    fixture f = three_hosts();
    cr_assert_eq(berth_builder_add_resource(f.builder, "vgpu", NULL), BERTH_OK);
    cr_assert_eq(berth_builder_host_capacity(f.builder, 0, "vgpu", 4, NULL), BERTH_OK);
    cr_assert_eq(berth_builder_host_capacity(f.builder, 1, "vgpu", on_mid, NULL), BERTH_OK);
    cr_assert_eq(berth_builder_host_capacity(f.builder, 2, "vgpu", 0, NULL), BERTH_OK);
    uint32_t v = fixture_vm(&f, 0, "v", "big", 100, 1 * GIB);
    cr_assert_eq(berth_builder_vm_needs_resource(f.builder, v, "vgpu", 2, NULL), BERTH_OK);
    lint_expect_only(&f, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
                     on_mid == 2 ? NULL
                                 : "VM \"v\" fits host \"big\" only, even if others were empty; no "
                                   "other has the 2 of vgpu that it needs");
  }
}

/* v needs a network and a datastore; small has both, mid as the case may be, big the network. */
static fixture linked(bool mid_network, bool mid_datastore, bool small) {
  fixture f = three_hosts();
  if (mid_network)
    cr_assert_eq(berth_builder_host_reach_network(f.builder, 1, "lan"), BERTH_OK);
  if (mid_datastore)
    cr_assert_eq(berth_builder_host_reach_datastore(f.builder, 1, "san"), BERTH_OK);
  if (small) {
    cr_assert_eq(berth_builder_host_reach_network(f.builder, 2, "lan"), BERTH_OK);
    cr_assert_eq(berth_builder_host_reach_datastore(f.builder, 2, "san"), BERTH_OK);
  }
  cr_assert_eq(berth_builder_host_reach_network(f.builder, 0, "lan"), BERTH_OK);
  uint32_t v = fixture_vm(&f, 0, "v", "small", 100, 1 * GIB);
  cr_assert_eq(berth_builder_vm_needs_network(f.builder, v, "lan"), BERTH_OK);
  cr_assert_eq(berth_builder_vm_needs_datastore(f.builder, v, "san"), BERTH_OK);
  return f;
}

Test(lint_room, reach) {
  const char *text = "VM \"v\" finds its networks, datastores and CPU level on host \"small\" "
                     "only; if that fails, nothing can restart it";
  fixture f = linked(true, true, true);
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
  f = linked(true, false, true);
  lint_expect_only(&f, BERTH_LINT_REACH_LEAVES_ONE_HOST, text);
  f = linked(false, true, true);
  lint_expect_only(&f, BERTH_LINT_REACH_LEAVES_ONE_HOST, text);
  f = linked(true, false, false);
  lint_expect_only(&f, BERTH_LINT_REACH_LEAVES_NO_HOST,
                   "VM \"v\" finds its networks, datastores and CPU level on no host that serves");
}

Test(lint_room, cpu_level) {
  for (int64_t level = 2; level <= 3; level++) {
    fixture f = fixture_begin();
    uint32_t c = lint_cluster_of(&f, lint_cluster_spec());
    berth_host_spec host = fixture_host_spec("a", 1000, 1024);
    host.evc_level = 2;
    fixture_add_host(&f, c, host);
    host.id = "b";
    host.evc_level = 3;
    fixture_add_host(&f, c, host);
    berth_vm_spec vm = fixture_vm_spec("v", "b", 10, 10);
    vm.evc_level = level;
    fixture_add_vm(&f, c, vm);
    lint_expect_only(&f, BERTH_LINT_REACH_LEAVES_ONE_HOST,
                     level == 2 ? NULL
                                : "VM \"v\" finds its networks, datastores and CPU level on host "
                                  "\"b\" only; if that fails, nothing can restart it");
  }
}

/* A host in standby that can be woken may take over; one in maintenance may not. */
Test(lint_room, hosts_that_serve) {
  static const struct {
    berth_host_state state;
    berth_wake wake;
    bool serves;
  } others[] = {{BERTH_HOST_ONLINE, BERTH_WAKE_NONE, true},
                {BERTH_HOST_STANDBY, BERTH_WAKE_IPMI, true},
                {BERTH_HOST_MAINTENANCE, BERTH_WAKE_NONE, false},
                {BERTH_HOST_FAILED, BERTH_WAKE_NONE, false}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    fixture f = three_hosts();
    berth_host_spec host = fixture_host_spec("other", 10000, 64 * GIB);
    host.state = others[i].state;
    host.wake = others[i].wake;
    fixture_add_host(&f, 0, host);
    fixture_vm(&f, 0, "v", "big", 100, 48 * GIB);
    lint_expect_only(&f, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
                     others[i].serves
                         ? NULL
                         : "VM \"v\" fits host \"big\" only, even if others were "
                           "empty; no other has the 49152 MiB of memory that it needs");
  }
}

/* VMs of like needs remember where to look; the larger one is still judged by what it needs. */
Test(lint_room, guesses_do_not_decide) {
  fixture f = three_hosts();
  for (int i = 0; i < 50; i++) {
    char id[8];
    (void)snprintf(id, sizeof id, "v%d", i);
    fixture_vm(&f, 0, id, "big", 100, i == 30 ? 40 * GIB : 20 * GIB);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  lint_all(&f, inventory);
  cr_expect_eq(lint_count(&f, BERTH_LINT_RESERVATION_FITS_ONE_HOST), 1);
  cr_expect_not_null(fixture_problem(&f, "VM \"v30\" fits host \"big\" only"));
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Hosts of another cluster are no help. */
Test(lint_room, clusters_are_apart) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  for (int i = 0; i < 2; i++) {
    spec.id = i == 0 ? "east" : "west";
    uint32_t c = lint_cluster_of(&f, spec);
    fixture_host(&f, c, i == 0 ? "e1" : "w1", 1000, 64 * GIB);
    fixture_host(&f, c, i == 0 ? "e2" : "w2", 1000, i == 0 ? 16 * GIB : 64 * GIB);
  }
  fixture_vm(&f, 0, "ve", "e1", 10, 32 * GIB);
  fixture_vm(&f, 1, "vw", "w1", 10, 32 * GIB);
  lint_expect_only(&f, BERTH_LINT_RESERVATION_FITS_ONE_HOST,
                   "VM \"ve\" fits host \"e1\" only, even if others were empty; no other has the "
                   "32768 MiB of memory that it needs");
}
