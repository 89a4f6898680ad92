/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing set of strings: the table of name_table.c, doubled when half full. Files tend to name
 * one thing many times in a row, so that the last one is tried first.
 */
#include "name_pool.h"
#include "name_table.h"
#include <assert.h>
#include <string.h>

void name_pool_init(name_pool *pool, const berth_allocator *allocator) {
  assert(pool != NULL);
  *pool = (name_pool){0};
  chunked_list_init(&pool->names, allocator, sizeof(const char *));
}

const char *name_pool_at(const name_pool *pool, uint32_t number) {
  return *(const char *const *)chunked_list_at(&pool->names, number);
}

static bool equal(const char *name, const char *text, size_t length) {
  return strncmp(name, text, length) == 0 && name[length] == '\0';
}

/* The slot that holds the name `text`, or the free one where it belongs. */
static uint32_t find_slot(const name_pool *pool, const char *text, size_t length, uint32_t *chain) {
  assert(pool->capacity > pool->names.count);
  uint32_t mask = pool->capacity - 1, slot = name_hash(text, length, pool->seed) & mask;
  for (*chain = 0; pool->slots[slot] != BERTH_NONE; slot = (slot + 1) & mask, ++*chain)
    if (equal(name_pool_at(pool, pool->slots[slot]), text, length))
      break;
  return slot;
}

uint32_t name_pool_find(const name_pool *pool, const char *text, size_t length) {
  assert(pool != NULL && text != NULL);
  uint32_t chain;
  return pool->capacity > 0 ? pool->slots[find_slot(pool, text, length, &chain)] : BERTH_NONE;
}

bool name_pool_has(const name_pool *pool, const char *text, size_t length) {
  return name_pool_find(pool, text, length) != BERTH_NONE;
}

/* Enters all names anew; false: a chain is too long, and there is another seed. */
static bool fill_slots(name_pool *pool) {
  memset(pool->slots, 0xff, pool->capacity * sizeof *pool->slots); /* BERTH_NONE */
  for (uint32_t number = 0; number < pool->names.count; number++) {
    const char *name = name_pool_at(pool, number);
    uint32_t chain;
    pool->slots[find_slot(pool, name, strlen(name), &chain)] = number;
    if (chain > NAME_CHAIN_MAX && pool->seed + 1 < NAME_SEEDS)
      return false;
  }
  return true;
}

static void reseed(name_pool *pool) {
  assert(pool->seed + 1 < NAME_SEEDS);
  do
    pool->seed++;
  while (!fill_slots(pool));
}

static bool double_slots(name_pool *pool) {
  const berth_allocator *allocator = &pool->names.allocator;
  uint32_t capacity = pool->capacity == 0 ? 16 : 2 * pool->capacity;
  uint32_t *slots = allocator->allocate(allocator->user, capacity * sizeof *slots);
  if (slots == NULL)
    return false;
  allocator->release(allocator->user, pool->slots);
  pool->slots = slots;
  pool->capacity = capacity;
  if (!fill_slots(pool))
    reseed(pool);
  return true;
}

bool name_pool_enter(name_pool *pool, arena *memory, const char *name, uint32_t *number) {
  assert(pool != NULL && name != NULL && number != NULL);
  if (pool->last < pool->names.count && strcmp(name_pool_at(pool, pool->last), name) == 0) {
    *number = pool->last;
    return true;
  }
  if (pool->names.count >= pool->capacity / 2 && !double_slots(pool))
    return false;
  size_t length = strlen(name);
  uint32_t chain, slot = find_slot(pool, name, length, &chain);
  if (pool->slots[slot] == BERTH_NONE) {
    const char *copy = arena_text(memory, name, length);
    const char **added = copy == NULL ? NULL : chunked_list_add(&pool->names);
    if (added == NULL)
      return false;
    *added = copy;
    pool->slots[slot] = pool->names.count - 1;
  }
  *number = pool->last = pool->slots[slot];
  if (chain > NAME_CHAIN_MAX && pool->seed + 1 < NAME_SEEDS)
    reseed(pool);
  return true;
}

void name_pool_free(name_pool *pool) {
  assert(pool != NULL);
  const berth_allocator *allocator = &pool->names.allocator;
  allocator->release(allocator->user, pool->slots);
  pool->slots = NULL;
  pool->capacity = 0;
  chunked_list_free(&pool->names);
}
