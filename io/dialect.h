/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dialect.h
 * The seam behind which every dialect of inventories is read. A reader is handed any number of
 * documents that begin with an element it accepts, then adds what it has collected to a builder.
 * read_inventory.c has the table of dialects.
 */
#ifndef BERTH_IO_DIALECT_H
#define BERTH_IO_DIALECT_H

#include "xml_cursor.h"

typedef struct dialect_reader {
  berth_dialect id;
  const char *expected; /**< "a vim25 document", for what is not one */
  bool is_detail;       /**< joins sources of another dialect, and is built after that */
  bool takes_several;   /**< sources; else one */
  bool has_doctype;     /**< documents may have a DOCTYPE, without declarations in it */

  /** Whether a document of this dialect may begin with @p element. */
  bool (*accepts)(const xml_element *element);
  /** @param builder borrowed; for readers that need not collect. @param[out] out destroy(). */
  berth_status (*create)(berth_context *ctx, berth_builder *builder, void **out);
  /** Tells it of the limits and what the caller supplied. NULL = nothing of it matters. */
  void (*configure)(void *reader, const berth_read_limits *limits);
  /** What reads the next document; its user is the reader, which the handler borrows from. */
  const xml_handler *(*begin)(void *reader);
  /** Adds all that was read. NULL = nothing is left to add. */
  berth_status (*build)(void *reader, berth_builder *builder);
  void (*destroy)(void *reader);
} dialect_reader;

extern const dialect_reader native_dialect;
extern const dialect_reader vim25_dialect;
extern const dialect_reader ovirt_dialect;
extern const dialect_reader libvirt_dialect;
extern const dialect_reader hwloc_dialect;
extern const dialect_reader ovf_dialect;
extern const dialect_reader opennebula_dialect;

#endif
