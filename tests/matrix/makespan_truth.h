/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file makespan_truth.h
 * The least time in which anything with a plan's values on the levels before makespan could be
 * done, by looking at every end state, every way there and every order of the steps.
 */
#ifndef BERTH_TESTS_MAKESPAN_TRUTH_H
#define BERTH_TESTS_MAKESPAN_TRUTH_H

#include <berth/plan.h>

typedef struct makespan_truth {
  bool found;         /* something takes at most the value of the plan's level makespan */
  int64_t seconds;    /* the least, if found */
  uint64_t schedules; /* sets of steps that were ordered */
  uint64_t nodes;     /* starts of steps tried, states looked at */
} makespan_truth;

/**
 * All waits run out, each step starts when it can: as if the guests' times were known beforehand.
 * So no safe plan takes less in the worst case, but the safe ones may all take more.
 * @param plan one of a goal whose ladder ends with makespan.
 * @param node_limit give up beyond that much work.
 * @return false: it gave up, or the inventory is larger than tiny_model.h allows.
 */
bool makespan_truth_find(const berth_plan *plan, uint64_t node_limit, makespan_truth *out);

#endif
