/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack of places. Memory depends on the depth of a document and on its longest text that is
 * wanted, not on what is skipped.
 */
#include "element_walk.h"

#include "context_internal.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

berth_status walk_keep(element_walk *walk, const char *text, const char **out) {
  assert(text != NULL && out != NULL);
  *out = text[0] == '\0' ? NULL : arena_text(&walk->memory, text, strlen(text));
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
    char *copy = arena_text(&walk->memory, attribute->value, attribute->length);
    if (copy == NULL)
      return no_memory(walk);
    size_t length = attribute->length;
    copy = trim_text(copy, &length);
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
  walk->source = source == NULL ? NULL : arena_text(&walk->memory, source, strlen(source));
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
  gathered_text_clear(&walk->text);
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
  size_t length = 0;
  if (has_steps(walk->table, place))
    gathered_text_clear(&walk->text);
  char *text = gathered_text_trimmed(&walk->text, &length);
  const berth_status status = walk->table->leave(walk->user, place, text, &position);
  gathered_text_clear(&walk->text);
  walk->depth--;
  return status;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  element_walk *walk = user;
  (void)cursor;
  assert(walk->depth > 0);
  if (has_steps(walk->table, walk->stack[walk->depth - 1].place))
    return BERTH_OK;
  return gathered_text_add(&walk->text, text, length);
}

/* ------------------------------------------------------------------------ life */

berth_status walk_open(element_walk *walk, berth_context *ctx, const walk_table *table,
                       void *user) {
  assert(ctx != NULL && table != NULL);
  *walk = (element_walk){.ctx = ctx, .table = table, .user = user};
  walk->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  arena_init(&walk->memory, context_allocator(ctx));
  const berth_status status = gathered_text_open(&walk->text, ctx);
  walk->report = source_report_new(ctx);
  return walk->report == NULL ? BERTH_E_NOMEM : status;
}

const xml_handler *walk_begin(element_walk *walk) {
  walk->depth = 0;
  gathered_text_clear(&walk->text);
  return &walk->handler;
}

void walk_close(element_walk *walk) {
  gathered_text_close(&walk->text);
  source_report_free(walk->report);
  arena_free(&walk->memory);
}
