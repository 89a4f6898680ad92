/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file near_name.h
 * "Did you mean": how far a misspelt name is from a known one.
 */
#ifndef BERTH_IO_NEAR_NAME_H
#define BERTH_IO_NEAR_NAME_H

#include <stdbool.h>

/** Insertions, deletions and replacements of single bytes (case does not count) that turn @p a into
 *  @p b; names of 48 bytes or more count as infinitely far. */
unsigned near_name_distance(const char *a, const char *b);

/** True if @p distance is small enough for @p name that a person may have meant it. */
bool near_name_is_likely(const char *name, unsigned distance);

#endif
