/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an inventory comes from.
 */
#include "command_source.h"

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Input and messages:", 20},
    {"from", 'f', "DIALECT", 0, "dialect of the inventory: auto (default), native or vim25", 20},
    {"verbose", 'v', NULL, 0, "print notes too, not only errors and warnings", 20},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
  command_source *source = state->input;
  if (key == 'v') {
    source->verbose = true;
    return 0;
  }
  if (key != 'f')
    return ARGP_ERR_UNKNOWN;
  if (!berth_dialect_parse(argument, &source->dialect))
    argp_error(state, "no dialect \"%s\"; berth convert --help lists them", argument);
  return 0;
}

const struct argp command_source_argp = {.options = options, .parser = parse};

int command_read(berth_context *ctx, const command_source *source, const char *const *paths,
                 uint32_t count, const berth_inventory **inventory) {
  berth_status status = berth_read_inventory(ctx, paths, count, source->dialect, NULL, inventory);
  if (status != BERTH_OK)
    return command_fail(ctx, status, source->verbose);
  command_print_problems(ctx, source->verbose);
  berth_context_clear(ctx);
  return COMMAND_DONE;
}
