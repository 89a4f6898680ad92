/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libxml2's push parser behind a narrow door. Attribute values and texts are ranges of its own
 * buffer; since its byte offset is exact, they are the same ranges of the source, and an event
 * needs no more than to say where. What is composed (references) or converted (other encodings) is
 * copied.
 *
 * libxml2's allocator is process-wide, so its memory (a dictionary of names and one buffer) is the
 * one that does not come from the context. Its columns cannot be relied upon and its line is that
 * of the end of a tag: positions are worked out from the bytes by who reads the events.
 */
#include "xml_parser.h"

#include "context_internal.h"
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <string.h>

enum {
  NAME_CACHE_BITS = 10,
  NAME_CACHE = 1 << NAME_CACHE_BITS, /* entries */
  NAME_PROBES = 4,                   /* places where a name may stand */
  ATTRIBUTE_FIELDS = 5,              /* libxml2: name, prefix, URI, value, end */
  MESSAGE_LONGEST = 400
};

/* Remembers which name of the batch at hand a name is, by its address: libxml2 keeps one copy of
 * each name a document. */
typedef struct known_name {
  const xmlChar *name, *uri;
  uint64_t batch; /* number of the batch that `index` is of */
  uint32_t index;
} known_name;

/* What the last batch left unfinished. */
typedef struct unfinished {
  char *bytes;
  size_t used, room;
} unfinished;

struct xml_parser {
  berth_context *ctx;
  const berth_read_limits *limits;
  xml_doctype doctype;
  xmlParserCtxtPtr libxml2;
  xmlSAXHandler sax;
  bool stopped;        /* the last event is there, or there was no memory for it */
  bool stray_error;    /* libxml2 spoke outside of the parser */
  uint32_t depth;      /* open elements */
  uint32_t skip_depth; /* no events at this depth or below; 0 = all */
  uint64_t element_count, passed_over;
  uint64_t text_length; /* of the text at hand */
  uint64_t offset;      /* of the next batch */
  unfinished held;
  xml_batch *batch; /* at hand, with its memory and its number */
  const xml_memory *memory;
  const xml_sink *sink;
  uint64_t batch_number;
  known_name names[NAME_CACHE];
};

/* ------------------------------------------------------------------------ places */

/* Byte offset in the document of a place in libxml2's buffer. */
static uint64_t offset_of(const xml_parser *parser, const xmlChar *place) {
  const xmlParserInput *in = parser->libxml2->input;
  assert(place >= in->base && place <= in->end);
  return (uint64_t)in->consumed + (uint64_t)(place - in->base);
}

/* A document in another encoding is converted: its offsets mean nothing. */
static bool offsets_are_exact(const xml_parser *parser) {
  const xmlParserInput *in = parser->libxml2->input;
  return in != NULL && in->base != NULL && in->buf != NULL && in->buf->encoder == NULL;
}

/* Whether a value is a range of libxml2's buffer: then it is without references. */
static bool is_in_place(const xml_parser *parser, const xmlChar *value) {
  const xmlParserInput *in = parser->libxml2->input;
  return value >= in->base && value < in->end;
}

/* From the beginning of the batch. */
static uint32_t distance(const xml_parser *parser, const xmlChar *place) {
  const uint64_t offset = offset_of(parser, place), first = parser->batch->offset;
  const size_t most = parser->batch->end - parser->batch->start;
  if (offset <= first)
    return 0;
  return offset - first > most ? (uint32_t)most : (uint32_t)(offset - first);
}

/* What makes a distance in libxml2's buffer one from the beginning of the batch. May be negative.
 */
static inline uint32_t shift_of(const xml_parser *parser) {
  return (uint32_t)(parser->libxml2->input->consumed - parser->batch->offset);
}

/* A place as an event has it; *by_line gets XML_EVENT_BY_LINE if it is a line. */
static uint32_t place_of(const xml_parser *parser, const xmlChar *place, uint32_t *by_line) {
  const xmlParserInput *in = parser->libxml2->input;
  *by_line = offsets_are_exact(parser) ? 0 : XML_EVENT_BY_LINE;
  if (*by_line == 0)
    return distance(parser, place);
  return in == NULL || in->base == NULL || in->line < 0 ? 0 : (uint32_t)in->line;
}

