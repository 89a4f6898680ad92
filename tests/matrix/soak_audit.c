/* SPDX-License-Identifier: Apache-2.0 */
/* soak_audit COUNT FIRST-SEED FAILURES: as many random clusters as there is time for. */
#include "audit_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  audit_tally_of_truth tally = {0};
  const bool nodes = argc == 5 && strcmp(argv[4], "numa") == 0;
  if (argc != 4 && !nodes) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED FAILURES [numa]\n", argv[0]);
    return 64;
  }
  const uint64_t count = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
  const uint32_t failures = (uint32_t)strtoull(argv[3], NULL, 10);
  for (uint64_t seed = first; seed < first + count; seed++)
    audit_truth_compare(seed,
                        (random_family)((seed % 2 == 0 ? RANDOM_REQUESTS : RANDOM_LOADS) +
                                        (nodes ? RANDOM_WITH_NODES : 0)),
                        seed % 7 == 0, failures, &tally);
  (void)printf("%" PRIu64 " sets, %" PRIu64 " skipped, %" PRIu64 " disagree; truth:", tally.sets,
               tally.skipped, tally.disagreed);
  for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    (void)printf(" %s %" PRIu64, berth_audit_verdict_word((berth_audit_verdict)v),
                 tally.verdict[v]);
  (void)printf("; HA alone %" PRIu64 ", more than within all rules at %" PRIu64 " sizes\n",
               tally.alone, tally.alone_more);
  return tally.disagreed == 0 ? 0 : 1;
}
