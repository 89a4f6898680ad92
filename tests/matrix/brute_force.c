/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exhaustive search. For every set of standby hosts that could be woken: uniform-cost search over
 * the assignments of the running VMs, one migration a step, cost (migrations, memory moved); from
 * every state reached, every placement of the requested VMs. The best of all, lexicographically, is
 * the optimum (docs/model.md, section 7, says why the order wake, migrate, restart loses nothing).
 *
 * Pruning is sound because every entry of the value only grows along a branch: a partial value that
 * is no better than the best found cannot become better.
 */
#include "brute_force.h"

#include "frozen.h"
#include "tiny_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One value of the ladder before makespan; unplaced[0] alone is used by goals without priorities.
 */
enum {
  AT_VIOLATIONS,
  AT_UNPLACED,
  AT_SHOULD = AT_UNPLACED + 5,
  AT_HOSTS,    /* hosts.woken, hosts.on or overload */
  AT_STRANDED, /* of rebalance only */
  AT_MIGRATIONS,
  AT_MEMORY,
  AT_COUNT
};

typedef struct ladder_value {
  int64_t entry[AT_COUNT];
} ladder_value;

/* Cost of a path and the state it leads to; the cost packs (migrations, memory) in that order. */
typedef struct queue_entry {
  uint64_t cost, key;
} queue_entry;

#define MEMORY_BITS 40
#define NO_COST UINT64_MAX

typedef struct search {
  const tiny_model *model;
  uint32_t may_use;   /* hosts online or woken */
  uint32_t may_sleep; /* hosts that the plan may power down */
  uint32_t movable_count, requested_count;
  uint32_t movable[TINY_VMS], requested[TINY_VMS];
  uint64_t state_limit, states;
  queue_entry *queue; /* binary heap, cheapest first */
  size_t queue_count, queue_room;
  queue_entry *seen; /* open addressing by key; cost NO_COST = free */
  size_t seen_count, seen_room;
  ladder_value best;
  bool gave_up;
} search;

static int compare_values(const ladder_value *a, const ladder_value *b) {
  for (int i = 0; i < AT_COUNT; i++)
    if (a->entry[i] != b->entry[i])
      return a->entry[i] < b->entry[i] ? -1 : 1;
  return 0;
}

/* ------------------------------------------------------------------------------- queue */

static void queue_push(search *s, queue_entry entry) {
  if (s->queue_count == s->queue_room) {
    s->queue_room = s->queue_room * 2 + 64;
    s->queue = realloc(s->queue, s->queue_room * sizeof *s->queue);
    if (s->queue == NULL)
      abort();
  }
  size_t i = s->queue_count++;
  for (; i > 0 && s->queue[(i - 1) / 2].cost > entry.cost; i = (i - 1) / 2)
    s->queue[i] = s->queue[(i - 1) / 2];
  s->queue[i] = entry;
}

static queue_entry queue_pop(search *s) {
  assert(s->queue_count > 0);
  const queue_entry top = s->queue[0], last = s->queue[--s->queue_count];
  size_t i = 0;
  for (size_t child = 1; child < s->queue_count; child = 2 * i + 1) {
    if (child + 1 < s->queue_count && s->queue[child + 1].cost < s->queue[child].cost)
      child++;
    if (s->queue[child].cost >= last.cost)
      break;
    s->queue[i] = s->queue[child];
    i = child;
  }
  s->queue[i] = last;
  return top;
}

/* -------------------------------------------------------------------------- seen states */

static queue_entry *seen_slot(queue_entry *table, size_t room, uint64_t key) {
  size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);
  while (table[i].cost != NO_COST && table[i].key != key)
    i = (i + 1) & (room - 1);
  return &table[i];
}

static void seen_grow(search *s) {
  const size_t room = s->seen_room == 0 ? 1024 : s->seen_room * 2;
  queue_entry *table = malloc(room * sizeof *table);
  if (table == NULL)
    abort();
  for (size_t i = 0; i < room; i++)
    table[i].cost = NO_COST;
  for (size_t i = 0; i < s->seen_room; i++)
    if (s->seen[i].cost != NO_COST)
      *seen_slot(table, room, s->seen[i].key) = s->seen[i];
  free(s->seen);
  s->seen = table;
  s->seen_room = room;
}

