/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts in chunks, texts in an arena, objects found by id through a pool of names.
 */
#include "vim25_store.h"

#include "context_internal.h"
#include <assert.h>
#include <string.h>

void vim25_store_init(vim25_store *store, berth_context *ctx) {
  const berth_allocator *allocator = context_allocator(ctx);
  *store = (vim25_store){.ctx = ctx};
  arena_init(&store->memory, allocator);
  name_pool_init(&store->ids, allocator);
  name_pool_init(&store->texts, allocator);
  chunked_list_init(&store->objects, allocator, sizeof(vim25_object));
  chunked_list_init(&store->facts, allocator, sizeof(vim25_fact));
}

void vim25_store_free(vim25_store *store) {
  chunked_list_free(&store->facts);
  chunked_list_free(&store->objects);
  name_pool_free(&store->texts);
  name_pool_free(&store->ids);
  arena_free(&store->memory);
}

static vim25_object *out_of_memory(vim25_store *store) {
  context_fail(store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return NULL;
}

static bool open_section(vim25_store *store, vim25_object *object) {
  assert(object->last_section == NULL || object->sections != NULL);
  vim25_section *section = arena_take(&store->memory, 1, sizeof *section);
  if (section == NULL)
    return false;
  section->first = store->facts.count;
  if (object->last_section == NULL)
    object->sections = section;
  else
    object->last_section->next = section;
  object->last_section = section;
  return true;
}

/* Objects of one source follow each other, so that its name is kept once. */
static bool keep_source(vim25_store *store, berth_position *position) {
  if (position->source == NULL)
    return true;
  if (store->source == NULL || strcmp(store->source, position->source) != 0)
    store->source = arena_text(&store->memory, position->source, strlen(position->source));
  position->source = store->source;
  return store->source != NULL;
}

static vim25_object *add_object(vim25_store *store, uint32_t number, vim25_kind kind,
                                const berth_position *position) {
  assert(number == store->objects.count);
  berth_position kept = *position;
  vim25_object *added = keep_source(store, &kept) ? chunked_list_add(&store->objects) : NULL;
  if (added == NULL)
    return NULL;
  *added = (vim25_object){.id = name_pool_at(&store->ids, number),
                          .kind = kind,
                          .position = kept,
                          .cluster = BERTH_NONE,
                          .priority = BERTH_PRIORITY_UNSET};
  return added;
}

vim25_object *vim25_store_open(vim25_store *store, const char *id, vim25_kind kind,
                               const berth_position *position) {
  uint32_t number = 0;
  if (!name_pool_enter(&store->ids, &store->memory, id, &number))
    return out_of_memory(store);
  if (number == store->objects.count && add_object(store, number, kind, position) == NULL)
    return out_of_memory(store);
  assert(number < store->objects.count);
  vim25_object *object = chunked_list_at(&store->objects, number);
  return open_section(store, object) ? object : out_of_memory(store);
}

/* The text as the store keeps it. */
static const char *keep_text(vim25_store *store, const vim25_fact *fact, size_t length) {
  uint32_t number = 0;
  if (length == 0)
    return "";
  if (fact->node == NULL || !fact->node->often)
    return arena_text(&store->memory, fact->text, length);
  assert(strlen(fact->text) == length);
  return name_pool_enter(&store->texts, &store->memory, fact->text, &number)
             ? name_pool_at(&store->texts, number)
             : NULL;
}

vim25_fact *vim25_store_add(vim25_store *store, vim25_object *object, const vim25_fact *fact,
                            size_t length) {
  vim25_section *section = object->last_section;
  assert(section != NULL && section->first + section->count == store->facts.count);
  const char *text = keep_text(store, fact, length);
  vim25_fact *added = text == NULL ? NULL : chunked_list_add(&store->facts);
  if (added == NULL) {
    out_of_memory(store);
    return NULL;
  }
  *added = *fact;
  added->text = text;
  section->count++;
  return added;
}

uint32_t vim25_store_count(const vim25_store *store) {
  return store->objects.count;
}

vim25_object *vim25_store_at(const vim25_store *store, uint32_t index) {
  assert(index < store->objects.count);
  return chunked_list_at(&store->objects, index);
}

bool vim25_store_index(vim25_store *store) {
  const uint32_t count = store->objects.count;
  store->names = arena_take(&store->memory, count, sizeof *store->names);
  if (store->names == NULL)
    return out_of_memory(store) != NULL;
  for (uint32_t i = 0; i < count; i++)
    store->names[i] = vim25_store_at(store, i)->id;
  return name_table_build(&store->by_id, &store->memory, store->names, count) ||
         out_of_memory(store) != NULL;
}

vim25_object *vim25_store_find(const vim25_store *store, const char *id) {
  assert(store->names != NULL && id != NULL);
  const uint32_t index = name_table_find(&store->by_id, store->names, id, NULL);
  return index == BERTH_NONE ? NULL : vim25_store_at(store, index);
}

const vim25_fact *vim25_store_next(const vim25_store *store, const vim25_object *object,
                                   vim25_walk *walk) {
  if (object->holding != NULL)
    return walk->used < object->holding_count ? &object->holding[walk->used++] : NULL;
  if (!walk->begun) {
    walk->section = object->sections;
    walk->begun = true;
  }
  while (walk->section != NULL && walk->used == walk->section->count) {
    walk->section = walk->section->next;
    walk->used = 0;
  }
  if (walk->section == NULL)
    return NULL;
  assert(walk->used < walk->section->count);
  return chunked_list_at(&store->facts, walk->section->first + walk->used++);
}

const char *vim25_store_text(const vim25_store *store, const vim25_object *object,
                             vim25_field field) {
  assert(field != VIM25_NO_FIELD && field < VIM25_FIELD_COUNT);
  const vim25_fact *best = NULL, *fact = NULL;
  vim25_walk walk = {0};
  while ((fact = vim25_store_next(store, object, &walk)) != NULL) {
    if (fact->field != field)
      continue;
    if (best == NULL || (best->deprecated && !fact->deprecated) ||
        (best->deprecated == fact->deprecated && best->document < fact->document))
      best = fact;
  }
  return best == NULL ? NULL : best->text;
}

bool vim25_store_was_sent(const vim25_store *store, const vim25_object *object, vim25_field field) {
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(store, object, &walk)) != NULL)
    if (fact->field == VIM25_PROPERTY && vim25_paths_holds(fact->node, field))
      return true;
  return false;
}

const char *vim25_store_why_missing(const vim25_store *store, const vim25_object *object,
                                    vim25_field field) {
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(store, object, &walk)) != NULL)
    if (fact->field == VIM25_MISSING && vim25_paths_holds(fact->node, field))
      return fact->text;
  return NULL;
}

bool vim25_store_has_current(const vim25_store *store, const vim25_object *object,
                             vim25_field field) {
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(store, object, &walk)) != NULL)
    if (fact->field == field && !fact->deprecated)
      return true;
  return false;
}
