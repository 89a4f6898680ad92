/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file problem_fixture.h
 * The placement problem of the first cluster of an inventory, all of it in one component.
 */
#ifndef BERTH_TESTS_PROBLEM_FIXTURE_H
#define BERTH_TESTS_PROBLEM_FIXTURE_H

#include "../inventory_fixture.h"
#include "context_internal.h"
#include "problem.h"

/** Memory from @p memory; hosts and VMs in the inventory's order, those that take no part left out.
 */
static inline void problem_fixture_build_aim(problem *p, arena *memory,
                                             const berth_inventory *inventory,
                                             const problem_aim *aim) {
  problem_scratch scratch;
  uint32_t *hosts = arena_take(memory, inventory->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(memory, inventory->vm_count, sizeof *vms);
  component all = {.host_count = inventory->host_count, .hosts = hosts, .vms = vms};
  cr_assert(hosts != NULL && vms != NULL && problem_scratch_init(&scratch, memory, inventory));
  for (uint32_t h = 0; h < inventory->host_count; h++)
    hosts[h] = h;
  for (uint32_t v = 0; v < inventory->vm_count; v++) {
    item_kind kind;
    if (problem_item_kind(inventory, v, &kind))
      vms[all.vm_count++] = v;
  }
  cr_assert(problem_build(p, memory, inventory, aim, 0, &all, &scratch));
}

/** The same with the settings of a plan that says nothing of them. */
static inline void problem_fixture_build(problem *p, arena *memory,
                                         const berth_inventory *inventory, berth_goal goal) {
  problem_aim aim = {.goal = goal, .settings = BERTH_PLAN_SETTINGS_INIT};
  problem_fixture_build_aim(p, memory, inventory, &aim);
}

static inline void *problem_fixture_no_memory(void *user, size_t bytes) {
  (void)user;
  (void)bytes;
  return NULL;
}

static inline void *problem_fixture_no_growth(void *user, void *memory, size_t bytes) {
  (void)user;
  (void)memory;
  (void)bytes;
  return NULL;
}

static inline void problem_fixture_no_release(void *user, void *memory) {
  (void)user;
  (void)memory;
}

/** An arena that has nothing to give. */
static inline arena problem_fixture_empty_arena(void) {
  berth_allocator nothing = {.allocate = problem_fixture_no_memory,
                             .reallocate = problem_fixture_no_growth,
                             .release = problem_fixture_no_release};
  arena memory;
  arena_init(&memory, &nothing);
  return memory;
}

#endif
