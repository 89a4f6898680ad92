/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Audits of clusters whose answer is worked out by hand.
 */
#include "inventory_fixture.h"

#include <berth/audit.h>
#include <stdio.h>
#include <stdlib.h>

static berth_audit *run(fixture *f, const berth_inventory *inventory, uint32_t failures,
                        berth_domain domain) {
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.failures = failures;
  request.domain = domain;
  cr_assert_eq(berth_audit_run(f->ctx, inventory, &request, &audit), BERTH_OK);
  return audit;
}

static void finish(fixture *f, const berth_inventory *inventory, berth_audit *audit) {
  berth_audit_free(audit);
  berth_inventory_release(inventory);
  fixture_end(f);
}

static uint32_t find_vm(const berth_inventory *inventory, const char *id) {
  uint32_t vm = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_vm(inventory, id, &vm), BERTH_OK);
  return vm;
}

/* Free 9, 5, 12 and 8; VMs {2, 1}, {6, 5}, {4}, {2}. A planner that goes by size and most room
 * fails when the second and the third host fail: 6 takes the 9, 5 the 8, and 4 finds 3 and 3. Yet
 * 5 + 4 fill the 9 and 6 goes to the 8. The other five pairs are plain. */
Test(audit, any_two_failures_of_the_planner_example) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 9 + 3);
  fixture_host(&f, c, "b", 1000, 5 + 11);
  fixture_host(&f, c, "c", 1000, 12 + 4);
  fixture_host(&f, c, "d", 1000, 8 + 2);
  fixture_vm(&f, c, "a2", "a", 0, 2);
  fixture_vm(&f, c, "a1", "a", 0, 1);
  fixture_vm(&f, c, "b6", "b", 0, 6);
  fixture_vm(&f, c, "b5", "b", 0, 5);
  fixture_vm(&f, c, "c4", "c", 0, 4);
  fixture_vm(&f, c, "d2", "d", 0, 2);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_audit *audit = run(&f, inventory, 2, BERTH_DOMAIN_HOST);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->holds, 2);
  cr_assert(said->holds_exact);
  cr_assert_eq(said->sizes[2].sets, 6);
  cr_assert_eq(said->sizes[2].count[BERTH_AUDIT_RESTARTS], 6);
  cr_assert_eq(said->set_count, 0);
  cr_assert_eq(berth_audit_worst(audit), BERTH_AUDIT_RESTARTS);
  finish(&f, inventory, audit);
}

/* 20 free in two halves: slots see two of them and say yes to the failure of h3, whose VM needs 16.
 * If it may push `small` aside it restarts; if `small` is pinned, it is lost. */
static const berth_inventory *halves(fixture *f, bool movable) {
  uint32_t c = fixture_cluster(f, "prod");
  fixture_host(f, c, "h1", 10000, 20);
  fixture_host(f, c, "h2", 10000, 20);
  fixture_host(f, c, "h3", 10000, 20);
  for (int i = 0; i < 2; i++) {
    berth_vm_spec small = fixture_vm_spec(i == 0 ? "s1" : "s2", i == 0 ? "h1" : "h2", 0, 10);
    small.movable = movable;
    fixture_add_vm(f, c, small);
  }
  fixture_vm(f, c, "big", "h3", 0, 16);
  return fixture_freeze(f);
}

Test(audit, migrations_cure_fragmentation) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = halves(&f, true);
  berth_audit *audit = run(&f, inventory, 1, BERTH_DOMAIN_HOST);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->holds, 1);
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_RESTARTS], 2);
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_MIGRATIONS], 1);
  cr_assert_eq(said->set_count, 1);
  cr_assert_str_eq(said->unit_name[said->sets[0].units[0]], "h3");
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "big")), BERTH_AUDIT_MIGRATIONS);
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "s1")), BERTH_AUDIT_RESTARTS);
  finish(&f, inventory, audit);
}

