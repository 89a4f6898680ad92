/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding attributes. The words of the document arrive as indices (xml_cursor.h), so that finding
 * the row of an attribute is one look into a table; what is below runs once for each of millions of
 * attributes and allocates nothing.
 */
#include "native_binding.h"

#include "checked.h"
#include "context_internal.h"
#include "near_name.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 60, LISTED = 240 };

/* ------------------------------------------------------------------------ tables */

static int word_index(const char *const *words, uint32_t count, const char *name) {
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(words[i], name) == 0)
      return (int)i;
  return XML_NO_WORD;
}

void native_binder_init(native_binder *binder, berth_context *ctx) {
  uint32_t word_count = 0;
  const char *const *words = native_words(&word_count);
  assert(binder != NULL && word_count <= NATIVE_WORDS_MAX);
  memset(binder, 0, sizeof *binder);
  binder->ctx = ctx;
  memset(binder->element_of, NATIVE_NO_ELEMENT, sizeof binder->element_of);
  for (unsigned id = 0; id < NATIVE_ELEMENT_COUNT; id++) {
    const native_element *element = native_element_at((native_element_id)id);
    const int name = word_index(words, word_count, element->name);
    assert(name != XML_NO_WORD && element->attribute_count <= 32);
    binder->element_of[name] = (uint8_t)id;
    for (uint32_t row = 0; row < element->attribute_count; row++) {
      const int word = word_index(words, word_count, element->attributes[row].name);
      assert(word != XML_NO_WORD);
      binder->row_of[id][word] = (uint8_t)(row + 1);
      if (element->attributes[row].required)
        binder->required[id] |= UINT32_C(1) << row;
    }
  }
}

berth_status text_store_reserve(berth_context *ctx, text_store *store, const xml_element *element) {
  size_t needed = 1;
  for (uint32_t i = 0; i < element->attribute_count; i++)
    if (!checked_add_size(needed, element->attributes[i].length + 1, &needed))
      return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  store->used = 0;
  if (needed <= store->room)
    return BERTH_OK;
  char *grown = context_grow(ctx, store->bytes, needed * 2, 1);
  if (grown == NULL)
    return BERTH_E_NOMEM;
  store->bytes = grown;
  store->room = needed * 2;
  return BERTH_OK;
}

void text_store_free(berth_context *ctx, text_store *store) {
  context_release(ctx, store->bytes);
  *store = (text_store){0};
}

/* ------------------------------------------------------------------------ complaints */

/* A value as it may stand in a message: one line, not too long, no half character. */
typedef struct shown_value {
  char text[SHOWN + 4];
} shown_value;

static shown_value show(const xml_attribute *attribute) {
  shown_value shown;
  size_t length = attribute->length;
  const bool cut = length > SHOWN;
  if (cut) {
    length = SHOWN;
    while (length > 0 && ((unsigned char)attribute->value[length] & 0xC0) == 0x80)
      length--;
  }
  for (size_t i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)attribute->value[i];
    shown.text[i] = c < 0x20 || c == 0x7F ? '?' : (char)c;
  }
  memcpy(shown.text + length, cut ? "..." : "", cut ? 4 : 1);
  return shown;
}

static void complain(const native_binder *binder, const xml_cursor *cursor,
                     const xml_element *element, const xml_attribute *attribute,
                     const char *expected) {
  const berth_position position = xml_cursor_attribute_position(cursor, element, attribute);
  const shown_value shown = show(attribute);
  context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                  "%s=\"%s\" of <%s> is wrong; expected %s", attribute->name, shown.text,
                  element->name, expected);
}

/* Appends to a list "a, b, c" of bounded length. */
static void append_name(char *list, const char *name) {
  const size_t used = strlen(list);
  assert(used < LISTED);
  snprintf(list + used, LISTED - used, "%s%s", used == 0 ? "" : ", ", name);
}

static void complain_word(const native_binder *binder, const xml_cursor *cursor,
                          const xml_element *element, const xml_attribute *attribute,
                          const native_enumeration *enumeration) {
  char expected[LISTED] = "";
  for (unsigned value = 0; value < enumeration->count; value++)
    if (enumeration->word(value) != NULL)
      append_name(expected, enumeration->word(value));
  complain(binder, cursor, element, attribute, expected);
}

