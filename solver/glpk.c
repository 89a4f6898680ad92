/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GLPK: the only file that knows it. It stands behind lp.h and mip.h.
 *
 * GLPK aborts on errors, prints, and hears of limits only where it asks for the time. On a thread
 * of its own its error hook and its terminal hook jump back to a trap; freeing the thread's
 * environment then frees whatever GLPK held there.
 *
 * Linear programs: primal simplex, which stays feasible when columns are added, from an advanced
 * basis first and from the last one afterwards. One problem object a session, in the environment of
 * the session's thread; an error or a stop jumps out of GLPK and costs the session.
 *
 * Integer programs: incumbents are handed over at the moment they are found, so a jump loses
 * nothing. Run times on placement models are bimodal, and no set of options wins everywhere: two
 * settings take turns with growing slices, of time, or of work where work is limited. Cover cuts
 * stay off: GLPK's are not thread-safe.
 */
#include "lp_backend.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <assert.h>
#include <glpk.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

/* ---------------------------------------------------------------------- the trap */

/* if (trap_init(&trap, ...) && setjmp(trap.jump) == 0) { ... glp_...() ... } trap_end(); */
typedef struct glpk_trap {
  jmp_buf jump;
  bool (*over)(void *user); /* asked whenever GLPK would print */
  void *user;
  bool stopped; /* the jump was because of over(), not of an error */
} glpk_trap;

/* Called for every line GLPK would print, inside an LP too. Returning 1 keeps the line silent. */
static int on_terminal(void *user, const char *text) {
  glpk_trap *trap = user;
  (void)text;
  if (trap->over(trap->user)) {
    trap->stopped = true;
    longjmp(trap->jump, 1);
  }
  return 1;
}

static void on_error(void *user) {
  glpk_trap *trap = user;
  longjmp(trap->jump, 1);
}

/* Without its environment GLPK would abort: hence the explicit start, which can fail. */
static bool trap_init(glpk_trap *trap, bool (*over)(void *user), void *user, uint32_t megabytes) {
  assert(over != NULL && megabytes > 0);
  trap->over = over;
  trap->user = user;
  trap->stopped = false;
  if (glp_init_env() > 1)
    return false;
  glp_term_hook(on_terminal, trap);
  glp_error_hook(on_error, trap);
  glp_mem_limit((int)megabytes);
  return true;
}

static void trap_end(void) {
  glp_free_env();
}

static int bound_type(int64_t lower, int64_t upper) {
  assert(lower == MIP_FREE || upper == MIP_FREE || lower <= upper);
  if (lower == MIP_FREE && upper == MIP_FREE)
    return GLP_FR;
  if (lower == MIP_FREE)
    return GLP_UP;
  if (upper == MIP_FREE)
    return GLP_LO;
  return lower == upper ? GLP_FX : GLP_DB;
}

/* ---------------------------------------------------------------------- linear programs */

typedef struct lp_solver {
  glpk_trap trap;
  lp_state *state;
  glp_prob *problem;
  int *row;      /* [row + 1] work space of one column */
  double *value; /* likewise */
} lp_solver;

static bool lp_is_over(void *user) {
  const lp_solver *solver = user;
  return foreign_thread_over(solver->state->thread);
}

