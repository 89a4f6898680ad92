/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state is told as a scenario: hosts that were woken are online, VMs that were moved have
 * another host. So the plan of every round stands on its own, and can be checked on its own.
 */
#include "rolling_state.h"
#include <assert.h>

bool rolling_state_init(rolling_state *s, const berth_inventory *inventory,
                        const berth_scenario *scenario, arena *memory) {
  s->inventory = inventory;
  s->scenario = scenario;
  s->where = arena_take(memory, inventory->vm_count, sizeof *s->where);
  s->target = arena_take(memory, inventory->host_count, 1);
  s->woken = arena_take(memory, inventory->host_count, 1);
  if (s->where == NULL || s->target == NULL || s->woken == NULL)
    return false;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    s->where[vm] = inventory->vm_host[vm];
  for (uint32_t host = 0; host < inventory->host_count; host++)
    s->target[host] = inventory->host_state[host] == BERTH_HOST_ONLINE ? ROLLING_TO_PATCH : 0;
  return true;
}

bool rolling_state_is_good(const rolling_state *s, uint32_t host) {
  assert(host < s->inventory->host_count);
  return s->target[host] == ROLLING_PATCHED || s->woken[host];
}

static berth_status add_host_event(berth_context *ctx, berth_scenario *scenario,
                                   berth_event_type type, const char *host) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  event.host = host;
  return berth_scenario_add(ctx, scenario, &event);
}

static berth_status add_moves(berth_context *ctx, const rolling_state *s,
                              berth_scenario *scenario) {
  const berth_inventory *inventory = s->inventory;
  berth_status status = BERTH_OK;
  for (uint32_t vm = 0; vm < inventory->vm_count && status == BERTH_OK; vm++) {
    if (s->where[vm] == inventory->vm_host[vm])
      continue;
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_SET;
    event.vm = inventory->vm_id[vm];
    event.attribute = "host";
    event.value = inventory->host_id[s->where[vm]];
    status = berth_scenario_add(ctx, scenario, &event);
  }
  return status;
}

berth_status rolling_state_scenario(berth_context *ctx, const rolling_state *s,
                                    const uint32_t *hosts, uint32_t count, berth_scenario **out) {
  const berth_inventory *inventory = s->inventory;
  berth_scenario *scenario = NULL;
  *out = NULL;
  berth_status status = s->scenario != NULL ? berth_scenario_copy(ctx, s->scenario, &scenario)
                                            : berth_scenario_new(ctx, &scenario);
  for (uint32_t host = 0; host < inventory->host_count && status == BERTH_OK; host++)
    if (s->woken[host])
      status = add_host_event(ctx, scenario, BERTH_EVENT_ONLINE, inventory->host_id[host]);
  if (status == BERTH_OK)
    status = add_moves(ctx, s, scenario);
  for (uint32_t i = 0; i < count && status == BERTH_OK; i++)
    status = add_host_event(ctx, scenario, BERTH_EVENT_MAINTENANCE, inventory->host_id[hosts[i]]);
  if (status == BERTH_OK)
    *out = scenario;
  else
    berth_scenario_free(scenario);
  return status;
}

void rolling_state_advance(rolling_state *s, const berth_plan *plan) {
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(plan, i);
    assert(placement->vm < s->inventory->vm_count && placement->to < s->inventory->host_count);
    s->where[placement->vm] = placement->to;
  }
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    if (step->type == BERTH_STEP_WAKE)
      s->woken[step->host] = 1;
  }
}
