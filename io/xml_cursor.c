/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches are read chunk by chunk, parsed (xml_parser.h) and handed to the handler event by event.
 * A document that goes on beyond some chunks gets a thread that parses ahead (xml_pipeline.h); what
 * happens to the events is the same, and in the same order.
 *
 * Positions: an event says how far from the beginning of the batch it stands, the '<' of a tag is
 * found by scanning back (no attribute value may hold one), and newlines are counted up to where a
 * position is asked for, so that every byte is looked at once.
 */
#include "xml_cursor.h"

#include "context_internal.h"
#include "xml_pipeline.h"
#include "xml_tuning.h"
#include <assert.h>
#include <string.h>
#include <time.h>

enum {
  CHUNKS_PER_PROGRESS = 16,
  NAME_CACHE_BITS = 10,
  NAME_CACHE = 1 << NAME_CACHE_BITS, /* entries */
  NAME_PROBES = 8,                   /* places where a name may stand */
  DETAIL_BYTES = 1024
};

/* Remembers the word of a name by its address: there is one copy of each name a document. */
typedef struct known_name {
  const char *name;
  int word;
} known_name;

/* Newlines counted so far. */
typedef struct line_mark {
  uint64_t offset; /* up to here */
  uint64_t line_start;
  uint32_t line;
} line_mark;

struct xml_cursor {
  berth_context *ctx;
  input *in;
  const berth_read_limits *limits;
  const xml_handler *handler;
  void *user;
  xml_doctype doctype;
  bool has_doctype;
  berth_position doctype_position;
  berth_status status; /* why the reading stops */
  bool handed_over;    /* the start at hand goes to the new handler too */
  uint32_t depth;      /* open elements */
  uint32_t skip_depth; /* nothing is delivered at this depth or below; 0 = all is */
  xml_attribute *attributes;
  uint32_t attribute_room;
  const xml_batch *batch;
  const uint32_t *event; /* at hand */
  int *words;            /* of the names of the batch, as far as they are known */
  size_t word_count, word_room;
  uint64_t element_count, passed_over; /* passed_over: of all, those that were skipped */
  line_mark mark;
  known_name names[NAME_CACHE];
};

/* ------------------------------------------------------------------------ positions */

/* The mark moved forward to the byte @p offset of the document. */
static line_mark mark_at(const xml_cursor *cursor, uint64_t offset) {
  const xml_batch *batch = cursor->batch;
  line_mark mark = cursor->mark;
  assert(mark.offset >= batch->offset && offset <= batch->offset + (batch->end - batch->start));
  const char *at = batch->bytes + batch->start + (mark.offset - batch->offset);
  while (mark.offset < offset) {
    const size_t left = (size_t)(offset - mark.offset);
    const char *newline = memchr(at, '\n', left);
    if (newline == NULL) {
      mark.offset = offset;
      break;
    }
    mark.offset += (uint64_t)(newline - at) + 1;
    mark.line_start = mark.offset;
    mark.line += mark.line < UINT32_MAX;
    at = newline + 1;
  }
  return mark;
}

static berth_position position_from(const xml_cursor *cursor, const line_mark *mark,
                                    uint64_t offset) {
  berth_position position = {.source = input_name(cursor->in), .line = mark->line};
  const uint64_t column = offset < mark->line_start ? 0 : offset - mark->line_start + 1;
  position.column = column > UINT32_MAX ? UINT32_MAX : (uint32_t)column;
  return position;
}

/* The place that the event at hand has in its word @p word. */
static berth_position position_of(const xml_cursor *cursor, uint32_t word) {
  if ((cursor->event[0] & XML_EVENT_BY_LINE) != 0)
    return (berth_position){.source = input_name(cursor->in), .line = cursor->event[word]};
  const uint64_t offset = cursor->batch->offset + cursor->event[word];
  const line_mark mark = mark_at(cursor, offset);
  return position_from(cursor, &mark, offset);
}

static const char *batch_start(const xml_cursor *cursor) {
  return cursor->batch->bytes + cursor->batch->start;
}

static const char *batch_end(const xml_cursor *cursor) {
  return cursor->batch->bytes + cursor->batch->end;
}

