/* SPDX-License-Identifier: Apache-2.0 */
/* Heap sort (J. W. J. Williams, 1964): in place, n log n in the worst case. Lists that are
 * ascending already, the usual case, cost one pass. */
#include "index_sort.h"
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

static bool strictly_ascending(const uint32_t *indices, uint32_t count) {
  for (uint32_t i = 1; i < count; i++)
    if (indices[i - 1] >= indices[i])
      return false;
  return true;
}

/* Restores the heap (largest first) below `root` in the first `count`. */
static void sift_down(uint32_t *heap, size_t root, size_t count) {
  uint32_t sinking = heap[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && heap[child + 1] > heap[child])
      child++;
    if (heap[child] <= sinking)
      break;
    heap[root] = heap[child];
  }
  heap[root] = sinking;
}

static void heap_sort(uint32_t *indices, size_t count) {
  for (size_t root = count / 2; root-- > 0;)
    sift_down(indices, root, count);
  for (size_t last = count; last-- > 1;) {
    uint32_t largest = indices[0];
    indices[0] = indices[last];
    indices[last] = largest;
    sift_down(indices, 0, last);
  }
}

uint32_t index_sort_unique(uint32_t *indices, uint32_t count) {
  assert(indices != NULL || count == 0);
  if (strictly_ascending(indices, count))
    return count;
  heap_sort(indices, count);
  uint32_t kept = 1;
  for (uint32_t i = 1; i < count; i++)
    if (indices[i] != indices[kept - 1])
      indices[kept++] = indices[i];
  assert(kept <= count && strictly_ascending(indices, kept));
  return kept;
}
