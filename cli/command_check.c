/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth check: is this inventory valid, what stands in it, and what in it is probably not meant.
 * Requested VMs and violations come from the checker: it judges a plan that does nothing.
 */
#include "answer.h"
#include "check_report.h"
#include "command.h"
#include "command_source.h"
#include <berth/policy_lint.h>
#include <inttypes.h>
#include <string.h>

typedef struct check_arguments {
  command_source source;
  const char *inventory;
  uint64_t ignored; /* a bit each code */
  bool codes;       /* list them, and nothing else */
  answer_form form;
} check_arguments;

enum { OPTION_CODES = 256, OPTION_FORMAT };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Findings:", 10},
    {"ignore", 'i', "CODE", 0, "do not tell findings of this code; may be repeated", 10},
    {"format", OPTION_FORMAT, "text|json|csv", 0,
     "form of the answer (default text); json and csv have all findings, notes too", 10},
    {"codes", OPTION_CODES, NULL, 0, "list all codes and what they mean", 10},
    {0}};

/* ---------------------------------------------------------------------------- codes */

/* Letters at the start or at the end that two words share. */
static size_t likeness(const char *a, const char *b) {
  size_t start = 0, end = 0, length_a = strlen(a), length_b = strlen(b);
  while (a[start] != '\0' && a[start] == b[start])
    start++;
  while (end < length_a && end < length_b && a[length_a - 1 - end] == b[length_b - 1 - end])
    end++;
  return start > end ? start : end;
}

static void ignore(check_arguments *arguments, const char *word, struct argp_state *state) {
  berth_lint_code code, near = (berth_lint_code)0;
  if (berth_lint_parse(word, &code)) {
    arguments->ignored |= UINT64_C(1) << code;
    return;
  }
  for (int i = 1; i < BERTH_LINT_COUNT; i++)
    if (likeness(berth_lint_word((berth_lint_code)i), word) > likeness(berth_lint_word(near), word))
      near = (berth_lint_code)i;
  if (likeness(berth_lint_word(near), word) >= 4)
    argp_error(state, "no code \"%s\"; did you mean %s? --codes lists all", word,
               berth_lint_word(near));
  else
    argp_error(state, "no code \"%s\"; --codes lists all", word);
}

