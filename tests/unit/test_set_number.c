/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of sets against counting them out.
 */
#include "set_number.h"

#include <criterion/criterion.h>

Test(set_number, pairs_of_four_in_order) {
  static const uint32_t pairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
  cr_assert_eq(set_number_count(4, 2), 6);
  for (uint64_t number = 0; number < 6; number++) {
    uint32_t set[2];
    set_number_find(4, 2, number, set);
    cr_assert_eq(set[0], pairs[number][0]);
    cr_assert_eq(set[1], pairs[number][1]);
  }
}

Test(set_number, stepping_and_finding_agree) {
  for (uint32_t size = 0; size <= 9; size++) {
    uint32_t stepped[9], found[9];
    set_number_find(9, size, 0, stepped);
    for (uint64_t number = 0; number < set_number_count(9, size); number++) {
      set_number_find(9, size, number, found);
      for (uint32_t i = 0; i < size; i++)
        cr_assert_eq(found[i], stepped[i]);
      set_number_next(9, size, stepped);
    }
  }
}

Test(set_number, counts_are_binomials) {
  cr_assert_eq(set_number_count(10000, 2), 49995000);
  cr_assert_eq(set_number_count(5, 0), 1);
  cr_assert_eq(set_number_count(5, 6), 0);
}

/* 10,000 over 6 is more than 64 bits hold; the first sets are found all the same. */
Test(set_number, more_sets_than_can_be_counted) {
  uint32_t set[6];
  cr_assert_eq(set_number_count(10000, 6), UINT64_MAX);
  set_number_find(10000, 6, 9994, set);
  cr_assert_eq(set[3], 3);
  cr_assert_eq(set[4], 4);
  cr_assert_eq(set[5], 9999);
  set_number_find(10000, 6, 9995, set);
  cr_assert_eq(set[4], 5);
  cr_assert_eq(set[5], 6);
}
