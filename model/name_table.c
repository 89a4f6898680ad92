/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing. Slots hold indices only; equal names are met in index order
 * because they are entered in that order and nothing is ever removed.
 *
 * The hash passes each word of eight bytes through the finalizer of MurmurHash3 (Austin Appleby).
 * Whoever writes the input knows the hash and can choose names that collide, so that no chain may
 * become long: then the table is built anew with the next seed. Names that collide under all seeds
 * are out of reach.
 */
#include "name_table.h"
#include <assert.h>
#include <string.h>

enum { TOGETHER = 16 };

/* Each word and each step between words is a bijection; two multiplications leave no difference
 * that survives whatever the seed is. */
static uint64_t mix(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= UINT64_C(0xff51afd7ed558ccd);
  hash ^= hash >> 33;
  hash *= UINT64_C(0xc4ceb9fe1a85ec53);
  return hash ^ (hash >> 33);
}

uint32_t name_hash(const char *text, size_t length, uint32_t seed) {
  assert(text != NULL && seed < NAME_SEEDS);
  uint64_t hash = (seed + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15) ^ length, word = 0;
  for (; length > sizeof word; text += sizeof word, length -= sizeof word) {
    memcpy(&word, text, sizeof word);
    hash = mix(hash ^ word);
  }
  word = 0;
  for (size_t i = 0; i < length; i++)
    word = word << 8 | (unsigned char)text[i];
  return (uint32_t)mix(hash ^ word);
}

static uint32_t capacity_for(uint32_t count) {
  assert(count <= UINT32_C(1) << 30);
  uint32_t capacity = 8;
  while (capacity / 2 < count)
    capacity *= 2;
  return capacity;
}

static uint32_t count_names(const char *const *names, uint32_t count) {
  uint32_t given = 0;
  for (uint32_t i = 0; i < count; i++)
    given += names[i] != NULL;
  return given;
}

/* Enters name `index`, whose chain begins at `slot`. Of equal names, two say that there are
 * several.
 * @return the length of the chain up to its slot. */
static uint32_t enter(uint32_t *slots, uint32_t mask, uint32_t slot, const char *const *names,
                      uint32_t index, uint32_t *repeats) {
  const char *name = names[index];
  uint32_t chain = 0, equal = 0;
  for (; slots[slot] != BERTH_NONE && equal < 2; slot = (slot + 1) & mask, chain++)
    equal += strcmp(names[slots[slot]], name) == 0;
  *repeats += equal > 0;
  if (equal < 2)
    slots[slot] = index;
  return chain;
}

/* Some names at a time: large tables lie in no cache, and their slots are fetched together. */
static bool fill(uint32_t *slots, uint32_t capacity, uint32_t seed, const char *const *names,
                 uint32_t count, uint32_t *repeats) {
  uint32_t first_slot[TOGETHER];
  memset(slots, 0xff, capacity * sizeof *slots); /* BERTH_NONE */
  *repeats = 0;
  for (uint32_t from = 0; from < count; from += TOGETHER) {
    const uint32_t some = count - from < TOGETHER ? count - from : TOGETHER;
    for (uint32_t i = 0; i < some; i++) {
      const char *name = names[from + i];
      first_slot[i] = name == NULL ? 0 : name_hash(name, strlen(name), seed) & (capacity - 1);
      __builtin_prefetch(&slots[first_slot[i]], 1);
    }
    for (uint32_t i = 0; i < some; i++)
      if (names[from + i] != NULL &&
          enter(slots, capacity - 1, first_slot[i], names, from + i, repeats) > NAME_CHAIN_MAX &&
          seed + 1 < NAME_SEEDS)
        return false;
  }
  return true;
}

bool name_table_build_counting(name_table *table, arena *memory, const char *const *names,
                               uint32_t count, uint32_t *repeats) {
  assert(table != NULL && memory != NULL && (names != NULL || count == 0) && repeats != NULL);
  *table = (name_table){0};
  *repeats = 0;
  const uint32_t given = count_names(names, count);
  if (given == 0)
    return true;
  const uint32_t capacity = capacity_for(given);
  uint32_t *slots = arena_take_unset(memory, capacity, sizeof *slots);
  if (slots == NULL)
    return false;
  uint32_t seed = 0;
  while (!fill(slots, capacity, seed, names, count, repeats))
    seed++;
  *table = (name_table){.capacity = capacity, .seed = seed, .slots = slots};
  return true;
}

bool name_table_build(name_table *table, arena *memory, const char *const *names, uint32_t count) {
  uint32_t repeats;
  return name_table_build_counting(table, memory, names, count, &repeats);
}

uint32_t name_table_find_text(const name_table *table, const char *const *names, const char *text,
                              size_t length, bool *ambiguous) {
  assert(table != NULL && text != NULL);
  if (ambiguous != NULL)
    *ambiguous = false;
  if (table->capacity == 0)
    return BERTH_NONE;
  uint32_t mask = table->capacity - 1, found = BERTH_NONE;
  uint32_t slot = name_hash(text, length, table->seed) & mask;
  for (; table->slots[slot] != BERTH_NONE; slot = (slot + 1) & mask) {
    const char *name = names[table->slots[slot]];
    if (strncmp(name, text, length) != 0 || name[length] != '\0')
      continue;
    if (ambiguous == NULL)
      return table->slots[slot];
    if (found != BERTH_NONE) {
      *ambiguous = true;
      return found;
    }
    found = table->slots[slot];
  }
  return found;
}

uint32_t name_table_find(const name_table *table, const char *const *names, const char *name,
                         bool *ambiguous) {
  assert(name != NULL);
  return name_table_find_text(table, names, name, strlen(name), ambiguous);
}
