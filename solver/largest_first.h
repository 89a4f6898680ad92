/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file largest_first.h
 * The largest few of a list of quantities.
 */
#ifndef BERTH_SOLVER_LARGEST_FIRST_H
#define BERTH_SOLVER_LARGEST_FIRST_H

#include <stdint.h>

/** Brings the @p wanted largest to the front, in descending order; the others stand behind in any.
 *  O(count * wanted). */
void largest_first(int64_t *list, uint32_t count, uint32_t wanted);

#endif
