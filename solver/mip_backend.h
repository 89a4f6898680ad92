/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mip_backend.h
 * What stands behind mip.h: a search, in memory of its own, and the solver that works on it, on a
 * thread of its own. A back-end reports what it finds through the functions here, which believe
 * nothing that they can check.
 */
#ifndef BERTH_SOLVER_MIP_BACKEND_H
#define BERTH_SOLVER_MIP_BACKEND_H

#include "foreign_thread.h"
#include "mip.h"

/** Megabytes a solver may take where it can be told. */
enum { MIP_MEGABYTES = 2048 };

typedef struct mip_search {
  mip_model model;     /* a copy; entries sorted by row, none 0 */
  double deadline;     /* by search_clock_now() */
  uint64_t work_limit; /* 0 = none */
  int64_t known_bound;
  int64_t step; /* gcd of all costs, at least 1: every objective is a multiple */
  double most;  /* that one column can add to the objective: tolerances grow with it */
  uint32_t megabytes;
  foreign_thread *thread;
  /* Below foreign_thread_lock(): what is known so far. */
  bool has_best, infeasible;
  bool distrusted; /* it was caught at a false bound */
  int64_t *best;   /* [column] */
  int64_t best_cost, bound;
  uint64_t work;
  /* Work space of the functions below. */
  int64_t *candidate; /* [column] */
  mip_wide *activity; /* [row] */
} mip_search;

typedef struct mip_backend {
  const char *name;
  /** Searches until it is through or mip_search_over(). On the search's thread. */
  void (*run)(mip_search *search);
} mip_backend;

extern const mip_backend mip_glpk;
extern const mip_backend mip_highs; /* if the build has it */

/** mip_solve() with a given back-end. */
mip_result mip_solve_with(const mip_backend *backend, const mip_model *model,
                          const mip_limits *limits, int64_t *values);

/** True if floating point holds the number exactly. */
static inline bool mip_is_exact(int64_t value) {
  return value >= -(INT64_C(1) << 53) && value <= INT64_C(1) << 53;
}

/** True once the search has to end: its time, its work, or it is decided. */
bool mip_search_over(mip_search *search);
/** Adds to the work done. */
void mip_search_worked(mip_search *search, uint64_t iterations);
/** Takes over a solution if, rounded, it satisfies the rows exactly and costs less. @p values:
 *  [column]. */
void mip_search_offer(mip_search *search, const double *values);
/** Takes over a lower bound, less a margin for the tolerances of floating point. */
void mip_search_raise_bound(mip_search *search, double bound);
/** The solver is through: nothing costs less than the incumbent, or there is no solution. */
void mip_search_exhausted(mip_search *search);

#endif
