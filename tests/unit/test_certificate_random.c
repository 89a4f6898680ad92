/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates with random weights, against the formula of docs/model.md §9 over all contents of
 * each host, of clusters of three hosts and up to five VMs. The checker has to accept the bound
 * that the formula gives, and to refuse the next one.
 */
#include "test_verify_support.h"

enum { CASES = 5000, HOSTS = 3, VMS = 5, RESOURCES = 4, LADDER = 7 };

typedef struct random_case {
  uint32_t host_count, vm_count;
  berth_goal goal;
  bool weigh_power;
  berth_host_state state[HOSTS];
  bool wakes[HOSTS];
  int64_t capacity[HOSTS][2], watts[HOSTS];
  uint32_t begin[VMS]; /* BERTH_NONE: waits to be powered on */
  bool movable[VMS];
  uint32_t allowed[VMS]; /* hosts of a must rule, as a set */
  int64_t demand[VMS][2], memory[VMS];
  uint32_t hosts_of_it; /* H, as a set */
  berth_level level;
  int64_t scale, assumed[BERTH_LEVEL_COUNT], weight[VMS];
  bool by_row;
} random_case;

static const berth_level ladder_on[LADDER] = {BERTH_LEVEL_VIOLATIONS,    BERTH_LEVEL_UNPLACED,
                                              BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_HOSTS_ON,
                                              BERTH_LEVEL_MIGRATIONS,    BERTH_LEVEL_MEMORY_MOVED,
                                              BERTH_LEVEL_COUNT};
static const berth_level ladder_woken[LADDER] = {
    BERTH_LEVEL_VIOLATIONS,  BERTH_LEVEL_UNPLACED,   BERTH_LEVEL_SHOULD_BROKEN,
    BERTH_LEVEL_HOSTS_WOKEN, BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_MEMORY_MOVED,
    BERTH_LEVEL_MAKESPAN};

static const berth_level *ladder_of(const random_case *c) {
  return c->goal == BERTH_GOAL_CONSOLIDATE ? ladder_on : ladder_woken;
}

static uint32_t below(uint64_t *state, uint32_t limit) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33) % limit;
}

static bool in(uint32_t set, uint32_t i) {
  return (set >> i & 1) != 0;
}

static bool runs_at(const random_case *c, uint32_t h) {
  return c->state[h] == BERTH_HOST_ONLINE || c->state[h] == BERTH_HOST_MAINTENANCE;
}

static void draw_hosts(random_case *c, uint64_t *state) {
  c->host_count = 2 + below(state, HOSTS - 1);
  for (uint32_t h = 0; h < c->host_count; h++) {
    static const berth_host_state states[] = {BERTH_HOST_ONLINE, BERTH_HOST_ONLINE,
                                              BERTH_HOST_STANDBY, BERTH_HOST_MAINTENANCE};
    c->state[h] = h == 0 ? BERTH_HOST_ONLINE : states[below(state, 4)];
    c->wakes[h] = c->state[h] == BERTH_HOST_STANDBY ? below(state, 6) != 0 : below(state, 3) != 0;
    for (uint32_t r = 0; r < 2; r++)
      c->capacity[h][r] = 3 + below(state, 6);
    c->watts[h] = 2 + 2 * below(state, 4);
  }
  c->weigh_power = below(state, 2) == 0;
}

static void draw_vms(random_case *c, uint64_t *state) {
  c->vm_count = 1 + below(state, VMS);
  for (uint32_t v = 0; v < c->vm_count; v++) {
    uint32_t home = below(state, c->host_count);
    c->begin[v] = below(state, 4) == 0 || !runs_at(c, home) ? BERTH_NONE : home;
    c->movable[v] = below(state, 4) != 0;
    c->allowed[v] =
        below(state, 3) != 0 ? 7 : below(state, 8) | (c->begin[v] == BERTH_NONE ? 1u : 1u << home);
    c->demand[v][0] = below(state, 3);
    c->demand[v][1] = 1 + below(state, 4);
    c->memory[v] = 6 * (1 + below(state, 3)) + (below(state, 3) == 0);
  }
}

