/* SPDX-License-Identifier: Apache-2.0 */
/* A shared ledger says what the item's own would say. */
#include "problem_fixture.h"
#include "shared_ledgers.h"
#include <stdio.h>

enum { HOSTS = 12, VMS = 60 };

/* Two sizes and two needs of VMs, some bound by rules, some pinned, on hosts of unequal load. */
static const berth_inventory *mixed_inventory(fixture *f) {
  uint32_t cluster = fixture_cluster(f, "c");
  char id[16], host[16];
  for (uint32_t h = 0; h < HOSTS; h++) {
    (void)snprintf(host, sizeof host, "h%u", h);
    berth_host_spec spec = fixture_host_spec(host, 1000, 60 + 10 * (h % 3));
    spec.state = h < 3 ? BERTH_HOST_FAILED : h < 5 ? BERTH_HOST_MAINTENANCE : BERTH_HOST_ONLINE;
    uint32_t index = fixture_add_host(f, cluster, spec);
    if (h % 2 == 0)
      cr_assert_eq(berth_builder_host_reach_network(f->builder, index, "n"), BERTH_OK);
  }
  for (uint32_t v = 0; v < VMS; v++) {
    (void)snprintf(id, sizeof id, "v%u", v);
    (void)snprintf(host, sizeof host, "h%u", v % HOSTS);
    berth_vm_spec spec = fixture_vm_spec(id, host, 1, v % 4 == 0 ? 20 : 10);
    spec.movable = v % 7 != 0;
    uint32_t index = fixture_add_vm(f, cluster, spec);
    if (v % 5 == 0)
      cr_assert_eq(berth_builder_vm_needs_network(f->builder, index, "n"), BERTH_OK);
  }
  fixture_rule(f, cluster, "apart", BERTH_RULE_APART, BERTH_MUST, "v0 v1 v2 v12 v7 v8", NULL);
  fixture_rule(f, cluster, "on", BERTH_RULE_RUN_ON, BERTH_MUST, "v13 v14 v25", "h9 h10");
  fixture_rule(f, cluster, "should", BERTH_RULE_TOGETHER, BERTH_SHOULD, "v24 v26", NULL);
  return fixture_freeze(f);
}

static void expect_equal(const berth_plan_unplaced *a, const berth_plan_unplaced *b) {
  cr_assert_eq(a->vm, b->vm);
  cr_assert_eq(a->ledger_count, b->ledger_count);
  cr_assert_eq(a->conflict_count, b->conflict_count);
  for (uint32_t i = 0; i < a->ledger_count; i++) {
    const berth_plan_ledger_entry *x = &a->ledger[i], *y = &b->ledger[i];
    cr_assert(x->reason == y->reason && x->rule == y->rule && x->resource == y->resource &&
              x->hosts == y->hosts && x->short_by == y->short_by);
  }
  for (uint32_t i = 0; i < a->conflict_count; i++)
    cr_assert_str_eq(a->conflict[i], b->conflict[i]);
}

Test(shared_ledgers, say_what_each_alone_would) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = mixed_inventory(&f);
  arena memory;
  problem p;
  placement s;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_FAILOVER);
  cr_assert(placement_init(&s, &p, &memory));
  shared_ledgers ledgers = {.final = &s, .memory = &memory};
  for (uint32_t item = 0; item < p.item_count; item++) {
    berth_plan_unplaced shared, own;
    cr_assert(shared_ledgers_explain(&ledgers, item, &shared));
    cr_assert(explain_item(&s, item, &memory, &own));
    expect_equal(&shared, &own);
  }
  cr_assert_lt(ledgers.count, 45, "%u", ledgers.count);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* 3,000 VMs of one kind on 3,000 hosts that are all full: nine million looks if each VM looks for
 * itself. */
Test(shared_ledgers, one_look_for_all_of_a_kind, .timeout = 5) {
  enum { COUNT = 3000 };
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  char id[16], host[16];
  for (uint32_t i = 0; i < COUNT; i++) {
    (void)snprintf(host, sizeof host, "h%u", i);
    (void)snprintf(id, sizeof id, "full%u", i);
    fixture_host(&f, cluster, host, 1000, 10);
    fixture_vm(&f, cluster, id, host, 1, 10);
    (void)snprintf(id, sizeof id, "v%u", i);
    fixture_vm(&f, cluster, id, NULL, 1, 10);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  placement s;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_PLACE);
  cr_assert(placement_init(&s, &p, &memory));
  shared_ledgers ledgers = {.final = &s, .memory = &memory};
  for (uint32_t item = 0; item < p.item_count; item++) {
    berth_plan_unplaced entry;
    if (!problem_is_requested(&p, item))
      continue;
    cr_assert(shared_ledgers_explain(&ledgers, item, &entry));
    cr_assert(entry.vm == p.vm[item] && entry.ledger_count == 1);
    cr_assert(entry.ledger[0].hosts == COUNT && entry.ledger[0].short_by == 10);
  }
  cr_assert_eq(ledgers.count, 1);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
