/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacities that are worked out by hand.
 */
#include "inventory_fixture.h"

#include <berth/capacity.h>
#include <stdlib.h>

static const int64_t limits[] = {0, 1, 2, BERTH_UNLIMITED};

static berth_capacity_request ask_for(const berth_capacity_flavour *flavours, uint32_t count) {
  berth_capacity_request request = BERTH_CAPACITY_REQUEST_INIT;
  request.flavours = flavours;
  request.flavour_count = count;
  request.migrations = limits;
  request.migration_count = 4;
  return request;
}

static berth_capacity_flavour sized(int64_t cpu, int64_t memory) {
  berth_capacity_flavour flavour = BERTH_CAPACITY_FLAVOUR_INIT;
  flavour.cpu_mhz = cpu;
  flavour.memory_mib = memory;
  return flavour;
}

static berth_capacity *run(fixture *f, const berth_inventory *inventory,
                           const berth_capacity_request *request) {
  berth_capacity *capacity = NULL;
  cr_assert_eq(berth_capacity_run(f->ctx, inventory, request, &capacity), BERTH_OK, "%s",
               berth_context_detail(f->ctx));
  return capacity;
}

static void finish(fixture *f, const berth_inventory *inventory, berth_capacity *capacity) {
  berth_capacity_free(capacity);
  berth_inventory_release(inventory);
  fixture_end(f);
}

static void expect(const berth_capacity_figure *figure, int64_t count) {
  cr_expect_eq(figure->least, count, "%ld, not %ld", (long)figure->least, (long)count);
  cr_expect_eq(figure->most, count, "at most %ld, not %ld", (long)figure->most, (long)count);
}

/* CPU ends the first host (3 of 1000 MHz), memory the second (2 of 10), VMs the third (1). */
Test(capacity, each_resource_ends_a_host) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 3999, 100);
  fixture_host(&f, c, "b", 9000, 29);
  berth_host_spec third = fixture_host_spec("c", 9000, 100);
  third.max_vms = 1;
  fixture_add_host(&f, c, third);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = sized(1000, 10);
  berth_capacity_request request = ask_for(&flavour, 1);
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  static const uint32_t ends[] = {BERTH_RESOURCE_CPU, BERTH_RESOURCE_MEMORY, BERTH_RESOURCE_VMS};
  static const int64_t fit[] = {3, 2, 1};
  expect(&said->now, 6);
  for (uint32_t h = 0; h < 3; h++) {
    cr_expect_eq(said->hosts[h].vms, fit[h]);
    cr_expect_eq(said->hosts[h].resource, ends[h]);
  }
  /* With no end of CPU 10 + 2 + 1, of memory 3 + 9 + 1, of VMs 3 + 2 + 9. */
  expect(&said->resources[BERTH_RESOURCE_CPU].beyond, 13);
  expect(&said->resources[BERTH_RESOURCE_MEMORY].beyond, 13);
  expect(&said->resources[BERTH_RESOURCE_VMS].beyond, 14);
  cr_expect(said->resources[BERTH_RESOURCE_VMS].binds);
  /* 21999 MHz, of which 6 VMs leave 15999; by the total 21. */
  cr_expect_eq(said->resources[BERTH_RESOURCE_CPU].stranded, 15999);
  cr_expect_eq(said->resources[BERTH_RESOURCE_CPU].by_total, 21);
  finish(&f, inventory, capacity);
}

/* 6 + 6 free, beside a VM of 3 each: for VMs of 9 none as it is, one after a move of one of the
 * two. */
Test(capacity, a_migration_joins_what_is_free) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 9);
  fixture_host(&f, c, "b", 1000, 9);
  fixture_vm(&f, c, "u", "a", 0, 3);
  fixture_vm(&f, c, "v", "b", 0, 3);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = sized(0, 9);
  berth_capacity_request request = ask_for(&flavour, 1);
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  expect(&said->totals, 1);
  expect(&said->migrated[0], 0);
  expect(&said->migrated[1], 1);
  expect(&said->migrated[3], 1);
  finish(&f, inventory, capacity);
}

