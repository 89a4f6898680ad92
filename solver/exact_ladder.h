/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exact_ladder.h
 * Level by level to the optimum of a part of the problem by integer programs.
 */
#ifndef BERTH_SOLVER_EXACT_LADDER_H
#define BERTH_SOLVER_EXACT_LADDER_H

#include "placement.h"
#include "search_clock.h"

/** Proved lower bounds by level, each given the values of the levels before it. */
typedef struct ladder_bounds {
  int64_t value[BERTH_LEVEL_COUNT];
  const char *proof[BERTH_LEVEL_COUNT]; /* static string; how the bound was found */
  bool counts_stop_overs; /* that of migrations: fewer VMs than migrations have to move */
} ladder_bounds;

/** True if no level of the ladder is above its bound: nothing is left to gain. */
bool ladder_bounds_met(const problem *p, const int64_t *value, const ladder_bounds *bounds);

/** Forgets what is proved no more once the values went from @p before to @p now: the bounds behind
 * a level that is above what they assumed. Bounds hold for all plans with at most the values before
 * them. */
void ladder_bounds_revise(const problem *p, const int64_t *before, const int64_t *now,
                          ladder_bounds *bounds);

/**
 * Improves @p s as far as its items on @p free_hosts ([host], 1 = free) allow, one integer program
 * a level, fixing the levels before.
 * @param bounds what is known; raised if all hosts are free (@p whole), revised as values change.
 * @param milliseconds for all levels together, counted in simplex iterations at a fixed price each:
 *        a busy machine takes longer and finds the same. Time on the wall ends it by @p clock only.
 * @param[in,out] programs counts integer programs solved.
 * @return false: out of memory (@p s is then as good as before).
 */
bool exact_ladder(placement *s, const uint8_t *free_hosts, bool whole, ladder_bounds *bounds,
                  search_clock *clock, int64_t milliseconds, uint64_t *programs);

#endif
