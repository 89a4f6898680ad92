/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_round.h
 * One round of a rolling maintenance: the plan that empties given hosts.
 */
#ifndef BERTH_SOLVER_ROLLING_ROUND_H
#define BERTH_SOLVER_ROLLING_ROUND_H

#include "rolling_state.h"
#include <berth/solve.h>

/** What one round needs to know. */
typedef struct rolling_round_task {
  const berth_inventory *source; /* as read */
  const rolling_state *state;
  const berth_options *options; /* of each solve */
  const uint32_t *hosts;        /* to be emptied */
  uint32_t host_count;
  uint8_t *failed; /* [cluster] out: 1 = some of its hosts could not be emptied */
} rolling_round_task;

/**
 * Finds the plan.
 * @param[out] out owned by the caller; NULL if none was found that empties all hosts.
 * @return BERTH_OK; what berth_solve() returns.
 */
berth_status rolling_round_plan(berth_context *ctx, const rolling_round_task *task,
                                berth_plan **out);

/** Migrations of @p plan. */
uint32_t rolling_round_moves(const berth_plan *plan);

#endif
