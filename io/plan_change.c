/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts before and after: from where each VM runs at the start, and the placements of the plan.
 */
#include "plan_change.h"
#include "context_internal.h"
#include "frozen.h"
#include <assert.h>

const char *change_kind_word(change_kind kind) {
  static const char *const words[CHANGE_KIND_COUNT] = {"stays", "leaves", "is down", "arrives",
                                                       "starts"};
  assert(kind < CHANGE_KIND_COUNT);
  return words[kind];
}

/* ---------------------------------------------------------------------------- one VM */

/* VMs of hosts that have failed are down; so are those that an isolated host shuts down. */
static bool is_displaced(const berth_inventory *inventory, uint32_t host) {
  const frozen_cluster *cluster = &inventory->clusters[inventory->host_cluster[host]];
  uint8_t state = inventory->host_state[host];
  return state == BERTH_HOST_FAILED || (state == BERTH_HOST_ISOLATED &&
                                        cluster->set_up.isolation_response != BERTH_ISOLATION_NONE);
}

static void begin_vm(const berth_inventory *inventory, plan_change *change, uint32_t vm) {
  uint32_t host = inventory->vm_host[vm];
  bool runs = inventory->vm_power[vm] == BERTH_POWER_ON && host != BERTH_NONE &&
              inventory->host_state[host] != BERTH_HOST_STANDBY;
  change->before[vm] = runs ? host : BERTH_NONE;
  change->after[vm] = BERTH_NONE;
  change->first[vm] = change->last[vm] = CHANGE_STAYS;
  if (runs && is_displaced(inventory, host))
    change->first[vm] = CHANGE_DOWN;
  else if (runs)
    change->after[vm] = host;
}

static void place_vm(plan_change *change, const berth_plan_placement *placement) {
  uint32_t vm = placement->vm;
  if (change->first[vm] == CHANGE_STAYS && placement->to != change->before[vm])
    change->first[vm] = CHANGE_LEAVES;
  change->after[vm] = placement->to;
  change->last[vm] = placement->how == BERTH_HOW_MIGRATE ? CHANGE_ARRIVES : CHANGE_RESTARTS;
}

static void charge(const berth_inventory *inventory, host_change *host, change_kind kind,
                   uint32_t vm) {
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
    host->amount[r][kind] += inventory->vm_demand[(size_t)vm * inventory->resource_count + r];
  host->vms[kind]++;
}

static void charge_vms(const berth_inventory *inventory, plan_change *change) {
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    uint32_t before = change->before[vm], after = change->after[vm];
    assert(before == BERTH_NONE || before < change->host_count);
    assert(after == BERTH_NONE || after < change->host_count);
    if (before != BERTH_NONE)
      charge(inventory, &change->hosts[before], (change_kind)change->first[vm], vm);
    if (after != BERTH_NONE && change->last[vm] != CHANGE_STAYS)
      charge(inventory, &change->hosts[after], (change_kind)change->last[vm], vm);
  }
}

/* ---------------------------------------------------------------------------- hosts */

static void begin_host(const berth_inventory *inventory, host_change *host, uint32_t index) {
  uint8_t state = inventory->host_state[index];
  *host = (host_change){.on_before = state != BERTH_HOST_STANDBY && state != BERTH_HOST_FAILED};
  host->on_after = host->on_before;
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
    host->capacity[r] = inventory->host_capacity[(size_t)index * inventory->resource_count + r];
}

static void follow_steps(const berth_plan *plan, plan_change *change) {
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    if (step->host == BERTH_NONE)
      continue;
    host_change *host = &change->hosts[step->host];
    assert(step->host < change->host_count);
    host->wakes = host->wakes || step->type == BERTH_STEP_WAKE;
    host->powers_down = host->powers_down || step->type == BERTH_STEP_POWER_DOWN;
    host->enters_maintenance =
        host->enters_maintenance || step->type == BERTH_STEP_ENTER_MAINTENANCE;
    host->on_after = (host->on_after || host->wakes) && !host->powers_down;
  }
}

