/* SPDX-License-Identifier: Apache-2.0 */
/* berth-rolling/1: the plan of each round stands in it as berth verify reads it. */
#include "json_text.h"
#include "rolling_report.h"
#include <inttypes.h>

static void put_makespan(FILE *out, const char *key, berth_plan_makespan makespan) {
  fprintf(out, "\"%s\": {\"best\": %" PRId64 ", \"expected\": %" PRId64 ", \"worst\": %" PRId64 "}",
          key, makespan.best, makespan.expected, makespan.worst);
}

static void put_head(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  const berth_rolling_request *asked = berth_rolling_asked(rolling);
  fprintf(out, "{\n  \"schema\": \"berth-rolling/1\",\n  \"inventory\": ");
  json_put_string(out, berth_inventory_name(berth_rolling_inventory(rolling)));
  fprintf(out,
          ",\n  \"atOnce\": %" PRIu32 ",\n  \"keepFailures\": %" PRIu32
          ",\n  \"patchSeconds\": %" PRId64 ",\n  \"first\": \"%s\",\n  \"deadline\": %" PRId64
          ",\n  \"hosts\": %" PRIu32,
          asked->at_once, berth_rolling_keeps_failures(rolling), asked->patch_seconds,
          asked->first == BERTH_ROLLING_MOVES ? "moves" : "rounds", berth_rolling_deadline(rolling),
          sums->hosts);
  fprintf(out,
          ",\n  \"moves\": {\"value\": %" PRIu64 ", \"bound\": %" PRIu64
          "},\n  \"roundCount\": {\"value\": %" PRIu32 ", \"bound\": %" PRIu32 "},\n  ",
          sums->moves, sums->moves_bound, sums->rounds, sums->rounds_bound);
  put_makespan(out, "seconds", sums->seconds);
  fprintf(out, ",\n  \"secondsBound\": %" PRId64 ",\n  \"left\": [", sums->seconds_bound);
  for (uint32_t i = 0; i < berth_rolling_left_count(rolling); i++) {
    const berth_rolling_left *left = berth_rolling_left_at(rolling, i);
    fprintf(out, "%s{\"host\": ", i > 0 ? ", " : "");
    json_put_string(out, berth_inventory_host_id(berth_rolling_inventory(rolling), left->host));
    fprintf(out, ", \"reason\": \"%s\"}", berth_rolling_reason_word(left->reason));
  }
  fprintf(out, "],\n  \"rounds\": [");
}

void rolling_report_json(FILE *out, const void *what) {
  const rolling_report *report = what;
  const berth_rolling *rolling = report->rolling;
  const berth_inventory *inventory = berth_rolling_inventory(rolling);
  put_head(out, rolling);
  for (uint32_t i = 0; i < berth_rolling_round_count(rolling); i++) {
    const berth_rolling_round *round = berth_rolling_round_at(rolling, i);
    fprintf(out, "%s\n    {\"hosts\": [", i > 0 ? "," : "");
    for (uint32_t k = 0; k < round->host_count; k++) {
      fprintf(out, "%s", k > 0 ? ", " : "");
      json_put_string(out, berth_inventory_host_id(inventory, round->hosts[k]));
    }
    fprintf(out, "], \"moves\": %" PRIu32 ", ", round->moves);
    put_makespan(out, "evacuation", berth_plan_get_makespan(round->plan));
    fprintf(out, ", \"plan\":\n%s}", report->plans[i]);
  }
  fprintf(out, "]\n}\n");
}
