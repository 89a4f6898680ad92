/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth plan --rolling: the options, the run, and its answer as text or JSON (berth-rolling/1). In
 * the JSON the plan of each round stands as berth verify reads it.
 */
#include "command_rolling.h"
#include "command_terminal.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_ROLLING = 0x400, KEY_PATCH_SECONDS, KEY_ROLLING_FIRST };

/* ---------------------------------------------------------------------------- options */

static const struct argp_option rolling_options[] = {
    {"rolling", KEY_ROLLING, "N", 0,
     "patch every online host once, at most N of a cluster at a time: rounds in which hosts are "
     "emptied, patched and brought back",
     16},
    {"patch-seconds", KEY_PATCH_SECONDS, "SECONDS", 0,
     "rolling: how long hosts are down once they are empty (default 1800)", 16},
    {"rolling-first", KEY_ROLLING_FIRST, "moves|rounds", 0,
     "rolling: what to save first, migrations or time (default moves)", 16},
    {0}};

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *number) {
  char *end = NULL;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  *number = value;
  return end != text && *end == '\0' && errno == 0 && value >= least && value <= most;
}

static error_t parse_rolling(int key, char *argument, struct argp_state *state) {
  berth_rolling_request *request = state->input;
  int64_t number = 0;
  switch (key) {
  case KEY_ROLLING:
    if (!read_number(argument, 1, UINT32_MAX, &number))
      argp_error(state, "--rolling is \"%s\"; expected a number of hosts, at least 1", argument);
    request->at_once = (uint32_t)number;
    return 0;
  case KEY_PATCH_SECONDS:
    if (!read_number(argument, 0, INT64_C(31536000), &request->patch_seconds))
      argp_error(state, "--patch-seconds is \"%s\"; expected seconds, at most a year", argument);
    return 0;
  case KEY_ROLLING_FIRST:
    if (strcmp(argument, "moves") != 0 && strcmp(argument, "rounds") != 0)
      argp_error(state, "--rolling-first is \"%s\"; expected moves or rounds", argument);
    request->first = argument[0] == 'm' ? BERTH_ROLLING_MOVES : BERTH_ROLLING_ROUNDS;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp command_rolling_argp = {
    rolling_options, parse_rolling, NULL, NULL, NULL, NULL, NULL};

/* ---------------------------------------------------------------------------- text */

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

static const char *plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

/* What could steer a terminal is shown as '?'. */
static void put_clean(FILE *out, const char *text) {
  for (; *text != '\0'; text++)
    fputc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, out);
}

static void print_sums(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  uint32_t left = berth_rolling_left_count(rolling), done = sums->hosts - left;
  if (left == 0)
    fprintf(out, "All hosts are patched");
  else
    fprintf(out, "%" PRIu32 " of %" PRIu32 " hosts are patched", done, sums->hosts);
  fprintf(out, " in %" PRIu32 " round%s with %" PRIu64 " move%s.\n", sums->rounds,
          plural(sums->rounds), sums->moves, plural(sums->moves));
  if (done == 0)
    return;
  fprintf(out, "It takes %s", in_words(sums->seconds.worst).text);
  if (sums->seconds.best < sums->seconds.worst)
    fprintf(out, " at most, %s at least, %s expected", in_words(sums->seconds.best).text,
            in_words(sums->seconds.expected).text);
  fprintf(out,
          ".\nProved: to patch these hosts takes at least %" PRIu64 " move%s, %" PRIu32
          " round%s and, in the worst case, %s.\n",
          sums->moves_bound, plural(sums->moves_bound), sums->rounds_bound,
          plural(sums->rounds_bound), in_words(sums->seconds_bound).text);
}

static void print_conditions(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  uint32_t failures = berth_rolling_keeps_failures(rolling);
  int64_t deadline = berth_rolling_deadline(rolling);
  if (failures > 0 && sums->rounds > 0)
    fprintf(out, "While hosts are down, the others survive any %" PRIu32 " failure%s.\n", failures,
            plural(failures));
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
    put_clean(out, name);
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
    put_clean(out, berth_inventory_host_label(berth_rolling_inventory(rolling), left->host));
    fprintf(out, ": %s\n", words[left->reason]);
  }
}

