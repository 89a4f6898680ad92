/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small clusters and hand-written plans for the tests of the checker. A sketch is a plan as plain
 * data that a test may spoil in one place before it is made a berth_plan. Windows follow from the
 * sketch's own durations (sketch_time), so that a spoilt order does not drown in wrong times.
 */
#ifndef BERTH_TEST_VERIFY_SUPPORT_H
#define BERTH_TEST_VERIFY_SUPPORT_H

#include <berth/verify.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SKETCH_STEPS 16
#define SKETCH_EDGES 16
#define SKETCH_LIST 16

/** A cluster under construction. */
typedef struct cluster_sketch {
  berth_context *ctx;
  berth_builder *builder;
  uint32_t cluster;
} cluster_sketch;

typedef struct step_sketch {
  berth_step_type type;
  uint32_t vm, from, to, host;
  uint32_t after_count, settled_count;
  uint32_t after[SKETCH_EDGES], settled[SKETCH_EDGES]; /* step ids */
  int64_t wait, seconds, settle, expected_wait;
  berth_window start, end;
  bool approval;
} step_sketch;

typedef struct plan_sketch {
  berth_goal goal;
  berth_outcome status;
  uint32_t step_count, placement_count, unplaced_count, level_count;
  step_sketch steps[SKETCH_STEPS];
  berth_plan_placement placements[SKETCH_LIST];
  uint32_t unplaced[SKETCH_LIST];
  berth_plan_level levels[BERTH_LEVEL_COUNT];
  berth_plan_makespan makespan;
  berth_plan_settings settings; /* the defaults if all of it is zero */
  uint32_t certificate_count;
  berth_plan_certificate certificates[SKETCH_LIST];
} plan_sketch;

static inline cluster_sketch cluster_begin(const berth_cluster_spec *set_up) {
  cluster_sketch made = {0};
  cr_assert_eq(berth_context_new(NULL, &made.ctx), BERTH_OK);
  cr_assert_eq(berth_builder_new(made.ctx, &made.builder), BERTH_OK);
  cr_assert_eq(berth_builder_add_cluster(made.builder, set_up, &made.cluster), BERTH_OK);
  return made;
}

static inline cluster_sketch cluster_begin_plain(void) {
  berth_cluster_spec set_up = BERTH_CLUSTER_SPEC_INIT;
  set_up.id = "c";
  return cluster_begin(&set_up);
}

/** A host of 100,000 MHz and the given memory; indices count up from 0. */
static inline berth_host_spec host_of(const char *id, int64_t memory) {
  berth_host_spec host = BERTH_HOST_SPEC_INIT;
  host.id = id;
  host.cpu_mhz = 100000;
  host.memory_mib = memory;
  return host;
}

/** A VM of 11,920 MiB, of which `reserved` are; its copy over 10 Gbps takes
 *  ⌈11920·8388608 / 10⁷⌉ = 10,000 ms, so 10 s. */
static inline berth_vm_spec vm_of(const char *id, const char *host, int64_t reserved) {
  berth_vm_spec vm = BERTH_VM_SPEC_INIT;
  vm.id = id;
  vm.host = host;
  vm.memory_mib = 11920;
  vm.memory_reservation_mib = reserved;
  return vm;
}

static inline berth_rule_spec rule_of(const char *id, berth_rule_type type, const char *vms) {
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  rule.id = id;
  rule.type = type;
  rule.vms = vms;
  return rule;
}

static inline uint32_t add_host(const cluster_sketch *made, berth_host_spec host) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_builder_add_host(made->builder, made->cluster, &host, &index), BERTH_OK);
  return index;
}

static inline uint32_t add_vm(const cluster_sketch *made, berth_vm_spec vm) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_builder_add_vm(made->builder, made->cluster, &vm, &index), BERTH_OK);
  return index;
}

static inline void add_rule(const cluster_sketch *made, berth_rule_spec rule) {
  cr_assert_eq(berth_builder_add_rule(made->builder, made->cluster, &rule, NULL), BERTH_OK);
}

/** Freezes; the context stays with the caller. */
static inline berth_inventory *cluster_end(cluster_sketch *made) {
  berth_inventory *inventory = NULL;
  berth_status status = berth_builder_freeze(made->builder, &inventory);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(made->ctx));
  berth_builder_free(made->builder);
  made->builder = NULL;
  return inventory;
}

