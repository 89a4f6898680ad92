/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Balancing by single migrations, for clusters where the search left a gap: in turn, the migration
 * that takes most off what hosts have above their targets (steepest descent), of those that the
 * checker finds no fault with. The steps follow each other, so that one is in flight at a time.
 * Loads are counted as in the level overload (docs/model.md §7); the checker's count decides.
 */
#include "opennebula_action.h"

#include "context_internal.h"
#include "frozen.h"
#include <assert.h>
#include <berth/verify.h>

enum { REFUSALS_MOST = 16, MOVES_MOST = 400, LOADS = 2 };

typedef struct move {
  uint32_t vm, from, to;
  int64_t gain;
} move;

typedef struct balancing {
  berth_context *ctx;
  const berth_plan *plan;
  const berth_inventory *inventory;
  int64_t target[LOADS];
  int64_t *load; /* [host * LOADS] */
  uint32_t *at;  /* [vm] host */
  bool *settled; /* [vm] moved, or refused in this turn */
  move *moves;
  uint32_t count, most;
} balancing;

static const uint32_t load_resources[LOADS] = {BERTH_RESOURCE_CPU, BERTH_RESOURCE_MEMORY};

/* ------------------------------------------------------------------------ loads */

static int64_t load_of(const balancing *b, uint32_t vm, int k) {
  const int64_t demand = berth_inventory_vm_demand(b->inventory, vm, load_resources[k]);
  const int64_t usage = k == 0 ? b->inventory->vm_cpu_usage[vm]
                               : b->inventory->vm_memory_usage[vm] + b->inventory->vm_overhead[vm];
  return usage > demand ? usage : demand;
}

/* Points above the targets, were the VM (BERTH_NONE = none) added to the host or taken away. */
static int64_t points_above(const balancing *b, uint32_t host, uint32_t vm, int64_t sign) {
  int64_t sum = 0;
  for (int k = 0; k < LOADS; k++) {
    const int64_t capacity = berth_inventory_host_capacity(b->inventory, host, load_resources[k]);
    const int64_t load = b->load[(size_t)host * LOADS + (size_t)k] +
                         (vm == BERTH_NONE ? 0 : sign * load_of(b, vm, k));
    const int64_t percent = capacity == 0 ? 0 : (100 * load + capacity - 1) / capacity;
    sum += percent > b->target[k] ? percent - b->target[k] : 0;
  }
  return sum;
}

static void shift(balancing *b, uint32_t vm, uint32_t from, uint32_t to) {
  assert(b->at[vm] == from && from != to);
  for (int k = 0; k < LOADS; k++) {
    b->load[(size_t)from * LOADS + (size_t)k] -= load_of(b, vm, k);
    b->load[(size_t)to * LOADS + (size_t)k] += load_of(b, vm, k);
  }
  b->at[vm] = to;
}

static bool is_candidate(const balancing *b, uint32_t vm) {
  const uint32_t host = b->at[vm];
  return host != BERTH_NONE && !b->settled[vm] && b->inventory->vm_movable[vm] &&
         berth_inventory_vm_power(b->inventory, vm) == BERTH_POWER_ON &&
         berth_inventory_host_state(b->inventory, host) == BERTH_HOST_ONLINE &&
         points_above(b, host, BERTH_NONE, 0) > 0;
}

static bool has_room(const balancing *b, uint32_t vm, uint32_t host) {
  for (int k = 0; k < LOADS; k++)
    if (b->load[(size_t)host * LOADS + (size_t)k] +
            berth_inventory_vm_demand(b->inventory, vm, load_resources[k]) >
        berth_inventory_host_capacity(b->inventory, host, load_resources[k]))
      return false;
  return berth_inventory_host_state(b->inventory, host) == BERTH_HOST_ONLINE;
}

static void improve_by(const balancing *b, uint32_t vm, move *best) {
  const uint32_t from = b->at[vm];
  const int64_t off = points_above(b, from, BERTH_NONE, 0) - points_above(b, from, vm, -1);
  for (uint32_t h = 0; off > best->gain && h < berth_inventory_host_count(b->inventory); h++) {
    if (h == from || !has_room(b, vm, h))
      continue;
    const int64_t gain = off - points_above(b, h, vm, 1) + points_above(b, h, BERTH_NONE, 0);
    if (gain > best->gain)
      *best = (move){.vm = vm, .from = from, .to = h, .gain = gain};
  }
}

/* The migration with the largest gain; gain 0 = there is none. */
static move find_best(const balancing *b) {
  move best = {.vm = BERTH_NONE};
  for (uint32_t v = 0; v < berth_inventory_vm_count(b->inventory); v++)
    if (is_candidate(b, v))
      improve_by(b, v, &best);
  return best;
}

/* ------------------------------------------------------------------------ trials */

static berth_status add_move(const balancing *b, berth_plan *to, uint32_t index) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  const move *m = &b->moves[index];
  const uint32_t before = index; /* ids count from 1 */
  step.type = BERTH_STEP_MIGRATE;
  step.vm = m->vm;
  step.from = m->from;
  step.to = m->to;
  step.after = &before;
  step.after_count = index > 0;
  berth_migration_time(b->inventory, m->vm, m->from, m->to, &step.wait, &step.seconds);
  return berth_plan_add_step(b->ctx, to, &step);
}

