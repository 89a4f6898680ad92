/* SPDX-License-Identifier: Apache-2.0 */
/* soak_executions PLANS RUNS FIRST-SEED [weaken] [numa]: random plans, each under that many random
 * executions; with "weaken" each once more without one of its precedence edges. */
#include "execution_series.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, int64_t *out) {
  char *end = NULL;
  *out = strtoll(text, &end, 10);
  return end != text && *end == 0 && *out >= 0;
}

int main(int argc, char **argv) {
  execution_series series = {.plans = 0};
  execution_tally tally = {0};
  int64_t first = 0;
  bool known = argc >= 4;
  for (int i = 4; i < argc; i++) {
    series.weaken = series.weaken || strcmp(argv[i], "weaken") == 0;
    series.nodes = series.nodes || strcmp(argv[i], "numa") == 0;
    known = known && (strcmp(argv[i], "weaken") == 0 || strcmp(argv[i], "numa") == 0);
  }
  if (!known || !parse_number(argv[1], &series.plans) || !parse_number(argv[2], &series.runs) ||
      !parse_number(argv[3], &first)) {
    (void)fprintf(stderr, "usage: %s PLANS RUNS FIRST-SEED [weaken] [numa]\n", argv[0]);
    return 64;
  }
  series.first = (uint64_t)first;
  execution_series_run(&series, &tally);
  (void)printf("%" PRId64 " plans, %" PRId64 " steps, %" PRId64 " notified migrations, %" PRId64
               " runs: %" PRIu64 " breaches; all extremes of %" PRId64 " plans\n",
               tally.plans, tally.steps, tally.notified, tally.runs, tally.breaches,
               tally.enumerated);
  if (series.weaken)
    (void)printf("%" PRId64 " plans without an edge: %" PRId64 " broken, %" PRId64
                 " refused by the checker; %" PRId64 " broken only, %" PRId64 " refused only\n",
                 tally.weakened, tally.broken, tally.caught, tally.only, tally.missed);
  return tally.breaches == 0 && tally.failed == 0 ? 0 : 1;
}
