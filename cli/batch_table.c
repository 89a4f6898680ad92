/* SPDX-License-Identifier: Apache-2.0 */
/* The table that summary, page and resumption share. */
#include "batch_table.h"
#include "command.h"
#include <stdlib.h>
#include <string.h>

enum { NOTES_MOST = 5000 };

const batch_word *batch_words(void) {
  static const batch_word words[BATCH_WORD_COUNT] = {
      {COMMAND_DONE, "done", "answered, everything done"},
      {COMMAND_NOT_ALL, "not-all", "answered, but something could not be done"},
      {COMMAND_UNDECIDED, "undecided", "undecided within the limits"},
      {COMMAND_USAGE, "not-applicable", "the question does not fit the inventory"},
      {COMMAND_BAD_INPUT, "bad-input", "the inventory is not valid"},
      {COMMAND_NO_INPUT, "unreadable", "the inventory cannot be read"},
      {COMMAND_INTERNAL, "internal", "internal error, or out of memory"}};
  return words;
}

static size_t place_of(int exit_status) {
  size_t place = BATCH_WORD_COUNT - 1;
  for (size_t i = 0; i < BATCH_WORD_COUNT; i++)
    if (batch_words()[i].exit_status == exit_status)
      place = i;
  return place;
}

int batch_exit_of(int exit_status) {
  return batch_words()[place_of(exit_status)].exit_status;
}

const char *batch_word_of(int exit_status) {
  return batch_words()[place_of(exit_status)].word;
}

bool batch_table_open(batch_table *table, size_t count) {
  *table = (batch_table){.count = count};
  table->entries = calloc(count + 1, sizeof *table->entries);
  table->sequence = calloc(count + 1, sizeof *table->sequence);
  return table->entries != NULL && table->sequence != NULL;
}

void batch_table_put(batch_table *table, size_t item, const batch_entry *entry, const char *note) {
  batch_entry *put = &table->entries[item];
  *put = *entry;
  put->there = true;
  put->note = NULL;
  if (entry->exit_status != COMMAND_DONE && note[0] != '\0' && table->notes < NOTES_MOST) {
    put->note = strdup(note);
    table->notes++;
  }
  table->by_word[place_of(entry->exit_status)]++;
  table->sequence[table->through++] = item;
}

int batch_table_worst(const batch_table *table) {
  for (size_t i = BATCH_WORD_COUNT; i-- > 0;)
    if (table->by_word[i] > 0)
      return batch_words()[i].exit_status;
  return COMMAND_DONE;
}

size_t batch_table_gravest(const batch_table *table, size_t *items, size_t most) {
  size_t found = 0;
  for (size_t word = BATCH_WORD_COUNT; word-- > 0;)
    for (size_t i = 0; i < table->count && found < most; i++)
      if (table->entries[i].there && place_of(table->entries[i].exit_status) == word)
        items[found++] = i;
  return found;
}

size_t batch_table_slowest(const batch_table *table, size_t *items, size_t most) {
  size_t found = 0;
  for (size_t i = 0; i < table->count; i++) {
    size_t at = found;
    while (at > 0 && table->entries[items[at - 1]].milliseconds < table->entries[i].milliseconds)
      at--;
    if (!table->entries[i].there || at == most)
      continue;
    found += found < most;
    memmove(items + at + 1, items + at, (found - 1 - at) * sizeof *items);
    items[at] = i;
  }
  return found;
}

void batch_table_close(batch_table *table) {
  for (size_t i = 0; table->entries != NULL && i < table->count; i++)
    free(table->entries[i].note);
  free(table->entries);
  free(table->sequence);
  *table = (batch_table){0};
}
