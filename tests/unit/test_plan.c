/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: everything is copied, elements stay where they are, wrong indices are refused. */
#include "inventory_fixture.h"
#include <berth/plan.h>
#include <stdio.h>

TestSuite(plan);

typedef struct draft {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
} draft;

/* Two hosts, one VM, one rule. */
static draft begin(void) {
  draft d = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&d.f, "c");
  fixture_host(&d.f, c, "h0", 1, 1);
  fixture_host(&d.f, c, "h1", 1, 1);
  fixture_vm(&d.f, c, "v", "h0", 1, 1);
  fixture_rule(&d.f, c, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "h0");
  d.inventory = fixture_freeze(&d.f);
  cr_assert_eq(berth_plan_new(d.f.ctx, d.inventory, NULL, BERTH_GOAL_PLACE, &d.plan), BERTH_OK);
  return d;
}

static void end(draft *d) {
  berth_plan_free(d->plan);
  berth_inventory_release(d->inventory);
  fixture_end(&d->f);
}

Test(plan, begins_empty) {
  draft d = begin();
  cr_assert_eq(berth_plan_goal(d.plan), BERTH_GOAL_PLACE);
  cr_assert_eq(berth_plan_status(d.plan), BERTH_OUTCOME_UNKNOWN);
  cr_assert_eq(berth_plan_inventory(d.plan), d.inventory);
  cr_assert_eq(berth_scenario_count(berth_plan_scenario(d.plan)), 0);
  cr_assert_eq(berth_plan_step_count(d.plan), 0);
  cr_assert_eq(berth_plan_get_makespan(d.plan).worst, 0);
  berth_plan_free(NULL);
  end(&d);
}

Test(plan, outlives_what_it_was_made_from) {
  draft d = begin();
  berth_scenario *scenario;
  berth_plan *plan;
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_FAIL;
  event.host = "h0";
  cr_assert_eq(berth_scenario_new(d.f.ctx, &scenario), BERTH_OK);
  cr_assert_eq(berth_scenario_add(d.f.ctx, scenario, &event), BERTH_OK);
  cr_assert_eq(berth_plan_new(d.f.ctx, d.inventory, scenario, BERTH_GOAL_REPAIR, &plan), BERTH_OK);
  berth_scenario_free(scenario);
  end(&d);
  cr_assert_str_eq(berth_inventory_host_id(berth_plan_inventory(plan), 1), "h1");
  cr_assert_str_eq(berth_scenario_event(berth_plan_scenario(plan), 0)->host, "h0");
  berth_plan_free(plan);
}

/* A thousand steps: the first stays where it was, ids count from one. */
Test(plan, steps_stay_where_they_are) {
  draft d = begin();
  char why[16];
  uint32_t after[1];
  const berth_plan_step *first = NULL;
  for (uint32_t i = 0; i < 1000; i++) {
    berth_plan_step step = BERTH_PLAN_STEP_INIT;
    snprintf(why, sizeof why, "step %u", i);
    after[0] = i;
    step.type = BERTH_STEP_MIGRATE;
    step.id = 77; /* ignored */
    step.vm = 0;
    step.from = 0;
    step.to = 1;
    step.after = after;
    step.after_count = i > 0;
    step.why = why;
    cr_assert_eq(berth_plan_add_step(d.f.ctx, d.plan, &step), BERTH_OK);
    if (i == 0)
      first = berth_plan_step_at(d.plan, 0);
  }
  cr_assert_eq(berth_plan_step_count(d.plan), 1000);
  cr_assert_eq(berth_plan_step_at(d.plan, 0), first);
  for (uint32_t i = 0; i < 1000; i++) {
    const berth_plan_step *step = berth_plan_step_at(d.plan, i);
    snprintf(why, sizeof why, "step %u", i);
    cr_assert_eq(step->id, i + 1);
    cr_assert_str_eq(step->why, why);
    if (i > 0)
      cr_assert_eq(step->after[0], i);
  }
  end(&d);
}

