/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts, ends and settlings of steps in any order in which precedence allows them: a step may
 * start when all of `after` has ended and all of `after_settled` has settled, and takes as long as
 * it likes. At each start, what docs/model.md §3 to §5 asks is counted anew from where VMs are.
 */
#include "fuzzed_execution.h"

#include "frozen.h"
#include "fuzzed_bytes.h"
#include <assert.h>
#include <string.h>

enum { MOST = 64 };

typedef enum phase { WAITING = 0, UNDER_WAY, ENDED, SETTLED } phase;

typedef struct world {
  const berth_inventory *inventory;
  const berth_plan *plan;
  uint32_t hosts, vms, steps;
  uint64_t charged[MOST], start[MOST]; /* by VM: hosts that it is charged on now, and at first */
  bool moving[MOST];                   /* by VM */
  bool serving[MOST], closed[MOST];    /* by host: takes VMs; has entered maintenance or is down */
  phase phases[MOST];                  /* by step */
} world;

static uint64_t bit(uint32_t index) {
  return UINT64_C(1) << index;
}

/* docs/model.md §1: displaced and waiting VMs run nowhere. */
static bool runs_at_first(const berth_inventory *inventory, uint32_t vm) {
  const uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON || host == BERTH_NONE)
    return false;
  const berth_cluster_spec *cluster = &inventory->clusters[inventory->host_cluster[host]].set_up;
  switch ((berth_host_state)inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
    return false;
  case BERTH_HOST_ISOLATED:
    return cluster->isolation_response == BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

static void begin(world *w) {
  for (uint32_t v = 0; v < w->vms; v++) {
    w->start[v] = runs_at_first(w->inventory, v) ? bit(w->inventory->vm_host[v]) : 0;
    w->charged[v] = w->start[v];
    w->moving[v] = false;
  }
  for (uint32_t h = 0; h < w->hosts; h++) {
    w->serving[h] = w->inventory->host_state[h] == BERTH_HOST_ONLINE;
    w->closed[h] = false;
  }
  memset(w->phases, 0, sizeof w->phases);
}

/* ---------------------------------------------------------------------------- what must hold */

static int64_t use(const world *w, const uint64_t *where, uint32_t host, uint32_t resource) {
  int64_t sum = 0;
  for (uint32_t v = 0; v < w->vms; v++)
    if ((where[v] & bit(host)) != 0)
      sum += berth_inventory_vm_demand(w->inventory, v, resource);
  return sum;
}

static void check_capacity(const world *w, uint32_t host) {
  for (uint32_t r = 0; r < w->inventory->resource_count; r++) {
    const int64_t now = use(w, w->charged, host, r);
    fuzzed_require(now <= berth_inventory_host_capacity(w->inventory, host, r) ||
                       now <= use(w, w->start, host, r),
                   "no host is over its capacity");
  }
}

/* Members of a rule in the domain of a host. */
static uint32_t members(const world *w, const uint64_t *where, const frozen_rule *rule,
                        uint32_t host) {
  const uint32_t *domains = w->inventory->host_domain[rule->over];
  uint64_t hosts = 0;
  uint32_t count = 0;
  for (uint32_t h = 0; h < w->hosts; h++)
    if (rule->over == BERTH_DOMAIN_HOST ? h == host : domains[h] == domains[host])
      hosts |= bit(h);
  for (uint32_t i = 0; i < rule->vm_count; i++)
    count += (where[rule->vms[i]] & hosts) != 0;
  return count;
}

static bool lists(const uint32_t *list, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == wanted)
      return true;
  return false;
}

static void check_rule(const world *w, const frozen_rule *rule, uint32_t vm, uint32_t host) {
  if (!rule->enabled || rule->strength != BERTH_MUST || !lists(rule->vms, rule->vm_count, vm))
    return;
  const bool listed = lists(rule->hosts, rule->host_count, host);
  if (rule->type == BERTH_RULE_RUN_ON || rule->type == BERTH_RULE_NOT_RUN_ON)
    fuzzed_require(listed == (rule->type == BERTH_RULE_RUN_ON), "a VM arrives where it may run");
  if (rule->type != BERTH_RULE_APART && rule->type != BERTH_RULE_AT_MOST)
    return;
  const uint32_t now = members(w, w->charged, rule, host);
  fuzzed_require(now <= (rule->type == BERTH_RULE_APART ? 1 : (uint64_t)rule->count) ||
                     now <= members(w, w->start, rule, host),
                 "VMs stay apart");
}

