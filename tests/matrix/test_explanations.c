/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explanations of tiny clusters against the brute force, as docs/model.md §10 defines them: with
 * the constraints of a conflict alone the VM cannot be placed, without any one of them it can; with
 * a remedy it can; and what a shortage says is so. The inventories of these questions are made here
 * by hand.
 */
#include "brute_force.h"
#include "random_cluster.h"
#include "tiny_model.h"

#include "frozen.h"

#include <berth/solve.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 64, STATES = 4000000 };

/* An inventory of which anything may be changed. */
typedef struct sandbox {
  berth_inventory inventory;
  uint8_t host_state[ROOM], host_dedicated[ROOM], vm_power[ROOM], vm_movable[ROOM];
  int64_t capacity[ROOM * TINY_RESOURCES], vm_level[ROOM];
  const char *vendor[ROOM];
  uint32_t networks[ROOM + 1], datastores[ROOM + 1];
  frozen_rule rules[ROOM];
  uint8_t vm_numa[ROOM];
} sandbox;

typedef struct tally {
  uint32_t clusters, entries, conflicts, remedies, shortages, unsure;
  uint32_t numa; /* conflicts that name it */
} tally;

/* One explained VM of a plan. */
typedef struct explained {
  const berth_plan *plan;
  const berth_plan_unplaced *entry;
  bool left_behind;
  uint64_t seed;
} explained;

static void copy(void *to, const void *from, size_t bytes, size_t room) {
  cr_assert(bytes <= room);
  memcpy(to, from, bytes);
}

static void sandbox_open(sandbox *s, const berth_inventory *base) {
  const size_t shared = offsetof(berth_inventory, name);
  memset(s, 0, sizeof *s);
  memcpy((char *)&s->inventory + shared, (const char *)base + shared, sizeof *base - shared);
  copy(s->host_state, base->host_state, base->host_count, ROOM);
  copy(s->host_dedicated, base->host_dedicated, base->host_count, ROOM);
  copy(s->vm_power, base->vm_power, base->vm_count, ROOM);
  copy(s->vm_movable, base->vm_movable, base->vm_count, ROOM);
  copy(s->capacity, base->host_capacity, base->host_count * base->resource_count * sizeof(int64_t),
       sizeof s->capacity);
  copy(s->vm_level, base->vm_evc_level, base->vm_count * sizeof(int64_t), sizeof s->vm_level);
  copy((void *)s->vendor, base->host_cpu_vendor, base->host_count * sizeof(char *),
       sizeof s->vendor);
  copy(s->networks, base->vm_network_start, (base->vm_count + 1) * sizeof(uint32_t),
       sizeof s->networks);
  copy(s->datastores, base->vm_datastore_start, (base->vm_count + 1) * sizeof(uint32_t),
       sizeof s->datastores);
  copy(s->rules, base->rules, base->rule_count * sizeof(frozen_rule), sizeof s->rules);
  s->inventory.host_state = s->host_state;
  s->inventory.host_dedicated = s->host_dedicated;
  s->inventory.vm_power = s->vm_power;
  s->inventory.vm_movable = s->vm_movable;
  s->inventory.host_capacity = s->capacity;
  s->inventory.vm_evc_level = s->vm_level;
  s->inventory.host_cpu_vendor = s->vendor;
  s->inventory.vm_network_start = s->networks;
  s->inventory.vm_datastore_start = s->datastores;
  copy(s->vm_numa, base->vm_numa, base->vm_count, ROOM);
  s->inventory.rules = s->rules;
  s->inventory.vm_numa = s->vm_numa;
}

/* ---------------------------------------------------------------------------- the question */

static bool lists_vm(uint32_t count, const berth_plan_unplaced *(*at)(const berth_plan *, uint32_t),
                     const berth_plan *plan, uint32_t vm) {
  for (uint32_t i = 0; i < count; i++)
    if (at(plan, i)->vm == vm)
      return true;
  return false;
}

static uint8_t rank_of(const berth_inventory *inventory, uint32_t vm) {
  uint8_t priority = inventory->vm_priority[vm];
  return priority == BERTH_PRIORITY_DISABLED ? BERTH_PRIORITY_LOWEST : priority;
}

static bool runs_at_start(const tiny_model *model, uint32_t vm) {
  return model->vms[vm].start != TINY_NOWHERE;
}

