/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth plan: reads, solves, writes. The solving options come from the library's table.
 */
#include "answer.h"
#include "command.h"
#include "command_changes.h"
#include "command_rolling.h"
#include "command_solving.h"
#include "command_source.h"
#include "command_terminal.h"
#include "exit_status.h"
#include "plan_csv.h"
#include <berth/solve.h>
#include <string.h>

enum { KEY_GOAL = 0x200, KEY_FORMAT, KEY_REPORT };

typedef struct plan_arguments {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  const char *inventory, *output, *report; /* report: NULL = none */
  berth_request request;
  berth_rolling_request rolling; /* at_once 0 = not asked for */
  berth_options options;
  command_solving solving;
  berth_format format;
  bool csv; /* in place of a format of the library */
} plan_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"goal", KEY_GOAL, "failover|evacuate|repair|place|defragment|consolidate|rebalance", 0,
     "what counts first; without it, failed hosts with VMs to restart ask for failover, hosts to "
     "be emptied for evacuate, all else for repair",
     1},
    {NULL, 0, NULL, 0, "Output:", 18},
    {"format", KEY_FORMAT, "text|json|xml|csv", 0,
     "form of the answer (default text); csv has the steps alone", 18},
    {"output", 'o', "FILE", 0, "write to FILE, which is replaced only by a complete plan", 18},
    {"report", KEY_REPORT, "FILE", 0,
     "write a report too: one HTML file with a Gantt chart of the steps", 18},
    {0}};

static void parse_format(struct argp_state *state, const char *word, plan_arguments *arguments) {
  static const char *const words[] = {"text", "json", "xml"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(words[i], word) == 0) {
      arguments->format = (berth_format)i;
      arguments->csv = false;
      return;
    }
  arguments->csv = strcmp(word, "csv") == 0;
  if (!arguments->csv)
    argp_error(state, "no format \"%s\"; there are text, json, xml and csv", word);
}

static void pass_inputs(struct argp_state *state, plan_arguments *arguments) {
  if (arguments == NULL) /* asked for help only */
    return;
  arguments->solving = (command_solving){arguments->ctx, &arguments->options};
  state->child_inputs[0] = &arguments->solving;
  state->child_inputs[1] = &arguments->changes;
  state->child_inputs[2] = &arguments->source;
  state->child_inputs[3] = &arguments->rolling;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  plan_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    pass_inputs(state, arguments);
    return 0;
  case KEY_GOAL:
    if (!berth_goal_parse(argument, &arguments->request.goal))
      argp_error(state, "no goal \"%s\"; --help lists them", argument);
    arguments->request.infer_goal = false;
    return 0;
  case KEY_FORMAT:
    parse_format(state, argument, arguments);
    return 0;
  case 'o':
    arguments->output = argument;
    return 0;
  case KEY_REPORT:
    arguments->report = argument;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    arguments->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->inventory == NULL)
      argp_error(state, "no INVENTORY given");
    if (arguments->report != NULL && strcmp(arguments->report, arguments->output) == 0)
      argp_error(state, "plan and report cannot both go to \"%s\"", arguments->report);
    if (arguments->source.appliance_count > 0 && arguments->request.infer_goal &&
        arguments->rolling.at_once == 0) {
      arguments->request.goal = BERTH_GOAL_PLACE;
      arguments->request.infer_goal = false;
    }
    if (arguments->rolling.at_once > 0 &&
        (arguments->report != NULL || !arguments->request.infer_goal))
      argp_error(state,
                 "--rolling makes a plan for each round; expected neither --goal nor --report");
    if (arguments->rolling.at_once > 0 && arguments->csv)
      argp_error(state, "--rolling makes a plan for each round; expected text or json, not csv");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_plan_arguments(void) {
  static struct argp_child children[5];
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY",
      "Finds where each VM of an inventory should run, proves how good that is, and puts the way "
      "there into an order of steps that is safe whatever the guests do."
      "\v"
      "INVENTORY is a file (gzip too), a directory of vim25 objects, or - for standard input. "
      "The exit status is 0 if all that was asked is done, 1 if something cannot be done or a "
      "deadline is missed, 2 if that could not be decided within the limits. An interrupt ends "
      "the search with the best plan so far.",
      children,
      NULL,
      NULL};
  children[0] = (struct argp_child){command_solving_argp(), 0, NULL, 0};
  children[1] = (struct argp_child){&command_changes_argp, 0, NULL, 0};
  children[2] = (struct argp_child){&command_source_argp, 0, NULL, 0};
  children[3] = (struct argp_child){&command_rolling_argp, 0, NULL, 0};
  return &argp;
}

/* ---------------------------------------------------------------------------- running */

static int write_plan(const plan_arguments *arguments, const berth_plan *plan) {
  const answer_writers rows = {.what = plan, .csv = plan_csv_write};
  berth_text_style style = command_style(arguments->output);
  berth_context *ctx = arguments->ctx;
  berth_status status = BERTH_OK;
  if (arguments->csv) {
    int exit_status = answer_write(ctx, arguments->output, ANSWER_CSV, &rows);
    if (exit_status != COMMAND_DONE)
      return exit_status;
  } else {
    status = berth_write_plan(ctx, plan, arguments->format, &style, arguments->output);
  }
  if (status == BERTH_OK && arguments->report != NULL)
    status = berth_write_report(ctx, plan, arguments->report);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
}

static int solve_and_write(plan_arguments *arguments, const berth_inventory *inventory) {
  berth_context *ctx = arguments->ctx;
  berth_plan *plan = NULL;
  command_watch(ctx);
  berth_status status = berth_solve(ctx, inventory, &arguments->request, NULL, &plan);
  if (command_watch_end(ctx) && status == BERTH_OK)
    command_say("interrupted; this is the best plan so far");
  if (status == BERTH_E_UNSUPPORTED && !arguments->request.infer_goal) {
    command_say("--goal %s is not available in this version",
                berth_goal_word(arguments->request.goal));
    return COMMAND_USAGE;
  }
  if (status != BERTH_OK)
    return command_fail(ctx, status, arguments->source.verbose);
  int exit_status = write_plan(arguments, plan);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_status_of_plan(plan, arguments->options.value[BERTH_OPTION_DEADLINE]);
  berth_plan_free(plan);
  return exit_status;
}

static int run(plan_arguments *arguments) {
  berth_context *ctx = arguments->ctx;
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  int exit_status = command_read(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (exit_status != COMMAND_DONE)
    goto done;
  exit_status =
      command_changes_build(ctx, &arguments->changes, inventory, arguments->inventory, &scenario);
  if (exit_status != COMMAND_DONE)
    goto done;
  arguments->request.scenario = scenario;
  arguments->request.options = &arguments->options;
  arguments->rolling.scenario = scenario;
  arguments->rolling.options = &arguments->options;
  exit_status = arguments->rolling.at_once > 0
                    ? command_rolling(ctx, inventory, &arguments->rolling, arguments->format,
                                      arguments->output, arguments->source.verbose)
                    : solve_and_write(arguments, inventory);
done:
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_plan(int argc, char **argv) {
  plan_arguments arguments = {
      .request = BERTH_REQUEST_INIT, .rolling = BERTH_ROLLING_REQUEST_INIT, .output = "-"};
  arguments.rolling.at_once = 0;
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  berth_options_init(&arguments.options);
  error_t error = argp_parse(command_plan_arguments(), argc, argv, 0, NULL, &arguments);
  if (error == 0)
    exit_status = run(&arguments);
  else
    command_say("%s", strerror(error));
  command_changes_free(&arguments.changes);
  berth_context_free(arguments.ctx);
  return exit_status;
}
