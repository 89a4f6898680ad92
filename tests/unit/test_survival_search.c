/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What survives failures, against every way to restart what ran on the hosts that fail; and which
 * spares are chosen where there are too many hosts to try every set.
 */
#include "admission.h"
#include "serving.h"
#include "solver_ground.h"
#include "survival.h"

TestSuite(survival_search, .timeout = 60);

enum { HOSTS = 4, NODES = 2, MOST_VMS = 9 };

typedef struct survival_case {
  solver_ground g;
  bool failed[HOSTS];
  uint32_t at[MOST_VMS + 4]; /* [item] BERTH_NONE = stopped */
  uint8_t serves[HOSTS];
} survival_case;

/* Four hosts of about 12, one of them with two nodes; VMs that fill half of them, some to stay on
 * one node, some apart from each other. */
static void draw_case(survival_case *c, uint64_t seed, bool nodes, bool rules) {
  uint64_t state = seed * 77 + 5;
  char id[16], home[16];
  int64_t left[HOSTS];
  solver_ground *g = &c->g;
  *g = ground_begin();
  for (int h = 0; h < HOSTS; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    left[h] = ground_draw(&state, 8, 14);
    uint32_t host = fixture_host(&g->f, g->cluster, id, 1000, left[h]);
    for (int n = 0; n < NODES && nodes && h < 2; n++)
      cr_assert_eq(berth_builder_host_numa(g->f.builder, host, n, 500, (left[h] + n) / NODES, NULL),
                   BERTH_OK);
  }
  for (int v = 0; v < MOST_VMS; v++) {
    int h = (int)ground_draw(&state, 0, HOSTS - 1);
    int64_t size = ground_draw(&state, 1, 5);
    if (left[h] < size + 3)
      continue;
    left[h] -= size;
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(home, sizeof home, "h%d", h);
    berth_vm_spec spec = fixture_vm_spec(id, home, 10 * ground_draw(&state, 1, 20), size);
    spec.priority = ground_draw(&state, 0, 5) == 0 ? BERTH_PRIORITY_DISABLED : BERTH_PRIORITY_LOW;
    spec.numa = nodes && ground_draw(&state, 0, 2) > 0 ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
    fixture_add_vm(&g->f, g->cluster, spec);
  }
  fixture_vm(&g->f, g->cluster, "x", "h0", 1, 1);
  fixture_vm(&g->f, g->cluster, "y", "h1", 1, 1);
  fixture_vm(&g->f, g->cluster, "z", "h2", 1, 1);
  fixture_vm(&g->f, g->cluster, "w", "h0", 1, 1);
  if (rules)
    fixture_rule(&g->f, g->cluster, "r", BERTH_RULE_APART, BERTH_MUST, "x y z", NULL);
  if (rules)
    fixture_rule(&g->f, g->cluster, "t", BERTH_RULE_TOGETHER, BERTH_MUST, "w x", NULL);
  fixture_rule(&g->f, g->cluster, "s", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "z", "h1");
}

static void freeze_case(survival_case *c, uint32_t failures) {
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = failures;
  ground_freeze_aim(&c->g, &aim);
  memset(c->serves, 1, sizeof c->serves);
}

/* ---------------------------------------------------------------------- the truth */

/* Items from @p item on that ask for a node of the host find one each. */
static bool nodes_hold(const survival_case *c, uint32_t host, uint32_t item, node_size *left) {
  const problem *p = &c->g.p;
  while (item < p->item_count && (c->at[item] != host || !problem_needs_node(p, item, host)))
    item++;
  if (item == p->item_count)
    return true;
  node_size size = problem_node_demand(p, item);
  for (uint32_t n = 0; n < problem_node_count(p, host); n++) {
    if (size.cpu > left[n].cpu || size.memory > left[n].memory)
      continue;
    left[n].cpu -= size.cpu;
    left[n].memory -= size.memory;
    bool held = nodes_hold(c, host, item + 1, left);
    left[n].cpu += size.cpu;
    left[n].memory += size.memory;
    if (held)
      return true;
  }
  return false;
}

static bool is_allowed(const survival_case *c) {
  const problem *p = &c->g.p;
  for (uint32_t h = 0; h < p->host_count; h++) {
    int64_t use[16] = {0};
    for (uint32_t item = 0; item < p->item_count; item++)
      for (uint32_t r = 0; r < p->resource_count && c->at[item] == h; r++)
        use[r] += problem_demand(p, item)[r];
    for (uint32_t r = 0; r < p->resource_count; r++)
      if (use[r] > p->capacity[(size_t)h * p->resource_count + r])
        return false;
    node_size left[NODES];
    for (uint32_t n = 0; n < problem_node_count(p, h); n++)
      left[n] = p->nodes[p->node_start[h] + n];
    if (!nodes_hold(c, h, 0, left))
      return false;
  }
  return true;
}

