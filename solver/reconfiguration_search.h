/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reconfiguration_search.h
 * The lexicographic optimum over everything that can be *reached*, for small problems: needed where
 * the best end state cannot be reached by moving each VM once.
 */
#ifndef BERTH_SOLVER_RECONFIGURATION_SEARCH_H
#define BERTH_SOLVER_RECONFIGURATION_SEARCH_H

#include "exact_ladder.h"
#include "sequence.h"

typedef enum reconfiguration_result {
  RECONFIGURATION_OPTIMAL = 0, /* best of all that can be reached: proved */
  RECONFIGURATION_FOUND,       /* something, not proved best */
  RECONFIGURATION_NONE,        /* too large to try */
  RECONFIGURATION_OUT_OF_MEMORY
} reconfiguration_result;

/**
 * @param bounds proved bounds; a state that meets them all ends the search.
 * @param[out] best end state; its values are those of the path, stop-overs included.
 * @param[out] order the migrations to it.
 */
reconfiguration_result reconfiguration_search(const problem *p, const ladder_bounds *bounds,
                                              search_clock *clock, arena *memory, placement *best,
                                              sequence *order);

#endif
