/* SPDX-License-Identifier: Apache-2.0 */
/* Heap sort (J. W. J. Williams, 1964): in place, n log n in the worst case. */
#include "keyed_sort.h"
#include <assert.h>
#include <stdbool.h>

static bool comes_before(const int64_t *key, uint32_t a, uint32_t b) {
  return key[a] != key[b] ? key[a] > key[b] : a < b;
}

static void sink(uint32_t *list, uint32_t count, uint32_t at, const int64_t *key) {
  assert(count == 0 || at < count);
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && comes_before(key, list[child], list[child + 1]))
      child++;
    if (!comes_before(key, list[at], list[child]))
      return;
    uint32_t other = list[at];
    list[at] = list[child];
    list[child] = other;
    at = child;
  }
}

void keyed_sort(uint32_t *list, uint32_t count, const int64_t *key) {
  for (uint32_t i = count / 2; i-- > 0;)
    sink(list, count, i, key);
  for (uint32_t left = count; left-- > 1;) {
    uint32_t last = list[0];
    list[0] = list[left];
    list[left] = last;
    sink(list, left, 0, key);
  }
}