void native_complain_unknown(const native_binder *binder, const xml_cursor *cursor,
                             const xml_element *element, const xml_attribute *attribute,
                             native_element_id id) {
  const native_element *known = native_element_at(id);
  const berth_position position = xml_cursor_attribute_position(cursor, element, attribute);
  const char *nearest = NULL;
  unsigned least = UINT32_MAX;
  char expected[LISTED] = "";
  if (attribute->uri != NULL) {
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                    "attribute \"%.60s\" of <%s> has a prefix; expected none", attribute->name,
                    element->name);
    return;
  }
  for (uint32_t row = 0; row < known->attribute_count; row++) {
    const unsigned distance = near_name_distance(attribute->name, known->attributes[row].name);
    append_name(expected, known->attributes[row].name);
    if (distance < least) {
      least = distance;
      nearest = known->attributes[row].name;
    }
  }
  if (nearest != NULL && near_name_is_likely(attribute->name, least))
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                    "unknown attribute \"%.60s\" of <%s>; did you mean \"%s\"?", attribute->name,
                    element->name, nearest);
  else
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                    "unknown attribute \"%.60s\" of <%s>; expected %s", attribute->name,
                    element->name, expected);
}

/* ------------------------------------------------------------------------ values */

/* Decimal digits only: what xs:unsignedLong would also allow (a plus sign, blanks around) would
 * give one number several spellings. */
static bool parse_number(const char *text, size_t length, int64_t *out) {
  enum { SAFE_DIGITS = 18 }; /* no number of so many digits overflows; leading zeros count, too */
  int64_t value = 0;
  if (length == 0 || length > SAFE_DIGITS)
    return false;
  for (size_t i = 0; i < length; i++) {
    const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
    if (digit > 9)
      return false;
    value = value * 10 + digit;
  }
  assert(value >= 0);
  *out = value;
  return true;
}

/* Within every range, so that nothing else complains of it. */
static const int64_t harmless_number = 1;

static bool refuse_number(const native_binder *binder, const xml_cursor *cursor,
                          const xml_element *element, const xml_attribute *attribute,
                          const native_attribute *row, int64_t *field) {
  char expected[LISTED];
  snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)row->low,
           (long long)row->high);
  complain(binder, cursor, element, attribute, expected);
  *field = harmless_number;
  return false;
}

static bool bind_number(const xml_attribute *attribute, const native_attribute *row,
                        int64_t *field) {
  int64_t value = 0;
  if (!parse_number(attribute->value, attribute->length, &value) || value < row->low ||
      value > row->high)
    return false;
  *field = value;
  return true;
}

static bool equals(const xml_attribute *attribute, const char *text) {
  return attribute->length == strlen(text) &&
         memcmp(attribute->value, text, attribute->length) == 0;
}

static bool bind_flag(const native_binder *binder, const xml_cursor *cursor,
                      const xml_element *element, const xml_attribute *attribute, bool *field) {
  if (equals(attribute, "true") || equals(attribute, "1")) {
    *field = true;
    return true;
  }
  if (equals(attribute, "false") || equals(attribute, "0")) {
    *field = false;
    return true;
  }
  complain(binder, cursor, element, attribute, "true or false");
  return false;
}

static bool bind_word(const native_binder *binder, const xml_cursor *cursor,
                      const xml_element *element, const xml_attribute *attribute,
                      const native_attribute *row, void *field) {
  char word[32];
  assert(row->enumeration != NULL);
  if (attribute->length < sizeof word) {
    memcpy(word, attribute->value, attribute->length);
    word[attribute->length] = '\0';
    if (row->enumeration->parse(word, field))
      return true;
  }
  complain_word(binder, cursor, element, attribute, row->enumeration);
  return false;
}

/* Copies into the store; text_store_reserve() has seen to the room. */
static const char *bind_text(text_store *store, const xml_attribute *attribute) {
  char *copy = store->bytes + store->used;
  assert(store->used + attribute->length + 1 <= store->room);
  memcpy(copy, attribute->value, attribute->length);
  copy[attribute->length] = '\0';
  store->used += attribute->length + 1;
  return copy;
}

/* Flags and words, which are few. */
static bool bind_choice(const native_binder *binder, const xml_cursor *cursor,
                        const xml_element *element, const xml_attribute *attribute,
                        const native_attribute *row, void *field) {
  assert(row->kind == NATIVE_FLAG || row->kind == NATIVE_WORD);
  return row->kind == NATIVE_FLAG ? bind_flag(binder, cursor, element, attribute, field)
                                  : bind_word(binder, cursor, element, attribute, row, field);
}

bool native_is_foreign(const xml_attribute *attribute) {
  return attribute->uri != NULL && strcmp(attribute->uri, NATIVE_NAMESPACE) != 0;
}

/* ------------------------------------------------------------------------ elements */

static const char *kind_name(native_kind kind) {
  static const char *const names[] = {"a text", "a whole number", "true or false", "a word"};
  assert((unsigned)kind < 4);
  return names[kind];
}

/* Tells of each missing attribute; a number gets a harmless value. */
static void require(const native_binder *binder, const xml_element *element,
                    const native_element *known, uint32_t missing, void *spec, bool *usable) {
  for (uint32_t i = 0; i < known->attribute_count; i++) {
    const native_attribute *row = &known->attributes[i];
    if ((missing >> i & 1) == 0)
      continue;
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "<%s> lacks the attribute %s; expected %s", element->name, row->name,
                    kind_name(row->kind));
    if (row->kind == NATIVE_NUMBER)
      *(int64_t *)(void *)((char *)spec + row->offset) = harmless_number;
    else
      *usable = false;
  }
}

