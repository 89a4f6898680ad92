/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth batch: one question about many inventories. Options and arguments are collected here; what
 * is done with them stands in batch_carry_out.c.
 */
#include "batch_carry_out.h"
#include "command_solving.h"
#include "option_value.h"
#include <berth/scenario.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_ASK = 0xa00,
  KEY_BRIEF,
  KEY_GOAL,
  KEY_FAILURES,
  KEY_DOMAIN,
  KEY_FILES_FROM,
  KEY_EACH_DIRECTORY,
  KEY_ORDER,
  KEY_RESTART,
  KEY_REPORT,
  KEY_REPORTS
};

enum { MOST_FAILURES = 64, MOST_JOBS = 1024 };

/* Where inventories come from, in the order given. */
typedef struct batch_source {
  const char *text;
  bool is_list;
} batch_source;

typedef struct batch_arguments {
  berth_context *ctx;
  batch_question question;
  batch_task task;
  command_solving solving;
  batch_inputs inputs;
  batch_source *sources; /* owned */
  size_t source_count;
  char separator; /* of lists */
  bool has_goal, has_audit_option;
} batch_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Question:", 1},
    {"ask", KEY_ASK, "plan|audit", 0, "what is asked of each inventory (default plan)", 1},
    {"goal", KEY_GOAL, "failover|evacuate|repair|place|defragment|consolidate|rebalance", 0,
     "plan: what counts first; inferred for each inventory without it", 1},
    {"failures", KEY_FAILURES, "K", 0, "audit: sets of up to so many failures (default 1)", 1},
    {"domain", KEY_DOMAIN, "host|chassis|rack|site", 0, "audit: what fails as one (default host)",
     1},
    {NULL, 0, NULL, 0, "Inventories:", 2},
    {"files-from", KEY_FILES_FROM, "FILE", 0,
     "their paths stand in FILE, one a line; - is standard input", 2},
    {"null", '0', NULL, 0, "lists of paths are parted by NUL, as find -print0 does", 2},
    {"each-directory", KEY_EACH_DIRECTORY, NULL, 0,
     "a directory is one inventory (of vim25 objects, say), not a folder of inventories", 2},
    {NULL, 0, NULL, 0, "Course:", 3},
    {"jobs", 'j', "N", 0, "inventories at the same time; 0 = one for each core, the default", 3},
    {"restart", KEY_RESTART, NULL, 0, "throw away what an earlier run has done, and begin anew", 3},
    {NULL, 0, NULL, 0, "Output:", 18},
    {"output", 'o', "FILE", 0,
     "write the results there; - is standard output, the default, which cannot be resumed", 18},
    {"order", KEY_ORDER, "input|done", 0,
     "lines in the order of the inventories (default), or as they are done", 18},
    {"brief", KEY_BRIEF, NULL, 0, "lines have the summary alone, not plan or audit", 18},
    {"report", KEY_REPORT, "FILE", 0, "write a page too: one HTML file with the whole in figures",
     18},
    {"reports", KEY_REPORTS, "FOLDER", 0, "write a page for each inventory into FOLDER", 18},
    {0}};

static void parse_ask(batch_arguments *a, const char *text, struct argp_state *state) {
  for (int i = 0; i < BATCH_ASK_COUNT; i++) {
    if (strcmp(batch_ask_word((batch_ask)i), text) == 0) {
      a->question.ask = (batch_ask)i;
      return;
    }
  }
  argp_error(state, "--ask is \"%s\"; expected plan or audit", text);
}

static void parse_question(int key, batch_arguments *a, const char *text,
                           struct argp_state *state) {
  switch (key) {
  case KEY_ASK:
    parse_ask(a, text, state);
    return;
  case KEY_GOAL:
    if (!berth_goal_parse(text, &a->question.plan.goal))
      argp_error(state, "no goal \"%s\"; --help lists them", text);
    a->question.plan.infer_goal = false;
    a->has_goal = true;
    return;
  case KEY_FAILURES:
    a->question.audit.failures =
        (uint32_t)option_take_number(state, "failures", text, 0, MOST_FAILURES);
    a->has_audit_option = true;
    return;
  case KEY_DOMAIN:
    a->question.audit.domain = option_take_domain(state, text);
    a->has_audit_option = true;
    return;
  default:
    a->question.brief = true;
  }
}

