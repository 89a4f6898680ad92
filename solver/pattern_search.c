/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For each level: (1) column generation gives the bound; (2) an integer program over the generated
 * contents often gives a better plan; (3) if a gap is left, every content whose reduced cost is
 * within the gap is listed. A better plan can use only these (reduced cost fixing; Baldacci,
 * Christofides and Mingozzi 2008), so the integer program over them decides the level. (4) Where
 * they are too many to list, a tree decides (pattern_branching.h); (5) what is then left open is
 * tried with as many as can be listed.
 */
#include "pattern_search.h"
#include "admission.h"
#include "gap_filling.h"
#include "iteration_price.h"
#include "pattern_branching.h"
#include "pattern_plan.h"
#include <assert.h>
#include <string.h>

enum {
  MOST_PATTERNS = 20000,
  FEW_PATTERNS = 4000,      /* before a tree is tried */
  LISTING_NODES = 20000000, /* of all groups */
  NARROWER_GAPS = 5,
  MOST_ROUNDS = 6,
  RESTRICTED_MILLISECONDS = 1000,
  BRANCHED_MILLISECONDS = 100, /* the same where a tree comes next */
  ALL_MILLISECONDS = 86400000, /* what the budget allows */
  MOST_PASSES = 8,
  MOST_NODES = 2000,
  MOST_BRANCHED = 20000, /* classes x hosts */
  MOST_ALIKE = 40,
  MOST_GROUPS = 1500,
  MANY_CLASSES = PATTERN_SEARCH_CLASSES,
  LARGE_CLUSTER = 400 /* hosts; then no integer program where they are alike */
};

typedef struct stage {
  placement *s;
  const content_model *model;
  uint32_t index; /* of the level in the ladder */
  ladder_bounds *bounds;
  pattern_proofs *proofs;
  search_clock *clock;
  double end;
  int64_t *budget; /* microseconds by the price of iterations, for all integer programs */
  uint64_t *programs;
  arena *memory; /* of this stage */
  host_groups groups;
  pattern_dual dual;
} stage;

static berth_level level_of(const stage *st) {
  return st->s->problem->ladder[st->index];
}

static bool is_open(const stage *st) {
  return st->s->value[level_of(st)] > st->bounds->value[level_of(st)];
}

static int64_t milliseconds_left(const stage *st) {
  double left = 1e3 * (st->end - search_clock_now());
  return left < 1.0 ? 0 : (int64_t)left;
}

static void raise_bound(stage *st, int64_t bound, const char *proof) {
  berth_level level = level_of(st);
  if (bound > st->s->value[level])
    bound = st->s->value[level];
  if (bound <= st->bounds->value[level])
    return;
  st->bounds->value[level] = bound;
  st->bounds->proof[level] = proof;
}

/* ---------------------------------------------------------------------- the program over a pool */

static uint32_t hosts_of(const stage *st) {
  uint32_t hosts = 0;
  for (uint32_t i = 0; i < st->groups.group_count; i++)
    hosts += st->groups.groups[i].count;
  return hosts;
}

static void write_start(const stage *st, const pattern_pool *pool, int64_t *start) {
  const problem *p = st->s->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (st->s->host[item] == BERTH_NONE)
      start[st->model->item_class[item]]++;
  }
  for (uint32_t i = 0; i < hosts_of(st); i++)
    start[st->model->class_count + pool->plan + i] = 1;
}

/* The integer program over a pool that the current plan was added to; it may take all that is left
 * of the budget, but no more than @p most milliseconds. Counted as work, so that the clock decides
 * only where the whole search ends. */
static bool solve_pool(stage *st, const pattern_pool *pool, int64_t most, mip_result *result) {
  mip_model model;
  if (!pattern_pool_model(pool, 0, true, st->s, st->memory, &model))
    return false;
  int64_t *start = arena_take(st->memory, model.column_count, sizeof *start);
  int64_t *values = arena_take(st->memory, model.column_count, sizeof *values);
  if (start == NULL || values == NULL)
    return false;
  write_start(st, pool, start);
  /* What is proved by rules between VMs is not known to this program. */
  int64_t known = st->bounds->value[level_of(st)];
  known = known < st->dual.bound ? known : st->dual.bound;
  int64_t allowed = *st->budget < 1000 * most ? *st->budget : 1000 * most;
  mip_limits limits = {.milliseconds = search_clock_left(st->clock),
                       .work = iterations_for(&model, allowed > 0 ? allowed : 1),
                       .known_bound = known - st->dual.base,
                       .start = start,
                       .stop = search_clock_stop,
                       .stop_user = st->clock};
  ++*st->programs;
  *result = mip_solve(&model, &limits, values);
  *st->budget -= (int64_t)result->work * iteration_price(&model);
  if (result->outcome != MIP_OPTIMAL && result->outcome != MIP_FEASIBLE)
    return true;
  uint32_t *counts =
      pattern_plan_counts(st->model, pool, values + st->model->class_count, st->memory);
  return counts != NULL && pattern_plan_adopt(st->s, st->model, counts, st->memory);
}

