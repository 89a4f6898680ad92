/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GLPK behind mip.h. GLPK aborts on errors, prints, and hears of time limits only between
 * simplex calls; so every attempt runs under a trap: its error hook and its terminal hook jump back
 * here, and freeing the thread's GLPK environment then frees whatever the attempt owned. Incumbents
 * are copied out at the moment they are found, so a jump loses nothing.
 *
 * Run times on placement models are bimodal, and no set of options wins everywhere: two settings
 * take turns with growing time slices. Cover cuts stay off: GLPK's are not thread-safe.
 */
#include "checked.h"
#include "common_divisor.h"
#include "mip.h"
#include <assert.h>
#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct attempt {
  const mip_model *model;
  const mip_limits *limits;
  int64_t *best; /* [column] incumbent, shared by all attempts */
  bool has_best;
  int64_t best_cost;
  int64_t bound;   /* best proved bound so far */
  int64_t gcd;     /* of all costs: every objective is a multiple */
  double deadline; /* of this attempt, seconds */
  bool cutoff;     /* rows ask for something better than the incumbent */
  bool start_offered;
  bool finished;      /* the attempt ended by itself, not by a limit */
  int64_t *candidate; /* [column] work space */
  double *offer;      /* [column + 1] likewise, from 1 as GLPK counts */
  jmp_buf trap;
} attempt;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static bool must_stop(const attempt *a) {
  return now() > a->deadline || (a->limits->stop != NULL && a->limits->stop(a->limits->stop_user));
}

/* Called by GLPK for every line it would print, inside an LP too: the only way to interrupt one. */
static int on_terminal(void *user, const char *text) {
  attempt *a = user;
  (void)text;
  if (must_stop(a))
    longjmp(a->trap, 1);
  return 1;
}

static void on_error(void *user) {
  attempt *a = user;
  longjmp(a->trap, 1);
}

static int64_t round_up(int64_t value, int64_t step) {
  assert(step >= 0);
  if (step <= 1)
    return value;
  int64_t rest = value % step;
  return rest == 0 ? value : value - rest + (value > 0 ? step : 0);
}

/* A floating bound becomes an integer one only with a margin for GLPK's tolerances. */
static void raise_bound(attempt *a, double bound) {
  if (!(bound > -9e15 && bound < 9e15))
    return;
  double safe = ceil(bound - 1e-5 * fmax(1.0, fabs(bound) * 1e-3));
  int64_t integer = round_up((int64_t)safe, a->gcd);
  if (a->has_best && integer > a->best_cost)
    integer = a->best_cost;
  if (integer > a->bound)
    a->bound = integer;
}

static void take_incumbent(attempt *a, glp_prob *problem) {
  for (uint32_t j = 0; j < a->model->column_count; j++)
    a->candidate[j] = llround(glp_mip_col_val(problem, (int)j + 1));
  int64_t cost;
  if (!mip_check(a->model, a->candidate, &cost) || (a->has_best && cost >= a->best_cost))
    return;
  memcpy(a->best, a->candidate, a->model->column_count * sizeof *a->best);
  assert(cost >= a->limits->known_bound);
  a->best_cost = cost;
  a->has_best = true;
}

/* The buffer belongs to the attempt: GLPK reports what it makes of the offer, and so may jump out.
 */
static void offer_start(attempt *a, glp_tree *tree) {
  a->start_offered = true;
  for (uint32_t j = 0; j < a->model->column_count; j++)
    a->offer[j + 1] = (double)a->best[j];
  glp_ios_heur_sol(tree, a->offer);
}

static void on_node(glp_tree *tree, void *user) {
  attempt *a = user;
  int best_node = glp_ios_best_node(tree);
  if (best_node != 0 && !a->cutoff)
    raise_bound(a, glp_ios_node_bound(tree, best_node));
  if (glp_ios_reason(tree) == GLP_IBINGO)
    take_incumbent(a, glp_ios_get_prob(tree));
  if (glp_ios_reason(tree) == GLP_IHEUR && !a->start_offered && a->has_best && !a->cutoff)
    offer_start(a, tree);
  if (must_stop(a) || (a->has_best && a->best_cost <= a->bound))
    glp_ios_terminate(tree);
}

