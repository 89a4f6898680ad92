/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mip.h
 * The seam to an integer programming solver: one call that builds, solves, copies out and forgets.
 * Nothing behind it survives the call; nothing before it knows which solver answers.
 *
 * All data are integers. A solution is handed back only after it has satisfied every row exactly,
 * in integer arithmetic. Thread rule: any number of threads at once.
 */
#ifndef BERTH_SOLVER_MIP_H
#define BERTH_SOLVER_MIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** No bound on this side of a row. */
#define MIP_FREE INT64_MAX

/** A sum over a row, of any model that fits in memory. */
__extension__ typedef __int128 mip_wide;

/** minimise cost·x, row_lower ≤ A·x ≤ row_upper, lower ≤ x ≤ upper, x integer. */
typedef struct mip_model {
  uint32_t column_count, row_count;
  const int64_t *lower, *upper, *cost;  /* [column]; bounds are finite */
  const int64_t *row_lower, *row_upper; /* [row]; MIP_FREE = none */
  size_t entry_count;
  const uint32_t *entry_row, *entry_column; /* each pair at most once */
  const int64_t *entry_value;
} mip_model;

typedef enum mip_outcome {
  MIP_OPTIMAL = 0, /* values are a solution, bound == objective */
  MIP_FEASIBLE,    /* values are a solution, bound <= objective */
  MIP_INFEASIBLE,  /* proved: no solution */
  MIP_UNKNOWN      /* no solution found within the limits; bound holds */
} mip_outcome;

/** Returns true to stop the search soon. */
typedef bool (*mip_stop_function)(void *user);

typedef struct mip_limits {
  int64_t milliseconds;   /* wall clock, at least 1 */
  uint64_t work;          /* simplex iterations, summed; 0 = no limit. With it slices are counted in
                             work too: same bytes on a loaded machine, unless the clock runs out */
  int64_t known_bound;    /* no solution costs less; the search ends when one costs this */
  const int64_t *start;   /* [column] a feasible solution, or NULL */
  mip_stop_function stop; /* may be NULL */
  void *stop_user;
  uint32_t megabytes; /* the solver may take, where it can be told; 0 = 2048 */
} mip_limits;

typedef struct mip_result {
  mip_outcome outcome;
  int64_t objective; /* of values, if there are any */
  int64_t bound;     /* proved lower bound of the optimum */
  uint64_t work;     /* simplex iterations spent */
} mip_result;

/**
 * Solves. @p values: [column], written if the outcome is MIP_OPTIMAL or MIP_FEASIBLE. A back-end
 * that fails, aborts, hangs or runs out of memory costs nothing but the answer: MIP_UNKNOWN (or the
 * start). The same for a model with a number beyond ±2^53, which floating point may not hold.
 *
 * Comes back within 20 ms after its time or after the stop function has said so, which is asked
 * every few milliseconds, on the calling thread. The solver works on a thread of its own; one that
 * does not come back in time is left behind and frees what it holds when it does.
 */
mip_result mip_solve(const mip_model *model, const mip_limits *limits, int64_t *values);

/** True if @p values satisfy every bound and row exactly; then *objective is their cost.
 *  @p activity: [row] work space. */
bool mip_check(const mip_model *model, const int64_t *values, mip_wide *activity,
               int64_t *objective);

/** Name of the back-end that mip_solve() and lp_solve() use. Static. */
const char *mip_backend_name(void);

#endif