static const xmlChar *place_now(const xml_parser *parser) {
  const xmlParserInput *in = parser->libxml2->input;
  return in == NULL ? NULL : in->cur;
}

/* The nearest @p opening before the parser's place. */
static const xmlChar *scan_back(const xml_parser *parser, const char *opening) {
  const xmlParserInput *in = parser->libxml2->input;
  const size_t length = strlen(opening);
  const xmlChar *at = in->cur;
  while (at > in->base) {
    at--;
    if ((size_t)(in->end - at) >= length && memcmp(at, opening, length) == 0)
      break;
  }
  return at;
}

/* ------------------------------------------------------------------------ stopping */

/* libxml2 goes on to the end of the chunk, unheard: xmlStopParser() would free the buffer that the
 * values of the element at hand point into. */
static void stop(xml_parser *parser) {
  parser->stopped = true;
  parser->libxml2->disableSAX = 1;
}

static void out_of_memory(xml_parser *parser) {
  parser->batch->exhausted = true;
  stop(parser);
}

/* Shows the event at hand to the sink, if there is one. */
static inline void hand_on(xml_parser *parser) {
  if (parser->sink == NULL)
    return;
  const xml_verdict verdict = parser->sink->take(parser->sink->user);
  parser->batch->word_count = parser->batch->copied = 0;
  if (verdict == XML_SKIP)
    parser->skip_depth = parser->depth;
  else if (verdict == XML_STOP)
    stop(parser);
}

/* `count` words of a new event, or NULL after stopping. */
static inline uint32_t *take(xml_parser *parser, size_t count) {
  uint32_t *words = xml_batch_take(parser->batch, count, parser->memory);
  if (words == NULL)
    out_of_memory(parser);
  return words;
}

static void put_place(xml_parser *parser, xml_event kind, const xmlChar *place) {
  uint32_t by_line = 0;
  const uint32_t at = place_of(parser, place, &by_line);
  uint32_t *words = take(parser, 2);
  if (words == NULL)
    return;
  words[0] = (uint32_t)kind | by_line;
  words[1] = at;
  hand_on(parser);
}

static void put_last(xml_parser *parser, xml_event kind) {
  uint32_t *words = take(parser, 1);
  if (words != NULL) {
    words[0] = (uint32_t)kind;
    hand_on(parser);
  }
  stop(parser);
}

/* Bytes of a value into the copies, or false after stopping. */
static bool copy(xml_parser *parser, const char *bytes, size_t length, uint32_t *at) {
  xml_batch *batch = parser->batch;
  /* Of an empty value, too, there is a place to point to. */
  if ((batch->copies == NULL || batch->copy_room - batch->copied < length) &&
      !xml_batch_grow_copies(batch, length, parser->memory)) {
    out_of_memory(parser);
    return false;
  }
  *at = (uint32_t)batch->copied;
  if (length > 0)
    memcpy(batch->copies + batch->copied, bytes, length);
  batch->copied += length;
  return true;
}

/* libxml2's own bounds come as internal errors with these words. */
static bool is_own_limit(const char *message) {
  return strstr(message, "Huge input lookup") != NULL ||
         strstr(message, "Excessive depth") != NULL || strstr(message, "too long") != NULL;
}

/* Its messages may hold several lines; the first says what is wrong. */
static size_t first_line_length(const char *message) {
  const size_t length = strcspn(message, "\n");
  return length > MESSAGE_LONGEST ? MESSAGE_LONGEST : length;
}

static void put_error(xml_parser *parser, xml_event kind, const char *message) {
  const size_t length = first_line_length(message);
  uint32_t by_line = 0, value = 0;
  const uint32_t place = place_of(parser, place_now(parser), &by_line);
  if (!copy(parser, message, length, &value))
    return;
  uint32_t *words = take(parser, 4);
  if (words == NULL)
    return;
  words[0] = (uint32_t)kind | by_line;
  words[1] = place;
  words[2] = value;
  words[3] = (uint32_t)length;
  hand_on(parser);
  stop(parser);
}

/* With no memory for a namespace, libxml2 complains of its being empty. The value just read says
 * whether it is. */
