/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Construct, compare with the cheap bounds, then close the gap: exactly where the program is small,
 * by neighbourhoods where it is not. Then order the migrations. The end state of the integer
 * program need not be reachable by moving each VM once; then, and where a gap is left, small
 * problems are searched over all reachable states; large ones take stop-overs, with the gap they
 * cause said in the bounds.
 */
#include "component_solve.h"
#include "balance_descent.h"
#include "cheap_bounds.h"
#include "construct.h"
#include "destination.h"
#include "integer_program.h"
#include "neighbourhood_search.h"
#include "pattern_search.h"
#include "reconfiguration_search.h"
#include "stay_bound.h"
#include "stuck_start.h"
#include "time_ties.h"
#include <assert.h>
#include <string.h>

/* Programs of so many items × hosts are solved whole at once. */
enum {
  SMALL_PROGRAM = 200,
  MOST_ROUNDS = 4,
  FIRST_LOOK = 2500,    /* milliseconds of host contents where the class program can decide */
  MOST_LOOKED_AT = 120, /* classes then: with more, contents take longer than the class program */
  STAY_LOOK = 1000      /* milliseconds, by the price of iterations */
};

/* What was proved of a level holds for the values of the levels before it at that time. */
static bool keep_bounds(const placement *s, const int64_t *assumed, arena *memory,
                        ladder_bounds *bounds) {
  ladder_bounds cheap;
  bool changed = false;
  if (!cheap_bounds(s, memory, &cheap))
    return false;
  for (uint32_t i = 0; i < s->problem->ladder_length; i++) {
    berth_level level = s->problem->ladder[i];
    if (changed || cheap.value[level] > bounds->value[level]) {
      bounds->value[level] = cheap.value[level];
      bounds->proof[level] = cheap.proof[level];
    }
    changed |= s->value[level] != assumed[level];
  }
  return true;
}

static bool search_neighbourhoods(placement *s, arena *memory, ladder_bounds *bounds,
                                  solve_effort *effort) {
  int64_t assumed[BERTH_LEVEL_COUNT];
  memcpy(assumed, s->value, sizeof assumed);
  return neighbourhood_search(s, bounds, effort->clock, effort->seed, &effort->programs) &&
         keep_bounds(s, assumed, memory, bounds);
}

/* With rounded sizes where the classes are too many for exact ones; not at all with more than
 * @p most_classes. */
static bool search_patterns(placement *s, arena *memory, component_answer *answer,
                            solve_effort *effort, int64_t milliseconds, uint32_t most_classes) {
  content_view view = {.whole = s->value[BERTH_LEVEL_VIOLATIONS] == 0};
  for (int round = 0; round < 2; round++) {
    content_model *model = arena_take(memory, 1, sizeof *model);
    if (model == NULL || !content_model_build(model, s->problem, view, memory))
      return false;
    if (model->class_count == 0 || model->class_count > most_classes)
      return true;
    if (!pattern_search(s, model, &answer->bounds, &answer->proofs, effort->clock, milliseconds,
                        &effort->programs))
      return false;
    if (model->class_count <= PATTERN_SEARCH_CLASSES)
      break;
    view.rounded = true;
  }
  return true;
}

/* Host contents prove and decide; neighbourhoods, which know all rules, find what they miss. */
static bool search_large(placement *s, arena *memory, component_answer *answer,
                         solve_effort *effort) {
  const problem *p = s->problem;
  ladder_bounds *bounds = &answer->bounds;
  for (uint32_t round = 0; round < MOST_ROUNDS; round++) {
    int64_t before[BERTH_LEVEL_COUNT];
    if (!search_patterns(s, memory, answer, effort, search_clock_part(effort->clock, 2),
                         UINT32_MAX))
      return false;
    memcpy(before, s->value, sizeof before);
    if (ladder_bounds_met(p, s->value, bounds))
      return true;
    if (!search_neighbourhoods(s, memory, bounds, effort))
      return false;
    if (placement_compare(p, s->value, before) == 0 || search_clock_over(effort->clock))
      return true;
  }
  return true;
}

/* Host contents first, which decide most; the class program knows all rules. */
static bool search_whole(placement *s, const uint8_t *all, arena *memory, component_answer *answer,
                         solve_effort *effort, uint64_t size) {
  int64_t look = search_clock_part(effort->clock, 4);
  if (size > SMALL_PROGRAM &&
      !search_patterns(s, memory, answer, effort, look < FIRST_LOOK ? look : FIRST_LOOK,
                       MOST_LOOKED_AT))
    return false;
  if (ladder_bounds_met(s->problem, s->value, &answer->bounds))
    return true;
  return exact_ladder(s, all, true, &answer->bounds, effort->clock,
                      search_clock_part(effort->clock, 3), &effort->programs);
}

