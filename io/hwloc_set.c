/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwloc's bitmaps: words of 32 bits in hexadecimal, the highest first, separated by commas; an
 * empty word is 0; a first word "0xf...f" stands for all bits above the others.
 */
#include "hwloc_topology.h"

#include <assert.h>
#include <string.h>

enum { WORD_BITS = 32, WORDS_MAX = 1 << 12 };

static bool hex_digit(char c, uint32_t *value) {
  assert(value != NULL);
  static const char digits[] = "0123456789abcdef";
  const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  if (at == NULL)
    return false;
  *value = (uint32_t)(at - digits);
  return true;
}

static bool parse_word(const char *text, size_t length, uint32_t *out) {
  assert(text != NULL && out != NULL);
  uint32_t word = 0, digit = 0;
  if (length >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text += 2;
    length -= 2;
  }
  if (length > WORD_BITS / 4)
    return false;
  for (size_t i = 0; i < length; i++) {
    if (!hex_digit(text[i], &digit))
      return false;
    word = word << 4 | digit;
  }
  *out = word;
  return true;
}

static uint32_t count_words(const char *text, size_t length) {
  uint32_t count = 1;
  for (size_t i = 0; i < length && count <= WORDS_MAX; i++)
    count += text[i] == ',';
  return count;
}

bool topology_parse_set(arena *memory, const char *text, size_t length, thread_set *out,
                        bool *failed) {
  assert(memory != NULL && out != NULL && failed != NULL);
  static const char endless[] = "0xf...f";
  const size_t prefix = sizeof endless - 1;
  *out = (thread_set){.endless = length >= prefix && memcmp(text, endless, prefix) == 0};
  *failed = false;
  if (out->endless) {
    text += prefix;
    length -= prefix;
    if (length == 0)
      return true;
    if (*text++ != ',')
      return false;
    length--;
  }
  const uint32_t count = count_words(text, length);
  uint32_t *words = count > WORDS_MAX ? NULL : arena_take(memory, count, sizeof *words);
  *failed = words == NULL && count <= WORDS_MAX;
  if (words == NULL)
    return false;
  for (uint32_t i = count; i-- > 0;) {
    const char *comma = length == 0 ? NULL : memchr(text, ',', length);
    const size_t word_length = comma == NULL ? length : (size_t)(comma - text);
    if (!parse_word(text, word_length, &words[i]))
      return false;
    text += word_length + (comma != NULL);
    length -= word_length + (comma != NULL);
  }
  out->words = words;
  out->count = count;
  return true;
}

bool topology_set_has(const thread_set *set, uint32_t thread) {
  const uint32_t word = thread / WORD_BITS;
  assert(set->count == 0 || set->words != NULL);
  if (word >= set->count)
    return set->endless;
  return (set->words[word] >> thread % WORD_BITS & 1) != 0;
}

uint32_t topology_set_first(const thread_set *set) {
  assert(set != NULL);
  for (uint32_t i = 0; i < set->count; i++) {
    if (set->words[i] != 0)
      return i * WORD_BITS + (uint32_t)__builtin_ctz(set->words[i]);
  }
  return set->endless ? set->count * WORD_BITS : BERTH_NONE;
}
