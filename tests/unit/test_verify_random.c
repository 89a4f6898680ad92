/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's verdicts on moments, against brute force. Random small partial orders of migrations
 * and starts on four hosts in two racks; every reachable state is enumerated as a pair of sets
 * (started, ended), with nothing of the checker's own method: no cuts, no antichains, no searches.
 */
#include "test_verify_support.h"

#define CASES 3000
#define HOSTS 4
#define VMS 5
#define LARGEST 9 /* steps of a case */
#define UNTOLD 3  /* host without the notification feature: VMs leave it without settling */

/* Vigna's splitmix64: any stream of numbers does, as long as it is the same in every run. */
static uint64_t draw(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t limit) {
  return (uint32_t)(draw(state) % limit);
}

typedef struct random_case {
  int64_t demand[VMS], capacity[HOSTS];
  uint32_t begin[VMS]; /* BERTH_NONE: waits to be powered on */
  bool slow[VMS];      /* is notified, and has to settle */
  int64_t per_host, at_most, disturbed, starts;
  berth_domain over;
  plan_sketch plan;
  uint32_t waits[LARGEST];         /* bit j: step i waits for j + 1 (directly) */
  uint32_t waits_settled[LARGEST]; /* the same, settled */
} random_case;

typedef struct verdict {
  uint32_t over_capacity; /* number of hosts */
  uint32_t crowded;       /* domains with too many members of the rule at-most */
  uint32_t busy;          /* hosts with too many migrations, hosts with too many starts */
  bool disturbed;
} verdict;

static void draw_vms(random_case *made, uint64_t *state) {
  for (uint32_t v = 0; v < VMS; v++) {
    made->demand[v] = 1 + below(state, 5);
    made->begin[v] = below(state, 4) == 0 ? BERTH_NONE : below(state, HOSTS);
    made->slow[v] = below(state, 2) == 0;
  }
  for (uint32_t h = 0; h < HOSTS; h++)
    made->capacity[h] = 3 + below(state, 9);
  made->per_host = 1 + below(state, 3);
  made->starts = 1 + below(state, 2);
  made->at_most = 1 + below(state, 3);
  made->disturbed = 1 + below(state, 2);
  made->over = below(state, 2) == 0 ? BERTH_DOMAIN_HOST : BERTH_DOMAIN_RACK;
}

static step_sketch *draw_step(random_case *made, uint64_t *state, uint32_t v, uint32_t at) {
  uint32_t to = below(state, HOSTS);
  if (at == BERTH_NONE)
    return sketch_start(&made->plan, BERTH_STEP_POWER_ON, v, to);
  if (to == at)
    to = (to + 1) % HOSTS;
  step_sketch *step = sketch_migrate(&made->plan, v, at, to);
  step->settle = made->slow[v] && at != UNTOLD ? 20 : 0;
  return step;
}

/* Random steps; those of a VM are chained, other edges are left to chance. */
static void draw_steps(random_case *made, uint64_t *state) {
  uint32_t last[VMS] = {0}, count = 2 + below(state, LARGEST - 1), density = 2 + below(state, 6);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t v = below(state, VMS);
    bool started = last[v] != 0 && made->begin[v] == BERTH_NONE;
    if (started)
      continue; /* one step only for a VM that is powered on */
    uint32_t at = last[v] == 0 ? made->begin[v] : made->plan.steps[last[v] - 1].to;
    step_sketch *step = draw_step(made, state, v, at);
    uint32_t id = made->plan.step_count;
    for (uint32_t before = 1; before < id; before++) {
      if (before != last[v] && below(state, density) != 0)
        continue;
      if (below(state, 2) == 0)
        sketch_settled(step, before);
      else
        sketch_after(step, before);
    }
    last[v] = id;
  }
  for (uint32_t i = 0; i < made->plan.step_count; i++) {
    const step_sketch *step = &made->plan.steps[i];
    made->waits[i] = made->waits_settled[i] = 0;
    for (uint32_t k = 0; k < step->after_count; k++)
      made->waits[i] |= UINT32_C(1) << (step->after[k] - 1);
    for (uint32_t k = 0; k < step->settled_count; k++)
      made->waits_settled[i] |= UINT32_C(1) << (step->settled[k] - 1);
  }
}

/* ------------------------------------------------------------------ brute force */

static bool in(uint32_t set, uint32_t i) {
  return (set >> i & 1) != 0;
}

/* Whether some moment of some execution has these steps started, and these of them ended. */
static bool reachable(const random_case *made, uint32_t started, uint32_t ended) {
  for (uint32_t i = 0; i < made->plan.step_count; i++)
    if (in(started, i) && ((made->waits[i] | made->waits_settled[i]) & ~ended) != 0)
      return false;
  return (ended & ~started) == 0;
}

