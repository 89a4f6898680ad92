/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exhaustive search, from docs/model.md alone. Every set of hosts to wake, every chain of
 * migrations of every VM, every placement of the requested VMs; those with the wanted values on all
 * levels are timed (timed_steps.c).
 *
 * The values of a plan are sums over its clusters. With one cluster only what has exactly these
 * values is timed. With several, everything of a cluster that has no more on any level is, the
 * least time for each tuple of values is kept, and the tuples that add up are combined.
 */
#include "makespan_truth.h"

#include "frozen.h"
#include "timed_steps.h"

#include <assert.h>
#include <string.h>

enum { MOST_TUPLES = 512 };

/* By berth_level; levels that the goal has not are 0. */
typedef struct level_values {
  int64_t of[BERTH_LEVEL_COUNT];
} level_values;

typedef struct timed_values {
  level_values values;
  int64_t seconds;
} timed_values;

typedef struct search {
  const berth_inventory *inventory;
  const tiny_model *model;
  uint32_t cluster;
  const level_values *wanted; /* of all clusters together */
  bool alone;                 /* the only cluster */
  int64_t limit;              /* what takes longer does not matter */
  level_values now;
  tiny_state state;
  timed_steps steps;
  uint32_t may_use; /* hosts online or woken */
  uint64_t node_limit, nodes, schedules;
  timed_values *tuples;
  uint32_t tuple_count;
  bool gave_up;
} search;

static bool is_over_limit(search *s) {
  s->gave_up |= ++s->nodes > s->node_limit || s->steps.gave_up;
  return s->gave_up;
}

/* ------------------------------------------------------------------------------ end states */

/* True if this can still become, or be a part of, what is wanted. */
static bool is_within(const search *s) {
  for (int level = 0; level < BERTH_LEVEL_COUNT; level++)
    if (s->now.of[level] > s->wanted->of[level])
      return false;
  return true;
}

static bool is_wanted(const search *s) {
  return s->alone ? memcmp(&s->now, s->wanted, sizeof s->now) == 0 : is_within(s);
}

static bool is_roomy(const search *s) {
  for (uint32_t h = 0; h < s->model->host_count; h++)
    for (uint32_t r = 0; r < s->model->resource_count; r++)
      if (s->state.use[h][r] > s->model->hosts[h].limit[r])
        return false;
  return true;
}

static timed_values *tuple_of_now(search *s) {
  for (uint32_t i = 0; i < s->tuple_count; i++)
    if (memcmp(&s->tuples[i].values, &s->now, sizeof s->now) == 0)
      return &s->tuples[i];
  if (s->tuple_count == MOST_TUPLES) {
    s->gave_up = true;
    return NULL;
  }
  s->tuples[s->tuple_count] = (timed_values){.values = s->now, .seconds = s->limit + 1};
  return &s->tuples[s->tuple_count++];
}

static void time_end(search *s) {
  if (!is_wanted(s) || !is_roomy(s) || !tiny_together_holds(s->model, &s->state))
    return;
  timed_values *best = tuple_of_now(s);
  if (best == NULL)
    return;
  s->schedules++;
  best->seconds = timed_steps_least(&s->steps, best->seconds);
}

static void finish(search *s) {
  s->now.of[BERTH_LEVEL_VIOLATIONS] = tiny_violations(s->model, &s->state);
  s->now.of[BERTH_LEVEL_SHOULD_BROKEN] = tiny_should_broken(s->model, &s->state);
  time_end(s);
  s->now.of[BERTH_LEVEL_VIOLATIONS] = s->now.of[BERTH_LEVEL_SHOULD_BROKEN] = 0;
}

/* -------------------------------------------------------------------------------- the way */

static berth_level unplaced_level(const tiny_model *model, uint32_t v) {
  return model->goal == BERTH_GOAL_FAILOVER
             ? (berth_level)(BERTH_LEVEL_UNPLACED_HIGHEST + (int)model->vms[v].priority)
             : BERTH_LEVEL_UNPLACED;
}

/* Requested VMs from @p v on: each at every host, or nowhere. */
static void place(search *s, uint32_t v) {
  const tiny_model *model = s->model;
  while (v < model->vm_count && !model->vms[v].requested)
    v++;
  if (is_over_limit(s))
    return;
  if (v == model->vm_count) {
    finish(s);
    return;
  }
  for (uint32_t h = 0; h < model->host_count; h++) {
    if (!(model->vms[v].may_arrive & s->may_use & UINT32_C(1) << h))
      continue;
    tiny_state_put(model, &s->state, v, (uint8_t)h);
    if (timed_steps_start_vm(&s->steps, v, h))
      place(s, v + 1);
    timed_steps_drop(&s->steps);
    tiny_state_put(model, &s->state, v, TINY_NOWHERE);
  }
  const berth_level level = unplaced_level(model, v);
  s->now.of[level]++;
  if (s->now.of[level] <= s->wanted->of[level])
    place(s, v + 1);
  s->now.of[level]--;
}

