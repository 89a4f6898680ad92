/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file value_sort.h
 * Sorting of quantities without any allocation (the C library's qsort may take memory that is not
 * the caller's).
 */
#ifndef BERTH_MODEL_VALUE_SORT_H
#define BERTH_MODEL_VALUE_SORT_H

#include <stddef.h>
#include <stdint.h>

/** Ascending. */
void value_sort(int64_t *values, size_t count);

#endif
