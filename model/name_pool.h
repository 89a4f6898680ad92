/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file name_pool.h
 * Strings that occur often (labels, datastores, networks, references to hosts), kept once each and
 * numbered in order of first appearance.
 */
#ifndef BERTH_MODEL_NAME_POOL_H
#define BERTH_MODEL_NAME_POOL_H

#include "arena.h"
#include "chunked_list.h"

typedef struct name_pool {
  chunked_list names; /* const char * */
  uint32_t capacity;  /* of the slots; a power of two, 0 at first */
  uint32_t seed;      /* of the hash */
  uint32_t last;      /* the number asked for last */
  uint32_t *slots;    /* number of a name, BERTH_NONE = free */
} name_pool;

void name_pool_init(name_pool *pool, const berth_allocator *allocator);
/** Number of @p name, copied into @p memory when it is new. @return false: out of memory. */
bool name_pool_enter(name_pool *pool, arena *memory, const char *name, uint32_t *number);
/** Whether @p length bytes of @p text are a name of the pool. */
bool name_pool_has(const name_pool *pool, const char *text, size_t length);
/** Number of the name that @p length bytes of @p text are, or BERTH_NONE. */
uint32_t name_pool_find(const name_pool *pool, const char *text, size_t length);
/** Name @p number < names.count. */
const char *name_pool_at(const name_pool *pool, uint32_t number);
void name_pool_free(name_pool *pool);

#endif
