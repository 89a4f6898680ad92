/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexicographic optimisation in stages (the preemptive method of goal programming): the level at
 * hand is the objective, the levels before are rows at the values reached. Summing levels with
 * weights would destroy the bound rounding by the gcd of the costs.
 */
#include "exact_ladder.h"
#include "integer_program.h"
#include "iteration_price.h"
#include <assert.h>
#include <string.h>

bool ladder_bounds_met(const problem *p, const int64_t *value, const ladder_bounds *bounds) {
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    if (value[p->ladder[i]] > bounds->value[p->ladder[i]])
      return false;
  }
  return true;
}

void ladder_bounds_revise(const problem *p, const int64_t *before, const int64_t *now,
                          ladder_bounds *bounds) {
  bool risen = false;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    if (risen) {
      bounds->value[level] = 0;
      bounds->proof[level] = "zero";
    }
    risen |= now[level] > before[level];
  }
}

/* The program's rows plus one for each level before `index`. */
static bool stage_model(const integer_program *program, const placement *s, uint32_t index,
                        mip_model *model) {
  const problem *p = s->problem;
  arena *memory = program->memory;
  uint32_t rows = program->row_count + index;
  size_t room = program->entry_count + (size_t)index * program->column_count;
  int64_t *row_lower = arena_take(memory, rows, sizeof *row_lower);
  int64_t *row_upper = arena_take(memory, rows, sizeof *row_upper);
  uint32_t *entry_row = arena_take(memory, room, sizeof *entry_row);
  uint32_t *entry_column = arena_take(memory, room, sizeof *entry_column);
  int64_t *entry_value = arena_take(memory, room, sizeof *entry_value);
  if (row_lower == NULL || row_upper == NULL || entry_row == NULL || entry_column == NULL ||
      entry_value == NULL)
    return false;
  if (program->entry_count > 0) {
    memcpy(entry_row, program->entry_row, program->entry_count * sizeof *entry_row);
    memcpy(entry_column, program->entry_column, program->entry_count * sizeof *entry_column);
    memcpy(entry_value, program->entry_value, program->entry_count * sizeof *entry_value);
  }
  if (program->row_count > 0) {
    memcpy(row_lower, program->row_lower, program->row_count * sizeof *row_lower);
    memcpy(row_upper, program->row_upper, program->row_count * sizeof *row_upper);
  }
  size_t entries = program->entry_count;
  for (uint32_t i = 0; i < index; i++) {
    berth_level level = p->ladder[i];
    uint32_t row = program->row_count + i;
    row_lower[row] = MIP_FREE;
    row_upper[row] = s->value[level] - program->level_constant[level];
    for (uint32_t j = 0; j < program->column_count; j++) {
      if (program->level_cost[level][j] == 0)
        continue;
      entry_row[entries] = row;
      entry_column[entries] = j;
      entry_value[entries++] = program->level_cost[level][j];
    }
  }
  assert(entries <= room);
  *model = (mip_model){.column_count = program->column_count,
                       .row_count = rows,
                       .lower = program->lower,
                       .upper = program->upper,
                       .cost = program->level_cost[p->ladder[index]],
                       .row_lower = row_lower,
                       .row_upper = row_upper,
                       .entry_count = entries,
                       .entry_row = entry_row,
                       .entry_column = entry_column,
                       .entry_value = entry_value};
  return true;
}

enum {
  /* Exact rows are the last resort for a solution, and what floating point makes of them may run
     long. */
  EXACT_MICROSECONDS = 1000000
};

/* What one level needs. */
typedef struct stage {
  placement *state;
  const uint8_t *free_hosts;
  uint32_t index; /* of the level in the ladder */
  ladder_bounds *bounds;
  search_clock *clock;
  int64_t budget, spent; /* microseconds by the price of iterations */
} stage;

/* Adopts a solution if it holds exactly; a rounded program may ask too little room, or take loads
 * for less than they are, and may not know the nodes of every host. */
