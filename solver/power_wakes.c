/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An audit of all single failures tells which of them restarts alone make good. For each of the
 * others a failover is planned: it wakes as few hosts as can be. Which ones is decided after that:
 * of the hosts in standby, in the order of the time that they take, the shortest beginning of the
 * list is looked for with which the plan is as good; so the slowest that is woken is as quick as it
 * can be. As in the audit, nothing is asked for but what the failure takes down: VMs that wait for
 * a host, and those of other clusters, are switched off for it.
 */
#include "power_wakes.h"
#include "builder_internal.h"
#include "freeze_internal.h"
#include "frozen.h"
#include "thaw.h"
#include <assert.h>
#include <berth/solve.h>
#include <string.h>

enum { MOST_PLANNED = 64, SHARES = 8 };

typedef struct wake_search {
  berth_context *ctx;
  const berth_inventory *reached;
  const berth_inventory *asked; /* the same, only VMs on that run in the cluster, or did */
  const berth_options *options;
  search_clock *clock;
  arena *memory;
  uint32_t number; /* of the cluster */
  const frozen_cluster *cluster;
  uint32_t *asleep, asleep_count; /* that can be woken, quickest first */
} wake_search;

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* ---------------------------------------------------------------------- what is asked of */

static berth_status without_others(const wake_search *s, berth_inventory **out) {
  const berth_inventory *reached = s->reached;
  berth_builder *builder = NULL;
  *out = NULL;
  berth_status status = thaw_inventory(s->ctx, reached, &builder);
  if (status != BERTH_OK)
    return status;
  for (uint32_t vm = 0; vm < reached->vm_count; vm++) {
    built_vm *built = chunked_list_at(&builder->vms, vm);
    if (reached->vm_cluster[vm] != s->number || reached->vm_host[vm] == BERTH_NONE)
      built->spec.power = BERTH_POWER_OFF;
  }
  status = freeze_builder(builder, true, out);
  assert(status != BERTH_OK || (*out)->host_count == reached->host_count);
  berth_builder_free(builder);
  return status;
}

/* ---------------------------------------------------------------------- one failover */

static berth_status add_event(berth_context *ctx, berth_scenario *scenario, berth_event_type type,
                              const char *host) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  event.host = host;
  if (type == BERTH_EVENT_SET) {
    event.attribute = "wake";
    event.value = "none";
  }
  return berth_scenario_add(ctx, scenario, &event);
}

/* The failover of @p host, for which only the @p awake quickest hosts may be woken. */
static berth_status plan_failover(const wake_search *s, uint32_t host, uint32_t awake,
                                  berth_plan **out) {
  berth_scenario *scenario = NULL;
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  berth_status status = berth_scenario_new(s->ctx, &scenario);
  *out = NULL;
  assert(awake <= s->asleep_count);
  for (uint32_t i = awake; i < s->asleep_count && status == BERTH_OK; i++)
    status = add_event(s->ctx, scenario, BERTH_EVENT_SET, s->reached->host_id[s->asleep[i]]);
  if (status == BERTH_OK)
    status = add_event(s->ctx, scenario, BERTH_EVENT_FAIL, s->reached->host_id[host]);
  if (s->options != NULL)
    options = *s->options;
  else
    berth_options_init(&options);
  int64_t left = search_clock_left(s->clock) / SHARES;
  options.value[BERTH_OPTION_TIME_LIMIT] = left > 1 ? left : 1;
  options.value[BERTH_OPTION_DEADLINE] = 0;
  options.value[BERTH_OPTION_EXPLAIN] = 1;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_FAILOVER;
  request.options = &options;
  request.scenario = scenario;
  if (status == BERTH_OK)
    status = berth_solve(s->ctx, s->asked, &request, NULL, out);
  berth_scenario_free(scenario);
  return status;
}

/* Up to the hosts that are woken. */
static bool as_good(const berth_plan *a, const berth_plan *b) {
  for (uint32_t i = 0; i < berth_plan_level_count(a); i++) {
    const berth_plan_level *x = berth_plan_level_at(a, i), *y = berth_plan_level_at(b, i);
    assert(x->level == y->level);
    if (x->value != y->value)
      return x->value < y->value;
    if (x->level == BERTH_LEVEL_HOSTS_WOKEN)
      return true;
  }
  return true;
}

static const berth_plan_level *level_of(const berth_plan *plan, berth_level level) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == level)
      return berth_plan_level_at(plan, i);
  return NULL;
}

/* The quickest hosts that are enough, in place of those of @p plan. */
static berth_status quicken(const wake_search *s, uint32_t host, berth_plan **plan) {
  uint32_t low = (uint32_t)level_of(*plan, BERTH_LEVEL_HOSTS_WOKEN)->value;
  uint32_t high = s->asleep_count;
  assert(low > 0 && low <= high);
  const int64_t *seconds = s->reached->host_wake_seconds;
  if (seconds[s->asleep[low - 1]] == seconds[s->asleep[high - 1]])
    return BERTH_OK; /* none is slower than any that is needed */
  while (low < high && !search_clock_over(s->clock)) {
    uint32_t middle = low + (high - low) / 2;
    berth_plan *other = NULL;
    berth_status status = plan_failover(s, host, middle, &other);
    if (status != BERTH_OK)
      return status;
    if (as_good(other, *plan)) {
      berth_plan *slower = *plan;
      *plan = other;
      other = slower;
      high = middle;
    } else {
      low = middle + 1;
    }
    berth_plan_free(other);
  }
  return BERTH_OK;
}

/* ---------------------------------------------------------------------- what it does */

