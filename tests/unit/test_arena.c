/* SPDX-License-Identifier: Apache-2.0 */
/* The arena and the lists of the model: pieces that never overlap or move, sorting, look-up. */
#include "arena.h"
#include "chunked_list.h"
#include "context_internal.h"
#include "index_sort.h"
#include "name_pool.h"
#include "name_table.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(arena);

static berth_context *new_context(void) {
  berth_context *ctx;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  return ctx;
}

/* Small and large pieces in turns, each filled with its number: none may disturb another. */
Test(arena, pieces_do_not_overlap) {
  enum { PIECES = 600 };
  static unsigned char *pieces[PIECES];
  static size_t sizes[PIECES];
  berth_context *ctx = new_context();
  arena a;
  arena_init(&a, context_allocator(ctx));
  for (size_t i = 0; i < PIECES; i++) {
    sizes[i] = i % 7 == 0 ? 3000 * i + 1 : i % 40 + 1;
    if (i % 3 == 0) {
      pieces[i] = (unsigned char *)arena_text(&a, "", 0);
      sizes[i] = 1;
    } else {
      pieces[i] = arena_take(&a, sizes[i], 1);
      cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
    }
    for (size_t k = 0; k < sizes[i]; k++)
      cr_assert_eq(pieces[i][k], 0);
    memset(pieces[i], (int)(i % 251), sizes[i]);
  }
  for (size_t i = 0; i < PIECES; i++)
    for (size_t k = 0; k < sizes[i]; k++)
      cr_assert_eq(pieces[i][k], i % 251, "piece %zu", i);
  arena_free(&a);
  berth_context_free(ctx);
}

Test(arena, refuses_overflow_and_gives_something_for_nothing) {
  berth_context *ctx = new_context();
  arena a;
  arena_init(&a, context_allocator(ctx));
  cr_assert_null(arena_take(&a, SIZE_MAX / 2, 3));
  cr_assert_null(arena_take(&a, SIZE_MAX, 1));
  cr_assert_not_null(arena_take(&a, 0, 8));
  cr_assert_str_eq(arena_text(&a, "halved", 4), "halv");
  arena_free(&a);
  arena_free(&a);
  berth_context_free(ctx);
}

Test(arena, list_elements_stay) {
  berth_context *ctx = new_context();
  chunked_list list;
  chunked_list_init(&list, context_allocator(ctx), sizeof(uint32_t));
  uint32_t *first = chunked_list_add(&list);
  *first = 0;
  for (uint32_t i = 1; i < 5000; i++)
    *(uint32_t *)chunked_list_add(&list) = i;
  cr_assert_eq(list.count, 5000);
  cr_assert_eq(chunked_list_at(&list, 0), first);
  for (uint32_t i = 0; i < 5000; i++)
    cr_assert_eq(*(uint32_t *)chunked_list_at(&list, i), i);
  chunked_list_free(&list);
  cr_assert_eq(list.count, 0);
  berth_context_free(ctx);
}

/* i * 37 mod 101 runs through all residues of the prime, three times over. */
Test(arena, sorting_drops_repeats) {
  uint32_t indices[303];
  for (uint32_t i = 0; i < 303; i++)
    indices[i] = i * 37 % 101;
  cr_assert_eq(index_sort_unique(indices, 303), 101);
  for (uint32_t i = 0; i < 101; i++)
    cr_assert_eq(indices[i], i);
  cr_assert_eq(index_sort_unique(NULL, 0), 0);
  uint32_t pair[] = {5, 5};
  cr_assert_eq(index_sort_unique(pair, 2), 1);
}

Test(arena, names_are_found_and_counted) {
  enum { NAMES = 1000 };
  static char texts[NAMES][8];
  static const char *names[NAMES];
  berth_context *ctx = new_context();
  arena a;
  name_table table;
  bool ambiguous = true;
  arena_init(&a, context_allocator(ctx));
  for (int i = 0; i < NAMES; i++) {
    snprintf(texts[i], sizeof texts[i], "n%d", i % 900);
    names[i] = i == 5 ? NULL : texts[i];
  }
  cr_assert(name_table_build(&table, &a, names, NAMES));
  cr_assert_eq(name_table_find(&table, names, "n899", &ambiguous), 899);
  cr_assert_not(ambiguous);
  cr_assert_eq(name_table_find(&table, names, "n7", &ambiguous), 7, "the first of equals");
  cr_assert(ambiguous, "907 has the same name");
  cr_assert_eq(name_table_find(&table, names, "n5", &ambiguous), 905, "5 has no name");
  cr_assert_not(ambiguous);
  cr_assert_eq(name_table_find(&table, names, "n900", NULL), BERTH_NONE);
  cr_assert_eq(name_table_find_text(&table, names, "n12345", 3, NULL), 12);
  cr_assert_eq(name_table_find(&(name_table){0}, names, "n1", NULL), BERTH_NONE);
  arena_free(&a);
  berth_context_free(ctx);
}

Test(arena, pools_number_names_as_they_come) {
  berth_context *ctx = new_context();
  arena a;
  name_pool pool;
  char text[16];
  uint32_t number;
  arena_init(&a, context_allocator(ctx));
  name_pool_init(&pool, context_allocator(ctx));
  cr_assert_not(name_pool_has(&pool, "l0", 2));
  for (uint32_t round = 0; round < 2; round++) {
    for (uint32_t i = 0; i < 300; i++) {
      snprintf(text, sizeof text, "l%u", i);
      cr_assert(name_pool_enter(&pool, &a, text, &number));
      cr_assert_eq(number, i);
    }
  }
  cr_assert_eq(pool.names.count, 300);
  cr_assert_str_eq(name_pool_at(&pool, 299), "l299");
  cr_assert(name_pool_has(&pool, "l12x", 3));
  cr_assert_not(name_pool_has(&pool, "l300", 4));
  name_pool_free(&pool);
  arena_free(&a);
  berth_context_free(ctx);
}

/* Pieces of their own grow with what they hold, and end as an arena's. */
Test(arena, loose_pieces_find_an_owner) {
  berth_context *ctx = new_context();
  const berth_allocator *allocator = context_allocator(ctx);
  arena a, b;
  uint32_t *piece = NULL;
  arena_init(&a, allocator);
  arena_init(&b, allocator);
  for (uint32_t room = 1; room <= 1 << 16; room *= 4) {
    piece = arena_loose_grow(allocator, piece, room, sizeof *piece);
    cr_assert_not_null(piece);
    for (uint32_t i = room / 4; i < room; i++)
      piece[i] = i;
  }
  cr_expect_null(arena_loose_grow(allocator, piece, SIZE_MAX / 2, 4));
  arena_own(&a, piece);
  char *before = arena_text(&a, "before", 6), *other = arena_text(&b, "other", 5);
  uint32_t *more = arena_loose_grow(allocator, NULL, 3, sizeof *more);
  cr_assert_not_null(more);
  arena_own(&b, more);
  arena_join(&a, &b);
  cr_expect_null(b.blocks);
  arena_join(&a, &b); /* which has nothing */
  char *after = arena_text(&a, "after", 5);
  more[2] = 7;
  for (uint32_t i = 0; i < 1 << 16; i++)
    cr_assert_eq(piece[i], i);
  cr_expect_str_eq(before, "before");
  cr_expect_str_eq(other, "other");
  cr_expect_str_eq(after, "after");
  arena_loose_free(allocator, NULL);
  arena_loose_free(allocator, arena_loose_grow(allocator, NULL, 1, 1));
  arena_join(&b, &a); /* into an empty one */
  arena_free(&a);
  arena_free(&b);
  berth_context_free(ctx);
}
