/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file context_internal.h
 * What the folders model, solver and io use of a context.
 */
#ifndef BERTH_MODEL_CONTEXT_INTERNAL_H
#define BERTH_MODEL_CONTEXT_INTERNAL_H

#include <berth/context.h>

/** Sets the detail ("FILE:LINE:COLUMN: " of @p position if known, then the text, cut to fit) and
 *  returns @p status. @p position may be NULL. Allocates nothing. */
berth_status context_fail(berth_context *ctx, berth_status status, const berth_position *position,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Records a problem; the first error also becomes the detail. Out of memory is remembered in the
 *  detail only. @p position may be NULL; its source string is copied. */
void context_problem(berth_context *ctx, berth_severity severity, berth_status status,
                     const berth_position *position, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Records a warning or note of the kind @p code, a static string. false = no memory. */
bool context_finding(berth_context *ctx, berth_severity severity, const char *code,
                     const berth_position *position, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Number of recorded problems of severity error (counting those beyond the kept ones). */
size_t context_error_count(const berth_context *ctx);

/** The allocator; never NULL. */
const berth_allocator *context_allocator(const berth_context *ctx);

/** count × size zeroed bytes from the context's allocator, or NULL (detail set). */
void *context_take(berth_context *ctx, size_t count, size_t size);
/** Grows to count × size bytes; NULL (detail set) leaves @p memory as it was. New bytes are not zeroed. */
void *context_grow(berth_context *ctx, void *memory, size_t count, size_t size);
/** NULL is harmless. */
void context_release(berth_context *ctx, void *memory);

/** Reports progress; false = the caller asked to stop. True without a callback. */
bool context_progress(berth_context *ctx, const char *phase, uint64_t done, uint64_t total,
                      double seconds);
/** Writes one line to the log callback, if any. */
void context_log(berth_context *ctx, berth_severity severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
