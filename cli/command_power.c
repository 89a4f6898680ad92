/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth power: reads, answers, writes. Exit status: whether what is asked of the hosts holds, and
 * is proved.
 */
#include "answer.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include "command_terminal.h"
#include "power_report.h"
#include <berth/scenario.h>
#include <string.h>

enum {
  KEY_KEEP = 0x580,
  KEY_KEEP_FAILURES,
  KEY_EVEN_OFF,
  KEY_PLAN_DOWN,
  KEY_PLAN_BACK,
  KEY_STATE,
  KEY_FORMAT,
  KEY_WEIGH,
  KEY_TIME_LIMIT,
  KEY_THREADS,
  KEY_REPORT
};

typedef struct power_arguments {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  const char *inventory, *output, *plan_down, *plan_back, *state, *report;
  berth_power_request request;
  berth_options options;
  answer_form form;
} power_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"keep", KEY_KEEP, "admission|nothing", 0,
     "what hosts left on must satisfy: admission control as it is configured (default), or not", 1},
    {"keep-failures", KEY_KEEP_FAILURES, "K", 0,
     "they must survive any K host failures too, proved (default 0, at most 64)", 1},
    {"weigh", KEY_WEIGH, "hosts|power", 0,
     "what a host that stays on counts with: 1 (default) or its powerWatts", 1},
    {"even-off", KEY_EVEN_OFF, NULL, 0, "clusters whose DPM is off too: what it would do", 1},
    {"time-limit", KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; what was not proved then is said (default 60 s)", 1},
    {"threads", KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"plan-down", KEY_PLAN_DOWN, "FILE", 0, "write the plan there as JSON", 2},
    {"plan-back", KEY_PLAN_BACK, "FILE", 0,
     "write the way back as JSON; it carries the state reached as its scenario", 2},
    {"state-out", KEY_STATE, "FILE", 0, "write the inventory as it is once hosts sleep", 2},
    {"format", KEY_FORMAT, "text|json|csv", 0,
     "form of the answer (default text); csv has a row for each host", 2},
    {"report", KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with each host, now and then", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

static void parse_option(power_arguments *arguments, berth_option option, const char *text,
                         struct argp_state *state) {
  if (berth_options_parse(arguments->ctx, &arguments->options, option, text) != BERTH_OK)
    argp_error(state, "--%s", berth_context_detail(arguments->ctx));
}

static void parse_keep(power_arguments *arguments, const char *text, struct argp_state *state) {
  if (strcmp(text, "admission") != 0 && strcmp(text, "nothing") != 0)
    argp_error(state, "--keep is \"%s\"; expected admission or nothing", text);
  arguments->request.keep_admission = text[0] == 'a';
}

static void parse_format(power_arguments *arguments, const char *text, struct argp_state *state) {
  if (!answer_form_parse(text, &arguments->form))
    argp_error(state, "--format is \"%s\"; expected text, json or csv", text);
}

static error_t parse_own(power_arguments *arguments, int key, char *argument,
                         struct argp_state *state) {
  switch (key) {
  case KEY_KEEP:
    parse_keep(arguments, argument, state);
    return 0;
  case KEY_KEEP_FAILURES:
    parse_option(arguments, BERTH_OPTION_KEEP_FAILURES, argument, state);
    return 0;
  case KEY_WEIGH:
    parse_option(arguments, BERTH_OPTION_WEIGH, argument, state);
    return 0;
  case KEY_TIME_LIMIT:
    parse_option(arguments, BERTH_OPTION_TIME_LIMIT, argument, state);
    return 0;
  case KEY_THREADS:
    parse_option(arguments, BERTH_OPTION_THREADS, argument, state);
    return 0;
  case KEY_EVEN_OFF:
    arguments->request.even_off = true;
    return 0;
  case KEY_FORMAT:
    parse_format(arguments, argument, state);
    return 0;
  case KEY_PLAN_DOWN:
    arguments->plan_down = argument;
    return 0;
  case KEY_PLAN_BACK:
    arguments->plan_back = argument;
    return 0;
  case KEY_REPORT:
    arguments->report = argument;
    return 0;
  case KEY_STATE:
    arguments->state = argument;
    return 0;
  case 'o':
    arguments->output = argument;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* No two answers into one file. */
static void keep_apart(const power_arguments *arguments, struct argp_state *state) {
  const char *const paths[] = {arguments->output, arguments->report, arguments->plan_down,
                               arguments->plan_back, arguments->state};
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
  case ARGP_KEY_INIT:
    state->child_inputs[0] = arguments != NULL ? &arguments->changes : NULL;
    state->child_inputs[1] = arguments != NULL ? &arguments->source : NULL;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    arguments->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->inventory == NULL)
      argp_error(state, "no INVENTORY given");
    keep_apart(arguments, state);
    return 0;
  default:
    return parse_own(arguments, key, argument, state);
  }
}

const struct argp *command_power_arguments(void) {
  static const struct argp_child children[] = {
      {&command_changes_argp, 0, NULL, 0}, {&command_source_argp, 0, NULL, 0}, {0}};
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
      children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- output */

static int write_answer(const power_arguments *arguments, const power_report *report) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  const answer_writers answer = {report,
                                 power_report_text,
                                 power_report_json,
                                 power_report_csv,
                                 power_report_html,
                                 "Power management",
                                 berth_inventory_name(inventory)};
  return answer_write_both(arguments->ctx, arguments->output, arguments->form, arguments->report,
                           &answer);
}

/* The plans and the state, each to a file of its own. */
static int write_documents(const power_arguments *arguments, const berth_power_answer *answer) {
  const berth_text_style style = BERTH_TEXT_STYLE_INIT;
  berth_context *ctx = arguments->ctx;
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
    return command_fail(ctx, status, arguments->source.verbose);
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

static int answer(power_arguments *arguments, const berth_inventory *inventory,
                  const berth_scenario *scenario) {
  berth_power_answer *result = NULL;
  arguments->request.scenario = scenario;
  arguments->request.options = &arguments->options;
  command_watch(arguments->ctx);
  berth_status status = berth_power_run(arguments->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(arguments->ctx) && status == BERTH_OK)
    command_say("interrupted; this is the best that was found until then");
  if (status != BERTH_OK)
    return command_fail(arguments->ctx, status, arguments->source.verbose);
  power_report report = {.answer = result,
                         .keep_failures = arguments->options.value[BERTH_OPTION_KEEP_FAILURES],
                         .weigh = (berth_weigh)arguments->options.value[BERTH_OPTION_WEIGH]};
  int exit_status = write_answer(arguments, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = write_documents(arguments, result);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(arguments, result);
  berth_power_answer_free(result);
  return exit_status;
}

static int run(power_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_context *ctx = arguments->ctx;
  int exit_status = command_read(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status =
        command_changes_build(ctx, &arguments->changes, inventory, arguments->inventory, &scenario);
  if (exit_status == COMMAND_DONE)
    exit_status = answer(arguments, inventory, scenario);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_power(int argc, char **argv) {
  power_arguments arguments = {.output = "-", .request = BERTH_POWER_REQUEST_INIT};
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  berth_options_init(&arguments.options);
  error_t error = argp_parse(command_power_arguments(), argc, argv, 0, NULL, &arguments);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(&arguments);
  command_changes_free(&arguments.changes);
  berth_context_free(arguments.ctx);
  return exit_status;
}
