/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a command: BERTH_TEST_FAILS_AT=N lets allocation N fail, BERTH_TEST_FAILS_FROM=N
 * that one and all after it.
 */
#include "failing_malloc.h"

#include <stdlib.h>

__attribute__((constructor)) static void arm(void) {
  const char *at = getenv("BERTH_TEST_FAILS_AT"), *from = getenv("BERTH_TEST_FAILS_FROM");
  if (at != NULL)
    failing_malloc_arm(strtoull(at, NULL, 10), FAILING_ONCE);
  else if (from != NULL)
    failing_malloc_arm(strtoull(from, NULL, 10), FAILING_ONWARDS);
}

/* A status that no command has says that the failure was not met. */
__attribute__((destructor)) static void tell(void) {
  const char *never = getenv("BERTH_TEST_NOT_MET");
  if (never != NULL && !failing_malloc_struck())
    _Exit(atoi(never));
}