static void draw_certificate(random_case *c, uint64_t *state) {
  static const berth_goal goals[] = {BERTH_GOAL_CONSOLIDATE, BERTH_GOAL_CONSOLIDATE,
                                     BERTH_GOAL_REPAIR, BERTH_GOAL_EVACUATE};
  uint32_t at = BERTH_NONE, all = (1u << c->host_count) - 1;
  c->goal = goals[below(state, 4)];
  while (at == BERTH_NONE || at == 2)
    at = below(state, 6);
  c->level = ladder_of(c)[at];
  c->hosts_of_it = below(state, 3) == 0 ? 1 + below(state, all) : all;
  c->scale = 1 + below(state, c->level == BERTH_LEVEL_UNPLACED ? 2 : 5);
  for (uint32_t k = 0; k < at; k++)
    if (k != 2 && below(state, 2) == 0)
      c->assumed[ladder_of(c)[k]] = below(state, 4);
  c->by_row = below(state, 3) == 0;
  int64_t usual = below(state, c->level == BERTH_LEVEL_MEMORY_MOVED ? 20 : 4);
  for (uint32_t v = 0; v < c->vm_count; v++) /* much alike: wild ones prove nothing */
    c->weight[v] = usual + (below(state, 4) == 0 ? below(state, 3) : 0);
  for (uint32_t v = 0; v < c->vm_count && c->by_row; v++)
    for (uint32_t other = 0; other < v; other++)
      if (memcmp(c->demand[v], c->demand[other], sizeof c->demand[v]) == 0)
        c->weight[v] = c->weight[other];
}

/* ------------------------------------------------------------------ the formula */

typedef struct formula {
  const random_case *c;
  bool within;        /* the plan has no violations, and the level is another one */
  uint32_t members;   /* V, as a set */
  uint32_t ends[VMS]; /* hosts where the VM may end */
  int64_t use[HOSTS][2];
} formula;

static bool is_fixed(const random_case *c, uint32_t v) {
  return c->begin[v] != BERTH_NONE && !c->movable[v];
}

static bool must_leave(const random_case *c, uint32_t h) {
  return c->state[h] == BERTH_HOST_MAINTENANCE;
}

static void find_ends(formula *f) {
  const random_case *c = f->c;
  for (uint32_t v = 0; v < c->vm_count; v++) {
    f->ends[v] = c->begin[v] == BERTH_NONE ? 0 : 1u << c->begin[v];
    for (uint32_t h = 0; h < c->host_count && !is_fixed(c, v); h++)
      if (in(c->allowed[v], h) &&
          (c->state[h] == BERTH_HOST_ONLINE || (c->state[h] == BERTH_HOST_STANDBY && c->wakes[h])))
        f->ends[v] |= 1u << h;
    bool whole = c->hosts_of_it == (1u << c->host_count) - 1;
    if ((f->ends[v] & ~c->hosts_of_it) == 0 && (f->ends[v] != 0 || whole))
      f->members |= 1u << v;
  }
}

static bool is_crossed(const formula *f) {
  for (uint32_t v = 0; v < f->c->vm_count; v++)
    if ((f->ends[v] & f->c->hosts_of_it) != 0 && (f->ends[v] & ~f->c->hosts_of_it) != 0)
      return true;
  return false;
}

static void find_use(formula *f) {
  const random_case *c = f->c;
  bool clean = true;
  for (uint32_t v = 0; v < c->vm_count; v++) {
    for (uint32_t r = 0; r < 2 && c->begin[v] != BERTH_NONE; r++)
      f->use[c->begin[v]][r] += c->demand[v][r];
    clean = clean && (c->begin[v] == BERTH_NONE || !must_leave(c, c->begin[v]));
  }
  for (uint32_t h = 0; h < c->host_count; h++)
    for (uint32_t r = 0; r < 2; r++)
      clean = clean && f->use[h][r] <= c->capacity[h][r];
  f->within = clean && c->level != BERTH_LEVEL_VIOLATIONS;
}

