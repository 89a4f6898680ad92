/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file xml_cursor.h
 * Reads a document as a stream of starts, ends and texts.
 *
 * A reader brings a handler with its vocabulary; names arrive as indices into it. What libxml2
 * (xml_parser.h) has to say becomes a problem of the context, with line and column. A large
 * document is parsed in a second thread; the handler, the allocator and the progress callback are
 * called in the caller's.
 */
#ifndef BERTH_IO_XML_CURSOR_H
#define BERTH_IO_XML_CURSOR_H

#include "input.h"
#include "xml_parser.h"
#include <berth/io.h>

/** A name that the vocabulary lacks. */
enum { XML_NO_WORD = -1 };

/** An attribute of the element at hand. Borrowed until on_start returns. */
typedef struct xml_attribute {
  const char *name;  /**< local name */
  const char *uri;   /**< namespace, NULL = none */
  const char *value; /**< `length` bytes, no final NUL */
  size_t length;
  int word; /**< index in the vocabulary, or XML_NO_WORD */
} xml_attribute;

/** The start of an element. Borrowed until on_start returns. */
typedef struct xml_element {
  const char *name, *uri;
  const xml_attribute *attributes;
  uint32_t attribute_count;
  int word;
  uint32_t depth;          /**< 0 = the document element */
  berth_position position; /**< of its '<' */
} xml_element;

typedef struct xml_cursor xml_cursor;

/** What a reader does. A status other than BERTH_OK ends the reading with it; the reader has then
 * set the detail. Every function is required. */
typedef struct xml_handler {
  const char *const *words; /**< ascending (strcmp), without repeats */
  uint32_t word_count;
  berth_status (*on_start)(void *user, xml_cursor *cursor, const xml_element *element);
  berth_status (*on_end)(void *user, xml_cursor *cursor);
  /** A text may come in several pieces. */
  berth_status (*on_text)(void *user, xml_cursor *cursor, const char *text, size_t length);
} xml_handler;

/** For handlers that want starts only. */
berth_status xml_ignore_end(void *user, xml_cursor *cursor);
berth_status xml_ignore_text(void *user, xml_cursor *cursor, const char *text, size_t length);

/**
 * Reads one document.
 * @return BERTH_OK; BERTH_E_INVALID (not well-formed), BERTH_E_LIMIT, both recorded as a problem;
 *         BERTH_E_READ; BERTH_E_NOMEM; BERTH_E_CANCELLED; or what the handler returned.
 */
berth_status xml_cursor_read(berth_context *ctx, input *in, const berth_read_limits *limits,
                             xml_doctype doctype, const xml_handler *handler, void *user);

/** From within on_start: everything below this element and its end are not delivered. */
void xml_cursor_skip(xml_cursor *cursor);

/** From within on_start of the document element: another handler takes over, and gets this start
 *  from the cursor next. */
void xml_cursor_hand_over(xml_cursor *cursor, const xml_handler *handler, void *user);

/** From within on_start of the document element, read with XML_DOCTYPE_BARE: @return false after
 *  recording that the DOCTYPE before it is not accepted; true if there is none. */
bool xml_cursor_refuse_doctype(xml_cursor *cursor);

/** From within on_start: where @p attribute stands in the document. */
berth_position xml_cursor_attribute_position(const xml_cursor *cursor, const xml_element *element,
                                             const xml_attribute *attribute);

/** From within on_text: where @p at (a pointer into the text) stands, or near it if the text was
 *  composed. */
berth_position xml_cursor_text_position(const xml_cursor *cursor, const char *at);

#endif
