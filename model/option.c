/* SPDX-License-Identifier: Apache-2.0 */
/* Solving options: descriptions, bounds and the reading of values, all from the table in option.h.
 */
#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <berth/option.h>
#include <inttypes.h>
#include <string.h>

static const berth_option_info options_described[] = {
#define OPTION_ROW(constant, value, name, unit, minimum, maximum, initial, metavar, help)          \
  [constant] = {name, metavar, help, unit, minimum, maximum, initial},
    BERTH_OPTION_TABLE(OPTION_ROW)
#undef OPTION_ROW
};

_Static_assert(BERTH_OPTION_COUNT <= sizeof(berth_options) / sizeof(int64_t),
               "berth_options has room for every option");

const berth_option_info *berth_option_describe(berth_option option) {
  return (unsigned)option < BERTH_OPTION_COUNT ? &options_described[option] : NULL;
}

void berth_options_init(berth_options *options) {
  assert(options != NULL);
  memset(options, 0, sizeof *options);
  for (unsigned i = 0; i < BERTH_OPTION_COUNT; i++)
    options->value[i] = options_described[i].initial;
}

berth_status berth_options_set(berth_context *ctx, berth_options *options, berth_option option,
                               int64_t value) {
  assert(ctx != NULL && options != NULL);
  const berth_option_info *info = berth_option_describe(option);
  if (info == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "there is no option %u; expected one below %u",
                        (unsigned)option, (unsigned)BERTH_OPTION_COUNT);
  if (value < info->minimum || value > info->maximum)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "%s is %" PRId64 "; expected %" PRId64 " to %" PRId64, info->name, value,
                        info->minimum, info->maximum);
  options->value[option] = value;
  return BERTH_OK;
}

/* Decimal digits at *text, which ends up behind them. False: none, or too large. */
static bool read_digits(const char **text, int64_t *value) {
  const char *c = *text;
  *value = 0;
  for (; *c >= '0' && *c <= '9'; c++)
    if (!checked_multiply_i64(*value, 10, value) || !checked_add_i64(*value, *c - '0', value))
      return false;
  bool any = c != *text;
  *text = c;
  return any;
}

/* Milliseconds that one of the suffix is; 0 = no such suffix. */
static int64_t suffix_milliseconds(const char *suffix) {
  if (strcmp(suffix, "ms") == 0)
    return 1;
  if (suffix[0] == '\0' || strcmp(suffix, "s") == 0)
    return 1000;
  if (strcmp(suffix, "m") == 0)
    return 60000;
  return strcmp(suffix, "h") == 0 ? 3600000 : 0;
}

static bool read_duration(const char *text, int64_t unit_milliseconds, int64_t *value) {
  if (!read_digits(&text, value))
    return false;
  int64_t milliseconds = suffix_milliseconds(text);
  if (milliseconds < unit_milliseconds)
    return false;
  assert(milliseconds % unit_milliseconds == 0);
  return checked_multiply_i64(*value, milliseconds / unit_milliseconds, value);
}

static bool read_boolean(const char *text, int64_t *value) {
  static const char *const words[] = {"false", "true", "no", "yes", "0", "1"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(text, words[i]) == 0) {
      *value = (int64_t)(i % 2);
      return true;
    }
  }
  return false;
}

/* The place of `text` among the words that '|' separates in `words`. */
static bool read_word(const char *words, const char *text, int64_t *value) {
  size_t length = strlen(text);
  for (*value = 0; words != NULL; (*value)++) {
    const char *end = strchr(words, '|');
    size_t room = end != NULL ? (size_t)(end - words) : strlen(words);
    assert(room > 0);
    if (room == length && memcmp(words, text, room) == 0)
      return true;
    words = end != NULL ? end + 1 : NULL;
  }
  return false;
}

static bool read_value(const berth_option_info *info, const char *text, int64_t *value) {
  switch (info->unit) {
  case BERTH_UNIT_COUNT:
    return read_digits(&text, value) && *text == '\0';
  case BERTH_UNIT_MILLISECONDS:
    return read_duration(text, 1, value);
  case BERTH_UNIT_SECONDS:
    return read_duration(text, 1000, value);
  case BERTH_UNIT_BOOLEAN:
    return read_boolean(text, value);
  case BERTH_UNIT_WORD:
    return read_word(info->metavar, text, value);
  }
  return false;
}

static const char *expected(const berth_option_info *info) {
  switch (info->unit) {
  case BERTH_UNIT_COUNT:
    return "a whole number";
  case BERTH_UNIT_MILLISECONDS:
    return "a duration such as 250ms, 10s, 5m or 2h";
  case BERTH_UNIT_SECONDS:
    return "a duration such as 90s, 15m or 2h";
  case BERTH_UNIT_BOOLEAN:
    return "true or false";
  case BERTH_UNIT_WORD:
    return info->metavar;
  }
  assert(false);
  return "";
}

berth_status berth_options_parse(berth_context *ctx, berth_options *options, berth_option option,
                                 const char *text) {
  assert(ctx != NULL && options != NULL && text != NULL);
  const berth_option_info *info = berth_option_describe(option);
  if (info == NULL)
    return berth_options_set(ctx, options, option, 0);
  int64_t value;
  if (!read_value(info, text, &value))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "%s is \"%s\"; expected %s", info->name, text,
                        expected(info));
  return berth_options_set(ctx, options, option, value);
}
