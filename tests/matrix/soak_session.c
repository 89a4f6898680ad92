/* SPDX-License-Identifier: Apache-2.0 */
/* soak_session COUNT FIRST-SEED [WHAT]: as many random histories as there is time for. */
#include "session_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  session_tally tally = {0};
  if (argc < 3 || argc > 4) {
    (void)fprintf(stderr, "usage: %s COUNT FIRST-SEED [WHAT]\n", argv[0]);
    return 64;
  }
  const uint64_t count = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
  const unsigned what = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : TRUTH_ALL;
  for (uint64_t seed = first; seed < first + count; seed++)
    if (what & TRUTH_SCALE)
      session_scale_run(seed, 200, &tally);
    else
      session_truth_run(seed, 40, what, &tally);
  (void)printf("%" PRIu64 " histories, %" PRIu64 " changes (%" PRIu64 " refused), %" PRIu64
               " transactions, %" PRIu64 " snapshots; %" PRIu64 " inventories, %" PRIu64
               " questions with %" PRIu64 " candidates, %" PRIu64 " obstacles, %" PRIu64
               " placed and %" PRIu64 " unplaced by solving\n",
               tally.histories, tally.changes, tally.refused, tally.rolled_back, tally.snapshots,
               tally.inventories, tally.questions, tally.candidates, tally.obstacles, tally.placed,
               tally.unplaced);
  (void)printf("drain: %" PRIu64 " yes, %" PRIu64 " no, %" PRIu64 " unknown; failure: %" PRIu64
               " yes, %" PRIu64 " no, %" PRIu64 " unknown; %" PRIu64 " direct, %" PRIu64
               " searched; %" PRIu64 " too large for truth, %" PRIu64
               " open that truth decides; %" PRIu64 " disagree\n",
               tally.drains[BERTH_OUTCOME_OPTIMAL], tally.drains[BERTH_OUTCOME_INFEASIBLE],
               tally.drains[BERTH_OUTCOME_UNKNOWN], tally.failures[BERTH_OUTCOME_OPTIMAL],
               tally.failures[BERTH_OUTCOME_INFEASIBLE], tally.failures[BERTH_OUTCOME_UNKNOWN],
               tally.direct, tally.searched, tally.skipped, tally.open, tally.disagreed);
  return tally.disagreed == 0 ? 0 : 1;
}
