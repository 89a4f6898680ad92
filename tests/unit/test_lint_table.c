/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of findings, and how many of them are told.
 */
#include "test_lint_support.h"
#include <stdio.h>

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
