/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_terminal.h
 * What the terminal is like, and what is shown there while a long call runs.
 */
#ifndef BERTH_CLI_COMMAND_TERMINAL_H
#define BERTH_CLI_COMMAND_TERMINAL_H

#include <berth/io.h>

/** How text that goes to @p path is laid out: width of the terminal (else COLUMNS, else 100),
 *  colour on terminals unless NO_COLOR is set, characters beyond ASCII if the locale has them. */
berth_text_style command_style(const char *path);

/** Shows progress of @p ctx on standard error if that is a terminal and the call lasts. The first
 *  interrupt (SIGINT, SIGTERM) asks the call to stop with its best result; the second one kills. */
void command_watch(berth_context *ctx);

/** Takes back what command_watch() set up, and the line on the terminal. True = interrupted. */
bool command_watch_end(berth_context *ctx);

#endif
