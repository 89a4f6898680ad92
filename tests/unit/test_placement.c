/* SPDX-License-Identifier: Apache-2.0 */
/* Incremental sums against sums made from scratch here, after random moves. */
#include "../inventory_fixture.h"
#include "context_internal.h"
#include "placement.h"
#include <stdio.h>

enum { HOSTS = 6, VMS = 18 };

static const berth_inventory *mixed_inventory(fixture *f) {
  uint32_t cluster = fixture_cluster(f, "c");
  for (int h = 0; h < HOSTS; h++) {
    char id[8];
    (void)snprintf(id, sizeof id, "h%d", h);
    berth_host_spec spec = fixture_host_spec(id, 50, 40);
    spec.rack = h % 2 == 0 ? "even" : "odd";
    spec.state = h == 4   ? BERTH_HOST_ENTERING_MAINTENANCE
                 : h == 5 ? BERTH_HOST_STANDBY
                          : BERTH_HOST_ONLINE;
    spec.wake = BERTH_WAKE_IPMI;
    fixture_add_host(f, cluster, spec);
  }
  for (int v = 0; v < VMS; v++) {
    char id[8], host[8];
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(host, sizeof host, "h%d", v % 5);
    fixture_vm(f, cluster, id, v < 15 ? host : NULL, 5 + v, 6 + v % 4);
  }
  fixture_rule(f, cluster, "apart", BERTH_RULE_APART, BERTH_MUST, "v0 v1 v5", NULL);
  fixture_rule(f, cluster, "with", BERTH_RULE_TOGETHER, BERTH_SHOULD, "v2 v3 v16", NULL);
  fixture_rule(f, cluster, "on", BERTH_RULE_RUN_ON, BERTH_SHOULD, "v4 v6", "h0 h1");
  fixture_rule(f, cluster, "off", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v7", "h2");
  berth_rule_spec most =
      fixture_rule_spec("most", BERTH_RULE_AT_MOST, BERTH_MUST, "v8 v9 v10 v11", NULL);
  most.over = BERTH_DOMAIN_RACK;
  most.count = 2;
  fixture_add_rule(f, cluster, most);
  return fixture_freeze(f);
}

static bool rule_is_broken(const placement *s, const problem_rule *rule) {
  const problem *p = s->problem;
  uint32_t count[HOSTS] = {0}, span = 0, crowded = 0, outside = 0;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t host = s->host[rule->members[i]];
    if (host == BERTH_NONE)
      continue;
    if (rule->form == RULE_FORM_HOSTS) {
      bool listed = false;
      for (uint32_t j = 0; j < rule->rule->host_count; j++)
        listed |= rule->rule->hosts[j] == p->host[host];
      outside += listed != (rule->rule->type == BERTH_RULE_RUN_ON);
      continue;
    }
    uint32_t domain = rule->rule->over == BERTH_DOMAIN_HOST ? host : host % 2;
    span += count[domain]++ == 0;
    crowded += count[domain] == rule->k + 1;
  }
  return rule->form == RULE_FORM_HOSTS    ? outside > 0
         : rule->form == RULE_FORM_SPREAD ? crowded > 0
                                          : span > 1;
}

static void expect_sums(const placement *s) {
  const problem *p = s->problem;
  int64_t value[BERTH_LEVEL_COUNT] = {0};
  for (uint32_t h = 0; h < p->host_count; h++) {
    uint32_t population = 0;
    int64_t use[2] = {0};
    for (uint32_t i = 0; i < p->item_count; i++) {
      if (s->host[i] != h)
        continue;
      population++;
      use[0] += problem_demand(p, i)[0];
      use[1] += problem_demand(p, i)[1];
      value[BERTH_LEVEL_VIOLATIONS] += h == 4;
    }
    cr_assert_eq(population, s->population[h]);
    value[BERTH_LEVEL_VIOLATIONS] += (use[0] > 50) + (use[1] > 40);
    value[BERTH_LEVEL_HOSTS_WOKEN] += h == 5 && population > 0;
  }
  for (uint32_t i = 0; i < p->item_count; i++) {
    value[BERTH_LEVEL_UNPLACED] += s->host[i] == BERTH_NONE;
    if (p->origin[i] != BERTH_NONE && s->host[i] != p->origin[i]) {
      value[BERTH_LEVEL_MIGRATIONS]++;
      value[BERTH_LEVEL_MEMORY_MOVED] += p->inventory->vm_memory[p->vm[i]];
    }
  }
  for (uint32_t g = 0; g < p->rule_count; g++)
    value[p->rules[g].must ? BERTH_LEVEL_VIOLATIONS : BERTH_LEVEL_SHOULD_BROKEN] +=
        rule_is_broken(s, &p->rules[g]);
  for (uint32_t i = 0; i < p->ladder_length; i++)
    cr_assert_eq(value[p->ladder[i]], s->value[p->ladder[i]], "%s", berth_level_name(p->ladder[i]));
}

Test(placement, sums_stay_right) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = mixed_inventory(&f);
  uint32_t hosts[HOSTS], vms[VMS];
  arena memory;
  problem p;
  problem_scratch scratch;
  placement s, copy;
  uint64_t state = 99;
  for (uint32_t h = 0; h < HOSTS; h++)
    hosts[h] = h;
  for (uint32_t v = 0; v < VMS; v++)
    vms[v] = v;
  component all = {HOSTS, VMS, hosts, vms};
  arena_init(&memory, context_allocator(f.ctx));
  cr_assert(problem_scratch_init(&scratch, &memory, inventory));
  problem_aim aim = {.goal = BERTH_GOAL_REPAIR, .settings = BERTH_PLAN_SETTINGS_INIT};
  cr_assert(problem_build(&p, &memory, inventory, &aim, 0, &all, &scratch));
  cr_assert_eq(p.rule_count, 5);
  cr_assert(placement_init(&s, &p, &memory));
  expect_sums(&s);
  for (int step = 0; step < 4000; step++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t item = (uint32_t)(state >> 40) % VMS, host = (uint32_t)(state >> 20) % (HOSTS + 1);
    if (host == HOSTS && !problem_is_requested(&p, item))
      continue;
    placement_move(&s, item, host == HOSTS ? BERTH_NONE : host);
    expect_sums(&s);
  }
  cr_assert(placement_clone(&copy, &s, &memory));
  expect_sums(&copy);
  arena_free(&memory);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
