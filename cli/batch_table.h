/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_table.h
 * What is known of each item of a batch once it is through: how it ended and where its line is. The
 * line itself is not kept in memory, and of notes no more than a page shows.
 */
#ifndef BERTH_CLI_BATCH_TABLE_H
#define BERTH_CLI_BATCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Ways to end: the exit statuses that the command itself would have had. */
typedef struct batch_word {
  int exit_status;
  const char *word, *meaning;
} batch_word;

enum { BATCH_WORD_COUNT = 7 };

/** In order of exit statuses. */
const batch_word *batch_words(void);
/** The exit status itself if it is among them, else that of an internal error. */
int batch_exit_of(int exit_status);
/** The word of an exit status that is among them. */
const char *batch_word_of(int exit_status);

typedef struct batch_entry {
  uint64_t at, length; /* of the line, with its line feed, in the file of lines */
  uint32_t milliseconds;
  uint8_t exit_status;
  bool there;
  char *note; /* owned; NULL = none kept */
} batch_entry;

typedef struct batch_table {
  batch_entry *entries; /* [count] */
  size_t *sequence;     /* [through] items in the order in which they came */
  size_t count, through, notes;
  size_t by_word[BATCH_WORD_COUNT];
} batch_table;

/** False: no memory. */
bool batch_table_open(batch_table *table, size_t count);
/** Enters an item that is not there yet; of one that is not done, @p note is copied. */
void batch_table_put(batch_table *table, size_t item, const batch_entry *entry, const char *note);
/** The gravest exit status there is; 0 for none. */
int batch_table_worst(const batch_table *table);
/** The items that a page shows, at most @p most of them, in @p items: the gravest first, then by
 *  number; or the slowest. Returns how many. */
size_t batch_table_gravest(const batch_table *table, size_t *items, size_t most);
size_t batch_table_slowest(const batch_table *table, size_t *items, size_t most);
void batch_table_close(batch_table *table);

#endif
