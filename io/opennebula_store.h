/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula_store.h
 * What was read of OpenNebula's objects: for each a list of facts (field, text), possibly from
 * several documents. The first document that tells a field is believed. Facts of one item of a
 * repeated structure (a role, a device) share its number.
 */
#ifndef BERTH_IO_OPENNEBULA_STORE_H
#define BERTH_IO_OPENNEBULA_STORE_H

#include "chunked_list.h"
#include "name_pool.h"
#include "opennebula_paths.h"
#include "source_report.h"

typedef struct opennebula_fact {
  const char *text; /* trimmed; "" of an item itself */
  uint32_t item;    /* the item it belongs to; 0 = the object itself */
  uint16_t field;
} opennebula_fact;

/** Facts of an object from one document. */
typedef struct opennebula_section {
  uint32_t first, count;
  struct opennebula_section *next; /* from a later document */
} opennebula_section;

typedef struct opennebula_object {
  const char *id; /* as written: a whole number */
  opennebula_kind kind;
  berth_position position;
  opennebula_section *sections, *last_section;
  uint32_t index; /* set while building: among the hosts, VMs or clusters built; BERTH_NONE */
} opennebula_object;

typedef struct opennebula_store {
  berth_context *ctx;
  arena memory;
  name_pool keys;       /* "1:17" = VM 17; the number of a key is the index of the object */
  chunked_list objects; /* opennebula_object */
  chunked_list facts;   /* opennebula_fact */
  source_report *report;
  bool has_requirements; /* a REQUIREMENTS element was read */
} opennebula_store;

/** @return false: out of memory (detail set). */
bool opennebula_store_init(opennebula_store *store, berth_context *ctx);
void opennebula_store_free(opennebula_store *store);

/** Appends a fact; facts from the one at @p first on belong to the object that
 *  opennebula_store_close() names. False: out of memory (detail set). */
bool opennebula_store_add(opennebula_store *store, opennebula_field field, uint32_t item,
                          const char *text, size_t length);
/** Gives the facts from @p first on to the object @p id. NULL: out of memory (detail set). */
opennebula_object *opennebula_store_close(opennebula_store *store, opennebula_kind kind,
                                          const char *id, uint32_t first,
                                          const berth_position *position);

uint32_t opennebula_store_count(const opennebula_store *store);
opennebula_object *opennebula_store_at(const opennebula_store *store, uint32_t index);
/** The object of @p kind with this id, or NULL. */
opennebula_object *opennebula_store_find(const opennebula_store *store, opennebula_kind kind,
                                         const char *id);

/** Walks over the facts of one field, or over the items of one kind. Start with {0}. */
typedef struct opennebula_walk {
  const opennebula_section *section;
  uint32_t used;
} opennebula_walk;

/** The next fact of @p field, or NULL; all are from one document. */
const opennebula_fact *opennebula_next(const opennebula_store *store,
                                       const opennebula_object *object, opennebula_field field,
                                       opennebula_walk *walk);
/** The first text of @p field that is not empty, or NULL. */
const char *opennebula_text(const opennebula_store *store, const opennebula_object *object,
                            opennebula_field field);
/** The text of @p field within @p item, or NULL. */
const char *opennebula_item_text(const opennebula_store *store, const opennebula_object *object,
                                 uint32_t item, opennebula_field field);
/** Whether any fact of @p field is @p text. */
bool opennebula_lists(const opennebula_store *store, const opennebula_object *object,
                      opennebula_field field, const char *text);

/** Parses a decimal like "-12" or "0.25" into thousandths, rounded up. False: it is none, or out of
 *  range. */
bool opennebula_thousandths(const char *text, int64_t *value);

#endif
