/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth opennebula: a scheduler of OpenNebula. It reads the action that OpenNebula writes to a
 * driver's standard input, solves, and writes the plan to standard output. OpenNebula takes any
 * other status than 0 for a failure and drops the plan, so that VMs without a host are told on
 * standard error and are no failure.
 */
#include "command.h"
#include "command_source.h"
#include "command_terminal.h"
#include <berth/opennebula.h>
#include <berth/solve.h>
#include <inttypes.h>
#include <string.h>

enum { KEY_TIME_LIMIT = 0x780, KEY_THREADS, KEY_TARGET_CPU, KEY_TARGET_MEMORY };

enum { TIME_LIMIT = 10000, ANY_DISTANCE = 100 }; /* ms; points */

typedef struct opennebula_arguments {
  berth_context *ctx;
  berth_options options;
  berth_opennebula_task task;
  bool has_task, has_target_cpu, has_target_memory, verbose;
  const char *cluster, *action, *output;
} opennebula_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"time-limit", KEY_TIME_LIMIT, "DURATION", 0,
     "stop searching after this long and give the best plan so far (default 10 s)", 1},
    {"threads", KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"target-cpu", KEY_TARGET_CPU, "PERCENT", 0,
     "balancing: load of a host's CPU that is to be reached (default 5 points above the mean)", 1},
    {"target-memory", KEY_TARGET_MEMORY, "PERCENT", 0, "the same of its memory", 1},
    {"output", 'o', "FILE", 0, "write the plan there; - is standard output, the default", 2},
    {"verbose", 'v', NULL, 0, "print notes too, not only errors and warnings", 2},
    {0}};

static void parse_option(opennebula_arguments *arguments, berth_option option, const char *text,
                         struct argp_state *state) {
  if (berth_options_parse(arguments->ctx, &arguments->options, option, text) != BERTH_OK)
    argp_error(state, "--%s", berth_context_detail(arguments->ctx));
}

static void parse_task(opennebula_arguments *arguments, const char *word,
                       struct argp_state *state) {
  if (strcmp(word, "place") != 0 && strcmp(word, "optimize") != 0)
    argp_error(state, "no task \"%s\"; there are place and optimize", word);
  arguments->task = word[0] == 'p' ? BERTH_OPENNEBULA_PLACE : BERTH_OPENNEBULA_OPTIMIZE;
  arguments->has_task = true;
}

static void parse_argument(opennebula_arguments *arguments, const char *text,
                           struct argp_state *state) {
  if (!arguments->has_task)
    parse_task(arguments, text, state);
  else if (arguments->task == BERTH_OPENNEBULA_OPTIMIZE && arguments->cluster == NULL)
    arguments->cluster = text;
  else if (arguments->action == NULL)
    arguments->action = text;
  else
    argp_error(state, "one ACTION, not also \"%s\"", text);
}

