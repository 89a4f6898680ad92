/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth simulate: carries a plan out, its own or one that is given, against acknowledgements that
 * are given or drawn. The acknowledgements are taken out of the scenario here; its other events
 * make the inventory that is planned for. A scenario whose events happen in time is an HA timeline
 * instead.
 */
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include "command_terminal.h"
#include "command_timeline.h"
#include "option_value.h"
#include <assert.h>
#include <berth/solve.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_PLAN = 0x200, KEY_GOAL, KEY_DRAW, KEY_RUNS, KEY_SEED, KEY_DELAY, KEY_FORMAT };

typedef struct simulate_arguments {
  command_source source;
  command_changes changes;
  const char *inventory, *scenario, *plan, *output;
  berth_request request;
  berth_simulation_options options;
  bool has_draw;
  const char *plan_option; /* the first that is about carrying out a plan; NULL = none */
  command_timeline timeline;
  berth_format format;
} simulate_arguments;

static const struct argp_option own_options[] = {
    {"plan", KEY_PLAN, "PLAN", 0, "carry out this plan in JSON instead of making one", 1},
    {"goal", KEY_GOAL, "GOAL", 0, "goal of the plan that is made, as for berth plan", 1},
    {NULL, 0, NULL, 0, "Simulation:", 5},
    {"draw", KEY_DRAW, "HOW", 0,
     "when guests acknowledge that no ack event speaks of: expected (the default of one run), best "
     "(at once), worst (never), random (the default of several runs) or extremes (at once or "
     "never)",
     5},
    {"runs", KEY_RUNS, "N", 0, "how many executions to draw (1)", 5},
    {"delay", KEY_DELAY, "SECONDS", 0, "half of the steps start up to so much later (0)", 5},
    {"seed", KEY_SEED, "N", 0, "seed of all that is drawn (1)", 5},
    {NULL, 0, NULL, 0, "Output:", 18},
    {"format", KEY_FORMAT, "FORMAT", 0, "text (default) or json", 18},
    {"output", 'o', "FILE", 0, "write to FILE, which is replaced only when complete", 18},
    {0}};

/* ---------------------------------------------------------------------------- options */

static void parse_format(struct argp_state *state, const char *word, berth_format *format) {
  if (strcmp(word, "text") != 0 && strcmp(word, "json") != 0)
    argp_error(state, "no format \"%s\"; there are text and json", word);
  *format = word[0] == 't' ? BERTH_FORMAT_TEXT : BERTH_FORMAT_JSON;
}

static void take_argument(struct argp_state *state, simulate_arguments *arguments,
                          const char *argument) {
  if (arguments->scenario != NULL)
    argp_error(state, "one INVENTORY and one SCENARIO, not also \"%s\"", argument);
  *(arguments->inventory == NULL ? &arguments->inventory : &arguments->scenario) = argument;
}

static void check_whole(struct argp_state *state, simulate_arguments *arguments) {
  if (arguments->inventory == NULL)
    argp_error(state, "no INVENTORY given");
  if (arguments->changes.scenario_path != NULL) {
    if (arguments->scenario != NULL)
      argp_error(state, "one SCENARIO, not also --scenario");
    arguments->scenario = arguments->changes.scenario_path;
    arguments->changes.scenario_path = NULL;
  }
  if (arguments->plan != NULL && !arguments->request.infer_goal)
    argp_error(state, "--goal is for a plan that is made; --plan names one that has a goal");
  if (arguments->timeline.report != NULL &&
      strcmp(arguments->timeline.report, arguments->output) == 0)
    argp_error(state, "answer and report cannot both go to \"%s\"", arguments->output);
  if (!arguments->has_draw && arguments->options.runs > 1)
    arguments->options.draw = BERTH_DRAW_RANDOM;
}

static void pass_inputs(struct argp_state *state, simulate_arguments *arguments) {
  state->child_inputs[0] = arguments != NULL ? &arguments->changes : NULL;
  state->child_inputs[1] = arguments != NULL ? &arguments->source : NULL;
  state->child_inputs[2] = arguments != NULL ? &arguments->timeline : NULL;
}

