/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_truth.h
 * The answer of power management for tiny random clusters, by looking at every state that
 * migrations reach and every set of hosts that could be on in it. Written from docs/model.md §15;
 * it shares no code with the solver, and makes its clusters itself.
 */
#ifndef BERTH_TESTS_POWER_TRUTH_H
#define BERTH_TESTS_POWER_TRUTH_H

#include <stdint.h>

typedef struct power_tally {
  uint64_t clusters, skipped;
  uint64_t proved;                    /* the answer says that fewer hosts are too few */
  uint64_t exact;                     /* and it is so, or is so though it was not proved */
  uint64_t slept, woken;              /* clusters in which hosts sleep, are woken */
  uint64_t by_admission, by_failures; /* in which admission control, or failures, keep hosts on */
  uint64_t not_survived;              /* in which all stay on, as failures are not survived */
  uint64_t ways_back;
  uint64_t disagreed;
} power_tally;

/** One cluster. What disagrees is told on standard error. */
void power_truth_compare(uint64_t seed, power_tally *tally);

#endif
