/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelopes of vim25, as an explicit stack of frames. Inside a property a frame stands at a
 * node of the trie of wanted paths (vim25_paths.h); what leads off the trie is skipped.
 *
 * An array comes in two spellings: a property that is an array has xsi:type ArrayOf... and holds
 * elements named after their type; inside a larger object the element named after the field is
 * repeated. Both end up as items of the same node. xsi:type values are QNames whose prefix saved
 * files do not declare: only what follows the colon counts.
 */
#include "dialect.h"

#include "checked.h"
#include "context_internal.h"
#include "vim25_build.h"
#include "vim25_store.h"
#include <assert.h>
#include <string.h>

#define VIM25_NAMESPACE "urn:vim25"
#define SOAP_NAMESPACE "http://schemas.xmlsoap.org/soap/envelope/"
#define INSTANCE_NAMESPACE "http://www.w3.org/2001/XMLSchema-instance"

enum { DEEPEST = 40 };

typedef enum place {
  IN_ENVELOPE,
  IN_BODY,
  IN_FAULT,
  IN_FAULT_TEXT,
  IN_FAULT_DETAIL,
  IN_RESPONSE,    /* of the old form: <returnval> is an object */
  IN_RESPONSE_EX, /* <returnval> holds <objects> */
  IN_RETURN_VALUE,
  IN_TOKEN,
  IN_OBJECT,
  IN_OBJECT_ID,
  IN_PROPERTY,
  IN_PROPERTY_NAME,
  IN_VALUE,
  IN_MISSING,
  IN_MISSING_PATH
} place;

typedef struct frame {
  place place;
  const vim25_node *node; /* of IN_VALUE */
  bool array;             /* its children are items of its own node */
  bool undecided;         /* a property without xsi:type: its first child will tell */
  bool deprecated;
  uint32_t item;
} frame;

typedef struct vim25_reader {
  berth_context *ctx;
  xml_handler handler;
  vim25_store store;
  const vim25_node *roots[VIM25_OTHER];
  frame stack[DEEPEST];
  uint32_t depth;
  vim25_kind kind;            /* of the object at hand */
  berth_position position;    /* of its <obj> */
  vim25_object *object;       /* NULL = before <obj>, or of no interest */
  const vim25_node *property; /* node of the property at hand; NULL = skip its value */
  bool property_deprecated;
  uint32_t last_item;
  bool paged;     /* the last response had a token, ... */
  bool continued; /* ... and another document continued it */
  char *text;
  size_t text_used, text_room;
} vim25_reader;

/* ------------------------------------------------------------------------ names and texts */

static bool is(const xml_element *element, const char *name) {
  return strcmp(element->name, name) == 0;
}

static bool has_uri(const xml_element *element, const char *uri) {
  return element->uri != NULL && strcmp(element->uri, uri) == 0;
}

/* vCenter's elements are in urn:vim25, those of saved files in no namespace. */
static bool is_vim25(const xml_element *element) {
  return element->uri == NULL || has_uri(element, VIM25_NAMESPACE);
}

static bool is_ex_response(const xml_element *element) {
  return is(element, "RetrievePropertiesExResponse") ||
         is(element, "ContinueRetrievePropertiesExResponse");
}

static bool accepts(const xml_element *element) {
  if (has_uri(element, SOAP_NAMESPACE))
    return is(element, "Envelope");
  return is_vim25(element) &&
         (is_ex_response(element) || is(element, "RetrievePropertiesResponse") ||
          is(element, "ObjectContent"));
}

static const xml_attribute *find_attribute(const xml_element *element, const char *uri,
                                           const char *name) {
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    const xml_attribute *attribute = &element->attributes[i];
    const bool same_uri = uri == NULL || attribute->uri == NULL ? uri == attribute->uri
                                                                : strcmp(attribute->uri, uri) == 0;
    if (same_uri && strcmp(attribute->name, name) == 0)
      return attribute;
  }
  return NULL;
}

