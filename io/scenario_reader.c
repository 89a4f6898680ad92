/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads scenario documents. The events are a flat list, so the stack is two deep: <scenario>, and
 * one event. <set> carries the attributes of a host or VM and becomes one event for each.
 */
#include <berth/io.h>

#include "context_internal.h"
#include "native_binding.h"
#include "read_limits.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

typedef struct scenario_reader {
  berth_context *ctx;
  berth_scenario *scenario;
  native_binder binder;
  xml_handler handler;
  text_store store;
  native_element_id open; /* <scenario> or an event */
  bool text_reported;
} scenario_reader;

static berth_status invalid(scenario_reader *reader, const berth_position *position,
                            const char *text) {
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", text);
  return BERTH_OK;
}

static berth_status start_scenario(scenario_reader *reader, const xml_cursor *cursor,
                                   const xml_element *element) {
  native_document document = {NULL};
  bool usable = false;
  if (element->uri == NULL || strcmp(element->uri, NATIVE_NAMESPACE) != 0 ||
      strcmp(element->name, "scenario") != 0) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                    "the document element is <%.60s> of %.100s; expected <scenario> of %s",
                    element->name, element->uri == NULL ? "no namespace" : element->uri,
                    NATIVE_NAMESPACE);
    return BERTH_E_UNSUPPORTED;
  }
  const berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_SCENARIO,
                                          &document, &reader->store, &usable);
  if (status != BERTH_OK || document.name == NULL)
    return status;
  return berth_scenario_set_name(reader->ctx, reader->scenario, document.name);
}

/* ------------------------------------------------------------------------ set */

static const xml_attribute *find_attribute(const xml_element *element, const char *name) {
  for (uint32_t i = 0; i < element->attribute_count; i++)
    if (element->attributes[i].uri == NULL && strcmp(element->attributes[i].name, name) == 0)
      return &element->attributes[i];
  return NULL;
}

/* <set> writes the attributes of a VM's <notification> with this in front. */
static const char notification_prefix[] = "notification.";

static const native_attribute *notification_row(const char *name) {
  const native_element *known = native_element_at(NATIVE_NOTIFICATION);
  const size_t length = sizeof notification_prefix - 1;
  if (strncmp(name, notification_prefix, length) != 0)
    return NULL;
  for (uint32_t row = 0; row < known->attribute_count; row++)
    if (strcmp(known->attributes[row].name, name + length) == 0)
      return &known->attributes[row];
  return NULL;
}

/* The row that <set> may change; *defaults gets the spec that it belongs to. */
static const native_attribute *settable_row(const scenario_reader *reader, native_element_id id,
                                            const xml_attribute *attribute, const void **defaults) {
  *defaults = native_element_at(id)->defaults;
  if (attribute->uri != NULL)
    return NULL;
  if (attribute->word == XML_NO_WORD)
    return id == NATIVE_VM ? notification_row(attribute->name) : NULL;
  const uint8_t row = reader->binder.row_of[id][attribute->word];
  return row == 0 ? NULL : &native_element_at(id)->attributes[row - 1];
}

/* An empty value takes a number away again, where one may be absent. */
static bool clears(const native_attribute *row, const void *defaults,
                   const xml_attribute *attribute) {
  assert(row != NULL && defaults != NULL);
  return attribute->length == 0 && row->kind == NATIVE_NUMBER && !row->required &&
         *(const int64_t *)(const void *)((const char *)defaults + row->offset) == BERTH_UNSET;
}

/* Checks the value in a spec that nobody else sees, and keeps it as text. */
static berth_status add_set(scenario_reader *reader, const xml_cursor *cursor,
                            const xml_element *element, const xml_attribute *attribute,
                            native_element_id id, berth_event *event) {
  assert(id == NATIVE_HOST || id == NATIVE_VM);
  union {
    berth_host_spec host;
    berth_vm_spec vm;
  } unseen;
  native_detail value = NATIVE_DETAIL_INIT;
  static const native_attribute as_text = {.kind = NATIVE_TEXT,
                                           .offset = offsetof(native_detail, id)};
  const void *defaults = NULL;
  const native_attribute *row = settable_row(reader, id, attribute, &defaults);
  bool good = true;
  if (attribute->uri == NULL && strcmp(attribute->name, "id") == 0) {
    const berth_position position = xml_cursor_attribute_position(cursor, element, attribute);
    return invalid(reader, &position, "<set> cannot change an id; expected another attribute");
  }
  if (row == NULL) {
    native_complain_unknown(&reader->binder, cursor, element, attribute, id);
    return BERTH_OK;
  }
  text_store scratch = reader->store; /* the text that the check leaves is written over */
  if (!clears(row, defaults, attribute))
    native_bind_value(&reader->binder, cursor, element, attribute, row, &unseen, &scratch, &good);
  if (!good)
    return BERTH_OK;
  native_bind_value(&reader->binder, cursor, element, attribute, &as_text, &value, &reader->store,
                    &good);
  assert(good && value.id != NULL);
  event->attribute = attribute->name;
  event->value = value.id;
  return berth_scenario_add(reader->ctx, reader->scenario, event);
}

/* Binds host, vm and at; what else stands in <set> is what is set. */
static bool bind_target(scenario_reader *reader, const xml_cursor *cursor,
                        const xml_element *element, berth_event *event) {
  static const native_element_id set = NATIVE_FIRST_EVENT + BERTH_EVENT_SET;
  const native_element *known = native_element_at(set);
  bool good = true;
  for (uint32_t row = 0; row < known->attribute_count; row++) {
    bool right = true;
    const xml_attribute *attribute = find_attribute(element, known->attributes[row].name);
    if (attribute != NULL)
      native_bind_value(&reader->binder, cursor, element, attribute, &known->attributes[row], event,
                        &reader->store, &right);
    good = good && right;
  }
  if ((event->host == NULL) == (event->vm == NULL)) {
    invalid(reader, &element->position, "<set> names no or several objects; expected host or vm");
    good = false;
  }
  return good;
}

