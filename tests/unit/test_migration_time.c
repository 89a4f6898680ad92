/* SPDX-License-Identifier: Apache-2.0 */
/* Times of live migrations; each expectation is worked out by hand beside its row. */
#include "inventory_fixture.h"
#include <berth/plan.h>

TestSuite(migration_time);

static bool time_of(berth_vm_spec vm, berth_host_spec from, berth_host_spec to, int64_t *wait,
                    int64_t *seconds) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_add_host(&f, c, from);
  fixture_add_host(&f, c, to);
  fixture_add_vm(&f, c, vm);
  const berth_inventory *inventory = fixture_freeze(&f);
  bool converges = berth_migration_time(inventory, 0, 0, 1, wait, seconds);
  berth_inventory_release(inventory);
  fixture_end(&f);
  return converges;
}

typedef struct copy_case {
  int64_t memory_mib, link_mbps, dirty, seconds;
  bool converges;
} copy_case;

/* 1 MiB is 8388608 bits; at L Mbps a millisecond carries 1000 L bits. */
static const copy_case copies[] = {
    /* 1 MiB at 10 Gbps: 0.84 ms, so 1 ms, and at least a second is said. */
    {1, 10000, 0, 1, true},
    /* 1192 MiB: 9999220736 bits / 10^7 = 999.92 -> 1000 ms: a single pass, one second. */
    {1192, 10000, 0, 1, true},
    /* 1193 MiB: 1000.76 -> 1001 ms, and a last pass of 0 ms: 1001 ms. */
    {1193, 10000, 0, 2, true},
    /* 65536 MiB at 10 Gbps: 549755813888 / 10^7 = 54975.58 -> 54976 ms. Nothing dirtied. */
    {65536, 10000, 0, 55, true},
    /* The same with 120 MiB/s, 1006632960 bits/s, a tenth and a bit: 54976 * 0.100663296 = 5534.07
       -> 5535; 5535 * ... = 557.17 -> 558 and that is the last. 54976 + 5535 + 558 = 61069. */
    {65536, 10000, 120, 62, true},
    /* 1024 MiB at 1 Gbps: 8589934592 / 10^6 -> 8590 ms; dirty 60 MiB/s = 0.50331648:
       4323.49 -> 4324; 2176.34 -> 2177; 1095.72 -> 1096; 551.63 -> 552.
       8590 + 4324 + 2177 + 1096 + 552 = 16739. */
    {1024, 1000, 60, 17, true},
    /* 120 MiB/s is more than 10^9 bits/s: slowed, twice the 8590 ms. */
    {1024, 1000, 120, 18, false},
    /* Slowed, and smaller than a second: 2 * 1 ms. */
    {1, 10000, 2000, 1, false},
};

Test(migration_time, copies) {
  for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
    const copy_case *c = &copies[i];
    berth_vm_spec vm = fixture_vm_spec("v", NULL, 0, c->memory_mib);
    berth_host_spec host = fixture_host_spec("a", 1, 1);
    vm.dirty_mib_per_second = c->dirty;
    host.link_mbps = c->link_mbps;
    berth_host_spec other = host;
    other.id = "b";
    int64_t wait, seconds;
    cr_assert_eq(time_of(vm, host, other, &wait, &seconds), c->converges, "row %zu", i);
    cr_assert_eq(seconds, c->seconds, "row %zu: %lld", i, (long long)seconds);
    cr_assert_eq(wait, 0);
  }
}

Test(migration_time, the_slower_link_counts) {
  berth_vm_spec vm = fixture_vm_spec("v", NULL, 0, 1024);
  berth_host_spec fast = fixture_host_spec("a", 1, 1), slow = fixture_host_spec("b", 1, 1);
  int64_t wait, seconds;
  slow.link_mbps = 1000; /* 8590 ms */
  cr_assert(time_of(vm, fast, slow, &wait, &seconds));
  cr_assert_eq(seconds, 9);
  cr_assert(time_of(vm, slow, fast, &wait, &seconds));
  cr_assert_eq(seconds, 9);
}

