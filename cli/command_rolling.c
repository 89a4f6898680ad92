/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth plan --rolling: the options, and the run.
 */
#include "command_rolling.h"
#include "answer.h"
#include "command_terminal.h"
#include "option_value.h"
#include "rolling_report.h"
#include <stdlib.h>
#include <string.h>
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

static error_t parse_rolling(int key, char *argument, struct argp_state *state) {
  berth_rolling_request *request = state->input;
  int64_t number = 0;
  switch (key) {
  case KEY_ROLLING:
    if (!option_number(argument, 1, UINT32_MAX, &number))
      argp_error(state, "--rolling is \"%s\"; expected a number of hosts, at least 1", argument);
    request->at_once = (uint32_t)number;
    return 0;
  case KEY_PATCH_SECONDS:
    if (!option_number(argument, 0, INT64_C(31536000), &request->patch_seconds))
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

/* ---------------------------------------------------------------------------- running */

/* What the library writes to a file of its own, as a string. Free it with free(). */
static berth_status read_back(const char *path, char **text) {
  FILE *in = fopen(path, "r");
  long size = in == NULL || fseek(in, 0, SEEK_END) != 0 ? -1 : ftell(in);
  berth_status status = size < 0 ? BERTH_E_READ : BERTH_OK;
  if (status == BERTH_OK && (*text = calloc((size_t)size + 1, 1)) == NULL)
    status = BERTH_E_NOMEM;
  if (status == BERTH_OK &&
      (fseek(in, 0, SEEK_SET) != 0 || fread(*text, 1, (size_t)size, in) != (size_t)size))
    status = BERTH_E_READ;
  if (in != NULL)
    fclose(in);
  return status;
}

static berth_status plan_text(berth_context *ctx, const berth_plan *plan, char **text) {
  char path[] = P_tmpdir "/berth-round-XXXXXX";
  int file = mkstemp(path);
  if (file < 0)
    return BERTH_E_WRITE;
  close(file);
  berth_status status = berth_write_plan(ctx, plan, BERTH_FORMAT_JSON, NULL, path);
  if (status == BERTH_OK)
    status = read_back(path, text);
  unlink(path);
  return status;
}

static int write_json(berth_context *ctx, const berth_rolling *rolling, const char *output) {
  uint32_t rounds = berth_rolling_round_count(rolling);
  char **plans = calloc((size_t)rounds + 1, sizeof *plans);
  berth_status status = plans == NULL ? BERTH_E_NOMEM : BERTH_OK;
  for (uint32_t i = 0; i < rounds && status == BERTH_OK; i++)
    status = plan_text(ctx, berth_rolling_round_at(rolling, i)->plan, &plans[i]);
  const rolling_report report = {.rolling = rolling, .plans = plans};
  const answer_writers answer = {.what = &report, .json = rolling_report_json};
  int exit_status = status == BERTH_OK ? answer_write(ctx, output, ANSWER_JSON, &answer)
                                       : command_fail(ctx, status, false);
  for (uint32_t i = 0; i < rounds && plans != NULL; i++)
    free(plans[i]);
  free(plans);
  return exit_status;
}

static int write_text(berth_context *ctx, const berth_rolling *rolling, const char *output) {
  berth_text_style style = command_style(output);
  const rolling_report report = {.rolling = rolling, .width = style.width > 0 ? style.width : 100};
  const answer_writers answer = {.what = &report, .text = rolling_report_text};
  return answer_write(ctx, output, ANSWER_TEXT, &answer);
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
  int exit_status = format == BERTH_FORMAT_JSON ? write_json(ctx, rolling, output)
                                                : write_text(ctx, rolling, output);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(rolling);
  berth_rolling_free(rolling);
  return exit_status;
}
