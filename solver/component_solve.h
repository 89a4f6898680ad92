/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file component_solve.h
 * One component from its initial state to an end state that can be reached, with bounds.
 */
#ifndef BERTH_SOLVER_COMPONENT_SOLVE_H
#define BERTH_SOLVER_COMPONENT_SOLVE_H

#include "pattern_search.h"
#include "sequence.h"

/** What is known of a component in the end. */
typedef struct component_answer {
  placement final; /* its values include stop-overs */
  sequence moves;
  ladder_bounds bounds;
  pattern_proofs proofs;
} component_answer;

/** Limits and tallies of a solve. */
typedef struct solve_effort {
  search_clock *clock;
  int64_t exact_limit; /* largest integer program, in columns, for the exact search */
  uint64_t seed;
  uint64_t programs;
  double search_seconds, sequence_seconds;
} solve_effort;

/** Solves @p p; everything in @p answer lives in @p memory. false = out of memory. */
bool component_solve(const problem *p, arena *memory, solve_effort *effort,
                     component_answer *answer);

#endif
