/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exit_status.h
 * What the exit statuses of the command mean.
 */
#ifndef BERTH_CLI_EXIT_STATUS_H
#define BERTH_CLI_EXIT_STATUS_H

#include "command.h"

typedef struct exit_status_row {
  int status;
  const char *text; /* without full stop; NULL ends the table */
} exit_status_row;

const exit_status_row *exit_status_table(void);

#endif
