/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission control on clusters worked out by hand, most of them from the vendor's documentation.
 */
#include "admission_policy.h"
#include "inventory_fixture.h"

#include <stdio.h>

enum { GHZ = 1000, GIB = 1024 };

typedef struct figures_of {
  arena memory;
  admission_policy policy;
} figures_of;

static figures_of compute(const berth_inventory *inventory) {
  figures_of of;
  arena_init(&of.memory, &inventory->allocator);
  cr_assert(admission_policy_compute(inventory, 0, &of.memory, &of.policy));
  return of;
}

/* Hosts (9 GHz, 9 GiB), (9, 6), (6, 6); VMs (2, 1) (2, 1) (1, 2) (1, 1) (1, 1). */
static const berth_inventory *documented(fixture *f, berth_cluster_spec spec) {
  uint32_t c = BERTH_NONE;
  spec.id = "prod";
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &c), BERTH_OK);
  fixture_host(f, c, "h1", 9 * GHZ, 9 * GIB);
  fixture_host(f, c, "h2", 9 * GHZ, 6 * GIB);
  fixture_host(f, c, "h3", 6 * GHZ, 6 * GIB);
  fixture_vm(f, c, "v1", "h1", 2 * GHZ, 1 * GIB);
  fixture_vm(f, c, "v2", "h1", 2 * GHZ, 1 * GIB);
  fixture_vm(f, c, "v3", "h2", 1 * GHZ, 2 * GIB);
  fixture_vm(f, c, "v4", "h2", 1 * GHZ, 1 * GIB);
  fixture_vm(f, c, "v5", "h3", 1 * GHZ, 1 * GIB);
  return fixture_freeze(f);
}

static berth_audit_policy documented_figures(berth_cluster_spec spec, figures_of *of, fixture *f,
                                             const berth_inventory **inventory) {
  *f = fixture_begin();
  *inventory = documented(f, spec);
  *of = compute(*inventory);
  return of->policy.figures;
}

static void finish(figures_of *of, fixture *f, const berth_inventory *inventory) {
  arena_free(&of->memory);
  berth_inventory_release(inventory);
  fixture_end(f);
}

Test(admission_policy, documented_slots) {
  fixture f;
  figures_of of;
  const berth_inventory *inventory;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
  cr_assert_eq(p.slot_cpu_mhz, 2 * GHZ);
  cr_assert_eq(p.slot_memory_mib, 2 * GIB);
  cr_assert_eq(p.slots, 4 + 3 + 3);
  cr_assert_eq(of.policy.slots[0], 4);
  cr_assert_eq(of.policy.slots[1], 3);
  cr_assert_eq(of.policy.slots[2], 3);
  cr_assert_eq(p.slots_used, 5);
  cr_assert_eq(p.failover_level, 1);
  cr_assert_eq(p.slots_unreserved, 1);
  cr_assert_eq(p.multi_slot_vms, 0);
  cr_assert(admission_policy_claims(&of.policy, BERTH_AUDIT_CLAIM_SLOTS, 1));
  cr_assert_not(admission_policy_claims(&of.policy, BERTH_AUDIT_CLAIM_SLOTS, 2));
  finish(&of, &f, inventory);
}

Test(admission_policy, documented_percentages) {
  fixture f;
  figures_of of;
  const berth_inventory *inventory;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
  cr_assert_eq(p.cpu.capacity, 24 * GHZ);
  cr_assert_eq(p.cpu.needed, 7 * GHZ);
  cr_assert_eq(p.cpu.free_basis_points, 7083);
  cr_assert_eq(p.cpu.free_percent, 70);
  cr_assert_eq(p.memory.free_basis_points, 7143);
  cr_assert_eq(p.memory.free_percent, 71);
  cr_assert_eq(p.reserve_cpu_num, 1); /* one failure of three hosts */
  cr_assert_eq(p.reserve_cpu_den, 3);
  cr_assert(p.percentage_satisfied);
  cr_assert(admission_policy_claims(&of.policy, BERTH_AUDIT_CLAIM_PERCENTAGE, 2));
  cr_assert_not(admission_policy_claims(&of.policy, BERTH_AUDIT_CLAIM_PERCENTAGE, 3));
  finish(&of, &f, inventory);
}

