/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-ends that hang, lie, give up or run out of memory, in the place of a solver: none of it may
 * cost more than time. The program all of them get: minimise x, 3 ≤ x ≤ 9.
 */
#include "hard_programs.h"
#include "lp_backend.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <criterion/criterion.h>
#include <glpk.h>
#include <math.h>
#include <time.h>

static const int64_t zero[1] = {0}, nine[1] = {9}, one[1] = {1}, three[1] = {3},
                     none[1] = {MIP_FREE};
static const uint32_t first[1] = {0};
static const mip_model program = {1, 1, zero, nine, one, three, none, 1, first, first, one};

static mip_result solve_within(int64_t milliseconds, const mip_backend *backend,
                               const int64_t *start, int64_t *value) {
  mip_limits limits = {.milliseconds = milliseconds, .known_bound = 0, .start = start};
  return mip_solve_with(backend, &program, &limits, value);
}

static mip_result solve(const mip_backend *backend, const int64_t *start, int64_t *value) {
  return solve_within(20000, backend, start, value);
}

static void sleep_milliseconds(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  (void)nanosleep(&time, NULL);
}

static void offer(mip_search *search, double value) {
  mip_search_offer(search, &value);
}

static void hang(mip_search *search) {
  offer(search, 5);
  sleep_milliseconds(400);
  offer(search, 3); /* nobody listens any more */
}

Test(mip_double, a_solver_that_hangs_is_left_behind_and_what_it_found_is_kept) {
  static const mip_backend hanging = {"hanging", hang};
  int64_t value = 0;
  double began = search_clock_now();
  mip_result result = solve_within(60, &hanging, NULL, &value);
  cr_assert_lt(search_clock_now() - began, 0.35);
  cr_assert_eq(result.outcome, MIP_FEASIBLE);
  cr_assert_eq(result.objective, 5);
  cr_assert_eq(value, 5);
  cr_assert_eq(result.bound, 0);
  sleep_milliseconds(600); /* it comes back, and frees what it held */
  cr_assert_eq(value, 5);
}

static void offer_garbage(mip_search *search) {
  offer(search, 2);
  offer(search, -1e300);
  offer(search, NAN);
  offer(search, INFINITY);
  offer(search, 10);
  mip_search_raise_bound(search, NAN);
  mip_search_raise_bound(search, INFINITY);
}

Test(mip_double, what_breaks_a_row_is_no_solution) {
  static const mip_backend garbage = {"garbage", offer_garbage};
  int64_t value = 7;
  mip_result result = solve(&garbage, NULL, &value);
  cr_assert_eq(result.outcome, MIP_UNKNOWN);
  cr_assert_eq(result.bound, 0);
  cr_assert_eq(value, 7);
}

static void lie(mip_search *search) {
  offer(search, 8);
  mip_search_raise_bound(search, 6.0);
  offer(search, 4);
  mip_search_raise_bound(search, 4.0);
}

Test(mip_double, a_bound_above_a_solution_costs_all_trust_in_bounds) {
  static const mip_backend liar = {"liar", lie};
  int64_t value = 0;
  mip_result result = solve(&liar, NULL, &value);
  cr_assert_eq(result.outcome, MIP_FEASIBLE);
  cr_assert_eq(result.objective, 4);
  cr_assert_eq(result.bound, 0);
}

static void deny(mip_search *search) {
  mip_search_exhausted(search);
  offer(search, 3);
  mip_search_exhausted(search);
}

Test(mip_double, a_solution_refutes_infeasible) {
  static const mip_backend denier = {"denier", deny};
  int64_t value = 0;
  mip_result result = solve(&denier, NULL, &value);
  cr_assert_eq(result.outcome, MIP_FEASIBLE);
  cr_assert_eq(value, 3);
  cr_assert_eq(result.bound, 0);
}

static void give_up(mip_search *search) {
  (void)search;
}

Test(mip_double, a_solver_that_gives_up_leaves_the_start) {
  static const mip_backend lazy = {"lazy", give_up};
  static const int64_t start[1] = {6};
  int64_t value = 0;
  cr_assert_eq(solve(&lazy, NULL, &value).outcome, MIP_UNKNOWN);
  mip_result result = solve(&lazy, start, &value);
  cr_assert_eq(result.outcome, MIP_FEASIBLE);
  cr_assert_eq(value, 6);
}

