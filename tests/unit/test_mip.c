/* SPDX-License-Identifier: Apache-2.0 */
/* The integer programming seam: programs small enough to enumerate, limits, and what a solver that
 * fails may cost. Built once for each back-end. */
#include "hard_programs.h"
#include "mip_backend.h"
#include <criterion/criterion.h>
#include <string.h>

enum { COLUMNS = 5, ROWS = 3, VALUES = 4 };

typedef struct random_program {
  int64_t lower[COLUMNS], upper[COLUMNS], cost[COLUMNS];
  int64_t row_lower[ROWS], row_upper[ROWS];
  uint32_t row[COLUMNS * ROWS], column[COLUMNS * ROWS];
  int64_t value[COLUMNS * ROWS];
  mip_model model;
} random_program;

static void make_program(random_program *p, uint64_t seed) {
  uint64_t state = seed * 977 + 13;
  int64_t scale = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 6 : 1000, offset = seed % 4 == 0 ? -2 : 0;
  size_t entries = 0;
  for (uint32_t j = 0; j < COLUMNS; j++) {
    p->lower[j] = offset;
    p->upper[j] = offset + VALUES - 1;
    p->cost[j] = ((int64_t)(hard_random(&state) % 21) - 10) * scale;
  }
  for (uint32_t i = 0; i < ROWS; i++) {
    p->row_lower[i] = hard_random(&state) % 3 == 0 ? (int64_t)(hard_random(&state) % 12) : MIP_FREE;
    p->row_upper[i] = (int64_t)(hard_random(&state) % 40);
    if (p->row_lower[i] != MIP_FREE && p->row_lower[i] > p->row_upper[i])
      p->row_upper[i] = p->row_lower[i];
    if (seed % 5 == 0 && i == 0)
      p->row_lower[i] = p->row_upper[i];
    for (uint32_t j = 0; j < COLUMNS; j++) {
      p->row[entries] = i;
      p->column[entries] = j;
      p->value[entries++] = (int64_t)(hard_random(&state) % 12) - 2;
    }
  }
  p->model = (mip_model){.column_count = COLUMNS,
                         .row_count = ROWS,
                         .lower = p->lower,
                         .upper = p->upper,
                         .cost = p->cost,
                         .row_lower = p->row_lower,
                         .row_upper = p->row_upper,
                         .entry_count = entries,
                         .entry_row = p->row,
                         .entry_column = p->column,
                         .entry_value = p->value};
}

/* All 4^5 points, rows summed here and not by mip_check(). */
static bool enumerate(const random_program *p, int64_t *best) {
  bool found = false;
  for (uint32_t point = 0; point < 1024; point++) {
    int64_t x[COLUMNS], cost = 0;
    bool holds = true;
    for (uint32_t j = 0; j < COLUMNS; j++) {
      x[j] = p->lower[j] + ((point >> (2 * j)) & 3);
      cost += p->cost[j] * x[j];
    }
    for (uint32_t i = 0; i < ROWS; i++) {
      int64_t sum = 0;
      for (uint32_t j = 0; j < COLUMNS; j++)
        sum += p->value[i * COLUMNS + j] * x[j];
      holds &= sum <= p->row_upper[i] && (p->row_lower[i] == MIP_FREE || sum >= p->row_lower[i]);
    }
    if (holds && (!found || cost < *best)) {
      *best = cost;
      found = true;
    }
  }
  return found;
}

Test(mip, agrees_with_enumeration) {
  uint32_t infeasible = 0, tight = 0;
  for (uint64_t seed = 0; seed < 2000; seed++) {
    random_program p;
    int64_t best = 0, values[COLUMNS], cost;
    make_program(&p, seed);
    bool feasible = enumerate(&p, &best);
    mip_limits limits = {.milliseconds = 5000, .known_bound = -1000000};
    mip_result result = mip_solve_with(&BERTH_TEST_MIP, &p.model, &limits, values);
    infeasible += !feasible;
    tight += p.row_lower[0] == p.row_upper[0];
    cr_assert_eq(result.outcome, feasible ? MIP_OPTIMAL : MIP_INFEASIBLE, "seed %d", (int)seed);
    if (!feasible)
      continue;
    cr_assert_eq(result.objective, best, "seed %d", (int)seed);
    cr_assert_eq(result.bound, best);
    mip_wide activity[ROWS];
    cr_assert(mip_check(&p.model, values, activity, &cost));
    cr_assert_eq(cost, best);
  }
  cr_assert_gt(infeasible, 50, "the sample lacks infeasible programs");
  cr_assert_gt(tight, 50, "the sample lacks equations");
}

Test(mip, a_start_at_the_known_bound_needs_no_search) {
  int64_t lower[1] = {0}, upper[1] = {9}, cost[1] = {1}, values[1], start[1] = {3};
  int64_t row_lower[1] = {3}, row_upper[1] = {MIP_FREE}, value[1] = {1};
  uint32_t row[1] = {0}, column[1] = {0};
  mip_model model = {1, 1, lower, upper, cost, row_lower, row_upper, 1, row, column, value};
  mip_limits limits = {.milliseconds = 1, .known_bound = 3, .start = start};
  mip_result result = mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values);
  cr_assert_eq(result.outcome, MIP_OPTIMAL);
  cr_assert_eq(values[0], 3);
}

