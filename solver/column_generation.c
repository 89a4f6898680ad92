/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Column generation (Gilmore and Gomory 1961; Lübbecke and Desrosiers 2005). The master's duals are
 * rounded to integers before they are used: each round of pricing then gives, by exact knapsacks, a
 * bound that holds whatever the linear program's accuracy was. The best round's prices are kept.
 */
#include "column_generation.h"
#include "common_divisor.h"
#include "lp.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { SCALE_BITS = 20, LEAST_GAIN = 500, PRICE_BITS = 42, MOST_ROUNDS = 400 };

/* ---------------------------------------------------------------------- the bound of prices */

/* What every cost of the level is a multiple of; 0 = contents cost nothing on it. */
static int64_t level_unit(const host_groups *g) {
  const content_model *m = g->model;
  berth_level level = m->problem->ladder[g->level_count - 1];
  int64_t unit = 0;
  for (uint32_t c = 0; c < m->class_count; c++) {
    unit = common_divisor(unit, content_arrival_cost(m, &m->classes[c], level));
    if (m->classes[c].requested)
      unit = common_divisor(unit, content_unplaced_cost(m, &m->classes[c], level));
  }
  for (uint32_t i = 0; i < g->group_count; i++) {
    unit = common_divisor(unit, content_host_cost(m, g->groups[i].host, level));
    unit = common_divisor(unit, content_stay_cost(m, g->groups[i].host, level));
  }
  return unit;
}

/* The items' side of the Lagrangian: weights, items that may stay unplaced, levels before. */
static int64_t value_of_items(const host_groups *g, const content_prices *prices,
                              const placement *s) {
  const content_model *m = g->model;
  int64_t value = 0;
  for (uint32_t c = 0; c < m->class_count; c++) {
    value += prices->weight[c] * m->classes[c].count;
    if (!m->classes[c].requested)
      continue;
    int64_t alone = priced_unplaced(g, prices, c) - prices->weight[c];
    value += alone < 0 ? alone * m->classes[c].count : 0;
  }
  for (uint32_t i = 0; i + 1 < g->level_count; i++) {
    berth_level level = m->problem->ladder[i];
    value -= prices->assumed[i] * (s->value[level] - pattern_base_cost(g, level));
  }
  return value;
}

static int64_t round_up(int64_t value, int64_t step) {
  assert(step > 0);
  int64_t whole = value / step;
  return (whole + (value > 0 && value % step != 0)) * step;
}

/* ---------------------------------------------------------------------- the master */

/* What pricing found for a group. Lives in the memory of the hand that priced it. */
typedef struct priced_group {
  int64_t upper;
  uint32_t count; /* types of a content that the master lacks; 0 = none */
  knapsack_type *types;
  uint32_t *counts;
  bool out_of_memory;
} priced_group;

/* What a worker prices with; nothing of it is another's. */
typedef struct pricing_hand {
  pattern_pricer pricer;
  arena memory; /* of the pricer, which may take more later */
  arena found;  /* what is to be kept of a round */
} pricing_hand;

typedef struct generation {
  pattern_pool *pool;
  const host_groups *groups;
  const content_branches *branches; /* of a node; NULL at the root */
  int64_t penalty;
  pattern_solution *solution; /* NULL = not asked for */
  double *values;             /* of the columns */
  size_t value_room;
  arena *memory;
  const placement *s;
  search_clock *clock;
  double end;
  lp_session *lp;
  double *duals; /* [row] */
  pricing_hand *hands;
  uint32_t hand_count;
  priced_group *priced; /* [group] */
  knapsack_effort effort;
  int64_t of_branches; /* what the branches on arrivals add to the bound of these prices */
  pattern_dual now, *best;
} generation;

static bool take_prices(pattern_dual *dual, const host_groups *g, arena *memory) {
  dual->weight = arena_take(memory, g->model->class_count, sizeof *dual->weight);
  dual->assumed = arena_take(memory, g->level_count, sizeof *dual->assumed);
  dual->arrival = arena_take(memory, g->model->class_count, sizeof *dual->arrival);
  dual->prices =
      (content_prices){.weight = dual->weight, .assumed = dual->assumed, .arrival = dual->arrival};
  return dual->weight != NULL && dual->assumed != NULL && dual->arrival != NULL;
}