static berth_status start_set(scenario_reader *reader, const xml_cursor *cursor,
                              const xml_element *element, berth_event *event) {
  assert(event->type == BERTH_EVENT_SET);
  berth_status status = text_store_reserve(reader->ctx, &reader->store, element);
  if (status != BERTH_OK || !bind_target(reader, cursor, element, event))
    return status;
  const native_element_id id = event->vm != NULL ? NATIVE_VM : NATIVE_HOST;
  uint32_t changes = 0;
  for (uint32_t i = 0; status == BERTH_OK && i < element->attribute_count; i++) {
    const xml_attribute *attribute = &element->attributes[i];
    if (native_is_foreign(attribute) || strcmp(attribute->name, "host") == 0 ||
        strcmp(attribute->name, "vm") == 0 || strcmp(attribute->name, "at") == 0)
      continue;
    changes++;
    status = add_set(reader, cursor, element, attribute, id, event);
  }
  if (status == BERTH_OK && changes == 0)
    return invalid(reader, &element->position,
                   "<set> changes nothing; expected an attribute of the host or VM");
  return status;
}

/* ------------------------------------------------------------------------ events */

static bool check_fail(scenario_reader *reader, const xml_element *element,
                       const berth_event *event) {
  const int named = (event->host != NULL) + (event->chassis != NULL) + (event->rack != NULL) +
                    (event->site != NULL);
  if (named != 1)
    invalid(reader, &element->position,
            "<fail> names no or several things; expected either host, chassis, rack or site");
  return named == 1;
}

static bool check_isolate(scenario_reader *reader, const xml_cursor *cursor,
                          const xml_element *element, const berth_event *event) {
  if (event->storage == NULL || strcmp(event->storage, "reachable") == 0 ||
      strcmp(event->storage, "lost") == 0)
    return true;
  const berth_position position =
      xml_cursor_attribute_position(cursor, element, find_attribute(element, "storage"));
  invalid(reader, &position, "storage of <isolate> is wrong; expected reachable or lost");
  return false;
}

static berth_status start_event(scenario_reader *reader, const xml_cursor *cursor,
                                const xml_element *element, native_element_id id) {
  berth_event event = BERTH_EVENT_INIT;
  assert(id >= NATIVE_FIRST_EVENT && id < NATIVE_ELEMENT_COUNT);
  event.type = (berth_event_type)(id - NATIVE_FIRST_EVENT);
  event.position = element->position;
  if (event.type == BERTH_EVENT_SET)
    return start_set(reader, cursor, element, &event);
  bool usable = false;
  const berth_status status =
      native_bind(&reader->binder, cursor, element, id, &event, &reader->store, &usable);
  if (status != BERTH_OK)
    return status;
  if (event.type == BERTH_EVENT_FAIL)
    usable = check_fail(reader, element, &event) && usable;
  if (event.type == BERTH_EVENT_ISOLATE)
    usable = check_isolate(reader, cursor, element, &event) && usable;
  return usable ? berth_scenario_add(reader->ctx, reader->scenario, &event) : BERTH_OK;
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  scenario_reader *reader = user;
  reader->text_reported = false;
  if (element->depth == 0)
    return start_scenario(reader, cursor, element);
  const native_element_id id = native_binder_element(&reader->binder, element, reader->open);
  if (id == NATIVE_NO_ELEMENT) {
    xml_cursor_skip(cursor);
    return BERTH_OK;
  }
  assert(reader->open == NATIVE_SCENARIO && element->depth == 1);
  reader->open = id;
  return start_event(reader, cursor, element, id);
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  scenario_reader *reader = user;
  (void)cursor;
  reader->open = NATIVE_SCENARIO;
  reader->text_reported = false;
  return BERTH_OK;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  scenario_reader *reader = user;
  if (!reader->text_reported)
    reader->text_reported = native_refuse_text(&reader->binder, cursor, reader->open, text, length);
  return BERTH_OK;
}

berth_status berth_read_scenario(berth_context *ctx, const char *path,
                                 const berth_read_limits *limits, berth_scenario **out) {
  berth_read_limits own = BERTH_READ_LIMITS_INIT;
  assert(ctx != NULL && path != NULL && out != NULL);
  *out = NULL;
  berth_context_clear(ctx);
  scenario_reader reader = {.ctx = ctx, .open = NATIVE_SCENARIO};
  reader.handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  reader.handler.words = native_words(&reader.handler.word_count);
  native_binder_init(&reader.binder, ctx);
  input *in = NULL;
  berth_status status = read_limits(ctx, limits, &own);
  if (status == BERTH_OK)
    status = berth_scenario_new(ctx, &reader.scenario);
  if (status == BERTH_OK)
    status = input_open(ctx, path, &in);
  if (status == BERTH_OK)
    status = xml_cursor_read(ctx, in, &own, XML_DOCTYPE_REFUSED, &reader.handler, &reader);
  if (status == BERTH_OK && context_error_count(ctx) > 0)
    status = BERTH_E_INVALID;
  if (status == BERTH_OK) {
    *out = reader.scenario;
    reader.scenario = NULL;
  }
  berth_scenario_free(reader.scenario);
  text_store_free(ctx, &reader.store);
  input_close(in);
  return status;
}
