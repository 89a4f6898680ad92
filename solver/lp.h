/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lp.h
 * The seam to a linear programming solver, made for column generation: a session keeps a model and
 * its basis, columns are added, and it is solved again from where it stood.
 *
 * Values and duals are floating point: hints only, nothing may be decided by them. What is to be
 * proved with a dual is rounded to integers by the caller first and then computed exactly.
 *
 * Thread rule: any number of sessions at once, on any threads, and mip_solve() in between; one
 * session is used by one thread at a time. Behind the seam each session has a thread of its own, so
 * neither the caller's solver objects nor other sessions are touched. The stop function is called
 * on the thread that called, never on that one.
 */
#ifndef BERTH_SOLVER_LP_H
#define BERTH_SOLVER_LP_H

#include "mip.h"

/** minimise cost·x, row_lower ≤ A·x ≤ row_upper, 0 ≤ x ≤ upper, x continuous. Copied. */
typedef struct lp_model {
  uint32_t column_count, row_count;     /* columns may be 0, rows not */
  const int64_t *upper;                 /* [column] at least 0; MIP_FREE = none */
  const int64_t *cost;                  /* [column] */
  const int64_t *row_lower, *row_upper; /* [row]; MIP_FREE = none */
  size_t entry_count;
  const uint32_t *entry_row, *entry_column; /* each pair at most once */
  const int64_t *entry_value;
} lp_model;

/** Columns to add; entry_column counts from 0 within these. Copied. */
typedef struct lp_columns {
  uint32_t count;
  const int64_t *upper, *cost; /* as in lp_model */
  size_t entry_count;
  const uint32_t *entry_row, *entry_column;
  const int64_t *entry_value;
} lp_columns;

typedef enum lp_outcome {
  LP_OPTIMAL = 0, /* values and duals are those of an optimal basis, within tolerances */
  LP_INFEASIBLE,  /* the solver says so: a hint as well */
  LP_UNBOUNDED,   /* likewise */
  LP_STOPPED,     /* a limit; the session lives unless it was the stop function */
  LP_FAILED       /* the session is dead: it can only be closed */
} lp_outcome;

typedef struct lp_limits {
  int64_t milliseconds;   /* wall clock, at least 1 */
  uint64_t work;          /* simplex iterations of this call; 0 = no limit */
  mip_stop_function stop; /* may be NULL */
  void *stop_user;
} lp_limits;

typedef struct lp_result {
  lp_outcome outcome;
  double objective; /* if optimal */
  uint64_t work;    /* simplex iterations of this call */
} lp_result;

typedef struct lp_session lp_session;

/** Starts a session. NULL: out of memory, no thread, or a number beyond ±2^53. */
lp_session *lp_session_open(const lp_model *model);
/** Adds columns behind those there are. False: the session is dead (or a number beyond ±2^53). */
bool lp_session_add_columns(lp_session *session, const lp_columns *columns);
/** Solves by the primal simplex method, from the last basis if there is one. @p values: [all
 *  columns so far], @p duals: [row], either may be NULL; written if the outcome is LP_OPTIMAL. A
 *  dual is the change of the objective for one more unit of the row: reduced cost of column j =
 *  cost[j] − Σ dual[i]·A[i][j], at least 0 at the optimum for a column at 0. */
lp_result lp_session_solve(lp_session *session, const lp_limits *limits, double *values,
                           double *duals);
/** NULL is harmless. Does not wait for a solver that does not answer. */
void lp_session_close(lp_session *session);

/** One model, one answer: open, solve, close. */
lp_result lp_solve(const lp_model *model, const lp_limits *limits, double *values, double *duals);

#endif
