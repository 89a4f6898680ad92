/* SPDX-License-Identifier: Apache-2.0 */
/* Merge sort: stable, takes no memory, and no comparator has to find its ground in a variable. */
#include "stable_sort.h"
#include <assert.h>
#include <string.h>

void stable_sort(uint32_t *list, uint32_t *work, uint32_t count, stable_sort_order *order,
                 const void *ground) {
  assert(order != NULL && (count == 0 || (list != NULL && work != NULL)));
  if (count < 2)
    return;
  uint32_t half = count / 2, i = 0, j = half, k = 0;
  stable_sort(list, work, half, order, ground);
  stable_sort(list + half, work, count - half, order, ground);
  while (i < half && j < count)
    work[k++] = order(ground, list[i], list[j]) <= 0 ? list[i++] : list[j++];
  while (i < half)
    work[k++] = list[i++];
  memcpy(list, work, k * sizeof *list); /* the rest stands where it belongs */
}