static int print_codes(void) {
  for (int i = 0; i < BERTH_LINT_COUNT; i++) {
    berth_lint_code code = (berth_lint_code)i;
    printf("%s: %s: %s\n", berth_lint_word(code),
           berth_lint_severity(code) == BERTH_NOTE ? "note" : "warning", berth_lint_meaning(code));
  }
  return COMMAND_DONE;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  check_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = arguments != NULL ? &arguments->source : NULL;
    return 0;
  case 'i':
    ignore(arguments, argument, state);
    return 0;
  case OPTION_CODES:
    arguments->codes = true;
    return 0;
  case OPTION_FORMAT:
    if (!answer_form_parse(argument, &arguments->form))
      argp_error(state, "--format is \"%s\"; expected text, json or csv", argument);
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    arguments->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->inventory == NULL && !arguments->codes)
      argp_error(state, "no INVENTORY given");
    if (arguments->inventory != NULL && arguments->codes)
      argp_error(state, "--codes takes no INVENTORY");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_check_arguments(void) {
  static const struct argp_child children[] = {{&command_source_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {
      options,
      parse,
      "INVENTORY",
      "Validates an inventory, sums it up, and points out what is probably not meant: rules in "
      "conflict, VMs that one host alone can hold, admission control that blocks maintenance, "
      "notifications that cannot work, hosts that cannot be woken."
      "\v"
      "Errors and warnings are lines on standard error, a warning with its code at the end; of "
      "each code ten are told, and all with --verbose. The exit status is 0 for a valid "
      "inventory, warnings or not, and 65 for one that is not valid.",
      children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- summary */

typedef struct cluster_span {
  uint32_t first_host, end_host, first_vm, end_vm;
} cluster_span;

static cluster_span span_of(const berth_inventory *inventory, uint32_t cluster) {
  return (cluster_span){berth_inventory_cluster_first_host(inventory, cluster),
                        berth_inventory_cluster_first_host(inventory, cluster + 1),
                        berth_inventory_cluster_first_vm(inventory, cluster),
                        berth_inventory_cluster_first_vm(inventory, cluster + 1)};
}

static void print_host_states(FILE *out, const berth_inventory *inventory,
                              const cluster_span *span) {
  uint32_t counts[BERTH_HOST_ISOLATED + 1] = {0};
  const char *separator = "";
  for (uint32_t host = span->first_host; host < span->end_host; host++)
    counts[berth_inventory_host_state(inventory, host)]++;
  fprintf(out, "  hosts   %" PRIu32, span->end_host - span->first_host);
  for (int state = 0; state <= BERTH_HOST_ISOLATED; state++)
    if (counts[state] > 0) {
      fprintf(out, "%s%" PRIu32 " %s", separator[0] == '\0' ? ": " : separator, counts[state],
              berth_host_state_word((berth_host_state)state));
      separator = ", ";
    }
  fputc('\n', out);
}

static void print_vm_states(FILE *out, const berth_inventory *inventory, const cluster_span *span) {
  uint32_t counts[BERTH_POWER_SUSPENDED + 1] = {0};
  for (uint32_t vm = span->first_vm; vm < span->end_vm; vm++)
    counts[berth_inventory_vm_power(inventory, vm)]++;
  fprintf(out, "  VMs     %" PRIu32 ": %" PRIu32 " on, %" PRIu32 " off, %" PRIu32 " suspended\n",
          span->end_vm - span->first_vm, counts[BERTH_POWER_ON], counts[BERTH_POWER_OFF],
          counts[BERTH_POWER_SUSPENDED]);
}

/* What all powered-on VMs reserve, and what the online hosts have; `limited` = all have a limit. */
static void print_resource(FILE *out, const berth_inventory *inventory, const cluster_span *span,
                           uint32_t resource) {
  static const char *const units[] = {" MHz", " MiB"};
  const char *unit = resource <= BERTH_RESOURCE_MEMORY ? units[resource] : "";
  int64_t demand = 0, capacity = 0;
  bool limited = true;
  for (uint32_t vm = span->first_vm; vm < span->end_vm; vm++)
    if (berth_inventory_vm_power(inventory, vm) == BERTH_POWER_ON)
      demand += berth_inventory_vm_demand(inventory, vm, resource);
  for (uint32_t host = span->first_host; host < span->end_host; host++) {
    int64_t amount = berth_inventory_host_capacity(inventory, host, resource);
    if (berth_inventory_host_state(inventory, host) != BERTH_HOST_ONLINE)
      continue;
    limited = limited && amount != BERTH_UNLIMITED;
    capacity += amount != BERTH_UNLIMITED ? amount : 0;
  }
  if (!limited || (demand == 0 && capacity == 0))
    return;
  fprintf(out, "  %-7s %" PRId64 " of %" PRId64 "%s demanded",
          berth_inventory_resource_name(inventory, resource), demand, capacity, unit);
  if (capacity > 0)
    fprintf(out, ", %" PRId64 " %%", (int64_t)((double)demand * 100.0 / (double)capacity));
  fputc('\n', out);
}

static void print_cluster(FILE *out, const berth_inventory *inventory, uint32_t cluster) {
  cluster_span span = span_of(inventory, cluster);
  fprintf(out, "cluster " INK_BOLD);
  answer_put_clean(out, berth_inventory_cluster_id(inventory, cluster));
  fprintf(out, INK_END "\n");
  print_host_states(out, inventory, &span);
  print_vm_states(out, inventory, &span);
  for (uint32_t i = 0; i < berth_inventory_resource_count(inventory); i++)
    print_resource(out, inventory, &span, i);
}

/* A plan without steps leaves everything as it is: its levels are what is wrong now. */
static berth_status judge_as_it_is(berth_context *ctx, const berth_inventory *inventory,
                                   check_sums *sums) {
  berth_plan *plan = NULL;
  berth_report *report = NULL;
  berth_status status = berth_plan_new(ctx, inventory, NULL, BERTH_GOAL_REPAIR, &plan);
  if (status == BERTH_OK)
    status = berth_verify(ctx, plan, &report);
  if (status == BERTH_OK) {
    berth_report_level(report, BERTH_LEVEL_VIOLATIONS, &sums->violations);
    berth_report_level(report, BERTH_LEVEL_UNPLACED, &sums->requested);
    berth_report_level(report, BERTH_LEVEL_SHOULD_BROKEN, &sums->broken);
  }
  berth_report_free(report);
  berth_plan_free(plan);
  return status;
}

static void print_summary(FILE *out, const void *what) {
  const check_report *report = what;
  const check_sums *sums = &report->sums;
  const char *name = berth_inventory_name(report->inventory);
  answer_put_clean(out, strcmp(report->path, "-") == 0 ? "standard input" : report->path);
  fprintf(out, INK_GOOD " is valid" INK_END "%s", name[0] != '\0' ? ": inventory \"" : "");
  answer_put_clean(out, name);
  fprintf(out, "%s\n", name[0] != '\0' ? "\"" : "");
  for (uint32_t c = 0; c < berth_inventory_cluster_count(report->inventory); c++)
    print_cluster(out, report->inventory, c);
  fprintf(out, "rules       %" PRId64 ", %" PRId64 " disabled, %" PRId64 " should rules broken\n",
          sums->rules, sums->disabled, sums->broken);
  fprintf(out, "requested   %" PRId64 " (VMs that wait for a host)\n", sums->requested);
  fprintf(out,
          "violations  %s%" PRId64 " (capacity, must rules, VMs on hosts they must leave)" INK_END
          "%s\n",
          sums->violations > 0 ? INK_BAD : "", sums->violations,
          sums->violations > 0 ? "; 'berth plan --goal repair' tells what can be mended" : "");
}

/* ---------------------------------------------------------------------------- findings */

static bool is_ignored(const check_arguments *arguments, const berth_problem *problem) {
  berth_lint_code code;
  return problem->code != NULL && berth_lint_parse(problem->code, &code) &&
         (arguments->ignored >> code & 1) != 0;
}

/* Tells, or collects for JSON, what the last call found, but for what is ignored. */
static void take_findings(const berth_context *ctx, const check_arguments *arguments,
                          check_findings *findings) {
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    if (is_ignored(arguments, problem))
      continue;
    if (arguments->form != ANSWER_TEXT)
      check_findings_add(findings, problem);
    else if (problem->severity != BERTH_NOTE || arguments->source.verbose)
      command_print_problem(problem);
  }
}

/* Large inventories have thousands of findings of the same few kinds. */
static berth_status look(berth_context *ctx, const check_arguments *arguments,
                         const berth_inventory *inventory) {
  berth_lint_request request = BERTH_LINT_REQUEST_INIT;
  request.source = arguments->inventory;
  request.ignored = arguments->ignored;
  if (arguments->source.verbose || arguments->form != ANSWER_TEXT)
    request.most = 0;
  berth_status status = berth_lint(ctx, inventory, &request);
  return status == BERTH_OK ? berth_lint_admission(ctx, inventory, &request) : status;
}

static berth_status sum_up(berth_context *ctx, const berth_inventory *inventory, check_sums *sums) {
  *sums = (check_sums){.rules = berth_inventory_rule_count(inventory)};
  for (uint32_t rule = 0; rule < sums->rules; rule++)
    sums->disabled += !berth_inventory_rule_enabled(inventory, rule);
  return judge_as_it_is(ctx, inventory, sums);
}

static int write_answer(berth_context *ctx, const check_arguments *arguments,
                        const check_report *report) {
  const answer_writers answer = {report, print_summary, check_report_json, check_report_csv, NULL,
                                 NULL,   NULL};
  return answer_write(ctx, "-", arguments->form, &answer);
}

static int run(berth_context *ctx, const check_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  check_findings findings = {.text = NULL};
  check_report report = {.path = arguments->inventory, .findings = &findings};
  int exit_status = COMMAND_DONE;
  berth_status status = BERTH_E_NOMEM;
  if (!check_findings_open(&findings, arguments->form == ANSWER_CSV))
    goto done;
  status = command_read_sources(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (status != BERTH_OK)
    goto done;
  take_findings(ctx, arguments, &findings);
  if ((status = look(ctx, arguments, inventory)) != BERTH_OK)
    goto done;
  take_findings(ctx, arguments, &findings);
  report.inventory = inventory;
  if ((status = sum_up(ctx, inventory, &report.sums)) != BERTH_OK)
    goto done;
  if (check_findings_complete(&findings))
    exit_status = write_answer(ctx, arguments, &report);
  else
    status = BERTH_E_NOMEM;
done:
  check_findings_close(&findings);
  berth_inventory_release(inventory);
  return status == BERTH_OK ? exit_status : command_fail(ctx, status, arguments->source.verbose);
}

int command_check(int argc, char **argv) {
  check_arguments arguments = {.inventory = NULL};
  int exit_status = COMMAND_INTERNAL;
  error_t error = argp_parse(command_check_arguments(), argc, argv, 0, NULL, &arguments);
  if (error == 0 && arguments.codes)
    return print_codes();
  berth_context *ctx = error == 0 ? command_context() : NULL;
  if (error != 0)
    command_say("%s", strerror(error));
  if (ctx != NULL)
    exit_status = run(ctx, &arguments);
  berth_context_free(ctx);
  return exit_status;
}
