/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth audit: reads, audits, writes. Exit status: the worst that any failure comes to.
 */
#include "audit_report.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include "command_terminal.h"
#include <berth/scenario.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FAILURES = 0x500, KEY_DOMAIN, KEY_FORMAT, KEY_TIME_LIMIT, KEY_THREADS };

enum { MOST_FAILURES = 64 };

typedef struct audit_arguments {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  const char *inventory, *output;
  berth_audit_request request;
  berth_options options;
  berth_format format;
} audit_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"failures", KEY_FAILURES, "K", 0, "sets of up to so many failures (default 1, at most 64)", 1},
    {"domain", KEY_DOMAIN, "host|chassis|rack|site", 0, "what fails as one (default host)", 1},
    {"time-limit", KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; what was not reached is undecided (default 60 s)", 1},
    {"threads", KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"format", KEY_FORMAT, "text|json", 0, "form of the answer (default text)", 2},
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
  if (strcmp(text, "text") != 0 && strcmp(text, "json") != 0)
    argp_error(state, "--format is \"%s\"; expected text or json", text);
  arguments->format = text[0] == 'j' ? BERTH_FORMAT_JSON : BERTH_FORMAT_TEXT;
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
  case ARGP_KEY_ARG:
    if (arguments->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    arguments->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->inventory == NULL)
      argp_error(state, "no INVENTORY given");
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

/* Lines that are longer than the page are broken at blanks, and go on set in. */
static void put_wrapped(FILE *out, const char *text, size_t width) {
  size_t indent = 0;
  while (*text != '\0') {
    size_t length = strcspn(text, "\n"), room = width > indent + 20 ? width - indent : 20;
    size_t take = length, own = indent == 0 ? strspn(text, " ") : 0;
    if (length > room) {
      for (take = room; take > own && text[take] != ' '; take--) {
      }
      take = take > own ? take : strcspn(text + own, " \n") + own;
    }
    fprintf(out, "%*s%.*s\n", (int)indent, "", (int)take, text);
    text += take;
    if (*text == ' ') {
      indent = indent > 0 ? indent : own + 2;
      text++;
    } else {
      indent = 0;
      text += *text == '\n';
    }
  }
}

static berth_status write_text(FILE *out, const audit_report *report) {
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL)
    return BERTH_E_NOMEM;
  audit_report_text(page, report);
  bool whole = fclose(page) == 0;
  if (whole)
    put_wrapped(out, text, report->width);
  free(text);
  return whole ? BERTH_OK : BERTH_E_NOMEM;
}

/* A device or a pipe is written to; a file is replaced when it is complete. */
static bool is_special(const char *path) {
  struct stat found;
  return stat(path, &found) == 0 && !S_ISREG(found.st_mode);
}

static int write_answer(const audit_arguments *arguments, const audit_report *report) {
  const char *output = arguments->output;
  bool to_stdout = strcmp(output, "-") == 0, beside = !to_stdout && !is_special(output);
  char path[PATH_MAX] = "";
  berth_status status = BERTH_OK;
  FILE *out = stdout;
  if (!to_stdout) {
    snprintf(path, sizeof path, "%.*s%s", PATH_MAX - 8, output, beside ? ".part" : "");
    if ((out = fopen(path, "w")) == NULL) {
      command_say("%s: %s", path, strerror(errno));
      return COMMAND_NO_OUTPUT;
    }
  }
  if (arguments->format == BERTH_FORMAT_JSON)
    audit_report_json(out, report);
  else
    status = write_text(out, report);
  bool cut = fflush(out) != 0 || ferror(out);
  if (!to_stdout)
    cut = fclose(out) != 0 || cut || status != BERTH_OK || (beside && rename(path, output) != 0);
  if (cut && status == BERTH_OK)
    command_say("%s: cannot be written: %s", output, strerror(errno));
  if (cut && beside)
    unlink(path);
  if (status != BERTH_OK)
    return command_fail(arguments->ctx, status, false);
  return cut ? COMMAND_OUTPUT_CUT : COMMAND_DONE;
}

static int exit_of(const berth_audit *audit) {
  switch (berth_audit_worst(audit)) {
  case BERTH_AUDIT_LOST:
    return COMMAND_NOT_ALL;
  case BERTH_AUDIT_UNDECIDED:
    return COMMAND_UNDECIDED;
  default:
    return COMMAND_DONE;
  }
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
    exit_status = exit_of(result);
  berth_audit_free(result);
  return exit_status;
}

static int run(audit_arguments *arguments) {
  const berth_inventory *inventory = NULL, *changed = NULL;
  berth_scenario *scenario = NULL;
  berth_context *ctx = arguments->ctx;
  int exit_status = command_read(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (exit_status != COMMAND_DONE)
    goto done;
  exit_status =
      command_changes_build(ctx, &arguments->changes, inventory, arguments->inventory, &scenario);
  if (exit_status != COMMAND_DONE)
    goto done;
  berth_status status = berth_scenario_apply(ctx, inventory, scenario, &changed);
  if (status != BERTH_OK) {
    exit_status = command_fail(ctx, status, arguments->source.verbose);
    goto done;
  }
  arguments->request.options = &arguments->options;
  exit_status = audit(arguments, changed);
done:
  berth_inventory_release(changed);
  berth_scenario_free(scenario);
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
