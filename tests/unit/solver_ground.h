/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file solver_ground.h
 * A cluster with the problem of it and all that the parts of the solver ask for: a clock, memory.
 */
#ifndef BERTH_TESTS_SOLVER_GROUND_H
#define BERTH_TESTS_SOLVER_GROUND_H

#include "placement.h"
#include "problem_fixture.h"
#include "search_clock.h"
#include <stdio.h>

typedef struct solver_ground {
  fixture f;
  uint32_t cluster;
  const berth_inventory *inventory;
  arena memory;
  problem p;
  placement s; /* the initial state, at first */
  search_clock clock;
} solver_ground;

/** One cluster without HA; hosts and VMs come next. */
static inline solver_ground ground_begin(void) {
  solver_ground g = {.f = fixture_begin()};
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "c";
  spec.ha_enabled = false;
  cr_assert_eq(berth_builder_add_cluster(g.f.builder, &spec, &g.cluster), BERTH_OK);
  return g;
}

static inline void ground_freeze_aim(solver_ground *g, const problem_aim *aim) {
  g->inventory = fixture_freeze(&g->f);
  arena_init(&g->memory, context_allocator(g->f.ctx));
  problem_fixture_build_aim(&g->p, &g->memory, g->inventory, aim);
  cr_assert(placement_init(&g->s, &g->p, &g->memory));
  search_clock_start(&g->clock, g->f.ctx, 60000);
}

static inline void ground_freeze(solver_ground *g, berth_goal goal) {
  problem_aim aim = {.goal = goal, .settings = BERTH_PLAN_SETTINGS_INIT};
  ground_freeze_aim(g, &aim);
}

static inline void ground_end(solver_ground *g) {
  arena_free(&g->memory);
  berth_inventory_release(g->inventory);
  fixture_end(&g->f);
}

/** A host of 1,000 MHz in a state. */
static inline void ground_host(solver_ground *g, const char *id, int64_t memory_mib,
                               berth_host_state state) {
  berth_host_spec spec = fixture_host_spec(id, 1000, memory_mib);
  spec.state = state;
  fixture_add_host(&g->f, g->cluster, spec);
}

static inline void ground_vm(solver_ground *g, const char *id, const char *host,
                             int64_t memory_mib) {
  fixture_vm(&g->f, g->cluster, id, host, 0, memory_mib);
}

/** A VM that may not be migrated. */
static inline void ground_fixed_vm(solver_ground *g, const char *id, const char *host,
                                   int64_t memory_mib) {
  berth_vm_spec spec = fixture_vm_spec(id, host, 0, memory_mib);
  spec.movable = false;
  fixture_add_vm(&g->f, g->cluster, spec);
}

/** The item of a VM. */
static inline uint32_t ground_item(const solver_ground *g, const char *id) {
  uint32_t item = problem_item_of_vm(&g->p, fixture_find_vm(g->inventory, id));
  cr_assert_neq(item, BERTH_NONE, "%s takes no part", id);
  return item;
}

/** Moves a VM of the state at hand. */
static inline void ground_move(solver_ground *g, const char *id, const char *host) {
  uint32_t wanted = fixture_find_host(g->inventory, host), h = 0;
  while (h < g->p.host_count && g->p.host[h] != wanted)
    h++;
  cr_assert_lt(h, g->p.host_count);
  placement_move(&g->s, ground_item(g, id), h);
}

/** Numbers that are the same everywhere. */
static inline int64_t ground_draw(uint64_t *state, int64_t from, int64_t to) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return from + (int64_t)((*state >> 33) % (uint64_t)(to - from + 1));
}

#endif