Test(mip, a_start_that_breaks_a_row_is_not_believed) {
  int64_t lower[1] = {0}, upper[1] = {9}, cost[1] = {1}, values[1], start[1] = {2};
  int64_t row_lower[1] = {3}, row_upper[1] = {MIP_FREE}, value[1] = {1};
  uint32_t row[1] = {0}, column[1] = {0};
  mip_model model = {1, 1, lower, upper, cost, row_lower, row_upper, 1, row, column, value};
  mip_limits limits = {.milliseconds = 1000, .known_bound = 0, .start = start};
  mip_result result = mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values);
  cr_assert_eq(result.outcome, MIP_OPTIMAL);
  cr_assert_eq(result.objective, 3);
}

static bool stop_now(void *user) {
  ++*(int *)user;
  return true;
}

Test(mip, stops_when_asked_and_claims_nothing) {
  random_program p;
  int calls = 0;
  int64_t values[COLUMNS], best = 0;
  uint64_t seed = 0;
  do
    make_program(&p, seed++);
  while (!enumerate(&p, &best) || best >= 0);
  mip_limits limits = {
      .milliseconds = 60000, .known_bound = -1000000, .stop = stop_now, .stop_user = &calls};
  mip_result result = mip_solve_with(&BERTH_TEST_MIP, &p.model, &limits, values);
  cr_assert_gt(calls, 0);
  cr_assert_leq(result.bound, best);
  cr_assert_neq(result.outcome, MIP_INFEASIBLE);
}

Test(mip, the_check_is_exact_beyond_64_bits) {
  int64_t lower[2] = {0, 0}, upper[2] = {INT64_C(1) << 40, INT64_C(1) << 40}, cost[2] = {0, 0};
  int64_t row_lower[1] = {MIP_FREE}, row_upper[1] = {0}, objective;
  int64_t value[2] = {INT64_C(1) << 40, INT64_C(1) << 40};
  int64_t values[2] = {INT64_C(1) << 40, INT64_C(1) << 40};
  uint32_t row[2] = {0, 0}, column[2] = {0, 1};
  mip_model model = {2, 1, lower, upper, cost, row_lower, row_upper, 2, row, column, value};
  mip_wide activity[1];
  cr_assert_not(mip_check(&model, values, activity, &objective));
}

/* x + y ≥ 3, cheapest 3; then one number that floating point may not hold. */
Test(mip, numbers_beyond_what_floating_point_holds_are_not_handed_over) {
  int64_t lower[2] = {0, 0}, upper[2] = {9, 9}, cost[2] = {1, 1}, values[2], start[2] = {9, 9};
  int64_t row_lower[1] = {3}, row_upper[1] = {MIP_FREE}, value[2] = {1, 1};
  uint32_t row[2] = {0, 0}, column[2] = {0, 1};
  mip_model model = {2, 1, lower, upper, cost, row_lower, row_upper, 2, row, column, value};
  mip_limits limits = {.milliseconds = 1000, .start = start};
  cr_assert_eq(mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values).objective, 3);
  upper[1] = (INT64_C(1) << 53) + 1;
  mip_result result = mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values);
  cr_assert_eq(result.outcome, MIP_FEASIBLE);
  cr_assert_eq(result.objective, 18);
  cr_assert_eq(result.bound, 0);
  limits.start = NULL;
  cr_assert_eq(mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values).outcome, MIP_UNKNOWN);
}

/* 2^40·x ≥ 2^40 + 1 with x ≤ 1 has no solution, 0 ≤ 2^40·x ≤ 2^40 − 1 only x = 0: what a solver
 * with tolerances makes of it must not be called a solution. */
Test(mip, what_tolerances_let_through_is_no_solution) {
  int64_t big = INT64_C(1) << 40;
  int64_t lower[1] = {0}, upper[1] = {1}, cost[1] = {-1}, values[1] = {7};
  int64_t row_lower[1] = {0}, row_upper[1] = {big - 1}, value[1] = {big};
  uint32_t row[1] = {0}, column[1] = {0};
  mip_model model = {1, 1, lower, upper, cost, row_lower, row_upper, 1, row, column, value};
  mip_limits limits = {.milliseconds = 300, .known_bound = -1};
  mip_result result = mip_solve_with(&BERTH_TEST_MIP, &model, &limits, values);
  if (result.outcome == MIP_OPTIMAL || result.outcome == MIP_FEASIBLE)
    cr_assert(values[0] == 0 && result.objective == 0);
  cr_assert_neq(result.outcome, MIP_INFEASIBLE);
}

/* Limited by work, and with time to spare, the same is found each time. */
Test(mip, equal_work_finds_equal_solutions) {
  hard_program *p = hard_packing();
  uint32_t columns = p->model.column_count;
  int64_t *first = calloc(columns, sizeof *first), *again = calloc(columns, sizeof *again);
  mip_limits limits = {.milliseconds = 120000, .work = 3000, .known_bound = -1000000};
  mip_result one = mip_solve_with(&BERTH_TEST_MIP, &p->model, &limits, first);
  mip_result two = mip_solve_with(&BERTH_TEST_MIP, &p->model, &limits, again);
  cr_assert_eq(one.outcome, two.outcome);
  cr_assert_eq(one.bound, two.bound);
  cr_assert_eq(one.work, two.work);
  cr_assert_gt(one.work, 0);
  cr_assert_eq(memcmp(first, again, columns * sizeof *first), 0);
  free(first);
  free(again);
  hard_free(p);
}
