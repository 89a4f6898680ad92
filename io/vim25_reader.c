/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelopes of vim25, as an explicit stack of frames. xsi:type values are QNames whose prefix
 * saved files do not declare: only what follows the colon counts.
 */
#include "vim25_reader.h"

#include "context_internal.h"
#include "dialect.h"
#include "vim25_build.h"
#include <assert.h>
#include <string.h>

/* What the document, or the body of the SOAP envelope, may be. */
typedef struct answer {
  const char *name;
  vim25_place place;
} answer;

static const answer answers[] = {
    {"RetrievePropertiesExResponse", IN_RESPONSE_EX},
    {"ContinueRetrievePropertiesExResponse", IN_RESPONSE_EX},
    {"RetrievePropertiesResponse", IN_RESPONSE},
    {"CancelRetrievePropertiesExResponse", IN_NOTHING},
    {"WaitForUpdatesExResponse", IN_UPDATES},
    {"WaitForUpdatesResponse", IN_UPDATES},
    {"CheckForUpdatesResponse", IN_UPDATES},
    {"QueryOptionsResponse", IN_OPTIONS},
    {"FetchResponse", IN_FETCH},
    {"ObjectContent", IN_OBJECT},
};

/* ------------------------------------------------------------------------ names and texts */

bool vim25_element_is(const xml_element *element, const char *name) {
  return strcmp(element->name, name) == 0;
}

static bool has_uri(const xml_element *element, const char *uri) {
  return element->uri != NULL && strcmp(element->uri, uri) == 0;
}

/* vCenter's elements are in urn:vim25, those of saved files in no namespace. */
static bool is_vim25(const xml_element *element) {
  return element->uri == NULL || has_uri(element, VIM25_NAMESPACE);
}

static const answer *find_answer(const xml_element *element) {
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
    if (vim25_element_is(element, answers[i].name))
      return &answers[i];
  return NULL;
}

static bool accepts(const xml_element *element) {
  if (has_uri(element, SOAP_NAMESPACE))
    return vim25_element_is(element, "Envelope");
  return is_vim25(element) && find_answer(element) != NULL;
}

