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
/** count × size bytes outside of every arena: @p piece grown, or a new one for NULL. New bytes are
 *  not zeroed. NULL: out of memory or overflow, and @p piece stays as it was. */
void *arena_loose_grow(const berth_allocator *allocator, void *piece, size_t count, size_t size);
/** Gives back what arena_loose_grow() made. NULL is harmless. */
void arena_loose_free(const berth_allocator *allocator, void *piece);
/** Makes @p piece, which arena_loose_grow() made from the same allocator, the arena's. */
void arena_own(arena *a, void *piece);
/** Moves all that @p from has, of the same allocator, into @p to. */
void arena_join(arena *to, arena *from);
/** Gives everything back; the arena is empty again. */
void arena_free(arena *a);

#endif
