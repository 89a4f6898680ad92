/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file solve.h
 * From an inventory, a scenario and a goal to a proved plan.
 */
#ifndef BERTH_SOLVE_H
#define BERTH_SOLVE_H

#include <berth/option.h>
#include <berth/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is asked. Initialise with BERTH_REQUEST_INIT. */
typedef struct berth_request {
  uint32_t struct_size;
  bool infer_goal;                /**< take berth_goal_infer() of the effective inventory */
  berth_goal goal;                /**< unless inferred */
  const berth_scenario *scenario; /**< borrowed; NULL = the inventory as it is */
  const berth_options *options;   /**< borrowed; NULL = defaults */
} berth_request;

#define BERTH_REQUEST_INIT {.struct_size = sizeof(berth_request), .infer_goal = true}

/** Figures of one solve, for benchmarks and logs. Seconds are wall-clock. Initialise with
 *  BERTH_SOLVE_STATISTICS_INIT. */
typedef struct berth_solve_statistics {
  uint32_t struct_size;
  double apply_seconds, presolve_seconds, search_seconds, sequence_seconds, explain_seconds,
      check_seconds;
  uint64_t integer_programs; /**< integer programs solved */
} berth_solve_statistics;

#define BERTH_SOLVE_STATISTICS_INIT {.struct_size = sizeof(berth_solve_statistics)}

/**
 * Solves. The plan has passed berth_verify() before it is returned; a plan that does not pass is
 * a BERTH_E_INTERNAL with its first fault as detail, never a result.
 * Deterministic: same inventory, request and berth version, same plan, where no integer program was
 * needed (every level met its cheap bound) or none of their time slices ran out. Slices are wall
 * clock: on a loaded machine another plan may come back, with the same values on proved levels.
 * Cancelling through the progress callback ends the search with the best plan so far.
 * @param ctx one thread; worker threads are started and joined within the call.
 * @param[out] statistics may be NULL.
 * @param[out] out owned by the caller; berth_plan_free().
 * @return BERTH_OK; BERTH_E_INVALID or BERTH_E_NOT_FOUND (the scenario); BERTH_E_UNSUPPORTED (a
 *         goal this version does not solve); BERTH_E_ARGUMENT (struct_size); BERTH_E_NOMEM;
 *         BERTH_E_INTERNAL.
 */
BERTH_EXPORT berth_status berth_solve(berth_context *ctx, const berth_inventory *inventory,
                                      const berth_request *request,
                                      berth_solve_statistics *statistics, berth_plan **out);

#ifdef __cplusplus
}
#endif
#endif
