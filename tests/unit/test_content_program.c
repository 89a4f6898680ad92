/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host contents of a plan that is at hand: the program over them has that plan as a solution, at
 * what its levels say; a node's branches forbid just what they count; and from the contents comes a
 * plan as good. In drawn clusters, for every level that contents bear on.
 */
#include "construct.h"
#include "drawn_cluster.h"
#include "pattern_plan.h"

TestSuite(content_program, .timeout = 60);

static const berth_goal goals[] = {BERTH_GOAL_FAILOVER, BERTH_GOAL_EVACUATE, BERTH_GOAL_PLACE,
                                   BERTH_GOAL_CONSOLIDATE};

/* VMs where chance has them, within all limits. */
static void stir(solver_ground *g, uint64_t *state) {
  const problem *p = &g->p;
  for (int n = 0; n < 60; n++) {
    uint32_t item = (uint32_t)ground_draw(state, 0, p->item_count - 1);
    uint32_t to = (uint32_t)ground_draw(state, 0, p->host_count - 1);
    if (p->kind[item] != ITEM_FIXED && g->s.host[item] != to && admission_allows(p, item, to) &&
        placement_fits(&g->s, item, to))
      placement_move(&g->s, item, to);
  }
}

/* What arrives at a host costs: items beyond as many of their class as were there at first. Two
 * equal ones that change places are none. */
static int64_t cost_of_arrivals(const solver_ground *g, const content_model *m, uint32_t host,
                                uint32_t class, berth_level level) {
  const problem *p = &g->p;
  int64_t beyond = 0;
  uint32_t example = m->classes[class].example;
  for (uint32_t item = 0; item < p->item_count; item++)
    if (m->item_class[item] == class)
      beyond += (g->s.host[item] == host) - (p->origin[item] == host);
  if (beyond <= 0 || problem_is_requested(p, example))
    return 0;
  if (level == BERTH_LEVEL_MEMORY_MOVED)
    return beyond * p->inventory->vm_memory[p->vm[example]];
  bool owed = p->goal == BERTH_GOAL_EVACUATE && p->host_must_leave[p->origin[example]];
  return owed ? 0 : beyond;
}

/* What the contents' part of a level comes to, by the plan itself. */
static int64_t cost_of_plan(const solver_ground *g, const content_model *m, berth_level level) {
  const problem *p = &g->p;
  int64_t cost = 0;
  if (level == BERTH_LEVEL_VIOLATIONS) {
    for (uint32_t item = 0; item < p->item_count; item++)
      cost += p->kind[item] == ITEM_MOVABLE && g->s.host[item] == p->origin[item] &&
              p->host_must_leave[p->origin[item]];
    return cost;
  }
  if (level == BERTH_LEVEL_MIGRATIONS || level == BERTH_LEVEL_MEMORY_MOVED) {
    for (uint32_t h = 0; h < p->host_count; h++)
      for (uint32_t c = 0; c < m->class_count; c++)
        cost += cost_of_arrivals(g, m, h, c, level);
    return cost;
  }
  for (uint32_t h = 0; h < p->host_count; h++)
    cost -= content_base_cost(m, h, level);
  return cost + g->s.value[level];
}

static int64_t row_value(const mip_model *model, const int64_t *x, uint32_t row) {
  int64_t value = 0;
  for (size_t e = 0; e < model->entry_count; e++)
    value += model->entry_row[e] == row ? model->entry_value[e] * x[model->entry_column[e]] : 0;
  return value;
}

static void expect_feasible(const mip_model *model, const int64_t *x, int seed) {
  for (uint32_t c = 0; c < model->column_count; c++)
    cr_assert(x[c] >= model->lower[c] && x[c] <= model->upper[c], "seed %d, column %u", seed, c);
  for (uint32_t row = 0; row < model->row_count; row++) {
    int64_t value = row_value(model, x, row);
    cr_assert(model->row_lower[row] == MIP_FREE || value >= model->row_lower[row],
              "seed %d, row %u", seed, row);
    cr_assert(model->row_upper[row] == MIP_FREE || value <= model->row_upper[row],
              "seed %d, row %u", seed, row);
  }
}

/* Unplaced items by class, then each content of the plan once. */
static void write_plan(const solver_ground *g, const content_model *m, uint32_t columns,
                       uint32_t before, int64_t *x) {
  memset(x, 0, columns * sizeof *x);
  for (uint32_t item = 0; item < g->p.item_count; item++)
    if (g->s.host[item] == BERTH_NONE)
      x[m->item_class[item]]++;
  for (uint32_t c = before; c < columns; c++)
    x[c] = 1;
}

