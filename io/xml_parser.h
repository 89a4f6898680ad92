/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file xml_parser.h
 * The seam to libxml2: bytes go in, events come out (xml_batch.h). No tree is built. XML is
 * hostile: no network, no DTD, no entities beyond the five predefined ones, and bounds on
 * everything.
 *
 * A parser belongs to no thread: it may be used by several, one at a time.
 */
#ifndef BERTH_IO_XML_PARSER_H
#define BERTH_IO_XML_PARSER_H

#include "xml_batch.h"
#include <berth/io.h>

typedef struct xml_parser xml_parser;

/** What to do about a DOCTYPE. Declarations inside one are always refused. */
typedef enum xml_doctype { XML_DOCTYPE_REFUSED = 0, XML_DOCTYPE_BARE } xml_doctype;

/** @param limits borrowed. @param[out] out xml_parser_free(). @return BERTH_OK, BERTH_E_NOMEM. */
berth_status xml_parser_new(berth_context *ctx, const berth_read_limits *limits,
                            xml_doctype doctype, xml_parser **out);

/** What becomes of the events after one was looked at. */
typedef enum xml_verdict {
  XML_GO_ON = 0,
  XML_SKIP, /**< after a start: nothing up to its end, and not that either */
  XML_STOP  /**< nothing more */
} xml_verdict;

/** Looks at each event as it comes; the batch then has this one only. */
typedef struct xml_sink {
  xml_verdict (*take)(void *user);
  void *user;
} xml_sink;

/**
 * Parses the bytes of @p batch from `fresh` to `end`, the end of the source if it is `last`. What
 * an earlier batch left unfinished is put before them: the batch needs XML_BATCH_HEADROOM there.
 * After an event that is the last there is nothing more to be had.
 * @param sink NULL = all events stay in the batch.
 */
void xml_parser_fill(xml_parser *parser, xml_batch *batch, const xml_memory *memory,
                     const xml_sink *sink);

/** Elements so far of which a sink did not want to know. */
uint64_t xml_parser_passed_over(const xml_parser *parser);

/** The names in batches are no more after this. NULL is harmless. */
void xml_parser_free(xml_parser *parser);

#endif