static void keep(const generation *run) {
  const host_groups *g = run->groups;
  pattern_dual *best = run->best;
  memcpy(best->weight, run->now.weight, g->model->class_count * sizeof *best->weight);
  memcpy(best->assumed, run->now.assumed, g->level_count * sizeof *best->assumed);
  memcpy(best->arrival, run->now.arrival, g->model->class_count * sizeof *best->arrival);
  best->prices.scale = run->now.prices.scale;
  best->value = run->now.value;
  best->bound = run->now.bound;
  best->found = true;
}

static int64_t to_price(double dual, int64_t scale) {
  double price = floor(dual * (double)scale + 0.5);
  double most = ldexp(1.0, PRICE_BITS);
  return price <= 0 ? 0 : (int64_t)(price < most ? price : most);
}

static void price_arrivals(generation *run) {
  for (uint32_t c = 0; c < run->groups->model->class_count; c++)
    run->now.arrival[c] = priced_arrival(run->groups, &run->now.prices, c);
}

/* A branch on all arrivals of a class makes each dearer or cheaper, and costs or pays for its
 * bound. */
static void price_branches(generation *run, const double *duals) {
  for (uint32_t i = 0; i < run->branches->count; i++) {
    const content_branch *b = &run->branches->list[i];
    if (b->kind != BRANCH_ARRIVALS)
      continue;
    int64_t bonus = to_price(*duals, run->now.prices.scale);
    int64_t toll = to_price(-*duals, run->now.prices.scale);
    assert(bonus == 0 || toll == 0);
    run->now.arrival[b->what] += toll - bonus;
    run->of_branches += bonus * b->least - toll * b->most;
    duals++;
  }
}

static void read_prices(generation *run) {
  const host_groups *g = run->groups;
  pattern_dual *now = &run->now;
  uint32_t classes = g->model->class_count;
  for (uint32_t c = 0; c < classes; c++)
    now->weight[c] = to_price(run->duals[c], now->prices.scale);
  for (uint32_t i = 0; i + 1 < g->level_count; i++)
    now->assumed[i] = to_price(-run->duals[classes + g->group_count + i], now->prices.scale);
  price_arrivals(run);
  run->of_branches = 0;
  if (run->branches != NULL)
    price_branches(run, run->duals + classes + g->group_count + g->level_count - 1);
}

/* Keeps the types of which there is something. */
static bool keep_content(priced_group *out, pricing_hand *hand, uint32_t type_count) {
  const pattern_pricer *pricer = &hand->pricer;
  uint32_t used = 0;
  for (uint32_t i = 0; i < type_count; i++)
    used += pricer->counts[i] > 0;
  out->types = arena_take_unset(&hand->found, used, sizeof *out->types);
  out->counts = arena_take_unset(&hand->found, used, sizeof *out->counts);
  if (out->types == NULL || out->counts == NULL)
    return false;
  for (uint32_t i = 0; i < type_count; i++) {
    if (pricer->counts[i] == 0)
      continue;
    out->types[out->count] = pricer->types[i];
    out->counts[out->count++] = pricer->counts[i];
  }
  assert(out->count == used);
  return true;
}

/* The content that a dive has settled for. */
static const content_branch *settled_content(const generation *run, uint32_t group) {
  for (uint32_t i = 0; run->branches != NULL && i < run->branches->count; i++) {
    const content_branch *b = &run->branches->list[i];
    if (b->kind == BRANCH_CONTENT && b->group == group)
      return b;
  }
  return NULL;
}

static int64_t profit_of_pattern(const generation *run, uint32_t pattern) {
  const pattern_pool *pool = run->pool;
  const content_prices *prices = &run->now.prices;
  uint32_t host = run->groups->groups[pool->group[pattern]].host;
  int64_t stay = priced_stay(run->groups, prices, host), profit = 0;
  for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++) {
    const pattern_entry *entry = &pool->entries[e];
    profit += prices->weight[entry->class] * entry->count -
              prices->arrival[entry->class] * entry->arrivals -
              stay * (entry->count - entry->arrivals);
  }
  bool empty = pool->start[pattern] == pool->start[pattern + 1];
  return empty ? 0 : profit - priced_host(run->groups, prices, host);
}

