/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names chosen to collide, by whoever writes the input, must not make tables quadratic: chains stay
 * short, and every name is still found.
 */
#include "context_internal.h"
#include "name_pool.h"
#include "name_table.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { NAMES = 1000, TABLE = 2048, EQUAL = 200000 };

static char texts[NAMES][16];
static const char *names[NAMES];

/* Names that the first seed puts into one slot of a table of TABLE slots. */
static void choose_names(void) {
  uint32_t count = 0;
  for (uint32_t i = 0; count < NAMES; i++) {
    snprintf(texts[count], sizeof texts[count], "vm%08lu", (unsigned long)i);
    if (name_hash(texts[count], strlen(texts[count]), 0) % TABLE == 7) {
      names[count] = texts[count];
      count++;
    }
  }
}

static berth_context *new_context(void) {
  berth_context *ctx = NULL;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  return ctx;
}

Test(name_collisions, a_table_takes_another_seed) {
  berth_context *ctx = new_context();
  arena a;
  name_table table;
  uint32_t repeats = 1;
  arena_init(&a, context_allocator(ctx));
  choose_names();
  cr_assert(name_table_build_counting(&table, &a, names, NAMES, &repeats));
  cr_assert_eq(table.capacity, TABLE, "or the names do not collide");
  cr_assert_gt(table.seed, 0);
  cr_assert_eq(repeats, 0);
  for (uint32_t i = 0; i < NAMES; i++)
    cr_assert_eq(name_table_find(&table, names, names[i], NULL), i);
  cr_assert_eq(name_table_find(&table, names, "vm", NULL), BERTH_NONE);
  arena_free(&a);
  berth_context_free(ctx);
}

Test(name_collisions, a_pool_takes_another_seed) {
  berth_context *ctx = new_context();
  arena a;
  name_pool pool;
  uint32_t number;
  arena_init(&a, context_allocator(ctx));
  name_pool_init(&pool, context_allocator(ctx));
  choose_names();
  for (uint32_t i = 0; i < NAMES; i++) {
    cr_assert(name_pool_enter(&pool, &a, names[i], &number));
    cr_assert_eq(number, i);
  }
  cr_assert_gt(pool.seed, 0);
  for (uint32_t i = NAMES; i-- > 0;) {
    cr_assert(name_pool_enter(&pool, &a, names[i], &number));
    cr_assert_eq(number, i);
  }
  name_pool_free(&pool);
  arena_free(&a);
  berth_context_free(ctx);
}

/* Each would walk past all before it, were all of them entered: minutes instead of milliseconds. */
Test(name_collisions, equal_names_take_two_slots, .timeout = 10) {
  static const char *equal[EQUAL];
  berth_context *ctx = new_context();
  arena a;
  name_table table;
  uint32_t repeats = 0;
  bool ambiguous = false;
  arena_init(&a, context_allocator(ctx));
  for (uint32_t i = 0; i < EQUAL; i++)
    equal[i] = "web";
  cr_assert(name_table_build_counting(&table, &a, equal, EQUAL, &repeats));
  cr_assert_eq(repeats, EQUAL - 1);
  cr_assert_eq(name_table_find(&table, equal, "web", &ambiguous), 0);
  cr_assert(ambiguous);
  arena_free(&a);
  berth_context_free(ctx);
}
