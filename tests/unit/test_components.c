/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs together: reach, movement and rules join hosts; nothing else does. */
#include "components.h"
#include "problem_fixture.h"
#include <stdio.h>

/* Hosts h0 to h(count - 1), host i reaching datastore i / 2 only. */
static void islands(fixture *f, uint32_t cluster, uint32_t count) {
  char id[16], store[16];
  for (uint32_t h = 0; h < count; h++) {
    (void)snprintf(id, sizeof id, "h%u", h);
    (void)snprintf(store, sizeof store, "d%u", h / 2);
    uint32_t host = fixture_host(f, cluster, id, 1000, 1000);
    cr_assert_eq(berth_builder_host_reach_datastore(f->builder, host, store), BERTH_OK);
  }
}

static void island_vm(fixture *f, uint32_t cluster, const char *id, const char *host,
                      const char *store) {
  uint32_t vm = fixture_vm(f, cluster, id, host, 1, 1);
  cr_assert_eq(berth_builder_vm_needs_datastore(f->builder, vm, store), BERTH_OK);
}

/* The number of the part that holds a host or a VM of the inventory. */
static uint32_t part_of(const component *parts, uint32_t count, uint32_t index, bool host) {
  uint32_t found = BERTH_NONE;
  for (uint32_t c = 0; c < count; c++) {
    const uint32_t *list = host ? parts[c].hosts : parts[c].vms;
    uint32_t length = host ? parts[c].host_count : parts[c].vm_count;
    for (uint32_t i = 0; i < length; i++) {
      if (list[i] != index)
        continue;
      cr_assert_eq(found, BERTH_NONE, "listed twice");
      found = c;
    }
  }
  cr_assert_neq(found, BERTH_NONE);
  return found;
}

Test(components, joined_by_reach_and_rules) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  islands(&f, cluster, 8);
  island_vm(&f, cluster, "v0", "h0", "d0");
  island_vm(&f, cluster, "v1", "h2", "d1");
  island_vm(&f, cluster, "v2", "h4", "d2");
  island_vm(&f, cluster, "v3", "h6", "d3");
  fixture_rule(&f, cluster, "r", BERTH_RULE_APART, BERTH_SHOULD, "v1 v3", NULL);
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  uint32_t count = 0;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  const component *parts = components_find(&p, &memory, &count);
  cr_assert_not_null(parts);
  /* {h0 h1 v0}, {h2 h3 h6 h7 v1 v3}, {h4 h5 v2} */
  cr_assert_eq(count, 3);
  static const uint32_t part_of_host[] = {0, 0, 1, 1, 2, 2, 1, 1}, part_of_vm[] = {0, 1, 2, 1};
  for (uint32_t h = 0; h < 8; h++)
    cr_expect_eq(part_of(parts, count, h, true), part_of_host[h], "host %u", h);
  for (uint32_t v = 0; v < 4; v++)
    cr_expect_eq(part_of(parts, count, v, false), part_of_vm[v], "VM %u", v);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* VMs are of one class if they need the same, whatever those beside them need. */
Test(components, vms_with_equal_needs_are_one_class) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  islands(&f, cluster, 4);
  island_vm(&f, cluster, "v0", "h0", "d0");
  island_vm(&f, cluster, "v1", "h2", "d1");
  island_vm(&f, cluster, "v2", "h1", "d0");
  fixture_vm(&f, cluster, "v3", "h0", 1, 1);
  island_vm(&f, cluster, "v4", "h0", "d0");
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_REPAIR);
  cr_expect_eq(p.class_count, 3);
  cr_expect(p.admission[0] == p.admission[2] && p.admission[2] == p.admission[4]);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* One VM goes anywhere, so the open hosts are one part from the first class on; those that follow
 * still take the hosts that they leave with them, and a pinned VM's closed host stays alone. */
Test(components, the_rest_after_all_open_hosts_are_joined) {
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  islands(&f, cluster, 4);
  berth_host_spec leaving = fixture_host_spec("leaving", 1000, 1000);
  leaving.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(&f, cluster, leaving);
  leaving.id = "closed";
  fixture_add_host(&f, cluster, leaving);
  fixture_vm(&f, cluster, "anywhere", "h0", 1, 1);
  island_vm(&f, cluster, "leaver", "leaving", "d1");
  berth_vm_spec pinned = fixture_vm_spec("pinned", "closed", 1, 1);
  pinned.movable = false;
  fixture_add_vm(&f, cluster, pinned);
  island_vm(&f, cluster, "waiting", NULL, "d0");
  const berth_inventory *inventory = fixture_freeze(&f);
  arena memory;
  problem p;
  uint32_t count = 0;
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_EVACUATE);
  const component *parts = components_find(&p, &memory, &count);
  cr_assert_not_null(parts);
  cr_assert_eq(count, 2);
  for (uint32_t h = 0; h < 6; h++)
    cr_expect_eq(part_of(parts, count, h, true), h == 5, "host %u", h);
  cr_expect_eq(part_of(parts, count, fixture_find_vm(inventory, "leaver"), false), 0);
  cr_expect_eq(part_of(parts, count, fixture_find_vm(inventory, "pinned"), false), 1);
  cr_expect_eq(part_of(parts, count, fixture_find_vm(inventory, "waiting"), false), 0);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* 5,000 parts of two hosts with 20,000 rules between them: a part that walked all rules of the
 * cluster would take ten thousand times as long as it needs. */
Test(components, a_part_looks_at_its_own_rules, .timeout = 5) {
  enum { PARTS = 5000, RULES = 4 };
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  char id[16], other[16], host[16], pair[40], rule[16];
  for (int i = 0; i < PARTS; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    (void)snprintf(other, sizeof other, "w%d", i);
    (void)snprintf(pair, sizeof pair, "v%d w%d", i, i);
    (void)snprintf(host, sizeof host, "h%d", i);
    fixture_host(&f, cluster, host, 1000, 1000);
    fixture_vm(&f, cluster, id, host, 1, 1);
    fixture_vm(&f, cluster, other, host, 1, 1);
    for (int r = 0; r < RULES; r++) {
      (void)snprintf(rule, sizeof rule, "r%d-%d", i, r);
      fixture_rule(&f, cluster, rule, BERTH_RULE_TOGETHER, BERTH_MUST, pair, NULL);
    }
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  problem_aim aim = {.goal = BERTH_GOAL_REPAIR, .settings = BERTH_PLAN_SETTINGS_INIT};
  arena memory;
  problem part;
  problem_scratch scratch;
  arena_init(&memory, context_allocator(f.ctx));
  cr_assert(problem_scratch_init(&scratch, &memory, inventory));
  for (uint32_t c = 0; c < PARTS; c++) {
    uint32_t vms[] = {2 * c, 2 * c + 1};
    component list = {.host_count = 1, .vm_count = 2, .hosts = &c, .vms = vms};
    arena local;
    arena_init(&local, context_allocator(f.ctx));
    cr_assert(problem_build(&part, &local, inventory, &aim, 0, &list, &scratch));
    cr_assert_eq(part.rule_count, RULES);
    for (uint32_t g = 0; g < RULES; g++) {
      cr_assert(g == 0 || part.rules[g - 1].rule < part.rules[g].rule);
      cr_assert(part.rules[g].member_count == 2 && part.rules[g].span_limit == 1);
    }
    arena_free(&local);
  }
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
