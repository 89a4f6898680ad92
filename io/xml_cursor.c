/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libxml2's push parser behind a narrow door. Chunks of 64 KiB go in, SAX2 events come out;
 * attribute values are ranges of the parser's own buffer. libxml2's allocator is process-wide, so
 * its memory (a dictionary of names and one buffer) is the one that does not come from the context.
 *
 * Positions: libxml2's columns cannot be relied upon, and its line is that of the end of a tag. But
 * its byte offset is exact, and the '<' of a tag is found by scanning back (no attribute value may
 * hold one). The cursor keeps the bytes from the last counted offset on and counts the newlines up
 * to where it is asked, so that every byte is looked at once.
 */
#include "xml_cursor.h"

#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <string.h>
#include <time.h>

enum {
  CHUNK = 1 << 16,
  CHUNKS_PER_PROGRESS = 16,
  NAME_CACHE_BITS = 10,
  NAME_CACHE = 1 << NAME_CACHE_BITS, /* entries */
  NAME_PROBES = 8,                   /* places where a name may stand */
  ATTRIBUTE_FIELDS = 5               /* libxml2: name, prefix, URI, value, end */
};

/* Remembers the word of a name by its address: libxml2 keeps one copy of each name a document. */
typedef struct known_name {
  const xmlChar *name;
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
  xmlParserCtxtPtr parser;
  xml_doctype doctype;
  bool has_doctype;
  berth_position doctype_position;
  berth_status status; /* why the reading stops */
  bool handed_over;    /* the start at hand goes to the new handler too */
  bool stray_error;    /* libxml2 spoke outside of the parser */
  uint32_t depth;      /* open elements */
  uint32_t skip_depth; /* nothing is delivered at this depth or below; 0 = all is */
  uint64_t element_count;
  uint64_t text_length; /* of the text at hand */
  xml_attribute *attributes;
  uint32_t attribute_room;
  char *decoded; /* attribute values of the element at hand that hold an ampersand */
  size_t decoded_room;
  char *window; /* bytes from window_start on: what is not counted yet */
  size_t window_used, window_room;
  uint64_t window_start;
  line_mark mark;
  known_name names[NAME_CACHE];
};

/* ------------------------------------------------------------------------ positions */

/* Byte offset in the document of a place in the parser's buffer. */
static uint64_t offset_of(const xml_cursor *cursor, const xmlChar *place) {
  const xmlParserInput *in = cursor->parser->input;
  assert(place >= in->base && place <= in->end);
  return (uint64_t)in->consumed + (uint64_t)(place - in->base);
}

/* A document in another encoding is converted: its offsets mean nothing. */
static bool offsets_are_exact(const xml_cursor *cursor) {
  const xmlParserInput *in = cursor->parser->input;
  return in != NULL && in->buf != NULL && in->buf->encoder == NULL;
}

