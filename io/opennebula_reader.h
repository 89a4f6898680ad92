/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula_reader.h
 * Collects OpenNebula's objects from documents; opennebula_build.h makes an inventory of them.
 */
#ifndef BERTH_IO_OPENNEBULA_READER_H
#define BERTH_IO_OPENNEBULA_READER_H

#include "opennebula_store.h"
#include "xml_cursor.h"

typedef struct opennebula_reader opennebula_reader;

/** @return NULL: no memory (detail set). Free with opennebula_reader_free(). */
opennebula_reader *opennebula_reader_new(berth_context *ctx);
/** NULL is harmless. */
void opennebula_reader_free(opennebula_reader *reader);

/** Whether a document of the dialect may begin with @p element. */
bool opennebula_accepts(const xml_element *element);
/** What reads the next document; its user is the reader. */
const xml_handler *opennebula_reader_begin(opennebula_reader *reader);
/** What was collected; lives as long as the reader. */
opennebula_store *opennebula_reader_store(opennebula_reader *reader);

#endif
