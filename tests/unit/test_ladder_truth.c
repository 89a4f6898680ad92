/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each of the ways to the best end state, alone, against every end state there is: integer
 * programs, host contents with what can be listed, host contents with a tree. What they claim has
 * to hold; without rules between VMs they have to find the best and to prove it.
 */
#include "cheap_bounds.h"
#include "construct.h"
#include "drawn_cluster.h"
#include "pattern_branching.h"
#include "pattern_search.h"

TestSuite(ladder_truth, .timeout = 120);

static const berth_goal goals[] = {BERTH_GOAL_FAILOVER, BERTH_GOAL_EVACUATE, BERTH_GOAL_REPAIR,
                                   BERTH_GOAL_PLACE, BERTH_GOAL_CONSOLIDATE};

/* No plan is better than the best, and no bound is above it while what it assumes holds. */
static void expect_valid(const solver_ground *g, const int64_t *best, const ladder_bounds *bounds,
                         int seed) {
  const problem *p = &g->p;
  cr_assert(placement_compare(p, g->s.value, best) >= 0, "seed %d: better than the best", seed);
  cr_assert(placement_all_within_limits(&g->s) && placement_rules_allowed(&g->s));
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    cr_assert_leq(bounds->value[level], best[level], "seed %d, goal %d: %s is at least %lld", seed,
                  (int)p->goal, berth_level_name(level), (long long)bounds->value[level]);
    if (g->s.value[level] != best[level])
      return;
  }
}

static void expect_best(const solver_ground *g, const int64_t *best, const ladder_bounds *bounds,
                        int seed) {
  const problem *p = &g->p;
  expect_valid(g, best, bounds, seed);
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    cr_assert_eq(g->s.value[level], best[level], "seed %d, goal %d: %s is %lld, not %lld", seed,
                 (int)p->goal, berth_level_name(level), (long long)g->s.value[level],
                 (long long)best[level]);
    cr_assert_eq(bounds->value[level], best[level],
                 "seed %d, goal %d: %s is proved to be %lld only", seed, (int)p->goal,
                 berth_level_name(level), (long long)bounds->value[level]);
  }
}

static bool is_best(const solver_ground *g, const int64_t *best, const ladder_bounds *bounds) {
  for (uint32_t i = 0; i < g->p.ladder_length; i++) {
    berth_level level = g->p.ladder[i];
    if (g->s.value[level] != best[level] || bounds->value[level] != best[level])
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- integer programs */

static void solve_by_programs(solver_ground *g, ladder_bounds *bounds) {
  uint8_t all[16];
  uint64_t programs = 0;
  memset(all, 1, sizeof all);
  cr_assert(cheap_bounds(&g->s, &g->memory, bounds));
  cr_assert(exact_ladder(&g->s, all, true, bounds, &g->clock, 60000, &programs));
}

Test(ladder_truth, integer_programs) {
  for (int seed = 1; seed <= 60; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 3, .vms = 6};
    recipe.rules = seed % 3 == 0;
    recipe.weights = seed % 4 == 0;
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    int64_t best[BERTH_LEVEL_COUNT];
    ladder_bounds bounds;
    best_end(&g, best);
    solve_by_programs(&g, &bounds);
    expect_best(&g, best, &bounds, seed);
    ground_end(&g);
  }
}

/* With some hosts free only these change, and nothing is proved. */
Test(ladder_truth, some_hosts_are_free) {
  for (int seed = 1; seed <= 30; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 4, .vms = 7};
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    uint8_t free_hosts[16] = {0, 1, 1, 0};
    uint64_t programs = 0;
    int64_t before[BERTH_LEVEL_COUNT];
    ladder_bounds bounds = {.value = {0}};
    memcpy(before, g.s.value, sizeof before);
    cr_assert(exact_ladder(&g.s, free_hosts, false, &bounds, &g.clock, 60000, &programs));
    cr_assert(placement_compare(&g.p, g.s.value, before) <= 0);
    for (uint32_t i = 0; i < g.p.ladder_length; i++)
      cr_assert_eq(bounds.value[g.p.ladder[i]], 0);
    for (uint32_t item = 0; item < g.p.item_count; item++) {
      uint32_t home = g.p.origin[item], at = g.s.host[item];
      if (home == BERTH_NONE || at == home)
        continue;
      cr_assert(free_hosts[home] && free_hosts[at], "seed %d", seed);
    }
    ground_end(&g);
  }
}

