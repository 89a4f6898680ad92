/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth verify: reads a plan, ours or anybody's, and says whether it holds.
 */
#include "answer.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include <inttypes.h>
#include <string.h>

typedef struct verify_arguments {
  command_source source;
  command_changes changes;
  const char *inventory, *plan;
} verify_arguments;

static error_t parse(int key, char *argument, struct argp_state *state) {
  verify_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = arguments != NULL ? &arguments->changes : NULL;
    state->child_inputs[1] = arguments != NULL ? &arguments->source : NULL;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->plan != NULL)
      argp_error(state, "one INVENTORY and one PLAN, not also \"%s\"", argument);
    *(arguments->inventory == NULL ? &arguments->inventory : &arguments->plan) = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->plan == NULL)
      argp_error(state, "%s given", arguments->inventory == NULL ? "no INVENTORY" : "no PLAN");
    else if (strcmp(arguments->inventory, "-") == 0 && strcmp(arguments->plan, "-") == 0)
      argp_error(state, "standard input cannot be both INVENTORY and PLAN");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_verify_arguments(void) {
  static const struct argp_child children[] = {
      {&command_changes_argp, 0, NULL, 0}, {&command_source_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {
      NULL,
      parse,
      "INVENTORY PLAN",
      "Checks a plan in JSON against the inventory it was made for: the end state, every state on "
      "the way for every order and timing that the steps allow, all values and times."
      "\v"
      "The scenario that the plan carries is applied to INVENTORY first; the what-if options take "
      "its place. Nothing in the plan is trusted. The exit status is 0 if the plan holds and 1 if "
      "it does not; each fault is a line on standard output. Of a plan that holds, the lines below "
      "say which bounds are zero, which follow from its certificates, and which only a search "
      "could confirm.",
      children,
      NULL,
      NULL};
  return &argp;
}

static void print_fault(FILE *out, const berth_fault *fault) {
  if (fault->step > 0)
    fprintf(out, "  step %" PRIu32 ": ", fault->step);
  else
    fprintf(out, "  ");
  fprintf(out, "%s: ", berth_fault_word(fault->kind));
  answer_put_clean(out, fault->text);
  fprintf(out, "\n");
}

/* "  certified: hosts.on 2, migrations 1": what stands behind the bounds of the levels. */
static void print_proofs(FILE *out, const berth_plan *plan, const berth_report *report,
                         berth_proof proof) {
  bool any = false;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    berth_proof found;
    if (!berth_report_proof(report, level->level, &found) || found != proof)
      continue;
    if (any)
      fprintf(out, ", %s", berth_level_name(level->level));
    else
      fprintf(out, "  %s: %s", berth_proof_word(proof), berth_level_name(level->level));
    if (proof != BERTH_PROOF_ZERO)
      fprintf(out, " %" PRId64, level->bound);
    any = true;
  }
  if (any)
    fprintf(out, "\n");
}

/* What is told. */
typedef struct verdict {
  const char *path;
  const berth_plan *plan;
  const berth_report *report;
} verdict;

static void print_verdict(FILE *out, const void *what) {
  const verdict *of = what;
  uint32_t faults = berth_report_count(of->report), steps = berth_plan_step_count(of->plan);
  answer_put_clean(out, of->path);
  if (faults == 0)
    fprintf(out, INK_GOOD " holds" INK_END ": %s, %s, %" PRIu32 " step%s\n",
            berth_goal_word(berth_plan_goal(of->plan)),
            berth_outcome_word(berth_plan_status(of->plan)), steps, answer_plural(steps));
  else
    fprintf(out, INK_BAD " does not hold" INK_END ": %" PRIu32 " fault%s\n", faults,
            answer_plural(faults));
  for (uint32_t i = 0; i < faults; i++)
    print_fault(out, berth_report_fault(of->report, i));
  for (int proof = 0; proof < BERTH_PROOF_COUNT && faults == 0; proof++)
    print_proofs(out, of->plan, of->report, (berth_proof)proof);
}

static int verify_plan(berth_context *ctx, const char *path, const berth_plan *plan) {
  berth_report *report = NULL;
  berth_status status = berth_verify(ctx, plan, &report);
  if (status != BERTH_OK)
    return command_fail(ctx, status, false);
  const verdict told = {path, plan, report};
  const answer_writers answer = {.what = &told, .text = print_verdict};
  int exit_status = answer_write(ctx, "-", ANSWER_TEXT, &answer);
  if (exit_status == COMMAND_DONE && berth_report_count(report) > 0)
    exit_status = COMMAND_NOT_ALL;
  berth_report_free(report);
  return exit_status;
}

static int run(berth_context *ctx, const verify_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  berth_status status = BERTH_OK;
  int exit_status = command_read(ctx, &arguments->source, &arguments->inventory, 1, &inventory);
  if (exit_status != COMMAND_DONE)
    goto done;
  exit_status =
      command_changes_build(ctx, &arguments->changes, inventory, arguments->inventory, &scenario);
  if (exit_status != COMMAND_DONE)
    goto done;
  if ((status = berth_read_plan(ctx, arguments->plan, inventory, scenario, &plan)) != BERTH_OK) {
    exit_status = command_fail(ctx, status, arguments->source.verbose);
    goto done;
  }
  command_print_problems(ctx, arguments->source.verbose);
  exit_status = verify_plan(ctx, arguments->plan, plan);
done:
  berth_plan_free(plan);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_verify(int argc, char **argv) {
  verify_arguments arguments = {.plan = NULL};
  int exit_status = COMMAND_INTERNAL;
  error_t error = argp_parse(command_verify_arguments(), argc, argv, 0, NULL, &arguments);
  berth_context *ctx = error == 0 ? command_context() : NULL;
  if (error != 0)
    command_say("%s", strerror(error));
  if (ctx != NULL)
    exit_status = run(ctx, &arguments);
  command_changes_free(&arguments.changes);
  berth_context_free(ctx);
  return exit_status;
}
