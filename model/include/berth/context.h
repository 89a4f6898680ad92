/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file context.h
 * A context carries what a call needs beside its input: allocator, callbacks, and room for the
 * detail of the last error and for all problems that the last reading or freezing found.
 *
 * Thread rule: one context, one thread at a time. Any number of contexts may share one frozen
 * inventory. The library keeps no state outside its objects: it never prints, exits, reads the
 * environment or installs handlers.
 */
#ifndef BERTH_CONTEXT_H
#define BERTH_CONTEXT_H

#include <berth/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque; created by berth_context_new(). */
typedef struct berth_context berth_context;

/**
 * Allocator. All three functions are required; @p user is passed through. `allocate` and
 * `reallocate` return memory aligned for any object or NULL; `release(user, NULL)` is harmless.
 * A solve calls them from its worker threads too, from several at once; a reading, which may start a
 * thread to parse ahead, from the caller's thread only.
 */
typedef struct berth_allocator {
  void *(*allocate)(void *user, size_t bytes);
  void *(*reallocate)(void *user, void *memory, size_t bytes);
  void (*release)(void *user, void *memory);
  void *user;
} berth_allocator;

/** How grave a problem is. Errors refuse the input; warnings and notes do not. */
typedef enum berth_severity {
  BERTH_NOTE = 0,
  BERTH_WARNING = 1,
  BERTH_ERROR = 2
} berth_severity;

/** Where something was said. `line` and `column` count from 1; 0 = unknown. */
typedef struct berth_position {
  const char *source; /**< file name, "-" for standard input, or NULL */
  uint32_t line;
  uint32_t column; /**< in bytes */
} berth_position;

/** One finding about an input. All strings are borrowed from the context. */
typedef struct berth_problem {
  berth_severity severity;
  berth_status status; /**< BERTH_OK for warnings and notes */
  berth_position position;
  const char *text; /**< "what is wrong; what was expected", no newline */
  const char *code; /**< stable word of its kind, see lint.h; NULL = none. Static */
} berth_problem;

/** Progress of a long call. */
typedef struct berth_progress {
  const char *phase; /**< "read", "presolve", "solve", "schedule", "check", "audit", ... */
  uint64_t done;     /**< units finished */
  uint64_t total;    /**< units in all; 0 = unknown */
  double seconds;    /**< since the call began */
} berth_progress;

/** Returns true to go on, false to cancel: the call then ends with its best result so far or
 *  ::BERTH_E_CANCELLED, as documented with it. Called on the caller's thread. */
typedef bool (*berth_progress_function)(void *user, const berth_progress *progress);

/** Receives one line of log without newline. Called on the caller's thread. */
typedef void (*berth_log_function)(void *user, berth_severity severity, const char *text);

/**
 * Creates a context.
 * @param allocator copied; NULL = malloc, realloc, free.
 * @param[out] out owned by the caller, who frees it with berth_context_free().
 * @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_ARGUMENT (an allocator with missing functions).
 */
BERTH_EXPORT berth_status berth_context_new(const berth_allocator *allocator, berth_context **out);

/** Frees @p ctx. Objects made with it stay valid (each keeps the allocator). NULL is harmless. */
BERTH_EXPORT void berth_context_free(berth_context *ctx);

/** Sets the progress callback; NULL = none. */
BERTH_EXPORT void berth_context_set_progress(berth_context *ctx, berth_progress_function function,
                                             void *user);

/** Sets the log callback; NULL = none. */
BERTH_EXPORT void berth_context_set_log(berth_context *ctx, berth_log_function function,
                                        void *user);

/** Detail of the last failed call on @p ctx: one line "FILE:LINE:COLUMN: what; expected" as far as
 *  known. "" if none failed yet. Borrowed until the next call on @p ctx. Needs no allocation. */
BERTH_EXPORT const char *berth_context_detail(const berth_context *ctx);

/** Number of problems that the last reading, freezing, checking or scenario found. */
BERTH_EXPORT size_t berth_context_problem_count(const berth_context *ctx);

/** Problem @p index in order of discovery, or NULL past the end. Borrowed until the next reading
 *  call on @p ctx. At most 10,000 are kept; a last one then says how many were not. */
BERTH_EXPORT const berth_problem *berth_context_problem(const berth_context *ctx, size_t index);

/** Forgets all problems and the detail. */
BERTH_EXPORT void berth_context_clear(berth_context *ctx);

#ifdef __cplusplus
}
#endif
#endif
