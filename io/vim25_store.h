/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_store.h
 * What was read of vSphere objects: for each object a list of facts (field, text), possibly from
 * several documents. Facts of one item of a repeated structure (a rule, a group) share its number
 * and follow each other.
 */
#ifndef BERTH_IO_VIM25_STORE_H
#define BERTH_IO_VIM25_STORE_H

#include "chunked_list.h"
#include "name_pool.h"
#include "name_table.h"
#include "vim25_paths.h"

typedef struct vim25_fact {
  const char *text; /* trimmed; of an item: its xsi:type, or "" */
  uint32_t item;    /* 0 = belongs to the object itself */
  uint16_t field;
  bool deprecated;
} vim25_fact;

/** Facts of an object from one document. */
typedef struct vim25_section {
  uint32_t first, count;
  struct vim25_section *next; /* from the next document */
} vim25_section;

typedef struct vim25_object {
  const char *id; /* MoRef value */
  vim25_kind kind;
  berth_position position;
  vim25_section *sections, *last_section;
  /* set while building */
  uint32_t cluster;        /* builder index; BERTH_NONE = none */
  berth_priority priority; /* of a VM: from dasVmConfig; BERTH_PRIORITY_UNSET = the cluster's */
  bool excluded;           /* a VM from DRS, a host from DPM */
  bool skipped;            /* a template: not in the inventory */
} vim25_object;

typedef struct vim25_store {
  berth_context *ctx;
  arena memory;
  name_pool ids;        /* the number of an id is the index of the object */
  chunked_list objects; /* vim25_object */
  chunked_list facts;   /* vim25_fact */
  const char **names;   /* [object], once indexed */
  name_table by_id;
} vim25_store;

void vim25_store_init(vim25_store *store, berth_context *ctx);
void vim25_store_free(vim25_store *store);

/** The object @p id with a new, empty section; NULL = out of memory (detail set). */
vim25_object *vim25_store_open(vim25_store *store, const char *id, vim25_kind kind,
                               const berth_position *position);
/** Adds a fact to the last section of @p object, which must be the last one opened. */
bool vim25_store_add(vim25_store *store, vim25_object *object, const vim25_fact *fact,
                     size_t length);

uint32_t vim25_store_count(const vim25_store *store);
vim25_object *vim25_store_at(const vim25_store *store, uint32_t index);
/** Makes vim25_store_find() possible; no object is opened after that. False: out of memory. */
bool vim25_store_index(vim25_store *store);
/** The object with this id, or NULL. */
vim25_object *vim25_store_find(const vim25_store *store, const char *id);

/** Walks over the facts of an object. Start with {0}. */
typedef struct vim25_walk {
  const vim25_section *section;
  uint32_t used;
  bool begun;
} vim25_walk;

/** The next fact, or NULL. */
const vim25_fact *vim25_store_next(const vim25_store *store, const vim25_object *object,
                                   vim25_walk *walk);

/** The first text of @p field, those of deprecated properties last; NULL = absent. */
const char *vim25_store_text(const vim25_store *store, const vim25_object *object,
                             vim25_field field);

/** Whether @p object has any fact of @p field that is not deprecated. */
bool vim25_store_has_current(const vim25_store *store, const vim25_object *object,
                             vim25_field field);

#endif