/* A task for any worker: reads what all share, writes what is the group's. */
static void price_group(void *user, uint32_t group, worker *self) {
  const generation *run = user;
  const pattern_dual *now = &run->now;
  priced_group *out = &run->priced[group];
  pricing_hand *hand = &run->hands[worker_index(self)];
  int64_t gain;
  *out = (priced_group){0};
  assert(group < run->groups->group_count && worker_index(self) < run->hand_count);
  const content_branch *settled = settled_content(run, group);
  if (settled != NULL) {
    out->upper = profit_of_pattern(run, settled->what);
    return;
  }
  uint32_t count =
      pattern_price(&hand->pricer, group, &now->prices, run->effort, &gain, &out->upper);
  double tolerance = 1e-6 * (double)(now->prices.scale * now->unit);
  double known = -run->duals[run->groups->model->class_count + group] * (double)now->prices.scale;
  if ((double)gain > known + tolerance && (gain > 0 || run->branches != NULL))
    out->out_of_memory = !keep_content(out, hand, count);
}

/* Takes over what was found, in the order of the groups. */
static bool enter_groups(generation *run, uint32_t *added) {
  for (uint32_t i = 0; i < run->groups->group_count; i++) {
    const priced_group *found = &run->priced[i];
    run->now.value -= found->upper * run->groups->groups[i].count;
    if (found->count == 0 && !found->out_of_memory)
      continue;
    if (found->out_of_memory ||
        !pattern_pool_add(run->pool, i, found->types, found->counts, found->count))
      return false;
    ++*added;
  }
  return true;
}

/* Prices every group: computes the bound of these prices, adds patterns that the master lacks.
 * @p added: how many. */
static bool price_all(generation *run, knapsack_effort effort, uint32_t *added) {
  const host_groups *g = run->groups;
  pattern_dual *now = &run->now;
  *added = 0;
  run->effort = effort;
  now->value = value_of_items(g, &now->prices, run->s) + run->of_branches;
  workers_run(run->clock->worker, g->group_count, price_group, run);
  bool ok = enter_groups(run, added);
  for (uint32_t i = 0; i < run->hand_count; i++)
    arena_free(&run->hands[i].found);
  if (!ok)
    return false;
  now->bound = now->base + round_up(now->value, now->prices.scale * now->unit) / now->prices.scale;
  if (!run->best->found || now->bound > run->best->bound ||
      now->value - run->best->value > now->prices.scale * now->unit / LEAST_GAIN)
    keep(run);
  return true;
}

static bool take_hands(generation *run, arena *memory) {
  uint32_t count = worker_hands(run->clock->worker);
  run->priced = arena_take(memory, run->groups->group_count, sizeof *run->priced);
  run->hands = arena_take(memory, count, sizeof *run->hands);
  if (run->priced == NULL || run->hands == NULL)
    return false;
  for (; run->hand_count < count; run->hand_count++) {
    pricing_hand *hand = &run->hands[run->hand_count];
    arena_init(&hand->memory, &memory->allocator);
    arena_init(&hand->found, &memory->allocator);
    if (!pattern_pricer_init(&hand->pricer, run->groups, &hand->memory)) {
      arena_free(&hand->memory);
      return false;
    }
    hand->pricer.branches = run->branches;
  }
  return true;
}

static void free_hands(generation *run) {
  for (uint32_t i = 0; i < run->hand_count; i++)
    arena_free(&run->hands[i].memory);
}

/* ---------------------------------------------------------------------- prices by size */

/* The most of a resource that one unit of the level's cost buys on any host. */
static double most_for_cost(const host_groups *g, berth_level level, uint32_t resource) {
  const problem *p = g->model->problem;
  double most = 0;
  for (uint32_t i = 0; i < g->group_count; i++) {
    uint32_t host = g->groups[i].host;
    int64_t cost = content_host_cost(g->model, host, level);
    int64_t room = g->model->room[(size_t)host * p->resource_count + resource];
    if (cost > 0 && room < BERTH_UNLIMITED && (double)room / (double)cost > most)
      most = (double)room / (double)cost;
  }
  return most;
}