const xml_attribute *vim25_attribute(const xml_element *element, const char *uri,
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

const char *vim25_type_of(const xml_element *element, size_t *length) {
  const xml_attribute *attribute = vim25_attribute(element, INSTANCE_NAMESPACE, "type");
  *length = 0;
  if (attribute == NULL)
    return "";
  const char *colon = memchr(attribute->value, ':', attribute->length);
  const char *local = colon == NULL ? attribute->value : colon + 1;
  *length = attribute->length - (size_t)(local - attribute->value);
  return local;
}

static bool wants_text(const vim25_reader *reader) {
  assert(reader->depth > 0 && reader->depth <= VIM25_DEEPEST);
  const vim25_frame *top = &reader->stack[reader->depth - 1];
  switch (top->place) {
  case IN_FAULT_TEXT:
  case IN_TRUNCATED:
  case IN_OBJECT_ID:
  case IN_UPDATE_KIND:
  case IN_PROPERTY_NAME:
  case IN_CHANGE_OPERATION:
  case IN_MISSING_PATH:
  case IN_FETCHED_ID:
    return true;
  case IN_VALUE:
    return top->node->role == VIM25_LEAF && !top->array;
  default:
    return false;
  }
}

berth_status vim25_push(vim25_reader *reader, vim25_place where) {
  assert(reader->depth < VIM25_DEEPEST);
  reader->stack[reader->depth++] = (vim25_frame){.place = where};
  return BERTH_OK;
}

berth_status vim25_skip(xml_cursor *cursor) {
  xml_cursor_skip(cursor);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ faults */

static berth_status end_fault(vim25_reader *reader) {
  size_t length = 0;
  const char *text = gathered_text_trimmed(&reader->text, &length);
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                  "the document is a SOAP fault: %.200s; expected an answer of the property "
                  "collector",
                  length == 0 ? "no reason given" : text);
  return BERTH_E_INVALID;
}

/* The kind of fault says more than its text, which may be empty. */
static berth_status start_fault_detail(vim25_reader *reader, const xml_element *element) {
  size_t length = 0;
  const char *type = vim25_type_of(element, &length);
  if (length == 0) {
    type = element->name;
    length = strlen(type);
  }
  berth_status status = gathered_text_add(&reader->text, " (", 2);
  if (status == BERTH_OK)
    status = gathered_text_add(&reader->text, type, length);
  return status == BERTH_OK ? gathered_text_add(&reader->text, ")", 1) : status;
}

static berth_status start_in_fault(vim25_reader *reader, xml_cursor *cursor,
                                   const xml_element *element) {
  if (vim25_element_is(element, "faultstring"))
    return vim25_push(reader, IN_FAULT_TEXT);
  return vim25_element_is(element, "detail") ? vim25_push(reader, IN_FAULT_DETAIL)
                                             : vim25_skip(cursor);
}

/* ------------------------------------------------------------------------ envelopes */

/* Objects that govc saved in files of their own are counted by folder. */
static berth_status name_source(vim25_reader *reader, const xml_element *element) {
  const char *path = element->position.source;
  const char *slash = strrchr(path, '/');
  const bool saved = vim25_element_is(element, "ObjectContent") && slash != NULL;
  const size_t length = saved ? (size_t)(slash - path) : strlen(path);
  if (reader->source != NULL && strlen(reader->source) == length &&
      memcmp(reader->source, path, length) == 0)
    return BERTH_OK;
  reader->source = arena_text(&reader->store.memory, path, length);
  return reader->source != NULL ? BERTH_OK
                                : context_fail(reader->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static berth_status start_answer(vim25_reader *reader, const xml_element *element,
                                 const answer *found) {
  const berth_status status = name_source(reader, element);
  if (status != BERTH_OK)
    return status;
  if (vim25_element_is(element, "ContinueRetrievePropertiesExResponse"))
    reader->continuations++;
  if (found->place == IN_NOTHING)
    source_report_ignored(reader->report, reader->source, found->name, 1);
  if (found->place == IN_OPTIONS)
    return vim25_start_options(reader, element);
  return found->place == IN_OBJECT ? vim25_push_object(reader) : vim25_push(reader, found->place);
}

static berth_status start_document(vim25_reader *reader, const xml_element *element) {
  const answer *found = find_answer(element);
  gathered_text_clear(&reader->text);
  reader->document++;
  if (has_uri(element, SOAP_NAMESPACE))
    return vim25_push(reader, IN_ENVELOPE);
  assert(found != NULL);
  return start_answer(reader, element, found);
}

static berth_status start_in_body(vim25_reader *reader, const xml_element *element) {
  const answer *found = is_vim25(element) ? find_answer(element) : NULL;
  if (vim25_element_is(element, "Fault")) {
    reader->position = element->position;
    return vim25_push(reader, IN_FAULT);
  }
  if (found != NULL && found->place != IN_OBJECT)
    return start_answer(reader, element, found);
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                  "the answer is a <%.60s>; expected RetrievePropertiesExResponse or a like one",
                  element->name);
  return BERTH_E_UNSUPPORTED;
}

static berth_status start_update_set(vim25_reader *reader, const xml_element *element,
                                     xml_cursor *cursor) {
  if (!vim25_element_is(element, "returnval"))
    return vim25_skip(cursor);
  reader->truncated = false; /* the next part is here */
  return vim25_push(reader, IN_UPDATE_SET);
}

static berth_status start_in_updates(vim25_reader *reader, xml_cursor *cursor,
                                     const xml_element *element, vim25_place above) {
  if (above == IN_UPDATE_SET && vim25_element_is(element, "truncated"))
    return vim25_push(reader, IN_TRUNCATED);
  if (above == IN_UPDATE_SET && vim25_element_is(element, "filterSet"))
    return vim25_push(reader, IN_FILTER);
  if (above == IN_FILTER && vim25_element_is(element, "objectSet"))
    return vim25_push_object(reader);
  if (above == IN_FILTER && vim25_element_is(element, "missingObjects"))
    source_report_unknown(reader->report, reader->source, "contents of objects", 1);
  return vim25_skip(cursor);
}

static berth_status start_in_return_value(vim25_reader *reader, xml_cursor *cursor,
                                          const xml_element *element) {
  if (vim25_element_is(element, "objects"))
    return vim25_push_object(reader);
  return vim25_element_is(element, "token") ? vim25_push(reader, IN_TOKEN) : vim25_skip(cursor);
}

/* One step deeper; the frame on top says what may come. */
static berth_status start_below(vim25_reader *reader, xml_cursor *cursor,
                                const xml_element *element) {
  assert(reader->depth > 0);
  vim25_frame *top = &reader->stack[reader->depth - 1];
  const bool is_value = vim25_element_is(element, "returnval");
  switch (top->place) {
  case IN_VALUE:
    return vim25_start_inner_value(reader, cursor, element, top);
  case IN_PROPERTY:
  case IN_CHANGE:
    return vim25_start_in_property(reader, cursor, element);
  case IN_OBJECT:
    return vim25_start_in_object(reader, cursor, element);
  case IN_MISSING:
  case IN_MISSING_FAULT:
    return vim25_start_in_missing(reader, cursor, element);
  case IN_ENVELOPE:
    return vim25_element_is(element, "Body") ? vim25_push(reader, IN_BODY) : vim25_skip(cursor);
  case IN_BODY:
    return start_in_body(reader, element);
  case IN_FAULT:
    return start_in_fault(reader, cursor, element);
  case IN_FAULT_DETAIL:
    xml_cursor_skip(cursor);
    return start_fault_detail(reader, element);
  case IN_RESPONSE:
    return is_value ? vim25_push_object(reader) : vim25_skip(cursor);
  case IN_RESPONSE_EX:
    return is_value ? vim25_push(reader, IN_RETURN_VALUE) : vim25_skip(cursor);
  case IN_RETURN_VALUE:
    return start_in_return_value(reader, cursor, element);
  case IN_UPDATES:
    return start_update_set(reader, element, cursor);
  case IN_UPDATE_SET:
  case IN_FILTER:
    return start_in_updates(reader, cursor, element, top->place);
  case IN_OPTIONS:
    return vim25_start_option(reader, cursor, element);
  case IN_FETCH:
    return vim25_start_fetched(reader, cursor, element);
  case IN_FETCHED:
    return vim25_start_in_fetched(reader, cursor, element);
  default:
    return vim25_skip(cursor);
  }
}

/* ------------------------------------------------------------------------ events */

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  vim25_reader *reader = user;
  if (reader->depth == 0)
    return start_document(reader, element);
  const vim25_place above = reader->stack[reader->depth - 1].place;
  const bool in_soap = above == IN_ENVELOPE || above == IN_BODY || above == IN_FAULT_DETAIL;
  if (!in_soap && !is_vim25(element))
    return vim25_skip(cursor);
  if (above != IN_FAULT && above != IN_FAULT_DETAIL)
    gathered_text_clear(&reader->text);
  return start_below(reader, cursor, element);
}

static void end_truncated(vim25_reader *reader) {
  size_t length = 0;
  const char *text = gathered_text_trimmed(&reader->text, &length);
  reader->truncated = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  vim25_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  const vim25_frame top = reader->stack[--reader->depth];
  switch (top.place) {
  case IN_VALUE:
    return vim25_end_value(reader, &top);
  case IN_FAULT:
    return end_fault(reader);
  case IN_TOKEN:
    reader->tokens++;
    return BERTH_OK;
  case IN_TRUNCATED:
    end_truncated(reader);
    return BERTH_OK;
  case IN_FETCHED_ID:
    return vim25_end_fetched_id(reader);
  default:
    return vim25_end_in_object(reader, top.place);
  }
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  vim25_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  return wants_text(reader) ? gathered_text_add(&reader->text, text, length) : BERTH_OK;
}

/* ------------------------------------------------------------------------ the dialect */

static void destroy(void *user) {
  vim25_reader *reader = user;
  source_report_free(reader->report);
  vim25_store_free(&reader->store);
  gathered_text_close(&reader->text);
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
  reader->default_timeout = BERTH_UNSET;
  reader->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  vim25_store_init(&reader->store, ctx);
  const berth_status status = gathered_text_open(&reader->text, ctx);
  reader->report = source_report_new(ctx);
  return reader->report == NULL ? BERTH_E_NOMEM : status;
}

static void configure(void *user, const berth_read_limits *limits) {
  vim25_reader *reader = user;
  assert(limits != NULL);
  reader->default_timeout = limits->host_notify_timeout;
}

static const xml_handler *begin(void *user) {
  vim25_reader *reader = user;
  reader->depth = 0;
  reader->object = NULL;
  return &reader->handler;
}

/* Pages may come in any order: each but the last of an answer announces one more. */
static void warn_of_what_follows(const vim25_reader *reader) {
  assert(reader->depth == 0);
  if (reader->tokens > reader->continuations)
    context_problem(reader->ctx, BERTH_WARNING, BERTH_OK, NULL,
                    "the answer of the property collector has further pages (token), which are not "
                    "here; expected them as further sources");
  if (reader->truncated)
    context_problem(reader->ctx, BERTH_WARNING, BERTH_OK, NULL,
                    "the last set of updates is truncated: further versions are missing; expected "
                    "them as further sources");
}

static berth_status build(void *user, berth_builder *builder) {
  vim25_reader *reader = user;
  assert(builder != NULL);
  warn_of_what_follows(reader);
  const berth_status status =
      vim25_build(reader->ctx, &reader->store, reader->report, reader->default_timeout, builder);
  if (status == BERTH_OK && context_error_count(reader->ctx) == 0)
    source_report_tell(reader->report); /* of what is refused, errors say enough */
  return status;
}

const dialect_reader vim25_dialect = {.id = BERTH_DIALECT_VIM25,
                                      .expected = "a vim25 document",
                                      .takes_several = true,
                                      .accepts = accepts,
                                      .create = create,
                                      .configure = configure,
                                      .begin = begin,
                                      .build = build,
                                      .destroy = destroy};
