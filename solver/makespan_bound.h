/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file makespan_bound.h
 * What no schedule can beat in the worst case.
 */
#ifndef BERTH_SOLVER_MAKESPAN_BOUND_H
#define BERTH_SOLVER_MAKESPAN_BOUND_H

#include "exact_ladder.h"

/** Seconds that every plan with the values @p value on the levels before makespan takes in the
 * worst case. @p final has values of its own, without stop-overs. @p bounds: what is proved of
 * them.
 *  @p memory for work. @return -1: out of memory. */
int64_t makespan_bound(const placement *final, const int64_t *value, const ladder_bounds *bounds,
                       arena *memory);

#endif