/* VMs that the question is not about are switched off. */
static void reduce(sandbox *s, const explained *e) {
  const berth_inventory *base = berth_plan_inventory(e->plan);
  const uint32_t own = e->entry->vm, cluster = base->vm_cluster[own];
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  const bool failover = berth_plan_goal(e->plan) == BERTH_GOAL_FAILOVER;
  tiny_model model;
  cr_assert(tiny_model_init(&model, base, cluster, berth_plan_goal(e->plan), &settings));
  for (uint32_t vm = 0; vm < base->vm_count; vm++) {
    const uint32_t first = base->clusters[cluster].first_vm;
    bool out = base->vm_cluster[vm] != cluster;
    if (!out && vm != own && runs_at_start(&model, vm - first))
      out = e->left_behind &&
            lists_vm(berth_plan_left_behind_count(e->plan), berth_plan_left_behind_at, e->plan, vm);
    else if (!out && vm != own)
      out = e->left_behind ||
            lists_vm(berth_plan_unplaced_count(e->plan), berth_plan_unplaced_at, e->plan, vm) ||
            (failover && rank_of(base, vm) > rank_of(base, own));
    if (out)
      s->vm_power[vm] = BERTH_POWER_OFF;
  }
}

/* Violations of the plan's end in the sandbox. */
static int64_t violations_of_plan(const sandbox *s, const explained *e) {
  const berth_inventory *base = berth_plan_inventory(e->plan);
  const uint32_t cluster = base->vm_cluster[e->entry->vm];
  const frozen_cluster *of = &base->clusters[cluster];
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  tiny_model model;
  tiny_state state;
  cr_assert(tiny_model_init(&model, &s->inventory, cluster, berth_plan_goal(e->plan), &settings));
  tiny_state_start(&model, &state);
  for (uint32_t i = 0; i < berth_plan_placement_count(e->plan); i++) {
    const berth_plan_placement *moved = berth_plan_placement_at(e->plan, i);
    if (base->vm_cluster[moved->vm] == cluster && s->vm_power[moved->vm] == BERTH_POWER_ON)
      tiny_state_put(&model, &state, moved->vm - of->first_vm,
                     (uint8_t)(moved->to - of->first_host));
  }
  return tiny_violations(&model, &state);
}

typedef enum verdict { IMPOSSIBLE, POSSIBLE, UNSURE } verdict;

/* UNSURE: with fewer violations than allowed it is impossible; with more it might not be. */
static verdict judge(const sandbox *s, const explained *e) {
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  brute_force_result truth;
  const int64_t allowed = violations_of_plan(s, e) - e->left_behind;
  int64_t unplaced = 0;
  cr_assert(brute_force_solve(&s->inventory, berth_plan_goal(e->plan), &settings, STATES, &truth));
  for (uint32_t i = 1; i < truth.level_count; i++)
    unplaced += truth.levels[i] <= BERTH_LEVEL_UNPLACED ? truth.values[i] : 0;
  cr_assert_eq(truth.levels[0], BERTH_LEVEL_VIOLATIONS);
  if (truth.values[0] > allowed)
    return IMPOSSIBLE;
  if (unplaced == 0)
    return POSSIBLE;
  return truth.values[0] == allowed ? IMPOSSIBLE : UNSURE;
}

/* ---------------------------------------------------------------------------- conflicts */

static bool is_named(const explained *e, const char *name, uint32_t left_out) {
  for (uint32_t i = 0; i < e->entry->conflict_count; i++)
    if (i != left_out && strcmp(e->entry->conflict[i], name) == 0)
      return true;
  return false;
}

static void open_hosts(sandbox *s, const explained *e, bool maintenance) {
  const berth_inventory *base = berth_plan_inventory(e->plan);
  for (uint32_t h = 0; h < base->host_count; h++) {
    const uint8_t state = base->host_state[h];
    const bool cleared =
        state == BERTH_HOST_MAINTENANCE || state == BERTH_HOST_ENTERING_MAINTENANCE;
    const bool own = e->left_behind && base->vm_host[e->entry->vm] == h;
    if (maintenance
            ? cleared && !own
            : state == BERTH_HOST_STANDBY && (base->host_wake[h] == BERTH_WAKE_NONE ||
                                              !berth_goal_may_wake(berth_plan_goal(e->plan))))
      s->host_state[h] = BERTH_HOST_ONLINE;
  }
}

