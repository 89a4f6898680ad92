/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The combinatorial number system, in lexicographic order: before the sets whose first unit is u
 * stand all that have a smaller one, as many as there are sets in all less those from u on.
 */
#include "set_number.h"
#include <assert.h>

uint64_t set_number_count(uint32_t units, uint32_t size) {
  uint64_t sets = 1;
  if (size > units)
    return 0;
  for (uint32_t i = 0; i < size; i++) {
    if (sets > UINT64_MAX / (units - i))
      return UINT64_MAX;
    sets = sets * (units - i) / (i + 1);
  }
  return sets;
}

set_range set_number_share(uint64_t sets, uint32_t part, uint32_t parts) {
  assert(part < parts);
  uint64_t each = sets / parts, longer = sets % parts;
  set_range range = {.first = each * part + (part < longer ? part : longer),
                     .count = each + (part < longer)};
  assert(range.count <= sets && range.first <= sets - range.count);
  return range;
}

/* The first unit of the set with that number among those from @p unit on; the number becomes the
 * one among the sets that begin with it. Where there are too many sets to count them, numbers that
 * anybody gets to stand near the start. */
static uint32_t first_unit(uint32_t units, uint32_t size, uint32_t unit, uint64_t *number) {
  uint64_t all = set_number_count(units - unit, size);
  uint32_t low = unit, high = units - size;
  for (; all == UINT64_MAX; all = set_number_count(units - ++low, size)) {
    uint64_t with = set_number_count(units - low - 1, size - 1);
    if (*number < with)
      return low;
    *number -= with;
  }
  unit = low;
  while (low < high) { /* the last unit with no more than `number` sets before it */
    uint32_t middle = high - (high - low) / 2;
    if (all - set_number_count(units - middle, size) <= *number)
      low = middle;
    else
      high = middle - 1;
  }
  assert(low >= unit && *number >= all - set_number_count(units - low, size));
  *number -= all - set_number_count(units - low, size);
  return low;
}

void set_number_find(uint32_t units, uint32_t size, uint64_t number, uint32_t *set) {
  assert(size <= units);
  for (uint32_t i = 0; i < size; i++)
    set[i] = first_unit(units, size - i, i == 0 ? 0 : set[i - 1] + 1, &number);
}

void set_number_next(uint32_t units, uint32_t size, uint32_t *set) {
  uint32_t at = size;
  while (at > 0 && set[at - 1] == units - size + at - 1)
    at--;
  if (at == 0)
    return;
  assert(set[at - 1] < units - 1);
  set[at - 1]++;
  for (uint32_t i = at; i < size; i++)
    set[i] = set[i - 1] + 1;
}
