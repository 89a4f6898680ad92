/* SPDX-License-Identifier: Apache-2.0 */
/* Linear programs in sessions: optima and duals known by hand, columns that are added, limits. */
#include "lp.h"
#include "lp_backend.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const lp_limits plenty = {.milliseconds = 10000};

static bool is_near(double a, double b) {
  return fabs(a - b) < 1e-6;
}

/* maximise 3x + 2y, x + y ≤ 4, x + 3y ≤ 7, x ≤ 3: x = 3, y = 1, worth 11. */
static const int64_t upper[2] = {3, MIP_FREE}, cost[2] = {-3, -2};
static const int64_t row_lower[2] = {MIP_FREE, MIP_FREE}, row_upper[2] = {4, 7};
static const uint32_t entry_row[4] = {1, 0, 0, 1}, entry_column[4] = {1, 0, 1, 0};
static const int64_t entry_value[4] = {3, 1, 1, 1};
static const lp_model textbook = {2,         2, upper,     cost,         row_lower,
                                  row_upper, 4, entry_row, entry_column, entry_value};

Test(lp_session, solves_a_textbook_program_with_its_duals) {
  double values[2], duals[2];
  lp_result result = lp_solve(&textbook, &plenty, values, duals);
  cr_assert_eq(result.outcome, LP_OPTIMAL);
  cr_assert(is_near(result.objective, -11));
  cr_assert(is_near(values[0], 3) && is_near(values[1], 1));
  cr_assert(is_near(duals[0], -2) && is_near(duals[1], 0), "%g %g", duals[0], duals[1]);
}

/* Cutting stock: from rolls of 10, wanted 20 pieces of 3, 10 of 5 and 7 of 4. Cut singly, 3, 2 and
 * 2 to a roll, that takes 20/3 + 5 + 7/2 rolls, and a piece is worth 1/3, 1/2 and 1/2 of a roll. */
Test(lp_session, added_columns_continue_from_the_last_basis) {
  static const int64_t free_upper[3] = {MIP_FREE, MIP_FREE, MIP_FREE}, one[3] = {1, 1, 1};
  static const int64_t wanted[3] = {20, 10, 7}, none[3] = {MIP_FREE, MIP_FREE, MIP_FREE};
  static const uint32_t row[3] = {0, 1, 2}, column[3] = {0, 1, 2};
  static const int64_t pieces[3] = {3, 2, 2};
  static const lp_model trivial = {3, 3, free_upper, one, wanted, none, 3, row, column, pieces};
  static const uint32_t mixed_row[2] = {2, 0}, mixed_column[2] = {0, 0};
  static const int64_t mixed_value[2] = {1, 2};
  static const lp_columns mixed = {1, free_upper, one, 2, mixed_row, mixed_column, mixed_value};
  double values[4], duals[3];
  lp_session *session = lp_session_open_with(&BERTH_TEST_LP, &trivial);
  cr_assert_not_null(session);
  lp_result result = lp_session_solve(session, &plenty, values, duals);
  cr_assert_eq(result.outcome, LP_OPTIMAL);
  cr_assert(is_near(result.objective, 20.0 / 3 + 5 + 3.5));
  cr_assert(is_near(duals[0], 1.0 / 3) && is_near(duals[1], 0.5) && is_near(duals[2], 0.5));
  /* 2 × 3 + 1 × 4: worth 2/3 + 1/2 > 1, so it enters; all 7 of width 4 come from it. */
  cr_assert(lp_session_add_columns(session, &mixed));
  result = lp_session_solve(session, &plenty, values, duals);
  cr_assert_eq(result.outcome, LP_OPTIMAL);
  cr_assert(is_near(values[3], 7) && is_near(values[0], 2) && is_near(values[1], 5));
  cr_assert(is_near(result.objective, 14));
  lp_session_close(session);
}

Test(lp_session, says_infeasible_and_unbounded) {
  static const int64_t none[1] = {MIP_FREE}, minus[1] = {-1}, two[1] = {2}, value[1] = {1},
                       small[1] = {1};
  static const uint32_t zero[1] = {0};
  lp_model impossible = {1, 1, small, minus, two, none, 1, zero, zero, value};
  lp_model endless = {1, 1, none, minus, two, none, 1, zero, zero, value};
  cr_assert_eq(lp_solve(&impossible, &plenty, NULL, NULL).outcome, LP_INFEASIBLE);
  cr_assert_eq(lp_solve(&endless, &plenty, NULL, NULL).outcome, LP_UNBOUNDED);
}