/* Takes away all that the conflict, less one of its members, does not name. */
static void relax(sandbox *s, const explained *e, uint32_t left_out) {
  const berth_inventory *base = berth_plan_inventory(e->plan);
  for (uint32_t r = 0; r < base->rule_count; r++)
    if (!is_named(e, base->rules[r].id, left_out) && base->rules[r].strength == BERTH_MUST)
      s->rules[r].enabled = false;
  for (uint32_t r = 0; r < base->resource_count; r++)
    for (uint32_t h = 0; !is_named(e, base->resource_name[r], left_out) && h < base->host_count;
         h++)
      s->capacity[h * base->resource_count + r] = BERTH_UNLIMITED;
  if (!is_named(e, "maintenance", left_out))
    open_hosts(s, e, true);
  if (!is_named(e, "standby", left_out))
    open_hosts(s, e, false);
  if (!is_named(e, "dedicated", left_out))
    memset(s->host_dedicated, 0, sizeof s->host_dedicated);
  if (!is_named(e, "pinned", left_out))
    memset(s->vm_movable, 1, sizeof s->vm_movable);
  if (!is_named(e, "network", left_out))
    memset(s->networks, 0, sizeof s->networks);
  if (!is_named(e, "datastore", left_out))
    memset(s->datastores, 0, sizeof s->datastores);
  if (!is_named(e, "numa", left_out))
    memset(s->vm_numa, BERTH_NUMA_ANY, sizeof s->vm_numa);
  for (uint32_t i = 0; !is_named(e, "cpu-compatibility", left_out) && i < ROOM; i++) {
    s->vm_level[i] = BERTH_UNSET;
    s->vendor[i] = NULL;
  }
}

static const char *name_of(const explained *e) {
  return berth_inventory_vm_id(berth_plan_inventory(e->plan), e->entry->vm);
}

static void check_conflict(const explained *e, tally *t) {
  sandbox s;
  for (uint32_t left_out = 0; left_out <= e->entry->conflict_count; left_out++) {
    const bool whole = left_out == e->entry->conflict_count;
    sandbox_open(&s, berth_plan_inventory(e->plan));
    reduce(&s, e);
    relax(&s, e, whole ? BERTH_NONE : left_out);
    const verdict found = judge(&s, e);
    t->unsure += found == UNSURE;
    cr_expect(found == UNSURE || found == (whole ? IMPOSSIBLE : POSSIBLE),
              "seed %llu, VM %s: the conflict %s %s", (unsigned long long)e->seed, name_of(e),
              whole ? "does not forbid it" : "does not need",
              whole ? "" : e->entry->conflict[left_out]);
  }
  t->conflicts += e->entry->conflict_count > 0;
}

/* ---------------------------------------------------------------------------- remedies */

static uint32_t host_named(const berth_inventory *inventory, const char *id) {
  uint32_t host = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_host(inventory, id, &host), BERTH_OK, "%s", id);
  return host;
}

static void make_change(sandbox *s, const explained *e, const char *change, int64_t cost) {
  const berth_inventory *base = berth_plan_inventory(e->plan);
  char id[64], unit[64];
  long long amount = 0;
  uint32_t index = BERTH_NONE;
  if (sscanf(change, "wake %63s", id) == 1 || sscanf(change, "end maintenance of %63s", id) == 1) {
    cr_assert_eq(cost, 1);
    s->host_state[host_named(base, id)] = BERTH_HOST_ONLINE;
  } else if (sscanf(change, "allow migration of %63s", id) == 1) {
    cr_assert_eq(cost, 1);
    cr_assert_eq(berth_inventory_find_vm(base, id, &index), BERTH_OK);
    s->vm_movable[index] = 1;
  } else if (sscanf(change, "lift rule %63s", id) == 1) {
    cr_assert_eq(cost, 2);
    cr_assert_eq(berth_inventory_find_rule(base, id, &index), BERTH_OK);
    s->rules[index].enabled = false;
  } else {
    cr_assert_eq(sscanf(change, "%lld %63s more on %63s", &amount, unit, id), 3, "%s", change);
    cr_assert_eq(cost, 3);
    const char *name = strcmp(unit, "MiB") == 0   ? "memory"
                       : strcmp(unit, "MHz") == 0 ? "cpu"
                                                  : unit;
    for (uint32_t r = 0; r < base->resource_count; r++)
      if (strcmp(base->resource_name[r], name) == 0)
        index = r;
    cr_assert_neq(index, BERTH_NONE, "%s", change);
    s->capacity[host_named(base, id) * base->resource_count + index] += amount;
  }
}

static void check_remedies(const explained *e, tally *t) {
  sandbox s;
  for (uint32_t i = 0; i < e->entry->remedy_count; i++) {
    const berth_plan_remedy *remedy = &e->entry->remedies[i];
    sandbox_open(&s, berth_plan_inventory(e->plan));
    reduce(&s, e);
    cr_expect(judge(&s, e) != POSSIBLE, "seed %llu, VM %s: needs no remedy",
              (unsigned long long)e->seed, name_of(e));
    make_change(&s, e, remedy->change, remedy->cost);
    cr_expect(judge(&s, e) != IMPOSSIBLE, "seed %llu, VM %s: \"%s\" does not help",
              (unsigned long long)e->seed, name_of(e), remedy->change);
    cr_expect(i == 0 || e->entry->remedies[i - 1].cost <= remedy->cost);
    t->remedies++;
  }
}