/* The local part of xsi:type; *length 0 if there is none. */
static const char *type_of(const xml_element *element, size_t *length) {
  const xml_attribute *attribute = find_attribute(element, INSTANCE_NAMESPACE, "type");
  *length = 0;
  if (attribute == NULL)
    return "";
  const char *colon = memchr(attribute->value, ':', attribute->length);
  const char *local = colon == NULL ? attribute->value : colon + 1;
  *length = attribute->length - (size_t)(local - attribute->value);
  return local;
}

static berth_status append_text(vim25_reader *reader, const char *text, size_t length) {
  assert(text != NULL && reader->text_used <= reader->text_room);
  size_t needed = 0;
  if (!checked_add_size(reader->text_used, length + 1, &needed))
    return context_fail(reader->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (needed > reader->text_room) {
    char *grown = context_grow(reader->ctx, reader->text, needed * 2, 1);
    if (grown == NULL)
      return BERTH_E_NOMEM;
    reader->text = grown;
    reader->text_room = needed * 2;
  }
  memcpy(reader->text + reader->text_used, text, length);
  reader->text_used += length;
  reader->text[reader->text_used] = '\0';
  return BERTH_OK;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text collected since the last start, without blanks around it. */
static char *trimmed(vim25_reader *reader, size_t *length) {
  char *start = reader->text;
  size_t count = reader->text_used;
  assert(start != NULL && count < reader->text_room);
  for (; count > 0 && is_blank(*start); count--)
    start++;
  while (count > 0 && is_blank(start[count - 1]))
    count--;
  start[count] = '\0';
  *length = count;
  return start;
}

static bool wants_text(const vim25_reader *reader) {
  assert(reader->depth > 0 && reader->depth <= DEEPEST);
  const frame *top = &reader->stack[reader->depth - 1];
  switch (top->place) {
  case IN_FAULT_TEXT:
  case IN_OBJECT_ID:
  case IN_PROPERTY_NAME:
  case IN_MISSING_PATH:
    return true;
  case IN_VALUE:
    return top->node->role == VIM25_LEAF && !top->array;
  default:
    return false;
  }
}

/* ------------------------------------------------------------------------ values */

static berth_status add_fact(vim25_reader *reader, const frame *at, const char *text,
                             size_t length) {
  assert(at->node != NULL && at->node->field != VIM25_NO_FIELD && reader->object != NULL);
  const vim25_fact fact = {.text = text,
                           .item = at->item,
                           .field = (uint16_t)at->node->field,
                           .deprecated = at->deprecated};
  return vim25_store_add(&reader->store, reader->object, &fact, length) ? BERTH_OK : BERTH_E_NOMEM;
}

/* A frame at a node of the trie. Items get the next number and are told at once. */
static berth_status enter_value(vim25_reader *reader, const xml_element *element, frame *value) {
  assert(value->node != NULL && reader->depth < DEEPEST);
  size_t length = 0;
  const char *type = type_of(element, &length);
  value->place = IN_VALUE;
  value->deprecated = value->deprecated || value->node->deprecated;
  if (value->array || value->undecided || value->node->role != VIM25_ITEM) {
    reader->stack[reader->depth++] = *value;
    return BERTH_OK;
  }
  value->item = ++reader->last_item;
  reader->stack[reader->depth++] = *value;
  return add_fact(reader, value, type, length);
}

static bool is_array(const xml_element *element) {
  static const char prefix[] = "ArrayOf";
  size_t length = 0;
  const char *type = type_of(element, &length);
  return length >= sizeof prefix - 1 && memcmp(type, prefix, sizeof prefix - 1) == 0;
}

/* Children that are named after a type (in capitals) are items, those named after a field are not.
 */
static berth_status decide(vim25_reader *reader, frame *top, const xml_element *child) {
  assert(top->place == IN_VALUE && !top->array);
  top->undecided = false;
  top->array = child->name[0] >= 'A' && child->name[0] <= 'Z';
  if (top->array || top->node->role != VIM25_ITEM)
    return BERTH_OK;
  top->item = ++reader->last_item;
  return add_fact(reader, top, "", 0);
}

static berth_status start_value(vim25_reader *reader, xml_cursor *cursor,
                                const xml_element *element) {
  if (reader->object == NULL || reader->property == NULL) {
    xml_cursor_skip(cursor);
    return BERTH_OK;
  }
  frame value = {.node = reader->property,
                 .array = is_array(element),
                 .undecided = find_attribute(element, INSTANCE_NAMESPACE, "type") == NULL,
                 .deprecated = reader->property_deprecated};
  return enter_value(reader, element, &value);
}

static berth_status start_inner_value(vim25_reader *reader, xml_cursor *cursor,
                                      const xml_element *element, frame *top) {
  assert(top->place == IN_VALUE && top->node != NULL);
  const berth_status status = top->undecided ? decide(reader, top, element) : BERTH_OK;
  if (status != BERTH_OK)
    return status;
  frame value = {.deprecated = top->deprecated, .item = top->item};
  value.node =
      top->array ? top->node : vim25_paths_child(top->node, element->name, strlen(element->name));
  if (value.node == NULL || reader->depth == DEEPEST) {
    xml_cursor_skip(cursor);
    return BERTH_OK;
  }
  return enter_value(reader, element, &value);
}

/* ------------------------------------------------------------------------ objects */

static berth_status start_object_id(vim25_reader *reader, const xml_element *element) {
  const xml_attribute *type = find_attribute(element, NULL, "type");
  reader->kind = type == NULL ? VIM25_OTHER : vim25_kind_of(type->value, type->length);
  reader->position = element->position;
  reader->object = NULL; /* a second <obj> begins another object */
  reader->property = NULL;
  if (type == NULL)
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "<obj> has no type; expected the kind of the managed object");
  return BERTH_OK;
}

static berth_status end_object_id(vim25_reader *reader) {
  size_t length = 0;
  const char *id = trimmed(reader, &length);
  if (reader->kind == VIM25_OTHER)
    return BERTH_OK;
  if (length == 0) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                    "<obj> is empty; expected the id of a managed object");
    return BERTH_OK;
  }
  reader->object = vim25_store_open(&reader->store, id, reader->kind, &reader->position);
  if (reader->object == NULL)
    return BERTH_E_NOMEM;
  if (reader->object->kind != reader->kind) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                    "%.60s is already an object of another kind; expected ids that are unique", id);
    reader->object = NULL;
    return BERTH_OK;
  }
  if (reader->roots[reader->kind] == NULL)
    reader->roots[reader->kind] = vim25_paths_build(&reader->store.memory, reader->kind);
  if (reader->roots[reader->kind] == NULL)
    return context_fail(reader->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return BERTH_OK;
}