/* The mark moved forward to @p offset. */
static line_mark mark_at(const xml_cursor *cursor, uint64_t offset) {
  line_mark mark = cursor->mark;
  const uint64_t end = cursor->window_start + cursor->window_used;
  assert(mark.offset >= cursor->window_start && mark.offset <= end);
  if (offset > end)
    offset = end;
  const char *at = cursor->window + (mark.offset - cursor->window_start);
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

/* What libxml2 knows where offsets mean nothing. */
static berth_position position_by_line(const xml_cursor *cursor) {
  const xmlParserInput *in = cursor->parser->input;
  return (berth_position){.source = input_name(cursor->in),
                          .line = in == NULL || in->line < 0 ? 0 : (uint32_t)in->line};
}

static berth_position position_at(const xml_cursor *cursor, uint64_t offset) {
  if (!offsets_are_exact(cursor))
    return position_by_line(cursor);
  const line_mark mark = mark_at(cursor, offset);
  return position_from(cursor, &mark, offset);
}

/* Where the parser stands. */
static berth_position position_now(const xml_cursor *cursor) {
  const xmlParserInput *in = cursor->parser == NULL ? NULL : cursor->parser->input;
  if (in == NULL || in->base == NULL)
    return (berth_position){.source = input_name(cursor->in)};
  return position_at(cursor, offset_of(cursor, in->cur));
}

/* Whether a value is a range of the parser's buffer: then it is as written, without references. */
static bool is_in_place(const xml_cursor *cursor, const xmlChar *value) {
  const xmlParserInput *in = cursor->parser->input;
  return value >= in->base && value < in->end;
}

/* The '<' of the tag that the parser has just read. `inside` is a place in the tag, or NULL. */
static const xmlChar *tag_start(const xml_cursor *cursor, const xmlChar *inside) {
  const xmlParserInput *in = cursor->parser->input;
  const xmlChar *at = inside == NULL || !is_in_place(cursor, inside) ? in->cur : inside;
  assert(at > in->base && at <= in->cur);
  do
    at--;
  while (at > in->base && *at != '<');
  return at;
}

/* The nearest @p opening before the parser's place. */
static const xmlChar *scan_back(const xml_cursor *cursor, const char *opening) {
  const xmlParserInput *in = cursor->parser->input;
  const size_t length = strlen(opening);
  const xmlChar *at = in->cur;
  while (at > in->base) {
    at--;
    if ((size_t)(in->end - at) >= length && memcmp(at, opening, length) == 0)
      break;
  }
  return at;
}

/* The lines up to the tag at hand need not be looked at again. */
static berth_position position_of_tag(xml_cursor *cursor, const xmlChar *inside) {
  if (!offsets_are_exact(cursor))
    return position_by_line(cursor);
  const uint64_t offset = offset_of(cursor, tag_start(cursor, inside));
  cursor->mark = mark_at(cursor, offset);
  return position_from(cursor, &cursor->mark, offset);
}

static bool is_space(xmlChar c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The local name begins behind the prefix of a qualified one. */
static bool is_local_name(const xmlChar *qualified, size_t length, const char *name) {
  const size_t tail = strlen(name);
  return length >= tail && memcmp(qualified + length - tail, name, tail) == 0 &&
         (length == tail || qualified[length - tail - 1] == ':');
}

/* Walks over the attributes of the tag as written, which is well-formed by now. Declarations of
 * namespaces stand among them. */
berth_position xml_cursor_attribute_position(const xml_cursor *cursor, const xml_element *element,
                                             const xml_attribute *attribute) {
  assert(cursor != NULL && element != NULL && attribute != NULL);
  if (!offsets_are_exact(cursor))
    return element->position;
  const xmlChar *at = tag_start(cursor, NULL), *end = cursor->parser->input->cur;
  while (at < end && !is_space(*at))
    at++;
  while (at < end) {
    while (at < end && is_space(*at))
      at++;
    const xmlChar *name = at;
    while (at < end && *at != '=' && !is_space(*at))
      at++;
    if (is_local_name(name, (size_t)(at - name), attribute->name))
      return position_at(cursor, offset_of(cursor, name));
    while (at < end && *at != '"' && *at != '\'')
      at++;
    const xmlChar *quote = at < end ? at++ : at;
    while (at < end && *at != *quote)
      at++;
    at += at < end;
  }
  return element->position;
}

berth_position xml_cursor_text_position(const xml_cursor *cursor, const char *at) {
  assert(cursor != NULL && at != NULL);
  const xmlParserInput *in = cursor->parser->input;
  const xmlChar *place = (const xmlChar *)at;
  if (place >= in->base && place < in->end)
    return position_at(cursor, offset_of(cursor, place));
  return position_now(cursor);
}

/* ------------------------------------------------------------------------ stopping */

/* The parser goes on to the end of the chunk, unheard: xmlStopParser() would free the buffer that
 * the values of the element at hand point into. */
static void stop(xml_cursor *cursor, berth_status status) {
  assert(status != BERTH_OK);
  if (cursor->status == BERTH_OK)
    cursor->status = status;
  cursor->parser->disableSAX = 1;
}

static void stop_at_limit(xml_cursor *cursor, const berth_position *position, const char *what,
                          uint64_t limit) {
  if (cursor->status != BERTH_OK)
    return;
  context_problem(cursor->ctx, BERTH_ERROR, BERTH_E_LIMIT, position, "%s; the limit is %llu", what,
                  (unsigned long long)limit);
  stop(cursor, BERTH_E_LIMIT);
}

/* libxml2's own bounds come as internal errors with these words. */
static bool is_own_limit(const xmlError *error) {
  return error->message != NULL && (strstr(error->message, "Huge input lookup") != NULL ||
                                    strstr(error->message, "Excessive depth") != NULL ||
                                    strstr(error->message, "too long") != NULL);
}

/* Its messages may hold several lines; the first says what is wrong. */
static int first_line_length(const char *message) {
  const size_t length = strcspn(message, "\n");
  return length > 400 ? 400 : (int)length;
}

static void on_error(void *user, xmlErrorPtr error) {
  xml_cursor *cursor = user;
  if (cursor->status != BERTH_OK || error == NULL || error->level < XML_ERR_ERROR)
    return;
  if (error->code == XML_WAR_NS_URI || error->code == XML_WAR_NS_URI_RELATIVE)
    return;
  if (error->code == XML_ERR_NO_MEMORY) {
    cursor->status = context_fail(cursor->ctx, BERTH_E_NOMEM, NULL, "out of memory");
    return;
  }
  const berth_position position = position_now(cursor);
  const char *message = error->message == NULL ? "no reason given" : error->message;
  if (error->code == XML_ERR_DOCUMENT_END && cursor->element_count == 0)
    message = "there is no element"; /* libxml2: extra content at the end */
  cursor->status = is_own_limit(error) ? BERTH_E_LIMIT : BERTH_E_INVALID;
  context_problem(cursor->ctx, BERTH_ERROR, cursor->status, &position, "not well-formed XML: %.*s",
                  first_line_length(message), message);
}

/* libxml2 reports failed allocations of its helpers to the thread's handler, which by default
 * prints. */
static void on_stray_error(void *user, xmlErrorPtr error) {
  xml_cursor *cursor = user;
  cursor->stray_error = true;
  on_error(user, error);
}

/* ------------------------------------------------------------------------ events */

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
static uint32_t cache_place(const xmlChar *name) {
  const uint64_t mixed = (uint64_t)(uintptr_t)name * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(mixed >> (64 - NAME_CACHE_BITS));
}

/* A name that finds no free place takes the first of those where it may stand. */
static int word_from(xml_cursor *cursor, const xmlChar *name, uint32_t home) {
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
  *entry = (known_name){name, find_word(cursor->handler, (const char *)name)};
  assert(entry->word < (int)cursor->handler->word_count);
  return entry->word;
}

static inline int word_of(xml_cursor *cursor, const xmlChar *name) {
  const uint32_t home = cache_place(name);
  const known_name *known = &cursor->names[home];
  return known->name == name ? known->word : word_from(cursor, name, home);
}

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

/* libxml2 hands over every '&' of an attribute value as "&#38;", since the tree that it usually
 * builds parses values once more. Anything else is as it should be, so that undoing this is exact.
 */
static size_t decode_ampersands(const xml_attribute *attribute, char *out) {
  assert(out != NULL);
  static const char escaped[] = "&#38;";
  const size_t width = sizeof escaped - 1;
  size_t length = 0;
  for (size_t i = 0; i < attribute->length; i++) {
    const bool whole =
        attribute->length - i >= width && memcmp(attribute->value + i, escaped, width) == 0;
    out[length++] = attribute->value[i];
    i += whole ? width - 1 : 0;
  }
  assert(length <= attribute->length);
  return length;
}

static bool has_ampersand(const xml_cursor *cursor, const xml_attribute *attribute) {
  return !is_in_place(cursor, (const xmlChar *)attribute->value) &&
         memchr(attribute->value, '&', attribute->length) != NULL;
}

static void decode_attributes(xml_cursor *cursor, uint32_t count) {
  size_t needed = 0, used = 0;
  for (uint32_t i = 0; i < count; i++)
    if (has_ampersand(cursor, &cursor->attributes[i]))
      needed += cursor->attributes[i].length;
  if (needed > cursor->decoded_room) {
    char *grown = context_grow(cursor->ctx, cursor->decoded, needed, 1);
    if (grown == NULL) {
      stop(cursor, BERTH_E_NOMEM);
      return;
    }
    cursor->decoded = grown;
    cursor->decoded_room = needed;
  }
  for (uint32_t i = 0; needed > 0 && i < count; i++) {
    xml_attribute *attribute = &cursor->attributes[i];
    if (!has_ampersand(cursor, attribute))
      continue;
    char *out = cursor->decoded + used;
    attribute->length = decode_ampersands(attribute, out);
    attribute->value = out;
    used += attribute->length;
  }
  assert(used <= needed);
}

static void take_attributes(xml_cursor *cursor, xml_element *element, const xmlChar **fields) {
  bool references = false;
  for (uint32_t i = 0; i < element->attribute_count; i++, fields += ATTRIBUTE_FIELDS) {
    xml_attribute *attribute = &cursor->attributes[i];
    assert(fields[4] >= fields[3]);
    attribute->name = (const char *)fields[0];
    attribute->uri = (const char *)fields[2];
    attribute->value = (const char *)fields[3];
    attribute->length = (size_t)(fields[4] - fields[3]);
    attribute->word = word_of(cursor, fields[0]);
    references = references || has_ampersand(cursor, attribute);
    if (attribute->length > cursor->limits->max_text)
      stop_at_limit(cursor, &element->position, "an attribute is too long",
                    cursor->limits->max_text);
  }
  element->attributes = cursor->attributes;
  if (references)
    decode_attributes(cursor, element->attribute_count);
}

static void deliver_start(xml_cursor *cursor, xml_element *element, const xmlChar *name,
                          const xmlChar **fields) {
  do {
    cursor->handed_over = false;
    element->word = word_of(cursor, name);
    take_attributes(cursor, element, fields);
    if (cursor->status != BERTH_OK)
      return;
    const berth_status status = cursor->handler->on_start(cursor->user, cursor, element);
    if (status != BERTH_OK)
      stop(cursor, status);
  } while (cursor->handed_over && cursor->status == BERTH_OK);
}

/* In a part that is skipped elements are counted; where they stand matters to nobody. */
static bool pass_over(xml_cursor *cursor) {
  if (cursor->skip_depth == 0 || cursor->element_count == cursor->limits->max_elements ||
      cursor->depth == cursor->limits->max_depth)
    return false;
  assert(cursor->skip_depth <= cursor->depth);
  cursor->element_count++;
  cursor->depth++;
  cursor->text_length = 0;
  return true;
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **fields) {
  xml_cursor *cursor = user;
  (void)prefix, (void)namespace_count, (void)namespaces, (void)defaulted_count;
  if (cursor->status != BERTH_OK || pass_over(cursor))
    return;
  const uint32_t depth = cursor->depth++;
  cursor->text_length = 0;
  const xmlChar *first_value = attribute_count > 0 ? fields[3] : NULL;
  xml_element element = {.name = (const char *)name,
                         .uri = (const char *)uri,
                         .attribute_count = (uint32_t)attribute_count,
                         .depth = depth,
                         .position = position_of_tag(cursor, first_value)};
  if (++cursor->element_count > cursor->limits->max_elements)
    stop_at_limit(cursor, &element.position, "too many elements", cursor->limits->max_elements);
  else if (cursor->depth > cursor->limits->max_depth)
    stop_at_limit(cursor, &element.position, "elements are nested too deeply",
                  cursor->limits->max_depth);
  else if (!make_room(cursor, element.attribute_count))
    stop(cursor, BERTH_E_NOMEM);
  else if (cursor->skip_depth == 0)
    deliver_start(cursor, &element, name, fields);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
  xml_cursor *cursor = user;
  (void)name, (void)prefix, (void)uri;
  if (cursor->status != BERTH_OK)
    return;
  assert(cursor->depth > 0);
  cursor->text_length = 0;
  const bool skipped = cursor->skip_depth != 0;
  if (cursor->skip_depth == cursor->depth)
    cursor->skip_depth = 0;
  cursor->depth--;
  if (skipped)
    return;
  const berth_status status = cursor->handler->on_end(cursor->user, cursor);
  if (status != BERTH_OK)
    stop(cursor, status);
}

static void on_text(void *user, const xmlChar *text, int length) {
  xml_cursor *cursor = user;
  if (cursor->status != BERTH_OK)
    return;
  assert(length >= 0);
  cursor->text_length += (uint64_t)length;
  if (cursor->text_length > cursor->limits->max_text) {
    const berth_position position = position_now(cursor);
    stop_at_limit(cursor, &position, "a text is too long", cursor->limits->max_text);
    return;
  }
  if (cursor->skip_depth != 0)
    return;
  const berth_status status =
      cursor->handler->on_text(cursor->user, cursor, (const char *)text, (size_t)length);
  if (status != BERTH_OK)
    stop(cursor, status);
}

static void refuse_at(xml_cursor *cursor, const berth_position *position, const char *what) {
  context_problem(cursor->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", what);
  stop(cursor, BERTH_E_INVALID);
}

static berth_position opening_position(const xml_cursor *cursor, const char *opening) {
  return position_at(cursor, offset_of(cursor, scan_back(cursor, opening)));
}

static void refuse(xml_cursor *cursor, const char *opening, const char *what) {
  if (cursor->status != BERTH_OK)
    return;
  const berth_position position = opening_position(cursor, opening);
  refuse_at(cursor, &position, what);
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id) {
  xml_cursor *cursor = user;
  (void)name, (void)public_id, (void)system_id;
  if (cursor->status != BERTH_OK)
    return;
  cursor->has_doctype = true;
  cursor->doctype_position = opening_position(cursor, "<!DOCTYPE");
  if (cursor->doctype == XML_DOCTYPE_REFUSED)
    (void)xml_cursor_refuse_doctype(cursor);
}

bool xml_cursor_refuse_doctype(xml_cursor *cursor) {
  if (cursor->has_doctype)
    refuse_at(cursor, &cursor->doctype_position, "a DOCTYPE is not accepted; expected none");
  return !cursor->has_doctype;
}

/* Everything that could be declared: nothing of it is needed, all of it is dangerous. */
static void refuse_declaration(void *user) {
  refuse(user, "<!", "a declaration in a DOCTYPE is not accepted; expected none");
}

static void on_entity(void *user, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content) {
  (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
  refuse_declaration(user);
}

static void on_attribute_declaration(void *user, const xmlChar *element, const xmlChar *name,
                                     int type, int kind, const xmlChar *value,
                                     xmlEnumerationPtr tree) {
  (void)element, (void)name, (void)type, (void)kind, (void)value;
  xmlFreeEnumeration(tree);
  refuse_declaration(user);
}

static void on_element_declaration(void *user, const xmlChar *name, int type,
                                   xmlElementContentPtr content) {
  (void)name, (void)type, (void)content;
  refuse_declaration(user);
}

static void on_notation(void *user, const xmlChar *name, const xmlChar *public_id,
                        const xmlChar *system_id) {
  (void)name, (void)public_id, (void)system_id;
  refuse_declaration(user);
}

/* ------------------------------------------------------------------------ reading */

void xml_cursor_skip(xml_cursor *cursor) {
  assert(cursor != NULL && cursor->skip_depth == 0 && cursor->depth > 0);
  cursor->skip_depth = cursor->depth;
}

void xml_cursor_hand_over(xml_cursor *cursor, const xml_handler *handler, void *user) {
  assert(cursor != NULL && handler != NULL && cursor->depth == 1);
  cursor->handler = handler;
  cursor->user = user;
  cursor->handed_over = true;
  memset(cursor->names, 0, sizeof cursor->names);
}

static xmlSAXHandler sax_handler(void) {
  return (xmlSAXHandler){.initialized = XML_SAX2_MAGIC,
                         .startElementNs = on_start,
                         .endElementNs = on_end,
                         .characters = on_text,
                         .ignorableWhitespace = on_text,
                         .cdataBlock = on_text,
                         .internalSubset = on_doctype,
                         .entityDecl = on_entity,
                         .attributeDecl = on_attribute_declaration,
                         .elementDecl = on_element_declaration,
                         .notationDecl = on_notation,
                         .serror = on_error};
}

/* Room for one more chunk behind what is not counted yet. */
static bool grow_window(xml_cursor *cursor) {
  size_t needed = 0;
  if (!checked_add_size(cursor->window_used, CHUNK, &needed))
    return false;
  if (needed <= cursor->window_room)
    return true;
  const size_t room = needed > SIZE_MAX / 2 ? needed : needed * 2;
  char *grown = context_grow(cursor->ctx, cursor->window, room, 1);
  if (grown == NULL)
    return false;
  cursor->window = grown;
  cursor->window_room = room;
  return true;
}

/* After a chunk: the parser stands before the first thing that is not complete. What lies before
 * is counted and dropped. */
static void slide_window(xml_cursor *cursor) {
  const xmlParserInput *in = cursor->parser->input;
  if (in == NULL || in->base == NULL)
    return;
  uint64_t place = offset_of(cursor, in->cur);
  const uint64_t end = cursor->window_start + cursor->window_used;
  if (place > end || !offsets_are_exact(cursor))
    place = end;
  if (place < cursor->mark.offset)
    return;
  cursor->mark = mark_at(cursor, place);
  const size_t passed = (size_t)(place - cursor->window_start);
  cursor->window_used -= passed;
  memmove(cursor->window, cursor->window + passed, cursor->window_used);
  cursor->window_start = place;
}

/* Reads and parses one chunk; *over becomes true at the end of the input. */
static berth_status read_chunk(xml_cursor *cursor, bool *over) {
  if (!grow_window(cursor))
    return BERTH_E_NOMEM;
  char *chunk = cursor->window + cursor->window_used;
  size_t got = 0;
  const berth_status status = input_read(cursor->in, chunk, CHUNK, &got);
  if (status != BERTH_OK)
    return status;
  cursor->window_used += got;
  *over = got == 0;
  const uint64_t total = cursor->window_start + cursor->window_used;
  if (total > cursor->limits->max_bytes) {
    const berth_position position = {.source = input_name(cursor->in)};
    stop_at_limit(cursor, &position, "too many bytes", cursor->limits->max_bytes);
    return cursor->status;
  }
  const int result = xmlParseChunk(cursor->parser, chunk, (int)got, *over);
  if (cursor->status == BERTH_OK && result != XML_ERR_OK && cursor->parser->wellFormed == 0)
    return context_fail(cursor->ctx, BERTH_E_INTERNAL, NULL, "libxml2 failed without a reason");
  if (cursor->status == BERTH_OK)
    slide_window(cursor);
  return cursor->status;
}

static double seconds_since(const struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

static berth_status read_chunks(xml_cursor *cursor) {
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  bool over = false;
  for (uint64_t count = 1; !over; count++) {
    const berth_status status = read_chunk(cursor, &over);
    if (status != BERTH_OK)
      return status;
    if (count % CHUNKS_PER_PROGRESS == 0 &&
        !context_progress(cursor->ctx, "read", cursor->window_start, 0, seconds_since(&start)))
      return context_fail(cursor->ctx, BERTH_E_CANCELLED, NULL, "cancelled while reading");
  }
  assert(cursor->depth == 0);
  return BERTH_OK;
}

/* The thread's handler for stray messages is ours while the parser lives. */
static berth_status run_parser(xml_cursor *cursor) {
  xmlStructuredErrorFunc saved_handler = xmlStructuredError;
  void *saved_user = xmlStructuredErrorContext;
  xmlSetStructuredErrorFunc(cursor, on_stray_error);
  xmlSAXHandler sax = sax_handler();
  berth_status status = BERTH_E_NOMEM;
  cursor->parser = xmlCreatePushParserCtxt(&sax, cursor, NULL, 0, NULL);
  if (cursor->parser != NULL) {
    xmlCtxtUseOptions(cursor->parser, XML_PARSE_NONET);
    status = read_chunks(cursor);
    if (cursor->parser->myDoc != NULL)
      xmlFreeDoc(cursor->parser->myDoc); /* made for declarations, which we refuse */
    xmlFreeParserCtxt(cursor->parser);
    cursor->parser = NULL;
  } else {
    context_fail(cursor->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  }
  if (cursor->stray_error)
    xmlResetLastError();
  xmlSetStructuredErrorFunc(saved_user, saved_handler);
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
  const berth_status status = run_parser(cursor);
  context_release(ctx, cursor->attributes);
  context_release(ctx, cursor->decoded);
  context_release(ctx, cursor->window);
  context_release(ctx, cursor);
  return status;
}