static bool is_for_want_of_memory(const xml_parser *parser, const xmlError *error) {
  if (error->code != XML_NS_ERR_XML_NAMESPACE || strstr(error->message, "Empty") == NULL)
    return error->code == XML_ERR_NO_MEMORY;
  const xmlParserInput *input = parser->libxml2->input;
  return input != NULL && input->cur - input->base >= 2 && input->cur[-2] != input->cur[-1];
}

static void on_error(void *user, xmlErrorPtr error) {
  xml_parser *parser = user;
  if (parser->batch == NULL || parser->stopped || error == NULL || error->level < XML_ERR_ERROR)
    return;
  if (error->code == XML_WAR_NS_URI || error->code == XML_WAR_NS_URI_RELATIVE)
    return;
  if (is_for_want_of_memory(parser, error)) {
    put_last(parser, XML_EVENT_NO_MEMORY);
    return;
  }
  const char *message = error->message == NULL ? "no reason given" : error->message;
  if (error->code == XML_ERR_DOCUMENT_END && parser->element_count == 0)
    message = "there is no element"; /* libxml2: extra content at the end */
  put_error(parser, is_own_limit(message) ? XML_EVENT_BEYOND_LIBXML2 : XML_EVENT_MALFORMED,
            message);
}

/* libxml2 reports failed allocations of its helpers to the thread's handler, which by default
 * prints. */
static void on_stray_error(void *user, xmlErrorPtr error) {
  xml_parser *parser = user;
  parser->stray_error = true;
  on_error(user, error);
}

/* ------------------------------------------------------------------------ names */

/* The top bits of a product take part of all bits of the addresses. */
static uint32_t cache_place(const xmlChar *name, const xmlChar *uri) {
  const uint64_t mixed =
      ((uint64_t)(uintptr_t)name + 3 * (uint64_t)(uintptr_t)uri) * UINT64_C(0x9E3779B97F4A7C15);
  return (uint32_t)(mixed >> (64 - NAME_CACHE_BITS));
}

static bool is_known(const xml_parser *parser, const known_name *known, const xmlChar *name,
                     const xmlChar *uri) {
  return known->name == name && known->uri == uri && known->batch == parser->batch_number;
}

/* A name that finds no free place takes the first of those where it may stand. */
static bool find_name(xml_parser *parser, const xmlChar *name, const xmlChar *uri, uint32_t home,
                      uint32_t *index) {
  known_name *entry = &parser->names[home];
  for (uint32_t i = 0; i < NAME_PROBES; i++) {
    known_name *known = &parser->names[(home + i) & (NAME_CACHE - 1)];
    if (is_known(parser, known, name, uri)) {
      *index = known->index;
      return true;
    }
    if (known->batch != parser->batch_number) {
      entry = known;
      break;
    }
  }
  xml_batch *batch = parser->batch;
  if (batch->name_count == batch->name_room && !xml_batch_grow_names(batch, parser->memory)) {
    out_of_memory(parser);
    return false;
  }
  *index = (uint32_t)batch->name_count++;
  batch->names[*index] = (xml_name){(const char *)name, (const char *)uri};
  *entry = (known_name){name, uri, parser->batch_number, *index};
  return true;
}

static inline bool name_of(xml_parser *parser, const xmlChar *name, const xmlChar *uri,
                           uint32_t *index) {
  const uint32_t home = cache_place(name, uri);
  const known_name *known = &parser->names[home];
  if (!is_known(parser, known, name, uri))
    return find_name(parser, name, uri, home, index);
  *index = known->index;
  return true;
}

/* ------------------------------------------------------------------------ events */

/* libxml2 hands over every '&' of an attribute value as "&#38;", since the tree that it usually
 * builds parses values once more. Anything else is as it should be, so that undoing this is exact.
 */
static size_t undo_ampersands(char *bytes, size_t length) {
  static const char escaped[] = "&#38;";
  const size_t width = sizeof escaped - 1;
  size_t kept = 0;
  for (size_t i = 0; i < length; i++) {
    const bool whole = length - i >= width && memcmp(bytes + i, escaped, width) == 0;
    bytes[kept++] = bytes[i];
    i += whole ? width - 1 : 0;
  }
  assert(kept <= length);
  return kept;
}

