/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_changes.h
 * What if, on the command line: --scenario, --maintenance, --fail and --fit become one scenario.
 */
#ifndef BERTH_CLI_COMMAND_CHANGES_H
#define BERTH_CLI_COMMAND_CHANGES_H

#include "command.h"
#include "command_source.h"

/** One --maintenance, --fail or --fit as it was given. */
typedef struct command_change {
  int key;
  char *argument;
} command_change;

/** Values of the options; `changes` is freed by command_changes_free(). */
typedef struct command_changes {
  const char *scenario_path; /* NULL = none */
  command_change *changes;   /* in the order given */
  size_t count;
} command_changes;

/** A child parser whose input is a command_changes. */
extern const struct argp command_changes_argp;

/** True if any of the options was given. */
bool command_changes_given(const command_changes *changes);

/** Reads and joins the changes: the scenario file first, then the others in the order given. Hosts
 *  are found by id or name in the inventory as the scenario file leaves it.
 *  @param[out] scenario owned by the caller; NULL if nothing was given. @return an exit status. */
int command_changes_build(berth_context *ctx, const command_changes *changes,
                          const berth_inventory *inventory, const char *inventory_path,
                          berth_scenario **scenario);

/** Reads the inventory at @p path and makes the changes. @param[out] changed owned by the caller;
 *  NULL unless all went well. @return an exit status. */
int command_read_changed(berth_context *ctx, const command_source *source,
                         const command_changes *changes, const char *path,
                         const berth_inventory **changed);

/** Name of the option that asked for a change: "fail". Static. */
const char *command_change_option(const command_change *change);

/** Harmless if nothing was parsed. */
void command_changes_free(command_changes *changes);

#endif
