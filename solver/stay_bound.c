/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linear relaxation nearly always says that nothing need move, since VMs may be cut in pieces.
 * The integer program over the requested VMs alone decides it: aggregated by class it is small even
 * where the whole is not.
 */
#include "stay_bound.h"
#include "cheap_bounds.h"
#include "construct.h"
#include "integer_program.h"
#include <assert.h>
#include <string.h>

enum { MOST_CELLS = 20000 /* of items × hosts */ };

/* The same problem with nothing that may move. */
static bool without_migrations(const problem *p, arena *memory, problem *still) {
  uint8_t *kind = arena_take(memory, p->item_count, sizeof *kind);
  *still = *p;
  if (kind == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++)
    kind[item] = p->kind[item] == ITEM_MOVABLE ? (uint8_t)ITEM_FIXED : p->kind[item];
  still->kind = kind;
  return true;
}

static bool is_worth_it(const placement *s, const ladder_bounds *bounds) {
  const problem *p = s->problem;
  bool any = false;
  if (p->goal == BERTH_GOAL_EVACUATE)
    return false; /* there the moves of VMs that must leave do not count */
  for (uint32_t item = 0; item < p->item_count; item++)
    any |= problem_is_requested(p, item);
  for (uint32_t i = 0; i < p->ladder_length && any; i++) {
    if (p->ladder[i] == BERTH_LEVEL_MIGRATIONS)
      return s->value[BERTH_LEVEL_MIGRATIONS] > 0 && bounds->value[BERTH_LEVEL_MIGRATIONS] == 0;
  }
  return false;
}

/* How the best without migrations compares on the levels before them: < 0 = it is as good as @p s
 * or better, > 0 = proved worse, 0 = not known. */
static int compare_before(const placement *s, const placement *still, const ladder_bounds *least) {
  const problem *p = s->problem;
  for (uint32_t i = 0; i < p->ladder_length && p->ladder[i] != BERTH_LEVEL_MIGRATIONS; i++) {
    berth_level level = p->ladder[i];
    if (least->value[level] > s->value[level])
      return 1;
    if (still->value[level] != least->value[level])
      return still->value[level] < s->value[level] ? -1 : 0;
    if (still->value[level] < s->value[level])
      return -1;
  }
  return -1;
}

static void take_over(placement *s, const placement *still) {
  for (uint32_t item = 0; item < s->problem->item_count; item++) {
    if (s->host[item] != still->host[item])
      placement_move(s, item, still->host[item]);
  }
}

static bool solve_still(problem *still, arena *memory, search_clock *clock, int64_t milliseconds,
                        uint64_t *programs, placement *state, ladder_bounds *least) {
  uint8_t *all = arena_take(memory, still->host_count, 1);
  if (all == NULL || !placement_init(state, still, memory) ||
      !construct_placement(state, memory, clock) || !cheap_bounds(state, memory, least))
    return false;
  memset(all, 1, still->host_count);
  if (integer_program_size(state, all) > MOST_CELLS ||
      ladder_bounds_met(still, state->value, least))
    return true;
  return exact_ladder(state, all, true, least, clock, milliseconds, programs);
}

bool stay_bound(placement *s, ladder_bounds *bounds, search_clock *clock, int64_t milliseconds,
                uint64_t *programs) {
  arena memory;
  problem still;
  placement state;
  ladder_bounds least;
  if (!is_worth_it(s, bounds))
    return true;
  arena_init(&memory, context_allocator(clock->ctx));
  bool ok = without_migrations(s->problem, &memory, &still) &&
            solve_still(&still, &memory, clock, milliseconds, programs, &state, &least);
  int order = ok ? compare_before(s, &state, &least) : 0;
  if (order < 0)
    take_over(s, &state);
  if (order > 0) {
    bounds->value[BERTH_LEVEL_MIGRATIONS] = 1;
    bounds->proof[BERTH_LEVEL_MIGRATIONS] = "not all can stay";
  }
  arena_free(&memory);
  return ok;
}
