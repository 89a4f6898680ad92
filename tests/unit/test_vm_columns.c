/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A builder's VMs in columns: an inventory made of them has what was given, as has one made of
 * specs; and a builder spells them out where they cannot stay, with nothing lost.
 */
#include "builder_internal.h"
#include "inventory_fixture.h"
#include <stdio.h>

static berth_vm_spec spec_of(uint32_t number, char *id, char *name) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  const int64_t n = number;
  sprintf(id, "vm%u", number);
  sprintf(name, "The %u", number);
  spec.id = id;
  spec.name = number % 3 == 0 ? NULL : name;
  spec.host = number % 4 == 0 ? NULL : "h";
  spec.power = number % 4 == 0 ? BERTH_POWER_OFF : BERTH_POWER_ON;
  spec.cpus = n + 1;
  spec.memory_mib = n + 1000;
  spec.priority = number % 2 == 0 ? BERTH_PRIORITY_UNSET : BERTH_PRIORITY_LOW;
  spec.cpu_reservation_mhz = n + 2;
  spec.memory_reservation_mib = n + 3;
  spec.overhead_mib = n + 4;
  spec.memory_locked = number % 5 == 0;
  spec.cpu_usage_mhz = number % 6 == 0 ? BERTH_UNSET : n + 5;
  spec.memory_usage_mib = n + 6;
  spec.dirty_mib_per_second = n + 7;
  spec.movable = number % 7 != 0;
  spec.numa = number % 8 == 0 ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
  spec.evc_level = number % 9 == 0 ? BERTH_UNSET : n + 8;
  spec.notify_enabled = number % 10 == 0;
  spec.notify_registered = number % 11 == 0;
  spec.notify_timeout = n + 9;
  spec.notify_hardware = n + 10;
  spec.notify_ack_seconds = n + 11;
  spec.notify_settle_seconds = n + 12;
  spec.position = fixture_at(number + 1);
  return spec;
}

static void add(fixture *f, uint32_t cluster, const berth_vm_spec *spec) {
  cr_assert_eq(berth_builder_add_vm(f->builder, cluster, spec, NULL), BERTH_OK);
}

static void check_texts(const berth_inventory *inventory, uint32_t v, const berth_vm_spec *spec) {
  cr_expect_str_eq(inventory->vm_id[v], spec->id);
  cr_expect_eq(inventory->vm_name[v] == NULL, spec->name == NULL);
  if (spec->name != NULL)
    cr_expect_str_eq(inventory->vm_name[v], spec->name);
  cr_expect_eq(inventory->vm_host[v], spec->host == NULL ? BERTH_NONE : 0);
  cr_expect_eq(inventory->vm_cluster[v], 0);
}

static void check_numbers(const berth_inventory *inventory, uint32_t v, const berth_vm_spec *spec) {
  cr_expect_eq(inventory->vm_cpus[v], spec->cpus);
  cr_expect_eq(inventory->vm_memory[v], spec->memory_mib);
  cr_expect_eq(inventory->vm_cpu_reservation[v], spec->cpu_reservation_mhz);
  cr_expect_eq(inventory->vm_memory_reservation[v], spec->memory_reservation_mib);
  cr_expect_eq(inventory->vm_overhead[v], spec->overhead_mib);
  cr_expect_eq(inventory->vm_cpu_usage[v], spec->cpu_usage_mhz);
  cr_expect_eq(inventory->vm_memory_usage[v], spec->memory_usage_mib);
  cr_expect_eq(inventory->vm_dirty[v], spec->dirty_mib_per_second);
  cr_expect_eq(inventory->vm_evc_level[v], spec->evc_level);
}

