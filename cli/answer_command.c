/* SPDX-License-Identifier: Apache-2.0 */
/* The options of audit, capacity and power that are the same. */
#include "answer_command.h"

#include <string.h>

const struct argp_child answer_command_children[] = {
    {&command_changes_argp, 0, NULL, 0}, {&command_source_argp, 0, NULL, 0}, {0}};

void answer_command_option(answer_command *common, berth_option option, const char *text,
                           struct argp_state *state) {
  if (berth_options_parse(common->ctx, &common->options, option, text) != BERTH_OK)
    argp_error(state, "--%s", berth_context_detail(common->ctx));
}

static void check_whole(const answer_command *common, struct argp_state *state) {
  if (common->inventory == NULL)
    argp_error(state, "no INVENTORY given");
  if (common->report != NULL && strcmp(common->report, common->output) == 0)
    argp_error(state, "answer and report cannot both go to \"%s\"", common->report);
}

error_t answer_command_parse(answer_command *common, int key, char *argument,
                             struct argp_state *state) {
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = common != NULL ? &common->changes : NULL;
    state->child_inputs[1] = common != NULL ? &common->source : NULL;
    return 0;
  case ANSWER_KEY_TIME_LIMIT:
    answer_command_option(common, BERTH_OPTION_TIME_LIMIT, argument, state);
    return 0;
  case ANSWER_KEY_THREADS:
    answer_command_option(common, BERTH_OPTION_THREADS, argument, state);
    return 0;
  case ANSWER_KEY_FORMAT:
    if (!answer_form_parse(argument, &common->form))
      argp_error(state, "--format is \"%s\"; expected text, json or csv", argument);
    return 0;
  case ANSWER_KEY_REPORT:
    common->report = argument;
    return 0;
  case 'o':
    common->output = argument;
    return 0;
  case ARGP_KEY_ARG:
    if (common->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    common->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    check_whole(common, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

int answer_command_main(int argc, char **argv, const struct argp *argp, answer_command *common,
                        void (*begin)(answer_command *common), int (*run)(answer_command *common)) {
  int exit_status = COMMAND_INTERNAL;
  common->ctx = command_context();
  if (common->ctx == NULL)
    return exit_status;
  common->output = "-";
  berth_options_init(&common->options);
  if (begin != NULL)
    begin(common);
  const error_t error = argp_parse(argp, argc, argv, 0, NULL, common);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(common);
  command_changes_free(&common->changes);
  berth_context_free(common->ctx);
  return exit_status;
}
