/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sorted_list.h
 * Look-ups in ascending lists of indices without repeats, such as the members of a rule.
 */
#ifndef BERTH_SOLVER_SORTED_LIST_H
#define BERTH_SOLVER_SORTED_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/** Place of the first that is not below @p value; @p count if there is none. */
static inline uint32_t sorted_list_place(const uint32_t *list, uint32_t count, uint32_t value) {
  uint32_t low = 0, high = count;
  assert(count < 2 || list[0] < list[count - 1]);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (list[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static inline bool sorted_list_has(const uint32_t *list, uint32_t count, uint32_t value) {
  uint32_t place = sorted_list_place(list, count, value);
  return place < count && list[place] == value;
}

/** Whether each of the @p wanted_count wanted ones is in the list. */
static inline bool sorted_list_has_all(const uint32_t *list, uint32_t count, const uint32_t *wanted,
                                       uint32_t wanted_count) {
  uint32_t j = 0;
  for (uint32_t i = 0; i < wanted_count; i++) {
    while (j < count && list[j] < wanted[i])
      j++;
    if (j == count || list[j] != wanted[i])
      return false;
  }
  return true;
}

#endif