static void parse_course(int key, batch_arguments *a, const char *text, struct argp_state *state) {
  switch (key) {
  case 'j':
    a->task.jobs = (uint32_t)option_take_number(state, "jobs", text, 0, MOST_JOBS);
    return;
  case KEY_RESTART:
    a->task.restart = true;
    return;
  case KEY_ORDER:
    a->task.by_item = strcmp(text, "input") == 0;
    if (!a->task.by_item && strcmp(text, "done") != 0)
      argp_error(state, "--order is \"%s\"; expected input or done", text);
    return;
  case 'o':
    a->task.output = text;
    return;
  case KEY_REPORT:
    a->task.page = text;
    return;
  default:
    a->question.pages = text;
  }
}

static void add_source(batch_arguments *a, const char *text, bool is_list) {
  a->sources[a->source_count++] = (batch_source){text, is_list};
}

static void check_together(const batch_arguments *a, struct argp_state *state) {
  int lists = 0;
  for (size_t i = 0; i < a->source_count; i++)
    lists += a->sources[i].is_list && strcmp(a->sources[i].text, "-") == 0;
  if (a->source_count == 0)
    argp_error(state, "no INVENTORY given");
  if (lists > 1)
    argp_error(state, "standard input can be read once");
  if (a->question.ask == BATCH_ASK_AUDIT && a->has_goal)
    argp_error(state, "--goal is of plans; expected none with --ask audit");
  if (a->question.ask == BATCH_ASK_PLAN && a->has_audit_option)
    argp_error(state, "--failures and --domain are of audits; expected --ask audit");
  if (a->task.page != NULL && strcmp(a->task.page, a->task.output) == 0)
    argp_error(state, "results and report cannot both go to \"%s\"", a->task.page);
  if (a->task.restart && strcmp(a->task.output, "-") == 0)
    argp_error(state, "--restart is about a file of results; expected -o FILE");
}

