/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stable_sort.h
 * Sorting of index lists in an order that needs what the indices are of. Equal ones keep their
 * order.
 */
#ifndef BERTH_SOLVER_STABLE_SORT_H
#define BERTH_SOLVER_STABLE_SORT_H

#include <stdint.h>

/** @return < 0, 0 or > 0 as a stands before, beside or behind b. */
typedef int stable_sort_order(const void *ground, uint32_t a, uint32_t b);

/** @param work room for @p count indices. */
void stable_sort(uint32_t *list, uint32_t *work, uint32_t count, stable_sort_order *order,
                 const void *ground);

#endif
