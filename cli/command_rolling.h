/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_rolling.h
 * berth plan --rolling N: all hosts of an inventory, round by round.
 */
#ifndef BERTH_CLI_COMMAND_ROLLING_H
#define BERTH_CLI_COMMAND_ROLLING_H

#include "command.h"
#include <berth/rolling.h>

/** An argp child of berth plan whose input is a berth_rolling_request; at_once stays 0 unless
 *  --rolling was given. */
extern const struct argp command_rolling_argp;

/** Plans and writes. @param format text or JSON. @return an exit status. */
int command_rolling(berth_context *ctx, const berth_inventory *inventory,
                    const berth_rolling_request *request, berth_format format, const char *output,
                    bool verbose);

#endif
