/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and units of dialects; the expected factors are those of the documents that define them.
 */
#include "quantity_text.h"

#include <criterion/criterion.h>

Test(quantity_text, whole_numbers) {
  int64_t value = -7;
  cr_expect(quantity_parse("0", &value) && value == 0);
  cr_expect(quantity_parse("9223372036854775807", &value) && value == INT64_MAX);
  value = 5;
  static const char *const wrong[] = {
      "", "-1", "+1", "1 ", " 1", "1.0", "x", "1e3", "9223372036854775808", "1,000"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    cr_expect_not(quantity_parse(wrong[i], &value), "\"%s\"", wrong[i]);
  cr_expect_eq(value, 5, "left as it was");
  cr_expect(quantity_parse_signed("-1", &value) && value == -1);
  cr_expect_not(quantity_parse_signed("--1", &value));
}

Test(quantity_text, decimals_are_cut) {
  int64_t value = 0;
  cr_expect(quantity_parse_decimal("2394.999", &value) && value == 2394);
  cr_expect(quantity_parse_decimal("2400", &value) && value == 2400);
  cr_expect(quantity_parse_decimal("2400.", &value) && value == 2400);
  cr_expect_not(quantity_parse_decimal(".5", &value));
  cr_expect_not(quantity_parse_decimal("1.2.3", &value));
  cr_expect_not(quantity_parse_decimal("2400 MHz", &value));
}

Test(quantity_text, scaling_is_exact) {
  int64_t value = 0;
  cr_expect(quantity_scale(1048577, 1, 1048576, QUANTITY_UP, &value) && value == 2);
  cr_expect(quantity_scale(1048577, 1, 1048576, QUANTITY_DOWN, &value) && value == 1);
  cr_expect(quantity_scale(INT64_MAX, 1 << 20, 1 << 20, QUANTITY_DOWN, &value) &&
            value == INT64_MAX);
  cr_expect_not(quantity_scale(INT64_MAX, 2, 1, QUANTITY_DOWN, &value));
}

Test(quantity_text, libvirt_units) {
  static const struct {
    const char *unit;
    int64_t bytes;
  } cases[] = {{"b", 1},         {"bytes", 1},       {"KB", 1000},   {"k", 1024},
               {"KiB", 1024},    {"MB", 1000000},    {"M", 1048576}, {"MiB", 1048576},
               {"GiB", 1 << 30}, {"GB", 1000000000}, {"parsecs", 0}, {"", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_eq(quantity_libvirt_bytes(cases[i].unit), cases[i].bytes, "%s", cases[i].unit);
  cr_expect_eq(quantity_libvirt_bytes(NULL), 1024, "KiB unless said otherwise");
}

Test(quantity_text, ovf_units) {
  static const struct {
    const char *unit;
    int64_t factor;
  } cases[] = {{"byte * 2^20", 1048576},
               {"byte*2^30", 1 << 30},
               {"bytes * 2^10", 1024},
               {"byte", 1},
               {"hertz * 10^6", 1000000},
               {"hertz * 10^9", 1000000000},
               {"MegaBytes", 1048576},
               {"GigaBytes", 1 << 30},
               {"MB", 1048576},
               {"byte * 3^20", 0},
               {"byte * 2^63", 0},
               {"byte * 10^19", 0},
               {"byte / 2^20", 0},
               {"byte * 2^20 x", 0},
               {"furlongs", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_eq(quantity_ovf_factor(cases[i].unit), cases[i].factor, "%s", cases[i].unit);
  cr_expect_eq(quantity_ovf_factor(NULL), 1);
}
