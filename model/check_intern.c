/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-addressing table of keys with linear probing. Hashing is splitmix64's finaliser over the
 * parts; keys come from quantities and indices of the inventory, and a bad hash only costs time.
 */
#include "check_intern.h"
#include <assert.h>
#include <string.h>

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t slot_of(const check_intern *intern, const check_key *key) {
  uint32_t mask = intern->room * 4 - 1;
  uint64_t hash = 0;
  for (size_t i = 0; i < sizeof key->part / sizeof *key->part; i++)
    hash = mix(hash + UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)key->part[i]);
  uint32_t slot = (uint32_t)hash & mask;
  assert(intern->count <= intern->room && (intern->room & (intern->room - 1)) == 0);
  while (intern->slots[slot] != 0 &&
         memcmp(&intern->keys[intern->slots[slot] - 1], key, sizeof *key) != 0)
    slot = (slot + 1) & mask;
  return slot;
}

static void enter(check_intern *intern, uint32_t number) {
  uint32_t slot = slot_of(intern, &intern->keys[number]);
  assert(intern->slots[slot] == 0);
  intern->slots[slot] = number + 1;
  intern->place[number] = slot;
}

static bool make_room(check *c, check_intern *intern) {
  check_intern larger = {.room = intern->room == 0 ? 64 : intern->room * 2, .count = intern->count};
  if (larger.room > UINT32_MAX / 8) {
    c->exhausted = true;
    return false;
  }
  larger.keys = check_take(c, larger.room, sizeof *larger.keys);
  larger.place = check_take(c, larger.room, sizeof *larger.place);
  larger.slots = check_take(c, (size_t)larger.room * 4, sizeof *larger.slots);
  if (c->exhausted)
    return false;
  if (intern->count > 0)
    memcpy(larger.keys, intern->keys, intern->count * sizeof *larger.keys);
  for (uint32_t number = 0; number < intern->count; number++)
    enter(&larger, number);
  *intern = larger;
  return true;
}

uint32_t check_number(check *c, check_intern *intern, int64_t a, int64_t b, int64_t d, int64_t e) {
  check_key key = {{a, b, d, e}};
  assert(c != NULL && intern != NULL);
  if (intern->count == intern->room && !make_room(c, intern))
    return 0;
  uint32_t slot = slot_of(intern, &key);
  if (intern->slots[slot] == 0) {
    intern->keys[intern->count] = key;
    intern->place[intern->count] = slot;
    intern->slots[slot] = ++intern->count;
  }
  return intern->slots[slot] - 1;
}

void check_forget_numbers(check_intern *intern) {
  for (uint32_t number = 0; number < intern->count; number++) {
    assert(intern->slots[intern->place[number]] == number + 1);
    intern->slots[intern->place[number]] = 0;
  }
  intern->count = 0;
}
