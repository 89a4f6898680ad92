/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack of places. Memory depends on the depth of a document and on its longest text that is
 * wanted, not on what is skipped.
 */
#include "element_walk.h"

#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ------------------------------------------------------------------------ steps */

static uint8_t step_to(const walk_table *table, uint8_t from, const xml_element *element) {
  assert(element->name != NULL);
  if (table->knows != NULL ? !table->knows(element->uri) : element->uri != NULL)
    return WALK_OUTSIDE;
  for (uint32_t i = 0; i < table->step_count; i++) {
    if (table->steps[i].from == from && strcmp(table->steps[i].name, element->name) == 0)
      return table->steps[i].to;
  }
  return WALK_OUTSIDE;
}

static bool has_steps(const walk_table *table, uint8_t place) {
  assert(place != WALK_OUTSIDE);
  for (uint32_t i = 0; i < table->step_count; i++) {
    if (table->steps[i].from == place)
      return true;
  }
  return false;
}

bool walk_accepts(const walk_table *table, const xml_element *element) {
  assert(table != NULL && element->depth == 0);
  return step_to(table, WALK_OUTSIDE, element) != WALK_OUTSIDE;
}

uint8_t walk_above(const element_walk *walk) {
  assert(walk->depth > 0);
  return walk->depth > 1 ? walk->stack[walk->depth - 2].place : WALK_OUTSIDE;
}

/* ------------------------------------------------------------------------ texts */

static berth_status no_memory(const element_walk *walk) {
  return context_fail(walk->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static berth_status append(element_walk *walk, const char *text, size_t length) {
  size_t needed = 0, room = 0;
  assert(text != NULL && walk->text_used <= walk->text_room);
  if (!checked_add_size(walk->text_used, length, &needed) || !checked_add_size(needed, 1, &needed))
    return no_memory(walk);
  if (needed > walk->text_room) {
    if (!checked_multiply_size(needed, 2, &room))
      return no_memory(walk);
    char *grown = context_grow(walk->ctx, walk->text, room, 1);
    if (grown == NULL)
      return BERTH_E_NOMEM;
    walk->text = grown;
    walk->text_room = room;
  }
  memcpy(walk->text + walk->text_used, text, length);
  walk->text_used += length;
  walk->text[walk->text_used] = '\0';
  return BERTH_OK;
}

/* A NUL cannot stand in XML, so the end of the text is the end of the string. */
static char *trim(char *start, size_t count) {
  assert(start != NULL);
  for (; count > 0 && is_blank(*start); count--)
    start++;
  while (count > 0 && is_blank(start[count - 1]))
    count--;
  start[count] = '\0';
  return start;
}

berth_status walk_keep(element_walk *walk, const char *text, const char **out) {
  assert(text != NULL && out != NULL);
  *out = text[0] == '\0' ? NULL : arena_text(walk->memory, text, strlen(text));
  return text[0] == '\0' || *out != NULL ? BERTH_OK : no_memory(walk);
}

berth_status walk_attribute(element_walk *walk, const xml_element *element, const char *name,
                            const char **out) {
  assert(name != NULL && out != NULL);
  *out = NULL;
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    const xml_attribute *attribute = &element->attributes[i];
    if (strcmp(attribute->name, name) != 0)
      continue;
    char *copy = arena_text(walk->memory, attribute->value, attribute->length);
    if (copy == NULL)
      return no_memory(walk);
    copy = trim(copy, attribute->length);
    *out = copy[0] == '\0' ? NULL : copy;
    return BERTH_OK;
  }
  return BERTH_OK;
}

void walk_error(element_walk *walk, const berth_position *position, const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(walk->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", text);
}

/* ------------------------------------------------------------------------ walking */

static void skip(element_walk *walk, xml_cursor *cursor, const xml_element *element) {
  assert(walk->report != NULL);
  char kind[64];
  snprintf(kind, sizeof kind, "<%.56s>", element->name);
  source_report_ignored(walk->report, walk->source, kind, 1);
  xml_cursor_skip(cursor);
}

static berth_status start_document(element_walk *walk, const xml_element *element) {
  const char *source = element->position.source;
  walk->source = source == NULL ? NULL : arena_text(walk->memory, source, strlen(source));
  return source == NULL || walk->source != NULL ? BERTH_OK : no_memory(walk);
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  element_walk *walk = user;
  const bool first = walk->depth == 0;
  const uint8_t from = first ? WALK_OUTSIDE : walk->stack[walk->depth - 1].place;
  const uint8_t to = step_to(walk->table, from, element);
  berth_status status = first ? start_document(walk, element) : BERTH_OK;
  assert(!first || to != WALK_OUTSIDE);
  if (status != BERTH_OK)
    return status;
  walk->text_used = 0;
  if (to == WALK_OUTSIDE) {
    skip(walk, cursor, element);
    return BERTH_OK;
  }
  if (walk->depth == WALK_DEEPEST) {
    context_problem(walk->ctx, BERTH_ERROR, BERTH_E_LIMIT, &element->position,
                    "elements are nested deeper than %d", (int)WALK_DEEPEST);
    return BERTH_E_LIMIT;
  }
  walk->stack[walk->depth].place = to;
  walk->stack[walk->depth].position = element->position;
  walk->stack[walk->depth++].position.source = walk->source;
  return walk->table->enter(walk->user, to, element);
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  element_walk *walk = user;
  (void)cursor;
  assert(walk->depth > 0);
  const uint8_t place = walk->stack[walk->depth - 1].place;
  const berth_position position = walk->stack[walk->depth - 1].position;
  berth_status status = append(walk, "", 0); /* never without a buffer */
  if (status != BERTH_OK)
    return status;
  char *text = trim(walk->text, has_steps(walk->table, place) ? 0 : walk->text_used);
  status = walk->table->leave(walk->user, place, text, &position);
  walk->text_used = 0;
  walk->depth--;
  return status;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  element_walk *walk = user;
  (void)cursor;
  assert(walk->depth > 0);
  if (has_steps(walk->table, walk->stack[walk->depth - 1].place))
    return BERTH_OK;
  return append(walk, text, length);
}

/* ------------------------------------------------------------------------ life */

void walk_init(element_walk *walk, berth_context *ctx, const walk_table *table,
               source_report *report, arena *memory, void *user) {
  assert(ctx != NULL && table != NULL && report != NULL && memory != NULL);
  *walk =
      (element_walk){.ctx = ctx, .table = table, .report = report, .user = user, .memory = memory};
  walk->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
}

const xml_handler *walk_begin(element_walk *walk) {
  walk->depth = 0;
  walk->text_used = 0;
  return &walk->handler;
}

void walk_free(element_walk *walk) {
  context_release(walk->ctx, walk->text);
  walk->text = NULL;
}
