/* SPDX-License-Identifier: Apache-2.0 */
/* The best destination against its definition, tried out host by host, while items move at random
 * over enough hosts that an index answers. */
#include "admission.h"
#include "destination.h"
#include "ejection_chain.h"
#include "problem_fixture.h"
#include "residual_order.h"
#include <stdio.h>

enum { HOSTS = 300, VMS = 2400, MOVES = 3000, RULES = 240 };

/* A linear congruential generator (Knuth's MMIX constants). */
static uint32_t draw(uint64_t *state, uint32_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)((*state >> 33) % below);
}

static void add_hosts(fixture *f, uint32_t cluster, bool alike, uint64_t *random) {
  for (uint32_t h = 0; h < HOSTS; h++) {
    char id[16], rack[16];
    (void)snprintf(id, sizeof id, "h%u", (unsigned)h);
    (void)snprintf(rack, sizeof rack, "r%u", (unsigned)h / 8);
    berth_host_spec spec = fixture_host_spec(id, alike ? 100000 : 400 + 200 * draw(random, 3),
                                             alike ? 700 : 800 + 100 * draw(random, 2));
    spec.rack = rack;
    spec.state = h % 9 == 4    ? BERTH_HOST_STANDBY
                 : h % 25 == 7 ? BERTH_HOST_FAILED
                               : BERTH_HOST_ONLINE;
    spec.wake = BERTH_WAKE_IPMI;
    uint32_t index = fixture_add_host(f, cluster, spec);
    if (h % 3 != 0)
      cr_assert_eq(berth_builder_host_reach_network(f->builder, index, "most"), BERTH_OK);
    if (h % 40 == 0)
      cr_assert_eq(berth_builder_host_reach_network(f->builder, index, "few"), BERTH_OK);
  }
}

static void add_vms(fixture *f, uint32_t cluster, bool alike, uint64_t *random) {
  for (uint32_t v = 0; v < VMS; v++) {
    char id[16], host[16];
    uint32_t at = draw(random, HOSTS);
    (void)snprintf(id, sizeof id, "v%u", (unsigned)v);
    (void)snprintf(host, sizeof host, "h%u", (unsigned)at);
    bool waits = at % 9 == 4 || v % 11 == 0;
    uint32_t index =
        fixture_vm(f, cluster, id, waits ? NULL : host, alike ? 1 : 20 + draw(random, 60),
                   alike ? 100 : 30 + draw(random, 90));
    if (draw(random, 4) == 0)
      cr_assert_eq(
          berth_builder_vm_needs_network(f->builder, index, draw(random, 8) == 0 ? "few" : "most"),
          BERTH_OK);
  }
}

static void add_rules(fixture *f, uint32_t cluster, uint64_t *random) {
  static const berth_rule_type types[] = {BERTH_RULE_APART, BERTH_RULE_TOGETHER, BERTH_RULE_RUN_ON,
                                          BERTH_RULE_NOT_RUN_ON};
  for (uint32_t g = 0; g < RULES; g++) {
    char id[16], vms[64], hosts[64];
    (void)snprintf(id, sizeof id, "g%u", (unsigned)g);
    (void)snprintf(vms, sizeof vms, "v%u v%u v%u", (unsigned)draw(random, VMS),
                   (unsigned)draw(random, VMS), (unsigned)draw(random, VMS));
    (void)snprintf(hosts, sizeof hosts, "h%u h%u h%u", (unsigned)draw(random, HOSTS),
                   (unsigned)draw(random, HOSTS), (unsigned)draw(random, HOSTS));
    uint32_t type = draw(random, 4);
    bool must = type < 2 && draw(random, 2) == 0;
    berth_rule_spec spec = fixture_rule_spec(id, types[type], must ? BERTH_MUST : BERTH_SHOULD, vms,
                                             type < 2 ? NULL : hosts);
    spec.over = draw(random, 2) == 0 && type < 2 ? BERTH_DOMAIN_RACK : BERTH_DOMAIN_HOST;
    fixture_add_rule(f, cluster, spec);
  }
}

static const berth_inventory *random_inventory(fixture *f, bool alike, bool rules) {
  uint64_t random = 7;
  uint32_t cluster = fixture_cluster(f, "c");
  add_hosts(f, cluster, alike, &random);
  add_vms(f, cluster, alike, &random);
  if (rules)
    add_rules(f, cluster, &random);
  return fixture_freeze(f);
}

