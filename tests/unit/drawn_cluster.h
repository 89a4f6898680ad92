/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file drawn_cluster.h
 * Clusters small enough to try every end state there is, and the best of all.
 */
#ifndef BERTH_TESTS_DRAWN_CLUSTER_H
#define BERTH_TESTS_DRAWN_CLUSTER_H

#include "admission.h"
#include "solver_ground.h"

/** What a drawn cluster is made of. */
typedef struct cluster_recipe {
  berth_goal goal;
  int hosts, vms;
  bool rules;   /* between VMs too */
  bool weights; /* hosts differ in power, which counts */
} cluster_recipe;

static inline void draw_hosts(solver_ground *g, const cluster_recipe *recipe, uint64_t *state,
                              int64_t *room) {
  char id[16];
  for (int h = 0; h < recipe->hosts; h++) {
    (void)snprintf(id, sizeof id, "h%d", h);
    berth_host_spec spec = fixture_host_spec(id, 1000, ground_draw(state, 10, 18));
    int64_t kind = ground_draw(state, 0, 9);
    spec.wake = ground_draw(state, 0, 3) > 0 ? BERTH_WAKE_WOL : BERTH_WAKE_NONE;
    spec.power_watts = ground_draw(state, 1, 9);
    if (h > 0 && kind == 0)
      spec.state = BERTH_HOST_STANDBY;
    if (h > 0 && kind == 1)
      spec.state = BERTH_HOST_ENTERING_MAINTENANCE;
    room[h] = spec.state == BERTH_HOST_STANDBY ? 0 : spec.memory_mib;
    fixture_add_host(&g->f, g->cluster, spec);
  }
  ground_host(g, "failed", 1000, BERTH_HOST_FAILED);
}

static inline void draw_vms(solver_ground *g, const cluster_recipe *recipe, uint64_t *state,
                            int64_t *room) {
  char id[16], home[16];
  for (int v = 0; v < recipe->vms; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    int64_t size = ground_draw(state, 2, 8), h = ground_draw(state, 0, recipe->hosts - 1);
    (void)snprintf(home, sizeof home, "h%d", (int)h);
    bool fits = room[h] >= size;
    berth_vm_spec spec =
        fixture_vm_spec(id, fits ? home : "failed", 10 * ground_draw(state, 1, 30), size);
    room[h] -= fits ? size : 0;
    spec.movable = ground_draw(state, 0, 7) > 0;
    spec.priority = ground_draw(state, 0, 2) > 0 ? BERTH_PRIORITY_MEDIUM : BERTH_PRIORITY_HIGH;
    fixture_add_vm(&g->f, g->cluster, spec);
  }
}

static inline void draw_rules(solver_ground *g, const cluster_recipe *recipe, uint64_t *state) {
  static const berth_rule_type between[] = {BERTH_RULE_APART, BERTH_RULE_TOGETHER};
  if (ground_draw(state, 0, 2) == 0)
    fixture_rule(&g->f, g->cluster, "on", BERTH_RULE_RUN_ON, BERTH_MUST, "v0", "h0 h1");
  if (ground_draw(state, 0, 3) == 0)
    fixture_rule(&g->f, g->cluster, "off", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v1 v2", "h0");
  for (int i = 0; i < 2 && recipe->rules; i++) {
    static const char *const ids[] = {"r0", "r1"}, *const vms[] = {"v1 v2 v3", "v3 v4"};
    fixture_rule(&g->f, g->cluster, ids[i], between[ground_draw(state, 0, 1)],
                 ground_draw(state, 0, 1) == 0 ? BERTH_MUST : BERTH_SHOULD, vms[i], NULL);
  }
}

/** Its problem and its initial state. */
static inline void draw_cluster(solver_ground *g, const cluster_recipe *recipe, uint64_t seed) {
  uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
  int64_t room[16];
  *g = ground_begin();
  draw_hosts(g, recipe, &state, room);
  draw_vms(g, recipe, &state, room);
  draw_rules(g, recipe, &state);
  problem_aim aim = {.goal = recipe->goal, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.weigh = recipe->weights ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  ground_freeze_aim(g, &aim);
}

static inline void try_every_state(placement *s, uint32_t item, int64_t *best) {
  const problem *p = s->problem;
  if (item == p->item_count) {
    if (placement_rules_allowed(s) && placement_all_within_limits(s) &&
        placement_compare(p, s->value, best) < 0)
      memcpy(best, s->value, sizeof s->value);
    return;
  }
  uint32_t home = p->origin[item];
  try_every_state(s, item + 1, best);
  for (uint32_t h = 0; h < p->host_count && p->kind[item] != ITEM_FIXED; h++) {
    if (h == home || !admission_allows(p, item, h))
      continue;
    placement_move(s, item, h);
    try_every_state(s, item + 1, best);
    placement_move(s, item, home);
  }
}

/** The values of the best end state; how it is reached does not matter. */
static inline void best_end(const solver_ground *g, int64_t *best) {
  placement s;
  arena memory;
  arena_init(&memory, context_allocator(g->f.ctx));
  cr_assert(placement_init(&s, &g->p, &memory));
  memcpy(best, s.value, sizeof s.value);
  try_every_state(&s, 0, best);
  arena_free(&memory);
}

#endif