static void check_arguments(opennebula_arguments *arguments, struct argp_state *state) {
  const char *cluster = arguments->cluster;
  if (!arguments->has_task)
    argp_error(state, "no task given; there are place and optimize");
  if (arguments->task == BERTH_OPENNEBULA_PLACE) {
    if (arguments->has_target_cpu || arguments->has_target_memory)
      argp_error(state, "--target-cpu and --target-memory go with optimize");
    return;
  }
  if (cluster == NULL)
    argp_error(state, "no CLUSTER_ID given");
  else if (cluster[0] == '\0' || cluster[strspn(cluster, "0123456789")] != '\0')
    argp_error(state, "CLUSTER_ID is \"%s\"; expected a number", cluster);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  opennebula_arguments *arguments = state->input;
  switch (key) {
  case KEY_TIME_LIMIT:
    parse_option(arguments, BERTH_OPTION_TIME_LIMIT, argument, state);
    return 0;
  case KEY_THREADS:
    parse_option(arguments, BERTH_OPTION_THREADS, argument, state);
    return 0;
  case KEY_TARGET_CPU:
    arguments->has_target_cpu = true;
    parse_option(arguments, BERTH_OPTION_TARGET_CPU, argument, state);
    return 0;
  case KEY_TARGET_MEMORY:
    arguments->has_target_memory = true;
    parse_option(arguments, BERTH_OPTION_TARGET_MEMORY, argument, state);
    return 0;
  case 'o':
    arguments->output = argument;
    return 0;
  case 'v':
    arguments->verbose = true;
    return 0;
  case ARGP_KEY_ARG:
    parse_argument(arguments, argument, state);
    return 0;
  case ARGP_KEY_END:
    check_arguments(arguments, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_opennebula_arguments(void) {
  static const struct argp argp = {
      own_options,
      parse,
      "place [ACTION]\noptimize CLUSTER_ID [ACTION]",
      "Is a scheduler of OpenNebula: reads a SCHEDULER_DRIVER_ACTION and writes the PLAN that "
      "answers it. To place is to find hosts, datastores and networks for the VMs that wait; to "
      "optimize is to balance or to pack a cluster, as its ONE_DRS says, by migrations."
      "\v"
      "ACTION is a file (gzip too), or - for standard input, the default. The exit status is 0 "
      "whenever a plan was written, even one without actions; why VMs are left without a host is "
      "told on standard error, which OpenNebula keeps in its log.",
      NULL,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- running */

/* The targets of a balance are the cluster's own mean, unless they are given. */
static void settle_options(opennebula_arguments *arguments,
                           const berth_opennebula_settings *settings) {
  int64_t *value = arguments->options.value;
  value[BERTH_OPTION_STRANDED_TOLERANCE] = ANY_DISTANCE;
  if (!arguments->has_target_cpu)
    value[BERTH_OPTION_TARGET_CPU] = settings->target_cpu;
  if (!arguments->has_target_memory)
    value[BERTH_OPTION_TARGET_MEMORY] = settings->target_memory;
}

static berth_goal goal_of(const opennebula_arguments *arguments,
                          const berth_opennebula_settings *settings) {
  if (arguments->task == BERTH_OPENNEBULA_PLACE)
    return BERTH_GOAL_PLACE;
  return settings->policy == BERTH_OPENNEBULA_PACK ? BERTH_GOAL_CONSOLIDATE : BERTH_GOAL_REBALANCE;
}

/* *plan stays NULL where there is nothing to plan. */
static berth_status solve(opennebula_arguments *arguments, const berth_opennebula_action *action,
                          berth_plan **plan) {
  const berth_opennebula_settings *settings = berth_opennebula_get_settings(action);
  const berth_inventory *inventory = berth_opennebula_inventory(action);
  berth_request request = BERTH_REQUEST_INIT;
  if (inventory == NULL || berth_inventory_vm_count(inventory) == 0)
    return BERTH_OK;
  settle_options(arguments, settings);
  request.infer_goal = false;
  request.goal = goal_of(arguments, settings);
  request.options = &arguments->options;
  command_watch(arguments->ctx);
  const berth_status status = berth_solve(arguments->ctx, inventory, &request, NULL, plan);
  if (command_watch_end(arguments->ctx) && status == BERTH_OK)
    command_say("interrupted; this is the best plan so far");
  return status;
}

static void tell_held_back(const opennebula_arguments *arguments,
                           const berth_opennebula_answer *answer) {
  if (answer->held_back > 0 && arguments->verbose)
    command_say("note: %" PRIu32 " of %" PRIu32 " migrations are held back: the cluster allows no "
                "more at once",
                answer->held_back, answer->held_back + answer->migrations);
}

static int answer_action(opennebula_arguments *arguments, const berth_opennebula_action *action) {
  berth_opennebula_answer answer = BERTH_OPENNEBULA_ANSWER_INIT;
  berth_context *ctx = arguments->ctx;
  berth_plan *plan = NULL;
  berth_status status = solve(arguments, action, &plan);
  if (status == BERTH_OK)
    status = berth_opennebula_write_plan(ctx, action, plan, arguments->output, &answer);
  int exit_status = COMMAND_DONE;
  if (status == BERTH_OK) {
    command_print_problems(ctx, arguments->verbose);
    tell_held_back(arguments, &answer);
  } else {
    exit_status = command_fail(ctx, status, arguments->verbose);
  }
  berth_plan_free(plan);
  return exit_status;
}

static int run(opennebula_arguments *arguments) {
  berth_opennebula_action *action = NULL;
  const char *path = arguments->action == NULL ? "-" : arguments->action;
  const berth_status status = berth_opennebula_read_action(arguments->ctx, path, arguments->task,
                                                           arguments->cluster, NULL, &action);
  if (status != BERTH_OK)
    return command_fail(arguments->ctx, status, arguments->verbose);
  command_print_problems(arguments->ctx, arguments->verbose);
  berth_context_clear(arguments->ctx);
  const int exit_status = answer_action(arguments, action);
  berth_opennebula_action_free(action);
  return exit_status;
}

int command_opennebula(int argc, char **argv) {
  opennebula_arguments arguments = {.output = "-"};
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  berth_options_init(&arguments.options);
  arguments.options.value[BERTH_OPTION_TIME_LIMIT] = TIME_LIMIT;
  error_t error = argp_parse(command_opennebula_arguments(), argc, argv, 0, NULL, &arguments);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(&arguments);
  berth_context_free(arguments.ctx);
  return exit_status;
}