/* Remembers options that make no sense for a timeline. */
static void note_option(simulate_arguments *arguments, int key) {
  for (const struct argp_option *row = own_options; row->doc != NULL; row++)
    if (arguments->plan_option == NULL && row->key == key && key >= KEY_PLAN && key <= KEY_DELAY)
      arguments->plan_option = row->name;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  simulate_arguments *arguments = state->input;
  assert(arguments != NULL || key == ARGP_KEY_INIT); /* asked for help only */
  if (arguments != NULL)
    note_option(arguments, key);
  switch (key) {
  case ARGP_KEY_INIT:
    pass_inputs(state, arguments);
    return 0;
  case KEY_PLAN:
    arguments->plan = argument;
    return 0;
  case KEY_GOAL:
    if (!berth_goal_parse(argument, &arguments->request.goal))
      argp_error(state, "no goal \"%s\"; berth plan --help lists them", argument);
    arguments->request.infer_goal = false;
    return 0;
  case KEY_DRAW:
    if (!berth_draw_parse(argument, &arguments->options.draw))
      argp_error(state, "--draw is \"%s\"; there are expected, best, worst, random and extremes",
                 argument);
    arguments->has_draw = true;
    return 0;
  case KEY_RUNS:
    arguments->options.runs =
        option_take_number(state, "runs", argument, 1, BERTH_SIMULATION_RUNS_MAX);
    return 0;
  case KEY_DELAY:
    arguments->options.delay = option_take_number(state, "delay", argument, 0, INT32_MAX);
    return 0;
  case KEY_SEED:
    arguments->options.seed = (uint64_t)option_take_number(state, "seed", argument, 0, INT64_MAX);
    return 0;
  case KEY_FORMAT:
    parse_format(state, argument, &arguments->format);
    return 0;
  case 'o':
    arguments->output = argument;
    return 0;
  case ARGP_KEY_ARG:
    take_argument(state, arguments, argument);
    return 0;
  case ARGP_KEY_END:
    check_whole(state, arguments);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_simulate_arguments(void) {
  static const struct argp_child children[] = {{&command_changes_argp, 0, NULL, 0},
                                               {&command_source_argp, 0, NULL, 0},
                                               {&command_timeline_argp, 0, NULL, 0},
                                               {0}};
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY [SCENARIO]",
      "Carries a plan out and shows when each step really starts and ends: guests acknowledge when "
      "the scenario says, or when chance does. Every moment is checked anew. A SCENARIO with "
      "isolate, recover or reboot, or with at=\"SECONDS\" on any event but ack, is an HA timeline "
      "instead: what high availability notices when, what it restarts where, and for how long each "
      "VM is down."
      "\v"
      "Without a timeline, events of SCENARIO change the inventory before it is planned for, but "
      "for <ack vm=\"V\" after=\"SECONDS\"/>: the guest of V acknowledges so long after it is "
      "told. The exit status is 0 if nothing is broken at any moment and the plan does all that "
      "was "
      "asked, or if all VMs run at the end of the timeline (those that nobody restarts apart); "
      "else "
      "1.",
      children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- the scenario */

/* What changes the inventory goes to @p changes, what the guests do to @p acks. */
static int split(berth_context *ctx, const berth_scenario *scenario, berth_scenario *changes,
                 berth_scenario *acks) {
  for (uint32_t i = 0; i < berth_scenario_count(scenario); i++) {
    const berth_event *event = berth_scenario_event(scenario, i);
    berth_status status =
        berth_scenario_add(ctx, event->type == BERTH_EVENT_ACK ? acks : changes, event);
    if (status != BERTH_OK)
      return command_fail(ctx, status, false);
  }
  return COMMAND_DONE;
}

/* Appends what --fail and its like ask for, of the inventory as the scenario leaves it. */
static int add_options(berth_context *ctx, const simulate_arguments *arguments,
                       const berth_inventory *inventory, berth_scenario *changes) {
  const berth_inventory *changed = NULL;
  berth_scenario *more = NULL;
  berth_status status = berth_scenario_apply(ctx, inventory, changes, &changed);
  if (status != BERTH_OK)
    return command_fail(ctx, status, arguments->source.verbose);
  int exit_status =
      command_changes_build(ctx, &arguments->changes, changed, arguments->inventory, &more);
  for (uint32_t i = 0; more != NULL && i < berth_scenario_count(more) && status == BERTH_OK; i++)
    status = berth_scenario_add(ctx, changes, berth_scenario_event(more, i));
  if (exit_status == COMMAND_DONE && status != BERTH_OK)
    exit_status = command_fail(ctx, status, false);
  berth_scenario_free(more);
  berth_inventory_release(changed);
  return exit_status;
}

static int read_scenario(berth_context *ctx, const simulate_arguments *arguments,
                         berth_scenario **scenario) {
  berth_status status = arguments->scenario != NULL
                            ? berth_read_scenario(ctx, arguments->scenario, NULL, scenario)
                            : berth_scenario_new(ctx, scenario);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, arguments->source.verbose);
}

static int read_changes(berth_context *ctx, const simulate_arguments *arguments,
                        const berth_inventory *inventory, const berth_scenario *scenario,
                        berth_scenario *changes, berth_scenario *acks) {
  berth_status status = berth_scenario_set_name(ctx, changes, berth_scenario_name(scenario));
  if (status != BERTH_OK)
    return command_fail(ctx, status, arguments->source.verbose);
  int exit_status = split(ctx, scenario, changes, acks);
  if (exit_status == COMMAND_DONE)
    exit_status = add_options(ctx, arguments, inventory, changes);
  return exit_status;
}

/* ---------------------------------------------------------------------------- running */

static int make_plan(berth_context *ctx, simulate_arguments *arguments,
                     const berth_inventory *inventory, const berth_scenario *changes,
                     berth_plan **plan) {
  berth_status status;
  if (arguments->plan != NULL) {
    const berth_scenario *own = berth_scenario_count(changes) > 0 ? changes : NULL;
    status = berth_read_plan(ctx, arguments->plan, inventory, own, plan);
  } else {
    arguments->request.scenario = changes;
    command_watch(ctx);
    status = berth_solve(ctx, inventory, &arguments->request, NULL, plan);
    if (command_watch_end(ctx) && status == BERTH_OK)
      command_say("interrupted; this is the best plan so far");
  }
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, arguments->source.verbose);
}

static int simulate(berth_context *ctx, const simulate_arguments *arguments,
                    const berth_plan *plan) {
  berth_simulation *simulation = NULL;
  int exit_status = COMMAND_DONE;
  command_watch(ctx);
  berth_status status = berth_simulate_plan(ctx, plan, &arguments->options, &simulation);
  if (command_watch_end(ctx) && status == BERTH_OK)
    command_say("interrupted; these are the runs so far");
  if (status == BERTH_OK) {
    berth_text_style style = command_style(arguments->output);
    status =
        berth_write_simulation(ctx, plan, simulation, arguments->format, &style, arguments->output);
  }
  uint32_t left = berth_plan_unplaced_count(plan) + berth_plan_left_behind_count(plan);
  if (status != BERTH_OK)
    exit_status = command_fail(ctx, status, arguments->source.verbose);
  else if (left > 0 || berth_simulation_breach_count(simulation) > 0)
    exit_status = COMMAND_NOT_ALL;
  if (status == BERTH_OK && left > 0)
    command_say("the plan leaves %" PRIu32 " VM%s without a host or where they must not stay; "
                "berth plan says why",
                left, left == 1 ? "" : "s");
  berth_simulation_free(simulation);
  return exit_status;
}

static int carry_out(berth_context *ctx, simulate_arguments *arguments,
                     const berth_inventory *inventory, const berth_scenario *scenario) {
  berth_scenario *changes = NULL, *acks = NULL;
  berth_plan *plan = NULL;
  int exit_status;
  if (berth_scenario_new(ctx, &changes) != BERTH_OK || berth_scenario_new(ctx, &acks) != BERTH_OK) {
    exit_status = command_fail(ctx, BERTH_E_NOMEM, false);
    goto done;
  }
  exit_status = read_changes(ctx, arguments, inventory, scenario, changes, acks);
  if (exit_status == COMMAND_DONE)
    exit_status = make_plan(ctx, arguments, inventory, changes, &plan);
  if (exit_status != COMMAND_DONE)
    goto done;
  arguments->options.scenario = acks;
  exit_status = simulate(ctx, arguments, plan);
done:
  berth_plan_free(plan);
  berth_scenario_free(acks);
  berth_scenario_free(changes);
  return exit_status;
}

/* What --fail and its like ask for comes after the events of the scenario. */
static int run_timeline(berth_context *ctx, const simulate_arguments *arguments,
                        const berth_inventory *inventory, berth_scenario *scenario) {
  berth_scenario *more = NULL;
  berth_status status = BERTH_OK;
  if (arguments->plan_option != NULL) {
    command_say("--%s is for carrying out a plan; %s is an HA timeline", arguments->plan_option,
                arguments->scenario);
    return COMMAND_USAGE;
  }
  int exit_status =
      command_changes_build(ctx, &arguments->changes, inventory, arguments->inventory, &more);
  for (uint32_t i = 0; more != NULL && i < berth_scenario_count(more) && status == BERTH_OK; i++)
    status = berth_scenario_add(ctx, scenario, berth_scenario_event(more, i));
  if (status != BERTH_OK)
    exit_status = command_fail(ctx, status, false);
  if (exit_status == COMMAND_DONE)
    exit_status =
        command_timeline_run(ctx, &arguments->timeline, inventory, scenario, arguments->format,
                             arguments->output, arguments->source.verbose);
  berth_scenario_free(more);
  return exit_status;
}

static int run(berth_context *ctx, simulate_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  int exit_status = command_read(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = read_scenario(ctx, arguments, &scenario);
  if (exit_status != COMMAND_DONE)
    goto done;
  if (berth_scenario_is_timeline(scenario)) {
    exit_status = run_timeline(ctx, arguments, inventory, scenario);
  } else if (arguments->timeline.given != NULL) {
    command_say("--%s is for HA timelines; expected a SCENARIO with isolate, recover or reboot, or "
                "with at on an event",
                arguments->timeline.given);
    exit_status = COMMAND_USAGE;
  } else {
    exit_status = carry_out(ctx, arguments, inventory, scenario);
  }
done:
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_simulate(int argc, char **argv) {
  simulate_arguments arguments = {
      .request = BERTH_REQUEST_INIT, .options = BERTH_SIMULATION_OPTIONS_INIT, .output = "-"};
  int exit_status = COMMAND_INTERNAL;
  command_timeline_init(&arguments.timeline);
  error_t error = argp_parse(command_simulate_arguments(), argc, argv, 0, NULL, &arguments);
  berth_context *ctx = error == 0 ? command_context() : NULL;
  if (error != 0)
    command_say("%s", strerror(error));
  if (ctx != NULL)
    exit_status = run(ctx, &arguments);
  command_changes_free(&arguments.changes);
  berth_context_free(ctx);
  return exit_status;
}