/* Remembers that @p key can be reached at @p cost; queues it if that is news. */
static void reach(search *s, uint64_t key, uint64_t cost) {
  if (s->seen_count * 2 >= s->seen_room)
    seen_grow(s);
  queue_entry *slot = seen_slot(s->seen, s->seen_room, key);
  if (slot->cost == NO_COST)
    s->seen_count++;
  else if (slot->cost <= cost)
    return;
  *slot = (queue_entry){.cost = cost, .key = key};
  queue_push(s, *slot);
}

/* ------------------------------------------------------------------------------- states */

/* Four bits for each movable VM: its host. */
static uint64_t pack(const search *s, const tiny_state *state) {
  uint64_t key = 0;
  for (uint32_t i = 0; i < s->movable_count; i++)
    key |= (uint64_t)state->where[s->movable[i]] << (4 * i);
  return key;
}

static void unpack(const search *s, uint64_t key, tiny_state *state) {
  tiny_state_start(s->model, state);
  for (uint32_t i = 0; i < s->movable_count; i++)
    tiny_state_put(s->model, state, s->movable[i], (uint8_t)(key >> (4 * i) & 15));
}

/* What one migration of @p vm from where it is costs. A VM that must leave can never come back to
 * its host, so being there means that it has not moved: evacuate does not count that first
 * migration. */
static uint64_t step_cost(const tiny_model *model, const tiny_state *state, uint32_t v) {
  const tiny_vm *vm = &model->vms[v];
  assert(vm->memory < INT64_C(1) << (MEMORY_BITS - 10)); /* no path has a thousand steps */
  const bool is_free =
      model->goal == BERTH_GOAL_EVACUATE && vm->must_leave && state->where[v] == vm->start;
  return (uint64_t)vm->memory + (is_free ? 0 : UINT64_C(1) << MEMORY_BITS);
}

static void expand(search *s, const queue_entry *from, tiny_state *state) {
  for (uint32_t i = 0; i < s->movable_count; i++) {
    const uint32_t v = s->movable[i];
    const uint8_t home = state->where[v];
    for (uint32_t h = 0; h < s->model->host_count; h++) {
      if (!(s->model->vms[v].may_migrate[home] & s->may_use & UINT32_C(1) << h) ||
          !tiny_may_arrive(s->model, state, v, (uint8_t)h))
        continue;
      const uint64_t key = (from->key & ~(UINT64_C(15) << (4 * i))) | (uint64_t)h << (4 * i);
      reach(s, key, from->cost + step_cost(s->model, state, v));
    }
  }
}

/* ---------------------------------------------------------------------------- placements */

/* Goal consolidate: every set of empty hosts is powered down, as far as enough stay on. */
static void finish_powered_down(search *s, const tiny_state *state, ladder_value value) {
  const tiny_model *model = s->model;
  uint32_t empty = s->may_sleep, online = 0;
  for (uint32_t v = 0; v < model->vm_count; v++)
    if (state->where[v] != TINY_NOWHERE)
      empty &= ~(UINT32_C(1) << state->where[v]);
  for (uint32_t h = 0; h < model->host_count; h++)
    online += model->hosts[h].online;
  const uint32_t needed = model->ha_enabled ? 2 : 1, least = needed < online ? needed : online;
  const int64_t violations = value.entry[AT_VIOLATIONS];
  for (uint32_t down = empty;; down = (down - 1) & empty) {
    const uint32_t serving = s->may_use & ~down;
    value.entry[AT_VIOLATIONS] = violations;
    value.entry[AT_HOSTS] = tiny_weight(model, serving);
    if ((uint32_t)__builtin_popcount(serving) >= least && compare_values(&value, &s->best) < 0) {
      value.entry[AT_VIOLATIONS] += !tiny_survives(model, state, serving);
      if (compare_values(&value, &s->best) < 0)
        s->best = value;
    }
    if (down == 0)
      return;
  }
}

