/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A solver is cancelled wherever it happens to be: at moments at random in programs that spend
 * their time in the relaxation, in cuts, in the tree. Latencies are printed; what is asserted
 * leaves room for a loaded machine.
 */
#include "hard_programs.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <criterion/criterion.h>
#include <stdio.h>

enum { ROUNDS = 12 };
static const double ROOM = 0.5;       /* seconds; 0.05 is what is wanted on an idle machine */
static const double WORST_ROOM = 5.0; /* once in a while a busy machine runs something else */

static int by_size(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

/* As the search does: the caller is asked every 20 ms at most. */
typedef struct wish {
  double at, asked;
} wish;

static bool wishes_to_stop(void *user) {
  wish *w = user;
  double now = search_clock_now();
  if (now < w->asked + 0.02)
    return false;
  w->asked = now;
  return now >= w->at;
}

static void measure(const char *name, hard_program *p) {
  double latency[ROUNDS];
  uint64_t state = 7;
  int64_t *values = calloc(p->model.column_count, sizeof *values);
  mip_wide *activity = calloc(p->model.row_count, sizeof *activity);
  for (int round = 0; round < ROUNDS; round++) {
    double delay = 1e-3 * (double)(5 + hard_random(&state) % (round % 2 == 0 ? 100 : 900));
    wish w = {.at = search_clock_now() + delay};
    mip_limits limits = {
        .milliseconds = 60000, .known_bound = -1000000, .stop = wishes_to_stop, .stop_user = &w};
    mip_result result = mip_solve_with(&BERTH_TEST_MIP, &p->model, &limits, values);
    latency[round] = search_clock_now() - w.at;
    cr_assert_lt(latency[round], WORST_ROOM, "%s: %g s", name, latency[round]);
    int64_t cost;
    if (result.outcome == MIP_FEASIBLE)
      cr_assert(mip_check(&p->model, values, activity, &cost) && cost == result.objective);
    if (result.outcome == MIP_OPTIMAL)
      latency[round] = 0; /* it was through before it was asked */
  }
  qsort(latency, ROUNDS, sizeof *latency, by_size);
  cr_assert_lt(latency[ROUNDS / 2], ROOM, "%s: %g s", name, latency[ROUNDS / 2]);
  (void)printf("%s %s: cancelled within %.0f ms (median), %.0f ms (worst)\n", BERTH_TEST_MIP.name,
               name, 1e3 * latency[ROUNDS / 2], 1e3 * latency[ROUNDS - 1]);
  free(values);
  free(activity);
  hard_free(p);
}

Test(mip_cancel, in_the_tree) {
  measure("market split", hard_market_split());
}

Test(mip_cancel, in_the_relaxation) {
  measure("covering", hard_covering());
}

Test(mip_cancel, in_the_cuts) {
  measure("packing", hard_packing());
}

static void keep_time(hard_program *p, int64_t milliseconds) {
  int64_t *values = calloc(p->model.column_count, sizeof *values);
  mip_limits limits = {.milliseconds = milliseconds, .known_bound = -1000000};
  double began = search_clock_now();
  (void)mip_solve_with(&BERTH_TEST_MIP, &p->model, &limits, values);
  double late = search_clock_now() - began - 1e-3 * (double)milliseconds;
  (void)printf("%s: %.0f ms late\n", BERTH_TEST_MIP.name, 1e3 * late);
  cr_assert_lt(late, WORST_ROOM);
  free(values);
  hard_free(p);
}

Test(mip_cancel, the_deadline_holds_without_a_stop_function) {
  keep_time(hard_market_split(), 150);
  keep_time(hard_covering(), 150);
  keep_time(hard_packing(), 300);
}
