/* SPDX-License-Identifier: Apache-2.0 */
/* Heap sort (J. W. J. Williams, 1964): in place, n log n in the worst case. */
#include "value_sort.h"
#include <assert.h>

/* Restores the heap (largest first) below `root` in the first `count`. */
static void sift_down(int64_t *heap, size_t root, size_t count) {
  int64_t sinking = heap[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && heap[child + 1] > heap[child])
      child++;
    if (heap[child] <= sinking)
      break;
    heap[root] = heap[child];
  }
  heap[root] = sinking;
}

void value_sort(int64_t *values, size_t count) {
  assert(values != NULL || count == 0);
  for (size_t root = count / 2; root-- > 0;)
    sift_down(values, root, count);
  for (size_t last = count; last-- > 1;) {
    int64_t largest = values[0];
    values[0] = values[last];
    values[last] = largest;
    sift_down(values, 0, last);
  }
}
