/* SPDX-License-Identifier: Apache-2.0 */
/* Selection: few are wanted, such as the hosts that may fail. */
#include "largest_first.h"
#include <assert.h>
#include <stddef.h>

void largest_first(int64_t *list, uint32_t count, uint32_t wanted) {
  assert(count == 0 || list != NULL);
  for (uint32_t i = 0; i < wanted && i < count; i++) {
    uint32_t most = i;
    for (uint32_t j = i + 1; j < count; j++)
      most = list[j] > list[most] ? j : most;
    int64_t other = list[i];
    list[i] = list[most];
    list[most] = other;
  }
}