/* In 1/2^20 of the fullest resource, unlimited ones and those that a host has none of apart. */
static int64_t fill(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  int64_t most = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    size_t cell = (size_t)host * p->resource_count + r;
    int64_t used = s->use[cell] + problem_demand(p, item)[r];
    if (p->capacity[cell] == BERTH_UNLIMITED || p->capacity[cell] == 0)
      continue;
    int64_t share = used > p->capacity[cell] ? 1 << 20 : used * (1 << 20) / p->capacity[cell];
    most = share > most ? share : most;
  }
  return most;
}

static uint32_t tried_out(placement *s, uint32_t item, const uint8_t *barred, bool may_wake) {
  const problem *p = s->problem;
  uint32_t best = BERTH_NONE, home = s->host[item];
  int64_t of_best[3] = {0};
  for (uint32_t host = 0; host < p->host_count; host++) {
    bool wakes = p->host_asleep[host] && s->population[host] == 0;
    if (host == home || (barred != NULL && barred[host]) || (wakes && !may_wake) ||
        !host_bits_test(admission_hosts(p, item), host) || !placement_fits(s, item, host))
      continue;
    int64_t filled = fill(s, item, host);
    placement_move(s, item, host);
    int64_t key[3] = {s->value[BERTH_LEVEL_SHOULD_BROKEN], wakes, -filled};
    placement_move(s, item, home);
    int i = 0;
    while (i < 2 && key[i] == of_best[i])
      i++;
    if (best == BERTH_NONE || key[i] < of_best[i]) {
      best = host;
      memcpy(of_best, key, sizeof key);
    }
  }
  return best;
}

typedef struct outcome {
  uint32_t found, nowhere, woken, forced;
} outcome;

/* A chain goes the same way whether an index ranks the hosts or a scan. */
static bool force(placement *s, uint32_t item, uint8_t *barred, arena *memory) {
  enum { SCANS = 24 }; /* too few for an index of the copy */
  placement copy;
  cr_assert(s->index != NULL && placement_clone(&copy, s, memory));
  bool placed = ejection_chain_place(s, item, 2, SCANS, barred);
  cr_assert_eq(ejection_chain_place(&copy, item, 2, SCANS, barred), placed);
  cr_assert_null(copy.index);
  cr_assert_arr_eq(s->host, copy.host, s->problem->item_count * sizeof *s->host);
  return placed;
}

/* Moves items where they fit, and tells what was asked for in between. */
static outcome wander(const berth_inventory *inventory, bool evenly, arena *memory) {
  problem p;
  placement s, other;
  outcome seen = {0};
  uint64_t random = 11;
  problem_fixture_build(&p, memory, inventory, BERTH_GOAL_FAILOVER);
  uint8_t *barred = arena_take(memory, p.host_count, 1);
  cr_assert(barred != NULL && placement_init(&s, &p, memory) &&
            placement_clone(&other, &s, memory));
  for (uint32_t move = 0; move < MOVES; move++) {
    uint32_t item = draw(&random, p.item_count);
    if (p.kind[item] == ITEM_FIXED)
      continue;
    bool may_wake = draw(&random, 3) == 0;
    barred[draw(&random, p.host_count)] = draw(&random, 3) == 0;
    const uint8_t *not_there = draw(&random, 2) == 0 ? barred : NULL;
    uint32_t host = destination_best(&s, item, not_there, may_wake);
    cr_assert_eq(host, tried_out(&s, item, not_there, may_wake), "move %u", move);
    seen.found += host != BERTH_NONE;
    seen.nowhere += host == BERTH_NONE;
    seen.woken += host != BERTH_NONE && p.host_asleep[host] && s.population[host] == 0;
    if (evenly && draw(&random, 2) == 0)
      host = draw(&random, p.host_count);
    if (host != BERTH_NONE && placement_fits(&s, item, host))
      placement_move(&s, item, host);
    if (move > MOVES / 4 && host == BERTH_NONE && draw(&random, 2) == 0)
      seen.forced += force(&s, item, barred, memory);
    if (draw(&random, 150) == 0)
      placement_copy(&other, &s);
    else if (draw(&random, 150) == 0)
      placement_copy(&s, &other);
  }
  cr_assert_not_null(s.index);
  return seen;
}