/* Weights in proportion to demands: the bound of totals, for one resource or, as an even mixture,
 * for all of @p mask. */
static bool price_by_size(generation *run, uint64_t mask) {
  const host_groups *g = run->groups;
  const content_model *m = g->model;
  uint32_t resources = m->problem->resource_count;
  berth_level level = m->problem->ladder[g->level_count - 1];
  double parts = (double)__builtin_popcountll(mask);
  uint32_t added;
  memset(run->now.weight, 0, m->class_count * sizeof *run->now.weight);
  memset(run->now.assumed, 0, g->level_count * sizeof *run->now.assumed);
  for (uint32_t r = 0; r < resources && r < 64; r++) {
    double most = (mask >> r & 1) != 0 ? most_for_cost(g, level, r) : 0;
    for (uint32_t c = 0; c < m->class_count && most > 0; c++) {
      double share = (double)m->classes[c].demand[r] / most / parts;
      run->now.weight[c] += (int64_t)(share * (double)run->now.prices.scale);
    }
  }
  price_arrivals(run);
  return price_all(run, KNAPSACK_QUICK, &added);
}

/* The resources whose totals prove most, alone and together. */
static bool try_sizes(generation *run) {
  const host_groups *g = run->groups;
  const problem *p = g->model->problem;
  berth_level level = p->ladder[g->level_count - 1];
  uint64_t equal = 0;
  int64_t best = 0;
  for (uint32_t r = 0; r < p->resource_count && r < 64; r++) {
    if (most_for_cost(g, level, r) <= 0)
      continue;
    if (!price_by_size(run, UINT64_C(1) << r))
      return false;
    if (run->now.bound > best) {
      best = run->now.bound;
      equal = 0;
    }
    equal |= (uint64_t)(run->now.bound == best) << r;
  }
  if (best <= run->now.base)
    return true;
  if (!price_by_size(run, equal))
    return false;
  if (run->now.bound == run->best->bound)
    keep(run); /* the even mixture tells most of what a content leaves unused */
  return true;
}

static bool write_model(const generation *run, uint32_t first, arena *memory, mip_model *model) {
  if (run->branches == NULL)
    return pattern_pool_model(run->pool, first, first == 0, run->s, memory, model);
  return pattern_pool_node_model(run->pool, first, run->s, run->branches, run->penalty, memory,
                                 model);
}

static bool send_columns(generation *run, uint32_t first) {
  arena memory;
  mip_model more;
  arena_init(&memory, context_allocator(run->clock->ctx));
  bool ok = write_model(run, first, &memory, &more);
  lp_columns columns = {.count = more.column_count,
                        .upper = more.upper,
                        .cost = more.cost,
                        .entry_count = more.entry_count,
                        .entry_row = more.entry_row,
                        .entry_column = more.entry_column,
                        .entry_value = more.entry_value};
  ok = ok && lp_session_add_columns(run->lp, &columns);
  arena_free(&memory);
  return ok;
}

static bool open_master(generation *run) {
  arena memory;
  mip_model whole;
  arena_init(&memory, context_allocator(run->clock->ctx));
  bool ok = write_model(run, 0, &memory, &whole);
  lp_model model = {.column_count = whole.column_count,
                    .row_count = whole.row_count,
                    .upper = whole.upper,
                    .cost = whole.cost,
                    .row_lower = whole.row_lower,
                    .row_upper = whole.row_upper,
                    .entry_count = whole.entry_count,
                    .entry_row = whole.entry_row,
                    .entry_column = whole.entry_column,
                    .entry_value = whole.entry_value};
  if (ok)
    run->lp = lp_session_open(&model);
  arena_free(&memory);
  return ok;
}

/* Nothing more to gain from this program: the bound is met, or as high as the program allows. */
static bool is_settled(const generation *run, double objective) {
  const pattern_dual *best = run->best;
  double reached = (double)best->value / (double)best->prices.scale;
  berth_level level = run->groups->model->problem->ladder[run->groups->level_count - 1];
  return best->bound >= run->s->value[level] || objective - reached < 1e-3 * (double)best->unit;
}