/* True if an earlier document sent property @p name, or a larger one that holds it. */
static bool was_sent(const vim25_reader *reader, const char *name) {
  assert(name != NULL && reader->object != NULL);
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(&reader->store, reader->object, &walk)) != NULL) {
    const size_t length = strlen(fact->text);
    if (fact->field == VIM25_PROPERTY && walk.section != reader->object->last_section &&
        strncmp(fact->text, name, length) == 0 && (name[length] == '\0' || name[length] == '.'))
      return true;
  }
  return false;
}

static berth_status end_property_name(vim25_reader *reader) {
  size_t length = 0;
  const char *name = trimmed(reader, &length);
  reader->property = NULL;
  if (reader->object == NULL)
    return BERTH_OK;
  const vim25_node *node = vim25_paths_find(reader->roots[reader->kind], name);
  const bool merged = reader->object->sections != reader->object->last_section;
  if (node == NULL || length == 0 || (merged && was_sent(reader, name)))
    return BERTH_OK;
  static const char twin[] = "configuration.";
  reader->property = node;
  reader->property_deprecated = strncmp(name, twin, sizeof twin - 1) == 0;
  const vim25_fact fact = {.text = name, .field = VIM25_PROPERTY};
  return vim25_store_add(&reader->store, reader->object, &fact, length) ? BERTH_OK : BERTH_E_NOMEM;
}