/* ---------------------------------------------------------------------- all that can matter */

typedef struct listing {
  pattern_pool *pool;
  pattern_pricer *pricer;
  uint32_t group, type_count;
  uint32_t most_patterns; /* of all groups */
  uint32_t most;          /* patterns in the pool after this group */
  bool out_of_memory;
} listing;

static bool add_listed(void *user, const uint32_t *counts, int64_t profit) {
  listing *l = user;
  (void)profit;
  l->out_of_memory = !pattern_pool_add(l->pool, l->group, l->pricer->types, counts, l->type_count);
  return !l->out_of_memory && l->pool->count < l->most;
}

/* Lists the contents of one group that a plan within @p gap (scaled) of the bound can use. */
static bool list_group(const stage *st, listing *l, int64_t gap, bool *complete) {
  const host_groups *g = &st->groups;
  const host_group *hosts = &g->groups[l->group];
  uint64_t nodes = LISTING_NODES / g->group_count;
  int64_t gain, upper, cost = priced_host(g, &st->dual.prices, hosts->host);
  (void)pattern_price(l->pricer, l->group, &st->dual.prices, KNAPSACK_EXACT, &gain, &upper);
  int64_t best = gain > 0 ? gain : 0;
  l->type_count = host_group_types(g, hosts, &st->dual.prices, -gap, l->pricer->types);
  l->most = l->pool->count + l->most_patterns / g->group_count;
  bool all = knapsack_list(l->pricer->knapsack, l->pricer->types, l->type_count,
                           g->model->room + (size_t)hosts->host * g->model->problem->resource_count,
                           best - gap + cost, &nodes, add_listed, l);
  *complete = *complete && all && upper == best;
  return !l->out_of_memory;
}

/* Those of all groups, behind those of the current plan. */
static bool list_patterns(const stage *st, pattern_pool *pool, int64_t gap, uint32_t most,
                          bool *complete) {
  pattern_pricer pricer;
  listing l = {.pool = pool, .pricer = &pricer, .most_patterns = most};
  pattern_pool_init(pool, &st->groups, st->memory);
  if (!pattern_pricer_init(&pricer, &st->groups, st->memory) ||
      !pattern_pool_add_placement(pool, st->s))
    return false;
  *complete = true;
  for (; l.group < st->groups.group_count; l.group++) {
    if (search_clock_over(st->clock)) {
      *complete = false;
      return true;
    }
    if (!list_group(st, &l, gap, complete))
      return false;
  }
  return true;
}

/* Scaled: what the best plan that may be looked for costs more than the bound. */
static int64_t gap_of(const stage *st) {
  int64_t target = st->s->value[level_of(st)] - st->dual.unit - st->dual.base;
  return target * st->dual.prices.scale - st->dual.value;
}

/* The widest gap whose contents are few enough; with none, a share of those of the narrowest. */
static bool list_widest(const stage *st, pattern_pool *pool, uint32_t most, int64_t *gap,
                        bool *complete) {
  *gap = gap_of(st);
  assert(*gap >= 0);
  for (uint32_t attempt = 0; attempt < NARROWER_GAPS; attempt++, *gap /= 4) {
    if (!list_patterns(st, pool, *gap, most, complete))
      return false;
    if (*complete || *gap == 0 || milliseconds_left(st) == 0)
      break;
  }
  return true;
}

/* Every plan within the gap uses listed contents only: the others cost more. */
static void conclude(stage *st, const mip_result *result, int64_t before, int64_t gap) {
  int64_t step = st->dual.prices.scale * st->dual.unit;
  int64_t within = st->dual.value + gap;
  int64_t beyond = within < 0 ? 0 : within / step * st->dual.unit + st->dual.unit;
  int64_t bound = result->outcome == MIP_INFEASIBLE ? before : result->bound + st->dual.base;
  bound = bound < beyond + st->dual.base ? bound : beyond + st->dual.base;
  raise_bound(st, bound < before ? bound : before, "contents within the gap");
}

/* Closes the gap, or narrows it from either side, as far as few enough contents matter.
 * @p in_part: also tries a part of those that matter where they are too many. */
