/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region allocator: blocks of growing size, filled from the front and given back together. A
 * piece larger than what a block would hold gets a block of its own behind the newest one, so that
 * the room left in the newest is not lost.
 */
#include "arena.h"
#include "checked.h"
#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

typedef struct arena_block {
  struct arena_block *next;
  size_t size; /* bytes of data */
  alignas(max_align_t) unsigned char data[];
} arena_block;

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, ALIGNMENT = alignof(max_align_t) };

void arena_init(arena *a, const berth_allocator *allocator) {
  assert(a != NULL && allocator != NULL);
  assert(allocator->allocate != NULL && allocator->release != NULL);
  *a = (arena){.allocator = *allocator};
}

static arena_block *new_block(arena *a, size_t size) {
  size_t bytes;
  if (!checked_add_size(size, sizeof(arena_block), &bytes))
    return NULL;
  arena_block *block = a->allocator.allocate(a->allocator.user, bytes);
  if (block != NULL) {
    block->next = NULL;
    block->size = size;
  }
  return block;
}

/* Puts a full block behind the newest, which stays in use. */
static void link_full(arena *a, arena_block *block) {
  if (a->blocks == NULL) {
    block->next = NULL;
    a->blocks = block;
    a->used = block->size;
  } else {
    block->next = a->blocks->next;
    a->blocks->next = block;
  }
}

/* A block of its own for `bytes`. */
static void *take_apart(arena *a, size_t bytes) {
  arena_block *block = new_block(a, bytes);
  if (block == NULL)
    return NULL;
  link_full(a, block);
  return block->data;
}

static bool open_block(arena *a, size_t size) {
  arena_block *block = new_block(a, size);
  if (block == NULL)
    return false;
  block->next = a->blocks;
  a->blocks = block;
  a->used = 0;
  return true;
}

/* `bytes` (> 0) at a multiple of `alignment` from the start of a block; not zeroed. */
static void *take_bytes(arena *a, size_t bytes, size_t alignment) {
  assert(bytes > 0 && (alignment & (alignment - 1)) == 0);
  if (a->blocks != NULL) {
    assert(a->used <= a->blocks->size);
    size_t start = (a->used + alignment - 1) & ~(alignment - 1);
    if (start <= a->blocks->size && bytes <= a->blocks->size - start) {
      a->used = start + bytes;
      return a->blocks->data + start;
    }
  }
  size_t size = FIRST_BLOCK;
  if (a->blocks != NULL && a->blocks->size >= FIRST_BLOCK / 2)
    size = a->blocks->size < LARGEST_BLOCK / 2 ? 2 * a->blocks->size : LARGEST_BLOCK;
  if (bytes > size / 4)
    return take_apart(a, bytes);
  if (!open_block(a, size))
    return NULL;
  a->used = bytes;
  return a->blocks->data;
}

void *arena_take_unset(arena *a, size_t count, size_t size) {
  assert(a != NULL && size > 0);
  size_t bytes;
  if (!checked_multiply_size(count, size, &bytes))
    return NULL;
  return take_bytes(a, bytes > 0 ? bytes : 1, ALIGNMENT);
}

void *arena_take(arena *a, size_t count, size_t size) {
  void *piece = arena_take_unset(a, count, size);
  if (piece != NULL)
    memset(piece, 0, count > 0 ? count * size : 1);
  return piece;
}

char *arena_text(arena *a, const char *text, size_t length) {
  assert(a != NULL && (text != NULL || length == 0));
  size_t bytes;
  if (!checked_add_size(length, 1, &bytes))
    return NULL;
  char *copy = take_bytes(a, bytes, 1);
  if (copy == NULL)
    return NULL;
  if (length > 0)
    memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

/* A loose piece is the data of a block that no arena has. */
static arena_block *block_of(void *piece) {
  return (arena_block *)(void *)((unsigned char *)piece - offsetof(arena_block, data));
}

void *arena_loose_grow(const berth_allocator *allocator, void *piece, size_t count, size_t size) {
  assert(allocator != NULL && size > 0);
  size_t bytes, all;
  if (!checked_multiply_size(count, size, &bytes) ||
      !checked_add_size(bytes, sizeof(arena_block), &all))
    return NULL;
  arena_block *block = piece == NULL ? allocator->allocate(allocator->user, all)
                                     : allocator->reallocate(allocator->user, block_of(piece), all);
  if (block == NULL)
    return NULL;
  block->next = NULL;
  block->size = bytes;
  return block->data;
}

void arena_loose_free(const berth_allocator *allocator, void *piece) {
  assert(allocator != NULL);
  if (piece != NULL)
    allocator->release(allocator->user, block_of(piece));
}

void arena_own(arena *a, void *piece) {
  assert(a != NULL && piece != NULL && block_of(piece)->next == NULL);
  link_full(a, block_of(piece));
}

void arena_join(arena *to, arena *from) {
  assert(to != NULL && from != NULL && to != from);
  if (to->blocks == NULL) {
    to->blocks = from->blocks;
    to->used = from->used;
  } else if (from->blocks != NULL) {
    arena_block *last = from->blocks;
    while (last->next != NULL)
      last = last->next;
    last->next = to->blocks->next;
    to->blocks->next = from->blocks;
  }
  from->blocks = NULL;
  from->used = 0;
}

void arena_free(arena *a) {
  assert(a != NULL);
  arena_block *block = a->blocks;
  while (block != NULL) {
    arena_block *next = block->next;
    a->allocator.release(a->allocator.user, block);
    block = next;
  }
  a->blocks = NULL;
  a->used = 0;
}