Test(plan, unplaced_vms_keep_their_explanation) {
  draft d = begin();
  char rule[] = "r", change[] = "wake h1";
  berth_plan_ledger_entry ledger[] = {{BERTH_REASON_RULE, 0, BERTH_NONE, 1, 0},
                                      {BERTH_REASON_RESOURCE, BERTH_NONE, 1, 1, 8192}};
  const char *conflict[] = {rule, "memory"};
  berth_plan_remedy remedies[] = {{change, 2}};
  berth_plan_unplaced unplaced = {.vm = 0,
                                  .ledger_count = 2,
                                  .conflict_count = 2,
                                  .remedy_count = 1,
                                  .ledger = ledger,
                                  .conflict = conflict,
                                  .remedies = remedies};
  cr_assert_eq(berth_plan_add_unplaced(d.f.ctx, d.plan, &unplaced), BERTH_OK);
  ledger[1].short_by = 0;
  conflict[1] = rule;
  rule[0] = change[0] = '-';
  remedies[0].cost = 0;
  const berth_plan_unplaced *kept = berth_plan_unplaced_at(d.plan, 0);
  cr_assert_eq(kept->ledger[1].short_by, 8192);
  cr_assert_str_eq(kept->conflict[0], "r");
  cr_assert_str_eq(kept->conflict[1], "memory");
  cr_assert_str_eq(kept->remedies[0].change, "wake h1");
  cr_assert_eq(kept->remedies[0].cost, 2);
  end(&d);
}

Test(plan, levels_placements_and_warnings) {
  draft d = begin();
  char proof[] = "zero", warning[] = "careful";
  berth_plan_level level = {BERTH_LEVEL_MIGRATIONS, 3, 2, BERTH_OUTCOME_FEASIBLE, proof};
  berth_plan_placement placement = {0, BERTH_NONE, 1, BERTH_HOW_POWER_ON};
  cr_assert_eq(berth_plan_add_level(d.f.ctx, d.plan, &level), BERTH_OK);
  cr_assert_eq(berth_plan_add_placement(d.f.ctx, d.plan, &placement), BERTH_OK);
  cr_assert_eq(berth_plan_add_warning(d.f.ctx, d.plan, warning), BERTH_OK);
  proof[0] = warning[0] = '-';
  cr_assert_str_eq(berth_plan_level_at(d.plan, 0)->proof, "zero");
  cr_assert_eq(berth_plan_level_at(d.plan, 0)->bound, 2);
  cr_assert_eq(berth_plan_placement_at(d.plan, 0)->to, 1);
  cr_assert_str_eq(berth_plan_warning_at(d.plan, 0), "careful");
  berth_plan_set_status(d.plan, BERTH_OUTCOME_FEASIBLE);
  berth_plan_set_makespan(d.plan, (berth_plan_makespan){1, 2, 3});
  cr_assert_eq(berth_plan_status(d.plan), BERTH_OUTCOME_FEASIBLE);
  cr_assert_eq(berth_plan_get_makespan(d.plan).expected, 2);
  end(&d);
}

Test(plan, indices_outside_the_inventory_are_refused) {
  draft d = begin();
  berth_plan_placement placement = {1, BERTH_NONE, 1, BERTH_HOW_POWER_ON};
  cr_assert_eq(berth_plan_add_placement(d.f.ctx, d.plan, &placement), BERTH_E_ARGUMENT);
  placement = (berth_plan_placement){0, 2, 1, BERTH_HOW_MIGRATE};
  cr_assert_eq(berth_plan_add_placement(d.f.ctx, d.plan, &placement), BERTH_E_ARGUMENT);
  placement = (berth_plan_placement){0, 1, BERTH_NONE, BERTH_HOW_MIGRATE};
  cr_assert_eq(berth_plan_add_placement(d.f.ctx, d.plan, &placement), BERTH_E_ARGUMENT);
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.host = 2;
  cr_assert_eq(berth_plan_add_step(d.f.ctx, d.plan, &step), BERTH_E_ARGUMENT);
  step.host = BERTH_NONE;
  step.struct_size = 1;
  cr_assert_eq(berth_plan_add_step(d.f.ctx, d.plan, &step), BERTH_E_ARGUMENT);
  berth_plan_ledger_entry entry = {BERTH_REASON_RULE, 1, BERTH_NONE, 1, 0};
  berth_plan_unplaced unplaced = {.vm = 0, .ledger_count = 1, .ledger = &entry};
  cr_assert_eq(berth_plan_add_unplaced(d.f.ctx, d.plan, &unplaced), BERTH_E_ARGUMENT);
  berth_plan *plan = d.plan;
  cr_assert_eq(berth_plan_new(d.f.ctx, d.inventory, NULL, BERTH_GOAL_COUNT, &plan),
               BERTH_E_ARGUMENT);
  cr_assert_null(plan);
  cr_assert_eq(berth_plan_placement_count(d.plan) + berth_plan_step_count(d.plan) +
                   berth_plan_unplaced_count(d.plan),
               0);
  end(&d);
}
