/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be reached by one migration after the other, in clusters where every state can be
 * looked at: the exhaustive search against shortest paths over all states, orders of migrations
 * against all orders. Whatever is found is carried out step by step.
 */
#include "drawn_cluster.h"
#include "reconfiguration_search.h"

TestSuite(reachable, .timeout = 60);

enum { MOST_STATES = 1 << 14, MOST_ITEMS = 16 };

typedef struct path_cost {
  bool known;
  int64_t woken, migrations, memory;
} path_cost;

/* A state: the host of each movable item, a digit each, and a bit for each host that was woken. */
typedef struct state_space {
  solver_ground *g;
  placement s;
  uint32_t movable[MOST_ITEMS], movable_count, requested[MOST_ITEMS], requested_count;
  uint32_t sleeping[MOST_ITEMS], sleeping_count, digits, count;
  path_cost cost[MOST_STATES];
  int64_t best[BERTH_LEVEL_COUNT];
} state_space;

static bool list_space(state_space *t, solver_ground *g) {
  const problem *p = &g->p;
  *t = (state_space){.g = g, .digits = 1};
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item))
      t->requested[t->requested_count++] = item;
    else if (p->kind[item] == ITEM_MOVABLE)
      t->movable[t->movable_count++] = item;
  }
  for (uint32_t h = 0; h < p->host_count; h++)
    if (p->host_asleep[h] && p->host_open[h])
      t->sleeping[t->sleeping_count++] = h;
  for (uint32_t i = 0; i < t->movable_count; i++)
    t->digits *= p->host_count;
  t->count = t->digits << t->sleeping_count;
  return t->count <= MOST_STATES && placement_init(&t->s, p, &g->memory);
}

static void enter(state_space *t, uint32_t state) {
  uint32_t digits = state % t->digits;
  for (uint32_t i = 0; i < t->movable_count; i++, digits /= t->g->p.host_count) {
    uint32_t host = digits % t->g->p.host_count;
    if (t->s.host[t->movable[i]] != host)
      placement_move(&t->s, t->movable[i], host);
  }
}

static bool is_awake(const state_space *t, uint32_t state, uint32_t host) {
  if (!t->g->p.host_asleep[host])
    return true;
  for (uint32_t i = 0; i < t->sleeping_count; i++)
    if (t->sleeping[i] == host)
      return (state / t->digits >> i & 1) != 0;
  return false;
}

static bool relax(path_cost *known, path_cost way) {
  if (known->known && (known->woken != way.woken             ? known->woken < way.woken
                       : known->migrations != way.migrations ? known->migrations < way.migrations
                                                             : known->memory <= way.memory))
    return false;
  *known = way;
  return true;
}

/* Every step from one state. @return whether any got cheaper. */
static bool step_from(state_space *t, uint32_t state) {
  const problem *p = &t->g->p;
  bool changed = false;
  uint32_t digit = 1;
  enter(t, state);
  for (uint32_t i = 0; i < t->movable_count; i++, digit *= p->host_count) {
    uint32_t item = t->movable[i], at = t->s.host[item];
    for (uint32_t h = 0; h < p->host_count; h++) {
      if (h == at || !admission_allows(p, item, h) || !is_awake(t, state, h) ||
          !placement_has_room(&t->s, item, h))
        continue;
      path_cost way = t->cost[state];
      way.migrations +=
          p->goal != BERTH_GOAL_EVACUATE || at != p->origin[item] || !p->host_must_leave[at];
      way.memory += p->inventory->vm_memory[p->vm[item]];
      changed |= relax(&t->cost[state + digit * h - digit * at], way);
    }
  }
  for (uint32_t i = 0; i < t->sleeping_count; i++) {
    path_cost way = t->cost[state];
    way.woken++;
    if ((state / t->digits >> i & 1) == 0)
      changed |= relax(&t->cost[state + (t->digits << i)], way);
  }
  return changed;
}

static void find_paths(state_space *t) {
  uint32_t start = 0, digit = 1;
  for (uint32_t i = 0; i < t->movable_count; i++, digit *= t->g->p.host_count)
    start += digit * t->g->p.origin[t->movable[i]];
  t->cost[start].known = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t state = 0; state < t->count; state++)
      changed |= t->cost[state].known && step_from(t, state);
  }
}

