/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth help: the same as --help. What the build installs comes from here too: manual pages with
 * the hidden --man, completion for shells; so does the manual's reference.
 */
#include "command.h"
#include "completion.h"
#include "manual_page.h"
#include "reference_page.h"
#include <string.h>

enum { KEY_MAN = 0x200, KEY_COMPLETION, KEY_REFERENCE };

typedef struct help_arguments {
  const char *topic, *shell;
  bool man, reference;
} help_arguments;

static const struct argp_option own_options[] = {
    {"completion", KEY_COMPLETION, "bash|zsh", 0, "write a script that completes command lines", 1},
    {"reference", KEY_REFERENCE, NULL, OPTION_HIDDEN, "write the manual's reference", 0},
    {"man", KEY_MAN, NULL, OPTION_HIDDEN, "write the manual page in roff", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
  help_arguments *arguments = state->input;
  switch (key) {
  case KEY_MAN:
    arguments->man = true;
    return 0;
  case KEY_REFERENCE:
    arguments->reference = true;
    return 0;
  case KEY_COMPLETION:
    if (strcmp(argument, "bash") != 0 && strcmp(argument, "zsh") != 0)
      argp_error(state, "no completion for \"%s\"; there are bash and zsh", argument);
    arguments->shell = argument;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->topic != NULL)
      argp_error(state, "one COMMAND, not also \"%s\"", argument);
    arguments->topic = argument;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_help_arguments(void) {
  static const struct argp argp = {own_options,
                                   parse,
                                   "[COMMAND]",
                                   "Explains a command, as COMMAND --help does; without one, "
                                   "lists them.",
                                   NULL,
                                   NULL,
                                   NULL};
  return &argp;
}

static const command *find_command(const char *name) {
  for (const command *row = command_table(); row->name != NULL; row++)
    if (strcmp(row->name, name) == 0)
      return row;
  return NULL;
}

int command_help(int argc, char **argv) {
  help_arguments arguments = {.topic = NULL};
  char name[40];
  error_t error = argp_parse(command_help_arguments(), argc, argv, 0, NULL, &arguments);
  if (error == 0 && arguments.shell != NULL)
    return completion_write(arguments.shell, stdout) ? COMMAND_DONE : COMMAND_USAGE;
  if (error == 0 && arguments.reference) {
    reference_page(stdout);
    return COMMAND_DONE;
  }
  if (error != 0 || (arguments.topic == NULL && !arguments.man)) {
    command_say("no COMMAND given; 'berth --help' lists them");
    return COMMAND_USAGE;
  }
  if (arguments.topic == NULL) {
    manual_page_of_all(stdout);
    return COMMAND_DONE;
  }
  const command *row = find_command(arguments.topic);
  if (row == NULL) {
    command_say("no command \"%s\"; 'berth --help' lists them", arguments.topic);
    return COMMAND_USAGE;
  }
  snprintf(name, sizeof name, "berth %s", row->name);
  if (arguments.man)
    manual_page_of_command(row, stdout);
  else
    argp_help(row->arguments(), stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK, name);
  return COMMAND_DONE;
}