static bool copy_attribute(xml_parser *parser, const xmlChar *value, size_t length,
                           uint32_t *words) {
  xml_batch *batch = parser->batch;
  uint32_t at = 0;
  if (!copy(parser, (const char *)value, length, &at))
    return false;
  if (!is_in_place(parser, value))
    batch->copied = at + undo_ampersands(batch->copies + at, length);
  words[1] = at;
  words[2] = (uint32_t)(batch->copied - at) | XML_VALUE_COPIED;
  return true;
}

/* The attributes of an element; the word before them has their number. */
static void put_attributes(xml_parser *parser, uint32_t *words, uint32_t count, bool exact,
                           const xmlChar **fields) {
  const xmlParserInput *in = parser->libxml2->input;
  const uint32_t shift = shift_of(parser);
  uint32_t *tally = words - 1;
  for (uint32_t i = 0; i < count; i++, fields += ATTRIBUTE_FIELDS, words += XML_ATTRIBUTE_WORDS) {
    const size_t length = (size_t)(fields[4] - fields[3]);
    assert(fields[4] >= fields[3]);
    if (length > parser->limits->max_text)
      *tally |= XML_ATTRIBUTE_TOO_LONG;
    if (!name_of(parser, fields[0], fields[2], &words[0]))
      return;
    if (exact && fields[3] >= in->base && fields[3] < in->end) {
      words[1] = (uint32_t)(fields[3] - in->base) + shift;
      words[2] = (uint32_t)length;
      assert(words[1] == distance(parser, fields[3]));
    } else if (!copy_attribute(parser, fields[3], length, words)) {
      return;
    }
  }
}

/* A place inside the tag: its first value, if that stands there, or its end. */
static const xmlChar *place_inside(const xml_parser *parser, uint32_t count,
                                   const xmlChar **fields) {
  return count > 0 && is_in_place(parser, fields[3]) ? fields[3] : parser->libxml2->input->cur;
}

static void put_start(xml_parser *parser, const xmlChar *name, const xmlChar *uri, uint32_t count,
                      const xmlChar **fields) {
  uint32_t by_line = 0, index = 0;
  const uint32_t place = place_of(parser, place_inside(parser, count, fields), &by_line);
  uint32_t *words = take(parser, XML_START_WORDS + (size_t)count * XML_ATTRIBUTE_WORDS);
  if (words == NULL)
    return;
  words[0] = XML_EVENT_START | by_line;
  words[1] = place;
  words[3] = count;
  if (name_of(parser, name, uri, &index))
    put_attributes(parser, words + XML_START_WORDS, count, by_line == 0, fields);
  words[2] = index;
  if (parser->batch->exhausted) /* the event is not whole */
    parser->batch->word_count = (size_t)(words - parser->batch->words);
  else
    hand_on(parser);
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **fields) {
  xml_parser *parser = user;
  (void)prefix, (void)namespace_count, (void)namespaces, (void)defaulted_count;
  if (parser->stopped)
    return;
  const berth_read_limits *limits = parser->limits;
  const bool too_many = parser->element_count == limits->max_elements;
  parser->text_length = 0;
  if (too_many || parser->depth == limits->max_depth) {
    put_place(parser, too_many ? XML_EVENT_TOO_MANY : XML_EVENT_TOO_DEEP,
              place_inside(parser, (uint32_t)attribute_count, fields));
    stop(parser);
    return;
  }
  parser->element_count++;
  parser->depth++;
  if (parser->skip_depth == 0)
    put_start(parser, name, uri, (uint32_t)attribute_count, fields);
  else
    parser->passed_over++;
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
  xml_parser *parser = user;
  (void)name, (void)prefix, (void)uri;
  if (parser->stopped)
    return;
  assert(parser->depth > 0);
  const bool skipped = parser->skip_depth != 0;
  parser->text_length = 0;
  if (parser->skip_depth == parser->depth)
    parser->skip_depth = 0;
  parser->depth--;
  uint32_t *words = skipped ? NULL : take(parser, 1);
  if (words == NULL)
    return;
  words[0] = XML_EVENT_END;
  hand_on(parser);
}

static void put_copied_text(xml_parser *parser, const xmlChar *text, size_t length) {
  uint32_t by_line = 0, at = 0;
  const uint32_t place = place_of(parser, place_now(parser), &by_line);
  if (!copy(parser, (const char *)text, length, &at))
    return;
  uint32_t *words = take(parser, 4);
  if (words == NULL)
    return;
  words[0] = XML_EVENT_COPIED_TEXT | by_line;
  words[1] = at;
  words[2] = (uint32_t)length;
  words[3] = place;
  hand_on(parser);
}