static void complete(state_space *t, uint32_t state, uint32_t next) {
  const problem *p = &t->g->p;
  if (next == t->requested_count) {
    int64_t value[BERTH_LEVEL_COUNT];
    memcpy(value, t->s.value, sizeof value);
    value[BERTH_LEVEL_HOSTS_WOKEN] = t->cost[state].woken;
    value[BERTH_LEVEL_MIGRATIONS] = t->cost[state].migrations;
    value[BERTH_LEVEL_MEMORY_MOVED] = t->cost[state].memory;
    if (placement_spans_allowed(&t->s) && placement_compare(p, value, t->best) < 0)
      memcpy(t->best, value, sizeof value);
    return;
  }
  uint32_t item = t->requested[next];
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!admission_allows(p, item, h) || !is_awake(t, state, h) ||
        !placement_has_room(&t->s, item, h))
      continue;
    placement_move(&t->s, item, h);
    complete(t, state, next + 1);
    placement_move(&t->s, item, BERTH_NONE);
  }
  complete(t, state, next + 1);
}

/* The best of all that can be reached; the start is one. */
static void best_reachable(state_space *t) {
  find_paths(t);
  t->best[BERTH_LEVEL_VIOLATIONS] = INT64_MAX;
  for (uint32_t state = 0; state < t->count; state++) {
    if (!t->cost[state].known)
      continue;
    enter(t, state);
    complete(t, state, 0);
  }
}

/* ---------------------------------------------------------------------- the exhaustive search */

static reconfiguration_result search(solver_ground *g, const int64_t *incumbent,
                                     const int64_t *proved, reconfiguration_plan *plan) {
  ladder_bounds bounds = {.value = {0}};
  if (proved != NULL)
    memcpy(bounds.value, proved, sizeof bounds.value);
  reconfiguration_task task = {
      .problem = &g->p, .bounds = &bounds, .incumbent = incumbent, .clock = &g->clock};
  return reconfiguration_search(&task, &g->memory, plan);
}

/* Every step has room, and all together lead to the end. */
static void carry_out(solver_ground *g, const sequence *order, const placement *final) {
  placement s;
  cr_assert(placement_init(&s, &g->p, &g->memory));
  for (uint32_t i = 0; i < order->count; i++) {
    const migration *m = &order->list[i];
    cr_assert_eq(s.host[m->item], m->from);
    cr_assert(m->to != m->from && admission_allows(&g->p, m->item, m->to));
    cr_assert(placement_has_room(&s, m->item, m->to));
    placement_move(&s, m->item, m->to);
  }
  for (uint32_t item = 0; item < g->p.item_count; item++)
    if (!problem_is_requested(&g->p, item))
      cr_assert_eq(s.host[item], final->host[item]);
}

static void expect_best(state_space *t, int seed) {
  solver_ground *g = t->g;
  reconfiguration_plan plan;
  int64_t worst[BERTH_LEVEL_COUNT] = {[BERTH_LEVEL_VIOLATIONS] = 1000};
  cr_assert_eq(search(g, worst, NULL, &plan), RECONFIGURATION_OPTIMAL, "seed %d", seed);
  for (uint32_t i = 0; i < g->p.ladder_length; i++) {
    berth_level level = g->p.ladder[i];
    cr_assert_eq(plan.final.value[level], t->best[level], "seed %d: %s is %lld, not %lld", seed,
                 berth_level_name(level), (long long)plan.final.value[level],
                 (long long)t->best[level]);
  }
  carry_out(g, &plan.moves, &plan.final);
  cr_assert_eq(search(g, t->best, NULL, &plan), RECONFIGURATION_KEPT, "seed %d", seed);
  /* Bounds that are as good as they can be change nothing. */
  cr_assert_eq(search(g, worst, t->best, &plan), RECONFIGURATION_OPTIMAL, "seed %d", seed);
  cr_assert_eq(placement_compare(&g->p, plan.final.value, t->best), 0, "seed %d", seed);
}

Test(reachable, exhaustive_search_is_exhaustive) {
  static const berth_goal goals[] = {BERTH_GOAL_FAILOVER, BERTH_GOAL_EVACUATE, BERTH_GOAL_REPAIR};
  static state_space t;
  int tried = 0;
  for (int seed = 1; seed <= 120; seed++) {
    cluster_recipe recipe = {.goal = goals[seed % 3], .hosts = 3, .vms = 6};
    recipe.rules = seed % 2 == 0;
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    if (list_space(&t, &g)) {
      best_reachable(&t);
      expect_best(&t, seed);
      tried++;
    }
    ground_end(&g);
  }
  cr_expect_gt(tried, 80, "%d", tried);
}

