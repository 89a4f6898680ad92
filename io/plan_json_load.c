/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file to a tree of jansson, and typed access to its fields.
 */
#include "plan_json_load.h"
#include "input.h"
#include <assert.h>
#include <berth/io.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 1 << 16 };

/* ---------------------------------------------------------------------------- the document */

typedef struct document {
  char *bytes;
  size_t size, room;
} document;

static berth_status read_whole(berth_context *ctx, const char *path, document *d) {
  const berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  const berth_position position = {.source = path};
  input *file = NULL;
  size_t got = 1;
  berth_status status = input_open(ctx, path, &file);
  while (status == BERTH_OK && got > 0) {
    if (d->size == d->room) {
      size_t room = 2 * d->room + FIRST_ROOM;
      char *grown = context_grow(ctx, d->bytes, room, 1);
      if (grown == NULL) {
        status = BERTH_E_NOMEM;
        break;
      }
      d->bytes = grown;
      d->room = room;
    }
    status = input_read(file, d->bytes + d->size, d->room - d->size, &got);
    d->size += status == BERTH_OK ? got : 0;
    if (status == BERTH_OK && d->size > limits.max_bytes)
      status = context_fail(ctx, BERTH_E_LIMIT, &position, "larger than the limit for a plan");
  }
  input_close(file);
  return status;
}

/* jansson takes a lack of memory for a fault of the text here and there; the same text has the same
 * fault twice. */
static bool same_again(const document *d, const json_error_t *error) {
  json_error_t again = {.line = -1};
  json_t *tree = json_loadb(d->bytes, d->size, JSON_REJECT_DUPLICATES, &again);
  bool same = tree == NULL && again.position == error->position && again.line == error->line &&
              strcmp(again.text, error->text) == 0;
  json_decref(tree);
  return same;
}

/* Says why jansson gave up. */
static berth_status document_fail(berth_context *ctx, const char *path, const document *d,
                                  const json_error_t *error) {
  berth_position position = {.source = path};
  if (error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory ||
      !same_again(d, error))
    return BERTH_E_NOMEM;
  position.line = error->line > 0 ? (uint32_t)error->line : 0;
  position.column = error->column > 0 ? (uint32_t)error->column : 0;
  context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                  "%s; expected a plan in JSON (berth-plan/1)", error->text);
  return BERTH_E_INVALID;
}

berth_status json_document_load(berth_context *ctx, const char *path, json_t **out) {
  json_error_t error = {.line = -1};
  document d = {0};
  assert(ctx != NULL && path != NULL && out != NULL);
  *out = NULL;
  berth_status status = read_whole(ctx, path, &d);
  if (status == BERTH_OK)
    *out = json_loadb(d.bytes, d.size, JSON_REJECT_DUPLICATES, &error);
  if (status == BERTH_OK && *out == NULL)
    status = document_fail(ctx, path, &d, &error);
  assert((status == BERTH_OK) == (*out != NULL));
  context_release(ctx, d.bytes);
  return status;
}

/* ---------------------------------------------------------------------------- fields */

bool json_fault(json_place *place, const char *key, const char *format, ...) {
  char text[512];
  berth_position position = {.source = place->source};
  va_list arguments;
  assert(key != NULL && format != NULL);
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(place->ctx, BERTH_ERROR, BERTH_E_INVALID, &position, "%s%s: %s", place->where,
                  key, text);
  place->faults++;
  return false;
}

/* What a value is, in the words of JSON. */
static const char *type_word(const json_t *value) {
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "an array";
  case JSON_STRING:
    return "a string";
  case JSON_INTEGER:
    return "an integer";
  case JSON_REAL:
    return "a number with a fraction";
  default:
    return json_is_null(value) ? "null" : "a boolean";
  }
}

/* The value of a field if it has the type wanted. True with *out NULL = absent and not required. */
static bool get_typed(json_place *place, const json_t *object, const char *key, bool required,
                      json_type type, const char *type_wanted, const json_t **out) {
  const json_t *value = json_object_get(object, key);
  assert(place != NULL && key != NULL && type_wanted != NULL);
  *out = NULL;
  if (value == NULL || json_is_null(value))
    return !required || json_fault(place, key, "missing; expected %s", type_wanted);
  if (json_typeof(value) != type)
    return json_fault(place, key, "%s; expected %s", type_word(value), type_wanted);
  *out = value;
  return true;
}

bool json_get_text(json_place *place, const json_t *object, const char *key, bool required,
                   const char **out) {
  const json_t *value = NULL;
  assert(out != NULL);
  if (!get_typed(place, object, key, required, JSON_STRING, "a string", &value))
    return false;
  if (value != NULL)
    *out = json_string_value(value);
  return true;
}

bool json_get_number(json_place *place, const json_t *object, const char *key, bool required,
                     int64_t minimum, int64_t maximum, int64_t *out) {
  const json_t *value = NULL;
  assert(out != NULL && minimum <= maximum);
  if (!get_typed(place, object, key, required, JSON_INTEGER, "an integer", &value))
    return false;
  if (value == NULL)
    return true;
  int64_t number = json_integer_value(value);
  if (number < minimum || number > maximum)
    return json_fault(place, key, "%lld; expected %lld to %lld", (long long)number,
                      (long long)minimum, (long long)maximum);
  *out = number;
  return true;
}

bool json_get_boolean(json_place *place, const json_t *object, const char *key, bool *out) {
  const json_t *value = json_object_get(object, key);
  assert(out != NULL);
  if (value == NULL || json_is_null(value))
    return true;
  if (!json_is_boolean(value))
    return json_fault(place, key, "%s; expected true or false", type_word(value));
  *out = json_is_true(value);
  return true;
}

bool json_get_list(json_place *place, const json_t *object, const char *key, bool required,
                   const json_t **out) {
  assert(out != NULL);
  return get_typed(place, object, key, required, JSON_ARRAY, "an array", out);
}

bool json_get_object(json_place *place, const json_t *object, const char *key, bool required,
                     const json_t **out) {
  assert(out != NULL);
  return get_typed(place, object, key, required, JSON_OBJECT, "an object", out);
}
