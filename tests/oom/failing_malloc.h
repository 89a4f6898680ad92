/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file failing_malloc.h
 * malloc and its kin, of the program and of all libraries in it, that can be told to fail, and that
 * count what is not freed. Linked into a program it takes the place of those of the C library.
 */
#ifndef BERTH_FAILING_MALLOC_H
#define BERTH_FAILING_MALLOC_H

#include <stdbool.h>
#include <stdint.h>

typedef enum failing_kind {
  FAILING_ONCE,   /**< one allocation fails, those after it do not */
  FAILING_ONWARDS /**< that one and all after it */
} failing_kind;

/** From now on, in all threads: allocation @p nth fails; 0 = none does. Counting starts anew. */
void failing_malloc_arm(uint64_t nth, failing_kind kind);

/** Ends it. @return allocations since failing_malloc_arm(). */
uint64_t failing_malloc_disarm(void);

/** Whether the allocation that was to fail was reached. */
bool failing_malloc_struck(void);

/** Blocks that are not freed, of the whole program, but those that GLPK is known to lose: the one
 *  that it had when reallocating fails. */
int64_t failing_malloc_live(void);

#endif
