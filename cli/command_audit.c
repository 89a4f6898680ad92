/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth audit: reads, audits, writes. Exit status: the worst that any failure comes to.
 */
#include "answer.h"
#include "audit_report.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include "command_terminal.h"
#include "exit_status.h"
#include <berth/scenario.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_FAILURES = 0x500, KEY_DOMAIN, KEY_FORMAT, KEY_TIME_LIMIT, KEY_THREADS, KEY_REPORT };

enum { MOST_FAILURES = 64 };

typedef struct audit_arguments {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  const char *inventory, *output, *report; /* report: NULL = none */
  berth_audit_request request;
  berth_options options;
  answer_form form;
} audit_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"failures", KEY_FAILURES, "K", 0, "sets of up to so many failures (default 1, at most 64)", 1},
    {"domain", KEY_DOMAIN, "host|chassis|rack|site", 0, "what fails as one (default host)", 1},
    {"time-limit", KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; what was not reached is undecided (default 60 s)", 1},
    {"threads", KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"format", KEY_FORMAT, "text|json|csv", 0,
     "form of the answer (default text); csv has a row for each host or domain", 2},
    {"report", KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with what each host comes to, and every pair", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

static void parse_failures(audit_arguments *arguments, const char *text, struct argp_state *state) {
  char *end = NULL;
  long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || value < 0 || value > MOST_FAILURES)
    argp_error(state, "--failures is \"%s\"; expected a number from 0 to %d", text, MOST_FAILURES);
  arguments->request.failures = (uint32_t)value;
}

static void parse_domain(audit_arguments *arguments, const char *text, struct argp_state *state) {
  for (int d = 0; d < BERTH_DOMAIN_COUNT; d++) {
    if (strcmp(berth_domain_word((berth_domain)d), text) == 0) {
      arguments->request.domain = (berth_domain)d;
      return;
    }
  }
  argp_error(state, "--domain is \"%s\"; expected host, chassis, rack or site", text);
}

static void parse_format(audit_arguments *arguments, const char *text, struct argp_state *state) {
  if (!answer_form_parse(text, &arguments->form))
    argp_error(state, "--format is \"%s\"; expected text, json or csv", text);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  audit_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = arguments != NULL ? &arguments->changes : NULL;
    state->child_inputs[1] = arguments != NULL ? &arguments->source : NULL;
    return 0;
  case KEY_FAILURES:
    parse_failures(arguments, argument, state);
    return 0;
  case KEY_DOMAIN:
    parse_domain(arguments, argument, state);
    return 0;
  case KEY_FORMAT:
    parse_format(arguments, argument, state);
    return 0;
  case KEY_TIME_LIMIT:
  case KEY_THREADS:
    if (berth_options_parse(arguments->ctx, &arguments->options,
                            key == KEY_THREADS ? BERTH_OPTION_THREADS : BERTH_OPTION_TIME_LIMIT,
                            argument) != BERTH_OK)
      argp_error(state, "--%s", berth_context_detail(arguments->ctx));
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
      argp_error(state, "answer and report cannot both go to \"%s\"", arguments->report);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_audit_arguments(void) {
  static const struct argp_child children[] = {
      {&command_changes_argp, 0, NULL, 0}, {&command_source_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY",
      "Says which failures a cluster survives: for every set of up to K hosts (or chassis, racks, "
      "sites) whether every VM that is to be restarted finds a host, by restarts alone, or once "
      "standby hosts are woken or running VMs are moved. Beside it the figures of admission "
      "control, and where they promise what is not so."
      "\v"
      "The exit status is 0 if every set is survived, 1 if VMs are lost with one, 2 if one is not "
      "decided within the limits. The what-if options change the inventory first.",
      children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- output */

static int write_answer(const audit_arguments *arguments, const audit_report *report) {
  const answer_writers answer = {report,
                                 audit_report_text,
                                 audit_report_json,
                                 audit_report_csv,
                                 audit_report_html,
                                 "Audit",
                                 berth_inventory_name(report->inventory)};
  return answer_write_both(arguments->ctx, arguments->output, arguments->form, arguments->report,
                           &answer);
}

/* ---------------------------------------------------------------------------- running */

static int audit(const audit_arguments *arguments, const berth_inventory *inventory) {
  berth_audit *result = NULL;
  berth_text_style style = command_style(arguments->output);
  command_watch(arguments->ctx);
  berth_status status = berth_audit_run(arguments->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(arguments->ctx) && status == BERTH_OK)
    command_say("interrupted; sets that were not reached are undecided");
  if (status != BERTH_OK)
    return command_fail(arguments->ctx, status, arguments->source.verbose);
  audit_report report = {.inventory = inventory,
                         .audit = result,
                         .failures = arguments->request.failures,
                         .domain = arguments->request.domain,
                         .width = style.width > 0 ? style.width : 100};
  int exit_status = write_answer(arguments, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_status_of_audit(result);
  berth_audit_free(result);
  return exit_status;
}

static int run(audit_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  arguments->request.options = &arguments->options;
  int exit_status = command_read_changed(arguments->ctx, &arguments->source, &arguments->changes,
                                         arguments->inventory, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = audit(arguments, inventory);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_audit(int argc, char **argv) {
  audit_arguments arguments = {.output = "-", .request = BERTH_AUDIT_REQUEST_INIT};
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  berth_options_init(&arguments.options);
  error_t error = argp_parse(command_audit_arguments(), argc, argv, 0, NULL, &arguments);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(&arguments);
  command_changes_free(&arguments.changes);
  berth_context_free(arguments.ctx);
  return exit_status;
}
