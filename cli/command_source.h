/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_source.h
 * The options that every command with an INVENTORY has, and reading it.
 */
#ifndef BERTH_CLI_COMMAND_SOURCE_H
#define BERTH_CLI_COMMAND_SOURCE_H

#include "command.h"

enum { COMMAND_APPLIANCES_MAX = 64 };

/** Values of the options. */
typedef struct command_source {
  berth_dialect dialect;
  bool verbose;
  bool tells_sources; /* print what became of each source, even if not verbose */
  const char *appliances[COMMAND_APPLIANCES_MAX];
  uint32_t appliance_count;
  const char *into; /* NULL = the only cluster */
  bool has_host_notify_timeout;
  int64_t host_notify_timeout;
} command_source;

/** --from, --appliance, --into, --host-notify-timeout and --verbose; a child parser whose input is
 * a command_source. */
extern const struct argp command_source_argp;

/** Reads @p paths and the appliances. @param[out] inventory owned by the caller. */
berth_status command_read_sources(berth_context *ctx, const command_source *source,
                                  const char *const *paths, uint32_t count,
                                  const berth_inventory **inventory);

/** Reads @p paths and the appliances, and prints what was found on the way.
 *  @param[out] inventory owned by the caller. @return an exit status. */
int command_read(berth_context *ctx, const command_source *source, const char *const *paths,
                 uint32_t count, const berth_inventory **inventory);

#endif
