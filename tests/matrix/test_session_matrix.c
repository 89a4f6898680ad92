/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions with random histories against a model of plain arrays that is frozen anew after every
 * change. soak_session runs the same for longer.
 */
#include "session_truth.h"

#include <criterion/criterion.h>

Test(session_matrix, histories_agree_with_inventories_built_anew) {
  session_tally tally = {0};
  for (uint64_t seed = 1; seed <= 120; seed++)
    session_truth_run(seed, 30, TRUTH_INVENTORY | TRUTH_BEST_HOSTS, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_gt(tally.refused, 100);
  cr_assert_gt(tally.rolled_back, 50);
  cr_assert_gt(tally.snapshots, 50);
  cr_assert_gt(tally.candidates, tally.questions / 4);
}

/* Rules in force hung on the numbers of VMs; hosts of a transaction taken back were still known. */
Test(session_matrix, histories_that_once_disagreed) {
  session_tally tally = {0};
  session_truth_run(5569, 30, TRUTH_INVENTORY, &tally);
  session_truth_run(5736, 30, TRUTH_INVENTORY, &tally);
  session_truth_run(1282, 30, TRUTH_INVENTORY | TRUTH_BEST_HOSTS, &tally);
  cr_assert_eq(tally.histories, 3);
  cr_assert_eq(tally.disagreed, 0);
}

Test(session_matrix, candidates_and_ledgers_agree_with_plans) {
  session_tally tally = {0};
  for (uint64_t seed = 1000; seed < 1080; seed++)
    session_truth_run(seed, 40, TRUTH_PLACE, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_gt(tally.placed, 50);
  cr_assert_gt(tally.unplaced, 20);
}

Test(session_matrix, drain_and_failure_agree_with_every_sequence_of_moves) {
  session_tally tally = {0};
  for (uint64_t seed = 2000; seed < 2080; seed++)
    session_truth_run(seed, 40, TRUTH_ANSWERS, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_eq(tally.open, 0, "nothing that is decided here is left open");
  for (int outcome = 0; outcome < 4; outcome += 2) {
    cr_assert_gt(tally.drains[outcome], 50);
    cr_assert_gt(tally.failures[outcome], 50);
  }
  cr_assert_lt(tally.skipped * 20, tally.searched);
}

Test(session_matrix, the_best_of_many_hosts_are_the_best) {
  session_tally tally = {0};
  for (uint64_t seed = 1; seed <= 3; seed++)
    session_scale_run(seed, 150, &tally);
  cr_assert_eq(tally.disagreed, 0);
  cr_assert_gt(tally.rolled_back, 3);
}

Test(session_matrix, what_is_written_is_read_as_the_same) {
  session_tally tally = {0};
  for (uint64_t seed = 4000; seed < 4060; seed++)
    session_truth_run(seed, 30, TRUTH_WRITTEN, &tally);
  cr_assert_eq(tally.disagreed, 0);
}

Test(session_matrix, what_is_added_is_what_a_scenario_adds) {
  for (uint64_t seed = 1; seed <= 400; seed++)
    cr_assert(session_like_scenario(seed));
}

Test(session_matrix, what_fails_for_want_of_memory_changes_nothing) {
  uint64_t failures = 0;
  for (uint64_t seed = 3000; seed < 3020; seed++)
    for (long allocations = 0; allocations < 30; allocations += 1 + allocations / 8)
      cr_assert(session_short_memory(seed, 12, allocations, &failures));
  cr_assert_gt(failures, 1000);
}
