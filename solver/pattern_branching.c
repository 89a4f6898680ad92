/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Best bound first, but always down one child of the node at hand (a dive), so that plans come
 * early. Branches are on sums over contents (Vanderbeck 2000): first how many VMs of a class
 * migrate in all, then which hosts are used, then how many of a class stay at or arrive at a host.
 * Where all of these are whole, the contents of a solution merge into one for each host: what fits
 * is convex. A first small tree decides most; then a dive that settles whole contents, the
 * likeliest first, and a large tree.
 */
#include "pattern_branching.h"
#include "column_generation.h"
#include "pattern_plan.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { PENALTY_FACTOR = 16, MOST_RETREATS = 40, FIRST_NODES = 10 };
static const double NEAR_WHOLE = 1e-5;

/* An open node: what its branches ask, and a bound of all plans that obey. */
typedef struct tree_node {
  content_branches branches;
  int64_t bound;
  uint32_t depth;
} tree_node;

typedef struct branch_tree {
  placement *s;
  const content_model *model;
  berth_level level;
  search_clock *clock;
  double end;
  host_groups groups;
  pattern_pool pool;
  arena memory;    /* of the pool and of open nodes */
  arena node_work; /* of the node at hand */
  tree_node *open; /* a heap, lowest bound first */
  uint32_t open_count, open_room, nodes_left;
  int64_t stuck;   /* lowest bound of nodes given up undecided */
  double *counted; /* [group * 2 * class_count + label] of the solution at hand */
  double *arrived; /* [class] */
  double *used;    /* [group] */
} branch_tree;

static int64_t value_of(const branch_tree *t) {
  return t->s->value[t->level];
}

/* ---------------------------------------------------------------------- open nodes */

static bool comes_first(const tree_node *a, const tree_node *b) {
  return a->bound != b->bound ? a->bound < b->bound : a->depth > b->depth;
}

static void swap_nodes(branch_tree *t, uint32_t a, uint32_t b) {
  tree_node other = t->open[a];
  t->open[a] = t->open[b];
  t->open[b] = other;
}

static bool push_node(branch_tree *t, tree_node node) {
  if (t->open_count == t->open_room) {
    uint32_t room = 2 * t->open_room + 64;
    tree_node *bigger = arena_take_unset(&t->memory, room, sizeof *bigger);
    if (bigger == NULL)
      return false;
    if (t->open_count > 0)
      memcpy(bigger, t->open, t->open_count * sizeof *bigger);
    t->open = bigger;
    t->open_room = room;
  }
  uint32_t i = t->open_count++;
  t->open[i] = node;
  for (; i > 0 && comes_first(&t->open[i], &t->open[(i - 1) / 2]); i = (i - 1) / 2)
    swap_nodes(t, i, (i - 1) / 2);
  return true;
}

static tree_node pop_node(branch_tree *t) {
  assert(t->open_count > 0);
  tree_node first = t->open[0];
  t->open[0] = t->open[--t->open_count];
  for (uint32_t i = 0;;) {
    uint32_t child = 2 * i + 1;
    if (child + 1 < t->open_count && comes_first(&t->open[child + 1], &t->open[child]))
      child++;
    if (child >= t->open_count || !comes_first(&t->open[child], &t->open[i]))
      return first;
    swap_nodes(t, i, child);
    i = child;
  }
}

/* ---------------------------------------------------------------------- what a solution counts */

static void count_solution(branch_tree *t, const pattern_solution *solution) {
  const pattern_pool *pool = &t->pool;
  uint32_t labels = 2 * t->model->class_count;
  memset(t->counted, 0, (size_t)t->groups.group_count * labels * sizeof *t->counted);
  memset(t->arrived, 0, t->model->class_count * sizeof *t->arrived);
  memset(t->used, 0, t->groups.group_count * sizeof *t->used);
  for (uint32_t i = 0; i < solution->count; i++) {
    double x = solution->value[i], *counted = t->counted + (size_t)pool->group[i] * labels;
    if (x <= 0)
      continue;
    for (size_t e = pool->start[i]; e < pool->start[i + 1]; e++) {
      const pattern_entry *entry = &pool->entries[e];
      counted[content_label(entry->class, false)] += x * entry->arrivals;
      counted[content_label(entry->class, true)] += x * (entry->count - entry->arrivals);
      t->arrived[entry->class] += x * entry->arrivals;
    }
    if (pool->start[i] < pool->start[i + 1])
      t->used[pool->group[i]] += x;
  }
}

