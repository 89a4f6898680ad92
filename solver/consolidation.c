/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a cluster are solved as if no host had to stay on for the others' sake. Here the
 * hosts that serve are chosen for the end state found. VMs go back to those that were emptied for
 * nothing. Where a gap is left, a small cluster is searched exhaustively, every end state judged
 * with the hosts that are best for it; for a large one that does not survive, less is moved.
 *
 * Bounds of the parts hold on: what serves for the others' sake only adds. Those further down
 * assume the parts' values on the levels before. A plan of the same sums can differ in these where
 * violations could be failures not survived, or where a host that is on could have held something.
 */
#include "consolidation.h"
#include "checked.h"
#include "destination.h"
#include "reconfiguration_search.h"
#include "serving.h"
#include "stable_sort.h"
#include <assert.h>
#include <string.h>

typedef struct consolidation {
  const problem *problem;
  cluster_plan *plan;
  serving_choice *choice;
  arena *memory;
  search_clock *clock;
  uint8_t *woken; /* [host] that the moves of the plan wake */
  bool lost;      /* the plan does not survive, as far as is known */
} consolidation;

static void find_woken(consolidation *c, const sequence *moves) {
  const problem *p = c->problem;
  memset(c->woken, 0, p->host_count);
  for (uint32_t m = 0; m < moves->count; m++)
    c->woken[moves->list[m].to] |= p->host_asleep[moves->list[m].to];
}

/* What the plan comes to with the hosts that are best for its end state. */
static bool choose(consolidation *c, const placement *end, const sequence *moves, int64_t *value,
                   uint8_t *serves) {
  serving on;
  find_woken(c, moves);
  serving_choose(c->choice, end, c->woken, INT64_MAX, c->clock, &on);
  value[BERTH_LEVEL_HOSTS_ON] = on.hosts_on;
  value[BERTH_LEVEL_VIOLATIONS] += !on.survives;
  assert(on.survives || c->problem->settings.keep_failures > 0);
  memcpy(serves, on.serves, c->problem->host_count);
  return on.survives;
}

/* ---------------------------------------------------------------------- bounds */

static void forget_below(consolidation *c, uint32_t from) {
  const problem *p = c->problem;
  for (uint32_t i = from; i < p->ladder_length; i++) {
    c->plan->bounds.value[p->ladder[i]] = 0;
    c->plan->bounds.proof[p->ladder[i]] = "zero";
  }
}

static uint32_t index_of(const problem *p, berth_level level) {
  uint32_t i = 0;
  while (p->ladder[i] != level)
    i++;
  assert(i < p->ladder_length);
  return i;
}

/* @p parts_on: what the parts came to on hosts.on. */
static void raise_bound(consolidation *c, int64_t parts_on) {
  cluster_plan *plan = c->plan;
  int64_t least = serving_least(c->choice), *bound = &plan->bounds.value[BERTH_LEVEL_HOSTS_ON];
  bool raised = false;
  if (least > *bound) {
    *bound = least;
    plan->bounds.proof[BERTH_LEVEL_HOSTS_ON] = "hosts that must serve";
    raised = true;
  }
  if (!c->lost && plan->spare_bound > *bound) {
    *bound = plan->spare_bound;
    plan->bounds.proof[BERTH_LEVEL_HOSTS_ON] = "column generation and spares";
    raised = true;
  }
  if (*bound > plan->value[BERTH_LEVEL_HOSTS_ON]) { /* it assumed less on a level before */
    *bound = least < plan->value[BERTH_LEVEL_HOSTS_ON] ? least : plan->value[BERTH_LEVEL_HOSTS_ON];
    plan->bounds.proof[BERTH_LEVEL_HOSTS_ON] = "hosts that must serve";
  }
  if (raised || plan->value[BERTH_LEVEL_HOSTS_ON] > parts_on)
    forget_below(c, index_of(c->problem, BERTH_LEVEL_HOSTS_ON) + 1);
}

