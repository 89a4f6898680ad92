/* SPDX-License-Identifier: Apache-2.0 */
/* The constants of HA, and the words of timelines: all from their tables. */
#include <assert.h>
#include <berth/timeline.h>
#include <string.h>

const berth_timing_info *berth_timing_describe(berth_timing_name name) {
  static const berth_timing_info rows[] = {
#define ROW(constant, value, word, seconds, eras, source, meaning)                                 \
  [value] = {word, seconds, eras, source, meaning},
      BERTH_TIMING_TABLE(ROW)
#undef ROW
  };
  static_assert(sizeof rows / sizeof rows[0] == BERTH_TIMING_COUNT, "values without a gap");
  static_assert(BERTH_TIMING_COUNT <= sizeof(berth_ha_timing) / sizeof(int64_t), "room for each");
  return (unsigned)name < BERTH_TIMING_COUNT ? &rows[name] : NULL;
}

void berth_ha_timing_init(berth_ha_timing *timing) {
  assert(timing != NULL);
  memset(timing, 0, sizeof *timing);
  for (int i = 0; i < BERTH_TIMING_COUNT; i++) {
    const berth_timing_info *info = berth_timing_describe((berth_timing_name)i);
    assert(info != NULL);
    timing->seconds[i] = info->seconds;
  }
}

bool berth_timing_parse(const char *word, berth_timing_name *name) {
  assert(word != NULL && name != NULL);
  for (int i = 0; i < BERTH_TIMING_COUNT; i++) {
    const berth_timing_info *info = berth_timing_describe((berth_timing_name)i);
    assert(info != NULL);
    if (strcmp(info->name, word) == 0) {
      *name = (berth_timing_name)i;
      return true;
    }
  }
  return false;
}

const char *berth_moment_word(berth_moment_kind kind) {
  static const char *const words[] = {
#define ROW(constant, value, word) [value] = word,
      BERTH_MOMENT_TABLE(ROW)
#undef ROW
  };
  static_assert(sizeof words / sizeof words[0] == BERTH_MOMENT_COUNT, "values without a gap");
  return (unsigned)kind < BERTH_MOMENT_COUNT ? words[kind] : NULL;
}

const char *berth_span_word(berth_span_kind kind) {
  static const char *const words[] = {
#define ROW(constant, value, word) [value] = word,
      BERTH_SPAN_TABLE(ROW)
#undef ROW
  };
  static_assert(sizeof words / sizeof words[0] == BERTH_SPAN_COUNT, "values without a gap");
  return (unsigned)kind < BERTH_SPAN_COUNT ? words[kind] : NULL;
}
