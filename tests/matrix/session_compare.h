/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_compare.h
 * Whether two inventories are the same, column by column.
 */
#ifndef BERTH_TESTS_SESSION_COMPARE_H
#define BERTH_TESTS_SESSION_COMPARE_H

#include <berth/inventory.h>
#include <stddef.h>

/** Groups that only one of the two has, and how lists of rules are written, do not count.
 *  False: *what says what differs (@p room bytes). */
bool inventories_equal(const berth_inventory *a, const berth_inventory *b, char *what, size_t room);

#endif
