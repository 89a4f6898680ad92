/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shortages that a plan states (docs/model.md §10), one alone and one behind another.
 */
#include "test_verify_support.h"

enum { H0, H1 };
enum { ON_0, ON_1, ANYWHERE };

/* Hosts of 10; "on-0" asks for 14 and may go to h0 only, "on-1" for 13 and to h1 only. */
static berth_inventory *build(berth_context **ctx) {
  cluster_sketch made = cluster_begin_plain();
  add_host(&made, host_of("h0", 10));
  add_host(&made, host_of("h1", 10));
  add_vm(&made, vm_of("on-0", NULL, 14));
  add_vm(&made, vm_of("on-1", NULL, 13));
  add_vm(&made, vm_of("anywhere", NULL, 12));
  berth_rule_spec rule = rule_of("first", BERTH_RULE_RUN_ON, "on-0");
  rule.hosts = "h0";
  add_rule(&made, rule);
  rule = rule_of("second", BERTH_RULE_RUN_ON, "on-1");
  rule.hosts = "h1";
  add_rule(&made, rule);
  *ctx = made.ctx;
  return cluster_end(&made);
}

typedef struct shortage_row {
  uint32_t vm, host;
  int64_t short_by;
  bool refused;
} shortage_row;

static const shortage_row rows[] = {
    {ON_0, H0, 4, false}, {ON_0, H0, 3, true}, {ON_0, H0, 5, true},     {ON_0, H1, 4, true},
    {ON_1, H1, 3, false}, {ON_1, H0, 3, true}, {ANYWHERE, H0, 2, true}, {ANYWHERE, H1, 2, true},
};

static bool is_refused(berth_context *ctx, const berth_inventory *inventory,
                       const shortage_row *const *list, uint32_t count) {
  plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
  berth_plan *plan = sketch_build(ctx, inventory, &sketch);
  for (uint32_t i = 0; i < count; i++) {
    berth_plan_shortage shortage = {.resource = BERTH_RESOURCE_MEMORY,
                                    .short_by = list[i]->short_by,
                                    .vm_count = 1,
                                    .host_count = 1,
                                    .vms = &list[i]->vm,
                                    .hosts = &list[i]->host};
    cr_assert_eq(berth_plan_add_shortage(ctx, plan, &shortage), BERTH_OK);
  }
  bool refused = (fault_kinds(ctx, plan) & KIND(BERTH_FAULT_SHORTAGE)) != 0;
  berth_plan_free(plan);
  return refused;
}

/* Alone, and behind each of the others: a shortage knows nothing of the one before. */
Test(verify_shortage, each_by_itself) {
  berth_context *ctx;
  berth_inventory *inventory = build(&ctx);
  enum { ROWS = sizeof rows / sizeof *rows };
  for (uint32_t i = 0; i < ROWS; i++) {
    const shortage_row *list[2] = {&rows[i], NULL};
    cr_expect_eq(is_refused(ctx, inventory, list, 1), rows[i].refused, "row %u", i);
    for (uint32_t k = 0; k < ROWS; k++) {
      list[1] = &rows[k];
      cr_expect_eq(is_refused(ctx, inventory, list, 2), rows[i].refused || rows[k].refused,
                   "row %u behind row %u", k, i);
    }
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

/* A VM of 5 runs on h0 (10), where one of 8 asks to be: 3 too little, if the one that runs has to
 * stay there. */
Test(verify_shortage, vms_that_run_may_leave) {
  enum { FREE, RULED, FIXED, VARIANTS };
  for (int variant = FREE; variant < VARIANTS; variant++) {
    cluster_sketch made = cluster_begin_plain();
    add_host(&made, host_of("h0", 10));
    add_host(&made, host_of("h1", 10));
    berth_vm_spec runs = vm_of("runs", "h0", 5);
    runs.movable = variant != FIXED;
    add_vm(&made, runs);
    add_vm(&made, vm_of("waits", NULL, 8));
    berth_rule_spec rule =
        rule_of("r", BERTH_RULE_RUN_ON, variant == RULED ? "runs waits" : "waits");
    rule.hosts = "h0";
    add_rule(&made, rule);
    berth_inventory *inventory = cluster_end(&made);
    static const uint32_t vms[] = {0, 1}, hosts[] = {H0};
    plan_sketch sketch = {.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
    berth_plan *plan = sketch_build(made.ctx, inventory, &sketch);
    berth_plan_shortage shortage = {.resource = BERTH_RESOURCE_MEMORY,
                                    .short_by = 3,
                                    .vm_count = 2,
                                    .host_count = 1,
                                    .vms = vms,
                                    .hosts = hosts};
    cr_assert_eq(berth_plan_add_shortage(made.ctx, plan, &shortage), BERTH_OK);
    bool refused = (fault_kinds(made.ctx, plan) & KIND(BERTH_FAULT_SHORTAGE)) != 0;
    cr_expect_eq(refused, variant == FREE, "variant %d", variant);
    berth_plan_free(plan);
    berth_inventory_release(inventory);
    berth_context_free(made.ctx);
  }
}
