/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file element_walk.h
 * Documents as walks through places: a table says which element leads from which place to which
 * other. What no step leads to is skipped and counted as ignored. A reader hears of every place it
 * comes to, and of the text in those without steps of their own.
 */
#ifndef BERTH_IO_ELEMENT_WALK_H
#define BERTH_IO_ELEMENT_WALK_H

#include "arena.h"
#include "gathered_text.h"
#include "source_report.h"
#include "xml_cursor.h"

/** Places are numbered from 1; 0 is before the document element. */
enum { WALK_OUTSIDE = 0, WALK_DEEPEST = 128 };

typedef struct walk_step {
  uint8_t from, to;
  const char *name; /**< local name of the element */
} walk_step;

typedef struct walk_table {
  const walk_step *steps;
  uint32_t step_count;
  /** Whether elements of the namespace @p uri (NULL = none) may be steps. NULL = only those that
   * are in no namespace. */
  bool (*knows)(const char *uri);
  /** At the start tag. Attributes are read with walk_attribute(). */
  berth_status (*enter)(void *user, uint8_t place, const xml_element *element);
  /** At the end tag. @p text trimmed, NUL-terminated, writable until return; "" in a place with
   *  steps. @p position of the start tag. */
  berth_status (*leave)(void *user, uint8_t place, char *text, const berth_position *position);
} walk_table;

/** One reader's walk. */
typedef struct element_walk {
  berth_context *ctx;
  const walk_table *table;
  source_report *report;
  void *user;
  xml_handler handler;
  arena memory;       /* texts that are kept, and what the user takes */
  const char *source; /* the document at hand, kept */
  struct {
    uint8_t place;
    berth_position position;
  } stack[WALK_DEEPEST];
  uint32_t depth;
  gathered_text text;
} element_walk;

/** @param user handed to enter and leave. @retval BERTH_E_NOMEM recorded; walk_close() is right all
 *  the same. */
berth_status walk_open(element_walk *walk, berth_context *ctx, const walk_table *table, void *user);
/** Before each document; what reads it. Its user has to be the walk. */
const xml_handler *walk_begin(element_walk *walk);
/** Frees what is in its memory, too. */
void walk_close(element_walk *walk);

/** Whether a document may begin with @p element. */
bool walk_accepts(const walk_table *table, const xml_element *element);

/** The place above the one at hand, from within enter or leave; WALK_OUTSIDE = none. */
uint8_t walk_above(const element_walk *walk);

/** The attribute @p name of whatever namespace, copied and trimmed into the walk's memory; *out =
 *  NULL if it is absent or empty. */
berth_status walk_attribute(element_walk *walk, const xml_element *element, const char *name,
                            const char **out);
/** @p text in the walk's memory; *out = NULL for "". */
berth_status walk_keep(element_walk *walk, const char *text, const char **out);

/** Records an error; the reading goes on. */
void walk_error(element_walk *walk, const berth_position *position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