static bool improve(placement *s, arena *memory, component_answer *answer, solve_effort *effort) {
  const problem *p = s->problem;
  uint8_t *all = arena_take(memory, p->host_count, 1);
  if (all == NULL)
    return false;
  memset(all, 1, p->host_count);
  uint64_t size = integer_program_size(s, all), exact = (uint64_t)effort->exact_limit;
  uint64_t small = exact < SMALL_PROGRAM ? exact : SMALL_PROGRAM;
  if (size > small && !stay_bound(s, &answer->bounds, effort->clock, STAY_LOOK, &effort->programs))
    return false;
  if (size <= exact && !search_whole(s, all, memory, answer, effort, size))
    return false;
  return ladder_bounds_met(p, s->value, &answer->bounds) || search_large(s, memory, answer, effort);
}

/* Hosts woken for a stop-over that hold nothing in the end. */
static bool charge_wakes(placement *s, const sequence *moves, arena *memory) {
  const problem *p = s->problem;
  uint8_t *charged = arena_take(memory, p->host_count, 1);
  for (uint32_t m = 0; charged != NULL && m < moves->count; m++) {
    uint32_t host = moves->list[m].to;
    if (!p->host_asleep[host] || s->population[host] > 0 || charged[host])
      continue;
    charged[host] = 1;
    s->value[BERTH_LEVEL_HOSTS_WOKEN]++;
    s->value[BERTH_LEVEL_HOSTS_ON] += p->host_weight[host];
  }
  return charged != NULL;
}

/* Cost of the migrations actually made, stop-overs included. */
static void charge_path(placement *s, const sequence *moves) {
  const problem *p = s->problem;
  s->value[BERTH_LEVEL_MIGRATIONS] = s->value[BERTH_LEVEL_MEMORY_MOVED] = 0;
  for (uint32_t m = 0; m < moves->count; m++) {
    const migration *move = &moves->list[m];
    assert(move->item < p->item_count && !problem_is_requested(p, move->item));
    bool first = move->from == p->origin[move->item];
    bool charged = p->goal != BERTH_GOAL_EVACUATE || !first || !p->host_must_leave[move->from];
    s->value[BERTH_LEVEL_MIGRATIONS] += charged;
    s->value[BERTH_LEVEL_MEMORY_MOVED] += p->inventory->vm_memory[p->vm[move->item]];
  }
}

/* Requested items go where `target` has them if there is room, else to the best host awake or not.
 */
static void place_requested(placement *s, const placement *target) {
  const problem *p = s->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!problem_is_requested(p, item))
      continue;
    assert(s->host[item] == BERTH_NONE);
    uint32_t host = target->host[item];
    if (host == BERTH_NONE || !placement_fits(s, item, host))
      host = destination_best(s, item, NULL, true);
    if (host != BERTH_NONE)
      placement_move(s, item, host);
  }
}

/* The state that a stuck sequence reached, or the initial one if that is better or the only
 * allowed. */
static bool settle_for_less(const problem *p, const placement *target, placement *reached,
                            arena *memory, component_answer *answer) {
  placement still;
  if (!placement_init(&still, p, memory))
    return false;
  place_requested(&still, target);
  bool allowed = placement_spans_allowed(reached);
  if (allowed) {
    place_requested(reached, target);
    charge_path(reached, &answer->moves);
    if (!charge_wakes(reached, &answer->moves, memory))
      return false;
  }
  if (allowed && placement_compare(p, reached->value, still.value) < 0) {
    answer->final = *reached;
  } else {
    answer->final = still;
    answer->moves = (sequence){0};
  }
  return true;
}

static bool adopt_reconfiguration(const problem *p, solve_effort *effort, arena *memory,
                                  component_answer *answer, bool *proved) {
  reconfiguration_task task = {.problem = p,
                               .bounds = &answer->bounds,
                               .incumbent = answer->final.value,
                               .clock = effort->clock};
  reconfiguration_plan plan;
  reconfiguration_result result = reconfiguration_search(&task, memory, &plan);
  if (result == RECONFIGURATION_OUT_OF_MEMORY)
    return false;
  if (result == RECONFIGURATION_OPTIMAL || result == RECONFIGURATION_FOUND) {
    answer->final = plan.final;
    answer->moves = plan.moves;
  }
  *proved = result == RECONFIGURATION_OPTIMAL || result == RECONFIGURATION_KEPT;
  answer->bounds.counts_stop_overs = *proved;
  for (uint32_t i = 0; *proved && i < p->ladder_length; i++) {
    answer->bounds.value[p->ladder[i]] = answer->final.value[p->ladder[i]];
    answer->bounds.proof[p->ladder[i]] = "exhaustive search";
  }
  return true;
}

