/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pattern_branching.h
 * Branch and price: the level of a plan to its optimum where contents decide it, however many
 * contents cost nothing at the best prices.
 */
#ifndef BERTH_SOLVER_PATTERN_BRANCHING_H
#define BERTH_SOLVER_PATTERN_BRANCHING_H

#include "content_model.h"
#include "search_clock.h"

/**
 * Improves @p s on ladder[@p index], the levels before it kept, and raises @p bound of that level
 * (proved for the values of @p s before it). Rules between VMs are checked on what is found only,
 * so that with such rules a gap may stay.
 * @param nodes of the tree to solve at most.
 * @return false: out of memory.
 */
bool pattern_branching(placement *s, const content_model *model, uint32_t index, int64_t *bound,
                       search_clock *clock, double end, uint32_t nodes);

#endif
