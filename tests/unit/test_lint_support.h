/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_lint_support.h
 * What the tests of findings share: a cluster about which there is nothing to say, looking at all
 * of an inventory, and expecting what was found.
 */
#ifndef BERTH_TESTS_LINT_SUPPORT_H
#define BERTH_TESTS_LINT_SUPPORT_H

#include "../inventory_fixture.h"
#include <berth/policy_lint.h>

/** Cluster "c" with HA on and power management off. */
static inline berth_cluster_spec lint_cluster_spec(void) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "c";
  spec.dpm = BERTH_AUTOMATION_OFF;
  return spec;
}

static inline uint32_t lint_cluster_of(fixture *f, berth_cluster_spec spec) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &index), BERTH_OK);
  return index;
}

static inline void lint_asked(fixture *f, const berth_inventory *inventory,
                              const berth_lint_request *request) {
  cr_assert_eq(berth_lint(f->ctx, inventory, request), BERTH_OK);
  cr_assert_eq(berth_lint_admission(f->ctx, inventory, request), BERTH_OK);
}

static inline void lint_all(fixture *f, const berth_inventory *inventory) {
  lint_asked(f, inventory, NULL);
}

/** Findings of one code. */
static inline size_t lint_count(const fixture *f, berth_lint_code code) {
  size_t count = 0;
  for (size_t i = 0; i < berth_context_problem_count(f->ctx); i++) {
    const char *found = berth_context_problem(f->ctx, i)->code;
    count += found != NULL && strcmp(found, berth_lint_word(code)) == 0;
  }
  return count;
}

/** Expects one finding of @p code, which says @p text and has the severity of the table. */
static inline void lint_expect(const fixture *f, berth_lint_code code, const char *text) {
  cr_expect_eq(lint_count(f, code), 1, "%zu of %s", lint_count(f, code), berth_lint_word(code));
  for (size_t i = 0; i < berth_context_problem_count(f->ctx); i++) {
    const berth_problem *problem = berth_context_problem(f->ctx, i);
    if (problem->code == NULL || strcmp(problem->code, berth_lint_word(code)) != 0)
      continue;
    cr_expect_str_eq(problem->text, text);
    cr_expect_eq(problem->severity, berth_lint_severity(code));
  }
}

/** Freezes, looks, and expects one finding of all codes: @p code with @p text; NULL = none. */
static inline void lint_expect_only(fixture *f, berth_lint_code code, const char *text) {
  const berth_inventory *inventory = fixture_freeze(f);
  lint_all(f, inventory);
  if (text != NULL)
    lint_expect(f, code, text);
  for (size_t i = text != NULL; i < berth_context_problem_count(f->ctx); i++)
    cr_expect_fail("also found: %s", berth_context_problem(f->ctx, i)->text);
  berth_inventory_release(inventory);
  fixture_end(f);
}

#endif
