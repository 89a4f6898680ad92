/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fails the Nth allocation, for every N, while an inventory is built and frozen, a scenario applied
 * and a plan filled. Each run ends with a status, and with every byte given back.
 */
#include "../short_memory.h"
#include <berth/plan.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(allocation_failure);

static berth_status build(berth_builder *builder) {
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  berth_host_spec host = BERTH_HOST_SPEC_INIT;
  berth_vm_spec vm = BERTH_VM_SPEC_INIT;
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  uint32_t c, index;
  char id[24];
  berth_status status = berth_builder_add_resource(builder, "vgpu", NULL);
  cluster.id = "c";
  if (status == BERTH_OK)
    status = berth_builder_add_cluster(builder, &cluster, &c);
  host.cpu_mhz = host.memory_mib = 100;
  host.rack = "r";
  for (int i = 0; i < 3 && status == BERTH_OK; i++) {
    snprintf(id, sizeof id, "h%d", i);
    host.id = id;
    if ((status = berth_builder_add_host(builder, c, &host, &index)) == BERTH_OK &&
        (status = berth_builder_host_capacity(builder, index, "vgpu", 1, NULL)) == BERTH_OK &&
        (status = berth_builder_host_numa(builder, index, 0, 1, 1, NULL)) == BERTH_OK)
      status = berth_builder_host_reach_network(builder, index, "lan");
  }
  for (int i = 0; i < 20 && status == BERTH_OK; i++) { /* enough for tables to grow */
    snprintf(id, sizeof id, "lan%d", i);
    status = berth_builder_host_reach_network(builder, 0, id);
  }
  vm.memory_mib = 1;
  for (int i = 0; i < 4 && status == BERTH_OK; i++) {
    snprintf(id, sizeof id, "v%d", i);
    vm.id = id;
    vm.host = i < 3 ? "h0" : NULL;
    vm.power = i == 1 ? BERTH_POWER_OFF : BERTH_POWER_ON;
    if ((status = berth_builder_add_vm(builder, c, &vm, &index)) == BERTH_OK)
      status = berth_builder_vm_needs_network(builder, index, "lan");
  }
  if (status == BERTH_OK)
    status = berth_builder_add_vm_group(builder, c, "g", "v0 v1", NULL);
  if (status == BERTH_OK)
    status = berth_builder_add_host_group(builder, c, "hg", "h0 h1", NULL);
  const berth_rule_type types[] = {BERTH_RULE_RUN_ON, BERTH_RULE_APART, BERTH_RULE_TOGETHER,
                                   BERTH_RULE_NOT_RUN_ON, BERTH_RULE_RESTART_AFTER};
  for (int i = 0; i < 5 && status == BERTH_OK; i++) {
    snprintf(id, sizeof id, "r%d", i);
    rule.id = id;
    rule.type = types[i];
    rule.vms = i == 4 ? "v2" : "g v2";
    rule.hosts = "hg h2";
    rule.after = "v3";
    rule.over = BERTH_DOMAIN_RACK;
    status = berth_builder_add_rule(builder, c, &rule, NULL);
  }
  return status;
}

static berth_status add_event(berth_context *ctx, berth_scenario *scenario, berth_event_type type,
                              const char *name) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  event.host = event.vm = event.like = event.id = name;
  if (type == BERTH_EVENT_SET) {
    event.host = NULL;
    event.attribute = "cpus";
    event.value = "2";
  }
  event.position = (berth_position){"what-if.xml", 1, 1};
  return berth_scenario_add(ctx, scenario, &event);
}

static berth_status change(berth_context *ctx, berth_scenario *scenario) {
  static const berth_event_type types[] = {
      BERTH_EVENT_FAIL,     BERTH_EVENT_POWER_ON, BERTH_EVENT_DROP_RULE,   BERTH_EVENT_ADD_VM,
      BERTH_EVENT_ADD_HOST, BERTH_EVENT_SET,      BERTH_EVENT_REMOVE_HOST, BERTH_EVENT_STANDBY};
  static const char *const names[] = {"h0", "v1", "r1", "v0", "h1", "v0", "h1", "h2"};
  berth_status status = BERTH_OK;
  for (int i = 0; i < 8 && status == BERTH_OK; i++)
    status = add_event(ctx, scenario, types[i], names[i]);
  return status;
}

static berth_status fill(berth_context *ctx, berth_plan *plan) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  berth_plan_ledger_entry entry = {BERTH_REASON_FAILED, BERTH_NONE, BERTH_NONE, 1, 0};
  const char *conflict = "memory";
  berth_plan_remedy remedy = {"wake h2", 1};
  berth_plan_unplaced unplaced = {0, 1, 1, 1, &entry, &conflict, &remedy};
  berth_plan_level level = {BERTH_LEVEL_MIGRATIONS, 0, 0, BERTH_OUTCOME_OPTIMAL, "zero"};
  berth_plan_placement placement = {0, BERTH_NONE, 1, BERTH_HOW_RESTART};
  uint32_t after = 1;
  step.after = &after;
  step.after_count = 1;
  step.why = "because";
  berth_status status = berth_plan_add_step(ctx, plan, &step);
  if (status == BERTH_OK)
    status = berth_plan_add_unplaced(ctx, plan, &unplaced);
  if (status == BERTH_OK)
    status = berth_plan_add_level(ctx, plan, &level);
  if (status == BERTH_OK)
    status = berth_plan_add_placement(ctx, plan, &placement);
  if (status == BERTH_OK)
    status = berth_plan_add_warning(ctx, plan, "careful");
  return status;
}

/* Everything, with the first `allowed` allocations; all is freed again. */
static berth_status run(short_memory *memory) {
  berth_allocator allocator = short_memory_allocator(memory);
  berth_context *ctx = NULL;
  berth_builder *builder = NULL;
  berth_inventory *frozen = NULL;
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  berth_status status = berth_context_new(&allocator, &ctx);
  if (status == BERTH_OK)
    status = berth_builder_new(ctx, &builder);
  if (status == BERTH_OK)
    status = build(builder);
  if (status == BERTH_OK)
    status = berth_builder_freeze(builder, &frozen);
  if (status == BERTH_OK)
    status = berth_scenario_new(ctx, &scenario);
  if (status == BERTH_OK)
    status = change(ctx, scenario);
  if (status == BERTH_OK)
    status = berth_scenario_apply(ctx, frozen, scenario, &inventory);
  if (status == BERTH_OK)
    status = berth_plan_new(ctx, inventory, scenario, BERTH_GOAL_FAILOVER, &plan);
  if (status == BERTH_OK)
    status = fill(ctx, plan);
  if (ctx != NULL && status != BERTH_OK)
    cr_assert_neq(berth_context_detail(ctx)[0], '\0');
  berth_plan_free(plan);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  berth_inventory_release(frozen);
  berth_builder_free(builder);
  berth_context_free(ctx);
  return status;
}

Test(allocation_failure, every_allocation_may_fail) {
  berth_status status = BERTH_E_NOMEM;
  long allowed = 0;
  for (; status != BERTH_OK; allowed++) {
    short_memory memory = {.left = allowed, .alive = 0};
    cr_assert_lt(allowed, 100000, "no run succeeds");
    status = run(&memory);
    cr_assert_eq(memory.alive, 0, "%ld pieces leak after %ld allocations", memory.alive, allowed);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%s after %ld allocations",
              berth_status_name(status), allowed);
  }
  cr_assert_gt(allowed, 50, "the run must exercise allocations");
}