berth_status plan_change_begin(berth_context *ctx, const berth_plan *plan, plan_change *change) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  size_t vms = (size_t)inventory->vm_count + 1;
  *change = (plan_change){.host_count = inventory->host_count};
  change->hosts = context_take(ctx, (size_t)inventory->host_count + 1, sizeof *change->hosts);
  change->before = context_take(ctx, vms, sizeof *change->before);
  change->after = context_take(ctx, vms, sizeof *change->after);
  change->first = context_take(ctx, vms, sizeof *change->first);
  change->last = context_take(ctx, vms, sizeof *change->last);
  if (change->hosts == NULL || change->before == NULL || change->after == NULL ||
      change->first == NULL || change->last == NULL) {
    plan_change_end(ctx, change);
    return BERTH_E_NOMEM;
  }
  for (uint32_t h = 0; h < inventory->host_count; h++)
    begin_host(inventory, &change->hosts[h], h);
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    begin_vm(inventory, change, vm);
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    place_vm(change, berth_plan_placement_at(plan, i));
  charge_vms(inventory, change);
  follow_steps(plan, change);
  return BERTH_OK;
}

void plan_change_end(berth_context *ctx, plan_change *change) {
  assert(change != NULL);
  context_release(ctx, change->hosts);
  context_release(ctx, change->before);
  context_release(ctx, change->after);
  context_release(ctx, change->first);
  context_release(ctx, change->last);
  *change = (plan_change){.host_count = 0};
}

/* ---------------------------------------------------------------------------- figures */

int64_t host_change_used_before(const host_change *host, uint32_t resource) {
  assert(resource < CHANGE_RESOURCES);
  return host->amount[resource][CHANGE_STAYS] + host->amount[resource][CHANGE_LEAVES];
}

int64_t host_change_used_after(const host_change *host, uint32_t resource) {
  assert(resource < CHANGE_RESOURCES);
  return host->amount[resource][CHANGE_STAYS] + host->amount[resource][CHANGE_ARRIVES] +
         host->amount[resource][CHANGE_RESTARTS];
}

void host_change_add(host_change *all, const host_change *host) {
  bool counts = host->on_before || host->on_after;
  for (int kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
    for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
      all->amount[r][kind] += host->amount[r][kind];
    all->vms[kind] += host->vms[kind];
  }
  for (uint32_t r = 0; counts && r < CHANGE_RESOURCES; r++)
    all->capacity[r] += host->capacity[r];
  all->on_before = all->on_before || host->on_before;
  all->on_after = all->on_after || host->on_after;
}

int64_t change_share(int64_t part, int64_t whole, int64_t scale) {
  assert(part >= 0 && scale > 0 && scale <= 1000000);
  if (whole <= 0 || whole == BERTH_UNLIMITED)
    return 0;
  for (; part > INT64_MAX / scale / 2; whole = whole / 2 + whole % 2)
    part /= 2;
  return (part * scale + whole / 2) / whole;
}

int64_t host_change_weight(const host_change *host, host_change_side side) {
  static const change_kind kinds[][2] = {
      [HOST_GIVES] = {CHANGE_LEAVES, CHANGE_DOWN}, [HOST_GETS] = {CHANGE_ARRIVES, CHANGE_RESTARTS}};
  bool turns = side == HOST_GIVES ? host->powers_down || host->enters_maintenance : host->wakes;
  int64_t most = turns || host->vms[kinds[side][0]] + host->vms[kinds[side][1]] > 0 ? 1 : 0;
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++) {
    int64_t amount = host->amount[r][kinds[side][0]] + host->amount[r][kinds[side][1]];
    int64_t parts = change_share(amount, host->capacity[r], 1000000);
    most = parts > most ? parts : most;
  }
  assert(most >= 0);
  return most;
}

const char *host_change_mark(const berth_inventory *inventory, uint32_t host,
                             const host_change *change) {
  berth_host_state state = (berth_host_state)inventory->host_state[host];
  assert(host < inventory->host_count);
  if (change->wakes)
    return "is woken";
  if (change->powers_down)
    return "is powered down";
  if (change->enters_maintenance)
    return "enters maintenance";
  return state == BERTH_HOST_ONLINE ? "" : berth_host_state_word(state);
}