static void expect_program(const solver_ground *g, const content_model *m, const pattern_pool *pool,
                           int seed) {
  const host_groups *groups = pool->groups;
  mip_model model;
  int64_t x[200], cost = 0;
  berth_level level = g->p.ladder[groups->level_count - 1];
  cr_assert(pattern_pool_model(pool, 0, true, &g->s, pool->memory, &model));
  cr_assert_lt(model.column_count, 200);
  cr_assert_eq(model.column_count, m->class_count + pool->count);
  cr_assert_eq(model.row_count, m->class_count + groups->group_count + groups->level_count - 1);
  write_plan(g, m, model.column_count, m->class_count, x);
  bool rows_hold = true; /* levels before that count what contents do not */
  for (uint32_t i = 0; i + 1 < groups->level_count; i++)
    rows_hold &= cost_of_plan(g, m, g->p.ladder[i]) <= g->s.value[g->p.ladder[i]];
  if (rows_hold)
    expect_feasible(&model, x, seed);
  for (uint32_t c = 0; c < model.column_count; c++)
    cost += model.cost[c] * x[c];
  cr_assert_eq(cost, cost_of_plan(g, m, level), "seed %d: %s costs %lld, not %lld", seed,
               berth_level_name(level), (long long)cost, (long long)cost_of_plan(g, m, level));
  for (uint32_t i = 0; i + 1 < groups->level_count; i++)
    cr_assert_eq(row_value(&model, x, m->class_count + groups->group_count + i),
                 cost_of_plan(g, m, g->p.ladder[i]), "seed %d: level %u", seed, i);
  for (uint32_t c = 0; c < m->class_count; c++)
    cr_assert_eq(row_value(&model, x, c), m->classes[c].count, "each item once");
  mip_model later;
  cr_assert(pattern_pool_model(pool, 1, false, &g->s, pool->memory, &later));
  cr_assert_eq(later.column_count, pool->count - 1);
  for (uint32_t c = 0; c < later.column_count; c++)
    cr_assert_eq(later.cost[c], model.cost[m->class_count + 1 + c]);
}

/* ---------------------------------------------------------------------- nodes */

/* Items of a class that are the host's own, where those have a label, or arrive. */
static uint32_t count_label(const pattern_pool *pool, uint32_t pattern, uint32_t label) {
  uint32_t counted = 0;
  for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++)
    if (2 * pool->entries[e].class == label)
      counted += pool->entries[e].count - pool->entries[e].arrivals;
    else if (2 * pool->entries[e].class + 1 == label)
      counted += pool->entries[e].arrivals;
  return counted;
}

static bool obeys(const pattern_pool *pool, uint32_t pattern, const content_branch *b) {
  bool empty = pool->start[pattern] == pool->start[pattern + 1];
  uint32_t counted = count_label(pool, pattern, b->what);
  if (b->kind == BRANCH_ARRIVALS || pool->group[pattern] != b->group)
    return true;
  if (b->kind == BRANCH_COUNT)
    return counted >= b->least && counted <= b->most;
  return b->kind == BRANCH_USED ? empty == (b->most == 0) : pattern == b->what;
}

/* A branch each of some kinds; two on arrivals, two on counts. */
static content_branches draw_branches(const pattern_pool *pool, content_branch *list,
                                      uint64_t *state) {
  const host_groups *g = pool->groups;
  uint32_t groups = g->group_count, classes = g->model->class_count;
  content_branches branches = {.list = list};
  for (uint32_t i = 0; i < 6; i++) {
    static const branch_kind kinds[] = {BRANCH_COUNT, BRANCH_ARRIVALS, BRANCH_USED,
                                        BRANCH_COUNT, BRANCH_CONTENT,  BRANCH_ARRIVALS};
    uint32_t different[] = {[BRANCH_COUNT] = 2 * classes,
                            [BRANCH_USED] = 1,
                            [BRANCH_ARRIVALS] = classes,
                            [BRANCH_CONTENT] = pool->count};
    content_branch b = {.kind = kinds[i], .group = BERTH_NONE};
    if (b.kind != BRANCH_ARRIVALS)
      b.group = (uint32_t)ground_draw(state, 0, groups - 1);
    b.what = (uint32_t)ground_draw(state, 0, (int64_t)different[b.kind] - 1);
    b.least = (uint32_t)ground_draw(state, 0, 1);
    b.most = b.least + (uint32_t)ground_draw(state, 0, 1);
    if (ground_draw(state, 0, 1) == 0)
      list[branches.count++] = b;
  }
  return branches;
}

