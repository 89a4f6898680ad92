/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_reader.h
 * Reads vSphere inventories: answers of the property collector (RetrievePropertiesEx and its older
 * and continuing forms, with or without SOAP envelope) and saved ObjectContent documents. Any
 * number of documents is collected, then built into one inventory.
 */
#ifndef BERTH_IO_VIM25_READER_H
#define BERTH_IO_VIM25_READER_H

#include "xml_cursor.h"

typedef struct vim25_reader vim25_reader;

/** @param[out] out vim25_reader_free(). */
berth_status vim25_reader_new(berth_context *ctx, vim25_reader **out);

/** Whether a document of this dialect may begin with @p element. */
bool vim25_reader_accepts(const xml_element *element);

/** What to hand to xml_cursor_hand_over() together with the reader, once per document. */
const xml_handler *vim25_reader_handler(vim25_reader *reader);

/** Adds all that was read to @p builder, with clusters, rules and notes about what is not known. */
berth_status vim25_reader_build(vim25_reader *reader, berth_builder *builder);

/** NULL is harmless. */
void vim25_reader_free(vim25_reader *reader);

#endif
