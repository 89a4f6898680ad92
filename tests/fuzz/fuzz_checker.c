/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any plan for any inventory goes through the checker: plans out of bytes, and plans of the solver
 * with something changed. What is accepted must hold when it is carried out, and must claim nothing
 * that an exhaustive search of a tiny inventory refutes.
 */
#include "fuzzed_draft.h"
#include "fuzzed_execution.h"
#include "fuzzed_inventory.h"
#include "fuzzed_plan.h"
#include "fuzzed_truth.h"
#include <berth/solve.h>

enum { LARGEST = 512 };

typedef enum way {
  FROM_SOLVER = 1,
  SETTLED = 2, /* durations, windows, values and lists follow from the steps */
  SPOILT = 4,
  EDITED = 8
} way;

/* The solver's plan, as far as it is one for a draft. NULL: it is not. */
static berth_plan *solve(berth_context *ctx, plan_draft *draft) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  options.value[BERTH_OPTION_TIME_LIMIT] = 10000;
  options.value[BERTH_OPTION_THREADS] = 1;
  options.value[BERTH_OPTION_EXACT_LIMIT] = 500;
  options.value[BERTH_OPTION_EXPLAIN] = 1;
  request.options = &options;
  request.infer_goal = false;
  request.goal = draft->goal;
  fuzzed_require_ok(ctx, berth_solve(ctx, draft->inventory, &request, NULL, &plan),
                    "the solver solves");
  if (!draft_copy(draft, plan)) {
    berth_plan_free(plan);
    plan = NULL;
  }
  return plan;
}

/* The values are the checker's, and nothing is claimed about them that needs proof. */
static void set_levels(berth_context *ctx, plan_draft *draft) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  berth_report *report = NULL;
  berth_plan *plan = draft_build(draft, ctx);
  if (plan == NULL)
    return;
  fuzzed_require_ok(ctx, berth_verify(ctx, plan, &report), "the checker comes to a verdict");
  draft->level_count = berth_goal_ladder(draft->goal, ladder);
  draft->status = BERTH_OUTCOME_OPTIMAL;
  for (uint32_t i = 0; i < draft->level_count; i++) {
    berth_plan_level *level = &draft->levels[i];
    *level = (berth_plan_level){.level = ladder[i]};
    (void)berth_report_level(report, ladder[i], &level->value);
    level->status = level->value == 0 ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE;
    if (level->value > 0 && ladder[i] != BERTH_LEVEL_MAKESPAN)
      draft->status = BERTH_OUTCOME_FEASIBLE;
  }
  berth_report_free(report);
  berth_plan_free(plan);
}

/* As the certificates have it: bounds that may well be those. */
static void claim_certified(plan_draft *draft) {
  for (uint32_t c = 0; c < draft->certificate_count; c++)
    for (uint32_t i = 0; i < draft->level_count; i++) {
      berth_plan_level *level = &draft->levels[i];
      if (level->level != draft->certificates[c].level ||
          level->bound > INT64_MAX / 2 - draft->certificates[c].bound)
        continue;
      level->bound += draft->certificates[c].bound;
      if (level->bound == level->value)
        level->status = BERTH_OUTCOME_OPTIMAL;
    }
}

static void look_at(berth_context *ctx, const berth_plan *plan, uint64_t luck) {
  berth_report *report = NULL;
  fuzzed_require_ok(ctx, berth_verify(ctx, plan, &report), "the checker comes to a verdict");
  const bool accepted = berth_report_count(report) == 0;
  if (accepted) {
    fuzzed_execution(plan, 12, luck);
    fuzzed_plan_simulate(ctx, plan, BERTH_DRAW_RANDOM, (int64_t)(luck % 4) * 20, luck);
    fuzzed_truth(plan, report);
  }
  fuzzed_plan_carry_out(ctx, plan, luck, accepted);
  berth_report_free(report);
}

/* ---------------------------------------------------------------------------- bytes */

static void draw(berth_context *ctx, fuzzed_bytes *bytes, plan_draft *draft) {
  const uint32_t ways = fuzzed_byte(bytes);
  const uint64_t luck = fuzzed_digest(bytes->at, bytes->left);
  berth_plan *solved = NULL, *plan = NULL;
  draft->goal = (berth_goal)(ways / 16 % BERTH_GOAL_COUNT);
  draft->settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  draft->status = BERTH_OUTCOME_FEASIBLE;
  if ((ways & FROM_SOLVER) != 0)
    solved = solve(ctx, draft);
  else
    draft_take_steps(draft, bytes);
  if (solved != NULL || (ways & FROM_SOLVER) == 0) {
    if ((ways & EDITED) != 0 || solved == NULL)
      draft_edit_steps(draft, bytes);
    if ((ways & SETTLED) != 0) {
      draft_settle(draft);
      set_levels(ctx, draft);
      claim_certified(draft);
    }
    if ((ways & SPOILT) != 0)
      draft_spoil(draft, bytes);
    plan = draft_build(draft, ctx);
  }
  if (plan != NULL)
    look_at(ctx, plan, luck);
  berth_plan_free(plan);
  berth_plan_free(solved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > LARGEST)
    return 0;
  fuzzed_bytes bytes = {data, size};
  berth_context *ctx = fuzzed_context();
  plan_draft draft = {.inventory = NULL};
  const berth_inventory *inventory = fuzzed_inventory(ctx, &bytes);
  draft.inventory = inventory;
  if (inventory != NULL)
    draw(ctx, &bytes, &draft);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return 0;
}
