/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file option_walk.h
 * Goes through an argp table and those of its children, in reading order.
 */
#ifndef BERTH_CLI_OPTION_WALK_H
#define BERTH_CLI_OPTION_WALK_H

#include <argp.h>
#include <stdbool.h>

/** Receives an option that --help shows, or, without a name, the heading of those that follow. */
typedef void (*option_visitor)(void *user, const struct argp_option *option);

/** Own options first, then those of the children. */
void option_walk(const struct argp *argp, option_visitor visit, void *user);

/** Whether the option has a short form. */
bool option_has_letter(const struct argp_option *option);

#endif
