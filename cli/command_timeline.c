/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HA timelines. The constants of HA come from one table in the library; --timing sets any of them
 * by name.
 */
#include "command_timeline.h"
#include "command_terminal.h"
#include <assert.h>
#include <berth/timeline_write.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_UNTIL = 0x700, KEY_APPROVE, KEY_TIMING, KEY_PROTECTION, KEY_REPORT };

/* Most milliseconds for one placement: a timeline asks for many. */
enum { PLACEMENT_MILLISECONDS = 10000 };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "HA timeline:", 8},
    {"until", KEY_UNTIL, "DURATION", 0, "end it then (when all has happened)", 8},
    {"approve", KEY_APPROVE, "DURATION", 0,
     "a person agrees so long after being asked for wakes or migrations (never)", 8},
    {"timing", KEY_TIMING, "NAME=SECONDS", 0,
     "set a constant of HA; may be given several times; the manual lists them", 8},
    {"storage-protection", KEY_PROTECTION, "off|apd|pdl", 0,
     "what ends VMs on a host whose storage is lost: nothing (default), all paths down, or a "
     "device that says it is gone",
     8},
    {"report", KEY_REPORT, "FILE.html", 0, "also write the picture, as a page to read and print",
     8},
    {0}};

/* Seconds, or a number with s, m or h. */
static int64_t parse_duration(struct argp_state *state, const char *name, const char *text) {
  assert(text != NULL);
  char *end = NULL;
  long long number = strtoll(text, &end, 10);
  long long unit = end == text || end[0] == '\0' ? 1
                   : strcmp(end, "s") == 0       ? 1
                   : strcmp(end, "m") == 0       ? 60
                   : strcmp(end, "h") == 0       ? 3600
                                                 : 0;
  if (end == text || unit == 0 || number < 0 || number > BERTH_TIMING_MAX / unit)
    argp_error(state, "--%s is \"%s\"; expected a time such as 90, 90s, 15m or 2h", name, text);
  return number * unit;
}

static void parse_timing(struct argp_state *state, command_timeline *timeline, const char *text) {
  char name[40];
  const char *equals = strchr(text, '=');
  size_t length = equals != NULL ? (size_t)(equals - text) : 0;
  berth_timing_name found;
  if (length == 0 || length >= sizeof name)
    argp_error(state, "--timing is \"%s\"; expected NAME=SECONDS", text);
  snprintf(name, sizeof name, "%.*s", (int)length, text);
  if (!berth_timing_parse(name, &found))
    argp_error(state,
               "--timing: there is no constant \"%s\"; berth-timeline in the manual lists them",
               name);
  timeline->timing.seconds[found] = parse_duration(state, "timing", equals + 1);
}

static void parse_protection(struct argp_state *state, command_timeline *timeline,
                             const char *text) {
  static const char *const words[] = {"off", "apd", "pdl"};
  for (int i = 0; i < 3; i++) {
    if (strcmp(words[i], text) == 0) {
      timeline->request.storage_protection = (berth_storage_protection)i;
      return;
    }
  }
  argp_error(state, "--storage-protection is \"%s\"; expected off, apd or pdl", text);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  command_timeline *timeline = state->input;
  switch (key) {
  case KEY_UNTIL:
    timeline->request.until = parse_duration(state, "until", argument);
    break;
  case KEY_APPROVE:
    timeline->request.approve = parse_duration(state, "approve", argument);
    break;
  case KEY_TIMING:
    parse_timing(state, timeline, argument);
    break;
  case KEY_PROTECTION:
    parse_protection(state, timeline, argument);
    break;
  case KEY_REPORT:
    timeline->report = argument;
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  for (const struct argp_option *row = options; timeline->given == NULL && row->doc != NULL; row++)
    timeline->given = row->key == key ? row->name : NULL;
  return 0;
}

const struct argp command_timeline_argp = {.options = options, .parser = parse};

void command_timeline_init(command_timeline *timeline) {
  *timeline = (command_timeline){.request = BERTH_TIMELINE_REQUEST_INIT};
  berth_ha_timing_init(&timeline->timing);
}

int command_timeline_run(berth_context *ctx, const command_timeline *given,
                         const berth_inventory *inventory, const berth_scenario *scenario,
                         berth_format format, const char *output, bool verbose) {
  berth_timeline_request request = given->request;
  berth_timeline *timeline = NULL;
  berth_options limits;
  berth_options_init(&limits);
  berth_status status =
      berth_options_set(ctx, &limits, BERTH_OPTION_TIME_LIMIT, PLACEMENT_MILLISECONDS);
  request.scenario = scenario;
  request.timing = &given->timing;
  request.options = &limits;
  command_watch(ctx);
  if (status == BERTH_OK)
    status = berth_timeline_run(ctx, inventory, &request, &timeline);
  (void)command_watch_end(ctx);
  if (status == BERTH_OK && given->report != NULL)
    status = berth_write_timeline_report(ctx, timeline, given->report);
  if (status == BERTH_OK) {
    berth_text_style style = command_style(output);
    status = berth_write_timeline(ctx, timeline, format, &style, output);
  }
  int exit_status = status != BERTH_OK                  ? command_fail(ctx, status, verbose)
                    : berth_timeline_down(timeline) > 0 ? COMMAND_NOT_ALL
                                                        : COMMAND_DONE;
  berth_timeline_free(timeline);
  return exit_status;
}