Test(audit, without_them_the_vm_is_lost) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = halves(&f, false);
  berth_audit *audit = run(&f, inventory, 1, BERTH_DOMAIN_HOST);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->holds, 0);
  cr_assert(said->holds_exact);
  cr_assert_eq(said->set_count, 1);
  cr_assert_eq(said->sets[0].verdict, BERTH_AUDIT_LOST);
  cr_assert_eq(said->sets[0].lost_count, 1);
  cr_assert_eq(said->sets[0].lost[0], find_vm(inventory, "big"));
  cr_assert_eq(said->unit_worst[2], BERTH_AUDIT_LOST);
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "big")), BERTH_AUDIT_LOST);
  cr_assert(said->sizes[1].claim[BERTH_AUDIT_CLAIM_PERCENTAGE]); /* 24 of 60 free, 20 asked for */
  finish(&f, inventory, audit);
}

/* A standby host takes what the other online host cannot; without a way to wake it nobody does. */
Test(audit, standby_hosts_are_woken) {
  for (int wakes = 0; wakes < 2; wakes++) {
    fixture f = fixture_begin();
    uint32_t c = fixture_cluster(&f, "prod");
    fixture_host(&f, c, "h1", 10000, 20);
    fixture_host(&f, c, "h2", 10000, 20);
    berth_host_spec asleep = fixture_host_spec("h3", 10000, 20);
    asleep.state = BERTH_HOST_STANDBY;
    asleep.wake = wakes ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
    fixture_add_host(&f, c, asleep);
    fixture_vm(&f, c, "v1", "h1", 0, 15);
    fixture_vm(&f, c, "v2", "h2", 0, 15);
    const berth_inventory *inventory = fixture_freeze(&f);
    berth_audit *audit = run(&f, inventory, 1, BERTH_DOMAIN_HOST);
    const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
    cr_assert_eq(said->unit_count, 2); /* what sleeps does not fail */
    cr_assert_eq(said->sizes[1].count[wakes ? BERTH_AUDIT_WAKES : BERTH_AUDIT_LOST], 2);
    cr_assert_eq(berth_audit_worst(audit), wakes ? BERTH_AUDIT_WAKES : BERTH_AUDIT_LOST);
    finish(&f, inventory, audit);
  }
}

/* A must rule is never broken: the VM that may run on h1 and h2 only is lost when both fail. A host
 * in maintenance takes nothing. */
Test(audit, must_rules_and_maintenance_hold) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10000, 20);
  fixture_host(&f, c, "h2", 10000, 20);
  fixture_host(&f, c, "h3", 10000, 20);
  berth_host_spec shut = fixture_host_spec("h4", 10000, 100);
  shut.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(&f, c, shut);
  fixture_vm(&f, c, "db", "h1", 0, 5);
  fixture_vm(&f, c, "web", "h3", 0, 5);
  fixture_host_group(&f, c, "licensed", "h1 h2 h4");
  fixture_rule(&f, c, "r1", BERTH_RULE_RUN_ON, BERTH_MUST, "db", "licensed");
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_audit *audit = run(&f, inventory, 2, BERTH_DOMAIN_HOST);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->holds, 1);
  cr_assert_eq(said->sizes[2].count[BERTH_AUDIT_LOST], 1);
  const berth_audit_set *set = &said->sets[0];
  cr_assert_eq(set->size, 2);
  cr_assert_str_eq(said->unit_name[set->units[0]], "h1");
  cr_assert_str_eq(said->unit_name[set->units[1]], "h2");
  cr_assert_eq(set->lost_count, 1);
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "web")), BERTH_AUDIT_RESTARTS);
  finish(&f, inventory, audit);
}

/* Two racks of two hosts, each VM fills half a host: any host may fail, a rack may not. A host
 * without a label is a rack of its own. */
