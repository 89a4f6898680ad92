/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission control against maintenance, worked out by hand. Hosts (9 GHz, 9 GiB), (9, 6), (6, 6);
 * VMs (2, 1) (2, 1) (1, 2) (1, 1) (1, 1), the vendor's own example: slots of 2 GHz and 2 GiB, hosts
 * of 4, 3 and 3 slots, 5 used. After the largest has failed 6 are left.
 */
#include "test_lint_support.h"

TestSuite(lint_admission);

enum { GHZ = 1000, GIB = 1024 };

typedef struct state_of {
  berth_host_state h1, h2, h3;
} state_of;

static const state_of all_online = {BERTH_HOST_ONLINE, BERTH_HOST_ONLINE, BERTH_HOST_ONLINE};

static void add_host(fixture *f, uint32_t c, const char *id, int64_t ghz, int64_t gib,
                     berth_host_state state) {
  berth_host_spec host = fixture_host_spec(id, ghz * GHZ, gib * GIB);
  host.state = state;
  fixture_add_host(f, c, host);
}

static void expect(berth_cluster_spec spec, state_of states, berth_lint_code code,
                   const char *text) {
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, spec);
  add_host(&f, c, "h1", 9, 9, states.h1);
  add_host(&f, c, "h2", 9, 6, states.h2);
  add_host(&f, c, "h3", 6, 6, states.h3);
  fixture_vm(&f, c, "v1", "h1", 2 * GHZ, 1 * GIB);
  fixture_vm(&f, c, "v2", "h1", 2 * GHZ, 1 * GIB);
  fixture_vm(&f, c, "v3", "h2", 1 * GHZ, 2 * GIB);
  fixture_vm(&f, c, "v4", "h2", 1 * GHZ, 1 * GIB);
  fixture_vm(&f, c, "v5", "h3", 1 * GHZ, 1 * GIB);
  lint_expect_only(&f, code, text);
}

static berth_cluster_spec with(berth_admission admission, int64_t failures) {
  berth_cluster_spec spec = lint_cluster_spec();
  spec.admission = admission;
  spec.admission_failures = failures;
  return spec;
}

/* Without h1, 3 and 3 are left, 3 after a failure: 2 short. Without h2 or h3: 4 and 3, 3 left. */
Test(lint_admission, slots_let_no_host_go) {
  expect(with(BERTH_ADMISSION_SLOTS, 1), all_online, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (slots) of cluster \"c\" lets none of 3 hosts enter maintenance: "
         "without \"h1\", for one, it is 2 slots short");
}

/* No failure to provide for: 6 slots without h1, 7 without another; 5 are used. */
Test(lint_admission, slots_without_failures) {
  expect(with(BERTH_ADMISSION_SLOTS, 0), all_online, BERTH_LINT_COUNT, NULL);
}

/* A fixed slot of 1 GHz and 1 GiB: 9, 6, 6 slots, 2 + 2 + 2 + 1 + 1 = 8 used; 12 left after the
 * failure of h1. Without h1: 6 left, 2 short. Without another: 9 and 6, 6 left. */
Test(lint_admission, fixed_slots) {
  berth_cluster_spec spec = with(BERTH_ADMISSION_SLOTS, 1);
  spec.slot_cpu_mhz = 1 * GHZ;
  spec.slot_memory_mib = 1 * GIB;
  expect(spec, all_online, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (slots) of cluster \"c\" lets none of 3 hosts enter maintenance: "
         "without \"h1\", for one, it is 2 slots short");
}

/* Hosts of 10, 10, 2 and 2 slots, 10 used, one failure. 14 are left after that of a large one.
 * Without a large one: 10 + 2 + 2, less 10: 4, so 6 short. Without a small one: 22 - 10 = 12. */
Test(lint_admission, small_hosts_may_go) {
  static const char *const ids[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, with(BERTH_ADMISSION_SLOTS, 1));
  add_host(&f, c, "h1", 10, 10, BERTH_HOST_ONLINE);
  add_host(&f, c, "h2", 2, 2, BERTH_HOST_ONLINE);
  add_host(&f, c, "h3", 10, 10, BERTH_HOST_ONLINE);
  add_host(&f, c, "h4", 2, 2, BERTH_HOST_ONLINE);
  for (int i = 0; i < 10; i++)
    fixture_vm(&f, c, ids[i], i % 2 == 0 ? "h1" : "h3", 1 * GHZ, 1 * GIB);
  lint_expect_only(&f, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
                   "admission control (slots) of cluster \"c\" lets 2 of 4 hosts enter "
                   "maintenance: without \"h1\", for one, it is 6 slots short");
}

/* h1 is no longer counted: 3 and 3 slots, 3 after a failure, 5 used. */
Test(lint_admission, slots_block_the_host_that_is_entering) {
  state_of states = all_online;
  states.h1 = BERTH_HOST_ENTERING_MAINTENANCE;
  expect(with(BERTH_ADMISSION_SLOTS, 1), states, BERTH_LINT_ADMISSION_BLOCKS_MAINTENANCE,
         "host \"h1\" is entering maintenance, but its 2 VMs may have to stay: without it "
         "admission control (slots) of cluster \"c\" is 2 slots short");
  /* Without failures 6 slots are left for 5; but then no other host may go: 3 slots, 2 short. */
  expect(with(BERTH_ADMISSION_SLOTS, 0), states, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (slots) of cluster \"c\" lets none of 2 hosts enter maintenance: "
         "without \"h2\", for one, it is 2 slots short");
  expect(with(BERTH_ADMISSION_NONE, 1), states, BERTH_LINT_COUNT, NULL);
  berth_cluster_spec without_ha = with(BERTH_ADMISSION_SLOTS, 1);
  without_ha.ha_enabled = false;
  expect(without_ha, states, BERTH_LINT_COUNT, NULL);
}

