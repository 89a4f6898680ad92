/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson refuses text that is not UTF-8 and has no memory with the same NULL. Which it was is
 * found by looking at the text, once it was refused.
 */
#include "plan_json_build.h"

#include "context_internal.h"
#include <assert.h>

/* Bytes of the character at @p byte as RFC 3629 has it; 0 = none. */
static size_t character(const unsigned char *byte) {
  if (byte[0] < 0x80)
    return 1;
  if (byte[0] < 0xc2 || byte[0] > 0xf4)
    return 0;
  size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
  for (size_t i = 1; i < length; i++) {
    if ((byte[i] & 0xc0) != 0x80)
      return 0;
  }
  bool overlong = (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xf0 && byte[1] < 0x90);
  bool surrogate = byte[0] == 0xed && byte[1] >= 0xa0;
  return overlong || surrogate || (byte[0] == 0xf4 && byte[1] >= 0x90) ? 0 : length;
}

static bool is_utf8(const char *text) {
  const unsigned char *byte = (const unsigned char *)text;
  size_t length = 1;
  for (; *byte != '\0' && length > 0; byte += length)
    length = character(byte);
  return length > 0;
}

json_t *json_text(const char *text, json_trouble *trouble) {
  assert(text != NULL && trouble != NULL);
  json_t *value = json_string(text);
  if (value == NULL) {
    trouble->failed = true;
    trouble->not_utf8 |= !is_utf8(text);
  }
  return value;
}

void json_put(json_t *object, const char *key, json_t *value, json_trouble *trouble) {
  assert(key != NULL && trouble != NULL);
  if (json_object_set_new(object, key, value) != 0)
    trouble->failed = true;
}

void json_add(json_t *array, json_t *value, json_trouble *trouble) {
  assert(trouble != NULL);
  if (json_array_append_new(array, value) != 0)
    trouble->failed = true;
}

void json_emit(FILE *stream, const char *before, json_t *value, json_trouble *trouble) {
  assert(before != NULL && trouble != NULL);
  (void)fputs(before, stream);
  if (value == NULL || json_dumpf(value, stream, JSON_ENCODE_ANY) != 0)
    trouble->failed = true;
  json_decref(value);
}

berth_status json_ended(berth_context *ctx, const json_trouble *trouble, FILE *stream,
                        const char *what) {
  assert(ctx != NULL && trouble != NULL && what != NULL);
  if (trouble->not_utf8)
    return context_fail(ctx, BERTH_E_INVALID, NULL,
                        "the %s cannot be written as JSON: a text is not UTF-8", what);
  return trouble->failed && !ferror(stream) ? BERTH_E_NOMEM : BERTH_OK;
}