/* Every chain of migrations of VM @p v, which has made @p hops, then those of the VMs after it. */
static void move(search *s, uint32_t v, uint32_t hops) {
  const tiny_model *model = s->model;
  if (is_over_limit(s))
    return;
  if (v == model->vm_count) {
    place(s, 0);
    return;
  }
  move(s, v + 1, 0);
  const tiny_vm *vm = &model->vms[v];
  const bool is_free = model->goal == BERTH_GOAL_EVACUATE && vm->must_leave && hops == 0;
  if (!vm->movable)
    return;
  const uint8_t from = s->state.where[v];
  s->now.of[BERTH_LEVEL_MIGRATIONS] += !is_free;
  s->now.of[BERTH_LEVEL_MEMORY_MOVED] += vm->memory;
  const bool within = is_within(s);
  for (uint32_t h = 0; within && h < model->host_count; h++) {
    if (!(vm->may_migrate[from] & s->may_use & UINT32_C(1) << h))
      continue;
    tiny_state_put(model, &s->state, v, (uint8_t)h);
    if (timed_steps_migrate(&s->steps, v, from, h))
      move(s, v, hops + 1);
    timed_steps_drop(&s->steps);
    tiny_state_put(model, &s->state, v, from);
  }
  s->now.of[BERTH_LEVEL_MIGRATIONS] -= !is_free;
  s->now.of[BERTH_LEVEL_MEMORY_MOVED] -= vm->memory;
}

/* Every set of the standby hosts from @p h on. */
static void wake(search *s, uint32_t h) {
  while (h < s->model->host_count && !s->model->hosts[h].wakeable)
    h++;
  if (h == s->model->host_count) {
    if (!s->alone || s->now.of[BERTH_LEVEL_HOSTS_WOKEN] == s->wanted->of[BERTH_LEVEL_HOSTS_WOKEN])
      move(s, 0, 0);
    return;
  }
  wake(s, h + 1);
  if (s->now.of[BERTH_LEVEL_HOSTS_WOKEN] == s->wanted->of[BERTH_LEVEL_HOSTS_WOKEN])
    return;
  s->now.of[BERTH_LEVEL_HOSTS_WOKEN]++;
  s->may_use |= UINT32_C(1) << h;
  if (timed_steps_wake(&s->steps, h))
    wake(s, h + 1);
  timed_steps_drop(&s->steps);
  s->may_use &= ~(UINT32_C(1) << h);
  s->now.of[BERTH_LEVEL_HOSTS_WOKEN]--;
}

/* --------------------------------------------------------------------------------- a plan */

/* Fills @p tuples. */
static bool search_cluster(search *s, const berth_plan_settings *settings, berth_goal goal,
                           timed_values tuples[MOST_TUPLES]) {
  tiny_model model;
  if (!tiny_model_init(&model, s->inventory, s->cluster, goal, settings))
    return false;
  s->model = &model;
  s->tuples = tuples;
  s->tuple_count = 0;
  s->may_use = 0;
  s->now = (level_values){{0}};
  for (uint32_t h = 0; h < model.host_count; h++)
    s->may_use |= (uint32_t)model.hosts[h].online << h;
  tiny_state_start(&model, &s->state);
  timed_steps_init(&s->steps, s->inventory, s->cluster, &model, s->node_limit);
  wake(s, 0);
  s->nodes += s->steps.nodes;
  return !s->gave_up && !s->steps.gave_up && s->nodes <= s->node_limit;
}

/* Adds each tuple of @p more to each of @p sums where that stays within what is wanted. */
static bool combine(const level_values *wanted, timed_values *sums, uint32_t *sum_count,
                    const timed_values *more, uint32_t more_count) {
  timed_values old[MOST_TUPLES];
  const uint32_t old_count = *sum_count;
  memcpy(old, sums, old_count * sizeof *old);
  *sum_count = 0;
  assert(old_count <= MOST_TUPLES && more_count <= MOST_TUPLES);
  for (uint32_t i = 0; i < old_count; i++)
    for (uint32_t j = 0; j < more_count; j++) {
      timed_values sum = old[i];
      bool within = true;
      for (int level = 0; level < BERTH_LEVEL_COUNT; level++) {
        sum.values.of[level] += more[j].values.of[level];
        within &= sum.values.of[level] <= wanted->of[level];
      }
      if (more[j].seconds > sum.seconds)
        sum.seconds = more[j].seconds;
      if (within && *sum_count == MOST_TUPLES)
        return false;
      if (within)
        sums[(*sum_count)++] = sum;
    }
  return true;
}

/* What the plan says of itself before makespan. @return its makespan. */
static int64_t read_levels(const berth_plan *plan, level_values *wanted) {
  int64_t makespan = 0;
  memset(wanted, 0, sizeof *wanted);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level == BERTH_LEVEL_MAKESPAN)
      makespan = level->value;
    else
      wanted->of[level->level] = level->value;
  }
  return makespan;
}

bool makespan_truth_find(const berth_plan *plan, uint64_t node_limit, makespan_truth *out) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  level_values wanted;
  timed_values sums[MOST_TUPLES], own[MOST_TUPLES];
  uint32_t sum_count = 1;
  search s = {.inventory = inventory,
              .wanted = &wanted,
              .alone = inventory->cluster_count == 1,
              .limit = read_levels(plan, &wanted),
              .node_limit = node_limit};
  *out = (makespan_truth){.found = false};
  sums[0] = (timed_values){.seconds = 0};
  for (s.cluster = 0; s.cluster < inventory->cluster_count; s.cluster++)
    if (!search_cluster(&s, berth_plan_get_settings(plan), berth_plan_goal(plan), own) ||
        !combine(&wanted, sums, &sum_count, own, s.tuple_count))
      return false;
  for (uint32_t i = 0; i < sum_count; i++) {
    if (memcmp(&sums[i].values, &wanted, sizeof wanted) != 0 || sums[i].seconds > s.limit)
      continue;
    if (!out->found || sums[i].seconds < out->seconds)
      out->seconds = sums[i].seconds;
    out->found = true;
  }
  out->schedules = s.schedules;
  out->nodes = s.nodes;
  return true;
}