static void check_rest(const berth_inventory *inventory, uint32_t v, const berth_vm_spec *spec) {
  const frozen_notification *notification = &inventory->vm_notification[v];
  const bool unset = spec->priority == BERTH_PRIORITY_UNSET;
  cr_expect_eq(inventory->vm_power[v], spec->power);
  cr_expect_eq(inventory->vm_priority[v], unset ? BERTH_PRIORITY_HIGH : spec->priority);
  cr_expect_eq(inventory->vm_movable[v], spec->movable);
  cr_expect_eq(inventory->vm_numa[v], spec->numa);
  cr_expect_eq(inventory->vm_memory_locked[v], spec->memory_locked);
  cr_expect_eq(notification->enabled, spec->notify_enabled);
  cr_expect_eq(notification->registered, spec->notify_registered);
  cr_expect_eq(notification->timeout, spec->notify_timeout);
  cr_expect_eq(notification->hardware, spec->notify_hardware);
  cr_expect_eq(notification->ack_seconds, spec->notify_ack_seconds);
  cr_expect_eq(notification->settle_seconds, spec->notify_settle_seconds);
}

/* The first time from the columns, then from the specs; the inventories outlive the builder. */
Test(vm_columns, inventories_have_what_was_given) {
  enum { VMS = 300 };
  fixture f = fixture_begin();
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  berth_inventory *inventories[2] = {NULL, NULL};
  char id[16], name[16];
  cluster.id = "c";
  cluster.default_priority = BERTH_PRIORITY_HIGH;
  cr_assert_eq(berth_builder_add_cluster(f.builder, &cluster, NULL), BERTH_OK);
  fixture_host(&f, 0, "h", 100000, 1000000);
  for (uint32_t v = 0; v < VMS; v++) {
    const berth_vm_spec spec = spec_of(v, id, name);
    add(&f, 0, &spec);
  }
  for (int round = 0; round < 2; round++) {
    cr_expect_eq(f.builder->columns.given_to == NULL, round == 0);
    cr_assert_eq(berth_builder_freeze(f.builder, &inventories[round]), BERTH_OK);
  }
  fixture_end(&f);
  for (int round = 0; round < 2; round++) {
    cr_assert_eq(inventories[round]->vm_count, VMS);
    for (uint32_t v = 0; v < VMS; v++) {
      const berth_vm_spec spec = spec_of(v, id, name);
      check_texts(inventories[round], v, &spec);
      check_numbers(inventories[round], v, &spec);
      check_rest(inventories[round], v, &spec);
      uint32_t found = BERTH_NONE;
      cr_expect_eq(berth_inventory_find_vm(inventories[round], spec.id, &found), BERTH_OK);
      cr_expect_eq(found, v);
    }
    berth_inventory_release(inventories[round]);
  }
}

