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

/** Builds the table of @p count names (NULL names are left out) in @p memory. Of equal names all are
 *  entered, in index order. @return false: out of memory. */
bool name_table_build(name_table *table, arena *memory, const char *const *names, uint32_t count);
/** Index of @p name, or BERTH_NONE. With @p ambiguous (may be NULL) set to whether several have it. */
uint32_t name_table_find(const name_table *table, const char *const *names, const char *name,
                         bool *ambiguous);
/** The same for @p length bytes of @p text, which need no final NUL. */
uint32_t name_table_find_text(const name_table *table, const char *const *names, const char *text,
                              size_t length, bool *ambiguous);
/** The hash of the table: the same on every machine. */
uint32_t name_hash(const char *text, size_t length);

#endif
