/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_target.h
 * What every target has: the function that is called with bytes, and a way to say that something
 * is wrong.
 */
#ifndef BERTH_FUZZED_TARGET_H
#define BERTH_FUZZED_TARGET_H

#include <berth/context.h>

/** What libFuzzer, or the replay of a corpus, calls. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program, with @p what on standard error, if a thing that must hold does not. */
void fuzzed_require(bool held, const char *what);

/** The same for the last call on @p ctx, which must have ended with BERTH_OK; its detail is told.
 */
void fuzzed_require_ok(const berth_context *ctx, berth_status status, const char *what);

/** The same for a call that may refuse, but never for what is not its input. */
void fuzzed_require_verdict(const berth_context *ctx, berth_status status, const char *what);

/** A context; the program ends where there is none. */
berth_context *fuzzed_context(void);

#endif
