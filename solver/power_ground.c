/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What needs no search: a host without a wake protocol stays on, and so does one with a VM that can
 * go nowhere. Power-off is looked at when a host is below the range in cpu and in memory, power-on
 * when one is above it in either, or when what is to be kept for failures is not there.
 */
#include "power_ground.h"
#include "admission.h"
#include "components.h"
#include "survival.h"
#include <assert.h>
#include <string.h>

int64_t power_ground_weigh(const power_ground *g, const uint8_t *set) {
  int64_t sum = 0;
  for (uint32_t h = 0; h < g->host_count; h++)
    sum += set[h] ? g->weight[h] : 0;
  assert(sum >= 0);
  return sum;
}

uint32_t power_ground_count(const power_ground *g, const uint8_t *set) {
  uint32_t count = 0;
  for (uint32_t h = 0; h < g->host_count; h++)
    count += set[h] != 0;
  return count;
}

/* ---------------------------------------------------------------------- what is kept */

bool power_ground_policy(const power_ground *g, const uint8_t *on, admission_policy *policy,
                         bool *kept) {
  berth_inventory view = {.base = g->inventory, .allocator = g->inventory->allocator};
  frozen_share(&view, g->inventory);
  assert(g->first_host + g->host_count <= view.host_count);
  uint8_t *state = arena_take(g->memory, view.host_count, 1);
  if (state == NULL)
    return false;
  for (uint32_t h = 0; h < view.host_count; h++) {
    bool own = h >= g->first_host && h < g->first_host + g->host_count;
    state[h] = own && on[h - g->first_host] ? BERTH_HOST_ONLINE : BERTH_HOST_STANDBY;
  }
  view.host_state = state;
  view.vm_host = g->placed_at;
  if (!admission_policy_compute(&view, g->cluster, g->memory, policy))
    return false;
  const berth_audit_policy *figures = &policy->figures;
  *kept = figures->configured == BERTH_ADMISSION_SLOTS        ? figures->slots_short == 0
          : figures->configured == BERTH_ADMISSION_PERCENTAGE ? figures->percentage_satisfied
                                                              : true;
  return true;
}

bool power_ground_survives(const power_ground *g, const placement *end, const uint8_t *on,
                           bool *proved) {
  *proved = true;
  if (g->keep_failures == 0)
    return true;
  assert(end->problem->settings.keep_failures == g->keep_failures);
  survival *test = survival_new(end->problem, g->memory);
  if (test == NULL)
    return false;
  *proved = survival_test(test, end, on, g->clock) == SURVIVAL_PROVED;
  return true;
}

berth_power_load power_ground_limit(const power_ground *g, uint32_t host) {
  berth_power_load limit = power_load_share(power_load_capacity(g->inventory, g->first_host + host),
                                            g->out->high_percent);
  berth_power_load before = g->hosts[host].before;
  limit.cpu_mhz = before.cpu_mhz > limit.cpu_mhz ? before.cpu_mhz : limit.cpu_mhz;
  limit.memory_mib = before.memory_mib > limit.memory_mib ? before.memory_mib : limit.memory_mib;
  assert(limit.cpu_mhz >= 0 && limit.memory_mib >= 0);
  return limit;
}

/* ---------------------------------------------------------------------- VMs that stay */

static bool may_take(const power_ground *g, uint32_t item, uint32_t host) {
  const problem *p = &g->whole;
  const int64_t *demand = problem_demand(p, item);
  if (!(g->on[host] || g->may_wake[host]) || !admission_allows(p, item, host))
    return false;
  for (uint32_t r = 0; r < p->resource_count; r++)
    if (demand[r] > p->limit[(size_t)host * p->resource_count + r])
      return false;
  return power_load_fits(power_load_of_vm(g->inventory, p->vm[item]), power_ground_limit(g, host));
}

static bool has_other_host(const power_ground *g, uint32_t item) {
  assert(g->whole.kind[item] == ITEM_MOVABLE);
  for (uint32_t h = 0; h < g->host_count; h++)
    if (h != g->whole.origin[item] && may_take(g, item, h))
      return true;
  return false;
}

