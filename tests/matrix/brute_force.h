/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file brute_force.h
 * The true optimum of every level before makespan, by looking at every state there is.
 */
#ifndef BERTH_TESTS_BRUTE_FORCE_H
#define BERTH_TESTS_BRUTE_FORCE_H

#include <berth/plan.h>

typedef struct brute_force_result {
  uint32_t level_count; /* of the goal's ladder, makespan left out */
  berth_level levels[BERTH_LEVEL_COUNT];
  int64_t values[BERTH_LEVEL_COUNT]; /* one for each of `levels`, in order */
  uint64_t states;                   /* looked at */
} brute_force_result;

/**
 * Searches @p inventory (effective: after its scenario), cluster by cluster.
 * @param state_limit give up beyond this many states of one cluster.
 * @return false: it gave up, or the inventory is larger than tiny_model.h allows.
 */
bool brute_force_solve(const berth_inventory *inventory, berth_goal goal,
                       const berth_plan_settings *settings, uint64_t state_limit,
                       brute_force_result *out);

#endif
