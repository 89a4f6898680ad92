/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exit_status.h
 * What the exit statuses of the command mean, and which one an answer comes to.
 */
#ifndef BERTH_CLI_EXIT_STATUS_H
#define BERTH_CLI_EXIT_STATUS_H

#include "command.h"
#include <berth/audit.h>
#include <berth/plan.h>

typedef struct exit_status_row {
  int status;
  const char *text; /* without full stop; NULL ends the table */
} exit_status_row;

const exit_status_row *exit_status_table(void);

/** What a plan comes to. A missed deadline (in seconds, 0 = none) is said. */
int exit_status_of_plan(const berth_plan *plan, int64_t deadline);

/** What an audit comes to: the worst of any failure. */
int exit_status_of_audit(const berth_audit *audit);

#endif
