/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file native_binding.h
 * From the attributes of an element to the fields of its spec, by the tables of native_schema.h.
 * All that is wrong is recorded; the field then holds something harmless, so that one mistake is
 * told once.
 */
#ifndef BERTH_IO_NATIVE_BINDING_H
#define BERTH_IO_NATIVE_BINDING_H

#include "native_schema.h"
#include "xml_cursor.h"

enum { NATIVE_WORDS_MAX = 128 };

/** The texts of one element's spec: they stay until the next binding into the same store. */
typedef struct text_store {
  char *bytes;
  size_t room, used;
} text_store;

/** Lookup tables for one reading. */
typedef struct native_binder {
  berth_context *ctx;
  uint8_t row_of[NATIVE_ELEMENT_COUNT][NATIVE_WORDS_MAX]; /* attribute row + 1; 0 = none */
  uint8_t element_of[NATIVE_WORDS_MAX];                   /* id; NATIVE_NO_ELEMENT = none */
  uint32_t required[NATIVE_ELEMENT_COUNT];                /* bit per row */
} native_binder;

void native_binder_init(native_binder *binder, berth_context *ctx);

/**
 * Fills @p spec (as its INIT macro made it) from @p element.
 * @param[out] usable false if an id, a list or a word that is required is not there.
 * @return BERTH_OK whatever is wrong with the attributes; BERTH_E_NOMEM.
 */
berth_status native_bind(const native_binder *binder, const xml_cursor *cursor,
                         const xml_element *element, native_element_id id, void *spec,
                         text_store *store, bool *usable);

/** The id of @p element (attributes apart), or NATIVE_NO_ELEMENT after recording why it cannot
 * stand in @p parent. Elements of foreign namespaces are NATIVE_NO_ELEMENT without a word. */
native_element_id native_binder_element(const native_binder *binder, const xml_element *element,
                                        native_element_id parent);

/** True if an attribute is none of ours: another namespace, xml:lang and the like. */
bool native_is_foreign(const xml_attribute *attribute);

/** Checks @p attribute as @p row of <@p element_name> demands and stores it in @p spec; *good tells
 *  whether it was right. @p store must have room for the text. */
void native_bind_value(const native_binder *binder, const xml_cursor *cursor,
                       const xml_element *element, const xml_attribute *attribute,
                       const native_attribute *row, void *spec, text_store *store, bool *good);

/** Records that @p attribute is none of those of @p id, with what may have been meant. */
void native_complain_unknown(const native_binder *binder, const xml_cursor *cursor,
                             const xml_element *element, const xml_attribute *attribute,
                             native_element_id id);

/** Records that @p text stands where none belongs, if it is more than blanks. @return whether. */
bool native_refuse_text(const native_binder *binder, const xml_cursor *cursor,
                        native_element_id parent, const char *text, size_t length);

/** Room for all texts of @p element; empties the store. */
berth_status text_store_reserve(berth_context *ctx, text_store *store, const xml_element *element);
void text_store_free(berth_context *ctx, text_store *store);

#endif