static berth_status end_missing_path(vim25_reader *reader) {
  size_t length = 0;
  const char *path = trimmed(reader, &length);
  if (reader->object != NULL && length > 0 &&
      vim25_paths_find(reader->roots[reader->kind], path) != NULL)
    context_problem(reader->ctx, BERTH_NOTE, BERTH_OK, &reader->position,
                    "%.60s: %.100s could not be read by whoever saved it; taken as unknown",
                    reader->object->id, path);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ envelopes */

static berth_status end_fault(vim25_reader *reader) {
  size_t length = 0;
  const char *text = trimmed(reader, &length);
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                  "the document is a SOAP fault: %.200s; expected an answer of the property "
                  "collector",
                  length == 0 ? "no reason given" : text);
  return BERTH_E_INVALID;
}

/* The kind of fault says more than its text, which may be empty. */
static berth_status start_fault_detail(vim25_reader *reader, const xml_element *element) {
  size_t length = 0;
  const char *type = type_of(element, &length);
  if (length == 0) {
    type = element->name;
    length = strlen(type);
  }
  berth_status status = append_text(reader, " (", 2);
  if (status == BERTH_OK)
    status = append_text(reader, type, length);
  return status == BERTH_OK ? append_text(reader, ")", 1) : status;
}

static berth_status push(vim25_reader *reader, place where) {
  assert(reader->depth < DEEPEST);
  reader->stack[reader->depth++] = (frame){.place = where};
  return BERTH_OK;
}

static berth_status skip(xml_cursor *cursor) {
  xml_cursor_skip(cursor);
  return BERTH_OK;
}

static berth_status push_object(vim25_reader *reader) {
  reader->object = NULL;
  reader->property = NULL;
  return push(reader, IN_OBJECT);
}

static berth_status start_response(vim25_reader *reader, const xml_element *element) {
  assert(is_ex_response(element) || is(element, "RetrievePropertiesResponse"));
  reader->continued = reader->continued || is(element, "ContinueRetrievePropertiesExResponse");
  return push(reader, is_ex_response(element) ? IN_RESPONSE_EX : IN_RESPONSE);
}

static berth_status start_document(vim25_reader *reader, const xml_element *element) {
  reader->text_used = 0;
  if (is(element, "Envelope"))
    return push(reader, IN_ENVELOPE);
  return is(element, "ObjectContent") ? push_object(reader) : start_response(reader, element);
}

static berth_status start_in_body(vim25_reader *reader, const xml_element *element) {
  if (is(element, "Fault")) {
    reader->position = element->position;
    return push(reader, IN_FAULT);
  }
  if (is_ex_response(element) || is(element, "RetrievePropertiesResponse"))
    return start_response(reader, element);
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                  "the answer is a <%.60s>; expected RetrievePropertiesExResponse or a like one",
                  element->name);
  return BERTH_E_UNSUPPORTED;
}

static berth_status start_in_fault(vim25_reader *reader, xml_cursor *cursor,
                                   const xml_element *element) {
  if (is(element, "faultstring"))
    return push(reader, IN_FAULT_TEXT);
  return is(element, "detail") ? push(reader, IN_FAULT_DETAIL) : skip(cursor);
}

static berth_status start_in_object(vim25_reader *reader, xml_cursor *cursor,
                                    const xml_element *element) {
  if (is(element, "obj")) {
    push(reader, IN_OBJECT_ID);
    return start_object_id(reader, element);
  }
  if (is(element, "propSet"))
    return push(reader, IN_PROPERTY);
  return is(element, "missingSet") ? push(reader, IN_MISSING) : skip(cursor);
}