/* Distance to the next whole number. */
static double fraction(double value) {
  double away = fabs(value - floor(value + 0.5));
  return away < NEAR_WHOLE ? 0 : away;
}

/* The largest share of any host's room that one item takes. */
static double share_of(const branch_tree *t, uint32_t group, uint32_t class) {
  uint32_t resources = t->model->problem->resource_count;
  const int64_t *room = t->model->room + (size_t)t->groups.groups[group].host * resources;
  double most = 0;
  for (uint32_t r = 0; r < resources; r++) {
    double share = room[r] <= 0 ? 0 : (double)t->model->classes[class].demand[r] / (double)room[r];
    most = share > most ? share : most;
  }
  return most;
}

static bool arrival_costs(const branch_tree *t, uint32_t class) {
  return !t->model->classes[class].requested && !t->groups.arrival_free[class];
}

/* Which of the fractions decides most. @return false: all are whole. */
static bool choose_arrivals(const branch_tree *t, content_branch *branch, double *value) {
  double best = 0;
  for (uint32_t c = 0; c < t->model->class_count; c++) {
    double away = arrival_costs(t, c) ? fraction(t->arrived[c]) : 0;
    double score = away * (double)(1 + t->model->classes[c].memory);
    if (score <= best)
      continue;
    best = score;
    *value = t->arrived[c];
    *branch = (content_branch){.kind = BRANCH_ARRIVALS,
                               .group = BERTH_NONE,
                               .what = c,
                               .most = t->model->classes[c].count};
  }
  return best > 0;
}

static bool choose_use(const branch_tree *t, content_branch *branch, double *value) {
  double best = 0;
  for (uint32_t i = 0; i < t->groups.group_count; i++) {
    double away = fraction(t->used[i]);
    bool costs = false;
    for (uint32_t l = 0; l < t->groups.level_count; l++)
      costs |=
          content_host_cost(t->model, t->groups.groups[i].host, t->model->problem->ladder[l]) > 0;
    if (!costs || away <= best)
      continue;
    best = away;
    *value = t->used[i];
    *branch = (content_branch){.kind = BRANCH_USED, .group = i, .what = BERTH_NONE, .most = 1};
  }
  return best > 0;
}

static bool choose_count(const branch_tree *t, content_branch *branch, double *value) {
  uint32_t labels = 2 * t->model->class_count;
  double best = 0;
  for (uint32_t i = 0; i < t->groups.group_count; i++) {
    for (uint32_t label = 0; label < labels; label++) {
      uint32_t class = content_label_class(label);
      double counted = t->counted[(size_t)i * labels + label], away = fraction(counted);
      bool moves = !content_label_own(label) && arrival_costs(t, class);
      double score = away <= 0 ? 0 : away * share_of(t, i, class) * (moves ? 8 : 1);
      if (score <= best)
        continue;
      best = score;
      *value = counted;
      *branch = (content_branch){
          .kind = BRANCH_COUNT, .group = i, .what = label, .most = t->model->classes[class].count};
    }
  }
  return best > 0;
}

static bool choose_branch(const branch_tree *t, content_branch *branch, double *value) {
  return choose_arrivals(t, branch, value) || choose_use(t, branch, value) ||
         choose_count(t, branch, value);
}

/* ---------------------------------------------------------------------- children */

