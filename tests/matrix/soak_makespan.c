/* SPDX-License-Identifier: Apache-2.0 */
/* soak_makespan COUNT FIRST-SEED [open] [tell]: as many random clusters as there is time for. */
#include "compare_makespan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, uint64_t *out) {
  char *end = NULL;
  *out = strtoull(text, &end, 10);
  return end != text && *end == 0;
}

static bool parse(int argc, char **argv, makespan_series *series) {
  if (argc < 3 || !parse_number(argv[1], &series->count) || !parse_number(argv[2], &series->first))
    return false;
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "open") == 0)
      series->open = true;
    else if (strcmp(argv[i], "tell") == 0)
      series->tell = true;
    else
      return false;
  }
  return true;
}

static void print_gaps(const char *name, const uint32_t *gaps) {
  (void)printf("; %s: median %" PRIu32 " %%, 95th %" PRIu32 " %%", name, makespan_gap_at(gaps, 50),
               makespan_gap_at(gaps, 95));
}

int main(int argc, char **argv) {
  uint32_t value_gaps[MAKESPAN_GAPS] = {0}, bound_gaps[MAKESPAN_GAPS] = {0};
  makespan_tally tally = {.value_gaps = value_gaps, .bound_gaps = bound_gaps};
  makespan_series series = {.count = 0};
  if (!parse(argc, argv, &series)) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED [open] [tell]\n", argv[0]);
    return 64;
  }
  compare_makespans(&series, &tally);
  (void)printf("%" PRIu64 " false bounds, %" PRIu64 " plans too quick, %" PRIu64 " failed; %" PRIu64
               " compared (%" PRIu64 " too large, %" PRIu64 " take no time): %" PRIu64
               " proved, %" PRIu64 " least but unproved, %" PRIu64 " slow; with migrations %" PRIu64
               ", starts %" PRIu64 ", both %" PRIu64 ", wakes %" PRIu64 ", stop-overs %" PRIu64,
               tally.false_bounds, tally.beaten, tally.failed, tally.compared, tally.too_large,
               tally.dull, tally.proved, tally.unproved, tally.slow, tally.with_migrations,
               tally.with_starts, tally.with_both, tally.with_wakes, tally.with_stop_overs);
  print_gaps("value over truth", value_gaps);
  print_gaps("value over bound", bound_gaps);
  (void)printf("\n");
  return tally.false_bounds + tally.beaten + tally.failed == 0 ? 0 : 1;
}
