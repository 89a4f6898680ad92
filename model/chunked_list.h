/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chunked_list.h
 * A list that grows in chunks of doubling size: elements never move, and growing copies nothing.
 */
#ifndef BERTH_MODEL_CHUNKED_LIST_H
#define BERTH_MODEL_CHUNKED_LIST_H

#include <berth/context.h>

enum {
  CHUNKED_LIST_CHUNKS = 26,
  CHUNKED_LIST_RUN = 64 /**< so many elements from a multiple of it on are one array */
};

typedef struct chunked_list {
  berth_allocator allocator;
  size_t element; /* bytes of one */
  uint32_t count;
  unsigned char *chunks[CHUNKED_LIST_CHUNKS]; /* chunk k holds 64 << k elements */
} chunked_list;

/** An empty list of elements of @p element bytes; allocates nothing yet. */
void chunked_list_init(chunked_list *list, const berth_allocator *allocator, size_t element);
/** Room for a new last element, or NULL: out of memory, or 2^32 - 64 elements. */
void *chunked_list_add(chunked_list *list);
/** Element @p index < count. */
void *chunked_list_at(const chunked_list *list, uint32_t index);
/** Gives the memory back; the list is empty again. */
void chunked_list_free(chunked_list *list);

#endif
