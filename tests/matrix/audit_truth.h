/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_truth.h
 * What an audit should say of one failure set, by looking at every state there is.
 */
#ifndef BERTH_TESTS_AUDIT_TRUTH_H
#define BERTH_TESTS_AUDIT_TRUTH_H

#include "random_cluster.h"

#include <berth/audit.h>

/** How the series went. */
typedef struct audit_tally_of_truth {
  uint64_t sets, skipped, disagreed;
  uint64_t verdict[BERTH_AUDIT_VERDICT_COUNT];
  uint64_t alone;      /* sets that HA alone makes good */
  uint64_t alone_more; /* sizes at which it makes good more than a plan within all rules */
} audit_tally_of_truth;

/** Audits the random cluster of @p seed, failures of up to @p failures units, and compares every
 *  set and every VM. What differs is printed on standard error. */
void audit_truth_compare(uint64_t seed, random_family family, bool scaled, uint32_t failures,
                         audit_tally_of_truth *tally);

#endif
