/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Audits of random clusters against every placement and every migration, for every failure set of
 * hosts and of domains. soak_audit runs the same for longer.
 */
#include "audit_truth.h"

#include <criterion/criterion.h>

static void compare(uint64_t first, uint64_t count, random_family family, uint32_t failures) {
  audit_tally_of_truth tally = {0};
  for (uint64_t seed = first; seed < first + count; seed++)
    audit_truth_compare(seed, family, seed % 7 == 0, failures, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_lt(tally.skipped * 10, tally.sets);
  for (int v = 0; v < BERTH_AUDIT_UNDECIDED; v++)
    cr_assert_gt(tally.verdict[v], 0, "no set of verdict %d", v);
  cr_assert_gt(tally.verdict[BERTH_AUDIT_LOST], 0);
  cr_assert_gt(tally.alone_more, 0);
}

Test(audit_matrix, requests_agree_with_brute_force) {
  compare(1, 150, RANDOM_REQUESTS, 2);
}

Test(audit_matrix, loads_agree_with_brute_force) {
  compare(1000, 400, RANDOM_LOADS, 3);
}

Test(audit_matrix, nodes_agree_with_brute_force) {
  compare(1, 150, RANDOM_WITH_NODES, 2);
}
