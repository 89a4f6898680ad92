/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs that begin with their size: a library that has grown, asked by callers of three ages. The
 * struct had `kept` at first; `added` came later, with the default 7.
 */
#include "context_internal.h"
#include "versioned.h"
#include <criterion/criterion.h>
#include <string.h>

typedef struct first_release {
  uint32_t struct_size;
  uint32_t kept;
} first_release;

typedef struct present {
  uint32_t struct_size;
  uint32_t kept;
  int64_t added;
} present;

typedef struct future {
  uint32_t struct_size;
  uint32_t kept;
  int64_t added;
  int64_t unknown;
} future;

#define SIZES VERSIONED_SIZE(present, kept)

static const present defaults = {.struct_size = sizeof(present), .kept = 1, .added = 7};
static berth_context *ctx;

static void setup(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void teardown(void) {
  berth_context_free(ctx);
}

TestSuite(versioned, .init = setup, .fini = teardown);

Test(versioned, the_least_size_is_the_end_of_the_first_release) {
  cr_expect_eq(SIZES.least, 8);
  cr_expect_eq(SIZES.now, 16);
}

Test(versioned, an_older_caller_gets_the_default_of_what_it_does_not_know) {
  first_release given = {.struct_size = sizeof given, .kept = 5};
  present own = defaults;
  cr_assert_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_OK);
  cr_expect_eq(own.kept, 5);
  cr_expect_eq(own.added, 7);
  cr_expect_eq(own.struct_size, sizeof own);
}

Test(versioned, a_caller_of_today_is_taken_at_its_word) {
  present given = {.struct_size = sizeof given, .kept = 5, .added = 0};
  present own = defaults;
  cr_assert_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_OK);
  cr_expect_eq(own.kept, 5);
  cr_expect_eq(own.added, 0);
}

Test(versioned, no_struct_at_all_is_the_defaults) {
  present own = defaults;
  cr_assert_eq(versioned_read(ctx, "a thing", NULL, &own, SIZES), BERTH_OK);
  cr_expect_eq(own.kept, 1);
  cr_expect_eq(own.added, 7);
}

Test(versioned, a_later_caller_is_served_if_it_asks_for_nothing_unknown) {
  future given = {.struct_size = sizeof given, .kept = 5, .added = 6, .unknown = 0};
  present own = defaults;
  cr_assert_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_OK);
  cr_expect_eq(own.added, 6);
  cr_expect_eq(own.struct_size, sizeof own);
}

Test(versioned, a_later_caller_is_refused_if_it_asks_for_something_unknown) {
  future given = {.struct_size = sizeof given, .kept = 5, .unknown = INT64_C(1) << 56};
  present own = defaults;
  cr_assert_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_E_ARGUMENT);
  cr_expect_eq(own.kept, 1);
  cr_expect(strstr(berth_context_detail(ctx), "a thing has fields beyond the 16 bytes") != NULL);
}

Test(versioned, a_size_that_no_release_had_is_refused) {
  present given = {.struct_size = 4, .kept = 5};
  present own = defaults;
  cr_expect_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_E_ARGUMENT);
  given.struct_size = 0;
  cr_expect_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_E_ARGUMENT);
  given.struct_size = UINT32_MAX;
  cr_expect_eq(versioned_read(ctx, "a thing", &given, &own, SIZES), BERTH_E_ARGUMENT);
  cr_expect_eq(own.kept, 1);
  cr_expect(strstr(berth_context_detail(ctx), "expected 16") != NULL);
}

Test(versioned, an_older_caller_is_told_what_it_has_room_for) {
  struct {
    first_release answer;
    uint32_t behind;
  } caller = {.answer = {.struct_size = sizeof caller.answer}, .behind = 99};
  present own = {.struct_size = sizeof own, .kept = 5, .added = -1};
  cr_assert_eq(versioned_check(ctx, "an answer", &caller.answer, SIZES), BERTH_OK);
  versioned_write(&caller.answer, &own, SIZES);
  cr_expect_eq(caller.answer.struct_size, sizeof caller.answer);
  cr_expect_eq(caller.answer.kept, 5);
  cr_expect_eq(caller.behind, 99);
}

Test(versioned, a_later_caller_keeps_what_it_had_in_unknown_fields) {
  future answer = {.struct_size = sizeof answer, .unknown = 3};
  present own = {.struct_size = sizeof own, .kept = 5, .added = -1};
  cr_assert_eq(versioned_check(ctx, "an answer", &answer, SIZES), BERTH_OK);
  versioned_write(&answer, &own, SIZES);
  cr_expect_eq(answer.added, -1);
  cr_expect_eq(answer.unknown, 3);
  cr_expect_eq(answer.struct_size, sizeof answer);
}

Test(versioned, an_answer_that_nobody_wants_is_not_written) {
  cr_expect_eq(versioned_check(ctx, "an answer", NULL, SIZES), BERTH_OK);
  versioned_write(NULL, &defaults, SIZES);
}
