/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth power: reads, answers, writes. Exit status: whether what is asked of the hosts holds, and
 * is proved.
 */
#include "answer_command.h"
#include "command_terminal.h"
#include "power_report.h"
#include <assert.h>
#include <berth/scenario.h>
#include <stddef.h>
#include <string.h>

enum {
  KEY_KEEP = 0x580,
  KEY_KEEP_FAILURES,
  KEY_EVEN_OFF,
  KEY_PLAN_DOWN,
  KEY_PLAN_BACK,
  KEY_STATE,
  KEY_WEIGH
};

typedef struct power_arguments {
  answer_command common;
  const char *plan_down, *plan_back, *state; /* NULL = none */
  berth_power_request request;
} power_arguments;

static_assert(offsetof(power_arguments, common) == 0, "the parser's input is either");

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"keep", KEY_KEEP, "admission|nothing", 0,
     "what hosts left on must satisfy: admission control as it is configured (default), or not", 1},
    {"keep-failures", KEY_KEEP_FAILURES, "K", 0,
     "they must survive any K host failures too, proved (default 0, at most 64)", 1},
    {"weigh", KEY_WEIGH, "hosts|power", 0,
     "what a host that stays on counts with: 1 (default) or its powerWatts", 1},
    {"even-off", KEY_EVEN_OFF, NULL, 0, "clusters whose DPM is off too: what it would do", 1},
    {"time-limit", ANSWER_KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; what was not proved then is said (default 60 s)", 1},
    {"threads", ANSWER_KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"plan-down", KEY_PLAN_DOWN, "FILE", 0, "write the plan there as JSON", 2},
    {"plan-back", KEY_PLAN_BACK, "FILE", 0,
     "write the way back as JSON; it carries the state reached as its scenario", 2},
    {"state-out", KEY_STATE, "FILE", 0, "write the inventory as it is once hosts sleep", 2},
    {"format", ANSWER_KEY_FORMAT, "text|json|csv", 0,
     "form of the answer (default text); csv has a row for each host", 2},
    {"report", ANSWER_KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with each host, now and then", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

static void parse_keep(power_arguments *arguments, const char *text, struct argp_state *state) {
  if (strcmp(text, "admission") != 0 && strcmp(text, "nothing") != 0)
    argp_error(state, "--keep is \"%s\"; expected admission or nothing", text);
  arguments->request.keep_admission = text[0] == 'a';
}

/* No two answers into one file. */
static void keep_apart(const power_arguments *arguments, struct argp_state *state) {
  const char *const paths[] = {arguments->common.output, arguments->common.report,
                               arguments->plan_down, arguments->plan_back, arguments->state};
  static const char *const names[] = {"answer", "report", "plan there", "plan back", "state"};
  for (int i = 0; i < 5; i++) {
    for (int j = 0; j < i; j++) {
      if (paths[i] != NULL && paths[j] != NULL && strcmp(paths[i], paths[j]) == 0)
        argp_error(state, "%s and %s cannot both go to \"%s\"", names[j], names[i], paths[i]);
    }
  }
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  power_arguments *arguments = state->input;
  switch (key) {
  case KEY_KEEP:
    parse_keep(arguments, argument, state);
    return 0;
  case KEY_KEEP_FAILURES:
    answer_command_option(&arguments->common, BERTH_OPTION_KEEP_FAILURES, argument, state);
    return 0;
  case KEY_WEIGH:
    answer_command_option(&arguments->common, BERTH_OPTION_WEIGH, argument, state);
    return 0;
  case KEY_EVEN_OFF:
    arguments->request.even_off = true;
    return 0;
  case KEY_PLAN_DOWN:
    arguments->plan_down = argument;
    return 0;
  case KEY_PLAN_BACK:
    arguments->plan_back = argument;
    return 0;
  case KEY_STATE:
    arguments->state = argument;
    return 0;
  case ARGP_KEY_END:
    keep_apart(arguments, state);
    return answer_command_parse(&arguments->common, key, argument, state);
  default:
    return answer_command_parse(state->input, key, argument, state);
  }
}

const struct argp *command_power_arguments(void) {
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY",
      "Says which hosts may sleep while the load is low, and which have to be woken while it is "
      "high, within what power management (DPM) is set to; what holds each of the others on; the "
      "plan there and the way back; who is woken when a host fails then; and, in manual mode, what "
      "each approval holds up."
      "\v"
      "The exit status is 0 if the hosts left on are proved the fewest, 1 if a host stays above "
      "the range, a VM finds no host, or what is to be kept is not kept, 2 if fewer hosts are not "
      "refuted within the limits. The what-if options change the inventory first.",
      answer_command_children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- output */

static int write_answer(const answer_command *common, const power_report *report) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  const answer_writers answer = {report,
                                 power_report_text,
                                 power_report_json,
                                 power_report_csv,
                                 power_report_html,
                                 "Power management",
                                 berth_inventory_name(inventory)};
  return answer_write_both(common->ctx, common->output, common->form, common->report, &answer);
}

/* The plans and the state, each to a file of its own. */
static int write_documents(const power_arguments *arguments, const berth_power_answer *answer) {
  const berth_text_style style = BERTH_TEXT_STYLE_INIT;
  berth_context *ctx = arguments->common.ctx;
  const berth_plan *back = berth_power_plan_back(answer);
  berth_status status = BERTH_OK;
  if (arguments->plan_down != NULL)
    status = berth_write_plan(ctx, berth_power_plan_down(answer), BERTH_FORMAT_JSON, &style,
                              arguments->plan_down);
  if (status == BERTH_OK && arguments->plan_back != NULL && back != NULL)
    status = berth_write_plan(ctx, back, BERTH_FORMAT_JSON, &style, arguments->plan_back);
  if (status == BERTH_OK && arguments->state != NULL)
    status = berth_write_inventory(ctx, berth_power_reached(answer), arguments->state);
  if (status != BERTH_OK)
    return command_fail(ctx, status, arguments->common.source.verbose);
  if (arguments->plan_back != NULL && back == NULL)
    command_say("%s is not written: there is no way back", arguments->plan_back);
  return COMMAND_DONE;
}

static int exit_of(const power_arguments *arguments, const berth_power_answer *answer) {
  int worst = COMMAND_DONE;
  uint32_t clusters = berth_inventory_cluster_count(berth_power_inventory(answer));
  for (uint32_t c = 0; c < clusters; c++) {
    const berth_power_cluster *of = berth_power_get_cluster(answer, c);
    if (!of->looked_at)
      continue;
    if (of->high_after > 0 || of->unplaced > 0 || !of->survives ||
        (of->admission_asked && !of->admission_kept_after))
      return COMMAND_NOT_ALL;
    if (!of->proved)
      worst = COMMAND_UNDECIDED;
  }
  return arguments->plan_back != NULL && berth_power_plan_back(answer) == NULL ? COMMAND_NOT_ALL
                                                                               : worst;
}

/* ---------------------------------------------------------------------------- running */

static int answer(const power_arguments *arguments, const berth_inventory *inventory) {
  const answer_command *common = &arguments->common;
  berth_power_answer *result = NULL;
  command_watch(common->ctx);
  berth_status status = berth_power_run(common->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(common->ctx) && status == BERTH_OK)
    command_say("interrupted; this is the best that was found until then");
  if (status != BERTH_OK)
    return command_fail(common->ctx, status, common->source.verbose);
  power_report report = {.answer = result,
                         .keep_failures = common->options.value[BERTH_OPTION_KEEP_FAILURES],
                         .weigh = (berth_weigh)common->options.value[BERTH_OPTION_WEIGH]};
  int exit_status = write_answer(common, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = write_documents(arguments, result);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(arguments, result);
  berth_power_answer_free(result);
  return exit_status;
}

static int run(answer_command *common) {
  power_arguments *arguments = (power_arguments *)common;
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_context *ctx = common->ctx;
  int exit_status = command_read(ctx, &common->source, &common->inventory, 1, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status =
        command_changes_build(ctx, &common->changes, inventory, common->inventory, &scenario);
  arguments->request.scenario = scenario;
  arguments->request.options = &common->options;
  if (exit_status == COMMAND_DONE)
    exit_status = answer(arguments, inventory);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_power(int argc, char **argv) {
  power_arguments arguments = {.request = BERTH_POWER_REQUEST_INIT};
  return answer_command_main(argc, argv, command_power_arguments(), &arguments.common, NULL, run);
}