static void stop_early(mip_search *search) {
  static const double six[2] = {6, 0};
  mip_search_offer(search, six);
  mip_search_exhausted(search);
}

/* Beside a column that costs 2^40, which the optimum does not use, differences of a few are lost in
 * a solver's tolerances: that nothing was found below 6 proves little. */
Test(mip_double, a_cost_beyond_the_objective_blurs_its_bound) {
  static const mip_backend coarse = {"coarse", stop_early};
  static const int64_t lower[2] = {0}, upper[2] = {9, 1}, costs[2][2] = {{1, 1}, {1, 1LL << 40}};
  for (int large = 0; large < 2; large++) {
    const mip_model beside = {2, 1, lower, upper, costs[large], three, none, 1, first, first, one};
    mip_limits limits = {.milliseconds = 20000, .known_bound = 0};
    int64_t values[2] = {0};
    mip_result result = mip_solve_with(&coarse, &beside, &limits, values);
    cr_expect_eq(result.objective, 6);
    cr_expect_eq(result.bound, large ? 0 : 6, "%d", (int)result.bound);
  }
}

static void prove(mip_search *search) {
  offer(search, 3.0000001);
  mip_search_raise_bound(search, 2.9999999);
  mip_search_worked(search, 17);
}

Test(mip_double, an_honest_solver_is_believed) {
  static const mip_backend honest = {"honest", prove};
  int64_t value = 0;
  mip_result result = solve(&honest, NULL, &value);
  cr_assert_eq(result.outcome, MIP_OPTIMAL);
  cr_assert_eq(result.bound, 3);
  cr_assert_eq(result.work, 17);
}

/* The covering program takes more than a megabyte; GLPK aborts then, and the trap holds. */
Test(mip_double, glpk_without_memory_costs_only_the_answer) {
  hard_program *p = hard_covering();
  int64_t *values = calloc(p->model.column_count, sizeof *values), value = 0;
  mip_limits limits = {.milliseconds = 20000, .known_bound = 0, .megabytes = 1};
  cr_assert_eq(mip_solve_with(&mip_glpk, &p->model, &limits, values).outcome, MIP_UNKNOWN);
  cr_assert_eq(solve(&mip_glpk, NULL, &value).outcome, MIP_OPTIMAL);
  cr_assert_eq(value, 3);
  free(values);
  hard_free(p);
}

/* GLPK's environment belongs to a thread, and a trap frees all of it: it is not the caller's. */
Test(mip_double, the_callers_own_glpk_objects_survive) {
  glp_prob *mine = glp_create_prob();
  int64_t value = 0;
  glp_add_cols(mine, 3);
  glp_set_obj_coef(mine, 2, 7.0);
  cr_assert_eq(solve(&mip_glpk, NULL, &value).outcome, MIP_OPTIMAL);
  cr_assert_eq(glp_get_num_cols(mine), 3);
  cr_assert_eq(glp_get_obj_coef(mine, 2), 7.0);
  glp_delete_prob(mine);
  (void)glp_free_env();
}

static void hang_lp(lp_state *state) {
  sleep_milliseconds(400);
  state->result.outcome = LP_OPTIMAL;
  state->alive = true;
}

static void end_lp(lp_state *state) {
  (void)state;
}

Test(mip_double, a_session_that_hangs_is_dead_and_closes_at_once) {
  static const lp_backend hanging = {"hanging", hang_lp, end_lp};
  lp_model model = {1, 1, none, one, three, none, 1, first, first, one};
  lp_limits limits = {.milliseconds = 40};
  double began = search_clock_now();
  lp_session *session = lp_session_open_with(&hanging, &model);
  cr_assert_eq(lp_session_solve(session, &limits, NULL, NULL).outcome, LP_FAILED);
  cr_assert_eq(lp_session_solve(session, &limits, NULL, NULL).outcome, LP_FAILED);
  lp_columns more = {.count = 0};
  cr_assert_not(lp_session_add_columns(session, &more));
  lp_session_close(session);
  cr_assert_lt(search_clock_now() - began, 0.3);
  sleep_milliseconds(600);
}
