/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts in chunks, texts in an arena, objects found by kind and id through a pool of keys.
 */
#include "opennebula_store.h"

#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <berth/inventory.h>
#include <stdio.h>
#include <string.h>

enum { KEY_ROOM = 32 };

bool opennebula_store_init(opennebula_store *store, berth_context *ctx) {
  const berth_allocator *allocator = context_allocator(ctx);
  *store = (opennebula_store){.ctx = ctx};
  arena_init(&store->memory, allocator);
  name_pool_init(&store->keys, allocator);
  chunked_list_init(&store->objects, allocator, sizeof(opennebula_object));
  chunked_list_init(&store->facts, allocator, sizeof(opennebula_fact));
  store->report = source_report_new(ctx);
  return store->report != NULL;
}

void opennebula_store_free(opennebula_store *store) {
  source_report_free(store->report);
  chunked_list_free(&store->facts);
  chunked_list_free(&store->objects);
  name_pool_free(&store->keys);
  arena_free(&store->memory);
}

static opennebula_object *out_of_memory(opennebula_store *store) {
  context_fail(store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return NULL;
}

bool opennebula_store_add(opennebula_store *store, opennebula_field field, uint32_t item,
                          const char *text, size_t length) {
  assert(field < OPENNEBULA_FIELD_COUNT && text != NULL);
  opennebula_fact *added = chunked_list_add(&store->facts);
  if (added == NULL)
    return out_of_memory(store) != NULL;
  *added = (opennebula_fact){.item = item, .field = (uint16_t)field};
  added->text = length == 0 ? "" : arena_text(&store->memory, text, length);
  return added->text != NULL || out_of_memory(store) != NULL;
}

/* Ids are short whole numbers: what is longer was refused before. */
static void write_key(char *key, opennebula_kind kind, const char *id) {
  assert(strlen(id) < KEY_ROOM - 4);
  snprintf(key, KEY_ROOM, "%u:%s", (unsigned)kind, id);
}

static opennebula_object *open_object(opennebula_store *store, opennebula_kind kind, const char *id,
                                      const berth_position *position) {
  char key[KEY_ROOM];
  uint32_t number = 0;
  write_key(key, kind, id);
  if (!name_pool_enter(&store->keys, &store->memory, key, &number))
    return NULL;
  if (number < store->objects.count)
    return chunked_list_at(&store->objects, number);
  opennebula_object *added = chunked_list_add(&store->objects);
  if (added == NULL)
    return NULL;
  *added = (opennebula_object){.kind = kind, .position = *position, .index = BERTH_NONE};
  added->id = arena_text(&store->memory, id, strlen(id));
  const char *source = position->source == NULL ? "" : position->source;
  added->position.source = arena_text(&store->memory, source, strlen(source));
  return added->id == NULL || added->position.source == NULL ? NULL : added;
}

opennebula_object *opennebula_store_close(opennebula_store *store, opennebula_kind kind,
                                          const char *id, uint32_t first,
                                          const berth_position *position) {
  assert(first <= store->facts.count && id != NULL);
  opennebula_object *object = open_object(store, kind, id, position);
  opennebula_section *section = arena_take(&store->memory, 1, sizeof *section);
  if (object == NULL || section == NULL)
    return out_of_memory(store);
  *section = (opennebula_section){.first = first, .count = store->facts.count - first};
  if (object->last_section == NULL)
    object->sections = section;
  else
    object->last_section->next = section;
  object->last_section = section;
  return object;
}

uint32_t opennebula_store_count(const opennebula_store *store) {
  return store->objects.count;
}

opennebula_object *opennebula_store_at(const opennebula_store *store, uint32_t index) {
  assert(index < store->objects.count);
  return chunked_list_at(&store->objects, index);
}

opennebula_object *opennebula_store_find(const opennebula_store *store, opennebula_kind kind,
                                         const char *id) {
  char key[KEY_ROOM];
  assert(id != NULL && kind < OPENNEBULA_KINDS);
  if (strlen(id) >= KEY_ROOM - 4)
    return NULL;
  write_key(key, kind, id);
  const uint32_t number = name_pool_find(&store->keys, key, strlen(key));
  return number == BERTH_NONE ? NULL : opennebula_store_at(store, number);
}

/* ------------------------------------------------------------------------ walking */

static const opennebula_fact *fact_at(const opennebula_store *store,
                                      const opennebula_section *section, uint32_t index) {
  assert(index < section->count);
  return chunked_list_at(&store->facts, section->first + index);
}

static const opennebula_fact *next_in(const opennebula_store *store,
                                      const opennebula_section *section, opennebula_field field,
                                      uint32_t *used) {
  while (*used < section->count) {
    const opennebula_fact *fact = fact_at(store, section, (*used)++);
    if (fact->field == field)
      return fact;
  }
  return NULL;
}

const opennebula_fact *opennebula_next(const opennebula_store *store,
                                       const opennebula_object *object, opennebula_field field,
                                       opennebula_walk *walk) {
  assert(object != NULL && walk != NULL);
  if (walk->section != NULL)
    return next_in(store, walk->section, field, &walk->used);
  for (const opennebula_section *s = object->sections; s != NULL; s = s->next) {
    walk->used = 0;
    const opennebula_fact *fact = next_in(store, s, field, &walk->used);
    if (fact != NULL) {
      walk->section = s;
      return fact;
    }
  }
  return NULL;
}

const char *opennebula_text(const opennebula_store *store, const opennebula_object *object,
                            opennebula_field field) {
  for (const opennebula_section *s = object->sections; s != NULL; s = s->next) {
    uint32_t used = 0;
    const opennebula_fact *fact = NULL;
    while ((fact = next_in(store, s, field, &used)) != NULL)
      if (fact->text[0] != '\0')
        return fact->text;
  }
  return NULL;
}

const char *opennebula_item_text(const opennebula_store *store, const opennebula_object *object,
                                 uint32_t item, opennebula_field field) {
  assert(item != 0);
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(store, object, field, &walk)) != NULL)
    if (fact->item == item)
      return fact->text[0] == '\0' ? NULL : fact->text;
  return NULL;
}

bool opennebula_lists(const opennebula_store *store, const opennebula_object *object,
                      opennebula_field field, const char *text) {
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  assert(text != NULL);
  while ((fact = opennebula_next(store, object, field, &walk)) != NULL)
    if (strcmp(fact->text, text) == 0)
      return true;
  return false;
}

/* ------------------------------------------------------------------------ numbers */

static bool append_digit(int64_t *sum, char digit) {
  return digit >= '0' && digit <= '9' && checked_multiply_i64(*sum, 10, sum) &&
         checked_add_i64(*sum, digit - '0', sum);
}

bool opennebula_thousandths(const char *text, int64_t *value) {
  assert(text != NULL && value != NULL);
  const bool negative = *text == '-';
  int64_t sum = 0;
  unsigned digits = 0, places = 0;
  bool rest = false;
  text += negative;
  for (; *text != '\0' && *text != '.'; text++, digits++)
    if (!append_digit(&sum, *text))
      return false;
  for (text += *text == '.'; *text != '\0'; text++, digits++) {
    if (*text < '0' || *text > '9')
      return false;
    if (places < 3 && !append_digit(&sum, *text))
      return false;
    rest = rest || (places >= 3 && *text != '0');
    places += places < 3;
  }
  for (; places < 3; places++)
    if (!checked_multiply_i64(sum, 10, &sum))
      return false;
  if (digits == 0 || (rest && !negative && !checked_add_i64(sum, 1, &sum)))
    return false;
  *value = negative ? -sum : sum;
  return true;
}
