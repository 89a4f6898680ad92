/* SPDX-License-Identifier: Apache-2.0 */
/* soak_brute_force COUNT FIRST-SEED [loads] [scaled] [contents] [numa]: as many random clusters as
 * there is time for; of the goals consolidate and rebalance, with quantities of many digits, or
 * with NUMA nodes. */
#include "compare_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, uint64_t *out) {
  char *end = NULL;
  *out = strtoull(text, &end, 10);
  return end != text && *end == 0;
}

static bool parse(int argc, char **argv, compare_series *series) {
  if (argc < 3 || !parse_number(argv[1], &series->count) || !parse_number(argv[2], &series->first))
    return false;
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "loads") == 0)
      series->family |= RANDOM_LOADS;
    else if (strcmp(argv[i], "numa") == 0)
      series->family |= RANDOM_WITH_NODES;
    else if (strcmp(argv[i], "scaled") == 0)
      series->scaled = true;
    else if (strcmp(argv[i], "contents") == 0)
      series->contents = true;
    else
      return false;
  }
  return true;
}

int main(int argc, char **argv) {
  compare_tally tally = {0};
  compare_series series = {.family = RANDOM_REQUESTS};
  if (!parse(argc, argv, &series)) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED [loads] [scaled] [contents] [numa]\n",
                  argv[0]);
    return 64;
  }
  compare_seeds(&series, &tally);
  (void)printf("%" PRIu64 " agree (%" PRIu64 " open), %" PRIu64 " disagree, %" PRIu64
               " skipped; %" PRIu64 " states; optimum has: unplaced %" PRIu64 ", woken %" PRIu64
               ", migrations %" PRIu64 " (stepping stones %" PRIu64 "), broken %" PRIu64
               ", powered down %" PRIu64 ", overloaded %" PRIu64 "\n",
               tally.agreed, tally.open, tally.disagreed, tally.skipped, tally.states,
               tally.unplaced, tally.woken, tally.migrated, tally.stepped, tally.broken,
               tally.asleep, tally.loaded);
  return tally.disagreed == 0 ? 0 : 1;
}
