/* SPDX-License-Identifier: Apache-2.0 */
/* soak_capacity COUNT FIRST-SEED [FAILURES [numa]]: as many random clusters as there is time for.
 */
#include "capacity_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  capacity_tally tally = {0};
  if (argc < 3 || argc > 5) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED [FAILURES [numa]]\n", argv[0]);
    return 64;
  }
  const uint64_t count = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
  const uint32_t failures = argc >= 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 2;
  for (uint64_t seed = first; seed < first + count; seed++)
    capacity_truth_compare(seed,
                           (random_family)((seed % 2 == 0 ? RANDOM_REQUESTS : RANDOM_LOADS) +
                                           (argc == 5 ? RANDOM_WITH_NODES : 0)),
                           seed % 7 == 0, failures, &tally);
  (void)printf("%" PRIu64 " clusters, %" PRIu64 " skipped, %" PRIu64 " figures, %" PRIu64
               " decided, %" PRIu64 " disagree; migrations help in %" PRIu64
               ", failures survived with mixes in %" PRIu64 "\n",
               tally.clusters, tally.skipped, tally.figures, tally.decided, tally.disagreed,
               tally.gained, tally.held);
  return tally.disagreed == 0 ? 0 : 1;
}