/* One step deeper; the frame on top says what may come. */
static berth_status start_below(vim25_reader *reader, xml_cursor *cursor,
                                const xml_element *element) {
  frame *top = &reader->stack[reader->depth - 1];
  switch (top->place) {
  case IN_ENVELOPE:
    return is(element, "Body") ? push(reader, IN_BODY) : skip(cursor);
  case IN_BODY:
    return start_in_body(reader, element);
  case IN_FAULT:
    return start_in_fault(reader, cursor, element);
  case IN_FAULT_DETAIL:
    xml_cursor_skip(cursor);
    return start_fault_detail(reader, element);
  case IN_RESPONSE:
    return is(element, "returnval") ? push_object(reader) : skip(cursor);
  case IN_RESPONSE_EX:
    return is(element, "returnval") ? push(reader, IN_RETURN_VALUE) : skip(cursor);
  case IN_RETURN_VALUE:
    if (is(element, "token"))
      return push(reader, IN_TOKEN);
    return is(element, "objects") ? push_object(reader) : skip(cursor);
  case IN_OBJECT:
    return start_in_object(reader, cursor, element);
  case IN_PROPERTY:
    if (is(element, "name"))
      return push(reader, IN_PROPERTY_NAME);
    return is(element, "val") ? start_value(reader, cursor, element) : skip(cursor);
  case IN_MISSING:
    return is(element, "path") ? push(reader, IN_MISSING_PATH) : skip(cursor);
  case IN_VALUE:
    return start_inner_value(reader, cursor, element, top);
  default:
    return skip(cursor);
  }
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  vim25_reader *reader = user;
  if (reader->depth == 0)
    return start_document(reader, element);
  const place above = reader->stack[reader->depth - 1].place;
  const bool in_soap = above == IN_ENVELOPE || above == IN_BODY || above == IN_FAULT_DETAIL;
  if (!in_soap && !is_vim25(element))
    return skip(cursor);
  if (above != IN_FAULT && above != IN_FAULT_DETAIL)
    reader->text_used = 0;
  return start_below(reader, cursor, element);
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  vim25_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  const frame top = reader->stack[--reader->depth];
  switch (top.place) {
  case IN_FAULT:
    return end_fault(reader);
  case IN_TOKEN:
    reader->paged = true;
    return BERTH_OK;
  case IN_OBJECT_ID:
    return end_object_id(reader);
  case IN_PROPERTY_NAME:
    return end_property_name(reader);
  case IN_MISSING_PATH:
    return end_missing_path(reader);
  case IN_VALUE:
    if (top.node->role == VIM25_LEAF && !top.array) {
      size_t length = 0;
      const char *text = trimmed(reader, &length);
      reader->text_used = 0;
      return add_fact(reader, &top, text, length);
    }
    return BERTH_OK;
  default:
    return BERTH_OK;
  }
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  vim25_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  return wants_text(reader) ? append_text(reader, text, length) : BERTH_OK;
}

/* ------------------------------------------------------------------------ life */

/* ------------------------------------------------------------------------ the dialect */

static void destroy(void *user) {
  vim25_reader *reader = user;
  vim25_store_free(&reader->store);
  context_release(reader->ctx, reader->text);
  context_release(reader->ctx, reader);
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  (void)builder;
  assert(ctx != NULL && out != NULL);
  vim25_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  reader->ctx = ctx;
  reader->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  vim25_store_init(&reader->store, ctx);
  return append_text(reader, "", 0); /* never without a buffer */
}

static const xml_handler *begin(void *user) {
  vim25_reader *reader = user;
  reader->depth = 0;
  reader->object = NULL;
  return &reader->handler;
}

static berth_status build(void *user, berth_builder *builder) {
  vim25_reader *reader = user;
  assert(builder != NULL);
  if (reader->paged && !reader->continued)
    context_problem(reader->ctx, BERTH_WARNING, BERTH_OK, NULL,
                    "the answer of the property collector has further pages (token), which are not "
                    "here; expected them as further sources");
  return vim25_build(reader->ctx, &reader->store, builder);
}

const dialect_reader vim25_dialect = {.id = BERTH_DIALECT_VIM25,
                                      .expected = "a vim25 document",
                                      .takes_several = true,
                                      .accepts = accepts,
                                      .create = create,
                                      .begin = begin,
                                      .build = build,
                                      .destroy = destroy};