Test(audit, racks_fail_as_one) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  for (int h = 0; h < 5; h++) {
    char id[8], vm[8], second[8];
    (void)snprintf(id, sizeof id, "h%d", h);
    (void)snprintf(vm, sizeof vm, "v%d", h);
    (void)snprintf(second, sizeof second, "w%d", h);
    berth_host_spec host = fixture_host_spec(id, 10000, 30);
    host.rack = h < 2 ? "r1" : h < 4 ? "r2" : NULL;
    fixture_add_host(&f, c, host);
    fixture_vm(&f, c, vm, id, 0, 10);
    fixture_vm(&f, c, second, id, 0, 10);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_audit *audit = run(&f, inventory, 1, BERTH_DOMAIN_HOST);
  cr_assert_eq(berth_audit_get_cluster(audit, 0)->holds, 1);
  berth_audit_free(audit);
  audit = run(&f, inventory, 1, BERTH_DOMAIN_RACK);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->unit_count, 3);
  cr_assert_eq(said->holds, 0);
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_LOST], 2); /* 4 VMs, 3 places */
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_RESTARTS], 1);
  cr_assert_eq(said->sets[0].lost_count, 1);
  finish(&f, inventory, audit);
}

/* Memory that runs out at any point is said, and nothing is left behind. */
typedef struct meter {
  uint64_t left, held;
} meter;

static void *meter_reallocate(void *user, void *memory, size_t bytes) {
  meter *m = user;
  if (m->left == 0)
    return NULL;
  m->left--;
  m->held += memory == NULL;
  return realloc(memory, bytes);
}

static void *meter_allocate(void *user, size_t bytes) {
  return meter_reallocate(user, NULL, bytes);
}

static void meter_release(void *user, void *memory) {
  meter *m = user;
  m->held -= memory != NULL;
  free(memory);
}

Test(audit, memory_that_runs_out) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = halves(&f, true);
  berth_status status = BERTH_E_NOMEM;
  berth_options options;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1; /* the meter is not made for several */
  request.options = &options;
  for (uint64_t calls = 1; status == BERTH_E_NOMEM; calls++) {
    meter m = {.left = UINT64_MAX};
    berth_allocator allocator = {meter_allocate, meter_reallocate, meter_release, &m};
    berth_context *ctx = NULL;
    berth_audit *audit = NULL;
    cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
    m.left = calls;
    status = berth_audit_run(ctx, inventory, &request, &audit);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%d", (int)status);
    cr_assert_eq(audit != NULL, status == BERTH_OK);
    cr_assert(calls > 2 || status == BERTH_E_NOMEM);
    berth_audit_free(audit);
    berth_context_free(ctx);
    cr_assert_eq(m.held, 0, "%d calls", (int)calls);
  }
  cr_assert_eq(status, BERTH_OK);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* What waits to be powered on is no restart and takes no room; what HA does not restart is not
 * missed. */
Test(audit, only_restarts_count) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10000, 20);
  fixture_host(&f, c, "h2", 10000, 20);
  fixture_vm(&f, c, "waits", NULL, 0, 20);
  berth_vm_spec disabled = fixture_vm_spec("test", "h1", 0, 20);
  disabled.priority = BERTH_PRIORITY_DISABLED;
  fixture_add_vm(&f, c, disabled);
  fixture_vm(&f, c, "web", "h2", 0, 10);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_audit *audit = run(&f, inventory, 1, BERTH_DOMAIN_HOST);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_RESTARTS], 1); /* h1 */
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_LOST], 1);     /* h2: h1 is full */
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "test")), BERTH_AUDIT_VERDICT_COUNT);
  cr_assert_eq(berth_audit_vm(audit, find_vm(inventory, "waits")), BERTH_AUDIT_VERDICT_COUNT);
  finish(&f, inventory, audit);
}

Test(audit, more_failures_than_are_looked_at_are_refused) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10000, 20);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.failures = 65;
  cr_assert_eq(berth_audit_run(f.ctx, inventory, &request, &audit), BERTH_E_ARGUMENT);
  cr_assert_null(audit);
  audit = run(&f, inventory, 64, BERTH_DOMAIN_HOST); /* as many as there are */
  cr_assert_eq(berth_audit_get_cluster(audit, 0)->size_count, 2);
  finish(&f, inventory, audit);
}