/* ---------------------------------------------------------------------- orders */

/* Where each item has moved once or not at all; bit i of @p done: the i-th that has to. */
static bool has_direct_order(placement *s, const placement *target, const uint32_t *items,
                             uint32_t count, uint32_t done) {
  if (done == (UINT32_C(1) << count) - 1)
    return true;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t home = s->host[items[i]];
    if ((done >> i & 1) != 0 || !placement_has_room(s, items[i], target->host[items[i]]))
      continue;
    placement_move(s, items[i], target->host[items[i]]);
    bool found = has_direct_order(s, target, items, count, done | UINT32_C(1) << i);
    placement_move(s, items[i], home);
    if (found)
      return true;
  }
  return false;
}

/* An end state at random, if a few tries find one that is allowed. */
static bool draw_target(solver_ground *g, uint64_t *state) {
  const problem *p = &g->p;
  for (int attempt = 0; attempt < 200; attempt++) {
    for (uint32_t item = 0; item < p->item_count; item++) {
      uint32_t h = (uint32_t)ground_draw(state, 0, p->host_count - 1);
      if (p->kind[item] != ITEM_MOVABLE)
        continue;
      h = admission_allows(p, item, h) ? h : p->origin[item];
      if (g->s.host[item] != h)
        placement_move(&g->s, item, h);
    }
    if (placement_all_within_limits(&g->s) && placement_rules_allowed(&g->s))
      return true;
  }
  return false;
}

static sequence_result expect_order(solver_ground *g, int seed) {
  placement s;
  sequence order;
  uint32_t items[MOST_ITEMS], count = 0;
  cr_assert(placement_init(&s, &g->p, &g->memory));
  for (uint32_t item = 0; item < g->p.item_count; item++)
    if (g->p.kind[item] == ITEM_MOVABLE && g->s.host[item] != s.host[item])
      items[count++] = item;
  bool direct = has_direct_order(&s, &g->s, items, count, 0);
  sequence_result result = sequence_find(&g->s, &s, &g->memory, &order);
  cr_assert_eq(result == SEQUENCE_DIRECT, direct, "seed %d", seed);
  carry_out(g, &order, result == SEQUENCE_STUCK ? &s : &g->s);
  if (result != SEQUENCE_STUCK)
    cr_assert_eq(order.count, count + order.hops, "seed %d", seed);
  return result;
}

Test(reachable, orders_are_found_where_there_are_any) {
  int results[SEQUENCE_OUT_OF_MEMORY] = {0};
  for (int seed = 1; seed <= 300; seed++) {
    cluster_recipe recipe = {.goal = BERTH_GOAL_REPAIR, .hosts = 3, .vms = 9};
    recipe.rules = seed % 2 == 0;
    uint64_t state = (uint64_t)seed;
    solver_ground g;
    draw_cluster(&g, &recipe, (uint64_t)seed);
    if (draw_target(&g, &state))
      results[expect_order(&g, seed)]++;
    ground_end(&g);
  }
  cr_expect_gt(results[SEQUENCE_DIRECT], 50, "%d", results[SEQUENCE_DIRECT]);
  cr_expect_gt(results[SEQUENCE_WITH_HOPS], 5, "%d", results[SEQUENCE_WITH_HOPS]);
  cr_expect_gt(results[SEQUENCE_STUCK], 5, "%d", results[SEQUENCE_STUCK]);
}

/* More moves than one list has room for at first: they are all kept, in order. */
Test(reachable, long_lists) {
  berth_context *ctx = NULL;
  arena memory;
  sequence order = {0};
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  for (uint32_t i = 0; i < 1000; i++)
    cr_assert(sequence_add(&order, &memory, i, i + 1, i + 2));
  cr_assert_eq(order.count, 1000);
  for (uint32_t i = 0; i < 1000; i++)
    cr_assert(order.list[i].item == i && order.list[i].from == i + 1 && order.list[i].to == i + 2);
  arena_free(&memory);
  berth_context_free(ctx);
}
