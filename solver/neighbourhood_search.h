/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file neighbourhood_search.h
 * Large neighbourhood search by integer programs over a few hosts at a time (P. Shaw 1998).
 */
#ifndef BERTH_SOLVER_NEIGHBOURHOOD_SEARCH_H
#define BERTH_SOLVER_NEIGHBOURHOOD_SEARCH_H

#include "exact_ladder.h"

/** Improves @p s until it meets @p bounds, the clock ends, or many rounds in a row gained nothing.
 *  As many rounds as the clock's worker has wide a loop are searched at once; what comes out
 * depends on @p seed and that width, not on who does it how fast.
 *  @param[in,out] programs counts integer programs. false = out of memory; @p s is then as good as
 *  before. */
bool neighbourhood_search(placement *s, const ladder_bounds *bounds, search_clock *clock,
                          uint64_t seed, uint64_t *programs);

#endif