static void check_lanes(const world *w, uint32_t host) {
  const berth_cluster_spec *cluster =
      &w->inventory->clusters[w->inventory->host_cluster[host]].set_up;
  int64_t migrations = 0, starts = 0;
  for (uint32_t i = 0; i < w->steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (w->phases[i] != UNDER_WAY)
      continue;
    if (step->type == BERTH_STEP_MIGRATE)
      migrations += step->from == host || step->to == host;
    else if (step->type == BERTH_STEP_RESTART || step->type == BERTH_STEP_POWER_ON)
      starts += step->to == host;
  }
  fuzzed_require(migrations <= cluster->migrations_per_host, "few migrations touch a host at once");
  fuzzed_require(starts <= cluster->restarts_per_host, "few VMs start on a host at once");
}

/* Migrations of VMs of the cluster that need one of those that the VM needs. */
static void check_datastores(const world *w, uint32_t vm) {
  const berth_inventory *inventory = w->inventory;
  const int64_t most =
      inventory->clusters[inventory->vm_cluster[vm]].set_up.migrations_per_datastore;
  for (uint32_t d = inventory->vm_datastore_start[vm]; d < inventory->vm_datastore_start[vm + 1];
       d++) {
    int64_t migrations = 0;
    for (uint32_t i = 0; i < w->steps; i++) {
      const berth_plan_step *step = berth_plan_step_at(w->plan, i);
      if (w->phases[i] != UNDER_WAY || step->type != BERTH_STEP_MIGRATE ||
          inventory->vm_cluster[step->vm] != inventory->vm_cluster[vm])
        continue;
      const uint32_t first = inventory->vm_datastore_start[step->vm];
      migrations +=
          lists(inventory->vm_datastores + first,
                inventory->vm_datastore_start[step->vm + 1] - first, inventory->vm_datastores[d]);
    }
    fuzzed_require(migrations <= most, "few migrations use a datastore at once");
  }
}

/* What the plan starts of those that come before has been started. */
static void check_restart_order(const world *w, const frozen_rule *rule, uint32_t vm) {
  if (rule->type != BERTH_RULE_RESTART_AFTER || !rule->enabled ||
      !lists(rule->vms, rule->vm_count, vm))
    return;
  for (uint32_t i = 0; i < w->steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (step->type == BERTH_STEP_RESTART || step->type == BERTH_STEP_POWER_ON)
      fuzzed_require(!lists(rule->after, rule->after_count, step->vm) || w->phases[i] >= ENDED,
                     "VMs start in the order of the rules");
  }
}

/* A step that has ended disturbs its VM until it has settled. */
static void check_quiesce(const world *w, const frozen_rule *rule) {
  if (rule->type != BERTH_RULE_QUIESCE || !rule->enabled)
    return;
  uint64_t disturbed = 0;
  int64_t count = 0;
  for (uint32_t i = 0; i < w->steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (step->type == BERTH_STEP_MIGRATE && w->phases[i] != WAITING && w->phases[i] != SETTLED &&
        lists(rule->vms, rule->vm_count, step->vm))
      disturbed |= bit(step->vm);
  }
  for (; disturbed != 0; disturbed &= disturbed - 1)
    count++;
  fuzzed_require(count <= rule->max_concurrent, "few members of a rule are disturbed at once");
}

static void check_arrival(const world *w, uint32_t vm, uint32_t host) {
  fuzzed_require(w->serving[host] && !w->closed[host], "VMs arrive at hosts that serve");
  check_capacity(w, host);
  check_lanes(w, host);
  for (uint32_t r = 0; r < w->inventory->rule_count; r++) {
    check_rule(w, &w->inventory->rules[r], vm, host);
    check_quiesce(w, &w->inventory->rules[r]);
  }
}