/* Behind a gap the same sums may be split otherwise. */
static void forget_behind_gap(consolidation *c) {
  const problem *p = c->problem;
  const cluster_plan *plan = c->plan;
  if (plan->parts <= 1 && p->settings.keep_failures == 0)
    return;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    if (plan->value[p->ladder[i]] > plan->bounds.value[p->ladder[i]]) {
      forget_below(c, i + 1);
      return;
    }
  }
}

static void call_optimal(consolidation *c) {
  const problem *p = c->problem;
  cluster_plan *plan = c->plan;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    plan->bounds.value[p->ladder[i]] = plan->value[p->ladder[i]];
    plan->bounds.proof[p->ladder[i]] = "exhaustive search";
  }
  plan->parts = 1;
}

/* ---------------------------------------------------------------------- better plans */

static bool search_whole(consolidation *c) {
  cluster_plan *plan = c->plan;
  reconfiguration_plan found;
  reconfiguration_task task = {.problem = c->problem,
                               .bounds = &plan->bounds,
                               .incumbent = plan->value,
                               .serving = c->choice,
                               .clock = c->clock};
  reconfiguration_result result = reconfiguration_search(&task, c->memory, &found);
  if (result == RECONFIGURATION_OUT_OF_MEMORY)
    return false;
  if (result == RECONFIGURATION_OPTIMAL || result == RECONFIGURATION_FOUND) {
    assert(placement_compare(c->problem, found.final.value, plan->value) < 0);
    plan->final = found.final;
    plan->moves = found.moves;
    plan->serves = found.serves;
    memcpy(plan->value, found.final.value, sizeof plan->value);
  }
  if (result == RECONFIGURATION_OPTIMAL || result == RECONFIGURATION_KEPT)
    call_optimal(c);
  return true;
}

/* Takes another end state over if it is better with the hosts that are best for it. */
static bool propose(consolidation *c, const placement *end, const sequence *moves) {
  cluster_plan *plan = c->plan;
  int64_t value[BERTH_LEVEL_COUNT];
  uint8_t *serves = arena_take(c->memory, c->problem->host_count, 1);
  if (serves == NULL)
    return false;
  memcpy(value, end->value, sizeof value);
  bool survives = choose(c, end, moves, value, serves);
  if (placement_compare(c->problem, value, plan->value) >= 0)
    return true;
  plan->final = *end;
  plan->moves = *moves;
  plan->serves = serves;
  c->lost = !survives;
  memcpy(plan->value, value, sizeof value);
  return true;
}

/* Nobody moves; requested VMs go where the plan has them, or else to the best host. */
static bool stay(consolidation *c, placement *end) {
  const problem *p = c->problem;
  if (!placement_init(end, p, c->memory))
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t host = c->plan->final.host[item];
    if (!problem_is_requested(p, item))
      continue;
    if (host == BERTH_NONE || !placement_fits(end, item, host))
      host = destination_best(end, item, NULL, true);
    if (host != BERTH_NONE)
      placement_move(end, item, host);
  }
  return true;
}

/* What was packed for fewer hosts may leave no room for failures where nothing was before. */
static bool try_to_stay(consolidation *c) {
  placement end;
  const sequence none = {0};
  return stay(c, &end) && propose(c, &end, &none);
}

/* By what their migrations move, the most first. */
static int compare_memory(const void *ground, uint32_t a, uint32_t b) {
  const problem *p = ground;
  int64_t left = p->inventory->vm_memory[p->vm[a]], right = p->inventory->vm_memory[p->vm[b]];
  return (left < right) - (left > right);
}

static bool is_worse_before(const problem *p, const int64_t *now, const int64_t *before,
                            berth_level level) {
  for (uint32_t i = 0; p->ladder[i] != level; i++)
    if (now[p->ladder[i]] > before[p->ladder[i]])
      return true;
  return false;
}