static bool close_gap(stage *st, bool in_part) {
  berth_level level = level_of(st);
  for (uint32_t round = 0; round < MOST_ROUNDS && is_open(st); round++) {
    pattern_pool pool;
    mip_result result;
    bool complete;
    int64_t gap, before = st->s->value[level], bound = st->bounds->value[level];
    if (!list_widest(st, &pool, in_part ? MOST_PATTERNS : FEW_PATTERNS, &gap, &complete))
      return false;
    if (milliseconds_left(st) == 0 || *st->budget <= 0 || (!complete && !in_part))
      return true;
    if (!solve_pool(st, &pool, complete ? ALL_MILLISECONDS : RESTRICTED_MILLISECONDS, &result))
      return false;
    if (complete)
      conclude(st, &result, before, gap);
    if (st->s->value[level] == before && st->bounds->value[level] == bound)
      return true;
  }
  return true;
}

/* ---------------------------------------------------------------------- the levels */

/* The prices of the stage, and the weights of levels before. */
static bool write_proof(const stage *st, int64_t bound, pattern_proof *proof) {
  int64_t *weight = arena_take(st->model->memory, st->model->class_count, sizeof *weight);
  if (weight == NULL)
    return false;
  memcpy(weight, st->dual.weight, st->model->class_count * sizeof *weight);
  *proof = (pattern_proof){.model = st->model,
                           .level = level_of(st),
                           .bound = bound,
                           .scale = st->dual.prices.scale,
                           .weight = weight};
  for (uint32_t i = 0; i + 1 < st->groups.level_count; i++)
    proof->assumed[st->s->problem->ladder[i]] = st->dual.assumed[i];
  return true;
}

static bool keep_proof(stage *st) {
  pattern_proofs *proofs = st->proofs;
  pattern_proof *proof = &proofs->list[proofs->count];
  for (uint32_t i = 0; i < proofs->count; i++) {
    if (proofs->list[i].level == level_of(st))
      proof = &proofs->list[i];
  }
  proofs->count += proof == &proofs->list[proofs->count];
  return write_proof(st, st->dual.bound, proof);
}

/* True if a VM may be restarted at a host that it may not move to: another vendor's, or a dedicated
 * one. */
static bool restarts_go_further(const content_model *m) {
  const problem *p = m->problem;
  for (uint32_t c = 0; c < m->class_count; c++) {
    for (uint32_t h = 0; h < p->host_count; h++) {
      if (!host_bits_test(m->classes[c].hosts, h) &&
          admission_allows_restart(p, m->classes[c].example, h))
        return true;
    }
  }
  return false;
}

/* What the prices assume of the levels before need not hold after a failure. */
static bool assumes_levels(const stage *st) {
  for (uint32_t i = 0; i + 1 < st->groups.level_count; i++) {
    if (st->dual.assumed[i] > 0)
      return true;
  }
  return false;
}

/* Take away any K hosts that serve: what survives holds all VMs but those of priority `disabled` on
 * the others (docs/model.md §8). Claimed only where staying on costs nothing by itself and nothing
 * is bound to its host, or may be restarted where it may not move. */
static bool bound_with_spares(stage *st) {
  const content_model *m = st->model;
  const problem *p = m->problem;
  int64_t value = st->dual.value, lightest = INT64_MAX, step = st->dual.prices.scale;
  if (restarts_go_further(m) || assumes_levels(st))
    return true;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (m->fixed[h] > 0 || st->dual.base > 0)
      return true;
    if (p->host_open[h] && p->host_weight[h] < lightest)
      lightest = p->host_weight[h];
  }
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->inventory->vm_priority[p->vm[item]] == BERTH_PRIORITY_DISABLED)
      value -= st->dual.weight[m->item_class[item]];
  }
  if (value <= 0)
    return true;
  pattern_proof *spare = &st->proofs->spare;
  int64_t bound = (value + step - 1) / step + p->settings.keep_failures * lightest;
  bool ok = write_proof(st, bound, spare);
  spare->spare = p->settings.keep_failures;
  return ok;
}

/* First by sizes, which takes little time and gives the columns a good start, later by prices. */
static bool fill_gaps(stage *st, const placement *start) {
  return !is_open(st) || level_of(st) != BERTH_LEVEL_HOSTS_ON ||
         gap_filling(st->s, start, &st->groups, &st->dual, st->bounds->value[level_of(st)],
                     st->clock);
}

