/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds in the end. Answers of the property collector follow each other: a property that comes
 * again takes the place of what was said before at its path and below, an item with the same key
 * that of the item, and an object that leaves takes all with it. This is how WaitForUpdatesEx tells
 * changes, and how several documents, or `config` after `config.hardware`, come to one result.
 */
#include "vim25_store.h"

#include "context_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 64 }; /* properties of an object that are compared each with each */

/* The facts that hold so far, of the object at hand. */
typedef struct history {
  vim25_store *store;
  vim25_fact *facts;
  uint32_t count, room;
  uint32_t from, to; /* facts that come with item `from` belong to item `to`... */
  bool astray;       /* ... or to an item that is not there */
  uint32_t astrays;
  bool moved; /* some were given another item: they do not follow each other */
  bool gone;
} history;

/* ------------------------------------------------------------------------ whose key it is */

static const vim25_node *key_node(const vim25_node *array) {
  assert(array != NULL);
  return vim25_paths_child(array, "key", 3);
}

const vim25_node *vim25_array_of(const vim25_node *node) {
  assert(node != NULL);
  const vim25_node *at = node;
  while (at != NULL && at->role != VIM25_ITEM)
    at = at->parent;
  return at == NULL ? node : at;
}

/* The number of the item with the key of @p property; 0 = there is none. */
static uint32_t find_item(const history *h, const vim25_fact *property) {
  const vim25_node *key = key_node(vim25_array_of(property->node));
  for (uint32_t i = 0; i < h->count; i++) {
    const vim25_fact *fact = &h->facts[i];
    if (key != NULL && fact->node == key && fact->deprecated == property->deprecated &&
        fact->field != VIM25_PROPERTY && strcmp(fact->text, property->text) == 0)
      return fact->item;
  }
  return 0;
}

/* ------------------------------------------------------------------------ what goes */

static bool is_covered(const vim25_fact *fact, const vim25_fact *property) {
  assert(property->node != NULL && fact->node != NULL);
  return fact->deprecated == property->deprecated &&
         vim25_paths_is_below(fact->node, property->node);
}

/* Whether @p property ends @p fact. @p item: the one with its key; 0 = none, or it has no key. */
static bool ends(const vim25_fact *property, const vim25_fact *fact, uint32_t item) {
  assert(property->field == VIM25_PROPERTY);
  if (property->change == VIM25_LEAVE)
    return true;
  if (property->keyed && fact->field == VIM25_PROPERTY)
    return false;
  if (is_covered(fact, property)) {
    if (!property->keyed)
      return property->change != VIM25_ADD;
    return property->node->role == VIM25_LEAF && item == 0
               ? strcmp(fact->text, property->text) == 0 /* an element of a list of references */
               : item != 0 && fact->item == item;
  }
  return property->change == VIM25_UNSET && !property->keyed && fact->field != VIM25_PROPERTY &&
         fact->field != VIM25_MISSING &&
         vim25_paths_holds(property->node, (vim25_field)fact->field);
}

static void end_facts(history *h, const vim25_fact *property, uint32_t item) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < h->count; i++)
    if (!ends(property, &h->facts[i], item))
      h->facts[kept++] = h->facts[i];
  assert(kept <= h->count);
  h->count = kept;
}

/* ------------------------------------------------------------------------ what comes */

static bool append(history *h, const vim25_fact *fact) {
  if (h->count == h->room) {
    const uint32_t larger = h->room == 0 ? 256 : h->room * 2;
    vim25_fact *grown =
        larger < h->room ? NULL : context_grow(h->store->ctx, h->facts, larger, sizeof *h->facts);
    if (grown == NULL)
      return false;
    h->facts = grown;
    h->room = larger;
  }
  assert(h->count < h->room);
  h->facts[h->count++] = *fact;
  return true;
}

/* Whether @p property speaks of a part of an item (rule[3].enabled), not of the whole of it. */
static bool is_part(const vim25_fact *property) {
  return property->keyed && vim25_array_of(property->node) != property->node;
}

static bool take_property(history *h, const vim25_fact *property) {
  const uint32_t item =
      property->keyed && property->change != VIM25_LEAVE ? find_item(h, property) : 0;
  h->from = h->to = 0;
  h->astray = false;
  h->gone = property->change == VIM25_LEAVE;
  if (!h->gone && is_part(property)) {
    h->from = property->item;
    h->to = item;
    h->astray = item == 0; /* changed by whoever did not tell how it began */
    h->astrays += item == 0;
    h->moved = h->moved || item != 0;
  }
  const bool is_new = !h->gone && property->keyed && item == 0 &&
                      property->node->role == VIM25_ITEM; /* nothing has its key */
  if (!h->astray && !is_new)
    end_facts(h, property, item);
  return property->change == VIM25_LEAVE || append(h, property);
}

static bool take_fact(history *h, const vim25_fact *fact) {
  vim25_fact placed = *fact;
  if (fact->field == VIM25_PROPERTY)
    return take_property(h, fact);
  if (h->from != 0 && fact->item == h->from) {
    if (h->astray)
      return true;
    placed.item = h->to;
  }
  return append(h, &placed);
}

/* ------------------------------------------------------------------------ one object */

static int compare_items(const void *a, const void *b) {
  const vim25_fact *x = a, *y = b;
  if (x->item != y->item)
    return x->item < y->item ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static void sort_by_item(history *h) {
  for (uint32_t i = 0; i < h->count; i++)
    h->facts[i].order = i;
  if (h->count > 1)
    qsort(h->facts, h->count, sizeof *h->facts, compare_items);
}

static bool settle(history *h, vim25_object *object) {
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  h->count = h->from = h->to = h->astrays = 0;
  assert(object->holding == NULL);
  h->astray = h->moved = h->gone = false;
  while ((fact = vim25_store_next(h->store, object, &walk)) != NULL)
    if (!take_fact(h, fact))
      return false;
  if (h->moved)
    sort_by_item(h);
  vim25_fact *kept = arena_take_unset(&h->store->memory, (size_t)h->count + 1, sizeof *kept);
  if (kept == NULL) {
    context_fail(h->store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
    return false;
  }
  if (h->count > 0)
    memcpy(kept, h->facts, h->count * sizeof *kept);
  object->holding = kept;
  object->holding_count = h->count;
  object->gone = h->gone;
  object->astray = h->astrays;
  return true;
}

/* Whether a property may end an earlier fact. One document that sends each property once has no
 * such, and its facts stay where they are. */
static bool has_history(const vim25_store *store, const vim25_object *object) {
  const vim25_fact *seen[FEW];
  uint32_t count = 0;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(store, object, &walk)) != NULL) {
    if (fact->field != VIM25_PROPERTY)
      continue;
    if (count == FEW || fact->change != VIM25_ASSIGN || fact->keyed)
      return true;
    for (uint32_t i = 0; i < count; i++)
      if (is_covered(seen[i], fact) || is_covered(fact, seen[i]))
        return true;
    seen[count++] = fact;
  }
  return false;
}

bool vim25_store_settle(vim25_store *store) {
  history h = {.store = store};
  bool good = true;
  assert(store != NULL && store->ctx != NULL);
  for (uint32_t i = 0; good && i < vim25_store_count(store); i++) {
    vim25_object *object = vim25_store_at(store, i);
    if (has_history(store, object))
      good = settle(&h, object);
  }
  context_release(store->ctx, h.facts);
  return good;
}