static inline step_sketch *sketch_step(plan_sketch *plan, berth_step_type type, int64_t seconds) {
  cr_assert_lt(plan->step_count, SKETCH_STEPS);
  step_sketch *step = &plan->steps[plan->step_count++];
  *step = (step_sketch){.type = type,
                        .vm = BERTH_NONE,
                        .from = BERTH_NONE,
                        .to = BERTH_NONE,
                        .host = BERTH_NONE,
                        .seconds = seconds};
  return step;
}

static inline void sketch_after(step_sketch *step, uint32_t id) {
  step->after[step->after_count++] = id;
}

static inline void sketch_settled(step_sketch *step, uint32_t id) {
  step->settled[step->settled_count++] = id;
}

static inline step_sketch *sketch_wake(plan_sketch *plan, uint32_t host) {
  step_sketch *step = sketch_step(plan, BERTH_STEP_WAKE, 300);
  step->host = host;
  return step;
}

static inline step_sketch *sketch_migrate(plan_sketch *plan, uint32_t vm, uint32_t from,
                                          uint32_t to) {
  step_sketch *step = sketch_step(plan, BERTH_STEP_MIGRATE, 10);
  step->vm = vm;
  step->from = from;
  step->to = to;
  return step;
}

static inline step_sketch *sketch_start(plan_sketch *plan, berth_step_type type, uint32_t vm,
                                        uint32_t to) {
  step_sketch *step = sketch_step(plan, type, 30);
  step->vm = vm;
  step->to = to;
  return step;
}

static inline step_sketch *sketch_enter(plan_sketch *plan, uint32_t host) {
  step_sketch *step = sketch_step(plan, BERTH_STEP_ENTER_MAINTENANCE, 0);
  step->host = host;
  return step;
}

static inline void sketch_place(plan_sketch *plan, uint32_t vm, uint32_t from, uint32_t to,
                                berth_how how) {
  plan->placements[plan->placement_count++] =
      (berth_plan_placement){.vm = vm, .from = from, .to = to, .how = how};
}

/** A level whose value is proved. */
static inline void sketch_level(plan_sketch *plan, berth_level level, int64_t value) {
  plan->levels[plan->level_count++] = (berth_plan_level){
      .level = level, .value = value, .bound = value, .status = BERTH_OUTCOME_OPTIMAL};
}

static inline berth_plan_level *sketch_find_level(plan_sketch *plan, berth_level level) {
  for (uint32_t k = 0; k < plan->level_count; k++)
    if (plan->levels[k].level == level)
      return &plan->levels[k];
  cr_assert_fail("no such level");
  return NULL;
}

static inline int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static inline void sketch_time_edge(plan_sketch *plan, const int64_t *expected_end, uint32_t id,
                                    bool settled, step_sketch *step, int64_t *expected) {
  if (id == 0 || id > plan->step_count)
    return;
  const step_sketch *before = &plan->steps[id - 1];
  int64_t settle = settled ? before->settle : 0;
  step->start.earliest = larger(step->start.earliest, before->end.earliest + settle);
  step->start.latest = larger(step->start.latest, before->end.latest + settle);
  *expected = larger(*expected, expected_end[id - 1] + settle);
}

/** Windows, makespan and the value (and bound) of the level makespan, if there is one, from
 * durations and edges to earlier steps. */
static inline void sketch_time(plan_sketch *plan) {
  int64_t expected_end[SKETCH_STEPS] = {0};
  plan->makespan = (berth_plan_makespan){0, 0, 0};
  for (uint32_t i = 0; i < plan->step_count; i++) {
    step_sketch *step = &plan->steps[i];
    int64_t expected = 0;
    step->start = (berth_window){0, 0};
    for (uint32_t k = 0; k < step->after_count; k++)
      sketch_time_edge(plan, expected_end, step->after[k], false, step, &expected);
    for (uint32_t k = 0; k < step->settled_count; k++)
      sketch_time_edge(plan, expected_end, step->settled[k], true, step, &expected);
    step->end.earliest = step->start.earliest + step->seconds;
    step->end.latest = step->start.latest + step->wait + step->seconds;
    expected_end[i] = expected + step->expected_wait + step->seconds;
    plan->makespan.best = larger(plan->makespan.best, step->end.earliest);
    plan->makespan.worst = larger(plan->makespan.worst, step->end.latest);
    plan->makespan.expected = larger(plan->makespan.expected, expected_end[i]);
  }
  for (uint32_t k = 0; k < plan->level_count; k++)
    if (plan->levels[k].level == BERTH_LEVEL_MAKESPAN)
      plan->levels[k].value = plan->levels[k].bound = plan->makespan.worst;
}

