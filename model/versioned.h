/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file versioned.h
 * Structs that callers fill and that may grow: they begin with `uint32_t struct_size`, which says
 * how much of them the caller's header knew (docs/manual/packages.md has the promise).
 *
 *   berth_request own = BERTH_REQUEST_INIT;
 *   status = versioned_read(ctx, "request", given, &own, VERSIONED_SIZE(berth_request, options));
 *
 * names the last field that the first release had: what is appended later is not added there.
 */
#ifndef BERTH_MODEL_VERSIONED_H
#define BERTH_MODEL_VERSIONED_H

#include <berth/context.h>

/** Bytes of a struct in the first release that had it, without padding at its end, and now. */
typedef struct versioned_size {
  uint32_t least, now;
} versioned_size;

#define VERSIONED_SIZE(type, last)                                                                 \
  ((versioned_size){.least = offsetof(type, last) + sizeof((type *)0)->last, .now = sizeof(type)})

/**
 * Copies @p given over @p own, which holds the defaults: fields that the caller does not know keep
 * them, and all do if @p given is NULL. Fields that we do not know must be zero.
 * @param what the struct, for the detail ("a request").
 * @return BERTH_OK; BERTH_E_ARGUMENT: struct_size is below @p size.least, or something is asked for
 *         that this library does not know. @p own is as it was then.
 */
berth_status versioned_read(berth_context *ctx, const char *what, const void *given, void *own,
                            versioned_size size);

/** The check of versioned_read() alone, for a struct that the library fills. NULL is fine. */
berth_status versioned_check(berth_context *ctx, const char *what, const void *given,
                             versioned_size size);

/** Copies as much of @p own to @p given, which passed the check, as the caller knows of; its
 *  struct_size stays. NULL is harmless. */
void versioned_write(void *given, const void *own, versioned_size size);

#endif
