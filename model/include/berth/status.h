/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h
 * Status codes: how a call ended. What a *solve* found (optimal, infeasible, ...) is another
 * enumeration, ::berth_outcome in plan.h: a solve that proves infeasibility returns ::BERTH_OK.
 *
 * Every function that can fail returns a ::berth_status and leaves one line of detail in its
 * context (context.h). Unless a function says otherwise, a failed call changes nothing the caller
 * can see, and every `T **out` parameter is left NULL.
 */
#ifndef BERTH_STATUS_H
#define BERTH_STATUS_H

#include <berth/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The one table of status codes: X(constant, value, name, sentence).
 * Values are part of the ABI: append, never renumber.
 */
#define BERTH_STATUS_TABLE(X)                                                                      \
  X(BERTH_OK, 0, "ok", "the call did what it says")                                                \
  X(BERTH_E_NOMEM, 1, "out-of-memory", "an allocation failed")                                     \
  X(BERTH_E_ARGUMENT, 2, "argument", "a parameter is outside its documented range")                \
  X(BERTH_E_INVALID, 3, "invalid", "the input breaks the rules of its format or of the model")     \
  X(BERTH_E_NOT_FOUND, 4, "not-found", "no object has this id or name")                            \
  X(BERTH_E_AMBIGUOUS, 5, "ambiguous", "a name fits several objects; use an id")                   \
  X(BERTH_E_OVERFLOW, 6, "overflow", "a number is beyond what berth computes with")                \
  X(BERTH_E_LIMIT, 7, "limit", "an input is larger than the configured limits")                    \
  X(BERTH_E_READ, 8, "read", "an input cannot be opened or read")                                  \
  X(BERTH_E_OPEN_OUTPUT, 9, "open-output", "an output cannot be created")                          \
  X(BERTH_E_WRITE, 10, "write", "an output cannot be written completely")                          \
  X(BERTH_E_CANCELLED, 11, "cancelled", "the progress callback asked to stop")                     \
  X(BERTH_E_UNSUPPORTED, 12, "unsupported", "berth knows this but does not do it")                 \
  X(BERTH_E_INTERNAL, 13, "internal", "berth contradicts itself; please report it")

/** How a call ended. */
typedef enum berth_status {
#define BERTH_STATUS_ENUM(constant, value, name, sentence) constant = value,
  BERTH_STATUS_TABLE(BERTH_STATUS_ENUM)
#undef BERTH_STATUS_ENUM
} berth_status;

/** Short name of @p status ("out-of-memory"). Static string, never NULL. Any thread. */
BERTH_EXPORT const char *berth_status_name(berth_status status);

/** One sentence about @p status. Static string, never NULL. Any thread. */
BERTH_EXPORT const char *berth_status_text(berth_status status);

#ifdef __cplusplus
}
#endif
#endif