static void check_end(const world *w) {
  uint64_t unplaced = 0;
  for (uint32_t i = 0; i < berth_plan_unplaced_count(w->plan); i++)
    unplaced |= bit(berth_plan_unplaced_at(w->plan, i)->vm);
  for (uint32_t h = 0; h < w->hosts; h++)
    check_capacity(w, h);
  for (uint32_t v = 0; v < w->vms; v++) {
    const uint32_t home = w->inventory->vm_host[v];
    const bool stays_down =
        w->inventory->vm_power[v] != BERTH_POWER_ON ||
        (home != BERTH_NONE && w->inventory->vm_priority[v] == BERTH_PRIORITY_DISABLED);
    fuzzed_require((w->charged[v] & (w->charged[v] - 1)) == 0, "a VM ends on one host");
    fuzzed_require(w->charged[v] != 0 || stays_down || (unplaced & bit(v)) != 0,
                   "a VM without a host is told");
  }
  for (uint32_t i = 0; i < berth_plan_placement_count(w->plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(w->plan, i);
    fuzzed_require(w->charged[placement->vm] == bit(placement->to),
                   "a VM ends where it is said to");
  }
}

/* ---------------------------------------------------------------------------- what happens */

static void start_migration(world *w, const berth_plan_step *step) {
  fuzzed_require(w->charged[step->vm] == bit(step->from) && !w->moving[step->vm],
                 "a VM is where it is taken from");
  fuzzed_require(w->inventory->vm_movable[step->vm] != 0, "a VM that moves is movable");
  w->moving[step->vm] = true;
  w->charged[step->vm] |= bit(step->to);
  check_arrival(w, step->vm, step->to);
  check_lanes(w, step->from);
  check_datastores(w, step->vm);
}

static void start_step(world *w, uint32_t index) {
  const berth_plan_step *step = berth_plan_step_at(w->plan, index);
  w->phases[index] = UNDER_WAY;
  switch (step->type) {
  case BERTH_STEP_MIGRATE:
    start_migration(w, step);
    return;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    fuzzed_require(w->charged[step->vm] == 0, "a VM that starts does not run");
    w->charged[step->vm] = bit(step->to);
    check_arrival(w, step->vm, step->to);
    for (uint32_t r = 0; r < w->inventory->rule_count; r++)
      check_restart_order(w, &w->inventory->rules[r], step->vm);
    return;
  case BERTH_STEP_ENTER_MAINTENANCE:
  case BERTH_STEP_POWER_DOWN:
    w->closed[step->host] = true;
    for (uint32_t v = 0; v < w->vms; v++)
      fuzzed_require((w->charged[v] & bit(step->host)) == 0, "a host that goes is empty");
    return;
  case BERTH_STEP_WAKE:
    fuzzed_require(w->inventory->host_state[step->host] == BERTH_HOST_STANDBY &&
                       w->inventory->host_wake[step->host] != BERTH_WAKE_NONE,
                   "a host that wakes slept");
    return;
  }
}

static void end_step(world *w, uint32_t index) {
  const berth_plan_step *step = berth_plan_step_at(w->plan, index);
  w->phases[index] = step->settle > 0 ? ENDED : SETTLED;
  if (step->type == BERTH_STEP_WAKE)
    w->serving[step->host] = true;
  if (step->type == BERTH_STEP_MIGRATE) {
    w->charged[step->vm] &= ~bit(step->from);
    w->moving[step->vm] = false;
  }
}

static bool may_start(const world *w, uint32_t index) {
  const berth_plan_step *step = berth_plan_step_at(w->plan, index);
  for (uint32_t i = 0; i < step->after_count; i++)
    if (w->phases[step->after[i] - 1] < ENDED)
      return false;
  for (uint32_t i = 0; i < step->after_settled_count; i++)
    if (w->phases[step->after_settled[i] - 1] != SETTLED)
      return false;
  return true;
}

/* Steps that may start come more often than others end, so that many are under way at once. */
static bool happen(world *w, uint64_t *luck) {
  uint32_t starts[MOST], others[MOST], start_count = 0, other_count = 0;
  for (uint32_t i = 0; i < w->steps; i++) {
    if (w->phases[i] == WAITING && may_start(w, i))
      starts[start_count++] = i;
    else if (w->phases[i] == UNDER_WAY || w->phases[i] == ENDED)
      others[other_count++] = i;
  }
  if (start_count + other_count == 0)
    return false;
  const uint64_t drawn = fuzzed_random(luck);
  if (start_count > 0 && (other_count == 0 || drawn % 4 != 0)) {
    start_step(w, starts[drawn / 4 % start_count]);
    return true;
  }
  const uint32_t index = others[drawn / 4 % other_count];
  if (w->phases[index] == UNDER_WAY)
    end_step(w, index);
  else
    w->phases[index] = SETTLED;
  return true;
}

void fuzzed_execution(const berth_plan *plan, uint32_t runs, uint64_t luck) {
  world w = {.plan = plan, .inventory = berth_plan_inventory(plan)};
  w.hosts = berth_inventory_host_count(w.inventory);
  w.vms = berth_inventory_vm_count(w.inventory);
  w.steps = berth_plan_step_count(plan);
  if (w.hosts > MOST || w.vms > MOST || w.steps > MOST)
    return;
  for (uint32_t run = 0; run < runs; run++) {
    begin(&w);
    while (happen(&w, &luck))
      continue;
    for (uint32_t i = 0; i < w.steps; i++)
      fuzzed_require(w.phases[i] == SETTLED, "every step comes to an end");
    check_end(&w);
  }
}