/* 17/24 is 70.83 percent: more than 70, less than 71, whatever is displayed. */
Test(admission_policy, percentages_are_compared_unrounded) {
  for (int64_t percent = 70; percent <= 72; percent++) {
    fixture f;
    figures_of of;
    const berth_inventory *inventory;
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    spec.reserve_cpu_percent = percent;
    spec.reserve_memory_percent = 71;
    berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
    cr_assert_eq(p.cpu.enough, percent == 70);
    cr_assert(p.memory.enough); /* 71.43 */
    cr_assert_eq(p.percentage_satisfied, percent == 70);
    finish(&of, &f, inventory);
  }
}

/* A fixed slot of 1 GHz and 1 GiB: hosts 9, 6, 6; VMs take 2, 2, 2, 1, 1. */
Test(admission_policy, fixed_slots_replace_what_is_computed) {
  fixture f;
  figures_of of;
  const berth_inventory *inventory;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.slot_cpu_mhz = 1 * GHZ;
  spec.slot_memory_mib = 1 * GIB;
  berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
  cr_assert_eq(p.slots, 21);
  cr_assert_eq(p.slots_used, 8);
  cr_assert_eq(p.multi_slot_vms, 3);
  cr_assert_eq(p.failover_level, 1); /* 12 are left after one, 6 after two */
  cr_assert_eq(p.slots_unreserved, 4);
  finish(&of, &f, inventory);
}

/* In 4.x they are upper bounds: 4 GHz bounds nothing, 1 GiB does. Later, both replace. */
Test(admission_policy, eras_differ_in_what_a_size_means) {
  for (int era = BERTH_ERA_AAM; era <= BERTH_ERA_FDM65; era++) {
    fixture f;
    figures_of of;
    const berth_inventory *inventory;
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    spec.era = (berth_era)era;
    spec.slot_cpu_mhz = 4 * GHZ;
    spec.slot_memory_mib = 1 * GIB;
    berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
    cr_assert_eq(p.slot_cpu_mhz, era == BERTH_ERA_AAM ? 2 * GHZ : 4 * GHZ);
    cr_assert_eq(p.slot_memory_mib, 1 * GIB);
    finish(&of, &f, inventory);
  }
}

/* A VM that reserves nothing counts with 32 MHz, in 4.x with 256. */
Test(admission_policy, least_cpu) {
  for (int era = BERTH_ERA_AAM; era <= BERTH_ERA_FDM65; era++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.era = (berth_era)era;
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h1", 2560, 1024);
    berth_vm_spec vm = fixture_vm_spec("v", "h1", 0, 0);
    vm.memory_mib = 512;
    vm.overhead_mib = 64;
    fixture_add_vm(&f, c, vm);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    cr_assert_eq(of.policy.figures.slot_cpu_mhz, era == BERTH_ERA_AAM ? 256 : 32);
    cr_assert_eq(of.policy.figures.slot_memory_mib, 64);
    cr_assert_eq(of.policy.figures.slots, era == BERTH_ERA_AAM ? 10 : 16);
    cr_assert_not(of.policy.figures.percentage_satisfied); /* it takes two hosts */
    finish(&of, &f, inventory);
  }
}

/* Hosts of 16, 16 and 32 slots: 32 are left after one failure, 16 after two. */
static berth_audit_policy uneven(uint32_t failures, uint32_t vms, figures_of *of, fixture *f,
                                 const berth_inventory **inventory) {
  *f = fixture_begin();
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c = BERTH_NONE;
  spec.id = "prod";
  spec.admission = BERTH_ADMISSION_SLOTS;
  spec.admission_failures = failures;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &c), BERTH_OK);
  fixture_host(f, c, "h1", 16 * GHZ, 16 * GIB);
  fixture_host(f, c, "h2", 16 * GHZ, 16 * GIB);
  fixture_host(f, c, "h3", 32 * GHZ, 32 * GIB);
  for (uint32_t v = 0; v < vms; v++) {
    char id[8];
    (void)snprintf(id, sizeof id, "v%u", v);
    fixture_vm(f, c, id, "h3", 1 * GHZ, 1 * GIB);
  }
  *inventory = fixture_freeze(f);
  *of = compute(*inventory);
  return of->policy.figures;
}

