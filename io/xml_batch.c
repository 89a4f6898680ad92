/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arrays of a batch grow by doubling and are never given back before the end of the document.
 * What 32-bit words can point to bounds them.
 */
#include "xml_batch.h"

#include "checked.h"

enum { FIRST_WORDS = 1 << 10, FIRST_NAMES = 1 << 5, FIRST_COPIES = 1 << 8 };

static const size_t bytes_allowed = (size_t)1 << 31;

/* `array` with room for `needed` elements or more, or NULL. */
static void *grow(void *array, size_t *room, size_t needed, size_t size, const xml_memory *memory) {
  size_t wanted = needed > 2 * *room ? needed : 2 * *room, bytes = 0;
  assert(needed > *room && size > 0);
  if (!checked_multiply_size(wanted, size, &bytes) || bytes > bytes_allowed)
    return NULL;
  void *grown = memory->grow(memory->user, array, bytes);
  if (grown != NULL)
    *room = wanted;
  return grown;
}

static size_t at_least(size_t needed, size_t first) {
  return needed < first ? first : needed;
}

bool xml_batch_grow_words(xml_batch *batch, size_t count, const xml_memory *memory) {
  assert(batch != NULL && memory != NULL && batch->word_count <= batch->word_room);
  const size_t needed = at_least(batch->word_count + count, FIRST_WORDS);
  uint32_t *grown = grow(batch->words, &batch->word_room, needed, sizeof *grown, memory);
  if (grown != NULL)
    batch->words = grown;
  return grown != NULL;
}

bool xml_batch_grow_names(xml_batch *batch, const xml_memory *memory) {
  assert(batch != NULL && memory != NULL && batch->name_count == batch->name_room);
  const size_t needed = at_least(batch->name_count + 1, FIRST_NAMES);
  xml_name *grown = grow(batch->names, &batch->name_room, needed, sizeof *grown, memory);
  if (grown != NULL)
    batch->names = grown;
  return grown != NULL;
}

bool xml_batch_grow_copies(xml_batch *batch, size_t count, const xml_memory *memory) {
  assert(batch != NULL && memory != NULL && batch->copied <= batch->copy_room);
  const size_t needed = at_least(batch->copied + count, FIRST_COPIES);
  char *grown = grow(batch->copies, &batch->copy_room, needed, 1, memory);
  if (grown != NULL)
    batch->copies = grown;
  return grown != NULL;
}

bool xml_batch_grow_bytes(xml_batch *batch, size_t room, const xml_memory *memory) {
  assert(batch != NULL && memory != NULL);
  if (room <= batch->room)
    return true;
  char *grown = grow(batch->bytes, &batch->room, room, 1, memory);
  if (grown != NULL)
    batch->bytes = grown;
  return grown != NULL;
}