Test(lp_session, a_session_may_begin_without_columns) {
  static const int64_t none[1] = {MIP_FREE}, two[1] = {2}, value[1] = {1}, three[1] = {3};
  static const uint32_t zero[1] = {0};
  lp_model empty = {.row_count = 1, .row_lower = two, .row_upper = none};
  lp_columns column = {1, none, three, 1, zero, zero, value};
  double values[1], duals[1];
  lp_session *session = lp_session_open_with(&BERTH_TEST_LP, &empty);
  cr_assert_eq(lp_session_solve(session, &plenty, values, duals).outcome, LP_INFEASIBLE);
  cr_assert(lp_session_add_columns(session, &column));
  lp_result result = lp_session_solve(session, &plenty, values, duals);
  cr_assert_eq(result.outcome, LP_OPTIMAL);
  cr_assert(is_near(result.objective, 6) && is_near(values[0], 2) && is_near(duals[0], 3));
  lp_session_close(session);
}

Test(lp_session, numbers_that_floating_point_may_not_hold_are_refused) {
  static const int64_t none[1] = {MIP_FREE}, two[1] = {2}, one[1] = {1};
  static const int64_t large[1] = {(INT64_C(1) << 53) + 1};
  static const uint32_t zero[1] = {0};
  lp_model model = {1, 1, none, one, two, none, 1, zero, zero, large};
  cr_assert_null(lp_session_open_with(&BERTH_TEST_LP, &model));
  lp_session_close(NULL);
}

enum { SIDE = 40 };

/* Transportation: SIDE plants make 10 each, SIDE customers want 10 each, cost |plant − customer|:
 * everybody is served by the plant of his number, at no cost; it takes some simplex iterations. */
typedef struct transport {
  int64_t upper[SIDE * SIDE], cost[SIDE * SIDE], row_lower[2 * SIDE], row_upper[2 * SIDE];
  uint32_t row[2 * SIDE * SIDE], column[2 * SIDE * SIDE];
  int64_t value[2 * SIDE * SIDE];
  lp_model model;
} transport;

static transport *make_transport(void) {
  transport *t = calloc(1, sizeof *t);
  size_t entries = 0;
  for (uint32_t i = 0; i < SIDE; i++) {
    t->row_lower[i] = t->row_upper[i + SIDE] = MIP_FREE;
    t->row_upper[i] = t->row_lower[i + SIDE] = 10;
    for (uint32_t j = 0; j < SIDE; j++) {
      uint32_t column = i * SIDE + j;
      t->upper[column] = MIP_FREE;
      t->cost[column] = 1000 - labs((long)i - (long)j);
      t->row[entries] = i;
      t->column[entries] = column;
      t->value[entries++] = 1;
      t->row[entries] = SIDE + j;
      t->column[entries] = column;
      t->value[entries++] = 1;
    }
  }
  t->model = (lp_model){SIDE * SIDE,  2 * SIDE, t->upper, t->cost,   t->row_lower,
                        t->row_upper, entries,  t->row,   t->column, t->value};
  return t;
}

/* Reversed pairing maximises Σ|i − j|: 2·(1 + 3 + … + 39) = 800 pairs of distance, times 10. */
Test(lp_session, a_limit_of_work_stops_and_the_session_goes_on) {
  transport *t = make_transport();
  lp_session *session = lp_session_open_with(&BERTH_TEST_LP, &t->model);
  lp_limits little = {.milliseconds = 10000, .work = 5};
  double *values = calloc(SIDE * SIDE, sizeof *values);
  lp_result result = lp_session_solve(session, &little, values, NULL);
  cr_assert_eq(result.outcome, LP_STOPPED);
  cr_assert_leq(result.work, 6);
  result = lp_session_solve(session, &plenty, values, NULL);
  cr_assert_eq(result.outcome, LP_OPTIMAL);
  cr_assert(is_near(result.objective, 10.0 * (SIDE * 1000 - 800)), "%g", result.objective);
  lp_session_close(session);
  free(values);
  free(t);
}

Test(lp_session, several_sessions_live_at_once) {
  lp_session *sessions[5];
  for (int i = 0; i < 5; i++)
    sessions[i] = lp_session_open_with(&BERTH_TEST_LP, &textbook);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 5; i++) {
      lp_result result = lp_session_solve(sessions[i], &plenty, NULL, NULL);
      cr_assert_eq(result.outcome, LP_OPTIMAL);
      cr_assert(is_near(result.objective, -11));
    }
  }
  for (int i = 4; i >= 0; i--)
    lp_session_close(sessions[i]);
}