/* ---------------------------------------------------------------------- host contents */

/* A start where nothing but VMs that must leave is amiss: contents do not know that a rule is
 * broken by staying. */
static bool start_whole(solver_ground *g, ladder_bounds *bounds) {
  int64_t leaving = 0, before = g->s.value[BERTH_LEVEL_VIOLATIONS];
  for (uint32_t h = 0; h < g->p.host_count; h++)
    leaving += g->p.host_must_leave[h] ? g->s.population[h] : 0;
  cr_assert(construct_placement(&g->s, &g->memory, &g->clock));
  cr_assert(cheap_bounds(&g->s, &g->memory, bounds));
  return before == leaving && g->s.value[BERTH_LEVEL_VIOLATIONS] == 0;
}

static void build_contents(const solver_ground *g, content_model *model) {
  content_view view = {.whole = g->s.value[BERTH_LEVEL_VIOLATIONS] == 0};
  cr_assert(content_model_build(model, &g->p, view, g->p.memory));
}

Test(ladder_truth, contents_that_can_be_listed) {
  int tried = 0;
  for (int seed = 1; seed <= 60; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 3, .vms = 6};
    recipe.weights = seed % 2 == 0;
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    int64_t best[BERTH_LEVEL_COUNT];
    uint64_t programs = 0;
    ladder_bounds bounds;
    content_model model;
    pattern_proofs proofs = {0};
    best_end(&g, best);
    bool whole = start_whole(&g, &bounds);
    for (int round = 0; round < 3; round++) {
      build_contents(&g, &model);
      cr_assert(pattern_search(&g.s, &model, &bounds, &proofs, &g.clock, 30000, &programs));
      expect_valid(&g, best, &bounds, seed);
    }
    if (whole)
      expect_best(&g, best, &bounds, seed);
    tried += whole;
    ground_end(&g);
  }
  cr_expect_gt(tried, 20);
}

/* Rules between VMs are not known to the contents: what is claimed holds all the same. */
Test(ladder_truth, contents_beside_rules) {
  for (int seed = 1; seed <= 30; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 3, .vms = 6, .rules = true};
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    int64_t best[BERTH_LEVEL_COUNT];
    uint64_t programs = 0;
    ladder_bounds bounds = {.value = {0}};
    content_model model;
    pattern_proofs proofs = {0};
    best_end(&g, best);
    build_contents(&g, &model);
    cr_assert(pattern_search(&g.s, &model, &bounds, &proofs, &g.clock, 30000, &programs));
    expect_valid(&g, best, &bounds, seed);
    ground_end(&g);
  }
}

/* Contents bear on the level. */
static bool uses_level(const content_model *model, berth_level level) {
  int64_t unit = 0;
  for (uint32_t c = 0; c < model->class_count; c++) {
    unit += content_arrival_cost(model, &model->classes[c], level);
    unit += model->classes[c].requested && content_unplaced_cost(model, &model->classes[c], level);
  }
  for (uint32_t h = 0; h < model->problem->host_count; h++)
    if (model->problem->host_open[h] || model->own_start[h] < model->own_start[h + 1])
      unit += content_host_cost(model, h, level) + content_stay_cost(model, h, level);
  return unit > 0;
}

/* The tree alone, level by level; from the first again if one before became better by the way.
 * false = a level was left out. */