static inline void sketch_add_step(berth_context *ctx, berth_plan *plan, const step_sketch *from) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = from->type;
  step.vm = from->vm;
  step.from = from->from;
  step.to = from->to;
  step.host = from->host;
  step.after_count = from->after_count;
  step.after = from->after;
  step.after_settled_count = from->settled_count;
  step.after_settled = from->settled;
  step.wait = from->wait;
  step.seconds = from->seconds;
  step.settle = from->settle;
  step.start = from->start;
  step.end = from->end;
  step.approval = from->approval;
  cr_assert_eq(berth_plan_add_step(ctx, plan, &step), BERTH_OK, "%s", berth_context_detail(ctx));
}

static inline berth_plan *sketch_build(berth_context *ctx, const berth_inventory *inventory,
                                       const plan_sketch *from) {
  berth_plan *plan = NULL;
  cr_assert_eq(berth_plan_new(ctx, inventory, NULL, from->goal, &plan), BERTH_OK);
  berth_plan_set_status(plan, from->status);
  berth_plan_set_makespan(plan, from->makespan);
  for (uint32_t k = 0; k < from->level_count; k++)
    cr_assert_eq(berth_plan_add_level(ctx, plan, &from->levels[k]), BERTH_OK);
  for (uint32_t k = 0; k < from->placement_count; k++)
    cr_assert_eq(berth_plan_add_placement(ctx, plan, &from->placements[k]), BERTH_OK);
  for (uint32_t k = 0; k < from->unplaced_count; k++) {
    berth_plan_unplaced unplaced = {.vm = from->unplaced[k]};
    cr_assert_eq(berth_plan_add_unplaced(ctx, plan, &unplaced), BERTH_OK);
  }
  for (uint32_t k = 0; k < from->step_count; k++)
    sketch_add_step(ctx, plan, &from->steps[k]);
  if (from->settings.struct_size != 0)
    cr_assert_eq(berth_plan_set_settings(ctx, plan, &from->settings), BERTH_OK);
  for (uint32_t k = 0; k < from->certificate_count; k++)
    cr_assert_eq(berth_plan_add_certificate(ctx, plan, &from->certificates[k]), BERTH_OK, "%s",
                 berth_context_detail(ctx));
  return plan;
}

/** The step as the plan holds it, to be spoilt where berth_plan_add_step() would refuse. */
static inline berth_plan_step *sketch_inside(berth_plan *plan, uint32_t id) {
  return (berth_plan_step *)berth_plan_step_at(plan, id - 1);
}

/** One bit for each kind of fault found; their texts go to the log when a test fails. */
static inline uint32_t fault_kinds(berth_context *ctx, const berth_plan *plan) {
  uint32_t kinds = 0;
  berth_report *report = NULL;
  cr_assert_eq(berth_verify(ctx, plan, &report), BERTH_OK);
  for (uint32_t k = 0; k < berth_report_count(report); k++) {
    const berth_fault *fault = berth_report_fault(report, k);
    kinds |= UINT32_C(1) << fault->kind;
    cr_assert_null(strchr(fault->text, '\n'));
    cr_log_info("%s: %s\n", berth_fault_word(fault->kind), fault->text);
  }
  berth_report_free(report);
  return kinds;
}

#define KIND(kind) (UINT32_C(1) << (kind))

/** Fault kinds of a sketch. */
static inline uint32_t sketch_faults(berth_context *ctx, const berth_inventory *inventory,
                                     const plan_sketch *sketch) {
  berth_plan *plan = sketch_build(ctx, inventory, sketch);
  uint32_t kinds = fault_kinds(ctx, plan);
  berth_plan_free(plan);
  return kinds;
}

#endif