/* What needs a word, or another order, is spelled out. */
Test(vm_columns, spelled_out_where_they_do_not_fit) {
  static const struct {
    const char *id;
    uint32_t cluster;
    int64_t cpus, reservation;
    bool fits;
  } cases[] = {{"a", 1, 1, 0, true},    {"a", 0, 1, 0, false},    {"a b", 1, 1, 0, false},
               {"", 1, 1, 0, false},    {NULL, 1, 1, 0, false},   {"a", 1, 0, 0, false},
               {"a", 1, 1, 1000, true}, {"a", 1, 1, 1001, false}, {"a", 2, 1, 0, true},
               {"first", 1, 1, 0, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const uint32_t more = 2 + 63 * (uint32_t)i; /* runs are whole and not */
    char id[16], name[16];
    fixture f = fixture_begin();
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    for (int c = 0; c < 3; c++)
      fixture_cluster(&f, c == 0 ? "x" : c == 1 ? "y" : "z");
    spec.id = "first";
    spec.cpus = 1;
    spec.memory_mib = 1000;
    add(&f, 1, &spec);
    spec.id = cases[i].id;
    spec.cpus = cases[i].cpus;
    spec.memory_reservation_mib = cases[i].reservation;
    add(&f, cases[i].cluster, &spec);
    for (uint32_t v = 2; v < more; v++) {
      sprintf(id, "more%u", v);
      spec = spec_of(v, id, name);
      spec.position = fixture_at(v);
      add(&f, 2, &spec);
    }
    cr_assert_eq(builder_fill_columns(f.builder), BERTH_OK);
    cr_expect_eq(f.builder->in_columns, cases[i].fits, "case %zu", i);
    cr_expect_eq(f.builder->columns.count, cases[i].fits ? more : 0);
    cr_expect_eq(f.builder->vms.count, cases[i].fits ? 0 : more);
    cr_expect_eq(builder_vm_count(f.builder), more);
    fixture_end(&f);
  }
}

/* Ids that two VMs have, each sound by itself, are told as ever. */
Test(vm_columns, same_ids_are_told) {
  fixture f = fixture_begin();
  berth_inventory *inventory = NULL;
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  fixture_cluster(&f, "x");
  spec.id = "same";
  spec.cpus = spec.memory_mib = 1;
  for (uint32_t line = 7; line < 9; line++) {
    spec.position = fixture_at(line);
    add(&f, 0, &spec);
  }
  cr_assert_eq(builder_fill_columns(f.builder), BERTH_OK);
  cr_expect_eq(f.builder->columns.count, 2);
  cr_assert_eq(berth_builder_freeze(f.builder, &inventory), BERTH_E_INVALID);
  cr_expect_str_eq(berth_context_detail(f.ctx),
                   "test.xml:8:1: vm \"same\": another vm, in line 7, has this id; expected ids "
                   "that are unique");
  fixture_end(&f);
}

/* The builder is left as it was: it goes on, while the inventory has its columns. */
Test(vm_columns, builder_goes_on_after_freezing) {
  enum { VMS = 150 };
  fixture f = fixture_begin();
  berth_inventory *first = NULL, *second = NULL;
  char id[16], name[16];
  uint32_t index = 0;
  fixture_cluster(&f, "c");
  fixture_host(&f, 0, "h", 100000, 1000000);
  for (uint32_t v = 0; v < VMS; v++) {
    const berth_vm_spec spec = spec_of(v, id, name);
    add(&f, 0, &spec);
  }
  cr_assert_eq(berth_builder_freeze(f.builder, &first), BERTH_OK);
  berth_vm_spec spec = spec_of(VMS, id, name);
  cr_assert_eq(berth_builder_add_vm(f.builder, 0, &spec, &index), BERTH_OK);
  cr_expect_eq(index, VMS);
  berth_inventory_release(first);
  for (uint32_t v = 0; v < VMS; v++) {
    const built_vm *vm = chunked_list_at(&f.builder->vms, v);
    const berth_vm_spec given = spec_of(v, id, name);
    cr_expect_str_eq(vm->spec.id, given.id);
    cr_expect_eq(vm->spec.host == NULL, given.host == NULL);
    cr_expect_eq(vm->spec.priority, given.priority);
    cr_expect_eq(vm->spec.position.line, v + 1);
    cr_expect_str_eq(vm->spec.position.source, "test.xml");
  }
  cr_assert_eq(berth_builder_freeze(f.builder, &second), BERTH_OK);
  cr_assert_eq(second->vm_count, VMS + 1);
  for (uint32_t v = 0; v <= VMS; v++) {
    spec = spec_of(v, id, name);
    check_texts(second, v, &spec);
    check_numbers(second, v, &spec);
  }
  berth_inventory_release(second);
  fixture_end(&f);
}

/* An error leaves the columns to the builder, which may be frozen when it is mended. */
Test(vm_columns, errors_leave_the_columns) {
  fixture f = fixture_begin();
  berth_inventory *inventory = NULL;
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  fixture_cluster(&f, "c");
  spec.id = "v";
  spec.host = "late";
  spec.cpus = spec.memory_mib = 1;
  spec.position = fixture_at(3);
  add(&f, 0, &spec);
  cr_assert_eq(berth_builder_freeze(f.builder, &inventory), BERTH_E_INVALID);
  cr_expect_str_eq(berth_context_detail(f.ctx),
                   "test.xml:3:1: vm \"v\": host \"late\" is not in cluster \"c\"; expected the id "
                   "of one of its hosts");
  cr_expect(f.builder->in_columns);
  fixture_host(&f, 0, "late", 1, 1);
  cr_assert_eq(berth_builder_freeze(f.builder, &inventory), BERTH_OK);
  cr_expect_eq(inventory->vm_host[0], 0);
  fixture_end(&f);
  cr_expect_str_eq(inventory->vm_id[0], "v");
  berth_inventory_release(inventory);
}