/* Those that run, on one host or each on another. */
static bool keeps_rules(const survival_case *c) {
  const problem *p = &c->g.p;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    const problem_rule *rule = &p->rules[g];
    for (uint32_t i = 0; i < rule->member_count && rule->form != RULE_FORM_HOSTS; i++)
      for (uint32_t j = 0; j < i; j++) {
        uint32_t a = c->at[rule->members[i]], b = c->at[rule->members[j]];
        if (a != BERTH_NONE && b != BERTH_NONE && (a == b) == (rule->form == RULE_FORM_SPREAD))
          return false;
      }
  }
  return true;
}

static bool can_restart(survival_case *c, uint32_t item) {
  const problem *p = &c->g.p;
  while (item < p->item_count &&
         (c->at[item] != BERTH_NONE ||
          p->inventory->vm_priority[p->vm[item]] == BERTH_PRIORITY_DISABLED))
    item++;
  if (item == p->item_count)
    return is_allowed(c) && keeps_rules(c);
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (c->failed[h] || !admission_allows_restart(p, item, h))
      continue;
    c->at[item] = h;
    bool can = can_restart(c, item + 1);
    c->at[item] = BERTH_NONE;
    if (can)
      return true;
  }
  return false;
}

/* Any so many fail, or fewer. */
static bool survives_all(survival_case *c, uint32_t first, uint32_t failures) {
  const problem *p = &c->g.p;
  for (uint32_t item = 0; item < p->item_count; item++)
    c->at[item] = c->failed[p->origin[item]] ? BERTH_NONE : p->origin[item];
  if (!can_restart(c, 0))
    return false;
  for (uint32_t h = first; h < p->host_count && failures > 0; h++) {
    c->failed[h] = true;
    bool all = survives_all(c, h + 1, failures - 1);
    c->failed[h] = false;
    if (!all)
      return false;
  }
  return true;
}

Test(survival_search, agrees_with_every_restart) {
  uint32_t yes = 0, no = 0;
  for (uint64_t seed = 1; seed <= 160; seed++) {
    survival_case c = {.failed = {false}};
    draw_case(&c, seed, seed % 2 == 0, seed % 3 == 0);
    freeze_case(&c, seed % 5 < 3 ? 1 : 2);
    memcpy(c.at, c.g.p.origin, c.g.p.item_count * sizeof *c.at);
    if (!is_allowed(&c)) { /* nodes that do not hold even the start */
      ground_end(&c.g);
      continue;
    }
    survival *s = survival_new(&c.g.p, &c.g.memory);
    cr_assert_not_null(s);
    survival_verdict verdict = survival_test(s, &c.g.s, c.serves, &c.g.clock);
    bool truth = survives_all(&c, 0, c.g.p.settings.keep_failures);
    cr_assert_eq(verdict, truth ? SURVIVAL_PROVED : SURVIVAL_LOST, "seed %d", (int)seed);
    survival_verdict again = survival_test(s, &c.g.s, c.serves, &c.g.clock);
    cr_assert_eq(again, verdict, "seed %d: %d asked again, %d before", (int)seed, (int)again,
                 (int)verdict);
    yes += truth;
    no += !truth;
    ground_end(&c.g);
  }
  cr_expect_gt(yes, 30, "%u", yes);
  cr_expect_gt(no, 30, "%u", no);
}

/* Two of 6 for one node each, on a host with nodes of 10 and 10 or of 10 and 5: each fits alone. */
Test(survival_search, those_that_come_share_the_nodes) {
  for (int64_t second = 10; second >= 5; second -= 5) {
    survival_case c = {.failed = {false}};
    c.g = ground_begin();
    fixture_host(&c.g.f, c.g.cluster, "h0", 1000, 20);
    uint32_t host = fixture_host(&c.g.f, c.g.cluster, "h1", 1000, 20);
    for (int64_t n = 0; n < 2; n++)
      cr_assert_eq(berth_builder_host_numa(c.g.f.builder, host, n, 500, n == 0 ? 10 : second, NULL),
                   BERTH_OK);
    for (int v = 0; v < 2; v++) {
      berth_vm_spec spec = fixture_vm_spec(v == 0 ? "a" : "b", "h0", 1, 6);
      spec.numa = BERTH_NUMA_ONE_NODE;
      fixture_add_vm(&c.g.f, c.g.cluster, spec);
    }
    fixture_vm(&c.g.f, c.g.cluster, "stays", "h1", 1, 1);
    freeze_case(&c, 1);
    survival *s = survival_new(&c.g.p, &c.g.memory);
    cr_assert_not_null(s);
    cr_expect_eq(survival_test(s, &c.g.s, c.serves, &c.g.clock),
                 second == 10 ? SURVIVAL_PROVED : SURVIVAL_LOST);
    ground_end(&c.g);
  }
}