/* What the checker finds about times, levels and lists that a trial does not state is no fault. */
static bool is_grave(berth_fault_kind kind) {
  return kind != BERTH_FAULT_TIME && kind != BERTH_FAULT_LEVEL && kind != BERTH_FAULT_BOUND &&
         kind != BERTH_FAULT_APPROVAL && kind != BERTH_FAULT_PLACEMENT &&
         kind != BERTH_FAULT_UNPLACED;
}

static berth_status make_plan(const balancing *b, berth_plan **out) {
  berth_status status = berth_plan_new(b->ctx, b->inventory, NULL, BERTH_GOAL_REBALANCE, out);
  if (status == BERTH_OK)
    status = berth_plan_set_settings(b->ctx, *out, berth_plan_get_settings(b->plan));
  for (uint32_t i = 0; status == BERTH_OK && i < b->count; i++)
    status = add_move(b, *out, i);
  return status;
}

/* *points: the level overload; *sound: without faults, and no violation. */
static berth_status judge(const balancing *b, const berth_plan *plan, int64_t *points,
                          bool *sound) {
  berth_report *report = NULL;
  int64_t violations = 0;
  const berth_status status = berth_verify(b->ctx, plan, &report);
  if (status != BERTH_OK)
    return status;
  *sound = berth_report_level(report, BERTH_LEVEL_OVERLOAD, points) &&
           berth_report_level(report, BERTH_LEVEL_VIOLATIONS, &violations) && violations == 0;
  for (uint32_t i = 0; i < berth_report_count(report); i++)
    *sound = *sound && !is_grave(berth_report_fault(report, i)->kind);
  berth_report_free(report);
  return BERTH_OK;
}

/* Adds a migration, and takes it back if the checker objects. */
static berth_status try_move(balancing *b, const move *m, bool *sound) {
  berth_plan *plan = NULL;
  int64_t points = 0;
  assert(b->count < b->most && m->gain > 0);
  b->moves[b->count++] = *m;
  berth_status status = make_plan(b, &plan);
  if (status == BERTH_OK)
    status = judge(b, plan, &points, sound);
  berth_plan_free(plan);
  b->settled[m->vm] = true;
  if (status == BERTH_OK && *sound)
    shift(b, m->vm, m->from, m->to);
  else
    b->count--;
  return status;
}

static berth_status descend(balancing *b) {
  berth_status status = BERTH_OK;
  uint32_t refusals = 0;
  while (status == BERTH_OK && b->count < b->most && refusals < REFUSALS_MOST) {
    bool sound = false;
    const move best = find_best(b);
    if (best.gain == 0)
      break;
    status = try_move(b, &best, &sound);
    refusals = sound ? 0 : refusals + 1;
  }
  return status;
}

/* ------------------------------------------------------------------------ all */

static void count_loads(balancing *b) {
  for (uint32_t v = 0; v < berth_inventory_vm_count(b->inventory); v++) {
    b->at[v] = berth_inventory_vm_host(b->inventory, v);
    for (int k = 0; k < LOADS && b->at[v] != BERTH_NONE &&
                    berth_inventory_vm_power(b->inventory, v) == BERTH_POWER_ON;
         k++)
      b->load[(size_t)b->at[v] * LOADS + (size_t)k] += load_of(b, v, k);
  }
}

/* What the plan leaves above the targets, if that is not proved to be the least; else 0. */
static int64_t open_points(const berth_plan *plan) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level == BERTH_LEVEL_OVERLOAD)
      return level->value > level->bound ? level->value : 0;
  }
  return 0;
}

static berth_status keep_if_better(const balancing *b, int64_t open, berth_plan **out) {
  berth_plan *plan = NULL;
  int64_t points = 0;
  bool sound = false;
  berth_status status = make_plan(b, &plan);
  if (status == BERTH_OK)
    status = judge(b, plan, &points, &sound);
  if (status == BERTH_OK && sound && points < open) {
    *out = plan;
    plan = NULL;
  }
  berth_plan_free(plan);
  return status;
}

berth_status opennebula_balance(berth_context *ctx, const berth_plan *plan, uint32_t most,
                                berth_plan **out) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  const uint32_t vms = berth_inventory_vm_count(inventory);
  const int64_t open = open_points(plan);
  const berth_plan_settings *settings = berth_plan_get_settings(plan);
  assert(out != NULL && *out == NULL);
  if (berth_plan_goal(plan) != BERTH_GOAL_REBALANCE || open == 0 || most == 0)
    return BERTH_OK;
  balancing b = {.ctx = ctx,
                 .plan = plan,
                 .inventory = inventory,
                 .target = {settings->target_cpu, settings->target_memory},
                 .most = most < MOVES_MOST ? most : MOVES_MOST};
  berth_status status = BERTH_E_NOMEM;
  b.load = context_take(ctx, (size_t)berth_inventory_host_count(inventory) * LOADS, sizeof *b.load);
  b.at = context_take(ctx, vms, sizeof *b.at);
  b.settled = context_take(ctx, vms, sizeof *b.settled);
  b.moves = context_take(ctx, b.most, sizeof *b.moves);
  if (b.load == NULL || b.at == NULL || b.settled == NULL || b.moves == NULL)
    goto done;
  count_loads(&b);
  status = descend(&b);
  if (status == BERTH_OK && b.count > 0)
    status = keep_if_better(&b, open, out);
done:
  context_release(ctx, b.moves);
  context_release(ctx, b.settled);
  context_release(ctx, b.at);
  context_release(ctx, b.load);
  return status;
}