static void print_all(FILE *out, const berth_rolling *rolling, uint32_t width) {
  const char *name = berth_inventory_name(berth_rolling_inventory(rolling));
  uint32_t hosts = berth_rolling_get_sums(rolling)->hosts;
  fprintf(out, "Rolling maintenance%s", name[0] != '\0' ? " of " : "");
  put_clean(out, name);
  fprintf(out, ": %" PRIu32 " host%s, at most %" PRIu32 " at a time, %s each\n", hosts,
          plural(hosts), berth_rolling_asked(rolling)->at_once,
          in_words(berth_rolling_asked(rolling)->patch_seconds).text);
  print_sums(out, rolling);
  print_conditions(out, rolling);
  print_rounds(out, rolling, width);
  print_left(out, rolling);
}

/* Lines that are longer than the page are broken at blanks. */
static void put_wrapped(FILE *out, const char *text, uint32_t width) {
  while (*text != '\0') {
    size_t length = strcspn(text, "\n"), take = length;
    if (length > width) {
      for (take = width; take > width / 2 && text[take] != ' '; take--) {
      }
      take = text[take] == ' ' ? take : length;
    }
    fprintf(out, "%.*s\n", (int)take, text);
    text += take;
    if (*text == ' ') { /* the rest of the line, set in */
      text++;
      fprintf(out, "  ");
    } else if (*text == '\n')
      text++;
  }
}

static berth_status write_text(FILE *out, const berth_rolling *rolling, uint32_t width) {
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL)
    return BERTH_E_NOMEM;
  print_all(page, rolling, width);
  bool whole = fclose(page) == 0;
  if (whole)
    put_wrapped(out, text, width);
  free(text);
  return whole ? BERTH_OK : BERTH_E_NOMEM;
}

/* ---------------------------------------------------------------------------- JSON */

static void put_string(FILE *out, const char *text) {
  fputc('"', out);
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(out, "\\%c", byte);
    else if (byte < ' ')
      fprintf(out, "\\u%04x", byte);
    else
      fputc(byte, out);
  }
  fputc('"', out);
}

static void put_makespan(FILE *out, const char *key, berth_plan_makespan makespan) {
  fprintf(out, "\"%s\": {\"best\": %" PRId64 ", \"expected\": %" PRId64 ", \"worst\": %" PRId64 "}",
          key, makespan.best, makespan.expected, makespan.worst);
}

/* The plan as the library writes it, by way of a file. */
static berth_status put_plan(FILE *out, berth_context *ctx, const berth_plan *plan) {
  char path[] = P_tmpdir "/berth-round-XXXXXX", block[8192];
  int file = mkstemp(path);
  FILE *in = NULL;
  if (file < 0)
    return BERTH_E_WRITE;
  close(file);
  berth_status status = berth_write_plan(ctx, plan, BERTH_FORMAT_JSON, NULL, path);
  if (status == BERTH_OK && (in = fopen(path, "r")) == NULL)
    status = BERTH_E_READ;
  for (size_t got; in != NULL && (got = fread(block, 1, sizeof block, in)) > 0;)
    fwrite(block, 1, got, out);
  if (in != NULL)
    fclose(in);
  unlink(path);
  return status;
}

static void put_head(FILE *out, const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  const berth_rolling_request *asked = berth_rolling_asked(rolling);
  fprintf(out, "{\n  \"schema\": \"berth-rolling/1\",\n  \"inventory\": ");
  put_string(out, berth_inventory_name(berth_rolling_inventory(rolling)));
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
    put_string(out, berth_inventory_host_id(berth_rolling_inventory(rolling), left->host));
    fprintf(out, ", \"reason\": \"%s\"}", berth_rolling_reason_word(left->reason));
  }
  fprintf(out, "],\n  \"rounds\": [");
}

