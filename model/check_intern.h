/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_intern.h
 * Numbers for keys: equal keys of four integers get the same number, counted up from 0. A list is
 * interned by folding: the number of what came before is part of the next key.
 */
#ifndef BERTH_MODEL_CHECK_INTERN_H
#define BERTH_MODEL_CHECK_INTERN_H

#include "check_internal.h"

typedef struct check_key {
  int64_t part[4];
} check_key;

/** Zero-initialised is empty. Memory is that of the check. */
typedef struct check_intern {
  check_key *keys;      /* [number] */
  uint32_t *place;      /* [number] its slot */
  uint32_t *slots;      /* number + 1, 0 = free */
  uint32_t count, room; /* slots are four times `room` */
} check_intern;

/** The number of a key, a new one if it is met first. 0 when out of memory (`exhausted`). */
uint32_t check_number(check *c, check_intern *intern, int64_t a, int64_t b, int64_t d, int64_t e);
/** Forgets all keys; costs what they were, not the room for them. */
void check_forget_numbers(check_intern *intern);

#endif