static void expect_node(const solver_ground *g, const content_model *m, const pattern_pool *pool,
                        uint64_t *state, int seed) {
  enum { PENALTY = 77 };
  content_branch list[6];
  content_branches branches = draw_branches(pool, list, state);
  uint32_t before = pattern_node_columns(pool->groups, &branches), arrivals = 0;
  uint32_t rows = m->class_count + pool->groups->group_count + pool->groups->level_count - 1;
  mip_model model;
  int64_t x[200];
  cr_assert(pattern_pool_node_model(pool, 0, &g->s, &branches, PENALTY, pool->memory, &model));
  cr_assert_eq(model.column_count, before + pool->count);
  write_plan(g, m, model.column_count, before, x);
  for (uint32_t i = 0; i < pool->count; i++) {
    bool allowed = true;
    for (uint32_t b = 0; b < branches.count; b++)
      allowed &= obeys(pool, i, &list[b]);
    cr_assert_eq(pattern_is_allowed(pool, i, &branches), allowed, "seed %d", seed);
    cr_assert_eq(model.upper[before + i] > 0, allowed, "seed %d", seed);
  }
  for (uint32_t b = 0; b < branches.count; b++) {
    uint32_t group_row = m->class_count + list[b].group;
    if (list[b].kind != BRANCH_ARRIVALS) {
      cr_assert(list[b].least == 0 || model.row_lower[group_row] == 1, "it has to be used");
      continue;
    }
    int64_t counted = 0;
    for (uint32_t i = 0; i < pool->count; i++)
      counted += count_label(pool, i, 2 * list[b].what + 1);
    cr_assert_eq(row_value(&model, x, rows + arrivals), counted, "seed %d", seed);
    cr_assert_eq(model.row_lower[rows + arrivals], list[b].least);
    cr_assert_eq(model.row_upper[rows + arrivals], list[b].most);
    arrivals++;
  }
  cr_assert_eq(model.row_count, rows + arrivals);
  for (uint32_t c = m->class_count; c < before; c++)
    cr_assert_eq(model.cost[c], PENALTY);
}

/* ---------------------------------------------------------------------- back to a plan */

/* Contents of s, taken over by the initial state. */
static void expect_plan(solver_ground *g, const content_model *m, const pattern_pool *pool,
                        int seed) {
  const problem *p = &g->p;
  int64_t once[200];
  placement s, still;
  for (uint32_t i = 0; i < 200; i++)
    once[i] = 1;
  uint32_t *counts = pattern_plan_counts(m, pool, once, &g->memory);
  cr_assert_not_null(counts);
  cr_assert(placement_init(&s, p, &g->memory) && placement_init(&still, p, &g->memory));
  cr_assert(content_apply(m, counts, &g->memory, &s));
  for (uint32_t i = 0; i < pool->groups->level_count; i++)
    if (p->ladder[i] != BERTH_LEVEL_VIOLATIONS && p->ladder[i] != BERTH_LEVEL_SHOULD_BROKEN)
      cr_assert_leq(s.value[p->ladder[i]], g->s.value[p->ladder[i]], "seed %d: %s", seed,
                    berth_level_name(p->ladder[i]));
  for (uint32_t item = 0; item < p->item_count; item++)
    cr_assert(p->kind[item] != ITEM_FIXED || s.host[item] == p->origin[item]);
  cr_assert(pattern_plan_adopt(&still, m, counts, &g->memory));
  cr_assert(placement_compare(p, still.value, s.value) <= 0 || !placement_all_within_limits(&s) ||
                !placement_rules_allowed(&s),
            "seed %d", seed);
}

Test(content_program, the_plan_at_hand) {
  for (int seed = 1; seed <= 100; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 4], .hosts = 4, .vms = 9};
    uint64_t state = (uint64_t)seed;
    solver_ground g;
    content_model model;
    content_view view = {.whole = false};
    draw_cluster(&g, &recipe, (uint64_t)seed);
    stir(&g, &state);
    cr_assert(content_model_build(&model, &g.p, view, &g.memory));
    for (uint32_t i = 0; i < g.p.ladder_length; i++) {
      host_groups groups;
      pattern_pool pool;
      if (g.p.ladder[i] == BERTH_LEVEL_SHOULD_BROKEN)
        continue;
      for (int apart = 0; apart < 2; apart++) {
        cr_assert(host_groups_build(&groups, &model, i, apart == 1, &g.memory));
        pattern_pool_init(&pool, &groups, &g.memory);
        cr_assert(pattern_pool_add_placement(&pool, &g.s));
        expect_program(&g, &model, &pool, seed);
        if (apart == 1)
          expect_node(&g, &model, &pool, &state, seed);
        expect_plan(&g, &model, &pool, seed);
      }
    }
    ground_end(&g);
  }
}

