/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file manual_page.h
 * Manual pages from the tables that --help comes from.
 */
#ifndef BERTH_CLI_MANUAL_PAGE_H
#define BERTH_CLI_MANUAL_PAGE_H

#include "command.h"

/** berth-NAME(1) in roff on @p stream. */
void manual_page_of_command(const command *row, FILE *stream);

/** berth(1), which lists the commands. */
void manual_page_of_all(FILE *stream);

#endif
