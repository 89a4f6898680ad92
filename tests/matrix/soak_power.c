/* SPDX-License-Identifier: Apache-2.0 */
/* soak_power COUNT FIRST-SEED: as many random clusters as there is time for. */
#include "power_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  power_tally tally = {0};
  if (argc != 3) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED\n", argv[0]);
    return 64;
  }
  const uint64_t count = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
  for (uint64_t seed = first; seed < first + count; seed++)
    power_truth_compare(seed, &tally);
  (void)printf(
      "%" PRIu64 " clusters, %" PRIu64 " skipped, %" PRIu64 " disagree; proved %" PRIu64
      ", as few as there are %" PRIu64 "; hosts sleep in %" PRIu64 ", are woken in %" PRIu64
      "; admission control binds in %" PRIu64 ", failures in %" PRIu64
      ", cannot be kept in %" PRIu64 "; a way back from %" PRIu64 "\n",
      tally.clusters, tally.skipped, tally.disagreed, tally.proved, tally.exact, tally.slept,
      tally.woken, tally.by_admission, tally.by_failures, tally.not_survived, tally.ways_back);
  return tally.disagreed == 0 ? 0 : 1;
}