/* ---------------------------------------------------------------------------- all of a plan */

static bool lists(const uint32_t *list, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == wanted)
      return true;
  return false;
}

/* Every VM named can end on the hosts named only, and they have less than it takes. */
static void check_shortage(const berth_plan *plan, const berth_plan_shortage *shortage,
                           uint64_t seed) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  const uint32_t cluster = inventory->vm_cluster[shortage->vms[0]];
  const frozen_cluster *of = &inventory->clusters[cluster];
  tiny_model model;
  int64_t lack = 0;
  cr_assert(tiny_model_init(&model, inventory, cluster, berth_plan_goal(plan), &settings));
  for (uint32_t h = 0; h < shortage->host_count; h++)
    lack -= model.hosts[shortage->hosts[h] - of->first_host].limit[shortage->resource];
  for (uint32_t i = 0; i < shortage->vm_count; i++) {
    const tiny_vm *vm = &model.vms[shortage->vms[i] - of->first_vm];
    const bool waits = vm->start == TINY_NOWHERE, stays = !waits && !vm->must_leave;
    lack += vm->demand[shortage->resource];
    cr_expect(vm->requested || !waits);
    for (uint32_t h = 0; h < model.host_count; h++) {
      const uint32_t may = waits ? vm->may_arrive : vm->movable ? vm->may_migrate[vm->start] : 0;
      if ((may >> h & 1) || (stays && vm->start == h))
        cr_expect(lists(shortage->hosts, shortage->host_count, of->first_host + h),
                  "seed %llu: a VM of a shortage may go elsewhere", (unsigned long long)seed);
    }
  }
  cr_expect_eq(lack, shortage->short_by, "seed %llu", (unsigned long long)seed);
}

static void check_plan(const berth_plan *plan, uint64_t seed, tally *t) {
  const uint32_t unplaced = berth_plan_unplaced_count(plan);
  const uint32_t left = berth_plan_left_behind_count(plan);
  for (uint32_t i = 0; i < unplaced + left; i++) {
    const explained e = {.plan = plan,
                         .entry = i < unplaced ? berth_plan_unplaced_at(plan, i)
                                               : berth_plan_left_behind_at(plan, i - unplaced),
                         .left_behind = i >= unplaced,
                         .seed = seed};
    if (e.entry->conflict_count > 0)
      check_conflict(&e, t);
    t->numa += is_named(&e, "numa", BERTH_NONE);
    check_remedies(&e, t);
    t->entries++;
  }
  for (uint32_t i = 0; i < berth_plan_shortage_count(plan); i++)
    check_shortage(plan, berth_plan_shortage_at(plan, i), seed);
  t->shortages += berth_plan_shortage_count(plan);
  t->clusters += unplaced + left > 0;
}

static void check_seeds(uint64_t first, uint64_t count, random_family family, tally *t) {
  for (uint64_t seed = first; seed < first + count; seed++) {
    berth_context *ctx = NULL;
    random_case random = {.inventory = NULL};
    berth_plan *plan = NULL;
    berth_request request = BERTH_REQUEST_INIT;
    cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
    cr_assert_eq(random_cluster(ctx, seed, family, false, &random), BERTH_OK);
    request.infer_goal = false;
    request.goal = random.goal;
    cr_assert_eq(berth_solve(ctx, random.inventory, &request, NULL, &plan), BERTH_OK, "%s",
                 berth_context_detail(ctx));
    check_plan(plan, seed, t);
    berth_plan_free(plan);
    berth_inventory_release(random.inventory);
    berth_context_free(ctx);
  }
}

static void check_share(uint64_t share) {
  enum { SHARE = 500 };
  tally t = {0};
  check_seeds(1 + share * SHARE, SHARE, RANDOM_REQUESTS, &t);
  cr_assert_gt(t.clusters, 75);
  cr_assert_gt(t.conflicts * 10, t.entries * 8);
  cr_assert_gt(t.remedies, 60);
  cr_assert_gt(t.shortages, 20);
  cr_assert_lt(t.unsure * 20, t.conflicts);
}

Test(explanations, first_share) {
  check_share(0);
}

Test(explanations, second_share) {
  check_share(1);
}

Test(explanations, third_share) {
  check_share(2);
}

Test(explanations, fourth_share) {
  check_share(3);
}

/* Hosts with NUMA nodes: some VMs have no room for that alone. */
Test(explanations, nodes) {
  tally t = {0};
  check_seeds(1, 400, RANDOM_WITH_NODES, &t);
  cr_assert_gt(t.clusters, 60);
  cr_assert_gt(t.conflicts * 10, t.entries * 7);
  cr_assert_gt(t.numa, 20);
}
