/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pattern_search.h
 * Level by level to the optimum by host contents: bounds by column generation, plans and proofs by
 * integer programs over the contents that can matter.
 */
#ifndef BERTH_SOLVER_PATTERN_SEARCH_H
#define BERTH_SOLVER_PATTERN_SEARCH_H

#include "column_generation.h"
#include "exact_ladder.h"

/** A bound with the prices that prove it (docs/model.md §9), for the hosts of one component. */
typedef struct pattern_proof {
  const content_model *model;
  berth_level level;
  int64_t bound;
  int64_t scale;
  uint32_t spare;        /* hosts that may fail beside */
  const int64_t *weight; /* [class of the model] */
  int64_t assumed[BERTH_LEVEL_COUNT];
} pattern_proof;

/** The proofs of a component. */
typedef struct pattern_proofs {
  uint32_t count;
  pattern_proof list[BERTH_LEVEL_COUNT];
  pattern_proof
      spare; /* of hosts.on if any settings.keep_failures hosts may fail; bound 0 = none */
} pattern_proofs;

/** With more classes only gaps are filled; a model of rounded sizes is asked for the bounds. */
enum { PATTERN_SEARCH_CLASSES = 200 };

/**
 * Improves @p s and raises @p bounds, one level after the other. Rules between VMs are left to the
 * check of what is found, so that with such rules a gap may stay.
 * @param milliseconds for all levels together.
 * @param[in,out] programs counts integer programs solved.
 * @return false: out of memory.
 */
bool pattern_search(placement *s, const content_model *model, ladder_bounds *bounds,
                    pattern_proofs *proofs, search_clock *clock, int64_t milliseconds,
                    uint64_t *programs);

#endif
