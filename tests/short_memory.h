/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file short_memory.h
 * An allocator that has so many allocations to give, counted over all threads: the next one fails,
 * and so do all after it, until more are given.
 */
#ifndef BERTH_TESTS_SHORT_MEMORY_H
#define BERTH_TESTS_SHORT_MEMORY_H

#include <berth/context.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct short_memory {
  atomic_long left;  /* allocations that succeed; negative = all */
  atomic_long alive; /* pieces not given back */
} short_memory;

static inline bool short_memory_may_take(short_memory *memory) {
  long left = atomic_load(&memory->left);
  while (left > 0 && !atomic_compare_exchange_weak(&memory->left, &left, left - 1)) {
  }
  return left != 0;
}

static inline void *short_memory_take(void *user, size_t bytes) {
  short_memory *memory = user;
  void *piece = short_memory_may_take(memory) ? malloc(bytes) : NULL;
  memory->alive += piece != NULL;
  return piece;
}

static inline void *short_memory_take_again(void *user, void *old, size_t bytes) {
  short_memory *memory = user;
  void *piece = short_memory_may_take(memory) ? realloc(old, bytes) : NULL;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static inline void short_memory_give_back(void *user, void *piece) {
  short_memory *memory = user;
  memory->alive -= piece != NULL;
  free(piece);
}

/** @param memory borrowed by what is made with the allocator. */
static inline berth_allocator short_memory_allocator(short_memory *memory) {
  return (berth_allocator){.allocate = short_memory_take,
                           .reallocate = short_memory_take_again,
                           .release = short_memory_give_back,
                           .user = memory};
}

#endif
