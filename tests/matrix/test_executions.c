/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of the executions that soak_executions makes many more of, and plans that go on from
 * where an execution came to. */
#include "execution_replan.h"
#include "execution_series.h"

#include <criterion/criterion.h>

Test(executions, no_moment_of_any_breaks_anything) {
  execution_series series = {.plans = 60, .runs = 600, .first = 1};
  execution_tally tally = {0};
  execution_series_run(&series, &tally);
  cr_assert_eq(tally.failed, 0);
  cr_assert_eq(tally.plans, 60);
  cr_assert_eq(tally.breaches, 0);
  cr_assert_gt(tally.enumerated, 0);
}

Test(executions, a_missing_edge_is_found_out) {
  execution_series series = {.plans = 40, .runs = 300, .first = 1000, .weaken = true};
  execution_tally tally = {0};
  execution_series_run(&series, &tally);
  cr_assert_eq(tally.failed, 0);
  cr_assert_gt(tally.broken, 0, "no plan of %lld was broken", (long long)tally.weakened);
  cr_assert_eq(tally.only, 0);
}

Test(executions, nodes_hold_at_every_moment) {
  execution_series series = {.plans = 150, .runs = 100, .first = 1, .weaken = true, .nodes = true};
  execution_tally tally = {0};
  execution_series_run(&series, &tally);
  cr_assert_eq(tally.failed, 0);
  cr_assert_eq(tally.breaches, 0);
  cr_assert_eq(tally.only, 0);
  cr_assert_gt(tally.broken, 0);
}

Test(replanning, the_rest_of_a_plan_ends_as_well_as_the_plan) {
  replan_series series = {.plans = 200, .runs = 1, .first = 1, .finish_percent = 20};
  replan_tally tally = {0};
  replan_series_run(&series, &tally);
  cr_assert_eq(tally.wrong, 0);
  cr_assert_eq(tally.worse, 0);
  cr_assert_gt(tally.same, 0);
}

Test(replanning, failures_leave_a_state_to_plan_from) {
  replan_series series = {
      .plans = 100, .runs = 3, .first = 5000, .fail_percent = 30, .finish_percent = 50};
  replan_tally tally = {0};
  replan_series_run(&series, &tally);
  cr_assert_eq(tally.wrong, 0);
  cr_assert_gt(tally.failed_steps, 0);
  cr_assert_gt(tally.blocked, 0);
}