static bool branch_everywhere(solver_ground *g, const content_model *model, ladder_bounds *bounds,
                              uint32_t nodes) {
  const problem *p = &g->p;
  bool all = true;
  for (uint32_t i = 0; i < p->ladder_length;) {
    berth_level level = p->ladder[i];
    int64_t before[BERTH_LEVEL_COUNT];
    memcpy(before, g->s.value, sizeof before);
    bool open = g->s.value[level] > bounds->value[level], usable = uses_level(model, level);
    if (open && usable)
      cr_assert(pattern_branching(&g->s, model, i, &bounds->value[level], &g->clock,
                                  search_clock_now() + 30, nodes));
    all &= !open || usable;
    bool changed = false;
    for (uint32_t j = 0; j < i; j++)
      changed |= g->s.value[p->ladder[j]] != before[p->ladder[j]];
    i = changed ? 0 : i + 1;
  }
  return all;
}

Test(ladder_truth, trees) {
  int tried = 0, proved = 0;
  for (int seed = 1; seed <= 120; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 4, .vms = 7};
    recipe.weights = seed % 2 == 0;
    if (seed % 3 == 0)
      recipe.goal = BERTH_GOAL_CONSOLIDATE;
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    int64_t best[BERTH_LEVEL_COUNT];
    ladder_bounds bounds;
    content_model model;
    best_end(&g, best);
    bool whole = start_whole(&g, &bounds);
    build_contents(&g, &model);
    bool decided = branch_everywhere(&g, &model, &bounds, 5000) && whole;
    expect_valid(&g, best, &bounds, seed);
    tried += decided;
    proved += decided && is_best(&g, best, &bounds);
    ground_end(&g);
  }
  cr_expect_gt(tried, 50);
  cr_expect_eq(proved, tried, "%d of %d", proved, tried);
}

/* What is claimed holds wherever the tree is cut off. */
Test(ladder_truth, trees_cut_off) {
  for (int seed = 1; seed <= 60; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 5], .hosts = 4, .vms = 7, .weights = true};
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    int64_t best[BERTH_LEVEL_COUNT];
    ladder_bounds bounds;
    content_model model;
    best_end(&g, best);
    (void)start_whole(&g, &bounds);
    build_contents(&g, &model);
    (void)branch_everywhere(&g, &model, &bounds, (uint32_t)seed % 12);
    expect_valid(&g, best, &bounds, seed);
    ground_end(&g);
  }
}

/* ---------------------------------------------------------------------- bounds */

/* Bounds are met where no level of the ladder is above; what is behind one that rose is forgotten,
 * behind one that fell it is not. */
Test(ladder_truth, bounds_of_a_ladder) {
  cluster_recipe recipe = {.goal = BERTH_GOAL_REPAIR, .hosts = 3, .vms = 4};
  solver_ground g;
  draw_cluster(&g, &recipe, 1);
  const problem *p = &g.p;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    int64_t before[BERTH_LEVEL_COUNT], now[BERTH_LEVEL_COUNT];
    ladder_bounds bounds = {.value = {0}};
    for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++) {
      before[level] = now[level] = bounds.value[level] = 10;
      bounds.proof[level] = "by hand";
    }
    now[BERTH_LEVEL_OVERLOAD] = 20; /* not on this ladder */
    cr_expect(ladder_bounds_met(p, now, &bounds));
    now[p->ladder[i]] = 9;
    cr_expect(ladder_bounds_met(p, now, &bounds));
    ladder_bounds_revise(p, before, now, &bounds);
    for (uint32_t j = 0; j < p->ladder_length; j++)
      cr_expect_eq(bounds.value[p->ladder[j]], 10);
    now[p->ladder[i]] = 11;
    cr_expect_not(ladder_bounds_met(p, now, &bounds));
    ladder_bounds_revise(p, before, now, &bounds);
    for (uint32_t j = 0; j < p->ladder_length; j++) {
      cr_expect_eq(bounds.value[p->ladder[j]], j > i ? 0 : 10, "%u behind %u", j, i);
      cr_expect_str_eq(bounds.proof[p->ladder[j]], j > i ? "zero" : "by hand");
    }
  }
  ground_end(&g);
}
