/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management of random clusters against every state that migrations reach and every set of
 * hosts that could be on in it. soak_power runs the same for longer.
 */
#include "power_truth.h"

#include <criterion/criterion.h>

Test(power_matrix, agrees_with_brute_force) {
  power_tally tally = {0};
  for (uint64_t seed = 1; seed <= 1000; seed++)
    power_truth_compare(seed, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_lt(tally.skipped * 20, tally.clusters);
  cr_assert_gt(tally.proved * 20, tally.clusters * 19);
  cr_assert_gt(tally.exact * 100, tally.clusters * 99);
  cr_assert_gt(tally.slept, 0);
  cr_assert_gt(tally.woken, 0);
  cr_assert_gt(tally.by_admission, 0);
  cr_assert_gt(tally.by_failures, 0);
  cr_assert_gt(tally.not_survived, 0);
  cr_assert_gt(tally.ways_back, 0);
}