static bool order_moves(const problem *p, const placement *target, arena *memory,
                        solve_effort *effort, component_answer *answer, bool *proved) {
  placement reached;
  if (!placement_init(&reached, p, memory))
    return false;
  sequence_result result = sequence_find(target, &reached, memory, &answer->moves);
  answer->final = *target;
  switch (result) {
  case SEQUENCE_OUT_OF_MEMORY:
    return false;
  case SEQUENCE_DIRECT:
    if (effort->exact_limit == 0 || ladder_bounds_met(p, target->value, &answer->bounds) ||
        !reconfiguration_fits(p))
      return true;
    break;
  case SEQUENCE_WITH_HOPS:
    charge_path(&answer->final, &answer->moves);
    if (!charge_wakes(&answer->final, &answer->moves, memory))
      return false;
    break;
  case SEQUENCE_STUCK:
    if (!settle_for_less(p, target, &reached, memory, answer))
      return false;
    break;
  }
  return adopt_reconfiguration(p, effort, memory, answer, proved);
}

/* A level's bound speaks of plans with the values of the levels before it. Where ordering the moves
 * made one of those worse than what the proof assumed, only zero is left further down. */
static void limit_bounds(const problem *p, const int64_t *assumed, component_answer *answer) {
  bool changed = false;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    if (changed) {
      answer->bounds.value[level] = 0;
      answer->bounds.proof[level] = "zero";
    }
    assert(answer->bounds.value[level] <= answer->final.value[level]);
    changed |= answer->final.value[level] != assumed[level];
  }
}

/* One stop-over more than moves are proved necessary is the least where none can go straight. */
static bool prove_stop_over(const placement *target, arena *memory, component_answer *answer) {
  const berth_level level = BERTH_LEVEL_MIGRATIONS;
  const problem *p = target->problem;
  int64_t *bound = &answer->bounds.value[level];
  bool stuck;
  if (p->goal == BERTH_GOAL_EVACUATE || *bound != target->value[level] ||
      answer->final.value[level] != *bound + 1)
    return true;
  for (uint32_t i = 0; i < p->ladder_length && p->ladder[i] != level; i++) {
    if (answer->final.value[p->ladder[i]] != answer->bounds.value[p->ladder[i]])
      return true;
  }
  if (!stuck_start(target, memory, &stuck))
    return false;
  if (stuck) {
    ++*bound;
    answer->bounds.counts_stop_overs = true;
    answer->bounds.proof[level] = "all wait for each other";
  }
  return true;
}

/* Whatever went wrong before: a plan that changes nothing but what it has room for is one. */
static bool fall_back(const problem *p, arena *memory, component_answer *answer) {
  placement still;
  if (!placement_init(&still, p, memory))
    return false;
  place_requested(&still, &still);
  answer->final = still;
  answer->moves = (sequence){0};
  answer->proofs = (pattern_proofs){0};
  return cheap_bounds(&still, memory, &answer->bounds);
}

bool component_solve(const problem *p, arena *memory, solve_effort *effort,
                     component_answer *answer) {
  double began = search_clock_now();
  placement s;
  answer->proofs = (pattern_proofs){0};
  if (!placement_init(&s, p, memory) || !construct_placement(&s, memory, effort->clock) ||
      !cheap_bounds(&s, memory, &answer->bounds))
    return false;
  if (p->goal == BERTH_GOAL_REBALANCE && !ladder_bounds_met(p, s.value, &answer->bounds) &&
      !balance_descent(&s, memory, effort->clock))
    return false;
  if (!ladder_bounds_met(p, s.value, &answer->bounds) && !improve(&s, memory, answer, effort))
    return false;
  if (!time_ties_break(&s, memory, effort->clock))
    return false;
  double searched = search_clock_now();
  bool proved = false;
  if (!order_moves(p, &s, memory, effort, answer, &proved))
    return false;
  if (!proved) {
    limit_bounds(p, s.value, answer);
    if (!prove_stop_over(&s, memory, answer))
      return false;
  }
  assert(placement_all_within_limits(&answer->final));
  if (!placement_all_within_limits(&answer->final) && !fall_back(p, memory, answer))
    return false;
  effort->search_seconds += searched - began;
  effort->sequence_seconds += search_clock_now() - searched;
  return true;
}