Test(admission_policy, the_largest_hosts_go_first) {
  fixture f;
  figures_of of;
  const berth_inventory *inventory;
  berth_audit_policy p = uneven(1, 10, &of, &f, &inventory);
  cr_assert_eq(p.slots_unreserved, 32 - 10);
  cr_assert_eq(p.failover_level, 2);
  finish(&of, &f, inventory);
  p = uneven(2, 10, &of, &f, &inventory);
  cr_assert_eq(p.slots_unreserved, 16 - 10);
  finish(&of, &f, inventory);
  p = uneven(2, 17, &of, &f, &inventory);
  cr_assert_eq(p.slots_unreserved, 0);
  cr_assert_eq(p.slots_short, 1);
  cr_assert_eq(p.failover_level, 1);
  finish(&of, &f, inventory);
}

/* One of two hosts of 10 GHz is left. 12 GHz are used: 12 × (1 − t) > 10 below t = 17 percent. */
Test(admission_policy, degradation) {
  for (int64_t percent = 0; percent <= 100; percent++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.degradation_percent = percent;
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h1", 10 * GHZ, 10 * GIB);
    fixture_host(&f, c, "h2", 10 * GHZ, 10 * GIB);
    for (int v = 0; v < 2; v++) {
      berth_vm_spec vm = fixture_vm_spec(v == 0 ? "v0" : "v1", v == 0 ? "h1" : "h2", 100, 100);
      vm.cpu_usage_mhz = 6 * GHZ;
      fixture_add_vm(&f, c, vm);
    }
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    cr_assert_eq(of.policy.figures.degradation_cpu, percent < 17, "%d", (int)percent);
    cr_assert_not(of.policy.figures.degradation_memory);
    finish(&of, &f, inventory);
  }
}

/* Hosts in maintenance or standby are no capacity; what is off or waits takes no slot. */
Test(admission_policy, only_what_is_on_counts) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10 * GHZ, 10 * GIB);
  berth_host_spec shut = fixture_host_spec("h2", 10 * GHZ, 10 * GIB);
  shut.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(&f, c, shut);
  shut.id = "h3";
  shut.state = BERTH_HOST_STANDBY;
  fixture_add_host(&f, c, shut);
  fixture_vm(&f, c, "on", "h1", 1 * GHZ, 1 * GIB);
  berth_vm_spec off = fixture_vm_spec("off", "h1", 9 * GHZ, 9 * GIB);
  off.power = BERTH_POWER_OFF;
  fixture_add_vm(&f, c, off);
  fixture_vm(&f, c, "waits", NULL, 9 * GHZ, 9 * GIB);
  const berth_inventory *inventory = fixture_freeze(&f);
  figures_of of = compute(inventory);
  cr_assert_eq(of.policy.figures.usable_hosts, 1);
  cr_assert_eq(of.policy.figures.slots, 10);
  cr_assert_eq(of.policy.figures.slots_used, 1);
  cr_assert_eq(of.policy.figures.failover_level, 0);
  finish(&of, &f, inventory);
}

/* Only hosts that are online count. A host that is entering maintenance is not one, while what runs
 * on it goes on to count: 2 of 10 GHz are free on h1, and 12 of 20 with h2. */
Test(admission_policy, usable_hosts) {
  static const berth_host_state states[] = {
      BERTH_HOST_ONLINE, BERTH_HOST_ENTERING_MAINTENANCE, BERTH_HOST_MAINTENANCE,
      BERTH_HOST_FAILED, BERTH_HOST_DISCONNECTED,         BERTH_HOST_ISOLATED};
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    fixture f = fixture_begin();
    uint32_t c = fixture_cluster(&f, "prod");
    fixture_host(&f, c, "h1", 10 * GHZ, 10 * GIB);
    berth_host_spec other = fixture_host_spec("h2", 10 * GHZ, 10 * GIB);
    other.state = states[i];
    fixture_add_host(&f, c, other);
    fixture_vm(&f, c, "v1", "h1", 4 * GHZ, 1 * GIB);
    fixture_vm(&f, c, "v2", "h2", 4 * GHZ, 1 * GIB);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    bool online = states[i] == BERTH_HOST_ONLINE;
    cr_assert_eq(of.policy.figures.usable_hosts, online ? 2 : 1);
    cr_assert_eq(of.policy.figures.cpu.needed, 8 * GHZ);
    cr_assert_eq(of.policy.figures.cpu.free_percent, online ? 60 : 20);
    cr_assert_eq(of.policy.figures.slots, online ? 4 : 2); /* of 4 GHz and 1 GiB */
    cr_assert_eq(of.policy.figures.slots_used, 2);
    finish(&of, &f, inventory);
  }
}

