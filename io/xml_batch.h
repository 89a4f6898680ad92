/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file xml_batch.h
 * A stretch of a document with what was found in it: bytes as they stand in the source, and events
 * as words of 32 bits that point into them. A parser fills a batch, a cursor reads it; batches are
 * used over and over, so that memory does not grow with the document.
 */
#ifndef BERTH_IO_XML_BATCH_H
#define BERTH_IO_XML_BATCH_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The first word of an event: its kind, and XML_EVENT_BY_LINE. What follows is said with each kind.
 * A place is a distance from the beginning of the batch, or a line (XML_EVENT_BY_LINE) where the
 * source is in another encoding; line 0 = nowhere. A value is where its bytes begin and their
 * number, with XML_VALUE_COPIED if they stand in `copies` rather than in `bytes`.
 */
typedef enum xml_event {
  XML_EVENT_START = 0,     /**< place inside the tag, name, attributes (XML_ATTRIBUTE_TOO_LONG); for
                                each of these name, value */
  XML_EVENT_END,           /**< nothing */
  XML_EVENT_TEXT,          /**< value in `bytes` */
  XML_EVENT_COPIED_TEXT,   /**< value in `copies`, place behind it */
  XML_EVENT_DOCTYPE,       /**< place */
  XML_EVENT_DECLARATION,   /**< place; the last */
  XML_EVENT_TOO_MANY,      /**< elements: place inside the tag; the last */
  XML_EVENT_TOO_DEEP,      /**< the same */
  XML_EVENT_TEXT_TOO_LONG, /**< place behind it; the last */
  XML_EVENT_MALFORMED,     /**< place, value in `copies`: what libxml2 says; the last */
  XML_EVENT_BEYOND_LIBXML2, /**< the same, for its own limits */
  XML_EVENT_NO_MEMORY,      /**< nothing; the last */
  XML_EVENT_NO_REASON       /**< nothing; the last: libxml2 failed without a word */
} xml_event;

#define XML_EVENT_KIND UINT32_C(0xff)
#define XML_EVENT_BY_LINE UINT32_C(0x100)
#define XML_VALUE_COPIED (UINT32_C(1) << 31)
#define XML_ATTRIBUTE_TOO_LONG (UINT32_C(1) << 31)

enum {
  XML_START_WORDS = 4,
  XML_ATTRIBUTE_WORDS = 3,
  XML_BATCH_HEADROOM = 1 << 12 /**< before a new chunk: for what the last one left unfinished */
};

/** Strings of libxml2's dictionary, which stay where they are as long as the parser. */
typedef struct xml_name {
  const char *name, *uri; /**< uri: NULL = none */
} xml_name;

/** Where memory comes from. NULL = there is none. */
typedef struct xml_memory {
  void *(*grow)(void *user, void *memory, size_t bytes);
  void *user;
} xml_memory;

typedef struct xml_batch {
  char *bytes;
  size_t room;
  size_t start, fresh, end; /**< of the batch, of what libxml2 has not seen yet, of all */
  size_t next;              /**< where the next batch begins */
  uint64_t offset;          /**< of bytes[start] in the document */
  bool last;                /**< nothing follows in the source */
  bool exhausted;           /**< no memory for an event: after those there are */
  uint32_t *words;
  size_t word_count, word_room;
  xml_name *names; /**< of this batch; the same name may stand here twice */
  size_t name_count, name_room;
  char *copies; /**< values that are not in `bytes` as they have to be read */
  size_t copied, copy_room;
} xml_batch;

/** Bytes in all that `bytes` has room for, at least; what it holds stays. */
bool xml_batch_grow_bytes(xml_batch *batch, size_t room, const xml_memory *memory);

/** Room for @p count more of each kind; false: no memory. */
bool xml_batch_grow_words(xml_batch *batch, size_t count, const xml_memory *memory);
bool xml_batch_grow_names(xml_batch *batch, const xml_memory *memory);
bool xml_batch_grow_copies(xml_batch *batch, size_t count, const xml_memory *memory);

/** @p count new words at the end, or NULL: no memory. */
static inline uint32_t *xml_batch_take(xml_batch *batch, size_t count, const xml_memory *memory) {
  assert(batch->word_count <= batch->word_room);
  if (batch->word_room - batch->word_count < count && !xml_batch_grow_words(batch, count, memory))
    return NULL;
  uint32_t *words = batch->words + batch->word_count;
  batch->word_count += count;
  return words;
}

#endif