static bool adopt(const stage *st, const integer_program *program, const int64_t *values) {
  placement *s = st->state;
  const problem *p = s->problem;
  placement before;
  if (program->rounded && !placement_clone(&before, s, program->memory))
    return false;
  integer_program_apply(program, values, s);
  bool holds = !program->rounded || (placement_compare(p, s->value, before.value) <= 0 &&
                                     placement_all_within_limits(s));
  if (!holds)
    placement_copy(s, &before);
  return holds;
}

/* Solves the level with one kind of rows. @p adopted: the state holds what was found. */
static bool solve_rows(stage *st, program_rows rows, mip_result *result, int64_t *constant,
                       bool *adopted) {
  placement *s = st->state;
  berth_level level = s->problem->ladder[st->index];
  arena memory;
  arena_init(&memory, context_allocator(st->clock->ctx));
  integer_program program;
  mip_model model;
  bool ok = integer_program_build(&program, &memory, s, st->free_hosts, rows) &&
            stage_model(&program, s, st->index, &model);
  int64_t *values = ok ? arena_take(&memory, program.column_count, sizeof *values) : NULL;
  *result = (mip_result){.outcome = MIP_INFEASIBLE};
  *adopted = true;
  if (values != NULL && program.column_count > 0) {
    *constant = program.level_constant[level];
    /* rounded rows let in what costs less than any plan */
    int64_t known = program.rounded ? 0 : st->bounds->value[level];
    mip_limits limits = {.milliseconds = search_clock_left(st->clock),
                         .work = iterations_for(&model, st->budget),
                         .start = program.start,
                         .known_bound = known - *constant,
                         .stop = search_clock_stop,
                         .stop_user = st->clock};
    *result = mip_solve(&model, &limits, values);
    st->spent += (int64_t)result->work * iteration_price(&model);
    if (result->outcome == MIP_OPTIMAL || result->outcome == MIP_FEASIBLE)
      *adopted = adopt(st, &program, values);
  }
  arena_free(&memory);
  return values != NULL;
}

/* One level: bounds from rows that floating point is safe with; if their solution does not hold
 * exactly, solutions from the rows as they are. */
static bool solve_stage(stage *st, bool whole) {
  berth_level level = st->state->problem->ladder[st->index];
  mip_result result;
  int64_t constant = 0;
  bool adopted;
  assert(st->index < st->state->problem->ladder_length && st->budget > 0);
  if (!solve_rows(st, PROGRAM_ROUNDED, &result, &constant, &adopted))
    return false;
  int64_t bound = result.bound + constant;
  if (whole && result.outcome != MIP_INFEASIBLE && bound > st->bounds->value[level]) {
    st->bounds->value[level] = bound < st->state->value[level] ? bound : st->state->value[level];
    st->bounds->proof[level] = "integer program";
  }
  if (adopted)
    return true;
  st->budget = st->budget < EXACT_MICROSECONDS ? st->budget : EXACT_MICROSECONDS;
  return solve_rows(st, PROGRAM_EXACT, &result, &constant, &adopted);
}

bool exact_ladder(placement *s, const uint8_t *free_hosts, bool whole, ladder_bounds *bounds,
                  search_clock *clock, int64_t milliseconds, uint64_t *programs) {
  const problem *p = s->problem;
  int64_t left = 1000 * milliseconds;
  assert(milliseconds > 0);
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    assert(s->value[level] >= bounds->value[level]);
    if (s->value[level] <= bounds->value[level])
      continue;
    if (left <= 0 || search_clock_over(clock))
      break;
    /* A level that does not close leaves half of the budget to those below it. */
    stage st = {.state = s,
                .free_hosts = free_hosts,
                .index = i,
                .bounds = bounds,
                .clock = clock,
                .budget = 1 + left / 2};
    int64_t before[BERTH_LEVEL_COUNT];
    memcpy(before, s->value, sizeof before);
    if (!solve_stage(&st, whole))
      return false;
    ladder_bounds_revise(p, before, s->value, bounds);
    assert(st.spent >= 0);
    left -= st.spent;
    (*programs)++;
  }
  return true;
}