/* Numbers and texts, which are most, without further calls. */
static inline bool bind_row(const native_binder *binder, const xml_cursor *cursor,
                            const xml_element *element, const xml_attribute *attribute,
                            const native_attribute *row, void *spec, text_store *store) {
  void *field = (char *)spec + row->offset;
  if (row->kind == NATIVE_NUMBER)
    return bind_number(attribute, row, field) ||
           refuse_number(binder, cursor, element, attribute, row, field);
  if (row->kind == NATIVE_TEXT) {
    *(const char **)field = bind_text(store, attribute);
    return true;
  }
  return bind_choice(binder, cursor, element, attribute, row, field);
}

void native_bind_value(const native_binder *binder, const xml_cursor *cursor,
                       const xml_element *element, const xml_attribute *attribute,
                       const native_attribute *row, void *spec, text_store *store, bool *good) {
  assert(row != NULL && spec != NULL && good != NULL);
  *good = bind_row(binder, cursor, element, attribute, row, spec, store);
}

berth_status native_bind(const native_binder *binder, const xml_cursor *cursor,
                         const xml_element *element, native_element_id id, void *spec,
                         text_store *store, bool *usable) {
  const native_element *known = native_element_at(id);
  const uint8_t *row_of = binder->row_of[id];
  uint32_t seen = 0;
  const berth_status status = text_store_reserve(binder->ctx, store, element);
  *usable = true;
  if (status != BERTH_OK)
    return status;
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    const xml_attribute *attribute = &element->attributes[i];
    if (attribute->uri != NULL && native_is_foreign(attribute))
      continue;
    const uint8_t number =
        attribute->word == XML_NO_WORD || attribute->uri != NULL ? 0 : row_of[attribute->word];
    if (number == 0) {
      native_complain_unknown(binder, cursor, element, attribute, id);
      continue;
    }
    assert(number <= known->attribute_count);
    const native_attribute *row = &known->attributes[number - 1];
    if (!bind_row(binder, cursor, element, attribute, row, spec, store) && row->required &&
        row->kind != NATIVE_NUMBER)
      *usable = false;
    seen |= UINT32_C(1) << (number - 1);
  }
  const uint32_t missing = binder->required[id] & ~seen;
  if (missing != 0)
    require(binder, element, known, missing, spec, usable);
  return BERTH_OK;
}

static void complain_element(const native_binder *binder, const xml_element *element,
                             native_element_id parent) {
  const char *nearest = NULL;
  unsigned least = UINT32_MAX;
  char expected[LISTED] = "";
  for (unsigned id = 0; id < NATIVE_ELEMENT_COUNT; id++) {
    const native_element *known = native_element_at((native_element_id)id);
    if (known->parent != parent)
      continue;
    const unsigned distance = near_name_distance(element->name, known->name);
    append_name(expected, known->name);
    if (distance < least) {
      least = distance;
      nearest = known->name;
    }
  }
  const char *above = native_element_at(parent)->name;
  if (nearest != NULL && near_name_is_likely(element->name, least) && least > 0)
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "unknown element <%.60s> in <%s>; did you mean <%s>?", element->name, above,
                    nearest);
  else
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "unknown element <%.60s> in <%s>; expected %s", element->name, above,
                    expected[0] == '\0' ? "none" : expected);
}

native_element_id native_binder_element(const native_binder *binder, const xml_element *element,
                                        native_element_id parent) {
  if (element->uri == NULL) {
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "<%.60s> is in no namespace; expected %s", element->name, NATIVE_NAMESPACE);
    return NATIVE_NO_ELEMENT;
  }
  if (strcmp(element->uri, NATIVE_NAMESPACE) != 0)
    return NATIVE_NO_ELEMENT;
  const native_element_id id = element->word == XML_NO_WORD
                                   ? NATIVE_NO_ELEMENT
                                   : (native_element_id)binder->element_of[element->word];
  if (id != NATIVE_NO_ELEMENT && native_element_at(id)->parent == parent)
    return id;
  complain_element(binder, element, parent);
  return NATIVE_NO_ELEMENT;
}

bool native_refuse_text(const native_binder *binder, const xml_cursor *cursor,
                        native_element_id parent, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if ((unsigned char)text[i] <= ' ') /* XML allows no other characters below a space */
      continue;
    const berth_position position = xml_cursor_text_position(cursor, text + i);
    context_problem(binder->ctx, BERTH_ERROR, BERTH_E_INVALID, &position,
                    "text in <%s>; expected elements and attributes only",
                    native_element_at(parent)->name);
    return true;
  }
  return false;
}
