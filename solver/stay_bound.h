/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stay_bound.h
 * Whether anything has to move at all: the problem with every running VM staying where it is.
 */
#ifndef BERTH_SOLVER_STAY_BOUND_H
#define BERTH_SOLVER_STAY_BOUND_H

#include "exact_ladder.h"

/**
 * Solves the problem without migrations, which is far smaller. Where its best plan is as good as
 * @p s on the levels before `migrations`, @p s becomes it; where none is, `migrations` is at
 * least 1.
 * @param milliseconds to take at most.
 * @param[in,out] programs counts integer programs solved.
 * @return false: out of memory.
 */
bool stay_bound(placement *s, ladder_bounds *bounds, search_clock *clock, int64_t milliseconds,
                uint64_t *programs);

#endif
