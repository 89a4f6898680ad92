/* SPDX-License-Identifier: Apache-2.0 */
/* CLOCK_MONOTONIC, which pthread_cond_timedwait() goes by only if told. */
#include "monotonic_condition.h"
#include <assert.h>
#include <time.h>

bool monotonic_condition_init(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  assert(condition != NULL);
  if (pthread_condattr_init(&attributes) != 0)
    return false;
  bool ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
            pthread_cond_init(condition, &attributes) == 0;
  (void)pthread_condattr_destroy(&attributes);
  return ok;
}
