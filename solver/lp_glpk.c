/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GLPK behind lp.h: primal simplex, which stays feasible when columns are added, from an advanced
 * basis first and from the last one afterwards. One problem object a session, in the environment of
 * the session's thread; an error or a stop jumps out of GLPK and costs the session.
 */
#include "lp_backend.h"
#include "mip_backend.h"
#include "search_clock.h"
#include "trap_glpk.h"
#include <assert.h>
#include <glpk.h>
#include <limits.h>
#include <stdlib.h>

typedef struct lp_solver {
  glpk_trap trap;
  lp_state *state;
  glp_prob *problem;
  int *row;      /* [row + 1] work space of one column */
  double *value; /* likewise */
} lp_solver;

static bool is_over(void *user) {
  const lp_solver *solver = user;
  return foreign_thread_over(solver->state->thread);
}

static void load_rows(lp_solver *solver) {
  const lp_state *s = solver->state;
  solver->problem = glp_create_prob();
  glp_set_obj_dir(solver->problem, GLP_MIN);
  glp_add_rows(solver->problem, (int)s->row_count);
  for (uint32_t i = 0; i < s->row_count; i++)
    glp_set_row_bnds(solver->problem, (int)i + 1, glpk_bound_type(s->row_lower[i], s->row_upper[i]),
                     (double)s->row_lower[i], (double)s->row_upper[i]);
  solver->row = glp_alloc((int)s->row_count + 1, sizeof *solver->row);
  solver->value = glp_alloc((int)s->row_count + 1, sizeof *solver->value);
}

static void load_column(lp_solver *solver, uint32_t pending, int column) {
  const lp_state *s = solver->state;
  int length = 0;
  for (size_t e = s->entry_start[pending]; e < s->entry_start[pending + 1]; e++) {
    length++;
    assert((uint32_t)length <= s->row_count);
    solver->row[length] = (int)s->entry_row[e] + 1;
    solver->value[length] = (double)s->entry_value[e];
  }
  glp_set_mat_col(solver->problem, column, length, solver->row, solver->value);
  glp_set_obj_coef(solver->problem, column, (double)s->cost[pending]);
  glp_set_col_bnds(solver->problem, column, glpk_bound_type(0, s->upper[pending]), 0.0,
                   (double)s->upper[pending]);
}

static void load_pending(lp_solver *solver) {
  lp_state *s = solver->state;
  if (s->pending_count == 0)
    return;
  int first = glp_add_cols(solver->problem, (int)s->pending_count);
  for (uint32_t j = 0; j < s->pending_count; j++)
    load_column(solver, j, first + (int)j);
  assert((uint32_t)glp_get_num_cols(solver->problem) == s->column_count);
  s->pending_count = 0;
  s->pending_entry_count = 0;
}

static void choose_settings(const lp_state *s, glp_smcp *settings) {
  double left = 1e3 * (s->deadline - search_clock_now());
  glp_init_smcp(settings);
  settings->meth = GLP_PRIMAL;
  settings->msg_lev = GLP_MSG_ALL;
  settings->out_frq = 5; /* milliseconds between two chances to stop */
  settings->tm_lim = left < 1.0 ? 1 : left > 1e9 ? INT_MAX : (int)left;
  if (s->work_limit > 0 && s->work_limit < INT_MAX)
    settings->it_lim = (int)s->work_limit;
}

static void take_optimum(lp_state *s, glp_prob *problem) {
  assert(s->column_count > 0);
  s->result.outcome = LP_OPTIMAL;
  s->result.objective = glp_get_obj_val(problem);
  for (uint32_t j = 0; j < s->column_count; j++)
    s->values[j] = glp_get_col_prim(problem, (int)j + 1);
  for (uint32_t i = 0; i < s->row_count; i++)
    s->duals[i] = glp_get_row_dual(problem, (int)i + 1);
}

/* A basis that fails numerically is dropped once for a fresh one. */
static int run_simplex(lp_solver *solver) {
  glp_smcp settings;
  choose_settings(solver->state, &settings);
  int code = glp_simplex(solver->problem, &settings);
  if (code == 0 || code == GLP_EITLIM || code == GLP_ETMLIM)
    return code;
  glp_adv_basis(solver->problem, 0);
  choose_settings(solver->state, &settings);
  return glp_simplex(solver->problem, &settings);
}

static void run(lp_solver *solver, bool first) {
  lp_state *s = solver->state;
  load_pending(solver);
  if (first) {
    glp_scale_prob(solver->problem, GLP_SF_AUTO);
    glp_adv_basis(solver->problem, 0);
  }
  assert(s->pending_count == 0);
  int before = glp_get_it_cnt(solver->problem), code = run_simplex(solver);
  s->result.work = (uint64_t)(glp_get_it_cnt(solver->problem) - before);
  int status = glp_get_status(solver->problem);
  if (code == GLP_EITLIM || code == GLP_ETMLIM)
    s->result.outcome = LP_STOPPED;
  else if (code == 0 && status == GLP_OPT)
    take_optimum(s, solver->problem);
  else if (code == 0 && status == GLP_NOFEAS)
    s->result.outcome = LP_INFEASIBLE;
  else if (code == 0 && status == GLP_UNBND)
    s->result.outcome = LP_UNBOUNDED;
  s->alive = s->result.outcome != LP_FAILED;
}

static void solve(lp_state *s) {
  bool first = s->solver == NULL;
  lp_solver *solver = first ? calloc(1, sizeof *solver) : s->solver;
  if (solver == NULL)
    return;
  s->solver = solver;
  solver->state = s;
  if (first && !glpk_trap_init(&solver->trap, is_over, solver, MIP_MEGABYTES))
    return;
  if (setjmp(solver->trap.jump) == 0) {
    if (first)
      load_rows(solver);
    run(solver, first);
  } else if (solver->trap.stopped) {
    s->result.outcome = LP_STOPPED;
  }
}

static void end(lp_state *s) {
  glpk_trap_end();
  free(s->solver);
}

const lp_backend lp_glpk = {"GLPK", solve, end};