/* Everything that must be in a group's host fits it. */
static bool fits_together(const branch_tree *t, const content_branches *branches, uint32_t group) {
  uint32_t resources = t->model->problem->resource_count;
  const int64_t *room = t->model->room + (size_t)t->groups.groups[group].host * resources;
  for (uint32_t r = 0; r < resources; r++) {
    int64_t left = room[r];
    for (uint32_t i = 0; i < branches->count; i++) {
      const content_branch *b = &branches->list[i];
      if (b->kind != BRANCH_COUNT || b->group != group || b->least == 0)
        continue;
      left -= b->least * t->model->classes[content_label_class(b->what)].demand[r];
    }
    if (left < 0)
      return false;
  }
  return true;
}

/* A closed host with something in it, or two bounds that cross. */
static bool contradicts(const content_branches *branches, const content_branch *b) {
  bool closed = b->kind == BRANCH_USED && b->most == 0;
  for (uint32_t i = 0; i < branches->count; i++) {
    const content_branch *other = &branches->list[i];
    if (other->least > other->most ||
        (closed && other->kind == BRANCH_COUNT && other->group == b->group && other->least > 0))
      return true;
  }
  return false;
}

static content_branch *branch_like(content_branches *branches, const content_branch *b) {
  for (uint32_t i = 0; i < branches->count; i++) {
    content_branch *other = &branches->list[i];
    if (other->kind == b->kind && other->group == b->group && other->what == b->what)
      return other;
  }
  return NULL;
}

/* Opens the node's child with one branch more, unless nothing can obey it. */
static bool open_child(branch_tree *t, const tree_node *node, const content_branch *branch,
                       tree_node *child, bool *possible) {
  uint32_t count = node->branches.count;
  *child = (tree_node){.bound = node->bound, .depth = node->depth + 1};
  child->branches.list =
      arena_take_unset(&t->memory, (size_t)count + 1, sizeof *child->branches.list);
  if (child->branches.list == NULL)
    return false;
  if (count > 0)
    memcpy(child->branches.list, node->branches.list, count * sizeof *branch);
  child->branches.count = count;
  content_branch *same = branch_like(&child->branches, branch);
  if (same == NULL) {
    child->branches.list[child->branches.count++] = *branch;
  } else {
    same->least = branch->least > same->least ? branch->least : same->least;
    same->most = branch->most < same->most ? branch->most : same->most;
  }
  *possible = !contradicts(&child->branches, branch) &&
              (branch->kind != BRANCH_COUNT || fits_together(t, &child->branches, branch->group));
  return true;
}

/* ---------------------------------------------------------------------- one node */

static bool solve_node(branch_tree *t, const content_branches *branches, pattern_dual *dual,
                       pattern_solution *solution) {
  int64_t above = value_of(t) - pattern_base_cost(&t->groups, t->level);
  return column_generation_node(&t->pool, t->s, t->clock, branches, PENALTY_FACTOR * (above + 1),
                                &t->node_work, dual, solution);
}

/* The contents that a solution with whole counts merges into. */
static bool adopt_counts(branch_tree *t) {
  uint32_t classes = t->model->class_count;
  uint32_t *counts =
      arena_take(&t->node_work, t->model->problem->host_count, classes * sizeof *counts);
  if (counts == NULL)
    return false;
  for (uint32_t i = 0; i < t->groups.group_count; i++) {
    const double *counted = t->counted + (size_t)i * 2 * classes;
    uint32_t *of_host = counts + (size_t)t->groups.groups[i].host * classes;
    for (uint32_t c = 0; c < classes; c++)
      of_host[c] =
          (uint32_t)floor(counted[content_label(c, false)] + counted[content_label(c, true)] + 0.5);
  }
  return pattern_plan_adopt(t->s, t->model, counts, &t->node_work);
}

static void give_up(branch_tree *t, int64_t bound) {
  t->stuck = bound < t->stuck ? bound : t->stuck;
}