static void on_text(void *user, const xmlChar *text, int length) {
  xml_parser *parser = user;
  if (parser->stopped)
    return;
  assert(length >= 0);
  parser->text_length += (uint64_t)length;
  if (parser->text_length > parser->limits->max_text) {
    put_place(parser, XML_EVENT_TEXT_TOO_LONG, place_now(parser));
    stop(parser);
    return;
  }
  if (parser->skip_depth != 0)
    return;
  if (!offsets_are_exact(parser) || !is_in_place(parser, text)) {
    put_copied_text(parser, text, (size_t)length);
    return;
  }
  uint32_t *words = take(parser, 3);
  if (words == NULL)
    return;
  words[0] = XML_EVENT_TEXT;
  words[1] = (uint32_t)(text - parser->libxml2->input->base) + shift_of(parser);
  words[2] = (uint32_t)length;
  assert(words[1] == distance(parser, text));
  hand_on(parser);
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id) {
  xml_parser *parser = user;
  (void)name, (void)public_id, (void)system_id;
  if (parser->stopped)
    return;
  put_place(parser, XML_EVENT_DOCTYPE, scan_back(parser, "<!DOCTYPE"));
  if (parser->doctype == XML_DOCTYPE_REFUSED)
    stop(parser);
}

/* Everything that could be declared: nothing of it is needed, all of it is dangerous. */
static void refuse_declaration(void *user) {
  xml_parser *parser = user;
  if (parser->stopped)
    return;
  put_place(parser, XML_EVENT_DECLARATION, scan_back(parser, "<!"));
  stop(parser);
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

/* ------------------------------------------------------------------------ batches */

/* The unfinished bytes before the fresh ones. Few are copied into the headroom; if they are many,
 * as within a long comment, the fresh ones are appended to them and the buffers change owners, so
 * that bytes are copied once however many batches it takes. */
static bool join_unfinished(xml_parser *parser, xml_batch *batch) {
  unfinished *held = &parser->held;
  const size_t fresh = batch->end - batch->fresh;
  assert(batch->fresh == XML_BATCH_HEADROOM);
  if (held->used <= XML_BATCH_HEADROOM) {
    batch->start = batch->fresh - held->used;
    if (held->used > 0)
      memcpy(batch->bytes + batch->start, held->bytes, held->used);
    return true;
  }
  xml_batch joined = {.bytes = held->bytes, .room = held->room};
  const bool grown = xml_batch_grow_bytes(&joined, held->used + fresh, parser->memory);
  *held = (unfinished){joined.bytes, held->used, joined.room};
  if (!grown)
    return false;
  if (fresh > 0)
    memcpy(held->bytes + held->used, batch->bytes + batch->fresh, fresh);
  const unfinished swapped = *held;
  *held = (unfinished){batch->bytes, 0, batch->room};
  batch->bytes = swapped.bytes;
  batch->room = swapped.room;
  batch->start = 0;
  batch->fresh = swapped.used;
  batch->end = swapped.used + fresh;
  return true;
}

/* libxml2 stands before the first thing that is not complete. */
static void find_next(const xml_parser *parser, xml_batch *batch) {
  batch->next = batch->end;
  if (offsets_are_exact(parser))
    batch->next = batch->start + distance(parser, parser->libxml2->input->cur);
}

/* A batch in which nothing was found gives its bytes away, instead of a copy of them. */
static bool keep_unfinished(xml_parser *parser, xml_batch *batch) {
  unfinished *held = &parser->held;
  const size_t left = batch->end - batch->next;
  const bool found = batch->next != batch->start || batch->word_count > 0;
  if (!found && left > XML_BATCH_HEADROOM && batch->start == 0) {
    const unfinished swapped = *held;
    *held = (unfinished){batch->bytes, left, batch->room};
    batch->bytes = swapped.bytes;
    batch->room = swapped.room;
    batch->next = batch->end = 0;
    return true;
  }
  if (left > held->room) {
    xml_batch grown = {.bytes = held->bytes, .room = held->room};
    const bool enough = xml_batch_grow_bytes(&grown, left, parser->memory);
    *held = (unfinished){grown.bytes, 0, grown.room};
    if (!enough)
      return false;
  }
  if (left > 0)
    memcpy(held->bytes, batch->bytes + batch->next, left);
  held->used = left;
  return true;
}

static void parse(xml_parser *parser, xml_batch *batch) {
  xmlParserCtxtPtr libxml2 = parser->libxml2;
  const int result = xmlParseChunk(libxml2, batch->bytes + batch->fresh,
                                   (int)(batch->end - batch->fresh), batch->last);
  if (!parser->stopped && result != XML_ERR_OK && libxml2->wellFormed == 0)
    put_last(parser, XML_EVENT_NO_REASON);
}

/* The thread's handler for stray messages is ours while libxml2 runs. */
typedef struct saved_handler {
  xmlStructuredErrorFunc function;
  void *user;
} saved_handler;

static saved_handler enter_libxml2(xml_parser *parser) {
  const saved_handler saved = {xmlStructuredError, xmlStructuredErrorContext};
  xmlSetStructuredErrorFunc(parser, on_stray_error);
  return saved;
}

/* libxml2 keeps a copy of the last error for each thread; ours is nobody's business. */
static void leave_libxml2(xml_parser *parser, saved_handler saved) {
  if (parser->stray_error || parser->libxml2 == NULL || parser->libxml2->errNo != XML_ERR_OK)
    xmlResetLastError();
  parser->stray_error = false;
  xmlSetStructuredErrorFunc(saved.user, saved.function);
}

void xml_parser_fill(xml_parser *parser, xml_batch *batch, const xml_memory *memory,
                     const xml_sink *sink) {
  assert(parser != NULL && batch != NULL && memory != NULL && batch->fresh <= batch->end);
  batch->word_count = batch->name_count = batch->copied = 0;
  batch->exhausted = false;
  batch->offset = parser->offset;
  batch->start = batch->next = batch->fresh;
  if (parser->stopped)
    return;
  parser->batch = batch;
  parser->memory = memory;
  parser->sink = sink;
  parser->batch_number++;
  if (!join_unfinished(parser, batch)) {
    batch->exhausted = parser->stopped = true;
    return;
  }
  const saved_handler saved = enter_libxml2(parser);
  parse(parser, batch);
  leave_libxml2(parser, saved);
  find_next(parser, batch);
  parser->offset = batch->offset + (batch->next - batch->start);
  if (!parser->stopped && !keep_unfinished(parser, batch))
    batch->exhausted = parser->stopped = true;
  parser->batch = NULL;
}

uint64_t xml_parser_passed_over(const xml_parser *parser) {
  assert(parser != NULL);
  return parser->passed_over;
}

berth_status xml_parser_new(berth_context *ctx, const berth_read_limits *limits,
                            xml_doctype doctype, xml_parser **out) {
  assert(ctx != NULL && limits != NULL && out != NULL);
  *out = NULL;
  xml_parser *parser = context_take(ctx, 1, sizeof *parser);
  if (parser == NULL)
    return BERTH_E_NOMEM;
  parser->ctx = ctx;
  parser->limits = limits;
  parser->doctype = doctype;
  parser->sax = sax_handler();
  xmlInitParser(); /* before there can be a second thread */
  const saved_handler saved = enter_libxml2(parser);
  parser->libxml2 = xmlCreatePushParserCtxt(&parser->sax, parser, NULL, 0, NULL);
  if (parser->libxml2 != NULL)
    xmlCtxtUseOptions(parser->libxml2, XML_PARSE_NONET);
  leave_libxml2(parser, saved);
  if (parser->libxml2 == NULL) {
    xml_parser_free(parser);
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  }
  *out = parser;
  return BERTH_OK;
}

void xml_parser_free(xml_parser *parser) {
  if (parser == NULL)
    return;
  if (parser->libxml2 != NULL) {
    if (parser->libxml2->myDoc != NULL)
      xmlFreeDoc(parser->libxml2->myDoc); /* made for declarations, which we refuse */
    xmlFreeParserCtxt(parser->libxml2);
  }
  context_release(parser->ctx, parser->held.bytes);
  context_release(parser->ctx, parser);
}
