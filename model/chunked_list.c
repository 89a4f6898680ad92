/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunk k holds the elements from 64 * (2^k - 1) on, 64 * 2^k of them, so that the chunk of an
 * index is the position of the highest bit of (index + 64) / 64.
 */
#include "chunked_list.h"
#include "checked.h"
#include <assert.h>

enum { FIRST_CHUNK = CHUNKED_LIST_RUN, FIRST_CHUNK_BITS = 6 };

typedef struct place {
  unsigned chunk;
  uint32_t offset;
} place;

static place place_of(uint32_t index) {
  assert(index <= UINT32_MAX - FIRST_CHUNK);
  uint32_t shifted = index + FIRST_CHUNK;
  unsigned highest = 31u - (unsigned)__builtin_clz(shifted);
  return (place){highest - FIRST_CHUNK_BITS, shifted - (UINT32_C(1) << highest)};
}

void chunked_list_init(chunked_list *list, const berth_allocator *allocator, size_t element) {
  assert(list != NULL && allocator != NULL && element > 0);
  *list = (chunked_list){.allocator = *allocator, .element = element};
}

void *chunked_list_add(chunked_list *list) {
  assert(list != NULL && list->element > 0);
  if (list->count >= UINT32_MAX - FIRST_CHUNK)
    return NULL;
  place p = place_of(list->count);
  assert(p.chunk < CHUNKED_LIST_CHUNKS);
  if (list->chunks[p.chunk] == NULL) {
    size_t bytes;
    if (!checked_multiply_size((size_t)FIRST_CHUNK << p.chunk, list->element, &bytes))
      return NULL;
    list->chunks[p.chunk] = list->allocator.allocate(list->allocator.user, bytes);
    if (list->chunks[p.chunk] == NULL)
      return NULL;
  }
  list->count++;
  return list->chunks[p.chunk] + p.offset * list->element;
}

void *chunked_list_at(const chunked_list *list, uint32_t index) {
  assert(list != NULL && index < list->count);
  place p = place_of(index);
  return list->chunks[p.chunk] + p.offset * list->element;
}

void chunked_list_free(chunked_list *list) {
  assert(list != NULL);
  for (unsigned k = 0; k < CHUNKED_LIST_CHUNKS && list->chunks[k] != NULL; k++) {
    list->allocator.release(list->allocator.user, list->chunks[k]);
    list->chunks[k] = NULL;
  }
  list->count = 0;
}
