/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as the property collector sends them: ObjectContent with propSet, ObjectUpdate with
 * kind and changeSet, both with missingSet.
 */
#include "vim25_reader.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

berth_status vim25_push_object(vim25_reader *reader) {
  reader->object = NULL;
  reader->property = (vim25_path){0};
  reader->leaves = false;
  return vim25_push(reader, IN_OBJECT);
}

/* ------------------------------------------------------------------------ whose */

static void count_ignored(vim25_reader *reader, const xml_attribute *type) {
  assert(reader->source != NULL && type != NULL);
  char kind[48];
  const size_t length = type->length < sizeof kind - 1 ? type->length : sizeof kind - 1;
  memcpy(kind, type->value, length);
  kind[length] = '\0';
  if (length > 0)
    source_report_ignored(reader->report, reader->source, kind, 1);
}

static berth_status start_object_id(vim25_reader *reader, const xml_element *element) {
  const xml_attribute *type = vim25_attribute(element, NULL, "type");
  reader->kind = type == NULL ? VIM25_OTHER : vim25_kind_of(type->value, type->length);
  reader->position = element->position;
  reader->object = NULL; /* a second <obj> begins another object */
  reader->property = (vim25_path){0};
  if (type == NULL)
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "<obj> has no type; expected the kind of the managed object");
  else if (reader->kind == VIM25_OTHER)
    count_ignored(reader, type);
  return vim25_push(reader, IN_OBJECT_ID);
}

berth_status vim25_open_object(vim25_reader *reader, const char *id) {
  assert(reader->kind < VIM25_OTHER && id[0] != '\0');
  reader->object = vim25_store_open(&reader->store, id, reader->kind, &reader->position);
  if (reader->object == NULL)
    return BERTH_E_NOMEM;
  if (reader->object->kind != reader->kind) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                    "%.60s is already an object of another kind; expected ids that are unique", id);
    reader->object = NULL;
    return BERTH_OK;
  }
  if (reader->object->source == NULL)
    reader->object->source = reader->source;
  if (reader->roots[reader->kind] == NULL)
    reader->roots[reader->kind] = vim25_paths_build(&reader->store.memory, reader->kind);
  if (reader->roots[reader->kind] == NULL)
    return context_fail(reader->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return BERTH_OK;
}

static berth_status end_object_id(vim25_reader *reader) {
  assert(reader->kind <= VIM25_OTHER && reader->object == NULL);
  static const char *const kinds[] = {[VIM25_HOST] = "host",
                                      [VIM25_VM] = "VM",
                                      [VIM25_CLUSTER] = "cluster",
                                      [VIM25_STANDALONE] = "standalone compute resource",
                                      [VIM25_DATASTORE_OBJECT] = "datastore",
                                      [VIM25_NETWORK_OBJECT] = "network"};
  size_t length = 0;
  const char *id = gathered_text_trimmed(&reader->text, &length);
  if (reader->kind == VIM25_OTHER)
    return BERTH_OK;
  if (length == 0) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                    "<obj> is empty; expected the id of a managed object");
    return BERTH_OK;
  }
  const berth_status status = vim25_open_object(reader, id);
  if (status != BERTH_OK || reader->object == NULL)
    return status;
  /* Where it was described first is where messages look for it. */
  if (!reader->object->described)
    reader->object->source = reader->source;
  reader->object->described = true;
  if (reader->object->counted != reader->source) /* many updates are still one object */
    source_report_read(reader->report, reader->source, kinds[reader->kind], 1);
  reader->object->counted = reader->source;
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ properties */

/* A key in a list that stands in another list: which of the outer one is not kept. */
static bool is_too_deep(const vim25_path *path) {
  assert(path->node != NULL);
  return path->array != NULL && vim25_array_of(path->node) != path->array &&
         vim25_array_of(path->array) != path->array;
}