/* Two failures take 4 and 3 of 10 slots; 3 are left for 5. */
Test(lint_admission, unsatisfied_as_it_is) {
  expect(with(BERTH_ADMISSION_SLOTS, 2), all_online, BERTH_LINT_ADMISSION_UNSATISFIED,
         "admission control (slots) of cluster \"c\" is 2 slots short; no VM may be powered on");
}

/* Needs are 7 of 24 GHz and 6 of 21 GiB. Without h1 15 GHz and 12 GiB are left: 50 percent of
 * memory are free, 53.3 of cpu. Without h2: 15 GHz, 15 GiB. Without h3: 18 GHz, 15 GiB. */
Test(lint_admission, percentages_limit_maintenance) {
  berth_cluster_spec spec = with(BERTH_ADMISSION_PERCENTAGE, 1);
  spec.reserve_cpu_percent = 20;
  spec.reserve_memory_percent = 50;
  expect(spec, all_online, BERTH_LINT_COUNT, NULL);
  spec.reserve_memory_percent = 51; /* 6,266.88 MiB of 12,288: 6,267 are to be kept, 6,144 free */
  expect(spec, all_online, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (percentage) of cluster \"c\" lets 2 of 3 hosts enter maintenance: "
         "without \"h1\" it is 123 MiB short");
  spec.reserve_memory_percent = 20;
  spec.reserve_cpu_percent = 54; /* 8,100 of 15,000 MHz, 8,000 free; without h3 11 of 18 GHz */
  expect(spec, all_online, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (percentage) of cluster \"c\" lets 1 of 3 hosts enter maintenance: "
         "without \"h1\", for one, it is 100 MHz short");
}

/* One failure of two hosts is half, not a third as of three: without h1 15 GHz and 12 GiB, of which
 * 7.5 GHz and 6 GiB are to be kept and 8 GHz and 6 GiB are free: enough to the MiB. Two failures of
 * two are all. */
Test(lint_admission, automatic_percentages_grow_with_maintenance) {
  expect(with(BERTH_ADMISSION_PERCENTAGE, 1), all_online, BERTH_LINT_COUNT, NULL);
  expect(with(BERTH_ADMISSION_PERCENTAGE, 2), all_online, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (percentage) of cluster \"c\" lets none of 3 hosts enter maintenance: "
         "without \"h1\", for one, it is 7000 MHz and 6144 MiB short");
}

/* Two hosts are the least that percentages ask for. */
Test(lint_admission, percentages_take_two_hosts) {
  state_of states = all_online;
  berth_cluster_spec spec = with(BERTH_ADMISSION_PERCENTAGE, 1);
  states.h3 = BERTH_HOST_MAINTENANCE;
  spec.reserve_cpu_percent = spec.reserve_memory_percent = 0;
  expect(spec, states, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
         "admission control (percentage) of cluster \"c\" lets none of 2 hosts enter maintenance: "
         "without \"h1\", for one, it is left with fewer than two hosts");
}

Test(lint_admission, percentages_block_the_host_that_is_entering) {
  state_of states = all_online;
  berth_cluster_spec spec = with(BERTH_ADMISSION_PERCENTAGE, 1);
  states.h1 = BERTH_HOST_ENTERING_MAINTENANCE;
  spec.reserve_cpu_percent = 54;
  spec.reserve_memory_percent = 20;
  expect(spec, states, BERTH_LINT_ADMISSION_BLOCKS_MAINTENANCE,
         "host \"h1\" is entering maintenance, but its 2 VMs may have to stay: without it "
         "admission control (percentage) of cluster \"c\" is 100 MHz short");
}

/* Two hosts of 10 GHz, 12 GHz used, one failure: 10 are left, which is 16.7 percent less. */
Test(lint_admission, degradation) {
  for (int64_t percent = 16; percent <= 17; percent++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = with(BERTH_ADMISSION_SLOTS, 1);
    spec.degradation_percent = percent;
    uint32_t c = lint_cluster_of(&f, spec);
    add_host(&f, c, "h1", 10, 10, BERTH_HOST_ONLINE);
    add_host(&f, c, "h2", 10, 10, BERTH_HOST_ONLINE);
    for (int v = 0; v < 2; v++) {
      berth_vm_spec vm = fixture_vm_spec(v == 0 ? "v0" : "v1", v == 0 ? "h1" : "h2", 100, 100);
      vm.cpu_usage_mhz = 6 * GHZ;
      fixture_add_vm(&f, c, vm);
    }
    const berth_inventory *inventory = fixture_freeze(&f);
    lint_all(&f, inventory);
    if (percent == 17)
      cr_expect_eq(lint_count(&f, BERTH_LINT_DEGRADED_AFTER_FAILURE), 0);
    else
      lint_expect(&f, BERTH_LINT_DEGRADED_AFTER_FAILURE,
                  "after 1 failure of cluster \"c\" VMs lose more than 16 % of the cpu that they "
                  "use now");
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}
