/* SPDX-License-Identifier: Apache-2.0 */
/* The context: detail, problems and their bound, callbacks; and the words of statuses. */
#include "context_internal.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(context);

static berth_context *new_context(void) {
  berth_context *ctx;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  return ctx;
}

Test(context, begins_empty) {
  berth_context *ctx = new_context();
  cr_assert_str_eq(berth_context_detail(ctx), "");
  cr_assert_eq(berth_context_problem_count(ctx), 0);
  cr_assert_null(berth_context_problem(ctx, 0));
  berth_context_free(ctx);
  berth_context_free(NULL);
}

static void *no_memory(void *user, size_t bytes) {
  (void)user;
  (void)bytes;
  return NULL;
}

static void *no_more_memory(void *user, void *memory, size_t bytes) {
  (void)user;
  (void)memory;
  (void)bytes;
  return NULL;
}

static void nothing_to_release(void *user, void *memory) {
  (void)user;
  cr_assert_null(memory);
}

Test(context, needs_memory_and_a_whole_allocator) {
  berth_allocator allocator = {no_memory, no_more_memory, nothing_to_release, NULL};
  berth_context *ctx = (berth_context *)&allocator;
  cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_E_NOMEM);
  cr_assert_null(ctx);
  allocator.release = NULL;
  cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_E_ARGUMENT);
}

Test(context, detail_carries_the_position) {
  berth_context *ctx = new_context();
  berth_position at = {"east.xml", 12, 5};
  cr_assert_eq(context_fail(ctx, BERTH_E_READ, &at, "%d wrong", 3), BERTH_E_READ);
  cr_assert_str_eq(berth_context_detail(ctx), "east.xml:12:5: 3 wrong");
  at.line = 0;
  context_fail(ctx, BERTH_E_READ, &at, "gone");
  cr_assert_str_eq(berth_context_detail(ctx), "east.xml: gone");
  context_fail(ctx, BERTH_E_READ, NULL, "nowhere");
  cr_assert_str_eq(berth_context_detail(ctx), "nowhere");
  berth_context_free(ctx);
}

/* Text of an input may hold line breaks and anything else; a message is one line of whole
 * characters. */
Test(context, messages_are_one_line) {
  berth_context *ctx = new_context();
  context_fail(ctx, BERTH_E_INVALID, NULL,
               "a\nb\x01"
               "c");
  cr_assert_str_eq(berth_context_detail(ctx), "a?b?c");
  char text[3000];
  memset(text, 'x', sizeof text);
  memcpy(text + 1022, "\xc3\xa9", 2); /* the buffer ends between the two bytes of this letter */
  text[sizeof text - 1] = '\0';
  context_fail(ctx, BERTH_E_INVALID, NULL, "%s", text);
  cr_assert_eq(strlen(berth_context_detail(ctx)), 1022);
  berth_context_free(ctx);
}

Test(context, the_first_error_is_the_detail) {
  berth_context *ctx = new_context();
  berth_position at = {"a.xml", 1, 2};
  context_problem(ctx, BERTH_WARNING, BERTH_OK, &at, "odd");
  cr_assert_str_eq(berth_context_detail(ctx), "");
  context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, &at, "first");
  context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, &at, "second");
  cr_assert_str_eq(berth_context_detail(ctx), "a.xml:1:2: first");
  cr_assert_eq(context_error_count(ctx), 2);
  cr_assert_eq(berth_context_problem_count(ctx), 3);
  cr_assert_str_eq(berth_context_problem(ctx, 2)->text, "second");
  berth_context_clear(ctx);
  cr_assert_eq(berth_context_problem_count(ctx), 0);
  cr_assert_eq(context_error_count(ctx), 0);
  cr_assert_str_eq(berth_context_detail(ctx), "");
  berth_context_free(ctx);
}

Test(context, problems_own_their_strings) {
  berth_context *ctx = new_context();
  char source[] = "a.xml", text[] = "wrong";
  berth_position at = {source, 1, 2};
  context_problem(ctx, BERTH_NOTE, BERTH_OK, &at, "%s", text);
  source[0] = text[0] = '-';
  context_problem(ctx, BERTH_NOTE, BERTH_OK, &at, "other");
  cr_assert_str_eq(berth_context_problem(ctx, 0)->position.source, "a.xml");
  cr_assert_str_eq(berth_context_problem(ctx, 0)->text, "wrong");
  cr_assert_str_eq(berth_context_problem(ctx, 1)->position.source, "-.xml");
  berth_context_free(ctx);
}

Test(context, ten_thousand_problems_are_kept) {
  berth_context *ctx = new_context();
  for (int i = 0; i < 10000; i++)
    context_problem(ctx, BERTH_WARNING, BERTH_OK, NULL, "%d", i);
  cr_assert_eq(berth_context_problem_count(ctx), 10000);
  for (int i = 0; i < 7; i++)
    context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, NULL, "late");
  cr_assert_eq(berth_context_problem_count(ctx), 10001);
  cr_assert_eq(context_error_count(ctx), 7);
  cr_assert_str_eq(berth_context_problem(ctx, 9999)->text, "9999");
  cr_assert_str_eq(berth_context_problem(ctx, 10000)->text, "7 more problems were found; not kept");
  cr_assert_eq(berth_context_problem(ctx, 10000)->severity, BERTH_ERROR);
  cr_assert_null(berth_context_problem(ctx, 10001));
  berth_context_free(ctx);
}

Test(context, memory_is_zeroed_and_overflow_refused) {
  berth_context *ctx = new_context();
  unsigned char *memory = context_take(ctx, 100, 1);
  for (int i = 0; i < 100; i++)
    cr_assert_eq(memory[i], 0);
  memory[99] = 7;
  memory = context_grow(ctx, memory, 5000, 1);
  cr_assert_eq(memory[99], 7);
  cr_assert_null(context_grow(ctx, memory, SIZE_MAX / 2, 4));
  cr_assert_str_eq(berth_context_detail(ctx), "out of memory");
  context_release(ctx, memory);
  context_release(ctx, NULL);
  berth_context_free(ctx);
}

typedef struct heard {
  char text[64];
  uint64_t done;
} heard;

static bool on_progress(void *user, const berth_progress *progress) {
  heard *h = user;
  h->done = progress->done;
  return progress->done < 5;
}

static void on_log(void *user, berth_severity severity, const char *text) {
  heard *h = user;
  cr_assert_eq(severity, BERTH_NOTE);
  snprintf(h->text, sizeof h->text, "%s", text);
}

Test(context, callbacks) {
  berth_context *ctx = new_context();
  heard h = {.done = 0};
  cr_assert(context_progress(ctx, "solve", 9, 10, 0.5), "without a callback nothing stops");
  context_log(ctx, BERTH_NOTE, "unheard");
  berth_context_set_progress(ctx, on_progress, &h);
  berth_context_set_log(ctx, on_log, &h);
  cr_assert(context_progress(ctx, "solve", 4, 10, 0.5));
  cr_assert_not(context_progress(ctx, "solve", 5, 10, 0.5));
  cr_assert_eq(h.done, 5);
  context_log(ctx, BERTH_NOTE, "%d hosts", 3);
  cr_assert_str_eq(h.text, "3 hosts");
  berth_context_free(ctx);
}

Test(context, statuses_have_words) {
  cr_assert_str_eq(berth_status_name(BERTH_E_NOMEM), "out-of-memory");
  cr_assert_str_eq(berth_status_text(BERTH_E_NOMEM), "an allocation failed");
  cr_assert_str_eq(berth_status_name((berth_status)999), "unknown");
  cr_assert_not_null(berth_status_text((berth_status)999));
}