static int bound_type(int64_t lower, int64_t upper) {
  if (lower == MIP_FREE && upper == MIP_FREE)
    return GLP_FR;
  if (lower == MIP_FREE)
    return GLP_UP;
  if (upper == MIP_FREE)
    return GLP_LO;
  return lower == upper ? GLP_FX : GLP_DB;
}

static void load_entries(const attempt *a, glp_prob *problem) {
  const mip_model *model = a->model;
  size_t extra = a->cutoff ? model->column_count : 0, count = 0;
  size_t room = model->entry_count + extra + 1;
  int *row = glp_alloc((int)room, sizeof *row), *column = glp_alloc((int)room, sizeof *column);
  double *value = glp_alloc((int)room, sizeof *value);
  for (size_t e = 0; e < model->entry_count; e++) {
    if (model->entry_value[e] == 0)
      continue;
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
  glp_load_matrix(problem, (int)count, row, column, value);
  glp_free(row);
  glp_free(column);
  glp_free(value);
}

static glp_prob *load_model(const attempt *a) {
  const mip_model *model = a->model;
  assert(!a->cutoff || a->has_best);
  glp_prob *problem = glp_create_prob();
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
                     (double)(a->best_cost - (a->gcd > 0 ? a->gcd : 1)));
  load_entries(a, problem);
  return problem;
}

static void choose_settings(glp_iocp *settings, attempt *a, bool presolve) {
  glp_init_iocp(settings);
  settings->msg_lev = GLP_MSG_ALL;
  settings->out_frq = 1;
  settings->br_tech = GLP_BR_PCH;
  settings->bt_tech = GLP_BT_BPH;
  settings->cb_func = on_node;
  settings->cb_info = a;
  settings->presolve = presolve ? GLP_ON : GLP_OFF;
  if (!presolve) {
    settings->gmi_cuts = GLP_ON;
    settings->mir_cuts = GLP_ON;
    settings->clq_cuts = GLP_ON;
  }
}

/* The root relaxation, needed first when the integer presolver is off. False: no use to go on. */
static bool solve_relaxation(attempt *a, glp_prob *problem, bool *infeasible) {
  glp_smcp simplex;
  glp_init_smcp(&simplex);
  simplex.msg_lev = GLP_MSG_ALL;
  simplex.out_frq = 50;
  glp_scale_prob(problem, GLP_SF_AUTO);
  glp_adv_basis(problem, 0);
  if (glp_simplex(problem, &simplex) != 0)
    return false;
  int status = glp_get_status(problem);
  *infeasible = status == GLP_NOFEAS;
  if (status == GLP_OPT && !a->cutoff)
    raise_bound(a, glp_get_obj_val(problem));
  return status == GLP_OPT;
}

/* Whether a finished run is a proof: only if what GLPK says agrees with the exact check. */
static bool is_exhausted(attempt *a, glp_prob *problem, int code) {
  a->finished = code != GLP_ESTOP && code != GLP_ETMLIM;
  bool none = code == GLP_ENOPFS || (code == 0 && glp_mip_status(problem) == GLP_NOFEAS);
  if (none)
    return a->cutoff || !a->has_best;
  if (code != 0 || glp_mip_status(problem) != GLP_OPT)
    return false;
  take_incumbent(a, problem);
  return a->has_best && a->best_cost <= llround(glp_mip_obj_val(problem));
}

/* One run of one setting. True: the search space is exhausted, the incumbent (or its absence) is
 * final. */