static berth_status write_json(FILE *out, berth_context *ctx, const berth_rolling *rolling) {
  berth_status status = BERTH_OK;
  put_head(out, rolling);
  for (uint32_t i = 0; i < berth_rolling_round_count(rolling) && status == BERTH_OK; i++) {
    const berth_rolling_round *round = berth_rolling_round_at(rolling, i);
    fprintf(out, "%s\n    {\"hosts\": [", i > 0 ? "," : "");
    for (uint32_t k = 0; k < round->host_count; k++) {
      fprintf(out, "%s", k > 0 ? ", " : "");
      put_string(out, berth_inventory_host_id(berth_rolling_inventory(rolling), round->hosts[k]));
    }
    fprintf(out, "], \"moves\": %" PRIu32 ", ", round->moves);
    put_makespan(out, "evacuation", berth_plan_get_makespan(round->plan));
    fprintf(out, ", \"plan\":\n");
    status = put_plan(out, ctx, round->plan);
    fprintf(out, "}");
  }
  fprintf(out, "]\n}\n");
  return status;
}

/* ---------------------------------------------------------------------------- running */

/* A device or a pipe is written directly: a file must not take its place. */
static bool is_special(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

/* Into a file beside the output, which takes its place when it is complete. */
static int write_answer(berth_context *ctx, const berth_rolling *rolling, berth_format format,
                        const char *output) {
  bool to_stdout = strcmp(output, "-") == 0, beside = !to_stdout && !is_special(output);
  char path[PATH_MAX] = "";
  berth_text_style style = command_style(output);
  berth_status status = BERTH_OK;
  FILE *out = stdout;
  if (!to_stdout) {
    snprintf(path, sizeof path, "%.*s%s", PATH_MAX - 8, output, beside ? ".part" : "");
    if ((out = fopen(path, "w")) == NULL) {
      command_say("%s: %s", path, strerror(errno));
      return COMMAND_NO_OUTPUT;
    }
  }
  if (format == BERTH_FORMAT_JSON)
    status = write_json(out, ctx, rolling);
  else
    status = write_text(out, rolling, style.width > 0 ? style.width : 100);
  bool cut = fflush(out) != 0 || ferror(out);
  if (!to_stdout)
    cut = fclose(out) != 0 || cut || status != BERTH_OK || (beside && rename(path, output) != 0);
  if (cut && status == BERTH_OK)
    command_say("%s: cannot be written: %s", output, strerror(errno));
  if (cut && beside)
    unlink(path);
  if (status != BERTH_OK)
    return command_fail(ctx, status, false);
  return cut ? COMMAND_OUTPUT_CUT : COMMAND_DONE;
}

static int exit_of(const berth_rolling *rolling) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  int64_t deadline = berth_rolling_deadline(rolling);
  bool undecided = false;
  if (deadline > 0 && sums->seconds.worst > deadline)
    return COMMAND_NOT_ALL;
  for (uint32_t i = 0; i < berth_rolling_left_count(rolling); i++) {
    if (berth_rolling_left_at(rolling, i)->reason == BERTH_ROLLING_PINNED)
      return COMMAND_NOT_ALL;
    undecided = true;
  }
  return undecided ? COMMAND_UNDECIDED : COMMAND_DONE;
}

int command_rolling(berth_context *ctx, const berth_inventory *inventory,
                    const berth_rolling_request *request, berth_format format, const char *output,
                    bool verbose) {
  berth_rolling *rolling = NULL;
  if (format == BERTH_FORMAT_XML) {
    command_say("--rolling is written as text or json, not as xml");
    return COMMAND_USAGE;
  }
  command_watch(ctx);
  berth_status status = berth_rolling_solve(ctx, inventory, request, &rolling);
  if (command_watch_end(ctx) && status == BERTH_OK)
    command_say("interrupted; these are the best rounds so far");
  if (status != BERTH_OK)
    return command_fail(ctx, status, verbose);
  int exit_status = write_answer(ctx, rolling, format, output);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(rolling);
  berth_rolling_free(rolling);
  return exit_status;
}