/* Hosts with room for one VM; three that are empty can take over those of any three, though not
 * those of all: eighty million sets that need no look. With VMs bound to each other, or the third
 * without room for a VM, it stays open. */
static survival_verdict with_refuges(int64_t most_vms_of_last, bool bound) {
  enum { MANY = 400 };
  solver_ground g = ground_begin();
  char id[16], vm[16];
  uint8_t serves[MANY];
  for (int h = 0; h < MANY; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    (void)snprintf(vm, sizeof vm, "v%d", h);
    berth_host_spec spec = fixture_host_spec(id, 1000, 8);
    spec.max_vms = h == 0 ? most_vms_of_last : 1;
    spec.max_vcpus = 1;
    fixture_add_host(&g.f, g.cluster, spec);
    if (h >= 3)
      fixture_vm(&g.f, g.cluster, vm, id, 1000, 8);
  }
  if (bound)
    fixture_rule(&g.f, g.cluster, "r", BERTH_RULE_APART, BERTH_MUST, "v7 v8", NULL);
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = 3;
  ground_freeze_aim(&g, &aim);
  memset(serves, 1, sizeof serves);
  survival *s = survival_new(&g.p, &g.memory);
  cr_assert_not_null(s);
  survival_verdict verdict = survival_test(s, &g.s, serves, &g.clock);
  ground_end(&g);
  return verdict;
}

Test(survival_search, refuges_by_every_resource) {
  cr_expect_eq(with_refuges(1, false), SURVIVAL_PROVED);
  cr_expect_eq(with_refuges(0, false), SURVIVAL_OPEN);
}

/* ---------------------------------------------------------------------- spares among many */

/* a (90 W) holds two VMs of 3; twelve empty hosts of so much room. None alone can take over both
 * if that is 3: two are needed. With 2, all do not help, and none is on. */
static void expect_spares(int64_t room, bool survives, int64_t watts) {
  solver_ground g = ground_begin();
  char id[16];
  for (int h = 0; h <= 12; h++) {
    (void)snprintf(id, sizeof id, "h%02d", h);
    berth_host_spec spec = fixture_host_spec(id, 1000, h == 0 ? 10 : h == 5 ? 1 : room);
    spec.wake = BERTH_WAKE_WOL;
    spec.power_watts = h == 0 ? 90 : h == 5 ? 1 : 20 + (int64_t)h;
    fixture_add_host(&g.f, g.cluster, spec);
  }
  ground_vm(&g, "v", "h00", 3);
  ground_vm(&g, "w", "h00", 3);
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = 1;
  aim.settings.weigh = BERTH_WEIGH_POWER;
  ground_freeze_aim(&g, &aim);
  serving on;
  serving_choice *choice = serving_choice_new(&g.p, &g.memory);
  cr_assert_not_null(choice);
  serving_choose(choice, &g.s, NULL, INT64_MAX, &g.clock, &on);
  cr_expect_eq(on.survives, survives);
  cr_expect_eq(on.hosts_on, watts, "room %d: %d W", (int)room, (int)on.hosts_on);
  cr_expect_not(on.exact);
  int64_t sum = 0;
  for (uint32_t h = 0; h < g.p.host_count && survives; h++)
    sum += on.serves[h] ? g.p.host_weight[h] : 0;
  cr_expect(!survives || sum == watts, "what serves is what is told");
  ground_end(&g);
}

Test(survival_search, spares_of_many_candidates) {
  expect_spares(6, true, 90 + 21);
  expect_spares(3, true, 90 + 21 + 22);
  expect_spares(2, false, 90);
}

/* ---------------------------------------------------------------------- every set of hosts */

enum { CHOSEN_HOSTS = 6 };