static int64_t price(const random_case *c, berth_level level) {
  return level == c->level ? c->scale : c->assumed[level];
}

static int64_t watts_of(const random_case *c, uint32_t h) {
  return c->weigh_power ? c->watts[h] : 1;
}

/* May not be powered down. */
static bool always_on(const random_case *c, uint32_t h) {
  return c->state[h] == BERTH_HOST_ONLINE && !c->wakes[h];
}

static bool is_content(const formula *f, uint32_t h, uint32_t set) {
  const random_case *c = f->c;
  int64_t sum[2] = {0, 0};
  for (uint32_t v = 0; v < c->vm_count; v++) {
    if (is_fixed(c, v) && in(f->members, v) && c->begin[v] == h && !in(set, v))
      return false;
    if (!in(set, v))
      continue;
    if (!in(f->members, v) || !in(f->ends[v], h))
      return false;
    for (uint32_t r = 0; r < 2; r++)
      sum[r] += c->demand[v][r];
  }
  for (uint32_t r = 0; r < 2; r++)
    if (sum[r] > (f->within ? c->capacity[h][r] : larger(c->capacity[h][r], f->use[h][r])))
      return false;
  return true;
}

static int64_t cost_of_content(const formula *f, uint32_t h, uint32_t set) {
  const random_case *c = f->c;
  int64_t cost = 0;
  bool powered = c->state[h] == BERTH_HOST_ONLINE || c->state[h] == BERTH_HOST_STANDBY;
  if ((powered && set != 0) || always_on(c, h))
    cost += price(c, BERTH_LEVEL_HOSTS_ON) * watts_of(c, h);
  if (c->state[h] == BERTH_HOST_STANDBY && set != 0)
    cost += price(c, BERTH_LEVEL_HOSTS_WOKEN);
  for (uint32_t v = 0; v < c->vm_count; v++) {
    if (!in(set, v))
      continue;
    cost -= c->weight[v];
    if (must_leave(c, h))
      cost += price(c, BERTH_LEVEL_VIOLATIONS);
    if (c->begin[v] == BERTH_NONE || c->begin[v] == h)
      continue;
    if (c->goal != BERTH_GOAL_EVACUATE || !must_leave(c, c->begin[v]))
      cost += price(c, BERTH_LEVEL_MIGRATIONS);
    cost += price(c, BERTH_LEVEL_MEMORY_MOVED) * c->memory[v];
  }
  return cost;
}

static int64_t best_content(const formula *f, uint32_t h) {
  int64_t best = INT64_MAX;
  for (uint32_t set = 0; set < 1u << f->c->vm_count; set++)
    if (is_content(f, h, set) && cost_of_content(f, h, set) < best)
      best = cost_of_content(f, h, set);
  cr_assert_lt(best, INT64_MAX);
  return best;
}

/* Σ λ(e)·V(e) of the plan that does nothing. */
static int64_t values_before(const formula *f) {
  const random_case *c = f->c;
  int64_t sum = 0;
  for (uint32_t h = 0; h < c->host_count; h++) {
    if (!in(c->hosts_of_it, h))
      continue;
    if (c->state[h] == BERTH_HOST_ONLINE)
      sum += c->assumed[BERTH_LEVEL_HOSTS_ON] * watts_of(c, h);
    for (uint32_t r = 0; r < 2; r++)
      sum += c->assumed[BERTH_LEVEL_VIOLATIONS] * (f->use[h][r] > c->capacity[h][r]);
  }
  for (uint32_t v = 0; v < c->vm_count; v++) {
    if (in(f->members, v) && c->begin[v] == BERTH_NONE)
      sum += c->assumed[BERTH_LEVEL_UNPLACED];
    else if (in(f->members, v) && must_leave(c, c->begin[v]))
      sum += c->assumed[BERTH_LEVEL_VIOLATIONS];
  }
  return sum;
}

