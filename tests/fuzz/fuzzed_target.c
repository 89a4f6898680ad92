/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding ends the program: libFuzzer keeps the input, and the replay fails.
 */
#include "fuzzed_target.h"

#include <stdio.h>
#include <stdlib.h>

void fuzzed_require(bool held, const char *what) {
  if (held)
    return;
  (void)fprintf(stderr, "this does not hold: %s\n", what);
  abort();
}

void fuzzed_require_ok(const berth_context *ctx, berth_status status, const char *what) {
  if (status != BERTH_OK)
    (void)fprintf(stderr, "%s: %s\n", berth_status_name(status), berth_context_detail(ctx));
  fuzzed_require(status == BERTH_OK, what);
}

void fuzzed_require_verdict(const berth_context *ctx, berth_status status, const char *what) {
  const bool is_verdict = status != BERTH_E_INTERNAL && status != BERTH_E_ARGUMENT;
  fuzzed_require_ok(ctx, is_verdict ? BERTH_OK : status, what);
}

berth_context *fuzzed_context(void) {
  berth_context *ctx = NULL;
  fuzzed_require(berth_context_new(NULL, &ctx) == BERTH_OK, "there is memory for a context");
  return ctx;
}