/* Solves @p node; if it stays open, *next is the child to go on with and the other waits. */
static bool expand(branch_tree *t, tree_node *node, tree_node *next, bool *more) {
  pattern_dual dual;
  pattern_solution solution;
  content_branch branch = {0};
  double value = 0;
  *more = false;
  if (!solve_node(t, &node->branches, &dual, &solution))
    return false;
  if (dual.found && dual.bound > node->bound)
    node->bound = dual.bound;
  if (node->bound >= value_of(t))
    return true;
  if (!solution.found || solution.penalty > NEAR_WHOLE) {
    give_up(t, node->bound);
    return true;
  }
  count_solution(t, &solution);
  if (!choose_branch(t, &branch, &value)) {
    if (!adopt_counts(t))
      return false;
    if (value_of(t) > node->bound)
      give_up(t, node->bound);
    return true;
  }
  content_branch down = branch, up = branch;
  down.most = (uint32_t)floor(value);
  up.least = down.most + 1;
  tree_node lower, upper;
  bool can_lower, can_upper;
  if (!open_child(t, node, &down, &lower, &can_lower) ||
      !open_child(t, node, &up, &upper, &can_upper))
    return false;
  bool up_first = can_upper && (value - floor(value) >= 0.5 || !can_lower);
  *next = up_first ? upper : lower;
  *more = can_upper || can_lower;
  return !can_lower || !can_upper || push_node(t, up_first ? lower : upper);
}

/* ---------------------------------------------------------------------- dives */

/* Contents settled so far, and those that led nowhere. */
typedef struct dive_state {
  content_branches branches; /* room for one a group */
  uint8_t *settled;          /* [group] */
  uint32_t avoided[MOST_RETREATS], avoided_count;
} dive_state;

static bool is_avoided(const dive_state *d, uint32_t pattern) {
  for (uint32_t i = 0; i < d->avoided_count; i++) {
    if (d->avoided[i] == pattern)
      return true;
  }
  return false;
}

/* The unsettled group with the content that the solution holds for likeliest. */
static bool choose_content(const branch_tree *t, const pattern_solution *solution,
                           const dive_state *d, content_branch *branch) {
  double best = 0;
  for (uint32_t i = 0; i < solution->count; i++) {
    double x = solution->value[i];
    if (d->settled[t->pool.group[i]] || x <= best || is_avoided(d, i))
      continue;
    best = x;
    *branch = (content_branch){
        .kind = BRANCH_CONTENT, .group = t->pool.group[i], .what = i, .least = 1, .most = 1};
  }
  return best > 0;
}

/* Settles the contents near 1, and at least one. @return false: none is left. */
static bool settle(const branch_tree *t, const pattern_solution *solution, dive_state *d) {
  content_branch branch = {.kind = BRANCH_CONTENT};
  if (!choose_content(t, solution, d, &branch))
    return false;
  do {
    d->settled[branch.group] = 1;
    d->branches.list[d->branches.count++] = branch;
  } while (choose_content(t, solution, d, &branch) && solution->value[branch.what] > 0.999);
  return true;
}

/* Back to @p count settled contents; the first of the others is not tried again. */
static void retreat(dive_state *d, uint32_t count) {
  assert(count < d->branches.count && d->avoided_count < MOST_RETREATS);
  d->avoided[d->avoided_count++] = d->branches.list[count].what;
  while (d->branches.count > count)
    d->settled[d->branches.list[--d->branches.count].group] = 0;
}

static bool dive(branch_tree *t) {
  uint32_t groups = t->groups.group_count, kept = 0;
  pattern_solution last = {0};
  dive_state d = {.settled = arena_take(&t->memory, groups, 1)};
  d.branches.list = arena_take(&t->memory, groups, sizeof *d.branches.list);
  if (d.settled == NULL || d.branches.list == NULL)
    return false;
  while (!search_clock_over(t->clock) && search_clock_now() < t->end) {
    pattern_dual dual;
    pattern_solution solution;
    if (!solve_node(t, &d.branches, &dual, &solution))
      return false;
    bool good = solution.found && solution.penalty < NEAR_WHOLE && dual.bound < value_of(t);
    if (good) {
      last = solution;
      kept = d.branches.count;
    } else if (d.branches.count == kept || d.avoided_count == MOST_RETREATS) {
      return true;
    } else {
      retreat(&d, kept);
    }
    if (!settle(t, &last, &d)) {
      /* Contents that are avoided may be left, in fractions: those merge into nothing. */
      content_branch open;
      double value;
      count_solution(t, &last);
      return choose_branch(t, &open, &value) || adopt_counts(t);
    }
  }
  return true;
}

