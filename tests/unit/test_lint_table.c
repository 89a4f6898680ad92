/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of findings, and how many of them are told.
 */
#include "test_lint_support.h"
#include <stdio.h>
#include <stdlib.h>

TestSuite(lint_table);

Test(lint_table, codes_are_words_of_their_own) {
  for (int i = 0; i < BERTH_LINT_COUNT; i++) {
    berth_lint_code code = (berth_lint_code)i, back = BERTH_LINT_COUNT;
    const char *word = berth_lint_word(code);
    cr_assert_not_null(word, "%d", i);
    cr_expect_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word), "%s", word);
    cr_expect(berth_lint_parse(word, &back));
    cr_expect_eq(back, code, "%s", word); /* so no word occurs twice */
    cr_expect_gt(strlen(berth_lint_meaning(code)), 20, "%s", word);
    cr_expect_neq(berth_lint_severity(code), BERTH_ERROR);
  }
  cr_expect_null(berth_lint_word(BERTH_LINT_COUNT));
  cr_expect_null(berth_lint_meaning(BERTH_LINT_COUNT));
}

Test(lint_table, unknown_words) {
  berth_lint_code code = BERTH_LINT_TOO_MANY_HOSTS;
  cr_expect_not(berth_lint_parse("", &code));
  cr_expect_not(berth_lint_parse("Too-many-hosts", &code));
  cr_expect_not(berth_lint_parse("too-many-host", &code));
  cr_expect_eq(code, BERTH_LINT_TOO_MANY_HOSTS);
}

/* Twelve hosts in standby that nothing wakes. */
static const berth_inventory *twelve(fixture *f) {
  *f = fixture_begin();
  uint32_t c = lint_cluster_of(f, lint_cluster_spec());
  for (int i = 0; i < 12; i++) {
    char id[8];
    (void)snprintf(id, sizeof id, "h%d", i);
    berth_host_spec host = fixture_host_spec(id, 1000, 1024);
    host.state = BERTH_HOST_STANDBY;
    fixture_add_host(f, c, host);
  }
  return fixture_freeze(f);
}

static const char *last_text(const fixture *f) {
  return berth_context_problem(f->ctx, berth_context_problem_count(f->ctx) - 1)->text;
}

Test(lint_table, the_first_ten_of_a_code_are_told) {
  fixture f;
  const berth_inventory *inventory = twelve(&f);
  lint_all(&f, inventory);
  cr_expect_eq(lint_count(&f, BERTH_LINT_STANDBY_WITHOUT_WAKE), 11);
  cr_expect_str_eq(last_text(&f), "2 more findings like these");
  berth_lint_request request = BERTH_LINT_REQUEST_INIT;
  request.most = 11;
  lint_asked(&f, inventory, &request);
  cr_expect_str_eq(last_text(&f), "1 more finding like these");
  for (request.most = 0; request.most <= 12; request.most += 12) { /* 0: all */
    lint_asked(&f, inventory, &request);
    cr_expect_eq(berth_context_problem_count(f.ctx), 12);
    cr_expect_str_eq(last_text(&f),
                     "host \"h11\" is in standby without a wake protocol; nothing can wake it");
  }
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_table, ignored_codes_are_not_told_nor_counted) {
  fixture f;
  const berth_inventory *inventory = twelve(&f);
  berth_lint_request request = BERTH_LINT_REQUEST_INIT;
  request.ignored = UINT64_C(1) << BERTH_LINT_STANDBY_WITHOUT_WAKE;
  lint_asked(&f, inventory, &request);
  cr_expect_eq(berth_context_problem_count(f.ctx), 0);
  request.ignored = ~request.ignored;
  lint_asked(&f, inventory, &request);
  cr_expect_eq(berth_context_problem_count(f.ctx), 11);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_table, requests_are_checked) {
  fixture f;
  const berth_inventory *inventory = twelve(&f);
  berth_lint_request request = {.struct_size = 3};
  cr_expect_eq(berth_lint(f.ctx, inventory, &request), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_lint_admission(f.ctx, inventory, &request), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_lint(f.ctx, NULL, NULL), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_lint_admission(f.ctx, NULL, NULL), BERTH_E_ARGUMENT);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Freezing tells of conflicts, with the place and the code; the search does not repeat them. */
Test(lint_table, what_freezing_finds_has_a_code) {
  fixture f = fixture_begin();
  uint32_t c = lint_cluster_of(&f, lint_cluster_spec());
  fixture_host(&f, c, "a", 1000, 1024);
  fixture_host(&f, c, "b", 1000, 1024);
  fixture_vm(&f, c, "v", "a", 10, 10);
  fixture_rule(&f, c, "older", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "a");
  fixture_rule(&f, c, "newer", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "b");
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_expect_eq(lint_count(&f, BERTH_LINT_RULES_IN_CONFLICT), 1);
  lint_all(&f, inventory);
  cr_expect_eq(lint_count(&f, BERTH_LINT_RULES_IN_CONFLICT), 0);
  lint_expect(&f, BERTH_LINT_PINNED_TO_ONE_HOST,
              "rule \"older\" pins 1 VM to host \"a\"; if that fails, nothing may restart them");
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* Counts allocations down; the one that reaches zero and all after it fail. */
typedef struct failing_memory {
  long left;  /* allocations that succeed */
  long alive; /* pieces not given back */
} failing_memory;

static void *reallocate(void *user, void *old, size_t bytes) {
  failing_memory *memory = user;
  void *piece = memory->left > 0 ? realloc(old, bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static void *allocate(void *user, size_t bytes) {
  return reallocate(user, NULL, bytes);
}

static void release(void *user, void *piece) {
  failing_memory *memory = user;
  memory->alive -= piece != NULL;
  free(piece);
}

/* Nothing is lost in silence: either all is told or the call says that memory ran out. */
static berth_status look_with(long allocations, const berth_inventory *inventory, size_t *found) {
  failing_memory memory = {.left = allocations};
  berth_allocator allocator = {allocate, reallocate, release, &memory};
  berth_context *ctx = NULL;
  berth_status status = berth_context_new(&allocator, &ctx);
  if (status == BERTH_OK)
    status = berth_lint(ctx, inventory, NULL);
  if (status == BERTH_OK)
    status = berth_lint_admission(ctx, inventory, NULL);
  *found = status == BERTH_OK ? berth_context_problem_count(ctx) : 0;
  berth_context_free(ctx);
  cr_assert_eq(memory.alive, 0);
  return status;
}

Test(lint_table, every_allocation_may_fail) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  spec.admission = BERTH_ADMISSION_SLOTS;
  uint32_t c = lint_cluster_of(&f, spec);
  berth_host_spec host = fixture_host_spec("h", 1000, 1024);
  fixture_add_host(&f, c, host);
  host.id = "s";
  host.state = BERTH_HOST_STANDBY;
  fixture_add_host(&f, c, host);
  fixture_vm(&f, c, "v", "h", 10, 10);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_status status = BERTH_E_NOMEM;
  size_t found = 0;
  long allowed = 0;
  for (; status != BERTH_OK; allowed++) {
    cr_assert_lt(allowed, 1000);
    status = look_with(allowed, inventory, &found);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM);
  }
  cr_expect_gt(allowed, 4);
  cr_expect_eq(found, 3); /* a second host is lacking, s sleeps for good, a slot is short */
  berth_inventory_release(inventory);
  fixture_end(&f);
}