static int64_t formula_value(const formula *f) {
  const random_case *c = f->c;
  int64_t sum = -values_before(f);
  for (uint32_t v = 0; v < c->vm_count; v++) {
    if (!in(f->members, v))
      continue;
    sum += c->weight[v];
    int64_t left_out = price(c, BERTH_LEVEL_UNPLACED) - c->weight[v];
    if (c->begin[v] == BERTH_NONE && left_out < 0)
      sum += left_out;
  }
  for (uint32_t h = 0; h < c->host_count; h++)
    if (in(c->hosts_of_it, h))
      sum += best_content(f, h);
  return sum <= 0 ? 0 : (sum + c->scale - 1) / c->scale;
}

static int64_t divisor(int64_t a, int64_t b) {
  return b == 0 ? a : divisor(b, a % b);
}

/* The next value that the level can have, by its own arithmetic: one after the other. */
static int64_t next_value(const formula *f, int64_t value) {
  const random_case *c = f->c;
  int64_t base = 0, unit = 0;
  if (c->level != BERTH_LEVEL_MEMORY_MOVED && c->level != BERTH_LEVEL_HOSTS_ON)
    return value;
  for (uint32_t v = 0; v < c->vm_count && c->level == BERTH_LEVEL_MEMORY_MOVED; v++)
    if (in(f->members, v) && c->begin[v] != BERTH_NONE && !is_fixed(c, v))
      unit = divisor(unit, c->memory[v]);
  for (uint32_t h = 0; h < c->host_count && c->level == BERTH_LEVEL_HOSTS_ON; h++) {
    bool serves = always_on(c, h), counts = in(c->hosts_of_it, h);
    for (uint32_t v = 0; v < c->vm_count; v++)
      serves = serves || (c->state[h] == BERTH_HOST_ONLINE && is_fixed(c, v) && c->begin[v] == h);
    if (counts && serves)
      base += watts_of(c, h);
    else if (counts && !must_leave(c, h))
      unit = divisor(unit, watts_of(c, h));
  }
  while (value > base && unit > 0 && (value - base) % unit != 0)
    value++;
  return value;
}

/* ------------------------------------------------------------------ the checker */

static berth_inventory *build_cluster(const random_case *c, berth_context **ctx) {
  static const char *const host_ids[] = {"h0", "h1", "h2"};
  static const char *const vm_ids[] = {"v0", "v1", "v2", "v3", "v4"};
  cluster_sketch made = cluster_begin_plain();
  for (uint32_t h = 0; h < c->host_count; h++) {
    berth_host_spec host = host_of(host_ids[h], c->capacity[h][1]);
    host.cpu_mhz = c->capacity[h][0];
    host.state = c->state[h];
    host.wake = c->wakes[h] ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
    host.power_watts = c->watts[h];
    add_host(&made, host);
  }
  for (uint32_t v = 0; v < c->vm_count; v++) {
    berth_vm_spec vm =
        vm_of(vm_ids[v], c->begin[v] == BERTH_NONE ? NULL : host_ids[c->begin[v]], c->demand[v][1]);
    vm.cpu_reservation_mhz = c->demand[v][0];
    vm.memory_mib = c->memory[v];
    vm.movable = c->movable[v];
    add_vm(&made, vm);
  }
  for (uint32_t v = 0; v < c->vm_count; v++) {
    static const char *const sets[] = {"", "h0", "h1", "h0 h1", "h2", "h0 h2", "h1 h2", "h0 h1 h2"};
    uint32_t set = c->allowed[v] & ((1u << c->host_count) - 1);
    if (set == (1u << c->host_count) - 1 || set == 0)
      continue;
    berth_rule_spec rule = rule_of(vm_ids[v], BERTH_RULE_RUN_ON, vm_ids[v]);
    rule.hosts = sets[set];
    add_rule(&made, rule);
  }
  *ctx = made.ctx;
  return cluster_end(&made);
}

