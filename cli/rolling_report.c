/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of maintenance as a text: the sums, what they keep to, a row a round, what is left. */
#include "rolling_report.h"
#include "answer.h"
#include <inttypes.h>
#include <string.h>

typedef struct span {
  char text[40];
} span;

/* "45 s", "12 min", "2 h 5 min 3 s". */
static span in_words(int64_t seconds) {
  span words;
  int64_t hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;
  if (hours > 0 && rest > 0)
    snprintf(words.text, sizeof words.text, "%" PRId64 " h %" PRId64 " min %" PRId64 " s", hours,
             minutes, rest);
  else if (hours > 0 && minutes > 0)
    snprintf(words.text, sizeof words.text, "%" PRId64 " h %" PRId64 " min", hours, minutes);
  else if (hours > 0)
    snprintf(words.text, sizeof words.text, "%" PRId64 " h", hours);
  else if (minutes > 0 && rest > 0)
    snprintf(words.text, sizeof words.text, "%" PRId64 " min %" PRId64 " s", minutes, rest);
  else if (minutes > 0)
    snprintf(words.text, sizeof words.text, "%" PRId64 " min", minutes);
  else
    snprintf(words.text, sizeof words.text, "%" PRId64 " s", rest);
  return words;
}

/* "0:05", "1:02:03". */
static span as_clock(int64_t seconds) {
  span clock;
  if (seconds >= 3600)
    snprintf(clock.text, sizeof clock.text, "%" PRId64 ":%02d:%02d", seconds / 3600,
             (int)(seconds / 60 % 60), (int)(seconds % 60));
  else
    snprintf(clock.text, sizeof clock.text, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
  return clock;
}

static void print_sums(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  uint32_t left = berth_rolling_left_count(rolling), done = sums->hosts - left;
  if (left == 0)
    fprintf(out, "All hosts are patched");
  else
    fprintf(out, "%" PRIu32 " of %" PRIu32 " hosts are patched", done, sums->hosts);
  fprintf(out, " in %" PRIu32 " round%s with %" PRIu64 " move%s.\n", sums->rounds,
          answer_plural(sums->rounds), sums->moves, answer_plural(sums->moves));
  if (done == 0)
    return;
  fprintf(out, "It takes %s", in_words(sums->seconds.worst).text);
  if (sums->seconds.best < sums->seconds.worst)
    fprintf(out, " at most, %s at least, %s expected", in_words(sums->seconds.best).text,
            in_words(sums->seconds.expected).text);
  fprintf(out,
          ".\nProved: to patch these hosts takes at least %" PRIu64 " move%s, %" PRIu32
          " round%s and, in the worst case, %s.\n",
          sums->moves_bound, answer_plural(sums->moves_bound), sums->rounds_bound,
          answer_plural(sums->rounds_bound), in_words(sums->seconds_bound).text);
}

static void print_conditions(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  uint32_t failures = berth_rolling_keeps_failures(rolling);
  int64_t deadline = berth_rolling_deadline(rolling);
  if (failures > 0 && sums->rounds > 0)
    fprintf(out, "While hosts are down, the others survive any %" PRIu32 " failure%s.\n", failures,
            answer_plural(failures));
  if (deadline == 0)
    return;
  fprintf(out, "Deadline %s: ", in_words(deadline).text);
  if (sums->seconds.worst <= deadline)
    fprintf(out, "kept whatever the guests do.\n");
  else
    fprintf(out, "missed by %s in the worst case%s.\n",
            in_words(sums->seconds.worst - deadline).text,
            sums->seconds.expected <= deadline ? "; kept if guests acknowledge as expected"
            : sums->seconds_bound > deadline   ? "; no way of patching these hosts keeps it"
                                               : "");
}

/* Names of a round, wrapped behind the columns that stand before them. */
static void print_hosts(FILE *out, const berth_rolling *rolling, const berth_rolling_round *round,
                        uint32_t width) {
  enum { BEFORE = 38 };
  const berth_inventory *inventory = berth_rolling_inventory(rolling);
  uint32_t column = BEFORE;
  for (uint32_t i = 0; i < round->host_count; i++) {
    const char *name = berth_inventory_host_label(inventory, round->hosts[i]);
    uint32_t length = (uint32_t)strlen(name);
    if (column > BEFORE && column + 1 + length > width) {
      fprintf(out, "\n%*s", BEFORE, "");
      column = BEFORE;
    }
    if (column > BEFORE)
      fputc(' ', out);
    answer_put_clean(out, name);
    column += length + 1;
  }
  fputc('\n', out);
}

static void print_rounds(FILE *out, const berth_rolling *rolling, uint32_t width) {
  int64_t start = 0;
  if (berth_rolling_round_count(rolling) == 0)
    return;
  fprintf(out, "\n  round     starts     emptied  moves   hosts\n");
  for (uint32_t i = 0; i < berth_rolling_round_count(rolling); i++) {
    const berth_rolling_round *round = berth_rolling_round_at(rolling, i);
    int64_t worst = berth_plan_get_makespan(round->plan).worst;
    fprintf(out, "  %5" PRIu32 "  %9s  %10s  %5" PRIu32 "   ", i + 1, as_clock(start).text,
            as_clock(start + worst).text, round->moves);
    print_hosts(out, rolling, round, width);
    start += worst + berth_rolling_asked(rolling)->patch_seconds;
  }
  fprintf(out, "\nTimes are those of the worst case. The JSON (--format json) has the plan of each "
               "round.\n");
}

static void print_left(FILE *out, const berth_rolling *rolling) {
  static const char *const words[] = {
      "a VM on it may not be migrated", "no plan was found that empties it",
      "without it the others would not survive the failures to be kept",
      "whether the others survive the failures to be kept was not decided"};
  uint32_t count = berth_rolling_left_count(rolling);
  if (count > 0)
    fprintf(out, "\nNot patched (%" PRIu32 ")\n", count);
  for (uint32_t i = 0; i < count; i++) {
    const berth_rolling_left *left = berth_rolling_left_at(rolling, i);
    fprintf(out, "  ");
    answer_put_clean(out, berth_inventory_host_label(berth_rolling_inventory(rolling), left->host));
    fprintf(out, ": %s\n", words[left->reason]);
  }
}

void rolling_report_text(FILE *out, const void *what) {
  const rolling_report *report = what;
  const berth_rolling *rolling = report->rolling;
  const char *name = berth_inventory_name(berth_rolling_inventory(rolling));
  uint32_t hosts = berth_rolling_get_sums(rolling)->hosts;
  fprintf(out, "Rolling maintenance%s", name[0] != '\0' ? " of " : "");
  answer_put_clean(out, name);
  fprintf(out, ": %" PRIu32 " host%s, at most %" PRIu32 " at a time, %s each\n", hosts,
          answer_plural(hosts), berth_rolling_asked(rolling)->at_once,
          in_words(berth_rolling_asked(rolling)->patch_seconds).text);
  print_sums(out, rolling);
  print_conditions(out, rolling);
  print_rounds(out, rolling, report->width);
  print_left(out, rolling);
}