/* The order in which they are up. */
static void sort_by_time(const berth_inventory *inventory, uint32_t *hosts, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    uint32_t host = hosts[i], at = i;
    for (;
         at > 0 && inventory->host_wake_seconds[hosts[at - 1]] > inventory->host_wake_seconds[host];
         at--)
      hosts[at] = hosts[at - 1];
    hosts[at] = host;
  }
}

static berth_status read_failover(const wake_search *s, const berth_plan *plan,
                                  berth_power_failure *out) {
  assert(!out->planned && out->wake_count == 0);
  uint32_t steps = berth_plan_step_count(plan);
  uint32_t *wakes = arena_take(s->memory, steps, sizeof *wakes);
  if (wakes == NULL)
    return out_of_memory(s->ctx);
  for (uint32_t i = 0; i < steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    out->migrations += step->type == BERTH_STEP_MIGRATE;
    if (step->type != BERTH_STEP_WAKE)
      continue;
    wakes[out->wake_count++] = step->host;
    out->awake = step->end.latest > out->awake ? step->end.latest : out->awake;
  }
  sort_by_time(s->reached, wakes, out->wake_count);
  out->wakes = wakes;
  out->planned = true;
  out->unplaced = berth_plan_unplaced_count(plan);
  out->restored = berth_plan_get_makespan(plan).worst;
  out->fewest = true;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    out->fewest &= level->status == BERTH_OUTCOME_OPTIMAL;
    if (level->level == BERTH_LEVEL_HOSTS_WOKEN)
      break;
  }
  return BERTH_OK;
}

static berth_status plan_failure(const wake_search *s, berth_power_failure *out) {
  berth_plan *plan = NULL;
  berth_status status = plan_failover(s, out->host, s->asleep_count, &plan);
  if (status == BERTH_OK && level_of(plan, BERTH_LEVEL_HOSTS_WOKEN)->value > 0)
    status = quicken(s, out->host, &plan);
  if (status == BERTH_OK)
    status = read_failover(s, plan, out);
  berth_plan_free(plan);
  return status;
}

/* ---------------------------------------------------------------------- all of them */

static bool list_asleep(wake_search *s) {
  assert(s->cluster->first_host + s->cluster->host_count <= s->reached->host_count);
  s->asleep = arena_take(s->memory, s->cluster->host_count, sizeof *s->asleep);
  s->asleep_count = 0;
  for (uint32_t h = 0; s->asleep != NULL && h < s->cluster->host_count; h++) {
    uint32_t host = s->cluster->first_host + h;
    if (s->reached->host_state[host] == BERTH_HOST_STANDBY &&
        s->reached->host_wake[host] != BERTH_WAKE_NONE)
      s->asleep[s->asleep_count++] = host;
  }
  if (s->asleep != NULL)
    sort_by_time(s->reached, s->asleep, s->asleep_count);
  return s->asleep != NULL;
}

/* A unit is a host that is on; its name is the host's label, which the inventory owns. */
static uint32_t host_of_unit(const wake_search *s, const char *name) {
  for (uint32_t h = 0; h < s->cluster->host_count; h++) {
    uint32_t host = s->cluster->first_host + h;
    if (berth_inventory_host_label(s->reached, host) == name)
      return host;
  }
  return BERTH_NONE;
}

static berth_status list_failures(wake_search *s, const berth_audit_cluster *audited,
                                  berth_power_cluster *out) {
  berth_power_failure *list = arena_take(s->memory, audited->set_count, sizeof *list);
  if (list == NULL || !list_asleep(s))
    return out_of_memory(s->ctx);
  out->failures = list;
  for (uint32_t i = 0; i < audited->set_count; i++) {
    const berth_audit_set *set = &audited->sets[i];
    if (set->size != 1)
      continue;
    berth_power_failure *failure = &list[out->failure_count++];
    *failure = (berth_power_failure){.host = host_of_unit(s, audited->unit_name[set->units[0]]),
                                     .verdict = set->verdict};
    assert(failure->host != BERTH_NONE);
    if (out->failure_count > MOST_PLANNED || search_clock_over(s->clock)) {
      out->failures_not_asked++;
      continue;
    }
    berth_status status = plan_failure(s, failure);
    if (status != BERTH_OK)
      return status;
  }
  return BERTH_OK;
}

static berth_status look_at_failures(wake_search *s, const berth_audit_cluster *audited,
                                     berth_power_cluster *out) {
  berth_inventory *asked = NULL;
  out->failures_not_asked = audited->sets_not_listed;
  if (audited->size_count > 1)
    out->failures_by_restarts = audited->sizes[1].count[BERTH_AUDIT_RESTARTS];
  if (audited->set_count == 0)
    return BERTH_OK;
  berth_status status = without_others(s, &asked);
  s->asked = asked;
  if (status == BERTH_OK)
    status = list_failures(s, audited, out);
  berth_inventory_release(asked);
  return status;
}

berth_status power_wakes_find(berth_context *ctx, const berth_inventory *reached,
                              const berth_options *options, search_clock *clock, arena *memory,
                              berth_power_cluster *clusters) {
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  berth_options own;
  if (options != NULL)
    own = *options;
  else
    berth_options_init(&own);
  int64_t left = search_clock_left(clock) / 2;
  own.value[BERTH_OPTION_TIME_LIMIT] = left > 1 ? left : 1;
  request.options = &own;
  berth_status status = berth_audit_run(ctx, reached, &request, &audit);
  for (uint32_t c = 0; c < reached->cluster_count && status == BERTH_OK; c++) {
    wake_search s = {.ctx = ctx,
                     .reached = reached,
                     .options = options,
                     .clock = clock,
                     .memory = memory,
                     .number = c,
                     .cluster = &reached->clusters[c]};
    if (clusters[c].looked_at)
      status = look_at_failures(&s, berth_audit_get_cluster(audit, c), &clusters[c]);
  }
  berth_audit_free(audit);
  return status;
}
