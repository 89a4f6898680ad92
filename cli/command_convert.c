/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth convert: any dialect in, the native one out.
 */
#include "command.h"
#include "command_source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct convert_arguments {
  command_source source;
  const char **paths;
  uint32_t count;
  const char *output;
} convert_arguments;

enum { KEY_THIS_HOST = 0x200 };

static const struct argp_option own_options[] = {
    {"this-host", KEY_THIS_HOST, NULL, 0,
     "take the machine that the command runs on as a source, as hwloc sees it", 17},
    {"output", 'o', "INVENTORY", 0,
     "write to this file, which is replaced only by a complete inventory", 18},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
  convert_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    if (arguments == NULL) /* asked for help only */
      return 0;
    state->child_inputs[0] = &arguments->source;
    arguments->paths = calloc((size_t)state->argc + 1, sizeof *arguments->paths);
    return arguments->paths == NULL ? ENOMEM : 0;
  case 'o':
    arguments->output = argument;
    return 0;
  case KEY_THIS_HOST:
    arguments->paths[arguments->count++] = BERTH_SOURCE_THIS_HOST;
    return 0;
  case ARGP_KEY_ARG:
    arguments->paths[arguments->count++] = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->count == 0)
      argp_error(state, "no SOURCE given");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_convert_arguments(void) {
  static const struct argp_child children[] = {{&command_source_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {
      own_options,
      parse,
      "SOURCE...\n--this-host [SOURCE...]",
      "Reads inventories of any dialect, validates them and writes one native inventory."
      "\v"
      "Several sources of one dialect are merged; a directory of vim25 objects is one source. "
      "Sources "
      "of hwloc and OVF join any others. Of every source but native ones, standard error says what "
      "was read, what ignored, and what could not be known. Writing a converted inventory again "
      "gives the same bytes.",
      children,
      NULL,
      NULL};
  return &argp;
}

static int run(berth_context *ctx, const convert_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  int exit_status =
      command_read(ctx, &arguments->source, arguments->paths, arguments->count, &inventory);
  if (exit_status == COMMAND_DONE) {
    berth_status status = berth_write_inventory(ctx, inventory, arguments->output);
    if (status != BERTH_OK)
      exit_status = command_fail(ctx, status, arguments->source.verbose);
  }
  berth_inventory_release(inventory);
  return exit_status;
}

int command_convert(int argc, char **argv) {
  convert_arguments arguments = {.source.tells_sources = true, .output = "-"};
  int exit_status = COMMAND_INTERNAL;
  error_t error = argp_parse(command_convert_arguments(), argc, argv, 0, NULL, &arguments);
  berth_context *ctx = error == 0 ? command_context() : NULL;
  if (error != 0)
    command_say("%s", strerror(error));
  if (ctx != NULL)
    exit_status = run(ctx, &arguments);
  free((void *)arguments.paths);
  berth_context_free(ctx);
  return exit_status;
}
