/* SPDX-License-Identifier: Apache-2.0 */
/* soak_replans PLANS RUNS FIRST-SEED FAIL-PERCENT FINISH-PERCENT: random plans, each carried out in
 * part that many times, with steps that fail, and the rest planned again from where that led. */
#include "execution_replan.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool parse_number(const char *text, int64_t *out) {
  char *end = NULL;
  *out = strtoll(text, &end, 10);
  return end != text && *end == 0 && *out >= 0;
}

int main(int argc, char **argv) {
  replan_series series = {.plans = 0};
  replan_tally tally = {0};
  int64_t first = 0;
  if (argc != 6 || !parse_number(argv[1], &series.plans) || !parse_number(argv[2], &series.runs) ||
      !parse_number(argv[3], &first) || !parse_number(argv[4], &series.fail_percent) ||
      !parse_number(argv[5], &series.finish_percent)) {
    (void)fprintf(stderr, "usage: %s PLANS RUNS FIRST-SEED FAIL-PERCENT FINISH-PERCENT\n", argv[0]);
    return 64;
  }
  series.first = (uint64_t)first;
  replan_series_run(&series, &tally);
  (void)printf("%" PRId64 " plans, %" PRId64 " steps started, %" PRId64 " failed, %" PRId64
               " blocked; planned again %" PRId64 " times: %" PRId64
               " ends worth the same, %" PRId64 " more, %" PRId64
               " less though nothing failed; %" PRId64 " wrong\n",
               tally.plans, tally.started, tally.failed_steps, tally.blocked, tally.replanned,
               tally.same, tally.better, tally.worse, tally.wrong);
  return tally.wrong == 0 && tally.worse == 0 ? 0 : 1;
}
