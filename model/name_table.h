/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file name_table.h
 * Hash table from strings to object indices: open addressing, linear probing, load ≤ 1/2. The strings
 * stay where they are; the table holds indices only.
 */
#ifndef BERTH_MODEL_NAME_TABLE_H
#define BERTH_MODEL_NAME_TABLE_H

#include "arena.h"
#include "frozen.h"

enum {
  NAME_CHAIN_MAX = 160, /**< longer than any chain of names that were not chosen to collide */
  NAME_SEEDS = 8        /**< the last one is taken as it comes */
};

/** Builds the table of @p count names (NULL names are left out) in @p memory. Of equal names the
 *  first two are entered, in index order. @return false: out of memory. */
bool name_table_build(name_table *table, arena *memory, const char *const *names, uint32_t count);
/** The same; @p repeats gets the number of names that another before them equals. */
bool name_table_build_counting(name_table *table, arena *memory, const char *const *names,
                               uint32_t count, uint32_t *repeats);
/** Index of @p name, or BERTH_NONE. With @p ambiguous (may be NULL) set to whether several have it. */
uint32_t name_table_find(const name_table *table, const char *const *names, const char *name,
                         bool *ambiguous);
/** The same for @p length bytes of @p text, which need no final NUL. */
uint32_t name_table_find_text(const name_table *table, const char *const *names, const char *text,
                              size_t length, bool *ambiguous);
/** The hash of @p text under @p seed < NAME_SEEDS; it decides nothing but where names lie. */
uint32_t name_hash(const char *text, size_t length, uint32_t seed);

#endif