static void load_rows(lp_solver *solver) {
  const lp_state *s = solver->state;
  solver->problem = glp_create_prob();
  glp_set_obj_dir(solver->problem, GLP_MIN);
  glp_add_rows(solver->problem, (int)s->row_count);
  for (uint32_t i = 0; i < s->row_count; i++)
    glp_set_row_bnds(solver->problem, (int)i + 1, bound_type(s->row_lower[i], s->row_upper[i]),
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
  glp_set_col_bnds(solver->problem, column, bound_type(0, s->upper[pending]), 0.0,
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

static void choose_simplex(const lp_state *s, glp_smcp *settings) {
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
  choose_simplex(solver->state, &settings);
  int code = glp_simplex(solver->problem, &settings);
  if (code == 0 || code == GLP_EITLIM || code == GLP_ETMLIM)
    return code;
  glp_adv_basis(solver->problem, 0);
  choose_simplex(solver->state, &settings);
  return glp_simplex(solver->problem, &settings);
}

static void run_lp(lp_solver *solver, bool first) {
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

static void solve_lp(lp_state *s) {
  bool first = s->solver == NULL;
  lp_solver *solver = first ? calloc(1, sizeof *solver) : s->solver;
  if (solver == NULL)
    return;
  s->solver = solver;
  solver->state = s;
  if (first && !trap_init(&solver->trap, lp_is_over, solver, MIP_MEGABYTES))
    return;
  if (setjmp(solver->trap.jump) == 0) {
    if (first)
      load_rows(solver);
    run_lp(solver, first);
  } else if (solver->trap.stopped) {
    s->result.outcome = LP_STOPPED;
  }
}

static void end_lp(lp_state *s) {
  trap_end();
  free(s->solver);
}

const lp_backend lp_glpk = {"GLPK", solve_lp, end_lp};

/* ---------------------------------------------------------------------- integer programs */

typedef struct attempt {
  mip_search *search;
  glpk_trap trap;
  glp_prob *problem;
  double deadline;     /* of this attempt */
  uint64_t work_end;   /* likewise, of search->work */
  int counted;         /* iterations of the attempt that search->work has */
  double root_seconds; /* the relaxation took, when it was last solved */
  uint64_t root_work;  /* likewise, iterations */
  bool root_is_too_hard;
  bool cutoff; /* rows ask for something better than the incumbent */
  bool start_offered;
  bool finished;  /* the attempt ended by itself, not by a limit */
  bool exhausted; /* and says that nothing better exists */
  double *offer;  /* [column + 1] work space, from 1 as GLPK counts */
} attempt;

static bool must_stop(void *user) {
  const attempt *a = user;
  return mip_search_over(a->search) || a->search->work >= a->work_end ||
         search_clock_now() > a->deadline;
}

/* GLPK counts the iterations of a problem object, from node to node. */
static void count_work(attempt *a, glp_prob *problem) {
  int total = glp_get_it_cnt(problem);
  assert(total >= 0 && a->counted >= 0);
  if (total > a->counted)
    mip_search_worked(a->search, (uint64_t)(total - a->counted));
  a->counted = total;
}

static void raise_bound(attempt *a, double bound) {
  if (!a->cutoff)
    mip_search_raise_bound(a->search, bound);
}

/* With the presolver on, the tree works on another problem; GLPK translates each solution back into
 * the one it was given before it calls on_node(). */
static void take_incumbent(attempt *a) {
  for (uint32_t j = 0; j < a->search->model.column_count; j++)
    a->offer[j] = glp_mip_col_val(a->problem, (int)j + 1);
  mip_search_offer(a->search, a->offer);
}

/* The buffer belongs to the attempt: GLPK reports what it makes of the offer, and so may jump out.
 */
static void offer_start(attempt *a, glp_tree *tree) {
  assert(!a->start_offered && a->search->has_best);
  a->start_offered = true;
  for (uint32_t j = 0; j < a->search->model.column_count; j++)
    a->offer[j + 1] = (double)a->search->best[j];
  glp_ios_heur_sol(tree, a->offer);
}

static void on_node(glp_tree *tree, void *user) {
  attempt *a = user;
  int best_node = glp_ios_best_node(tree);
  assert(a->problem != NULL);
  count_work(a, glp_ios_get_prob(tree));
  if (best_node != 0)
    raise_bound(a, glp_ios_node_bound(tree, best_node));
  if (glp_ios_reason(tree) == GLP_IBINGO)
    take_incumbent(a);
  if (glp_ios_reason(tree) == GLP_IHEUR && !a->start_offered && a->search->has_best &&
      a->problem == glp_ios_get_prob(tree))
    offer_start(a, tree);
  if (must_stop(a))
    glp_ios_terminate(tree);
}

static void load_entries(const attempt *a) {
  const mip_model *model = &a->search->model;
  size_t extra = a->cutoff ? model->column_count : 0, count = 0;
  size_t room = model->entry_count + extra + 1;
  int *row = glp_alloc((int)room, sizeof *row), *column = glp_alloc((int)room, sizeof *column);
  double *value = glp_alloc((int)room, sizeof *value);
  for (size_t e = 0; e < model->entry_count; e++) {
    assert(model->entry_value[e] != 0);
    count++;
    row[count] = (int)model->entry_row[e] + 1;
    column[count] = (int)model->entry_column[e] + 1;
    value[count] = (double)model->entry_value[e];
  }
  for (uint32_t j = 0; a->cutoff && j < model->column_count; j++) {
    if (model->cost[j] == 0)
      continue;
    count++;
    row[count] = (int)model->row_count + 1;
    column[count] = (int)j + 1;
    value[count] = (double)model->cost[j];
  }
  assert(count < room);
  glp_load_matrix(a->problem, (int)count, row, column, value);
  glp_free(row);
  glp_free(column);
  glp_free(value);
}

static void load_model(attempt *a) {
  const mip_model *model = &a->search->model;
  assert(!a->cutoff || a->search->has_best);
  glp_prob *problem = a->problem = glp_create_prob();
  glp_set_obj_dir(problem, GLP_MIN);
  glp_add_cols(problem, (int)model->column_count);
  for (uint32_t j = 0; j < model->column_count; j++) {
    glp_set_col_bnds(problem, (int)j + 1, bound_type(model->lower[j], model->upper[j]),
                     (double)model->lower[j], (double)model->upper[j]);
    glp_set_obj_coef(problem, (int)j + 1, (double)model->cost[j]);
    glp_set_col_kind(problem, (int)j + 1, GLP_IV);
  }
  if (model->row_count + a->cutoff > 0)
    glp_add_rows(problem, (int)model->row_count + a->cutoff);
  for (uint32_t i = 0; i < model->row_count; i++)
    glp_set_row_bnds(problem, (int)i + 1, bound_type(model->row_lower[i], model->row_upper[i]),
                     (double)model->row_lower[i], (double)model->row_upper[i]);
  if (a->cutoff)
    glp_set_row_bnds(problem, (int)model->row_count + 1, GLP_UP, 0.0,
                     (double)(a->search->best_cost - a->search->step));
  load_entries(a);
}

static int milliseconds_until(double time) {
  double left = 1e3 * (time - search_clock_now());
  return left < 1.0 ? 1 : left > 1e9 ? INT_MAX : (int)left;
}

static void choose_settings(glp_iocp *settings, attempt *a, bool presolve) {
  glp_init_iocp(settings);
  settings->msg_lev = GLP_MSG_ALL;
  settings->out_frq = 1;
  settings->br_tech = GLP_BR_PCH;
  settings->bt_tech = GLP_BT_BPH;
  settings->cb_func = on_node;
  settings->cb_info = a;
  settings->tm_lim = milliseconds_until(a->deadline);
  settings->presolve = presolve ? GLP_ON : GLP_OFF;
  if (!presolve) {
    settings->gmi_cuts = GLP_ON;
    settings->mir_cuts = GLP_ON;
    settings->clq_cuts = GLP_ON;
  }
}

/* The root relaxation, needed first when the integer presolver is off. It is given all the time and
 * work there is, since without it there is no tree to search. False: no use to go on. */
static bool solve_relaxation(attempt *a) {
  const mip_search *s = a->search;
  double began = search_clock_now();
  uint64_t before = s->work;
  glp_smcp simplex;
  glp_init_smcp(&simplex);
  simplex.msg_lev = GLP_MSG_ALL;
  simplex.out_frq = 5; /* milliseconds between two chances to stop */
  simplex.tm_lim = milliseconds_until(s->deadline);
  if (s->work_limit > 0 && s->work_limit - s->work < INT_MAX)
    simplex.it_lim = (int)(s->work_limit - s->work);
  glp_scale_prob(a->problem, GLP_SF_AUTO);
  glp_adv_basis(a->problem, 0);
  a->root_is_too_hard = true;
  int code = glp_simplex(a->problem, &simplex), status = glp_get_status(a->problem);
  count_work(a, a->problem);
  a->root_is_too_hard = code != 0;
  a->root_seconds = search_clock_now() - began;
  a->root_work = s->work - before;
  if (code == 0 && status == GLP_OPT)
    raise_bound(a, glp_get_obj_val(a->problem));
  a->finished = code == 0 && status != GLP_OPT;
  a->exhausted = a->finished && status == GLP_NOFEAS && !s->has_best;
  return code == 0 && status == GLP_OPT;
}

/* Whether a finished run is a proof: only if what GLPK says agrees with the exact check. */
static bool is_exhausted(attempt *a, int code) {
  a->finished = code != GLP_ESTOP && code != GLP_ETMLIM;
  int status = glp_mip_status(a->problem);
  if (code == GLP_ENOPFS || (code == 0 && status == GLP_NOFEAS))
    return a->cutoff || !a->search->has_best;
  if (code != 0 || status != GLP_OPT)
    return false;
  take_incumbent(a);
  return a->search->has_best && a->search->best_cost <= llround(glp_mip_obj_val(a->problem));
}

/* How long a tree is searched before it is the other setting's turn. */
typedef struct slice {
  double seconds;
  uint64_t work; /* 0 = no limit */
} slice;

/* A slice begins after the relaxation; the presolving setting solves that once more. */
static void search_tree(attempt *a, bool presolve, slice turn) {
  glp_iocp settings;
  assert(turn.seconds > 0);
  uint64_t again = presolve ? a->root_work + a->root_work / 2 : 0;
  a->deadline = fmin(a->search->deadline,
                     search_clock_now() + turn.seconds + (presolve ? 1.5 * a->root_seconds : 0));
  a->work_end = turn.work > 0 ? a->search->work + again + turn.work : UINT64_MAX;
  choose_settings(&settings, a, presolve);
  int code = glp_intopt(a->problem, &settings);
  count_work(a, a->problem);
  a->exhausted = is_exhausted(a, code);
}

/* One run of one setting. */
static void run_attempt(attempt *a, bool presolve, slice turn) {
  a->cutoff = presolve && a->search->has_best;
  a->start_offered = a->exhausted = false;
  a->counted = 0;
  a->deadline = a->search->deadline;
  a->work_end = UINT64_MAX;
  a->finished = true; /* if it fails */
  if (!trap_init(&a->trap, must_stop, a, a->search->megabytes))
    return;
  if (setjmp(a->trap.jump) == 0) {
    a->finished = false;
    load_model(a);
    if (presolve || solve_relaxation(a))
      search_tree(a, presolve, turn);
  } else {
    a->finished = !a->trap.stopped;
  }
  trap_end();
}

/* The first turns take this part of the work, or this time, the others three times the last. */
enum { FIRST_PART = 100, FIRST_WORK = 500 };
static const double FIRST_SECONDS = 0.1;

static void take_turns(attempt *a) {
  mip_search *s = a->search;
  uint64_t part = s->work_limit / FIRST_PART;
  slice turn = {.seconds = FIRST_SECONDS};
  if (s->work_limit > 0)
    turn = (slice){.seconds = INFINITY, .work = part > FIRST_WORK ? part : FIRST_WORK};
  bool presolve = false, finished_before = false;
  while (!mip_search_over(s)) {
    run_attempt(a, presolve, turn);
    if (a->exhausted)
      mip_search_exhausted(s);
    /* Both settings are through, and what they say does not hold exactly, or they failed. */
    if (a->exhausted || a->root_is_too_hard || (a->finished && finished_before))
      return;
    finished_before = a->finished;
    if (presolve) {
      turn.seconds *= 3;
      turn.work *= 3;
    }
    presolve = !presolve;
  }
}

static void run_mip(mip_search *search) {
  attempt a = {.search = search};
  a.offer = calloc((size_t)search->model.column_count + 1, sizeof *a.offer);
  if (a.offer != NULL)
    take_turns(&a);
  free(a.offer);
}

const mip_backend mip_glpk = {"GLPK", run_mip};