/*
 * Dirty rates just below the link: 10^6 * L / 8388608 has no whole multiple near, so the ratio is
 * set by large links. L = 8388608 Mbps carries 10^6 MiB a second exactly. With 999001 MiB/s the
 * pass of 1001 ms is followed by ceil(1001 * 0.999001) = ceil(1000.000001) = 1001: it comes to rest
 * and never ends. With 999000 it is ceil(999.999) = 1000 and ends.
 */
Test(migration_time, passes_that_come_to_rest_do_not_converge) {
  berth_vm_spec vm = fixture_vm_spec("v", NULL, 0, 1001001); /* first pass: ceil(1001.001) ms */
  berth_host_spec a = fixture_host_spec("a", 1, 1), b = fixture_host_spec("b", 1, 1);
  int64_t wait, seconds;
  a.link_mbps = b.link_mbps = 8388608;
  vm.dirty_mib_per_second = 999001;
  cr_assert_not(time_of(vm, a, b, &wait, &seconds));
  cr_assert_eq(seconds, 3, "twice 1002 ms");
  /* 1002 -> ceil(1000.998) = 1001 -> 1000: 3003 ms. */
  vm.dirty_mib_per_second = 999000;
  cr_assert(time_of(vm, a, b, &wait, &seconds));
  cr_assert_eq(seconds, 4);
  /* A first pass within a second is the last, whatever is dirtied below the link. */
  vm.memory_mib = vm.memory_reservation_mib = 1000000;
  vm.dirty_mib_per_second = 999999;
  cr_assert(time_of(vm, a, b, &wait, &seconds));
  cr_assert_eq(seconds, 1);
}

/* The largest quantities: 2^40 MiB at 1 Mbps are 2^63 / 1000 ms, or 9223372036854776 s rounded up.
 */
Test(migration_time, nothing_overflows) {
  berth_vm_spec vm = fixture_vm_spec("v", NULL, 0, BERTH_QUANTITY_MAX);
  berth_host_spec a = fixture_host_spec("a", 1, 1), b = fixture_host_spec("b", 1, 1);
  int64_t wait, seconds;
  a.link_mbps = b.link_mbps = 1;
  cr_assert(time_of(vm, a, b, &wait, &seconds));
  cr_assert_eq(seconds, INT64_C(9223372036855));
  vm.dirty_mib_per_second = BERTH_QUANTITY_MAX;
  cr_assert_not(time_of(vm, a, b, &wait, &seconds));
  cr_assert_eq(seconds, INT64_C(18446744073710));
}

typedef struct wait_case {
  int64_t host, vm, hardware;
  bool enabled, registered;
  int64_t wait;
} wait_case;

/* The source host's timeout caps the VM's; an unset one of the VM is the host's. */
static const wait_case waits[] = {
    {60, 120, 20, true, true, 60},         {90, 60, 20, true, true, 60},
    {90, BERTH_UNSET, 21, true, true, 90}, {60, 120, 20, true, false, 0}, /* no application */
    {60, 120, 20, false, true, 0},                                        /* off on the VM */
    {60, 120, 19, true, true, 0},                                         /* hardware too old */
    {60, 120, BERTH_UNSET, true, true, 0},                                /* hardware unknown */
    {BERTH_UNSET, 120, 20, true, true, 0}, /* the host lacks the feature */
    {0, 120, 20, true, true, 0},           {60, 0, 20, true, true, 0},
};

Test(migration_time, waits) {
  for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
    const wait_case *c = &waits[i];
    berth_vm_spec vm = fixture_vm_spec("v", NULL, 0, 1);
    berth_host_spec from = fixture_host_spec("a", 1, 1), to = fixture_host_spec("b", 1, 1);
    from.notify_timeout = c->host;
    vm.notify_timeout = c->vm;
    vm.notify_hardware = c->hardware;
    vm.notify_enabled = c->enabled;
    vm.notify_registered = c->registered;
    int64_t wait, seconds;
    cr_assert(time_of(vm, from, to, &wait, &seconds));
    cr_assert_eq(wait, c->wait, "row %zu", i);
    from.notify_timeout = BERTH_UNSET;
    to.notify_timeout = 500;
    cr_assert(time_of(vm, from, to, &wait, &seconds));
    cr_assert_eq(wait, 0, "the destination's timeout does not count");
  }
}