static berth_status end_property_name(vim25_reader *reader) {
  size_t length = 0;
  char *name = gathered_text_trimmed(&reader->text, &length);
  reader->property = (vim25_path){0};
  reader->property_fact = NULL;
  reader->has_value = false;
  if (reader->object == NULL || length == 0)
    return BERTH_OK;
  vim25_path path = vim25_paths_find(reader->roots[reader->kind], name);
  if (path.node == NULL)
    return BERTH_OK;
  const bool keyed = path.array != NULL;
  if (keyed && is_too_deep(&path)) {
    source_report_unknown(reader->report, reader->source, "changes inside lists of objects", 1);
    return BERTH_OK;
  }
  if (keyed) { /* it stands in the name, which is not needed any more */
    memmove(name, path.key, path.key_length);
    name[path.key_length] = '\0';
  }
  const vim25_fact fact = {.text = name,
                           .node = path.node,
                           .item = keyed ? ++reader->last_item : 0,
                           .document = reader->document,
                           .field = VIM25_PROPERTY,
                           .change = VIM25_ASSIGN,
                           .keyed = keyed,
                           .deprecated = path.deprecated};
  reader->property = path;
  reader->property_fact =
      vim25_store_add(&reader->store, reader->object, &fact, keyed ? path.key_length : 0);
  return reader->property_fact != NULL ? BERTH_OK : BERTH_E_NOMEM;
}

/* An item that is added with its key takes the place of one with the same key, if there is any. */
static void end_operation(vim25_reader *reader) {
  size_t length = 0;
  const char *word = gathered_text_trimmed(&reader->text, &length);
  if (reader->property_fact == NULL)
    return;
  if (strcmp(word, "remove") == 0 || strcmp(word, "indirectRemove") == 0)
    reader->property_fact->change = VIM25_REMOVE;
  else if (strcmp(word, "add") == 0)
    reader->property_fact->change = VIM25_ADD;
}

/* Without a value an assignment says that the property is unset. */
static void end_change(vim25_reader *reader) {
  assert(reader->property_fact == NULL || reader->property_fact->field == VIM25_PROPERTY);
  vim25_fact *fact = reader->property_fact;
  if (fact != NULL && fact->change == VIM25_ASSIGN && !reader->has_value)
    fact->change = VIM25_UNSET;
}

static void end_update_kind(vim25_reader *reader) {
  size_t length = 0;
  reader->leaves = strcmp(gathered_text_trimmed(&reader->text, &length), "leave") == 0;
}

static berth_status end_object(vim25_reader *reader) {
  if (!reader->leaves || reader->object == NULL)
    return BERTH_OK;
  const vim25_fact fact = {
      .text = "", .document = reader->document, .field = VIM25_PROPERTY, .change = VIM25_LEAVE};
  return vim25_store_add(&reader->store, reader->object, &fact, 0) != NULL ? BERTH_OK
                                                                           : BERTH_E_NOMEM;
}

/* ------------------------------------------------------------------------ what could not be read
 */

static void end_missing_path(vim25_reader *reader) {
  size_t length = 0;
  const char *name = gathered_text_trimmed(&reader->text, &length);
  reader->has_missing = false;
  if (reader->object == NULL || length == 0)
    return;
  assert(reader->roots[reader->kind] != NULL);
  const vim25_path path = vim25_paths_find(reader->roots[reader->kind], name);
  if (path.node == NULL || path.array != NULL)
    return;
  reader->has_missing = true;
  reader->missing = (vim25_fact){.text = "no reason given",
                                 .node = path.node,
                                 .document = reader->document,
                                 .field = VIM25_MISSING,
                                 .deprecated = path.deprecated};
  if (!path.deprecated) {
    static const char *const owners[] = {[VIM25_HOST] = "hosts",
                                         [VIM25_VM] = "VMs",
                                         [VIM25_CLUSTER] = "clusters",
                                         [VIM25_STANDALONE] = "standalone compute resources",
                                         [VIM25_DATASTORE_OBJECT] = "datastores",
                                         [VIM25_NETWORK_OBJECT] = "networks"};
    char fact[160];
    const int shown = length > 40 ? 40 : (int)length;
    snprintf(fact, sizeof fact, "%.*s of %s", shown, name, owners[reader->kind]);
    source_report_unknown(reader->report, reader->source, fact, 1);
  }
}