/* ---------------------------------------------------------------------- the model */

/* Classes: equal items whatever their origin, the largest first; what does not move takes its room.
 * h holds 16 and a fixed 6, so 10 are left; t is over its 8 by two, which a whole plan may not be.
 */
Test(content_program, classes_and_rooms) {
  for (int whole = 0; whole < 2; whole++) {
    solver_ground g = ground_begin();
    ground_host(&g, "h", 16, BERTH_HOST_ONLINE);
    ground_host(&g, "t", 8, BERTH_HOST_ONLINE);
    ground_fixed_vm(&g, "stays", "h", 6);
    ground_vm(&g, "a", "h", 3);
    ground_vm(&g, "b", "h", 5);
    ground_vm(&g, "c", "t", 5);
    ground_vm(&g, "d", "t", 5);
    ground_vm(&g, "new", NULL, 5);
    ground_freeze(&g, BERTH_GOAL_PLACE);
    content_model m;
    content_view view = {.whole = whole == 1};
    cr_assert(content_model_build(&m, &g.p, view, &g.memory));
    uint32_t of_b = m.item_class[ground_item(&g, "b")], of_a = m.item_class[ground_item(&g, "a")];
    cr_assert_eq(m.class_count, 3);
    cr_expect_eq(m.item_class[ground_item(&g, "stays")], BERTH_NONE);
    cr_expect_eq(of_a, 2, "the smallest comes last");
    cr_expect(of_b == m.item_class[ground_item(&g, "c")] &&
              of_b == m.item_class[ground_item(&g, "d")]);
    cr_expect_neq(of_b, m.item_class[ground_item(&g, "new")]);
    cr_expect_eq(m.classes[of_b].count, 3);
    cr_expect_eq(m.classes[of_b].memory, 5);
    cr_expect_eq(m.room[BERTH_RESOURCE_MEMORY], 10);
    cr_expect_eq(m.room[g.p.resource_count + BERTH_RESOURCE_MEMORY], whole ? 8 : 10);
    cr_expect(m.fixed[0] == 1 && m.fixed[1] == 0);
    cr_assert_eq(m.own_start[2], 3);
    cr_expect_eq(m.own[m.own_start[1]].class, of_b);
    cr_expect_eq(m.own[m.own_start[1]].count, 2);
    ground_end(&g);
  }
}

/* Rounded down to six bits of memory and four of the rest. */
Test(content_program, rounded_sizes) {
  static const int64_t sizes[] = {63, 64, 65, 127, 1000}, rounded[] = {63, 64, 64, 126, 992};
  solver_ground g = ground_begin();
  ground_host(&g, "h", 10000, BERTH_HOST_ONLINE);
  char id[16];
  for (int v = 0; v < 5; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    fixture_vm(&g.f, g.cluster, id, "h", 31 + v, sizes[v]);
  }
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  content_model m;
  content_view view = {.rounded = true};
  cr_assert(content_model_build(&m, &g.p, view, &g.memory));
  for (int v = 0; v < 5; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    const content_class *class = &m.classes[m.item_class[ground_item(&g, id)]];
    cr_expect_eq(class->demand[BERTH_RESOURCE_MEMORY], rounded[v], "%d", v);
    cr_expect_eq(class->demand[BERTH_RESOURCE_CPU], v == 0 ? 30 : 32, "%d", v);
    cr_expect_eq(class->memory, rounded[v], "%d", v);
  }
  ground_end(&g);
}