static void write_weights(const random_case *c, int64_t rows[VMS][RESOURCES], uint32_t *ids,
                          berth_certificate_weight *weights, uint32_t *count) {
  for (uint32_t v = 0; v < c->vm_count; v++) {
    bool known = false;
    ids[v] = v;
    for (uint32_t other = 0; other < v && c->by_row; other++)
      known = known || memcmp(c->demand[v], c->demand[other], sizeof c->demand[v]) == 0;
    if (known)
      continue;
    memcpy(rows[v], (int64_t[RESOURCES]){c->demand[v][0], c->demand[v][1], 1, 1}, sizeof rows[v]);
    weights[(*count)++] =
        c->by_row
            ? (berth_certificate_weight){.demand = rows[v], .weight = c->weight[v]}
            : (berth_certificate_weight){.weight = c->weight[v], .vm_count = 1, .vms = &ids[v]};
  }
}

static bool is_accepted(const random_case *c, berth_context *ctx, const berth_inventory *inventory,
                        int64_t bound) {
  plan_sketch plan = {.goal = c->goal, .status = BERTH_OUTCOME_FEASIBLE};
  int64_t rows[VMS][RESOURCES];
  uint32_t ids[VMS], hosts[HOSTS], count = 0;
  berth_certificate_weight weights[VMS];
  berth_plan_certificate *given = &plan.certificates[plan.certificate_count++];
  plan.settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  plan.settings.weigh = c->weigh_power ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  for (uint32_t k = 0; k < LADDER && ladder_of(c)[k] != BERTH_LEVEL_COUNT; k++)
    sketch_level(&plan, ladder_of(c)[k], ladder_of(c)[k] == c->level ? bound : 0);
  write_weights(c, rows, ids, weights, &count);
  *given = (berth_plan_certificate){.level = c->level,
                                    .bound = bound,
                                    .scale = c->scale,
                                    .weight_count = count,
                                    .weights = weights,
                                    .hosts = hosts};
  memcpy(given->assumed, c->assumed, sizeof c->assumed);
  for (uint32_t h = 0; h < c->host_count; h++)
    if (in(c->hosts_of_it, h) && c->hosts_of_it != (1u << c->host_count) - 1)
      hosts[given->host_count++] = h;
  return (sketch_faults(ctx, inventory, &plan) & KIND(BERTH_FAULT_CERTIFICATE)) == 0;
}

typedef struct tally {
  uint32_t proved, crossed, rounded;
} tally;

static void compare(const random_case *c, uint32_t number, tally *seen) {
  formula f = {.c = c};
  berth_context *ctx;
  berth_inventory *inventory = build_cluster(c, &ctx);
  bool assumes = false;
  find_ends(&f);
  find_use(&f);
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++)
    assumes = assumes || c->assumed[level] > 0;
  if (assumes && is_crossed(&f)) {
    cr_expect_not(is_accepted(c, ctx, inventory, 0), "case %u: some VM may end on H or not",
                  number);
    seen->crossed++;
  } else {
    int64_t proved = formula_value(&f), next = next_value(&f, proved);
    cr_expect(is_accepted(c, ctx, inventory, proved), "case %u: proves %lld", number,
              (long long)proved);
    if (proved > 0)
      cr_expect(is_accepted(c, ctx, inventory, next), "case %u: %lld is the next value", number,
                (long long)next);
    else
      next = 0;
    cr_expect_not(is_accepted(c, ctx, inventory, next + 1), "case %u: proves %lld only", number,
                  (long long)next);
    seen->proved += proved > 0;
    seen->rounded += next > proved;
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

Test(certificate_random, agrees_with_the_formula, .timeout = 120) {
  uint64_t state = 9;
  tally seen = {0};
  for (uint32_t k = 0; k < CASES; k++) {
    random_case c = {.host_count = 0};
    draw_hosts(&c, &state);
    draw_vms(&c, &state);
    draw_certificate(&c, &state);
    compare(&c, k, &seen);
  }
  cr_expect_gt(seen.proved, CASES / 20, "%u", seen.proved);
  cr_expect_gt(seen.crossed, CASES / 40, "%u", seen.crossed);
  cr_expect_gt(seen.rounded, CASES / 200, "%u", seen.rounded);
}
