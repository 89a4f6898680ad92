/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing; gaps are closed (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
#include "session_names.h"
#include "session_blocks.h"
#include <string.h>

enum { LEAST_NAMES = 16 };

static uint32_t hash_of(const char *id) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (; *id != '\0'; id++)
    hash = (hash ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
  return (uint32_t)(hash ^ hash >> 32);
}

bool added_names_allow(const char *id) {
  return id != NULL && id[0] != '\0' && strpbrk(id, " \t\r\n") == NULL;
}

uint32_t added_names_find(const added_names *names, const berth_view *view, const char *id) {
  if (names->count == 0)
    return BERTH_NONE;
  uint32_t mask = names->room - 1, at = hash_of(id) & mask;
  for (; names->slot[at] != BERTH_NONE; at = (at + 1) & mask) {
    if (strcmp(names->id_of(view, names->slot[at]), id) == 0)
      return names->slot[at];
  }
  return BERTH_NONE;
}

bool added_names_reserve(added_names *names, const berth_view *view) {
  if (2 * (uint64_t)(names->count + 1) <= names->room)
    return true;
  added_names wider = {.room = names->room == 0 ? LEAST_NAMES : 2 * names->room,
                       .id_of = names->id_of};
  wider.slot = ground_take(view->ground, wider.room * sizeof *wider.slot);
  if (wider.slot == NULL)
    return false;
  for (uint32_t i = 0; i < wider.room; i++)
    wider.slot[i] = BERTH_NONE;
  for (uint32_t i = 0; i < names->room; i++) {
    if (names->slot[i] != BERTH_NONE)
      added_names_enter(&wider, view, names->slot[i]);
  }
  ground_release(view->ground, names->slot);
  *names = wider;
  return true;
}

void added_names_enter(added_names *names, const berth_view *view, uint32_t number) {
  assert(2 * (uint64_t)(names->count + 1) <= names->room);
  uint32_t mask = names->room - 1, at = hash_of(names->id_of(view, number)) & mask;
  while (names->slot[at] != BERTH_NONE)
    at = (at + 1) & mask;
  names->slot[at] = number;
  names->count++;
}

void added_names_remove(added_names *names, const berth_view *view, uint32_t number) {
  uint32_t mask = names->room - 1, gap = hash_of(names->id_of(view, number)) & mask;
  while (names->slot[gap] != number) {
    assert(names->slot[gap] != BERTH_NONE);
    gap = (gap + 1) & mask;
  }
  for (uint32_t i = (gap + 1) & mask; names->slot[i] != BERTH_NONE; i = (i + 1) & mask) {
    uint32_t home = hash_of(names->id_of(view, names->slot[i])) & mask;
    if (((i - home) & mask) >= ((i - gap) & mask)) {
      names->slot[gap] = names->slot[i];
      gap = i;
    }
  }
  names->slot[gap] = BERTH_NONE;
  names->count--;
}
