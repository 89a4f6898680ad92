/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file execution_replan.h
 * Plans carried out by halves: random steps start and end, some fail, and from the state reached
 * the rest is planned again. The new plan must hold; where nothing failed it ends as well as the
 * first one did.
 */
#ifndef BERTH_TESTS_EXECUTION_REPLAN_H
#define BERTH_TESTS_EXECUTION_REPLAN_H

#include <stdint.h>

typedef struct replan_series {
  int64_t plans, runs;    /* executions of each plan */
  uint64_t first;         /* seed */
  int64_t fail_percent;   /* of the steps that were started */
  int64_t finish_percent; /* of the executions are carried through as far as they go */
} replan_series;

typedef struct replan_tally {
  int64_t plans, started, failed_steps, blocked;
  int64_t replanned, same, better; /* new plans; those whose end is worth the same, or more */
  int64_t worse;                   /* ... or less: there are none where nothing failed */
  int64_t wrong;                   /* whatever else must not be */
} replan_tally;

/** Runs the series; what goes wrong is told on standard error. */
void replan_series_run(const replan_series *series, replan_tally *tally);

#endif
