/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the native dialect hold together. */
#include "native_binding.h"
#include "native_schema.h"
#include "near_name.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

static bool is_word(const char *name) {
  uint32_t count = 0;
  const char *const *words = native_words(&count);
  for (uint32_t i = 0; i < count; i++)
    if (strcmp(words[i], name) == 0)
      return true;
  return false;
}

Test(native_schema, the_vocabulary_is_sorted_and_small) {
  uint32_t count = 0;
  const char *const *words = native_words(&count);
  cr_assert_leq(count, NATIVE_WORDS_MAX);
  for (uint32_t i = 1; i < count; i++)
    cr_expect_lt(strcmp(words[i - 1], words[i]), 0, "%s before %s", words[i - 1], words[i]);
}

Test(native_schema, every_name_is_in_the_vocabulary_and_every_field_has_one_attribute) {
  for (unsigned id = 0; id < NATIVE_ELEMENT_COUNT; id++) {
    const native_element *element = native_element_at((native_element_id)id);
    cr_expect(is_word(element->name), "%s", element->name);
    cr_assert_not_null(element->defaults);
    for (uint32_t i = 0; i < element->attribute_count; i++) {
      const native_attribute *row = &element->attributes[i];
      cr_expect(is_word(row->name), "%s@%s", element->name, row->name);
      cr_expect_eq(row->kind == NATIVE_WORD, row->enumeration != NULL);
      for (uint32_t j = 0; j < i; j++)
        cr_expect_neq(row->offset, element->attributes[j].offset, "%s@%s", element->name,
                      row->name);
    }
  }
}

Test(native_schema, events_have_the_names_of_the_scenario_header) {
  for (int type = 0; type < BERTH_EVENT_COUNT; type++)
    cr_expect_str_eq(native_element_at((native_element_id)(NATIVE_FIRST_EVENT + type))->name,
                     berth_event_type_word((berth_event_type)type));
}

Test(native_schema, distances) {
  cr_expect_eq(near_name_distance("memryMib", "memoryMib"), 1);
  cr_expect_eq(near_name_distance("kitten", "sitting"), 3);
  cr_expect_eq(near_name_distance("", "abc"), 3);
  cr_expect_eq(near_name_distance("Host", "host"), 0);
  cr_expect_eq(near_name_distance("x", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"),
               UINT_MAX);
}
