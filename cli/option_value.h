/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file option_value.h
 * Values that options of several commands have: whole numbers, what fails as one.
 */
#ifndef BERTH_CLI_OPTION_VALUE_H
#define BERTH_CLI_OPTION_VALUE_H

#include <argp.h>
#include <berth/audit.h>
#include <stdbool.h>
#include <stdint.h>

/** Digits, with "-" in front for less than 0. @return false: it is none from @p least to @p most;
 *  *number is not set then. */
bool option_number(const char *text, int64_t least, int64_t most, int64_t *number);

/** The same for the option @p name; what is none is a usage error. */
int64_t option_take_number(struct argp_state *state, const char *name, const char *text,
                           int64_t least, int64_t most);

/** Value of --domain; what is none is a usage error. */
berth_domain option_take_domain(struct argp_state *state, const char *text);

#endif