static berth_position position_at(const xml_cursor *cursor, const char *at) {
  assert(at >= batch_start(cursor) && at <= batch_end(cursor));
  const uint64_t offset = cursor->batch->offset + (uint64_t)(at - batch_start(cursor));
  const line_mark mark = mark_at(cursor, offset);
  return position_from(cursor, &mark, offset);
}

/* The '<' of the tag at hand, whose event has a place inside it. */
static const char *tag_start(const xml_cursor *cursor) {
  const char *first = batch_start(cursor), *at = first + cursor->event[1];
  assert((cursor->event[0] & XML_EVENT_BY_LINE) == 0 && at > first);
  do
    at--;
  while (at > first && *at != '<');
  return at;
}

/* The lines up to the tag at hand need not be looked at again. */
static berth_position position_of_tag(xml_cursor *cursor) {
  if ((cursor->event[0] & XML_EVENT_BY_LINE) != 0)
    return position_of(cursor, 1);
  const uint64_t offset =
      cursor->batch->offset + (uint64_t)(tag_start(cursor) - batch_start(cursor));
  cursor->mark = mark_at(cursor, offset);
  return position_from(cursor, &cursor->mark, offset);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The local name begins behind the prefix of a qualified one. */
static bool is_local_name(const char *qualified, size_t length, const char *name) {
  const size_t tail = strlen(name);
  return length >= tail && memcmp(qualified + length - tail, name, tail) == 0 &&
         (length == tail || qualified[length - tail - 1] == ':');
}

/* Walks over the attributes of the tag as written, which is well-formed by now. Declarations of
 * namespaces stand among them. */
berth_position xml_cursor_attribute_position(const xml_cursor *cursor, const xml_element *element,
                                             const xml_attribute *attribute) {
  assert(cursor != NULL && element != NULL && attribute != NULL);
  if ((cursor->event[0] & XML_EVENT_BY_LINE) != 0)
    return element->position;
  const char *at = tag_start(cursor), *end = batch_end(cursor);
  while (at < end && !is_space(*at))
    at++;
  while (at < end) {
    while (at < end && is_space(*at))
      at++;
    if (at < end && (*at == '>' || *at == '/'))
      break;
    const char *name = at;
    while (at < end && *at != '=' && !is_space(*at))
      at++;
    if (is_local_name(name, (size_t)(at - name), attribute->name))
      return position_at(cursor, name);
    while (at < end && *at != '"' && *at != '\'')
      at++;
    const char *quote = at < end ? at++ : at;
    while (at < end && *at != *quote)
      at++;
    at += at < end;
  }
  return element->position;
}

berth_position xml_cursor_text_position(const xml_cursor *cursor, const char *at) {
  assert(cursor != NULL && at != NULL);
  const uint32_t kind = cursor->event[0] & XML_EVENT_KIND;
  assert(kind == XML_EVENT_TEXT || kind == XML_EVENT_COPIED_TEXT);
  return kind == XML_EVENT_TEXT ? position_at(cursor, at) : position_of(cursor, 3);
}

/* ------------------------------------------------------------------------ stopping */

static void stop(xml_cursor *cursor, berth_status status) {
  assert(status != BERTH_OK);
  if (cursor->status == BERTH_OK)
    cursor->status = status;
}

static void stop_at_limit(xml_cursor *cursor, const berth_position *position, const char *what,
                          uint64_t limit) {
  if (cursor->status != BERTH_OK)
    return;
  context_problem(cursor->ctx, BERTH_ERROR, BERTH_E_LIMIT, position, "%s; the limit is %llu", what,
                  (unsigned long long)limit);
  stop(cursor, BERTH_E_LIMIT);
}

static void refuse_at(xml_cursor *cursor, const berth_position *position, const char *what) {
  context_problem(cursor->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", what);
  stop(cursor, BERTH_E_INVALID);
}

bool xml_cursor_refuse_doctype(xml_cursor *cursor) {
  if (cursor->has_doctype)
    refuse_at(cursor, &cursor->doctype_position, "a DOCTYPE is not accepted; expected none");
  return !cursor->has_doctype;
}

/* What libxml2 says. */
static void tell_malformed(xml_cursor *cursor, berth_status status) {
  const uint32_t *event = cursor->event;
  const berth_position position = position_of(cursor, 1);
  context_problem(cursor->ctx, BERTH_ERROR, status, &position, "not well-formed XML: %.*s",
                  (int)event[3], cursor->batch->copies + event[2]);
  stop(cursor, status);
}

static void tell_no_memory(xml_cursor *cursor) {
  stop(cursor, context_fail(cursor->ctx, BERTH_E_NOMEM, NULL, "out of memory"));
}

/* ------------------------------------------------------------------------ words */

static int find_word(const xml_handler *handler, const char *name) {
  assert(name != NULL);
  uint32_t low = 0, high = handler->word_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const int order = strcmp(name, handler->words[middle]);
    if (order == 0)
      return (int)middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return XML_NO_WORD;
}

/* The top bits of a product take part of all bits of the address. */
static uint32_t cache_place(const char *name) {
  const uint64_t mixed = (uint64_t)(uintptr_t)name * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(mixed >> (64 - NAME_CACHE_BITS));
}

/* A name that finds no free place takes the first of those where it may stand. */
static int word_of(xml_cursor *cursor, const char *name) {
  const uint32_t home = cache_place(name);
  known_name *entry = &cursor->names[home];
  for (uint32_t i = 0; i < NAME_PROBES; i++) {
    known_name *known = &cursor->names[(home + i) & (NAME_CACHE - 1)];
    if (known->name == name)
      return known->word;
    if (known->name == NULL) {
      entry = known;
      break;
    }
  }
  *entry = (known_name){name, find_word(cursor->handler, name)};
  assert(entry->word < (int)cursor->handler->word_count);
  return entry->word;
}

/* The words of all names of the batch at hand. */
static bool find_words(xml_cursor *cursor) {
  const xml_batch *batch = cursor->batch;
  if (batch->name_count > cursor->word_room) {
    int *grown = context_grow(cursor->ctx, cursor->words, batch->name_room, sizeof *grown);
    if (grown == NULL)
      return false;
    cursor->words = grown;
    cursor->word_room = batch->name_room;
  }
  for (size_t i = cursor->word_count; i < batch->name_count; i++)
    cursor->words[i] = word_of(cursor, batch->names[i].name);
  cursor->word_count = batch->name_count;
  return true;
}

/* ------------------------------------------------------------------------ events */

static bool make_room(xml_cursor *cursor, uint32_t count) {
  assert(cursor->attributes != NULL || cursor->attribute_room == 0);
  if (count <= cursor->attribute_room)
    return true;
  xml_attribute *grown =
      context_grow(cursor->ctx, cursor->attributes, count, sizeof *cursor->attributes);
  if (grown == NULL)
    return false;
  cursor->attributes = grown;
  cursor->attribute_room = count;
  return true;
}

static void take_attributes(const xml_cursor *cursor, const uint32_t *words, uint32_t count) {
  const xml_batch *batch = cursor->batch;
  const char *bytes = batch_start(cursor);
  for (uint32_t i = 0; i < count; i++, words += XML_ATTRIBUTE_WORDS) {
    assert(words[0] < batch->name_count);
    const xml_name *name = &batch->names[words[0]];
    const bool copied = (words[2] & XML_VALUE_COPIED) != 0;
    cursor->attributes[i] = (xml_attribute){.name = name->name,
                                            .uri = name->uri,
                                            .value = (copied ? batch->copies : bytes) + words[1],
                                            .length = words[2] & ~XML_VALUE_COPIED,
                                            .word = cursor->words[words[0]]};
  }
}

static void call_on_start(xml_cursor *cursor, xml_element *element) {
  const uint32_t *event = cursor->event;
  do {
    if (cursor->word_count < cursor->batch->name_count && !find_words(cursor)) {
      stop(cursor, BERTH_E_NOMEM);
      return;
    }
    cursor->handed_over = false;
    element->word = cursor->words[event[2]];
    take_attributes(cursor, event + XML_START_WORDS, element->attribute_count);
    const berth_status status = cursor->handler->on_start(cursor->user, cursor, element);
    if (status != BERTH_OK)
      stop(cursor, status);
  } while (cursor->handed_over && cursor->status == BERTH_OK);
}

static void deliver_start(xml_cursor *cursor) {
  const uint32_t *event = cursor->event;
  const uint32_t count = event[3] & ~XML_ATTRIBUTE_TOO_LONG;
  const xml_name *name = &cursor->batch->names[event[2]];
  const uint32_t depth = cursor->depth++;
  cursor->element_count++;
  xml_element element = {.name = name->name,
                         .uri = name->uri,
                         .attribute_count = count,
                         .depth = depth,
                         .position = position_of_tag(cursor)};
  if (!make_room(cursor, count)) {
    stop(cursor, BERTH_E_NOMEM);
    return;
  }
  element.attributes = cursor->attributes;
  if ((event[3] & XML_ATTRIBUTE_TOO_LONG) != 0)
    stop_at_limit(cursor, &element.position, "an attribute is too long", cursor->limits->max_text);
  else
    call_on_start(cursor, &element);
}

static void deliver_end(xml_cursor *cursor) {
  assert(cursor->depth > 0);
  cursor->depth--;
  const berth_status status = cursor->handler->on_end(cursor->user, cursor);
  if (status != BERTH_OK)
    stop(cursor, status);
}

static void deliver_text(xml_cursor *cursor, const char *text, size_t length) {
  const berth_status status = cursor->handler->on_text(cursor->user, cursor, text, length);
  if (status != BERTH_OK)
    stop(cursor, status);
}

static void take_doctype(xml_cursor *cursor) {
  cursor->has_doctype = true;
  cursor->doctype_position = position_of(cursor, 1);
  if (cursor->doctype == XML_DOCTYPE_REFUSED)
    (void)xml_cursor_refuse_doctype(cursor);
}

/* Too many or too deep. */
static void stop_at_element(xml_cursor *cursor, xml_event kind) {
  const berth_position position = position_of_tag(cursor);
  if (kind == XML_EVENT_TOO_MANY)
    stop_at_limit(cursor, &position, "too many elements", cursor->limits->max_elements);
  else
    stop_at_limit(cursor, &position, "elements are nested too deeply", cursor->limits->max_depth);
}

/* Events that are not of elements and texts. */
static void take_other(xml_cursor *cursor, xml_event kind) {
  switch (kind) {
  case XML_EVENT_DOCTYPE:
    take_doctype(cursor);
    break;
  case XML_EVENT_DECLARATION: {
    const berth_position position = position_of(cursor, 1);
    refuse_at(cursor, &position, "a declaration in a DOCTYPE is not accepted; expected none");
    break;
  }
  case XML_EVENT_TOO_MANY:
  case XML_EVENT_TOO_DEEP:
    stop_at_element(cursor, kind);
    break;
  case XML_EVENT_TEXT_TOO_LONG: {
    const berth_position position = position_of(cursor, 1);
    stop_at_limit(cursor, &position, "a text is too long", cursor->limits->max_text);
    break;
  }
  case XML_EVENT_MALFORMED:
    tell_malformed(cursor, BERTH_E_INVALID);
    break;
  case XML_EVENT_BEYOND_LIBXML2:
    tell_malformed(cursor, BERTH_E_LIMIT);
    break;
  case XML_EVENT_NO_MEMORY:
    tell_no_memory(cursor);
    break;
  default:
    assert(kind == XML_EVENT_NO_REASON);
    stop(cursor,
         context_fail(cursor->ctx, BERTH_E_INTERNAL, NULL, "libxml2 failed without a reason"));
  }
}

/* Passes over a part that is skipped, or what of it is in this batch. @return the event behind. */
static const uint32_t *pass_over(xml_cursor *cursor, const uint32_t *event, const uint32_t *end) {
  while (event < end) {
    switch (*event & XML_EVENT_KIND) {
    case XML_EVENT_START:
      cursor->depth++;
      cursor->element_count++;
      cursor->passed_over++;
      event += XML_START_WORDS + (size_t)(event[3] & ~XML_ATTRIBUTE_TOO_LONG) * XML_ATTRIBUTE_WORDS;
      break;
    case XML_EVENT_END:
      event++;
      if (cursor->depth-- == cursor->skip_depth) {
        cursor->skip_depth = 0;
        return event;
      }
      break;
    case XML_EVENT_TEXT:
      event += 3;
      break;
    case XML_EVENT_COPIED_TEXT:
      event += 4;
      break;
    default:
      return event;
    }
  }
  return event;
}

/* Hands the event at hand on. @return its length. */
static size_t deliver(xml_cursor *cursor) {
  const uint32_t *event = cursor->event;
  const xml_event kind = (xml_event)(event[0] & XML_EVENT_KIND);
  switch (kind) {
  case XML_EVENT_START:
    deliver_start(cursor);
    return XML_START_WORDS + (size_t)(event[3] & ~XML_ATTRIBUTE_TOO_LONG) * XML_ATTRIBUTE_WORDS;
  case XML_EVENT_END:
    deliver_end(cursor);
    return 1;
  case XML_EVENT_TEXT:
    deliver_text(cursor, batch_start(cursor) + event[1], event[2]);
    return 3;
  case XML_EVENT_COPIED_TEXT:
    deliver_text(cursor, cursor->batch->copies + event[1], event[2]);
    return 4;
  default:
    take_other(cursor, kind);
    return 2;
  }
}

/* What lies before the place where the parser stands is counted. */
static void leave_batch(xml_cursor *cursor) {
  const xml_batch *batch = cursor->batch;
  const uint64_t place = batch->offset + (batch->next - batch->start);
  if (place > cursor->mark.offset)
    cursor->mark = mark_at(cursor, place);
}

/* Before events of @p batch come. */
static void enter_batch(xml_cursor *cursor, const xml_batch *batch) {
  cursor->batch = batch;
  cursor->word_count = 0;
}

static berth_status end_batch(xml_cursor *cursor) {
  if (cursor->status == BERTH_OK && cursor->batch->exhausted)
    tell_no_memory(cursor);
  if (cursor->status == BERTH_OK)
    leave_batch(cursor);
  cursor->event = NULL;
  return cursor->status;
}

/* All events of a batch. One that never had an event has no words either. */
static berth_status deliver_batch(xml_cursor *cursor, const xml_batch *batch) {
  const uint32_t *event = batch->words;
  const uint32_t *end = event == NULL ? NULL : event + batch->word_count;
  enter_batch(cursor, batch);
  while (event < end && cursor->status == BERTH_OK) {
    if (cursor->skip_depth != 0)
      event = pass_over(cursor, event, end);
    if (event == end)
      break;
    cursor->event = event;
    event += deliver(cursor);
  }
  return end_batch(cursor);
}

/* One event as soon as it is there. What is skipped then does not come at all. */
static xml_verdict deliver_at_once(void *user) {
  xml_cursor *cursor = user;
  const uint32_t *event = cursor->batch->words, *end = event + cursor->batch->word_count;
  assert(event < end && cursor->status == BERTH_OK);
  if (cursor->skip_depth != 0) { /* since there was a thread */
    if (pass_over(cursor, event, end) == end)
      return XML_GO_ON;
  }
  cursor->event = event;
  (void)deliver(cursor);
  if (cursor->status != BERTH_OK)
    return XML_STOP;
  if (cursor->skip_depth == 0)
    return XML_GO_ON;
  cursor->skip_depth = 0;
  cursor->depth--;
  return XML_SKIP;
}

void xml_cursor_skip(xml_cursor *cursor) {
  assert(cursor != NULL && cursor->skip_depth == 0 && cursor->depth > 0);
  cursor->skip_depth = cursor->depth;
}

void xml_cursor_hand_over(xml_cursor *cursor, const xml_handler *handler, void *user) {
  assert(cursor != NULL && handler != NULL && cursor->depth == 1);
  cursor->handler = handler;
  cursor->user = user;
  cursor->handed_over = true;
  cursor->word_count = 0;
  memset(cursor->names, 0, sizeof cursor->names);
}

/* ------------------------------------------------------------------------ reading */

/* A document on its way: batches go round from being read to being parsed to being delivered. */
typedef struct reading {
  xml_cursor *cursor;
  xml_parser *parser;
  xml_pipeline *pipeline; /* NULL = this thread parses */
  xml_tuning tuning;
  xml_batch batches[XML_BATCHES_MAX];
  uint64_t read, delivered; /* batches */
  uint64_t bytes;           /* read */
  bool over;                /* nothing more is to be read */
  berth_status failure;     /* of the input, behind all that was read */
  bool beyond_bytes;        /* the failure is the limit */
  bool to_end_thread;       /* nothing more is given to it */
  uint64_t next_choice;     /* at this number of batches delivered, of one thread or two */
  uint64_t elements_then, passed_over_then; /* at the last choice */
  uint64_t never_seen;                      /* elements skipped by the parser */
  char failure_text[DETAIL_BYTES];
  struct timespec start;
} reading;

static void *grow_from_context(void *user, void *memory, size_t bytes) {
  return context_grow(user, memory, bytes, 1);
}

static void copy_detail(const berth_context *ctx, char *text) {
  const char *detail = berth_context_detail(ctx);
  const size_t length = strlen(detail);
  assert(length < DETAIL_BYTES);
  memcpy(text, detail, length + 1);
}

/* A failure is told when all before it has been delivered; until then the detail stays as it was.
 */
static void remember_failure(reading *r, berth_status status, const char *detail_before) {
  berth_context *ctx = r->cursor->ctx;
  r->failure = status;
  r->over = true;
  copy_detail(ctx, r->failure_text);
  (void)context_fail(ctx, status, NULL, "%s", detail_before);
}

/* The next batch with the next chunk of the input, or the end of it; NULL if it ends in a failure.
 */
static xml_batch *read_batch(reading *r) {
  berth_context *ctx = r->cursor->ctx;
  const uint64_t index = r->pipeline == NULL ? 0 : r->read % r->tuning.batches;
  xml_batch *batch = &r->batches[index];
  const xml_memory memory = {.grow = grow_from_context, .user = ctx};
  char detail_before[DETAIL_BYTES];
  size_t got = 0;
  copy_detail(ctx, detail_before);
  if (!xml_batch_grow_bytes(batch, XML_BATCH_HEADROOM + (size_t)r->tuning.chunk, &memory)) {
    remember_failure(r, BERTH_E_NOMEM, detail_before);
    return NULL;
  }
  const berth_status status =
      input_read(r->cursor->in, batch->bytes + XML_BATCH_HEADROOM, r->tuning.chunk, &got);
  if (status != BERTH_OK) {
    remember_failure(r, status, detail_before);
    return NULL;
  }
  r->bytes += got;
  if (r->bytes > r->cursor->limits->max_bytes) {
    r->failure = BERTH_E_LIMIT;
    r->beyond_bytes = r->over = true;
    return NULL;
  }
  batch->fresh = XML_BATCH_HEADROOM;
  batch->end = batch->fresh + got;
  batch->last = r->over = got == 0;
  r->read++;
  return batch;
}

static berth_status tell_failure(reading *r) {
  xml_cursor *cursor = r->cursor;
  assert(r->failure != BERTH_OK);
  if (!r->beyond_bytes)
    return context_fail(cursor->ctx, r->failure, NULL, "%s", r->failure_text);
  const berth_position position = {.source = input_name(cursor->in)};
  stop_at_limit(cursor, &position, "too many bytes", cursor->limits->max_bytes);
  return cursor->status;
}

static double seconds_since(const struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

/* After a batch; false = the caller's callback does not want to go on. */
static berth_status tell_progress(reading *r, const xml_batch *batch) {
  berth_context *ctx = r->cursor->ctx;
  if (++r->delivered % CHUNKS_PER_PROGRESS == 0 &&
      !context_progress(ctx, "read", batch->offset + (batch->next - batch->start), 0,
                        seconds_since(&r->start)))
    return context_fail(ctx, BERTH_E_CANCELLED, NULL, "cancelled while reading");
  return BERTH_OK;
}

/* One batch on this thread. */
static berth_status step_directly(reading *r) {
  const xml_memory memory = {.grow = grow_from_context, .user = r->cursor->ctx};
  const xml_sink sink = {.take = deliver_at_once, .user = r->cursor};
  xml_batch *batch = r->over ? NULL : read_batch(r);
  if (batch == NULL)
    return tell_failure(r);
  enter_batch(r->cursor, batch);
  xml_parser_fill(r->parser, batch, &memory, &sink);
  const berth_status status = end_batch(r->cursor);
  return status == BERTH_OK ? tell_progress(r, batch) : status;
}

/* Reads as far ahead as there are batches, then delivers the oldest. */
static berth_status step_with_thread(reading *r) {
  while (!r->over && !r->to_end_thread && r->read - r->delivered < r->tuning.batches) {
    xml_batch *batch = read_batch(r);
    if (batch != NULL)
      xml_pipeline_submit(r->pipeline, batch);
  }
  if (r->delivered == r->read)
    return tell_failure(r);
  const xml_batch *batch = xml_pipeline_take(r->pipeline);
  const berth_status status = deliver_batch(r->cursor, batch);
  return status == BERTH_OK ? tell_progress(r, batch) : status;
}

/* Whether half of the elements since the last choice or more were skipped. */
static bool skips_much(reading *r) {
  const xml_cursor *cursor = r->cursor;
  if (r->pipeline == NULL) /* else it is the thread's to know */
    r->never_seen = xml_parser_passed_over(r->parser);
  const uint64_t passed_over = cursor->passed_over + r->never_seen;
  const uint64_t elements = cursor->element_count + r->never_seen;
  assert(passed_over >= r->passed_over_then && elements >= r->elements_then);
  const bool much = 2 * (passed_over - r->passed_over_then) >= elements - r->elements_then;
  r->passed_over_then = passed_over;
  r->elements_then = elements;
  return much;
}

/* Where nothing of the document is left to be read, nothing is to be gained. */
static berth_status choose_threads(reading *r) {
  berth_status status = BERTH_OK;
  if (r->to_end_thread && r->delivered == r->read) {
    xml_pipeline_end(r->pipeline);
    r->pipeline = NULL;
    r->to_end_thread = false;
  }
  if (r->delivered < r->next_choice || r->over)
    return BERTH_OK;
  const bool much = skips_much(r);
  if (r->pipeline != NULL)
    r->to_end_thread = much;
  else if (!much)
    status = xml_pipeline_start(r->cursor->ctx, r->parser, r->tuning.batches, &r->pipeline);
  r->next_choice = r->delivered + r->tuning.choice;
  return status;
}

static berth_status read_document(reading *r) {
  berth_status status = BERTH_OK;
  while (status == BERTH_OK && (!r->over || r->failure != BERTH_OK || r->delivered < r->read)) {
    status = choose_threads(r);
    if (status == BERTH_OK)
      status = r->pipeline == NULL ? step_directly(r) : step_with_thread(r);
  }
  xml_pipeline_end(r->pipeline);
  assert(status != BERTH_OK || r->cursor->depth == 0);
  return status;
}

static void free_reading(reading *r) {
  berth_context *ctx = r->cursor->ctx;
  xml_parser_free(r->parser);
  for (uint32_t i = 0; i < XML_BATCHES_MAX; i++) {
    context_release(ctx, r->batches[i].bytes);
    context_release(ctx, r->batches[i].words);
    context_release(ctx, r->batches[i].names);
    context_release(ctx, r->batches[i].copies);
  }
  context_release(ctx, r);
}

static berth_status read_with(xml_cursor *cursor) {
  reading *r = context_take(cursor->ctx, 1, sizeof *r);
  if (r == NULL)
    return BERTH_E_NOMEM;
  r->cursor = cursor;
  r->tuning = xml_tuning_get();
  r->next_choice = r->tuning.direct;
  assert(r->tuning.chunk > 0 && r->tuning.choice > 0 && r->tuning.batches >= 2 &&
         r->tuning.batches <= XML_BATCHES_MAX);
  clock_gettime(CLOCK_MONOTONIC, &r->start);
  berth_status status = xml_parser_new(cursor->ctx, cursor->limits, cursor->doctype, &r->parser);
  if (status == BERTH_OK)
    status = read_document(r);
  free_reading(r);
  return status;
}

berth_status xml_cursor_read(berth_context *ctx, input *in, const berth_read_limits *limits,
                             xml_doctype doctype, const xml_handler *handler, void *user) {
  assert(ctx != NULL && in != NULL && limits != NULL && handler != NULL);
  assert(handler->on_start != NULL && handler->on_end != NULL && handler->on_text != NULL);
  xml_cursor *cursor = context_take(ctx, 1, sizeof *cursor);
  if (cursor == NULL)
    return BERTH_E_NOMEM;
  cursor->ctx = ctx;
  cursor->in = in;
  cursor->limits = limits;
  cursor->handler = handler;
  cursor->user = user;
  cursor->doctype = doctype;
  cursor->mark.line = 1;
  const berth_status status = read_with(cursor);
  context_release(ctx, cursor->attributes);
  context_release(ctx, cursor->words);
  context_release(ctx, cursor);
  return status;
}

berth_status xml_ignore_end(void *user, xml_cursor *cursor) {
  (void)user, (void)cursor;
  return BERTH_OK;
}

berth_status xml_ignore_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  (void)user, (void)cursor, (void)text, (void)length;
  return BERTH_OK;
}
