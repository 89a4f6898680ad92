/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes at every moment, against brute force: random small partial orders of migrations and
 * starts; every state that some execution has is a pair of sets (started, ended), and in each the
 * VMs of a host that ask for one node are put on its nodes in all ways (docs/model.md §3).
 */
#include "test_verify_support.h"

enum { CASES = 2500, HOSTS = 3, VMS = 6, LARGEST = 8, NODES = 2 };

typedef struct random_case {
  int64_t size[VMS], node[HOSTS][NODES];
  uint32_t nodes[HOSTS]; /* host 2 has none */
  uint32_t begin[VMS];   /* BERTH_NONE: waits to be powered on */
  bool one_node[VMS];
  plan_sketch plan;
  uint32_t waits[LARGEST]; /* bit j: step i waits for step j, directly */
} random_case;

static uint32_t below(uint64_t *state, uint32_t limit) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33) % limit;
}

static void draw_case(random_case *made, uint64_t *state) {
  *made = (random_case){.plan = {.goal = BERTH_GOAL_REPAIR}, .nodes = {NODES, 1, 0}};
  if (below(state, 6) == 0) { /* one node is all there is */
    made->nodes[0] = made->nodes[1] = 0;
    made->nodes[below(state, 2)] = 1;
  }
  for (uint32_t v = 0; v < VMS; v++) {
    made->size[v] = 1 + below(state, 5);
    made->one_node[v] = below(state, 6) != 0;
    made->begin[v] = below(state, 4) == 0 ? BERTH_NONE : below(state, HOSTS);
  }
  for (uint32_t h = 0; h < HOSTS; h++)
    for (uint32_t n = 0; n < NODES; n++)
      made->node[h][n] = 4 + below(state, 5);
}

static void draw_step(random_case *made, uint64_t *state, uint32_t *last, uint32_t density) {
  uint32_t v = below(state, VMS), to = below(state, HOSTS), id = made->plan.step_count;
  uint32_t at = last[v] == 0 ? made->begin[v] : made->plan.steps[last[v] - 1].to;
  step_sketch *step;
  if (made->begin[v] == BERTH_NONE) {
    if (last[v] != 0)
      return;
    step = sketch_start(&made->plan, BERTH_STEP_POWER_ON, v, to);
  } else {
    step = sketch_migrate(&made->plan, v, at, to == at ? (to + 1) % HOSTS : to);
  }
  for (uint32_t before = 1; before <= id; before++) {
    if (before != last[v] && below(state, density) != 0)
      continue;
    sketch_after(step, before);
    made->waits[id] |= UINT32_C(1) << (before - 1);
  }
  last[v] = id + 1;
}

static void draw_steps(random_case *made, uint64_t *state) {
  uint32_t last[VMS] = {0}, count = 2 + below(state, LARGEST - 1), density = 1 + below(state, 5);
  for (uint32_t i = 0; i < count; i++)
    draw_step(made, state, last, density);
}

/* ------------------------------------------------------------------ brute force */

static bool in(uint32_t set, uint32_t i) {
  return (set >> i & 1) != 0;
}

static bool reachable(const random_case *made, uint32_t started, uint32_t ended) {
  for (uint32_t i = 0; i < made->plan.step_count; i++)
    if (in(started, i) && (made->waits[i] & ~ended) != 0)
      return false;
  return (ended & ~started) == 0;
}

/* Whether the VM is at the host then, and whether it has arrived there since the start. */
static bool is_there(const random_case *made, uint32_t v, uint32_t host, uint32_t started,
                     uint32_t ended, bool *arrived) {
  bool there = made->begin[v] == host;
  for (uint32_t i = 0; i < made->plan.step_count; i++) {
    const step_sketch *step = &made->plan.steps[i];
    if (step->vm != v || !in(started, i))
      continue;
    if (step->to == host)
      there = *arrived = true;
    else if (step->from == host && in(ended, i))
      there = *arrived = false;
  }
  return there;
}

static bool splits(const random_case *made, const bool *there, uint32_t v, const int64_t *left,
                   uint32_t nodes) {
  if (v == VMS)
    return true;
  if (!there[v])
    return splits(made, there, v + 1, left, nodes);
  for (uint32_t n = 0; n < nodes; n++) {
    int64_t less[NODES] = {left[0], left[1]};
    less[n] -= made->size[v];
    if (less[n] >= 0 && splits(made, there, v + 1, less, nodes))
      return true;
  }
  return false;
}

static bool is_bad(const random_case *made, uint32_t host, uint32_t started, uint32_t ended) {
  bool there[VMS], any_arrived = false;
  for (uint32_t v = 0; v < VMS; v++) {
    bool arrived = false;
    there[v] = made->one_node[v] && is_there(made, v, host, started, ended, &arrived);
    any_arrived = any_arrived || (there[v] && arrived);
  }
  return any_arrived && !splits(made, there, 0, made->node[host], made->nodes[host]);
}

static bool is_ever_bad(const random_case *made, uint32_t host) {
  uint32_t all = (UINT32_C(1) << made->plan.step_count) - 1;
  for (uint32_t started = 1; started <= all && made->nodes[host] > 0; started++)
    for (uint32_t ended = started;; ended = (ended - 1) & started) {
      if (reachable(made, started, ended) && is_bad(made, host, started, ended))
        return true;
      if (ended == 0)
        break;
    }
  return false;
}

/* ------------------------------------------------------------------ the checker */

static uint32_t numa_faults(const random_case *made) {
  static const char *const host_ids[] = {"h0", "h1", "h2"};
  static const char *const vm_ids[] = {"v0", "v1", "v2", "v3", "v4", "v5"};
  cluster_sketch sketch = cluster_begin_plain();
  for (uint32_t h = 0; h < HOSTS; h++) {
    uint32_t host = add_host(&sketch, host_of(host_ids[h], 100000));
    for (uint32_t n = 0; n < made->nodes[h]; n++)
      cr_assert_eq(berth_builder_host_numa(sketch.builder, host, n, 50000, made->node[h][n], NULL),
                   BERTH_OK);
  }
  for (uint32_t v = 0; v < VMS; v++) {
    uint32_t begin = made->begin[v];
    berth_vm_spec vm =
        vm_of(vm_ids[v], begin == BERTH_NONE ? NULL : host_ids[begin], made->size[v]);
    vm.numa = made->one_node[v] ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
    add_vm(&sketch, vm);
  }
  berth_context *ctx = sketch.ctx;
  berth_inventory *inventory = cluster_end(&sketch);
  berth_plan *plan = sketch_build(ctx, inventory, &made->plan);
  berth_report *report = NULL;
  uint32_t count = 0;
  cr_assert_eq(berth_verify(ctx, plan, &report), BERTH_OK);
  for (uint32_t k = 0; k < berth_report_count(report); k++)
    count += berth_report_fault(report, k)->kind == BERTH_FAULT_NUMA;
  berth_report_free(report);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return count;
}

Test(verify_nodes, moments_agree_with_brute_force, .timeout = 120) {
  uint64_t state = 3;
  uint32_t bad = 0, good = 0;
  for (uint32_t k = 0; k < CASES; k++) {
    random_case made;
    draw_case(&made, &state);
    draw_steps(&made, &state);
    uint32_t expected = is_ever_bad(&made, 0) + is_ever_bad(&made, 1);
    cr_expect_eq(numa_faults(&made), expected, "case %u: expected %u", k, expected);
    ++*(expected > 0 ? &bad : &good);
  }
  cr_expect_gt(bad, CASES / 5);
  cr_expect_gt(good, CASES / 5);
}
