/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file set_number.h
 * The sets of a size in lexicographic order, by number. A set is an ascending list.
 */
#ifndef BERTH_SOLVER_SET_NUMBER_H
#define BERTH_SOLVER_SET_NUMBER_H

#include <stdint.h>

/** Numbers from `first` on. */
typedef struct set_range {
  uint64_t first, count;
} set_range;

/** How many sets of @p size there are among @p units; UINT64_MAX = so many or more. */
uint64_t set_number_count(uint32_t units, uint32_t size);

/** Share number @p part, from 0, of @p parts of as many sets, which follow each other and differ by
 * one set at most. */
set_range set_number_share(uint64_t sets, uint32_t part, uint32_t parts);

/** The set of @p size among @p units with that number; there is one. */
void set_number_find(uint32_t units, uint32_t size, uint64_t number, uint32_t *set);

/** The one after @p set; the last stays what it is. */
void set_number_next(uint32_t units, uint32_t size, uint32_t *set);

#endif