static error_t begin_parsing(struct argp_state *state, batch_arguments *a) {
  if (a == NULL) /* asked for help only */
    return 0;
  a->solving = (command_solving){a->ctx, &a->question.options};
  state->child_inputs[0] = &a->solving;
  state->child_inputs[1] = &a->question.changes;
  state->child_inputs[2] = &a->question.source;
  a->sources = calloc((size_t)state->argc + 1, sizeof *a->sources);
  return a->sources != NULL ? 0 : ENOMEM;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  batch_arguments *a = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    return begin_parsing(state, a);
  case KEY_ASK:
  case KEY_GOAL:
  case KEY_FAILURES:
  case KEY_DOMAIN:
  case KEY_BRIEF:
    parse_question(key, a, argument, state);
    return 0;
  case 'j':
  case KEY_RESTART:
  case KEY_ORDER:
  case 'o':
  case KEY_REPORT:
  case KEY_REPORTS:
    parse_course(key, a, argument, state);
    return 0;
  case '0':
    a->separator = '\0';
    return 0;
  case KEY_EACH_DIRECTORY:
    a->inputs.each_directory = true;
    return 0;
  case KEY_FILES_FROM:
    add_source(a, argument, true);
    return 0;
  case ARGP_KEY_ARG:
    add_source(a, argument, strcmp(argument, "-") == 0);
    return 0;
  case ARGP_KEY_END:
    check_together(a, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_batch_arguments(void) {
  static struct argp_child children[4];
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY...",
      "Asks one question about each of many inventories, and writes a line of JSON for each. An "
      "inventory that is not valid, or not there, is a line too and stops nothing. What is cut "
      "off, however it ends, is taken up where it was by the same command."
      "\v"
      "INVENTORY is a file, a directory (all *.xml and *.xml.gz below it), a pattern that the "
      "shell has left, or - for a list of these on standard input. Lines depend on inventory and "
      "question only, so that a batch that was resumed has the same bytes as one that was not, as "
      "far as no time limit ends a search; --time-limit is that of one inventory, reading "
      "included, and --threads, 1 unless given, are those of one inventory. The exit status is "
      "that of the gravest line.",
      children,
      NULL,
      NULL};
  children[0] = (struct argp_child){command_solving_argp(), 0, NULL, 0};
  children[1] = (struct argp_child){&command_changes_argp, 0, NULL, 0};
  children[2] = (struct argp_child){&command_source_argp, 0, NULL, 0};
  return &argp;
}

/* ---------------------------------------------------------------------------- running */

static int read_list(batch_arguments *a, const char *name) {
  bool is_input = strcmp(name, "-") == 0;
  FILE *list = is_input ? stdin : fopen(name, "r");
  if (list == NULL) {
    command_say("%s: %s", name, strerror(errno));
    return COMMAND_NO_INPUT;
  }
  bool read = batch_inputs_add_list(&a->inputs, list, name, a->separator);
  if (!is_input)
    (void)fclose(list);
  return read ? COMMAND_DONE : COMMAND_NO_INPUT;
}

static int gather(batch_arguments *a) {
  int exit_status = COMMAND_DONE;
  for (size_t i = 0; i < a->source_count && exit_status == COMMAND_DONE; i++) {
    if (a->sources[i].is_list)
      exit_status = read_list(a, a->sources[i].text);
    else if (!batch_inputs_add(&a->inputs, a->sources[i].text))
      exit_status = COMMAND_INTERNAL;
  }
  if (exit_status == COMMAND_DONE && a->inputs.count == 0) {
    command_say("no inventories: nothing is to be asked");
    exit_status = COMMAND_NO_INPUT;
  }
  return exit_status;
}

/* A document that no inventory can suit is told once, before all. */
static int try_scenario(const batch_arguments *a) {
  berth_scenario *scenario = NULL;
  if (a->question.changes.scenario_path == NULL)
    return COMMAND_DONE;
  berth_status status =
      berth_read_scenario(a->ctx, a->question.changes.scenario_path, NULL, &scenario);
  berth_scenario_free(scenario);
  return status == BERTH_OK ? COMMAND_DONE
                            : command_fail(a->ctx, status, a->question.source.verbose);
}

static int run(batch_arguments *a) {
  a->task.question = &a->question;
  a->task.inputs = &a->inputs;
  if (a->question.source.appliance_count > 0 && a->question.ask == BATCH_ASK_PLAN && !a->has_goal) {
    a->question.plan.goal = BERTH_GOAL_PLACE; /* as berth plan takes it */
    a->question.plan.infer_goal = false;
  }
  int exit_status = try_scenario(a);
  if (exit_status == COMMAND_DONE)
    exit_status = gather(a);
  return exit_status == COMMAND_DONE ? batch_carry_out(a->ctx, &a->task) : exit_status;
}

int command_batch(int argc, char **argv) {
  batch_arguments arguments = {
      .question = {.plan = BERTH_REQUEST_INIT, .audit = BERTH_AUDIT_REQUEST_INIT},
      .task = {.output = "-", .by_item = true},
      .separator = '\n'};
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  berth_options_init(&arguments.question.options);
  arguments.question.options.value[BERTH_OPTION_THREADS] = 1;
  error_t error =
      argp_parse(command_batch_arguments(), argc, argv, ARGP_IN_ORDER, NULL, &arguments);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(&arguments);
  free(arguments.sources);
  batch_inputs_free(&arguments.inputs);
  command_changes_free(&arguments.question.changes);
  berth_context_free(arguments.ctx);
  return exit_status;
}
