/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity of random clusters against every placement, every migration and every failure.
 * soak_capacity runs the same for longer.
 */
#include "capacity_truth.h"

#include <criterion/criterion.h>

static void compare(uint64_t first, uint64_t count, random_family family, uint32_t failures) {
  capacity_tally tally = {0};
  for (uint64_t seed = first; seed < first + count; seed++)
    capacity_truth_compare(seed, family, seed % 7 == 0, failures, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_lt(tally.skipped * 10, tally.clusters);
  cr_assert_gt(tally.decided * 100, tally.figures * 95);
  cr_assert_gt(tally.gained, 0);
  cr_assert_gt(tally.held, 0);
}

Test(capacity_matrix, requests_agree_with_brute_force) {
  compare(1, 120, RANDOM_REQUESTS, 2);
}

Test(capacity_matrix, loads_agree_with_brute_force) {
  compare(1000, 120, RANDOM_LOADS, 2);
}