/* Three hosts of 10, of which one holds 8: 2 + 2 of 4 fit. When the host with the 8 fails, that
 * takes one of the others, and the last holds two: so no more than two are kept, and two on one
 * host are, as the third host is free whichever fails. When both others fail, the first has no
 * room. */
Test(capacity, failures_need_whole_places) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 10);
  fixture_host(&f, c, "b", 1000, 10);
  fixture_host(&f, c, "c", 1000, 10);
  fixture_vm(&f, c, "large", "a", 0, 8);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = sized(0, 4);
  berth_capacity_request request = ask_for(&flavour, 1);
  request.failures = 2;
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  expect(&said->survived[0], 4);
  expect(&said->survived[1], 2);
  expect(&said->survived[2], 0);
  finish(&f, inventory, capacity);
}

/* Kept apart from its like: one on each host, and the first host has one. */
Test(capacity, a_flavour_like_a_vm_joins_its_rules) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 100);
  fixture_host(&f, c, "b", 1000, 100);
  fixture_host(&f, c, "c", 1000, 100);
  fixture_vm(&f, c, "web", "a", 0, 1);
  fixture_rule(&f, c, "spread", BERTH_RULE_APART, BERTH_MUST, "web", NULL);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = BERTH_CAPACITY_FLAVOUR_INIT;
  flavour.like = "web";
  berth_capacity_request request = ask_for(&flavour, 1);
  berth_capacity *capacity = run(&f, inventory, &request);
  expect(&berth_capacity_get_cluster(capacity, 0)->now, 2);
  finish(&f, inventory, capacity);
}

/* 9998 more fit on the one host; no more than 1024 VMs of it are tried out, which is no answer but
 * says nothing wrong either. */
Test(capacity, more_may_fit_than_are_tried_out) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h", 10000, 10000);
  fixture_vm(&f, c, "a", "h", 0, 1);
  fixture_vm(&f, c, "b", "h", 0, 1);
  fixture_rule(&f, c, "pair", BERTH_RULE_TOGETHER, BERTH_MUST, "a b", NULL);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = BERTH_CAPACITY_FLAVOUR_INIT;
  flavour.like = "a";
  berth_capacity_request request = ask_for(&flavour, 1);
  berth_options options;
  berth_options_init(&options);
  options.value[BERTH_OPTION_TIME_LIMIT] = 2000;
  request.options = &options;
  request.failures = 1;
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  cr_expect_leq(said->now.least, 9998);
  cr_expect_geq(said->now.most, 9998);
  finish(&f, inventory, capacity);
}

/* Dedicated, in maintenance and asleep: none of them takes a VM; the last does once it is woken. */
Test(capacity, hosts_that_take_nothing) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c = BERTH_NONE;
  spec.id = "prod";
  spec.admission = BERTH_ADMISSION_DEDICATED;
  spec.dedicated_hosts = "b";
  cr_assert_eq(berth_builder_add_cluster(f.builder, &spec, &c), BERTH_OK);
  fixture_host(&f, c, "a", 1000, 10);
  fixture_host(&f, c, "b", 1000, 10);
  berth_host_spec host = fixture_host_spec("c", 1000, 10);
  host.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(&f, c, host);
  host = fixture_host_spec("d", 1000, 10);
  host.state = BERTH_HOST_STANDBY;
  host.wake = BERTH_WAKE_IPMI;
  fixture_add_host(&f, c, host);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = sized(0, 5);
  berth_capacity_request request = ask_for(&flavour, 1);
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  expect(&said->now, 2);
  expect(&said->woken, 4);
  cr_expect_eq(said->standby_hosts, 1);
  finish(&f, inventory, capacity);
}

/* A mix of one VM of 6 and two of 2 takes 10, five hosts of 8 have 40: four mixes at most. They
 * fit: 6 + 2 on four hosts, 2 four times on the fifth. */
Test(capacity, a_mix) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  static const char *const names[] = {"a", "b", "c", "d", "e"};
  for (int h = 0; h < 5; h++)
    fixture_host(&f, c, names[h], 1000, 8);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavours[] = {sized(0, 2), sized(0, 6)};
  flavours[0].count = 2;
  berth_capacity_request request = ask_for(flavours, 2);
  berth_capacity *capacity = run(&f, inventory, &request);
  expect(&berth_capacity_get_cluster(capacity, 0)->now, 4);
  finish(&f, inventory, capacity);
}