static void hold(power_ground *g, uint32_t host, berth_power_hold why, uint32_t vm) {
  berth_power_host *out = &g->hosts[host];
  assert(host < g->host_count && g->on[host]);
  out->holds |= (uint32_t)why;
  if (vm != BERTH_NONE && out->vm == BERTH_NONE)
    out->vm = vm;
  g->stay[host] = 1;
}

static void hold_for_vms(power_ground *g) {
  const problem *p = &g->whole;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t home = p->origin[item];
    if (home == BERTH_NONE || !g->on[home] || problem_is_requested(p, item))
      continue;
    if (p->kind[item] == ITEM_FIXED)
      hold(g, home, BERTH_POWER_HOLD_PINNED, p->vm[item]);
    else if (!(g->hosts[home].holds & (BERTH_POWER_HOLD_NOWHERE | BERTH_POWER_HOLD_PINNED)) &&
             !has_other_host(g, item))
      hold(g, home, BERTH_POWER_HOLD_NOWHERE, p->vm[item]);
  }
}

static void hold_for_hosts(power_ground *g) {
  for (uint32_t h = 0; h < g->host_count; h++) {
    uint32_t host = g->first_host + h;
    if (!g->on[h])
      continue;
    if (g->inventory->host_wake[host] == BERTH_WAKE_NONE)
      hold(g, h, BERTH_POWER_HOLD_WAKE, BERTH_NONE);
    if (g->inventory->host_dedicated[host])
      hold(g, h, BERTH_POWER_HOLD_DEDICATED, BERTH_NONE);
  }
}

static void hold_all(power_ground *g, berth_power_hold why) {
  for (uint32_t h = 0; h < g->host_count; h++)
    if (g->on[h])
      hold(g, h, why, BERTH_NONE);
}

/* ---------------------------------------------------------------------- the start */

static bool prepare(power_ground *g) {
  uint32_t *placed_at = arena_take(g->memory, g->inventory->vm_count, sizeof *placed_at);
  g->on = arena_take(g->memory, g->host_count, 1);
  g->may_wake = arena_take(g->memory, g->host_count, 1);
  g->stay = arena_take(g->memory, g->host_count, 1);
  g->weight = arena_take(g->memory, g->host_count, sizeof *g->weight);
  g->placed_at = placed_at;
  if (placed_at == NULL || g->on == NULL || g->may_wake == NULL || g->stay == NULL ||
      g->weight == NULL)
    return false;
  memcpy(placed_at, g->inventory->vm_host, g->inventory->vm_count * sizeof *placed_at);
  for (uint32_t v = 0; v < g->frozen->vm_count; v++) {
    uint32_t vm = g->frozen->first_vm + v;
    if (placed_at[vm] == BERTH_NONE)
      placed_at[vm] = g->first_host;
  }
  for (uint32_t h = 0; h < g->host_count; h++) {
    uint32_t host = g->first_host + h;
    int64_t watts = g->inventory->host_power_watts[host];
    g->on[h] = g->inventory->host_state[host] == BERTH_HOST_ONLINE;
    g->weight[h] = !g->by_power ? 1 : watts == BERTH_UNSET ? 0 : watts;
  }
  return true;
}

static bool build_problem(power_ground *g) {
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  problem_scratch scratch;
  component *all = arena_take(g->memory, 1, sizeof *all);
  aim.settings.keep_failures = g->keep_failures;
  aim.settings.weigh = g->by_power ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  return all != NULL && components_list_cluster(g->inventory, g->cluster, g->memory, all) &&
         problem_scratch_init(&scratch, g->memory, g->inventory) &&
         problem_build(&g->whole, g->memory, g->inventory, &aim, g->cluster, all, &scratch) &&
         placement_init(&g->start, &g->whole, g->memory);
}

