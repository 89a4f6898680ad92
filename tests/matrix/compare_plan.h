/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compare_plan.h
 * One random cluster through the solver, the checker and the brute force: do they agree?
 */
#ifndef BERTH_TESTS_COMPARE_PLAN_H
#define BERTH_TESTS_COMPARE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/** What a series of comparisons came to. */
typedef struct compare_tally {
  uint64_t agreed, disagreed;
  uint64_t states;                                     /* looked at by the brute force */
  uint64_t unplaced, woken, migrated, stepped, broken; /* cases in which the optimum has some */
} compare_tally;

/** Compares the case of @p seed. A disagreement is printed on standard error and the cluster
 * written to mismatch-SEED.xml in the working directory. @return true if all agree. */
bool compare_seed(uint64_t seed, compare_tally *tally);

/** compare_seed() for @p count seeds from @p first on. */
void compare_seeds(uint64_t first, uint64_t count, compare_tally *tally);

#endif