static bool run_attempt(attempt *a, bool presolve) {
  volatile bool exhausted = false;
  glp_term_hook(on_terminal, a);
  glp_error_hook(on_error, a);
  a->cutoff = presolve && a->has_best;
  a->start_offered = false;
  a->finished = false;
  if (setjmp(a->trap) == 0) {
    glp_prob *problem = load_model(a);
    bool infeasible = false;
    bool go_on = presolve || solve_relaxation(a, problem, &infeasible);
    exhausted = infeasible && !a->has_best;
    if (go_on) {
      glp_iocp settings;
      choose_settings(&settings, a, presolve);
      exhausted = is_exhausted(a, problem, glp_intopt(problem, &settings));
    }
  }
  glp_free_env();
  return exhausted;
}

static int64_t cost_divisor(const mip_model *model) {
  int64_t gcd = 0;
  for (uint32_t j = 0; j < model->column_count; j++)
    gcd = common_divisor(gcd, model->cost[j]);
  return gcd;
}

static bool adopt_start(attempt *a) {
  int64_t cost;
  if (a->limits->start == NULL || !mip_check(a->model, a->limits->start, &cost))
    return false;
  memcpy(a->best, a->limits->start, a->model->column_count * sizeof *a->best);
  a->best_cost = cost;
  a->has_best = true;
  return true;
}

static bool take_turns(attempt *a) {
  double end = now() + 1e-3 * (double)a->limits->milliseconds, slice = 0.1;
  bool presolve = false, exhausted = false, finished_before = false;
  for (int turn = 0; !exhausted && now() < end; turn++) {
    a->deadline = fmin(end, now() + slice);
    exhausted = run_attempt(a, presolve);
    if (a->has_best && a->best_cost <= a->bound)
      break;
    if (a->limits->stop != NULL && a->limits->stop(a->limits->stop_user))
      break;
    if (a->finished && finished_before)
      break; /* both settings are through, and what they say does not hold exactly */
    finished_before = a->finished;
    if (presolve)
      slice *= 3;
    presolve = !presolve;
  }
  return exhausted;
}

/* GLPK prunes what is better by less than 1e-7 of the objective: where that is a step of the
 * objective or more, an exhausted search leaves a gap. */
static int64_t blur(const attempt *a) {
  int64_t cost = a->best_cost < 0 ? -a->best_cost : a->best_cost, width = cost / 4000000;
  return width < (a->gcd > 0 ? a->gcd : 1) ? 0 : width;
}

mip_result mip_solve(const mip_model *model, const mip_limits *limits, int64_t *values) {
  assert(limits->milliseconds > 0);
  attempt a = {.model = model,
               .limits = limits,
               .best = values,
               .bound = limits->known_bound,
               .gcd = cost_divisor(model)};
  a.candidate = calloc(model->column_count > 0 ? model->column_count : 1, sizeof *a.candidate);
  a.offer = calloc((size_t)model->column_count + 1, sizeof *a.offer);
  if (a.candidate == NULL || a.offer == NULL || model->column_count == 0) {
    free(a.candidate);
    free(a.offer);
    return (mip_result){.outcome = MIP_UNKNOWN, .objective = 0, .bound = limits->known_bound};
  }
  bool exhausted = (adopt_start(&a) && a.best_cost <= a.bound) || take_turns(&a);
  free(a.candidate);
  free(a.offer);
  if (exhausted && !a.has_best)
    return (mip_result){.outcome = MIP_INFEASIBLE, .objective = 0, .bound = a.bound};
  if (!a.has_best)
    return (mip_result){.outcome = MIP_UNKNOWN, .objective = 0, .bound = a.bound};
  if (exhausted)
    a.bound = larger_i64(a.bound, a.best_cost - blur(&a));
  if (a.best_cost <= a.bound)
    return (mip_result){.outcome = MIP_OPTIMAL, .objective = a.best_cost, .bound = a.best_cost};
  return (mip_result){.outcome = MIP_FEASIBLE, .objective = a.best_cost, .bound = a.bound};
}

const char *mip_backend(void) {
  return "GLPK";
}