/* Brings VMs back to @p host where they fit. @return false: no memory. */
static bool bring_home(consolidation *c, uint32_t host, placement *end, bool *moved) {
  const problem *p = c->problem;
  uint32_t count = 0, *items = arena_take_unset(c->memory, p->item_count, sizeof *items);
  uint32_t *work = arena_take_unset(c->memory, p->item_count, sizeof *work);
  *moved = false;
  if (items == NULL || work == NULL || !placement_clone(end, &c->plan->final, c->memory))
    return false;
  for (uint32_t item = 0; item < p->item_count; item++)
    if (p->origin[item] == host && end->host[item] != host)
      items[count++] = item;
  stable_sort(items, work, count, compare_memory, p);
  for (uint32_t i = 0; i < count; i++) {
    int64_t before[BERTH_LEVEL_COUNT];
    uint32_t at = end->host[items[i]];
    memcpy(before, end->value, sizeof before);
    if (!placement_fits(end, items[i], host))
      continue;
    placement_move(end, items[i], host);
    if (is_worse_before(p, end->value, before, BERTH_LEVEL_HOSTS_ON))
      placement_move(end, items[i], at);
    else
      *moved = true;
  }
  return true;
}

/* Hosts that were emptied and yet stay on get back what they had. */
static bool undo_emptying(consolidation *c) {
  const problem *p = c->problem;
  uint32_t *left = arena_take(c->memory, p->host_count, sizeof *left);
  for (uint32_t item = 0; left != NULL && item < p->item_count; item++)
    if (p->origin[item] != BERTH_NONE && c->plan->final.host[item] != p->origin[item])
      left[p->origin[item]]++;
  for (uint32_t host = 0; left != NULL && host < p->host_count; host++) {
    placement end, reached;
    sequence moves;
    bool moved;
    if (left[host] == 0 || !c->plan->serves[host] || p->host_asleep[host] ||
        c->plan->final.population[host] > 0)
      continue;
    if (!bring_home(c, host, &end, &moved))
      return false;
    if (!moved)
      continue;
    if (!placement_init(&reached, p, c->memory))
      return false;
    sequence_result result = sequence_find(&end, &reached, c->memory, &moves);
    if (result == SEQUENCE_OUT_OF_MEMORY ||
        (result == SEQUENCE_DIRECT && !propose(c, &end, &moves)))
      return false;
  }
  return left != NULL;
}

bool consolidation_finish(cluster_plan *plan, bool exact, arena *memory, search_clock *clock) {
  const problem *p = plan->final.problem;
  consolidation c = {.problem = p, .plan = plan, .memory = memory, .clock = clock};
  assert(p->goal == BERTH_GOAL_CONSOLIDATE && plan->serves == NULL);
  c.choice = serving_choice_new(p, memory);
  c.woken = arena_take(memory, p->host_count, 1);
  plan->serves = arena_take(memory, p->host_count, 1);
  if (c.choice == NULL || c.woken == NULL || plan->serves == NULL)
    return false;
  int64_t parts_on = plan->value[BERTH_LEVEL_HOSTS_ON];
  plan->parts = plan->parts == 0 ? 1 : plan->parts; /* who serves is always to decide */
  c.lost = !choose(&c, &plan->final, &plan->moves, plan->value, plan->serves);
  assert(plan->value[BERTH_LEVEL_HOSTS_ON] >= parts_on);
  bool fits = exact && reconfiguration_fits(p);
  if (c.lost && !fits && !try_to_stay(&c))
    return false;
  if (plan->value[BERTH_LEVEL_HOSTS_ON] > parts_on && !undo_emptying(&c))
    return false;
  raise_bound(&c, parts_on);
  if (fits && !ladder_bounds_met(p, plan->value, &plan->bounds) && !search_whole(&c))
    return false;
  forget_behind_gap(&c);
  return true;
}