/* The kind of fault: <fault><fault xsi:type="NoPermission">. */
static berth_status start_missing_fault(vim25_reader *reader, xml_cursor *cursor,
                                        const xml_element *element) {
  assert(!reader->has_missing || reader->object != NULL);
  size_t length = 0;
  const char *type = vim25_type_of(element, &length);
  xml_cursor_skip(cursor);
  if (!reader->has_missing || length == 0 || length >= 60)
    return BERTH_OK;
  char why[60];
  memcpy(why, type, length);
  why[length] = '\0';
  reader->missing.text = why;
  reader->has_missing = false;
  return vim25_store_add(&reader->store, reader->object, &reader->missing, length) != NULL
             ? BERTH_OK
             : BERTH_E_NOMEM;
}

/* A path without a kind of fault is missing all the same. */
static berth_status end_missing(vim25_reader *reader) {
  if (!reader->has_missing)
    return BERTH_OK;
  reader->has_missing = false;
  assert(reader->object != NULL);
  const size_t length = strlen(reader->missing.text);
  return vim25_store_add(&reader->store, reader->object, &reader->missing, length) != NULL
             ? BERTH_OK
             : BERTH_E_NOMEM;
}

/* ------------------------------------------------------------------------ elements */

berth_status vim25_start_in_object(vim25_reader *reader, xml_cursor *cursor,
                                   const xml_element *element) {
  if (vim25_element_is(element, "propSet"))
    return vim25_push(reader, IN_PROPERTY);
  if (vim25_element_is(element, "changeSet"))
    return vim25_push(reader, IN_CHANGE);
  if (vim25_element_is(element, "obj"))
    return start_object_id(reader, element);
  if (vim25_element_is(element, "kind"))
    return vim25_push(reader, IN_UPDATE_KIND);
  if (!vim25_element_is(element, "missingSet"))
    return vim25_skip(cursor);
  reader->has_missing = false;
  return vim25_push(reader, IN_MISSING);
}

berth_status vim25_start_in_property(vim25_reader *reader, xml_cursor *cursor,
                                     const xml_element *element) {
  if (vim25_element_is(element, "name"))
    return vim25_push(reader, IN_PROPERTY_NAME);
  if (vim25_element_is(element, "op"))
    return vim25_push(reader, IN_CHANGE_OPERATION);
  return vim25_element_is(element, "val") ? vim25_start_value(reader, cursor, element)
                                          : vim25_skip(cursor);
}

berth_status vim25_start_in_missing(vim25_reader *reader, xml_cursor *cursor,
                                    const xml_element *element) {
  assert(reader->depth > 0);
  const bool in_fault = reader->stack[reader->depth - 1].place == IN_MISSING_FAULT;
  if (in_fault)
    return vim25_element_is(element, "fault") ? start_missing_fault(reader, cursor, element)
                                              : vim25_skip(cursor);
  if (vim25_element_is(element, "path"))
    return vim25_push(reader, IN_MISSING_PATH);
  return vim25_element_is(element, "fault") ? vim25_push(reader, IN_MISSING_FAULT)
                                            : vim25_skip(cursor);
}

berth_status vim25_end_in_object(vim25_reader *reader, vim25_place place) {
  switch (place) {
  case IN_OBJECT:
    return end_object(reader);
  case IN_OBJECT_ID:
    return end_object_id(reader);
  case IN_PROPERTY_NAME:
    return end_property_name(reader);
  case IN_CHANGE_OPERATION:
    end_operation(reader);
    return BERTH_OK;
  case IN_CHANGE:
    end_change(reader);
    return BERTH_OK;
  case IN_UPDATE_KIND:
    end_update_kind(reader);
    return BERTH_OK;
  case IN_MISSING_PATH:
    end_missing_path(reader);
    return BERTH_OK;
  case IN_MISSING:
    return end_missing(reader);
  default:
    return BERTH_OK;
  }
}
