/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arena.h
 * Memory that is taken piece by piece and given back at once. Pieces are aligned for any object
 * and never move.
 */
#ifndef BERTH_MODEL_ARENA_H
#define BERTH_MODEL_ARENA_H

#include <berth/context.h>

typedef struct arena {
  berth_allocator allocator;
  struct arena_block *blocks; /* newest first */
  size_t used;                /* bytes of the newest block */
} arena;

/** An empty arena; allocates nothing yet. */
void arena_init(arena *a, const berth_allocator *allocator);
/** @p count × @p size zeroed bytes, or NULL: out of memory or overflow. Never NULL for count 0. */
void *arena_take(arena *a, size_t count, size_t size);
/** The same, not zeroed: for arrays that are filled at once. */
void *arena_take_unset(arena *a, size_t count, size_t size);
/** A copy of @p length bytes of @p text plus a final NUL, or NULL. */
char *arena_text(arena *a, const char *text, size_t length);
/** Gives everything back; the arena is empty again. */
void arena_free(arena *a);

#endif
