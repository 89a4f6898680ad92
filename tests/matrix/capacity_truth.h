/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_truth.h
 * How many VMs of a mix fit, by looking at every state there is.
 */
#ifndef BERTH_TESTS_CAPACITY_TRUTH_H
#define BERTH_TESTS_CAPACITY_TRUTH_H

#include "random_cluster.h"

#include <berth/capacity.h>

/** How the series went. */
typedef struct capacity_tally {
  uint64_t clusters, skipped, disagreed;
  uint64_t figures, decided; /* compared; of those with one number */
  uint64_t gained;           /* clusters in which migrations make room for more */
  uint64_t held;             /* clusters that survive a failure with mixes added */
} capacity_tally;

/** Asks for the capacity of the random cluster of @p seed for a random mix, with up to three
 *  migrations and @p failures failures, and compares. What differs is printed on standard error. */
void capacity_truth_compare(uint64_t seed, random_family family, bool scaled, uint32_t failures,
                            capacity_tally *tally);

#endif