/* Hosts on which VM v is charged, as a set. */
static uint32_t charged_on(const random_case *made, uint32_t v, uint32_t started, uint32_t ended) {
  uint32_t hosts = made->begin[v] == BERTH_NONE ? 0 : UINT32_C(1) << made->begin[v];
  for (uint32_t i = 0; i < made->plan.step_count; i++) {
    const step_sketch *step = &made->plan.steps[i];
    if (step->vm != v || !in(started, i))
      continue;
    hosts |= UINT32_C(1) << step->to;
    if (in(ended, i) && step->from != BERTH_NONE)
      hosts &= ~(UINT32_C(1) << step->from);
  }
  return hosts;
}

static uint32_t domain_of(const random_case *made, uint32_t host) {
  return made->over == BERTH_DOMAIN_HOST ? host : host / 2;
}

typedef struct load {
  int64_t use[HOSTS], members[HOSTS], migrations[HOSTS], starts[HOSTS];
} load;

static load load_at(const random_case *made, uint32_t started, uint32_t ended) {
  load sum = {{0}, {0}, {0}, {0}};
  for (uint32_t v = 0; v < VMS; v++) {
    uint32_t domains = 0, hosts = charged_on(made, v, started, ended);
    for (uint32_t h = 0; h < HOSTS; h++) {
      if (!in(hosts, h))
        continue;
      sum.use[h] += made->demand[v];
      domains |= UINT32_C(1) << domain_of(made, h);
    }
    for (uint32_t d = 0; d < HOSTS; d++)
      sum.members[d] += in(domains, d);
  }
  for (uint32_t i = 0; i < made->plan.step_count; i++) {
    if (!in(started & ~ended, i))
      continue;
    const step_sketch *step = &made->plan.steps[i];
    if (step->from != BERTH_NONE) {
      sum.migrations[step->from]++;
      sum.migrations[step->to]++;
    } else {
      sum.starts[step->to]++;
    }
  }
  return sum;
}

static void keep_worst(load *worst, const load *now) {
  for (uint32_t h = 0; h < HOSTS; h++) {
    worst->use[h] = larger(worst->use[h], now->use[h]);
    worst->members[h] = larger(worst->members[h], now->members[h]);
    worst->migrations[h] = larger(worst->migrations[h], now->migrations[h]);
    worst->starts[h] = larger(worst->starts[h], now->starts[h]);
  }
}

static load worst_load(const random_case *made) {
  load worst = load_at(made, 0, 0);
  uint32_t all = (UINT32_C(1) << made->plan.step_count) - 1;
  for (uint32_t started = 1; started <= all; started++)
    for (uint32_t ended = started;; ended = (ended - 1) & started) {
      if (reachable(made, started, ended)) {
        load now = load_at(made, started, ended);
        keep_worst(&worst, &now);
      }
      if (ended == 0)
        break;
    }
  return worst;
}

/* apart[i] bit j: j counts as over before i begins: ordered, and settled or with nothing to settle.
 */
static void find_apart(const random_case *made, uint32_t apart[LARGEST]) {
  uint32_t count = made->plan.step_count, ordered[LARGEST];
  for (uint32_t i = 0; i < count; i++) { /* steps wait for earlier ones only */
    ordered[i] = made->waits[i] | made->waits_settled[i];
    apart[i] = made->waits_settled[i];
    for (uint32_t j = 0; j < i; j++)
      if (in(made->waits[i] | made->waits_settled[i], j)) {
        ordered[i] |= ordered[j];
        apart[i] |= apart[j];
      }
    for (uint32_t j = 0; j < i; j++)
      if (in(ordered[i], j) && made->plan.steps[j].settle == 0)
        apart[i] |= UINT32_C(1) << j;
  }
}

/* Most VMs with migrations of which no two are apart; one migration a VM. */
static int64_t most_disturbed(const random_case *made) {
  uint32_t count = made->plan.step_count, apart[LARGEST];
  int64_t most = 0;
  find_apart(made, apart);
  for (uint32_t set = 0; set < UINT32_C(1) << count; set++) {
    int64_t size = 0;
    for (uint32_t i = 0; i < count && size >= 0; i++) {
      if (!in(set, i))
        continue;
      size++;
      if (made->plan.steps[i].type != BERTH_STEP_MIGRATE || (apart[i] & set) != 0)
        size = -1;
      for (uint32_t j = 0; j < i && size >= 0; j++)
        if (in(set, j) && made->plan.steps[j].vm == made->plan.steps[i].vm)
          size = -1;
    }
    most = larger(most, size);
  }
  return most;
}

static verdict brute_force(const random_case *made) {
  load begin = load_at(made, 0, 0), worst = worst_load(made);
  verdict found = {0};
  for (uint32_t h = 0; h < HOSTS; h++) {
    found.over_capacity += worst.use[h] > larger(made->capacity[h], begin.use[h]);
    found.crowded += worst.members[h] > larger(made->at_most, begin.members[h]);
    found.busy += worst.migrations[h] > made->per_host;
    found.busy += worst.starts[h] > made->starts;
  }
  found.disturbed = most_disturbed(made) > made->disturbed;
  return found;
}