static void draw_choice(solver_ground *g, uint64_t seed, bool ha) {
  uint64_t state = seed;
  char id[16], home[16];
  int64_t left[CHOSEN_HOSTS];
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  cluster.id = "c";
  cluster.ha_enabled = ha;
  *g = (solver_ground){.f = fixture_begin()};
  cr_assert_eq(berth_builder_add_cluster(g->f.builder, &cluster, &g->cluster), BERTH_OK);
  for (int h = 0; h < CHOSEN_HOSTS; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    left[h] = ground_draw(&state, 3, 9);
    berth_host_spec spec = fixture_host_spec(id, 1000, left[h]);
    int64_t kind = ground_draw(&state, 0, 9);
    spec.wake = kind == 0 ? BERTH_WAKE_NONE : BERTH_WAKE_WOL;
    spec.state = h > 0 && kind == 1 ? BERTH_HOST_STANDBY : BERTH_HOST_ONLINE;
    left[h] = spec.state == BERTH_HOST_STANDBY ? 0 : left[h];
    spec.power_watts = ground_draw(&state, 1, 20);
    fixture_add_host(&g->f, g->cluster, spec);
  }
  for (int v = 0; v < 5; v++) {
    int h = (int)ground_draw(&state, 0, 2);
    int64_t size = ground_draw(&state, 1, 7);
    if (left[h] < size)
      continue;
    left[h] -= size;
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(home, sizeof home, "h%d", h);
    ground_vm(g, id, home, size);
  }
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.weigh = BERTH_WEIGH_POWER;
  aim.settings.keep_failures = (uint32_t)ground_draw(&state, 0, 2);
  ground_freeze_aim(g, &aim);
}

/* The lightest set of hosts that serve and survive: those with VMs, those that are on in any case,
 * one at least, two with HA if as many are on now, any others. -1 = none does. */
static int64_t lightest(solver_ground *g, const uint8_t *woken, bool ha) {
  const problem *p = &g->p;
  int64_t best = -1;
  int online = 0;
  for (uint32_t h = 0; h < p->host_count; h++)
    online += !p->host_asleep[h];
  survival *s = survival_new(p, &g->memory);
  cr_assert_not_null(s);
  for (uint32_t set = 1; set < UINT32_C(1) << p->host_count; set++) {
    uint8_t serves[CHOSEN_HOSTS];
    int64_t weight = 0;
    bool allowed = __builtin_popcount(set) >= (ha && online > 1 ? 2 : 1);
    for (uint32_t h = 0; h < p->host_count; h++) {
      bool stays =
          g->s.population[h] > 0 || (p->host_asleep[h] ? woken[h] != 0 : !p->host_may_sleep[h]);
      serves[h] = (set >> h) & 1;
      allowed &= serves[h] || !stays;
      weight += serves[h] ? p->host_weight[h] : 0;
    }
    if (allowed && (best < 0 || weight < best) &&
        (p->settings.keep_failures == 0 ||
         survival_test(s, &g->s, serves, &g->clock) == SURVIVAL_PROVED))
      best = weight;
  }
  return best;
}

Test(survival_search, the_lightest_hosts_that_survive) {
  int found = 0, lost = 0;
  for (uint64_t seed = 1; seed <= 150; seed++) {
    solver_ground g;
    serving on;
    uint8_t woken[CHOSEN_HOSTS] = {0};
    draw_choice(&g, seed, seed % 3 == 0);
    for (uint32_t h = 0; h < g.p.host_count; h++)
      woken[h] = g.p.host_asleep[h] && seed % 2 == 0;
    serving_choice *choice = serving_choice_new(&g.p, &g.memory);
    cr_assert_not_null(choice);
    int64_t best = lightest(&g, woken, seed % 3 == 0);
    serving_choose(choice, &g.s, woken, INT64_MAX, &g.clock, &on);
    cr_assert(on.exact);
    cr_assert_eq(on.survives, best >= 0, "seed %d", (int)seed);
    cr_assert(best < 0 || on.hosts_on == best, "seed %d: %d W, not %d", (int)seed, (int)on.hosts_on,
              (int)best);
    cr_assert_leq(serving_least(choice), on.hosts_on);
    if (best >= 0) {
      serving_choose(choice, &g.s, woken, best, &g.clock, &on);
      cr_assert(on.survives && on.hosts_on == best, "as heavy as may be: seed %d", (int)seed);
    }
    found += best >= 0 && g.p.settings.keep_failures > 0;
    lost += best < 0;
    ground_end(&g);
  }
  cr_expect_gt(found, 30, "%d", found);
  cr_expect_gt(lost, 3, "%d", lost);
}