/* One more host of 10 takes 2 of 4 more; 7 of 4 take two more beside the 4 that fit. */
Test(capacity, another_host) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 10);
  fixture_host(&f, c, "b", 1000, 10);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavour = sized(0, 4);
  berth_capacity_request request = ask_for(&flavour, 1);
  request.wanted = 7;
  berth_capacity *capacity = run(&f, inventory, &request);
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, 0);
  cr_assert_eq(said->purchase_count, 1);
  cr_expect_eq(said->purchases[0].there, 2);
  expect(&said->purchases[0].now, 6);
  expect(&said->purchases[0].hosts, 2);
  finish(&f, inventory, capacity);
}

Test(capacity, what_cannot_be_asked) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 10);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity *capacity = NULL;
  berth_capacity_amount amount = {.resource = "vgpu", .amount = 1};
  berth_capacity_flavour flavour = sized(0, 4);
  berth_capacity_request request = ask_for(&flavour, 0);
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_ARGUMENT);
  request = ask_for(&flavour, 1);
  request.failures = 65;
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_ARGUMENT);
  request = ask_for(&flavour, 1);
  request.cluster = "other";
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_NOT_FOUND);
  request.cluster = NULL;
  flavour.memory_mib = 0;
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_ARGUMENT);
  flavour.memory_mib = 4;
  flavour.amounts = &amount;
  flavour.amount_count = 1;
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_NOT_FOUND);
  flavour.amount_count = 0;
  flavour.like = "nobody";
  cr_expect_eq(berth_capacity_run(f.ctx, inventory, &request, &capacity), BERTH_E_NOT_FOUND);
  cr_expect_null(capacity);
  finish(&f, inventory, NULL);
}

/* ------------------------------------------------------------------------------- memory */

typedef struct failing_memory {
  uint64_t left, taken;
  int64_t alive;
} failing_memory;

static void *allocate(void *user, size_t bytes) {
  failing_memory *memory = user;
  memory->taken++;
  void *piece = memory->left > 0 ? malloc(bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL;
  return piece;
}

static void *reallocate(void *user, void *old, size_t bytes) {
  failing_memory *memory = user;
  memory->taken++;
  void *piece = memory->left > 0 ? realloc(old, bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static void release(void *user, void *piece) {
  failing_memory *memory = user;
  memory->alive -= piece != NULL;
  free(piece);
}

/* Whichever allocation fails, nothing is kept and nothing is said. */
Test(capacity, memory_runs_out) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 9);
  fixture_host(&f, c, "b", 1000, 9);
  fixture_host(&f, c, "c", 1000, 9);
  fixture_vm(&f, c, "u", "a", 0, 3);
  fixture_vm(&f, c, "v", "b", 0, 3);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_capacity_flavour flavours[] = {sized(0, 2), BERTH_CAPACITY_FLAVOUR_INIT};
  berth_options options;
  flavours[1].like = "u";
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  berth_capacity_request request = ask_for(flavours, 2);
  request.failures = 1;
  request.wanted = 6;
  request.options = &options;
  berth_status status = BERTH_E_NOMEM;
  for (uint64_t left = 0; status != BERTH_OK && left < 100000; left += 1 + left / 16) {
    failing_memory memory = {.left = left};
    berth_allocator allocator = {allocate, reallocate, release, &memory};
    berth_context *ctx = NULL;
    berth_capacity *capacity = NULL;
    if (berth_context_new(&allocator, &ctx) == BERTH_OK) {
      status = berth_capacity_run(ctx, inventory, &request, &capacity);
      cr_assert(status == BERTH_OK || (status == BERTH_E_NOMEM && capacity == NULL));
    }
    berth_capacity_free(capacity);
    berth_context_free(ctx);
    cr_assert_eq(memory.alive, 0);
  }
  cr_assert_eq(status, BERTH_OK);
  finish(&f, inventory, NULL);
}
