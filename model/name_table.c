/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing over 32-bit FNV-1a hashes. Slots hold indices only; equal
 * names are met in index order because they are entered in that order and nothing is ever removed.
 */
#include "name_table.h"
#include <assert.h>
#include <string.h>

uint32_t name_hash(const char *text, size_t length) {
  uint32_t hash = UINT32_C(2166136261);
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
  return hash ^ (hash >> 15); /* the low bits choose the slot: let the high ones take part */
}

static uint32_t capacity_for(uint32_t count) {
  assert(count <= UINT32_C(1) << 30);
  uint32_t capacity = 8;
  while (capacity / 2 < count)
    capacity *= 2;
  return capacity;
}

bool name_table_build(name_table *table, arena *memory, const char *const *names, uint32_t count) {
  assert(table != NULL && memory != NULL && (names != NULL || count == 0));
  *table = (name_table){0};
  uint32_t capacity = capacity_for(count);
  uint32_t *slots = arena_take(memory, capacity, sizeof *slots);
  if (slots == NULL)
    return false;
  memset(slots, 0xff, capacity * sizeof *slots); /* BERTH_NONE */
  for (uint32_t i = 0; i < count; i++) {
    if (names[i] == NULL)
      continue;
    uint32_t slot = name_hash(names[i], strlen(names[i])) & (capacity - 1);
    while (slots[slot] != BERTH_NONE)
      slot = (slot + 1) & (capacity - 1);
    slots[slot] = i;
  }
  *table = (name_table){.capacity = capacity, .slots = slots};
  return true;
}

uint32_t name_table_find_text(const name_table *table, const char *const *names, const char *text,
                              size_t length, bool *ambiguous) {
  assert(table != NULL && text != NULL);
  if (ambiguous != NULL)
    *ambiguous = false;
  if (table->capacity == 0)
    return BERTH_NONE;
  uint32_t mask = table->capacity - 1, found = BERTH_NONE;
  uint32_t slot = name_hash(text, length) & mask;
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