static void measure(power_ground *g) {
  const problem *p = &g->whole;
  berth_power_cluster *out = g->out;
  for (uint32_t item = 0; item < p->item_count; item++) {
    berth_power_load load = power_load_of_vm(g->inventory, p->vm[item]);
    uint32_t home = g->start.host[item];
    power_load_add(&out->demand, load);
    if (home != BERTH_NONE)
      power_load_add(&g->hosts[home].before, load);
    else
      out->calls |= BERTH_POWER_CALL_WAITING;
  }
  for (uint32_t h = 0; h < g->host_count; h++) {
    berth_power_load capacity = power_load_capacity(g->inventory, g->first_host + h);
    if (!g->on[h])
      continue;
    out->online_before++;
    power_load_add(&out->capacity_before, capacity);
    out->high_hosts += power_load_above(g->hosts[h].before, capacity, out->high_percent) > 0;
    out->low_hosts += !g->inventory->host_dedicated[g->first_host + h] &&
                      power_load_below(g->hosts[h].before, capacity, out->low_percent);
  }
  out->weight_before = power_ground_weigh(g, g->on);
  if (out->high_hosts > 0)
    out->calls |= BERTH_POWER_CALL_DEMAND;
}

/* What is not kept now calls for hosts in standby; what could not be kept with all of them either
 * keeps all on that are. */
static bool look_at_failures(power_ground *g) {
  admission_policy policy;
  bool kept, proved;
  uint8_t *all = arena_take(g->memory, g->host_count, 1);
  if (all == NULL || !power_ground_policy(g, g->on, &policy, &kept) ||
      !power_ground_survives(g, &g->start, g->on, &proved))
    return false;
  g->out->policy_before = policy.figures;
  g->out->admission_kept_before = kept;
  g->out->admission_asked = g->request->keep_admission && g->frozen->set_up.ha_enabled &&
                            g->frozen->set_up.admission != BERTH_ADMISSION_NONE;
  if (g->out->admission_asked && !kept)
    g->out->calls |= BERTH_POWER_CALL_ADMISSION;
  if (!proved)
    g->out->calls |= BERTH_POWER_CALL_FAILURES;
  for (uint32_t h = 0; h < g->host_count; h++) {
    uint32_t host = g->first_host + h;
    g->may_wake[h] = g->out->calls != 0 && g->inventory->host_state[host] == BERTH_HOST_STANDBY &&
                     g->inventory->host_wake[host] != BERTH_WAKE_NONE;
    all[h] = g->on[h] || g->may_wake[h];
  }
  if (!power_ground_policy(g, all, &policy, &kept))
    return false;
  g->keep_admission = g->out->admission_asked && kept;
  return true;
}

bool power_ground_build(power_ground *g) {
  const berth_cluster_spec *set_up = &g->frozen->set_up;
  berth_power_cluster *out = g->out;
  out->low_percent = set_up->dpm_target_percent - set_up->dpm_tolerance_percent;
  out->low_percent = out->low_percent > 0 ? out->low_percent : 0;
  out->high_percent = set_up->dpm_target_percent + set_up->dpm_tolerance_percent;
  if (!prepare(g) || !build_problem(g))
    return false;
  measure(g);
  int64_t needed = berth_power_constant_value(set_up->ha_enabled ? "hostsOnWithHa" : "hostsOn");
  out->minimum = (uint32_t)needed < out->online_before ? (uint32_t)needed : out->online_before;
  if (!look_at_failures(g))
    return false;
  hold_for_hosts(g);
  hold_for_vms(g);
  if (out->low_hosts == 0)
    hold_all(g, BERTH_POWER_HOLD_LOAD);
  if (out->admission_asked && !g->keep_admission)
    hold_all(g, BERTH_POWER_HOLD_ADMISSION);
  return true;
}

bool power_ground_hold_for_failures(power_ground *g) {
  assert(g->keep_failures > 0);
  bool free = power_ground_count(g, g->stay) < g->out->online_before;
  hold_all(g, BERTH_POWER_HOLD_NOT_SURVIVED);
  assert(power_ground_count(g, g->stay) == g->out->online_before);
  return free;
}

void power_ground_drop_hold_for_failures(power_ground *g) {
  assert(g->keep_failures > 0);
  for (uint32_t h = 0; h < g->host_count; h++)
    g->hosts[h].holds &= ~(uint32_t)BERTH_POWER_HOLD_NOT_SURVIVED;
}