/* An end state: what its levels come to that were not certain on the way. */
static void finish(search *s, const tiny_state *state, ladder_value value) {
  if (s->model->goal == BERTH_GOAL_CONSOLIDATE) {
    finish_powered_down(s, state, value);
    return;
  }
  if (s->model->goal == BERTH_GOAL_REBALANCE)
    tiny_loads(s->model, state, s->may_use, &value.entry[AT_HOSTS], &value.entry[AT_STRANDED]);
  if (compare_values(&value, &s->best) < 0)
    s->best = value;
}

/* Tries every placement of requested VMs [next, ...) in @p state; @p value holds all that is
 * certain so far but violations and should rules, which are judged here. */
static void place(search *s, tiny_state *state, uint32_t next, ladder_value *value) {
  const tiny_model *model = s->model;
  if (!tiny_together_holds(model, state))
    return; /* placing more VMs cannot bring a group together */
  value->entry[AT_VIOLATIONS] = tiny_violations(model, state);
  value->entry[AT_SHOULD] = tiny_should_broken(model, state);
  if (compare_values(value, &s->best) >= 0)
    return;
  if (next == s->requested_count) {
    finish(s, state, *value);
    return;
  }
  const uint32_t v = s->requested[next];
  for (uint32_t h = 0; h < model->host_count; h++) {
    if (!(model->vms[v].may_arrive & s->may_use & UINT32_C(1) << h) ||
        !tiny_may_arrive(model, state, v, (uint8_t)h))
      continue;
    tiny_state_put(model, state, v, (uint8_t)h);
    place(s, state, next + 1, value);
    tiny_state_put(model, state, v, TINY_NOWHERE);
  }
  const uint32_t class = model->goal == BERTH_GOAL_FAILOVER ? model->vms[v].priority : 0;
  value->entry[AT_UNPLACED + class]++;
  place(s, state, next + 1, value);
  value->entry[AT_UNPLACED + class]--;
}

/* --------------------------------------------------------------------------------- search */

/* All states with the hosts of @p woken awake. Costs rise from state to state: once a state would
 * be too dear even with nothing violated, unplaced or broken, so are all that follow. */
/* What is certain of the level AT_HOSTS once it is known who wakes. */
static int64_t least_of_hosts(const search *s, uint32_t woken) {
  if (s->model->goal == BERTH_GOAL_REBALANCE)
    return 0;
  if (s->model->goal == BERTH_GOAL_CONSOLIDATE)
    return tiny_weight(s->model, s->may_use & ~s->may_sleep);
  return __builtin_popcount(woken);
}

static void search_awake(search *s, uint32_t woken) {
  tiny_state state;
  s->queue_count = s->seen_count = 0;
  for (size_t i = 0; i < s->seen_room; i++)
    s->seen[i].cost = NO_COST;
  tiny_state_start(s->model, &state);
  reach(s, pack(s, &state), 0);
  while (s->queue_count > 0) {
    const queue_entry entry = queue_pop(s);
    if (seen_slot(s->seen, s->seen_room, entry.key)->cost < entry.cost)
      continue;
    ladder_value value = {{0}};
    value.entry[AT_HOSTS] = least_of_hosts(s, woken);
    value.entry[AT_MIGRATIONS] = (int64_t)(entry.cost >> MEMORY_BITS);
    if (s->model->goal != BERTH_GOAL_REBALANCE) /* its ladder ends before */
      value.entry[AT_MEMORY] = (int64_t)(entry.cost & ((UINT64_C(1) << MEMORY_BITS) - 1));
    if (compare_values(&value, &s->best) >= 0)
      return;
    if (s->states++ >= s->state_limit) {
      s->gave_up = true;
      return;
    }
    unpack(s, entry.key, &state);
    expand(s, &entry, &state);
    place(s, &state, 0, &value);
  }
}

