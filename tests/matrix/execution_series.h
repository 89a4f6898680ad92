/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file execution_series.h
 * Random plans under random executions: no moment of any may break anything, whatever the guests do
 * and however late steps start. And the proof that this is not for want of looking: with one
 * precedence edge taken out of a plan, whatever the simulation finds the checker must have found
 * too.
 */
#ifndef BERTH_TESTS_EXECUTION_SERIES_H
#define BERTH_TESTS_EXECUTION_SERIES_H

#include <berth/simulation.h>

typedef struct execution_series {
  int64_t plans, runs;
  uint64_t first; /* seed */
  bool weaken;    /* take an edge out of each plan that has one */
  bool nodes;     /* tiny clusters of hosts with NUMA nodes only */
} execution_series;

typedef struct execution_tally {
  int64_t plans, runs, steps, notified;
  int64_t enumerated;     /* plans all of whose extremes were run */
  uint64_t breaches;      /* of whole plans: there are none */
  int64_t weakened;       /* plans less an edge, of which ... */
  int64_t broken, caught; /* ... the simulation breaks, the checker refuses, */
  int64_t only, missed;   /* ... only the one does, only the other */
  int64_t failed;         /* that could not be planned or simulated */
} execution_tally;

/** Runs the series; what goes wrong is told on standard error. */
void execution_series_run(const execution_series *series, execution_tally *tally);

#endif