static bool find_bound(stage *st, pattern_pool *pool) {
  if (!column_generation(pool, st->s, st->clock, milliseconds_left(st) + 1, &st->dual))
    return false;
  if (!st->dual.found)
    return true;
  if (level_of(st) == BERTH_LEVEL_HOSTS_ON && st->s->problem->settings.keep_failures > 0 &&
      !bound_with_spares(st))
    return false;
  if (st->dual.bound <= st->bounds->value[level_of(st)])
    return true;
  raise_bound(st, st->dual.bound, "column generation");
  return keep_proof(st);
}

/* Hosts that are alike and many: integer programs over their contents are beyond reach. */
static bool is_large(const stage *st) {
  return hosts_of(st) > LARGE_CLUSTER && hosts_of(st) > 2 * st->groups.group_count;
}

/* A tree decides where it is small, and few hosts are alike: it takes each by itself. */
static bool is_branched(const stage *st) {
  uint32_t hosts = hosts_of(st);
  return (uint64_t)st->model->class_count * hosts <= MOST_BRANCHED &&
         (hosts <= MOST_ALIKE || hosts <= 2 * st->groups.group_count);
}

static bool branch(stage *st) {
  const content_model *m = st->model;
  int64_t bound = st->bounds->value[level_of(st)];
  if (!pattern_branching(st->s, m, st->index, &bound, st->clock, st->end, MOST_NODES))
    return false;
  raise_bound(st, bound, "branch and price");
  return true;
}

/* By what can be listed; by a tree; by a part of what cannot be listed. */
static bool close_level(stage *st) {
  bool branched = is_branched(st);
  for (int way = branched ? 0 : 2; way < 3 && is_open(st) && milliseconds_left(st) > 0; way++) {
    if (way == 1 ? !branch(st) : !close_gap(st, way == 2))
      return false;
  }
  return true;
}

static bool solve_level(stage *st) {
  pattern_pool pool;
  mip_result result;
  placement start;
  if (!host_groups_build(&st->groups, st->model, st->index, false, st->memory) ||
      !placement_clone(&start, st->s, st->memory))
    return false;
  if (st->groups.group_count > MOST_GROUPS)
    return true;
  pattern_pool_init(&pool, &st->groups, st->memory);
  st->dual = (pattern_dual){0};
  if (st->model->view.rounded)
    return pattern_pool_add_placement(&pool, st->s) && find_bound(st, &pool);
  if (st->model->class_count > MANY_CLASSES)
    return fill_gaps(st, &start);
  if (!fill_gaps(st, &start) || !pattern_pool_add_placement(&pool, st->s) ||
      !find_bound(st, &pool) || (st->dual.found && !fill_gaps(st, &start)))
    return false;
  int64_t most = is_branched(st) ? BRANCHED_MILLISECONDS : RESTRICTED_MILLISECONDS;
  if (!st->dual.found || !is_open(st) || milliseconds_left(st) == 0 || *st->budget <= 0 ||
      is_large(st))
    return true;
  if (!pattern_pool_add_placement(&pool, st->s) || !solve_pool(st, &pool, most, &result))
    return false;
  return close_level(st);
}

/* True if a level before this one has become better, by the way. */
static bool earlier_changed(const stage *st, const int64_t *before) {
  for (uint32_t i = 0; i < st->index; i++) {
    if (st->s->value[st->s->problem->ladder[i]] != before[st->s->problem->ladder[i]])
      return true;
  }
  return false;
}

bool pattern_search(placement *s, const content_model *model, ladder_bounds *bounds,
                    pattern_proofs *proofs, search_clock *clock, int64_t milliseconds,
                    uint64_t *programs) {
  const problem *p = s->problem;
  double end = search_clock_now() + 1e-3 * (double)milliseconds;
  int64_t budget = 1000 * milliseconds;
  uint32_t passes = 0;
  for (uint32_t i = 0; i < p->ladder_length;) {
    arena memory;
    int64_t before[BERTH_LEVEL_COUNT];
    stage st = {.s = s,
                .model = model,
                .index = i,
                .bounds = bounds,
                .proofs = proofs,
                .clock = clock,
                .end = end,
                .budget = &budget,
                .programs = programs,
                .memory = &memory};
    if (!is_open(&st)) {
      i++;
      continue;
    }
    if (search_clock_over(clock) || milliseconds_left(&st) == 0)
      break;
    memcpy(before, s->value, sizeof before);
    arena_init(&memory, context_allocator(clock->ctx));
    bool ok = solve_level(&st);
    arena_free(&memory);
    if (!ok)
      return false;
    ladder_bounds_revise(p, before, s->value, bounds);
    i = earlier_changed(&st, before) && ++passes < MOST_PASSES ? 0 : i + 1;
  }
  return true;
}
