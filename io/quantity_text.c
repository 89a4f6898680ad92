/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables of unit words and arithmetic in 128 bits. Programmatic units are those of DMTF DSP0004
 * annex C, as far as OVF uses them: a base, a '*', and a power of 2 or 10.
 */
#include "quantity_text.h"

#include "checked.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)
#define TIB (INT64_C(1) << 40)

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* *end is set behind the digits. */
static bool parse_digits(const char *text, const char **end, int64_t *out) {
  int64_t value = 0;
  assert(text != NULL && end != NULL && out != NULL);
  if (!is_digit(*text))
    return false;
  for (; is_digit(*text); text++) {
    if (!checked_multiply_i64(value, 10, &value) || !checked_add_i64(value, *text - '0', &value))
      return false;
  }
  *end = text;
  *out = value;
  return true;
}

bool quantity_parse(const char *text, int64_t *out) {
  const char *end = text;
  int64_t value = 0;
  if (!parse_digits(text, &end, &value) || *end != '\0')
    return false;
  *out = value;
  return true;
}

bool quantity_parse_signed(const char *text, int64_t *out) {
  assert(text != NULL && out != NULL);
  int64_t value = 0;
  const bool negative = *text == '-';
  if (!quantity_parse(text + negative, &value))
    return false;
  *out = negative ? -value : value;
  return true;
}

bool quantity_parse_decimal(const char *text, int64_t *out) {
  assert(text != NULL && out != NULL);
  const char *end = text;
  int64_t value = 0;
  if (!parse_digits(text, &end, &value))
    return false;
  if (*end == '.') {
    for (end++; is_digit(*end);)
      end++;
  }
  if (*end != '\0')
    return false;
  *out = value;
  return true;
}

bool quantity_scale(int64_t value, int64_t factor, int64_t divisor, quantity_round round,
                    int64_t *out) {
  assert(value >= 0 && factor > 0 && divisor > 0 && out != NULL);
  __extension__ typedef __int128 wide;
  const wide product = (wide)value * factor + (round == QUANTITY_UP ? divisor - 1 : 0);
  const wide quotient = product / divisor;
  if (quotient > INT64_MAX)
    return false;
  *out = (int64_t)quotient;
  return true;
}

/* ------------------------------------------------------------------------ units */

typedef struct unit_word {
  const char *word;
  int64_t factor;
} unit_word;

/* Letter case does not matter in either dialect. */
static int64_t find_unit(const unit_word *words, size_t count, const char *unit) {
  assert(words != NULL && unit != NULL);
  for (size_t i = 0; i < count; i++) {
    if (strcasecmp(words[i].word, unit) == 0)
      return words[i].factor;
  }
  return 0;
}

int64_t quantity_libvirt_bytes(const char *unit) {
  static const unit_word words[] = {{"b", 1},   {"bytes", 1}, {"KB", 1000},
                                    {"k", KIB}, {"KiB", KIB}, {"MB", 1000000},
                                    {"M", MIB}, {"MiB", MIB}, {"GB", 1000000000},
                                    {"G", GIB}, {"GiB", GIB}, {"TB", INT64_C(1000000000000)},
                                    {"T", TIB}, {"TiB", TIB}};
  return unit == NULL ? KIB : find_unit(words, sizeof words / sizeof *words, unit);
}

static int64_t power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  assert(base == 2 || base == 10);
  for (; exponent > 0; exponent--) {
    if (!checked_multiply_i64(result, base, &result))
      return 0;
  }
  return result;
}

static const char *after_blanks(const char *text) {
  assert(text != NULL);
  while (*text == ' ')
    text++;
  return text;
}

/* "* 2^20", "*10^6"; what stands before it was "byte" or "hertz". */
static int64_t parse_power(const char *text) {
  assert(text != NULL);
  int64_t base = 0, exponent = 0;
  const char *at = after_blanks(text);
  if (*at == '\0')
    return 1;
  if (*at != '*' || !parse_digits(after_blanks(at + 1), &at, &base) || (base != 2 && base != 10))
    return 0;
  at = after_blanks(at);
  if (*at != '^' || !parse_digits(after_blanks(at + 1), &at, &exponent) || exponent > 62)
    return 0;
  return *after_blanks(at) == '\0' ? power(base, exponent) : 0;
}

int64_t quantity_ovf_factor(const char *unit) {
  static const unit_word words[] = {
      {"KiloBytes", KIB},     {"KB", KIB},      {"MegaBytes", MIB},        {"MB", MIB},
      {"GigaBytes", GIB},     {"GB", GIB},      {"TeraBytes", TIB},        {"TB", TIB},
      {"MegaHertz", 1000000}, {"MHz", 1000000}, {"GigaHertz", 1000000000}, {"GHz", 1000000000}};
  static const char *const bases[] = {"bytes", "byte", "hertz"};
  if (unit == NULL)
    return 1;
  for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
    const size_t length = strlen(bases[i]);
    if (strncasecmp(unit, bases[i], length) == 0 && parse_power(unit + length) != 0)
      return parse_power(unit + length);
  }
  return find_unit(words, sizeof words / sizeof *words, unit);
}
