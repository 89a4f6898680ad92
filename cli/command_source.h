/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_source.h
 * The options that every command with an INVENTORY has, and reading it.
 */
#ifndef BERTH_CLI_COMMAND_SOURCE_H
#define BERTH_CLI_COMMAND_SOURCE_H

#include "command.h"

/** Values of the options. */
typedef struct command_source {
  berth_dialect dialect;
  bool verbose;
} command_source;

/** --from and --verbose; a child parser whose input is a command_source. */
extern const struct argp command_source_argp;

/** Reads @p paths and prints what was found on the way.
 *  @param[out] inventory owned by the caller. @return an exit status. */
int command_read(berth_context *ctx, const command_source *source, const char *const *paths,
                 uint32_t count, const berth_inventory **inventory);

#endif
