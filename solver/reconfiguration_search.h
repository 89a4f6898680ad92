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
#include "serving.h"

typedef enum reconfiguration_result {
  RECONFIGURATION_OPTIMAL = 0, /* best of all that can be reached: proved */
  RECONFIGURATION_FOUND,       /* something better than the incumbent, not proved best */
  RECONFIGURATION_KEPT,        /* nothing is better than the incumbent: proved */
  RECONFIGURATION_NONE,        /* too large to try, or nothing better was found */
  RECONFIGURATION_OUT_OF_MEMORY
} reconfiguration_result;

/** What is asked for. */
typedef struct reconfiguration_task {
  const problem *problem;
  const ladder_bounds *bounds; /* proved; a state that meets them all ends the search */
  const int64_t *incumbent;    /* [level] values to beat, of a plan that is at hand */
  serving_choice *serving;     /* judges end states of a whole cluster; NULL = as the levels are */
  search_clock *clock;
} reconfiguration_task;

/** What is found, if it is better than the incumbent. */
typedef struct reconfiguration_plan {
  placement final; /* its values are those of the path, stop-overs included */
  sequence moves;
  uint8_t *serves; /* [host] on at the end; NULL unless it was judged */
} reconfiguration_plan;

/** Everything in @p plan lives in @p memory. */
reconfiguration_result reconfiguration_search(const reconfiguration_task *task, arena *memory,
                                              reconfiguration_plan *plan);

/** True if no more states can be reached than are searched, and few VMs are requested. */
bool reconfiguration_fits(const problem *p);

#endif