/* A content with a host's own item of a class and an arrival of it has two. */
Test(content_program, own_and_arrivals_of_one_class) {
  solver_ground g = ground_begin();
  ground_host(&g, "h", 100, BERTH_HOST_ONLINE);
  ground_host(&g, "i", 100, BERTH_HOST_ONLINE);
  ground_vm(&g, "a", "h", 5);
  ground_vm(&g, "b", "i", 5);
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  content_model m;
  host_groups groups;
  pattern_pool pool;
  uint32_t level = 0;
  cr_assert(content_model_build(&m, &g.p, (content_view){.whole = true}, &g.memory));
  while (g.p.ladder[level] != BERTH_LEVEL_MIGRATIONS)
    level++;
  cr_assert(host_groups_build(&groups, &m, level, true, &g.memory));
  pattern_pool_init(&pool, &groups, &g.memory);
  const knapsack_type types[] = {{.label = content_label(0, true)},
                                 {.label = content_label(0, false)}};
  const uint32_t counts[] = {1, 1};
  cr_assert(pattern_pool_add(&pool, 0, types, counts, 2));
  cr_assert_eq(pool.start[1], 1);
  cr_expect_eq(pool.entries[0].count, 2);
  cr_expect_eq(pool.entries[0].arrivals, 1);
  cr_expect_eq(pool.cost[level], 1);
  ground_end(&g);
}

/* What stands behind an item is no matter of its own: two alike, each before another. */
Test(content_program, equal_items_before_unequal_ones) {
  solver_ground g = ground_begin();
  ground_host(&g, "h", 100, BERTH_HOST_ONLINE);
  static const struct {
    const char *id;
    int64_t cpu, memory;
  } vms[] = {{"a", 2, 5}, {"b", 7, 3}, {"c", 2, 5}, {"d", 9, 3}};
  for (int v = 0; v < 4; v++)
    fixture_vm(&g.f, g.cluster, vms[v].id, "h", vms[v].cpu, vms[v].memory);
  ground_freeze(&g, BERTH_GOAL_REPAIR);
  content_model m;
  cr_assert(content_model_build(&m, &g.p, (content_view){.whole = true}, &g.memory));
  cr_expect_eq(m.class_count, 3);
  cr_expect_eq(m.item_class[ground_item(&g, "a")], m.item_class[ground_item(&g, "c")]);
  ground_end(&g);
}

/* Equal hosts; two contents of one large and one small VM each: the first goes where both stay, the
 * second where the large one stays, or the small one, and none where nothing does. */
Test(content_program, where_most_stays) {
  solver_ground g = ground_begin();
  static const char *const ids[] = {"h0", "h1", "h2", "h3"};
  for (int h = 0; h < 4; h++) {
    berth_host_spec spec = fixture_host_spec(ids[h], 1000, 10);
    spec.wake = BERTH_WAKE_WOL;
    fixture_add_host(&g.f, g.cluster, spec);
  }
  ground_vm(&g, "s1", "h1", 2);
  ground_vm(&g, "l2", "h2", 5);
  ground_vm(&g, "s2", "h2", 2);
  ground_vm(&g, "l3", "h3", 5);
  ground_freeze(&g, BERTH_GOAL_CONSOLIDATE);
  content_model m;
  content_view view = {.whole = true};
  host_groups groups;
  pattern_pool pool;
  cr_assert(content_model_build(&m, &g.p, view, &g.memory));
  uint32_t large = m.item_class[ground_item(&g, "l2")], small = 1 - large, index = 0;
  while (g.p.ladder[index] != BERTH_LEVEL_HOSTS_ON)
    index++;
  cr_assert(host_groups_build(&groups, &m, index, false, &g.memory));
  cr_assert_eq(groups.group_count, 1);
  pattern_pool_init(&pool, &groups, &g.memory);
  knapsack_type types[] = {{.label = content_label(large, false)},
                           {.label = content_label(small, false)}};
  const uint32_t both[] = {1, 1}, one[] = {1, 0}, two_small[] = {0, 2};
  cr_assert(pattern_pool_add(&pool, 0, types, both, 2));
  cr_assert(pattern_pool_add(&pool, 0, types, one, 2));
  cr_assert(pattern_pool_add(&pool, 0, types, two_small, 2));
  static const int64_t values[][3] = {{1, 0, 0}, {1, 1, 0}, {0, 1, 1}, {1, 1, 1}};
  static const uint32_t expected[][4] = {
      {0, 0, 11, 0}, {0, 0, 11, 10}, {0, 2, 10, 0}, {0, 2, 11, 10}};
  for (int i = 0; i < 4; i++) {
    uint32_t *counts = pattern_plan_counts(&m, &pool, values[i], &g.memory);
    cr_assert_not_null(counts);
    for (uint32_t h = 0; h < 4; h++)
      cr_expect_eq(10 * counts[2 * h + large] + counts[2 * h + small], expected[i][h],
                   "case %d, host %u", i, h);
  }
  ground_end(&g);
}