/* Enough is free on one host, too; but one that fails is all. */
Test(admission_policy, percentages_want_two_hosts) {
  for (int entering = 0; entering < 2; entering++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.reserve_cpu_percent = spec.reserve_memory_percent = 25;
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h1", 10 * GHZ, 10 * GIB);
    berth_host_spec other = fixture_host_spec("h2", 10 * GHZ, 10 * GIB);
    other.state = entering ? BERTH_HOST_ENTERING_MAINTENANCE : BERTH_HOST_ONLINE;
    fixture_add_host(&f, c, other);
    fixture_vm(&f, c, "v", "h1", 1 * GHZ, 1 * GIB);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    cr_assert(of.policy.figures.cpu.enough && of.policy.figures.memory.enough);
    cr_assert_eq(of.policy.figures.percentage_satisfied, !entering);
    finish(&of, &f, inventory);
  }
}

/* What reserves nothing counts with 32 MHz (256 in 4.x) in the sums, too. Three VMs of 0, 0 and 300
 * MHz need 364 or 812 of 1,600 MHz. */
Test(admission_policy, least_cpu_in_percentages) {
  for (int era = BERTH_ERA_AAM; era <= BERTH_ERA_FDM65; era++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.era = (berth_era)era;
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h1", 800, 1 * GIB);
    fixture_host(&f, c, "h2", 800, 1 * GIB);
    fixture_vm(&f, c, "v1", "h1", 0, 100);
    fixture_vm(&f, c, "v2", "h1", 0, 100);
    fixture_vm(&f, c, "v3", "h2", 300, 100);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    cr_assert_eq(of.policy.figures.cpu.needed, era == BERTH_ERA_AAM ? 812 : 364);
    cr_assert_eq(of.policy.figures.cpu.enough, era != BERTH_ERA_AAM); /* half is to be free */
    finish(&of, &f, inventory);
  }
}

/* Memory counts with its overhead, and all that is configured where the reservation is locked. */
Test(admission_policy, memory_of_a_vm) {
  for (int locked = 0; locked < 2; locked++) {
    fixture f = fixture_begin();
    uint32_t c = fixture_cluster(&f, "prod");
    fixture_host(&f, c, "h1", 10 * GHZ, 10 * GIB);
    fixture_host(&f, c, "h2", 10 * GHZ, 10 * GIB);
    berth_vm_spec vm = fixture_vm_spec("v", "h1", 100, 0);
    vm.memory_mib = 2 * GIB;
    vm.memory_reservation_mib = 1 * GIB;
    vm.memory_locked = locked;
    vm.overhead_mib = 96;
    fixture_add_vm(&f, c, vm);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    int64_t needed = (locked ? 2 : 1) * GIB + 96;
    cr_assert_eq(of.policy.figures.slot_memory_mib, needed);
    cr_assert_eq(of.policy.figures.memory.needed, needed);
    finish(&of, &f, inventory);
  }
}

/* In 4.x a bound below what a VM needs makes it take several slots; one above bounds nothing. */
Test(admission_policy, upper_bounds_of_slots) {
  for (int64_t bound = 500; bound <= 2000; bound += 500) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.era = BERTH_ERA_AAM;
    spec.slot_cpu_mhz = bound;
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h1", 6 * GHZ, 10 * GIB);
    fixture_vm(&f, c, "v", "h1", 1500, 100);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    int64_t slot = bound < 1500 ? bound : 1500;
    cr_assert_eq(of.policy.figures.slot_cpu_mhz, slot);
    cr_assert_eq(of.policy.figures.slots_used, bound == 500 ? 3 : bound == 1000 ? 2 : 1);
    cr_assert_eq(of.policy.figures.slots, 6 * GHZ / slot);
    finish(&of, &f, inventory);
  }
}

