/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compare_makespan.h
 * One random cluster through the solver; then what its plan says of the makespan is held against
 * the truth.
 */
#ifndef BERTH_TESTS_COMPARE_MAKESPAN_H
#define BERTH_TESTS_COMPARE_MAKESPAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** What a series of comparisons came to. */
typedef struct makespan_tally {
  uint64_t failed;       /* no plan, or what the checker does not accept */
  uint64_t too_large;    /* the search for the truth gave up */
  uint64_t dull;         /* nothing takes any time */
  uint64_t false_bounds; /* the truth is below the bound */
  uint64_t beaten;       /* the plan is quicker than the truth allows */
  uint64_t compared;     /* of these: */
  uint64_t proved;       /* value = bound */
  uint64_t unproved;     /* value = truth > bound */
  uint64_t slow;         /* value > truth */
  uint64_t with_migrations, with_starts, with_both, with_wakes, with_stop_overs;
  uint32_t *value_gaps, *bound_gaps; /* how many have so many per cent more than the truth, or than
                                        the bound; [MAKESPAN_GAPS] */
} makespan_tally;

enum { MAKESPAN_GAPS = 1001 }; /* the last one: so much or more */

/** Which cases. */
typedef struct makespan_series {
  uint64_t first, count; /* seeds */
  bool open; /* without programs over classes: levels before makespan may stay unproved */
  bool tell; /* of each plan that is slower than need be or unproved, a line on standard output */
} makespan_series;

/** Compares the cases of the series. What is wrong is printed on standard error and the cluster
 *  written to makespan-SEED.xml in the working directory. */
void compare_makespans(const makespan_series *series, makespan_tally *tally);

/** @return the gap in per cent that @p per_cent of the cases do not exceed. */
uint32_t makespan_gap_at(const uint32_t *gaps, uint32_t per_cent);

#endif
