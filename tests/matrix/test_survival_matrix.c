/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checker says of survival (docs/model.md, section 8), for thousands of tiny clusters as
 * they are, against every set of failures and every placement after it.
 */
#include "random_cluster.h"
#include "tiny_model.h"

#include "frozen.h"

#include <berth/verify.h>
#include <criterion/criterion.h>

enum { CASES = 3000 };

/* The violations of doing nothing, as the checker counts them; whether it is undecided. */
static int64_t checked_violations(berth_context *ctx, const random_case *random, bool *undecided) {
  berth_plan *plan = NULL;
  berth_report *report = NULL;
  int64_t value = -1;
  cr_assert_eq(berth_plan_new(ctx, random->inventory, NULL, BERTH_GOAL_CONSOLIDATE, &plan),
               BERTH_OK);
  cr_assert_eq(berth_plan_set_settings(ctx, plan, &random->settings), BERTH_OK);
  cr_assert_eq(berth_verify(ctx, plan, &report), BERTH_OK);
  cr_assert(berth_report_level(report, BERTH_LEVEL_VIOLATIONS, &value));
  for (uint32_t i = 0; i < berth_report_count(report); i++)
    *undecided = *undecided || berth_report_fault(report, i)->kind == BERTH_FAULT_SURVIVAL;
  berth_report_free(report);
  berth_plan_free(plan);
  return value;
}

/* The same by brute force; `lost` counts clusters that do not survive. */
static int64_t true_violations(const random_case *random, uint32_t *lost) {
  int64_t violations = 0;
  for (uint32_t c = 0; c < random->inventory->cluster_count; c++) {
    tiny_model model;
    tiny_state state;
    uint32_t serving = 0;
    cr_assert(
        tiny_model_init(&model, random->inventory, c, BERTH_GOAL_CONSOLIDATE, &random->settings));
    tiny_state_start(&model, &state);
    for (uint32_t h = 0; h < model.host_count; h++)
      serving |= (uint32_t)model.hosts[h].online << h;
    const bool survives = tiny_survives(&model, &state, serving);
    violations += tiny_violations(&model, &state) + !survives;
    *lost += !survives;
  }
  return violations;
}

Test(survival_matrix, agrees_with_brute_force) {
  uint32_t lost = 0;
  for (uint64_t seed = 1; seed <= CASES; seed++) {
    berth_context *ctx = NULL;
    random_case random;
    bool undecided = false;
    cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
    cr_assert_eq(random_cluster(ctx, seed, RANDOM_LOADS, seed % 5 == 0, &random), BERTH_OK);
    random.settings.keep_failures = (uint32_t)(1 + seed % 3);
    const int64_t truth = true_violations(&random, &lost);
    cr_assert_eq(checked_violations(ctx, &random, &undecided), truth, "seed %d", (int)seed);
    cr_assert_not(undecided, "seed %d", (int)seed);
    berth_inventory_release(random.inventory);
    berth_context_free(ctx);
  }
  cr_assert_gt(lost, CASES / 10);
  cr_assert_lt(lost, CASES * 9 / 10);
}