/* Room for the values of all columns of the program, if they are asked for. */
static bool take_values(generation *run) {
  if (run->solution == NULL)
    return true;
  size_t columns = pattern_node_columns(run->groups, run->branches) + (size_t)run->pool->count;
  if (columns <= run->value_room)
    return true;
  run->value_room = 2 * columns;
  run->values = arena_take_unset(run->memory, run->value_room, sizeof *run->values);
  return run->values != NULL;
}

static void keep_solution(const generation *run) {
  uint32_t classes = run->groups->model->class_count;
  uint32_t before = pattern_node_columns(run->groups, run->branches);
  *run->solution =
      (pattern_solution){.found = true, .count = run->pool->count, .value = run->values + before};
  for (uint32_t i = classes; i < before; i++)
    run->solution->penalty += run->values[i];
}

static bool generate(generation *run) {
  for (uint32_t round = 0; round < MOST_ROUNDS; round++) {
    double left = run->end - search_clock_now();
    if (left <= 0 || search_clock_over(run->clock))
      return true;
    lp_limits limits = {.milliseconds = (int64_t)(1e3 * left) + 1,
                        .stop = search_clock_stop,
                        .stop_user = run->clock};
    if (!take_values(run))
      return false;
    lp_result result = lp_session_solve(run->lp, &limits, run->values, run->duals);
    if (result.outcome != LP_OPTIMAL)
      return true;
    if (run->values != NULL)
      keep_solution(run);
    uint32_t first = run->pool->count, added;
    read_prices(run);
    if (!price_all(run, KNAPSACK_QUICK, &added) ||
        (added == 0 && !price_all(run, KNAPSACK_EXACT, &added)))
      return false;
    if (added == 0 || is_settled(run, result.objective) || !send_columns(run, first))
      return true;
  }
  return true;
}

static bool start(generation *run, arena *memory) {
  const host_groups *g = run->groups;
  berth_level level = g->model->problem->ladder[g->level_count - 1];
  size_t rows = g->model->class_count + g->group_count + g->level_count +
                (run->branches == NULL ? 0 : run->branches->count);
  *run->best = (pattern_dual){.unit = level_unit(g), .base = pattern_base_cost(g, level)};
  run->now = *run->best;
  run->memory = memory;
  run->duals = arena_take(memory, rows, sizeof *run->duals);
  if (run->duals == NULL || !take_prices(run->best, g, memory) ||
      !take_prices(&run->now, g, memory))
    return false;
  if (run->now.unit > 0)
    run->now.prices.scale = (INT64_C(1) << SCALE_BITS) / run->now.unit;
  if (run->now.prices.scale < 1)
    run->now.prices.scale = 1;
  return true;
}

bool column_generation(pattern_pool *pool, const placement *s, search_clock *clock,
                       int64_t milliseconds, pattern_dual *dual) {
  const host_groups *g = pool->groups;
  berth_level level = g->model->problem->ladder[g->level_count - 1];
  generation run = {.pool = pool, .groups = g, .s = s, .clock = clock, .best = dual};
  run.end = search_clock_now() + 1e-3 * (double)milliseconds;
  if (!start(&run, pool->memory))
    return false;
  if (dual->unit == 0)
    return true;
  bool ok = take_hands(&run, pool->memory) && try_sizes(&run);
  if (ok && (!dual->found || dual->bound < s->value[level]))
    ok = open_master(&run) && (run.lp == NULL || generate(&run));
  lp_session_close(run.lp);
  free_hands(&run);
  return ok;
}

bool column_generation_node(pattern_pool *pool, const placement *s, search_clock *clock,
                            const content_branches *branches, int64_t penalty, arena *memory,
                            pattern_dual *dual, pattern_solution *solution) {
  generation run = {.pool = pool,
                    .groups = pool->groups,
                    .s = s,
                    .clock = clock,
                    .branches = branches,
                    .penalty = penalty,
                    .solution = solution,
                    .best = dual};
  run.end = search_clock_now() + 1e-3 * (double)search_clock_left(clock);
  *solution = (pattern_solution){0};
  if (!start(&run, memory))
    return false;
  assert(dual->unit > 0);
  bool ok = take_hands(&run, memory) && open_master(&run) && (run.lp == NULL || generate(&run));
  lp_session_close(run.lp);
  free_hands(&run);
  return ok;
}
