/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compare_plan.h
 * One random cluster through the solver, the checker and the brute force: do they agree?
 */
#ifndef BERTH_TESTS_COMPARE_PLAN_H
#define BERTH_TESTS_COMPARE_PLAN_H

#include "random_cluster.h"

#include <stdbool.h>
#include <stdint.h>

/** What a series of comparisons came to. */
typedef struct compare_tally {
  uint64_t agreed, disagreed;
  uint64_t open;    /* of those that agree: some level is not decided, and says so (scaled and
                       contents only) */
  uint64_t skipped; /* of a goal that is not solved for */
  uint64_t states;  /* looked at by the brute force */
  uint64_t unplaced, woken, migrated, stepped, broken; /* cases in which the optimum has some */
  uint64_t asleep, loaded;                             /* some power-downs, some overload */
} compare_tally;

/** Which cases. */
typedef struct compare_series {
  uint64_t first, count; /* seeds */
  random_family family;
  bool scaled;
  bool contents; /* no program over classes: bounds and plans from host contents alone */
} compare_series;

/** Compares the cases of the series. A disagreement is printed on standard error and the cluster
 *  written to mismatch-SEED.xml in the working directory; so is why a case was skipped, once. */
void compare_seeds(const compare_series *series, compare_tally *tally);

#endif
