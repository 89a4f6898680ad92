/* SPDX-License-Identifier: Apache-2.0 */
/* The integer programming seam: programs small enough to enumerate, limits, and a broken back-end's
 * trap. */
#include "mip.h"
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

static uint64_t next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

static void make_program(random_program *p, uint64_t seed) {
  uint64_t state = seed * 977 + 13;
  size_t entries = 0;
  for (uint32_t j = 0; j < COLUMNS; j++) {
    p->lower[j] = 0;
    p->upper[j] = VALUES - 1;
    p->cost[j] = (int64_t)(next_random(&state) % 21) - 10;
  }
  for (uint32_t i = 0; i < ROWS; i++) {
    p->row_lower[i] = next_random(&state) % 3 == 0 ? (int64_t)(next_random(&state) % 12) : MIP_FREE;
    p->row_upper[i] = (int64_t)(next_random(&state) % 40);
    if (p->row_lower[i] != MIP_FREE && p->row_lower[i] > p->row_upper[i])
      p->row_upper[i] = p->row_lower[i];
    for (uint32_t j = 0; j < COLUMNS; j++) {
      p->row[entries] = i;
      p->column[entries] = j;
      p->value[entries++] = (int64_t)(next_random(&state) % 12) - 2;
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
      x[j] = (point >> (2 * j)) & 3;
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
  uint32_t infeasible = 0;
  for (uint64_t seed = 0; seed < 300; seed++) {
    random_program p;
    int64_t best = 0, values[COLUMNS], cost;
    make_program(&p, seed);
    bool feasible = enumerate(&p, &best);
    mip_limits limits = {.milliseconds = 5000, .known_bound = -1000};
    mip_result result = mip_solve(&p.model, &limits, values);
    infeasible += !feasible;
    cr_assert_eq(result.outcome, feasible ? MIP_OPTIMAL : MIP_INFEASIBLE, "seed %d", (int)seed);
    if (!feasible)
      continue;
    cr_assert_eq(result.objective, best, "seed %d", (int)seed);
    cr_assert_eq(result.bound, best);
    mip_wide activity[ROWS];
    cr_assert(mip_check(&p.model, values, activity, &cost));
    cr_assert_eq(cost, best);
  }
  cr_assert_gt(infeasible, 5, "the sample lacks infeasible programs");
}

Test(mip, a_start_at_the_known_bound_needs_no_search) {
  int64_t lower[1] = {0}, upper[1] = {9}, cost[1] = {1}, values[1], start[1] = {3};
  int64_t row_lower[1] = {3}, row_upper[1] = {MIP_FREE}, value[1] = {1};
  uint32_t row[1] = {0}, column[1] = {0};
  mip_model model = {1, 1, lower, upper, cost, row_lower, row_upper, 1, row, column, value};
  mip_limits limits = {.milliseconds = 1, .known_bound = 3, .start = start};
  mip_result result = mip_solve(&model, &limits, values);
  cr_assert_eq(result.outcome, MIP_OPTIMAL);
  cr_assert_eq(values[0], 3);
}

Test(mip, a_start_that_breaks_a_row_is_not_believed) {
  int64_t lower[1] = {0}, upper[1] = {9}, cost[1] = {1}, values[1], start[1] = {2};
  int64_t row_lower[1] = {3}, row_upper[1] = {MIP_FREE}, value[1] = {1};
  uint32_t row[1] = {0}, column[1] = {0};
  mip_model model = {1, 1, lower, upper, cost, row_lower, row_upper, 1, row, column, value};
  mip_limits limits = {.milliseconds = 1000, .known_bound = 0, .start = start};
  mip_result result = mip_solve(&model, &limits, values);
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
      .milliseconds = 60000, .known_bound = -1000, .stop = stop_now, .stop_user = &calls};
  mip_result result = mip_solve(&p.model, &limits, values);
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
