/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's numbers for keys: equal keys and only these are equal in number, through growth and
 * forgetting; and keys are spread over the table, for a search looks at all that stand in a row.
 */
#include "check_intern.h"
#include "context_internal.h"
#include <criterion/criterion.h>

TestSuite(check_intern);

enum { KEYS = 3000 };

typedef struct table {
  berth_context *ctx;
  check c;
  check_intern intern;
} table;

static void begin(table *t) {
  *t = (table){0};
  cr_assert_eq(berth_context_new(NULL, &t->ctx), BERTH_OK);
  arena_init(&t->c.memory, context_allocator(t->ctx));
}

static void end(table *t) {
  arena_free(&t->c.memory);
  berth_context_free(t->ctx);
}

/* Keys as the checker has them: small numbers, which differ in one part or another. */
static uint32_t number(table *t, int64_t k) {
  return check_number(&t->c, &t->intern, k % 3 == 0 ? k : -1, k % 3 == 1 ? k : 7,
                      k % 3 == 2 ? k : 0, 0);
}

Test(check_intern, numbers_count_up) {
  table t;
  begin(&t);
  for (int round = 0; round < 2; round++) {
    for (uint32_t k = 0; k < KEYS; k++) {
      cr_assert_eq(number(&t, k), k);
      cr_assert_eq(number(&t, k / 2), k / 2, "one that is known");
    }
    cr_expect_eq(t.intern.count, KEYS);
    check_forget_numbers(&t.intern);
    cr_expect_eq(t.intern.count, 0);
  }
  cr_expect_eq(number(&t, KEYS - 1), 0, "all are forgotten");
  end(&t);
}

Test(check_intern, every_part_counts) {
  table t;
  begin(&t);
  cr_expect_eq(check_number(&t.c, &t.intern, 5, 5, 5, 5), 0);
  cr_expect_eq(check_number(&t.c, &t.intern, 4, 5, 5, 5), 1);
  cr_expect_eq(check_number(&t.c, &t.intern, 5, 4, 5, 5), 2);
  cr_expect_eq(check_number(&t.c, &t.intern, 5, 5, 4, 5), 3);
  cr_expect_eq(check_number(&t.c, &t.intern, 5, 5, 5, 4), 4);
  cr_expect_eq(check_number(&t.c, &t.intern, 5, 5, 5, 5), 0);
  end(&t);
}

/* At most a quarter of the slots is taken. If hashes were random, a row of 100 would be met once in
 * 10^20 tables or less. */
Test(check_intern, keys_are_spread) {
  table t;
  uint32_t longest = 0;
  begin(&t);
  for (uint32_t k = 0; k < KEYS; k++)
    (void)number(&t, k);
  for (uint32_t slot = 0, row = 0; slot < t.intern.room * 4; slot++) {
    row = t.intern.slots[slot] == 0 ? 0 : row + 1;
    longest = row > longest ? row : longest;
  }
  cr_expect_gt(longest, 0);
  cr_expect_lt(longest, 100);
  end(&t);
}
