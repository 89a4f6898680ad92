/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file index_sort.h
 * Sorting of index lists without any allocation (the C library's qsort may take memory).
 */
#ifndef BERTH_MODEL_INDEX_SORT_H
#define BERTH_MODEL_INDEX_SORT_H

#include <stdint.h>

/** Sorts @p indices ascending and drops repeats. @return how many are left. */
uint32_t index_sort_unique(uint32_t *indices, uint32_t count);

#endif
