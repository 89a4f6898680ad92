/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file native_reader.h
 * Reads the native dialect (urn:berth:1) into a builder.
 */
#ifndef BERTH_IO_NATIVE_READER_H
#define BERTH_IO_NATIVE_READER_H

#include "xml_cursor.h"

typedef struct native_reader native_reader;

/** @param builder borrowed; receives what is read. @param[out] out native_reader_free(). */
berth_status native_reader_new(berth_context *ctx, berth_builder *builder, native_reader **out);

/** What to hand to xml_cursor_hand_over() together with the reader; borrowed from it. */
const xml_handler *native_reader_handler(const native_reader *reader);

/** NULL is harmless. */
void native_reader_free(native_reader *reader);

#endif