static outcome check(bool alike, bool rules, bool evenly) {
  fixture f = fixture_begin();
  arena memory;
  const berth_inventory *inventory = random_inventory(&f, alike, rules);
  arena_init(&memory, context_allocator(f.ctx));
  outcome seen = wander(inventory, evenly, &memory);
  cr_expect_gt(seen.found, 100);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
  return seen;
}

Test(destination, of_hosts_of_six_kinds) {
  outcome seen = check(false, false, false);
  cr_expect_gt(seen.nowhere, 0);
  cr_expect_gt(seen.forced, 0);
  cr_expect_gt(seen.woken, 0);
}

Test(destination, of_hosts_filled_evenly) {
  check(false, false, true);
}

Test(destination, under_rules) {
  check(false, true, true);
}

Test(destination, of_hosts_that_are_all_alike) {
  outcome seen = check(true, false, false);
  cr_expect_gt(seen.nowhere, 0);
  cr_expect_gt(seen.forced, 0);
  check(true, true, true);
}

/* Without memory for sets or an index the answer is the same. */
Test(destination, needs_no_memory) {
  fixture f = fixture_begin();
  arena memory, nothing = problem_fixture_empty_arena();
  problem p;
  placement s;
  const berth_inventory *inventory = random_inventory(&f, false, true);
  arena_init(&memory, context_allocator(f.ctx));
  problem_fixture_build(&p, &memory, inventory, BERTH_GOAL_FAILOVER);
  cr_assert(placement_init(&s, &p, &memory));
  uint32_t *without = arena_take(&memory, p.item_count, sizeof *without);
  cr_assert_not_null(without);
  s.memory = p.memory = &nothing;
  for (uint32_t item = 0; item < p.item_count; item++)
    without[item] = destination_best(&s, item, NULL, item % 2 == 0);
  cr_assert_null(s.index);
  s.memory = p.memory = &memory;
  for (uint32_t item = 0; item < p.item_count; item++)
    cr_assert_eq(without[item], tried_out(&s, item, NULL, item % 2 == 0));
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

static void check_order(const residual_order *o, const uint8_t *there, uint32_t hosts) {
  uint32_t seen = 0, expected = 0, before = BERTH_NONE;
  for (uint32_t at = 0; at < o->block_count; at++) {
    uint32_t block = o->sequence[at];
    int64_t most = INT64_MIN;
    cr_assert(o->filled[block] > 0 && o->filled[block] <= RESIDUAL_BLOCK);
    for (uint32_t i = 0; i < o->filled[block]; i++, seen++) {
      uint32_t host = o->hosts[block * RESIDUAL_BLOCK + i];
      int64_t room = o->rows->limit[host] - o->rows->use[host];
      cr_assert(there[host]);
      cr_assert(before == BERTH_NONE || o->rows->use[before] > o->rows->use[host] ||
                (o->rows->use[before] == o->rows->use[host] && before < host));
      most = room > most ? room : most;
      before = host;
    }
    cr_assert_eq(o->most[block], most);
  }
  for (uint32_t h = 0; h < hosts; h++)
    expected += there[h];
  cr_assert_eq(seen, expected);
}

/* Blocks fill, split, empty, and run out until they are packed anew. */
Test(residual_order, stays_sorted) {
  enum { MANY = 1000, STEPS = 40000 };
  static int64_t limit[MANY], use[MANY];
  static uint8_t there[MANY];
  fixture f = fixture_begin();
  arena memory;
  residual_rows rows = {.resource_count = 1, .limit = limit, .use = use};
  residual_order order;
  uint64_t random = 3;
  arena_init(&memory, context_allocator(f.ctx));
  cr_assert(residual_order_init(&order, &rows, 0, MANY, &memory));
  for (uint32_t step = 0; step < STEPS; step++) {
    uint32_t host = draw(&random, MANY), wave = step / 4000;
    if (there[host]) {
      residual_order_remove(&order, host);
    } else {
      limit[host] = 5000 + draw(&random, 100);
      use[host] = wave % 2 == 0 ? 500 * wave + draw(&random, 20) : draw(&random, 5000);
      residual_order_add(&order, host);
    }
    there[host] = !there[host];
    if (step % 500 == 0)
      check_order(&order, there, MANY);
  }
  check_order(&order, there, MANY);
  arena_free(&memory);
  fixture_end(&f);
}
