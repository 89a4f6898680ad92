/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_solving.h
 * The solving options of the library, on the command line.
 */
#ifndef BERTH_CLI_COMMAND_SOLVING_H
#define BERTH_CLI_COMMAND_SOLVING_H

#include "command.h"
#include <berth/option.h>

/** Where values go. */
typedef struct command_solving {
  berth_context *ctx; /* for messages */
  berth_options *options;
} command_solving;

/** A child parser whose input is a command_solving; made from the library's table. */
const struct argp *command_solving_argp(void);

#endif