/* ---------------------------------------------------------------------- the tree */

static bool earlier_changed(const branch_tree *t, const int64_t *before) {
  const problem *p = t->s->problem;
  for (uint32_t i = 0; i + 1 < t->groups.level_count; i++) {
    if (t->s->value[p->ladder[i]] != before[p->ladder[i]])
      return true;
  }
  return false;
}

/* From the root, with what is in the pool by now. */
static bool search_tree(branch_tree *t, uint32_t nodes, int64_t *bound) {
  int64_t before[BERTH_LEVEL_COUNT];
  t->nodes_left = nodes;
  t->stuck = INT64_MAX;
  t->open_count = 0;
  memcpy(before, t->s->value, sizeof before);
  tree_node node = {.bound = *bound};
  bool more = true;
  while (more || t->open_count > 0) {
    arena_free(&t->node_work);
    if (!more)
      node = pop_node(t);
    more = false;
    if (node.bound >= value_of(t))
      continue;
    if (t->nodes_left-- == 0 || search_clock_over(t->clock) || search_clock_now() > t->end) {
      give_up(t, node.bound);
      break;
    }
    tree_node next;
    if (!expand(t, &node, &next, &more))
      return false;
    if (earlier_changed(t, before))
      return true;
    if (more)
      node = next;
  }
  for (uint32_t i = 0; i < t->open_count; i++)
    give_up(t, t->open[i].bound);
  int64_t proved = t->stuck < value_of(t) ? t->stuck : value_of(t);
  *bound = proved > *bound ? proved : *bound;
  return true;
}

static bool plant(branch_tree *t, uint32_t index) {
  uint32_t classes = t->model->class_count;
  if (!host_groups_build(&t->groups, t->model, index, true, &t->memory))
    return false;
  pattern_pool_init(&t->pool, &t->groups, &t->memory);
  t->counted =
      arena_take(&t->memory, t->groups.group_count, (size_t)2 * classes * sizeof *t->counted);
  t->arrived = arena_take(&t->memory, classes, sizeof *t->arrived);
  t->used = arena_take(&t->memory, t->groups.group_count, sizeof *t->used);
  return t->counted != NULL && t->arrived != NULL && t->used != NULL &&
         pattern_pool_add_placement(&t->pool, t->s);
}

bool pattern_branching(placement *s, const content_model *model, uint32_t index, int64_t *bound,
                       search_clock *clock, double end, uint32_t nodes) {
  branch_tree t = {.s = s,
                   .model = model,
                   .level = s->problem->ladder[index],
                   .clock = clock,
                   .end = end,
                   .stuck = INT64_MAX};
  arena_init(&t.memory, context_allocator(clock->ctx));
  arena_init(&t.node_work, context_allocator(clock->ctx));
  /* where migrations cost nothing most counts are whole by chance, and trees are deep */
  uint32_t first = t.level == BERTH_LEVEL_MEMORY_MOVED ? FIRST_NODES : 0;
  uint32_t few = nodes < first ? nodes : first;
  bool ok = plant(&t, index) && (few == 0 || search_tree(&t, few, bound));
  if (ok && value_of(&t) > *bound && few < nodes)
    ok = dive(&t) && (value_of(&t) <= *bound || search_tree(&t, nodes - few, bound));
  arena_free(&t.node_work);
  arena_free(&t.memory);
  return ok;
}