/* ------------------------------------------------------------------ the checker */

static berth_inventory *build_cluster(const random_case *made, berth_context **ctx) {
  static const char *const host_ids[HOSTS] = {"h0", "h1", "h2", "h3"};
  static const char *const vm_ids[VMS] = {"v0", "v1", "v2", "v3", "v4"};
  static const char *const racks[HOSTS] = {"r0", "r0", "r1", "r1"};
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  set_up.migrations_per_host = made->per_host;
  set_up.restarts_per_host = made->starts;
  cluster_sketch sketch = cluster_begin(&set_up);
  for (uint32_t h = 0; h < HOSTS; h++) {
    berth_host_spec host = host_of(host_ids[h], made->capacity[h]);
    host.rack = racks[h];
    host.notify_timeout = h == UNTOLD ? BERTH_UNSET : 60;
    add_host(&sketch, host);
  }
  for (uint32_t v = 0; v < VMS; v++) {
    uint32_t begin = made->begin[v];
    berth_vm_spec vm =
        vm_of(vm_ids[v], begin == BERTH_NONE ? NULL : host_ids[begin], made->demand[v]);
    vm.notify_enabled = vm.notify_registered = made->slow[v];
    vm.notify_hardware = 20;
    vm.notify_settle_seconds = 20;
    add_vm(&sketch, vm);
  }
  berth_rule_spec rule = rule_of("few", BERTH_RULE_AT_MOST, "v0 v1 v2 v3 v4");
  rule.over = made->over;
  rule.count = made->at_most;
  add_rule(&sketch, rule);
  rule = rule_of("calm", BERTH_RULE_QUIESCE, "v0 v1 v2 v3 v4");
  rule.max_concurrent = made->disturbed;
  add_rule(&sketch, rule);
  *ctx = sketch.ctx;
  return cluster_end(&sketch);
}

static verdict ask_checker(const random_case *made) {
  berth_context *ctx;
  berth_inventory *inventory = build_cluster(made, &ctx);
  berth_plan *plan = sketch_build(ctx, inventory, &made->plan);
  berth_report *report = NULL;
  verdict found = {0};
  cr_assert_eq(berth_verify(ctx, plan, &report), BERTH_OK);
  for (uint32_t k = 0; k < berth_report_count(report); k++) {
    berth_fault_kind kind = berth_report_fault(report, k)->kind;
    found.over_capacity += kind == BERTH_FAULT_CAPACITY;
    found.crowded += kind == BERTH_FAULT_RULE_VM;
    found.busy += kind == BERTH_FAULT_CONCURRENCY;
    found.disturbed |= kind == BERTH_FAULT_QUIESCE;
    cr_assert_neq(kind, BERTH_FAULT_STEP_ORDER);
    cr_assert_neq(kind, BERTH_FAULT_VM_CHAIN);
  }
  berth_report_free(report);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return found;
}

Test(verify_random, moments_agree_with_brute_force, .timeout = 120) {
  uint64_t state = 20;
  uint32_t bad[4] = {0}, good[4] = {0};
  for (uint32_t k = 0; k < CASES; k++) {
    random_case made = {.plan = {.goal = BERTH_GOAL_REPAIR}};
    draw_vms(&made, &state);
    draw_steps(&made, &state);
    verdict expected = brute_force(&made), found = ask_checker(&made);
    cr_expect_eq(found.over_capacity, expected.over_capacity, "case %u: capacity %u, expected %u",
                 k, found.over_capacity, expected.over_capacity);
    cr_expect_eq(found.crowded, expected.crowded, "case %u: at-most %u, expected %u", k,
                 found.crowded, expected.crowded);
    cr_expect_eq(found.busy, expected.busy, "case %u: in flight %u, expected %u", k, found.busy,
                 expected.busy);
    cr_expect_eq(found.disturbed, expected.disturbed, "case %u: quiesce %d, expected %d", k,
                 found.disturbed, expected.disturbed);
    const bool wrong[4] = {expected.over_capacity > 0, expected.crowded > 0, expected.busy > 0,
                           expected.disturbed};
    for (uint32_t q = 0; q < 4; q++)
      ++*(wrong[q] ? &bad[q] : &good[q]);
  }
  for (uint32_t q = 0; q < 4; q++) { /* the draw has to ask both sides of every question */
    cr_expect_gt(bad[q], CASES / 20, "question %u: only %u of %u are bad", q, bad[q], CASES);
    cr_expect_gt(good[q], CASES / 20, "question %u: only %u of %u are good", q, good[q], CASES);
  }
}
