/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file completion.h
 * Completion of command lines in bash and zsh, from the tables behind --help.
 */
#ifndef BERTH_CLI_COMPLETION_H
#define BERTH_CLI_COMPLETION_H

#include "command.h"

/** Writes the script of @p shell, "bash" or "zsh". @return false: there is none for that shell. */
bool completion_write(const char *shell, FILE *stream);

#endif
