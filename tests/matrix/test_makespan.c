/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiny clusters where time matters: no bound of the makespan is above what can be done, and no plan
 * is quicker than that.
 */
#include "compare_makespan.h"

#include <criterion/criterion.h>

static void agree(const makespan_series *series, makespan_tally *tally) {
  compare_makespans(series, tally);
  cr_assert_eq(tally->false_bounds, 0, "%llu bounds are false",
               (unsigned long long)tally->false_bounds);
  cr_assert_eq(tally->beaten, 0, "%llu plans are too quick", (unsigned long long)tally->beaten);
  cr_assert_eq(tally->failed, 0);
  cr_assert_lt(tally->too_large, series->count / 20);
}

Test(makespan, first_share) {
  makespan_tally tally = {0};
  agree(&(makespan_series){.first = 1, .count = 1200}, &tally);
  /* the cases are not dull */
  cr_assert_gt(tally.compared, 600);
  cr_assert_gt(tally.with_migrations, 300);
  cr_assert_gt(tally.with_both, 150);
  cr_assert_gt(tally.with_wakes, 80);
  cr_assert_gt(tally.with_stop_overs, 5);
  cr_assert_gt(tally.proved, 200);
}

Test(makespan, second_share) {
  makespan_tally tally = {0};
  agree(&(makespan_series){.first = 1201, .count = 1200}, &tally);
  cr_assert_gt(tally.compared, 600);
}

/* Where levels before makespan are not proved, the bound speaks of plans with these values. */
Test(makespan, open_levels) {
  makespan_tally tally = {0};
  agree(&(makespan_series){.first = 1, .count = 300, .open = true}, &tally);
  cr_assert_gt(tally.compared, 150);
}
