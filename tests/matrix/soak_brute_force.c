/* SPDX-License-Identifier: Apache-2.0 */
/* soak_brute_force COUNT FIRST-SEED: as many random clusters as there is time for. */
#include "compare_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool parse_number(const char *text, uint64_t *out) {
  char *end = NULL;
  *out = strtoull(text, &end, 10);
  return end != text && *end == 0;
}

int main(int argc, char **argv) {
  compare_tally tally = {0};
  uint64_t count = 0, first = 0;
  if (argc != 3 || !parse_number(argv[1], &count) || !parse_number(argv[2], &first)) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED\n", argv[0]);
    return 64;
  }
  compare_seeds(first, count, &tally);
  (void)printf("%" PRIu64 " agree, %" PRIu64 " disagree; %" PRIu64
               " states; optimum has: unplaced %" PRIu64 ", woken %" PRIu64 ", migrations %" PRIu64
               " (stepping stones %" PRIu64 "), broken %" PRIu64 "\n",
               tally.agreed, tally.disagreed, tally.states, tally.unplaced, tally.woken,
               tally.migrated, tally.stepped, tally.broken);
  return tally.disagreed == 0 ? 0 : 1;
}
