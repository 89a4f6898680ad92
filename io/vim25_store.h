/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_store.h
 * What was read of vSphere objects: for each object a list of facts (field, text), in the order of
 * the documents. Facts of one item of a repeated structure (a rule, a group) share its number and
 * follow each other. Before the facts of a property stands one that names it (VIM25_PROPERTY) and
 * says what becomes of earlier facts; vim25_history.c makes the list of those that hold in the end.
 */
#ifndef BERTH_IO_VIM25_STORE_H
#define BERTH_IO_VIM25_STORE_H

#include "chunked_list.h"
#include "name_pool.h"
#include "name_table.h"
#include "vim25_paths.h"

/** What a VIM25_PROPERTY does to earlier facts at its node and below. */
typedef enum vim25_change {
  VIM25_ASSIGN = 0, /* those that follow take their place */
  VIM25_ADD,        /* what follows is one more element of a list */
  VIM25_UNSET,      /* they hold no more, here and under other paths of the same meaning */
  VIM25_REMOVE,     /* they hold no more */
  VIM25_LEAVE       /* the object is gone, with all its facts */
} vim25_change;

typedef struct vim25_fact {
  const char *text;       /* trimmed; of an item: its xsi:type, or ""; of a property: the key */
  const vim25_node *node; /* NULL of VIM25_LEAVE */
  uint32_t item;          /* 0 = belongs to the object itself */
  uint32_t document;      /* in the order of reading */
  uint16_t field;
  uint8_t change; /* of VIM25_PROPERTY */
  bool keyed;     /* of VIM25_PROPERTY: only what belongs to the item with that key */
  bool deprecated;
  uint32_t order; /* used while sorting */
} vim25_fact;

/** Facts of an object that follow each other in the list of all. */
typedef struct vim25_section {
  uint32_t first, count;
  struct vim25_section *next;
} vim25_section;

typedef struct vim25_object {
  const char *id; /* MoRef value */
  vim25_kind kind;
  berth_position position;
  vim25_section *sections, *last_section;
  const char *source;  /* what the report calls where it was read; NULL before that */
  const char *counted; /* the source that it was counted for last */
  bool described;      /* by an object of its own, not only by a side document */
  bool gone;           /* it left */
  vim25_fact *holding; /* the facts that hold in the end; NULL = all */
  uint32_t holding_count;
  uint32_t astray; /* changes to parts of items of which the rest was never told */
  /* set while building */
  uint32_t cluster;          /* builder index; BERTH_NONE = none */
  int64_t effective_timeout; /* of a host: the longest that a VM of it is given; 0 = none told */
  uint32_t ordinal;          /* of a host, among those that have a cluster */
  berth_priority priority;   /* of a VM: from dasVmConfig; BERTH_PRIORITY_UNSET = the cluster's */
  bool excluded;             /* a VM from DRS, a host from DPM */
  bool skipped;              /* a template, or gone: not in the inventory */
  const char *label;         /* of a datastore or network: what berth calls it */
} vim25_object;

typedef struct vim25_store {
  berth_context *ctx;
  arena memory;
  name_pool ids;        /* the number of an id is the index of the object */
  name_pool texts;      /* that occur often, once each */
  const char *source;   /* the copy of the last position's */
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
/** Adds a fact to the last section of @p object, which must be the last one opened. The text is
 *  copied; it needs a final NUL. @return the copy, valid as long as the store; NULL = out of memory
 *  (detail set). */
vim25_fact *vim25_store_add(vim25_store *store, vim25_object *object, const vim25_fact *fact,
                            size_t length);

/** Applies the changes of all objects in order: from then on walks show only what holds. False: out
 *  of memory (detail set). In vim25_history.c. */
bool vim25_store_settle(vim25_store *store);

/** The node of the item that @p node stands in or is; @p node itself if there is none. */
const vim25_node *vim25_array_of(const vim25_node *node);

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

/** The text of @p field, of several that of the latest document, then the first; those of
 *  deprecated properties only if there is no other. NULL = absent. */
const char *vim25_store_text(const vim25_store *store, const vim25_object *object,
                             vim25_field field);

/** Whether a property that holds @p field was sent, if only to say that it is empty. */
bool vim25_store_was_sent(const vim25_store *store, const vim25_object *object, vim25_field field);

/** Why whoever saved the object could not read a property that holds @p field; NULL = no such. */
const char *vim25_store_why_missing(const vim25_store *store, const vim25_object *object,
                                    vim25_field field);

/** Whether @p object has any fact of @p field that is not deprecated. */
bool vim25_store_has_current(const vim25_store *store, const vim25_object *object,
                             vim25_field field);

#endif
