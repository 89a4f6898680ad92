/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keyed_sort.h
 * Sorting of index lists by keys that stand elsewhere, without any allocation.
 */
#ifndef BERTH_SOLVER_KEYED_SORT_H
#define BERTH_SOLVER_KEYED_SORT_H

#include <stdint.h>

/** Sorts @p list by key[index], the largest first, equal ones by index. */
void keyed_sort(uint32_t *list, uint32_t count, const int64_t *key);

#endif
