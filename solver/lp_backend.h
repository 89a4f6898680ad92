/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lp_backend.h
 * What stands behind lp.h: the state of a session, in memory of its own, and the solver that works
 * on it, on the session's thread.
 */
#ifndef BERTH_SOLVER_LP_BACKEND_H
#define BERTH_SOLVER_LP_BACKEND_H

#include "foreign_thread.h"
#include "lp.h"

/** Rows as opened; columns since the last solve wait column by column until the solver takes them.
 */
typedef struct lp_state {
  const struct lp_backend *backend;
  uint32_t row_count, column_count; /* columns: with those that wait */
  int64_t *row_lower, *row_upper;   /* [row] */
  uint32_t pending_count;
  size_t pending_entry_count;
  int64_t *upper, *cost;  /* [pending] */
  size_t *entry_start;    /* [pending + 1] */
  uint32_t *entry_row;    /* [pending entry] */
  int64_t *entry_value;   /* [pending entry] */
  double *values, *duals; /* [column], [row]: of the last optimum */
  double deadline;        /* of the call, by search_clock_now() */
  uint64_t work_limit;    /* of the call; 0 = none */
  lp_result result;       /* of the call */
  bool alive;             /* solve() may be called again */
  foreign_thread *thread; /* of the call, to ask for its end */
  void *solver;           /* the back-end's own; NULL before the first call */
} lp_state;

/** All on the session's thread. */
typedef struct lp_backend {
  const char *name;
  /** Takes the columns that wait, solves, writes result, alive, and at an optimum values and duals.
   *  Both are preset: LP_FAILED and false. */
  void (*solve)(lp_state *state);
  /** Gives back what the solver owns; it is called once, whether solve() was or not. */
  void (*end)(lp_state *state);
} lp_backend;

extern const lp_backend lp_glpk;
extern const lp_backend lp_highs; /* if the build has it */

/** lp_session_open() with a given back-end. */
lp_session *lp_session_open_with(const lp_backend *backend, const lp_model *model);

#endif
