/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth audit: reads, audits, writes. Exit status: the worst that any failure comes to.
 */
#include "answer_command.h"
#include "audit_report.h"
#include "command_terminal.h"
#include "exit_status.h"
#include "option_value.h"
#include <assert.h>
#include <stddef.h>

enum { KEY_FAILURES = 0x500, KEY_DOMAIN };

enum { MOST_FAILURES = 64 };

typedef struct audit_arguments {
  answer_command common;
  berth_audit_request request;
} audit_arguments;

static_assert(offsetof(audit_arguments, common) == 0, "the parser's input is either");

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"failures", KEY_FAILURES, "K", 0, "sets of up to so many failures (default 1, at most 64)", 1},
    {"domain", KEY_DOMAIN, "host|chassis|rack|site", 0, "what fails as one (default host)", 1},
    {"time-limit", ANSWER_KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; what was not reached is undecided (default 60 s)", 1},
    {"threads", ANSWER_KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"format", ANSWER_KEY_FORMAT, "text|json|csv", 0,
     "form of the answer (default text); csv has a row for each host or domain", 2},
    {"report", ANSWER_KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with what each host comes to, and every pair", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
  audit_arguments *arguments = state->input;
  switch (key) {
  case KEY_FAILURES:
    arguments->request.failures =
        (uint32_t)option_take_number(state, "failures", argument, 0, MOST_FAILURES);
    return 0;
  case KEY_DOMAIN:
    arguments->request.domain = option_take_domain(state, argument);
    return 0;
  default:
    return answer_command_parse(state->input, key, argument, state);
  }
}

const struct argp *command_audit_arguments(void) {
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
      answer_command_children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- running */

static int write_answer(const answer_command *common, const audit_report *report) {
  const answer_writers answer = {report,
                                 audit_report_text,
                                 audit_report_json,
                                 audit_report_csv,
                                 audit_report_html,
                                 "Audit",
                                 berth_inventory_name(report->inventory)};
  return answer_write_both(common->ctx, common->output, common->form, common->report, &answer);
}

static int audit(const audit_arguments *arguments, const berth_inventory *inventory) {
  const answer_command *common = &arguments->common;
  berth_audit *result = NULL;
  berth_text_style style = command_style(common->output);
  command_watch(common->ctx);
  berth_status status = berth_audit_run(common->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(common->ctx) && status == BERTH_OK)
    command_say("interrupted; sets that were not reached are undecided");
  if (status != BERTH_OK)
    return command_fail(common->ctx, status, common->source.verbose);
  audit_report report = {.inventory = inventory,
                         .audit = result,
                         .failures = arguments->request.failures,
                         .domain = arguments->request.domain,
                         .width = style.width > 0 ? style.width : 100};
  int exit_status = write_answer(common, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_status_of_audit(result);
  berth_audit_free(result);
  return exit_status;
}

static int run(answer_command *common) {
  audit_arguments *arguments = (audit_arguments *)common;
  const berth_inventory *inventory = NULL;
  arguments->request.options = &common->options;
  int exit_status = command_read_changed(common->ctx, &common->source, &common->changes,
                                         common->inventory, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = audit(arguments, inventory);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_audit(int argc, char **argv) {
  audit_arguments arguments = {.request = BERTH_AUDIT_REQUEST_INIT};
  return answer_command_main(argc, argv, command_audit_arguments(), &arguments.common, NULL, run);
}