/* Memory degrades as cpu does; where usage is not known the reservation stands for it. Two of three
 * hosts of 10 GiB are left, 24 or 20 GiB are used: 24 × (1 − t) > 20 below t = 16.7 percent. */
Test(admission_policy, degradation_of_memory) {
  for (int known = 0; known < 2; known++) {
    for (int64_t percent = 16; percent <= 17; percent++) {
      fixture f = fixture_begin();
      berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
      uint32_t c = BERTH_NONE;
      spec.id = "prod";
      spec.degradation_percent = percent;
      cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
      for (int h = 0; h < 3; h++) {
        char id[8];
        (void)snprintf(id, sizeof id, "h%d", h);
        fixture_host(&f, c, id, 10 * GHZ, 10 * GIB);
        berth_vm_spec vm = fixture_vm_spec("v", id, 100, 8 * GIB);
        vm.id = h == 0 ? "v0" : h == 1 ? "v1" : "v2";
        vm.memory_usage_mib = known && h > 0 ? 6 * GIB : BERTH_UNSET;
        fixture_add_vm(&f, c, vm);
      }
      const berth_inventory *inventory = fixture_freeze(&f);
      figures_of of = compute(inventory);
      cr_assert_eq(of.policy.figures.degradation_memory, !known && percent == 16);
      cr_assert_not(of.policy.figures.degradation_cpu);
      finish(&of, &f, inventory);
    }
  }
}

/* As many failures as dedicated hosts are online; what they hold is not asked. */
Test(admission_policy, dedicated_hosts) {
  for (int down = 0; down <= 2; down++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    uint32_t c = BERTH_NONE;
    spec.id = "prod";
    spec.admission = BERTH_ADMISSION_DEDICATED;
    spec.dedicated_hosts = "s0 s1";
    cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
    fixture_host(&f, c, "h", 10 * GHZ, 10 * GIB);
    for (int s = 0; s < 2; s++) {
      berth_host_spec spare = fixture_host_spec(s == 0 ? "s0" : "s1", 1 * GHZ, 1 * GIB);
      spare.state = s < down ? BERTH_HOST_MAINTENANCE : BERTH_HOST_ONLINE;
      fixture_add_host(&f, c, spare);
    }
    fixture_vm(&f, c, "v", "h", 5 * GHZ, 5 * GIB);
    const berth_inventory *inventory = fixture_freeze(&f);
    figures_of of = compute(inventory);
    cr_assert_eq(of.policy.figures.dedicated_hosts, 2);
    cr_assert_eq(of.policy.figures.dedicated_usable, 2 - down);
    for (uint32_t failures = 0; failures <= 3; failures++)
      cr_assert_eq(admission_policy_claims(&of.policy, BERTH_AUDIT_CLAIM_DEDICATED, failures),
                   failures + (uint32_t)down <= 2);
    finish(&of, &f, inventory);
  }
}

/* minMemoryMib 3 GiB: slots of (2 GHz, 3 GiB), so hosts have 3, 2, 2; minCpuMhz 4000: (4, 2), so 2,
 * 2,
 * 1. Neither makes a VM need more slots than one. */
Test(admission_policy, least_sizes_of_a_slot) {
  static const int64_t sizes[2][5] = {{2 * GHZ, 3 * GIB, 7, 3, 2}, {4 * GHZ, 2 * GIB, 5, 2, 1}};
  for (int i = 0; i < 2; i++) {
    fixture f;
    figures_of of;
    const berth_inventory *inventory;
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    if (i == 0)
      spec.slot_min_memory_mib = 3 * GIB;
    else
      spec.slot_min_cpu_mhz = 4 * GHZ;
    berth_audit_policy p = documented_figures(spec, &of, &f, &inventory);
    cr_assert_eq(p.slot_cpu_mhz, sizes[i][0]);
    cr_assert_eq(p.slot_memory_mib, sizes[i][1]);
    cr_assert_eq(p.slots, sizes[i][2]);
    cr_assert_eq(p.slots_most, sizes[i][3]);
    cr_assert_eq(p.slots_least, sizes[i][4]);
    cr_assert_eq(p.slots_used, 5);
    finish(&of, &f, inventory);
  }
}