static bool search_cluster(const tiny_model *model, uint64_t state_limit, ladder_value *best,
                           uint64_t *states) {
  search s = {.model = model, .state_limit = state_limit};
  uint32_t online = 0, wakeable = 0;
  for (uint32_t h = 0; h < model->host_count; h++) {
    online |= (uint32_t)model->hosts[h].online << h;
    wakeable |= (uint32_t)model->hosts[h].wakeable << h;
    s.may_sleep |= (uint32_t)model->hosts[h].may_sleep << h;
  }
  for (uint32_t v = 0; v < model->vm_count; v++) {
    if (model->vms[v].requested)
      s.requested[s.requested_count++] = v;
    else if (model->vms[v].movable)
      s.movable[s.movable_count++] = v;
  }
  for (int i = 0; i < AT_COUNT; i++)
    s.best.entry[i] = INT64_MAX;
  s.gave_up = s.movable_count > 16;
  /* every subset of `wakeable`, the empty one first */
  for (uint32_t woken = 0; !s.gave_up;) {
    s.may_use = online | woken;
    search_awake(&s, woken);
    if (woken == wakeable)
      break;
    woken = ((woken | ~wakeable) + 1) & wakeable;
  }
  free(s.queue);
  free(s.seen);
  *best = s.best;
  *states += s.states;
  return !s.gave_up;
}

static void add_level(brute_force_result *out, const ladder_value *sum, berth_level level, int at) {
  out->levels[out->level_count] = level;
  out->values[out->level_count++] = sum->entry[at];
}

/* The ladders of docs/model.md, section 7, as far as makespan. */
static void list_levels(berth_goal goal, const ladder_value *sum, brute_force_result *out) {
  static const berth_level unplaced[5] = {BERTH_LEVEL_UNPLACED_HIGHEST, BERTH_LEVEL_UNPLACED_HIGH,
                                          BERTH_LEVEL_UNPLACED_MEDIUM, BERTH_LEVEL_UNPLACED_LOW,
                                          BERTH_LEVEL_UNPLACED_LOWEST};
  add_level(out, sum, BERTH_LEVEL_VIOLATIONS, AT_VIOLATIONS);
  if (goal == BERTH_GOAL_FAILOVER)
    for (int i = 0; i < 5; i++)
      add_level(out, sum, unplaced[i], AT_UNPLACED + i);
  else
    add_level(out, sum, BERTH_LEVEL_UNPLACED, AT_UNPLACED);
  add_level(out, sum, BERTH_LEVEL_SHOULD_BROKEN, AT_SHOULD);
  if (goal == BERTH_GOAL_REBALANCE) {
    add_level(out, sum, BERTH_LEVEL_OVERLOAD, AT_HOSTS);
    add_level(out, sum, BERTH_LEVEL_STRANDED, AT_STRANDED);
  } else if (goal != BERTH_GOAL_DEFRAGMENT) {
    add_level(out, sum,
              goal == BERTH_GOAL_CONSOLIDATE ? BERTH_LEVEL_HOSTS_ON : BERTH_LEVEL_HOSTS_WOKEN,
              AT_HOSTS);
  }
  add_level(out, sum, BERTH_LEVEL_MIGRATIONS, AT_MIGRATIONS);
  if (goal != BERTH_GOAL_REBALANCE)
    add_level(out, sum, BERTH_LEVEL_MEMORY_MOVED, AT_MEMORY);
}

bool brute_force_solve(const berth_inventory *inventory, berth_goal goal,
                       const berth_plan_settings *settings, uint64_t state_limit,
                       brute_force_result *out) {
  ladder_value sum = {{0}};
  memset(out, 0, sizeof *out);
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    tiny_model model;
    ladder_value best;
    if (!tiny_model_init(&model, inventory, c, goal, settings) ||
        !search_cluster(&model, state_limit, &best, &out->states))
      return false;
    for (int i = 0; i < AT_COUNT; i++)
      sum.entry[i] += best.entry[i];
  }
  list_levels(goal, &sum, out);
  return true;
}
