/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flavour by figures needs no VM to be made of it: it has no rule, network or datastore, so that
 * it may go to every host that is on and not kept for failovers. One like a VM is added once, and
 * asked where it may arrive.
 */
#include "capacity_ground.h"
#include "admission.h"
#include "checked.h"
#include "context_internal.h"
#include "named_constraint.h"
#include "placement_question.h"
#include "thaw.h"
#include <assert.h>
#include <berth/scenario.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------- adding VMs */

static bool id_is_free(const berth_inventory *inventory, const char *id) {
  uint32_t index;
  return berth_inventory_find_vm(inventory, id, &index) == BERTH_E_NOT_FOUND;
}

static berth_status add_like(berth_context *ctx, berth_scenario *scenario,
                             const berth_capacity_flavour *flavour, int64_t mixes) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_ADD_VM;
  event.like = flavour->like;
  event.count = flavour->count * mixes;
  return berth_scenario_add(ctx, scenario, &event);
}

static berth_status add_plain(berth_builder *builder, const berth_inventory *inventory,
                              uint32_t cluster, const berth_capacity_flavour *flavour,
                              int64_t mixes, uint64_t *number) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  berth_status status = BERTH_OK;
  char id[48];
  spec.id = id;
  spec.cpus = flavour->vcpus;
  spec.cpu_reservation_mhz = flavour->cpu_mhz;
  spec.memory_mib = spec.memory_reservation_mib = flavour->memory_mib;
  for (int64_t i = 0; i < flavour->count * mixes && status == BERTH_OK; i++) {
    uint32_t index;
    do {
      snprintf(id, sizeof id, "flavour+%" PRIu64, ++*number);
    } while (!id_is_free(inventory, id));
    status = berth_builder_add_vm(builder, cluster, &spec, &index);
    for (uint32_t a = 0; a < flavour->amount_count && status == BERTH_OK; a++)
      status = berth_builder_vm_needs_resource(builder, index, flavour->amounts[a].resource,
                                               flavour->amounts[a].amount, NULL);
  }
  return status;
}

/* Flavours like a VM, through a scenario: it knows their rules and groups. */
static berth_status extend_like(berth_context *ctx, const berth_inventory *inventory,
                                const berth_capacity_flavour *flavours, uint32_t count,
                                int64_t mixes, const berth_inventory **out) {
  berth_scenario *scenario = NULL;
  berth_status status = berth_scenario_new(ctx, &scenario);
  for (uint32_t f = 0; f < count && status == BERTH_OK; f++) {
    if (flavours[f].like != NULL)
      status = add_like(ctx, scenario, &flavours[f], mixes);
  }
  if (status == BERTH_OK)
    status = berth_scenario_apply(ctx, inventory, scenario, out);
  berth_scenario_free(scenario);
  return status;
}

berth_status capacity_extend(berth_context *ctx, const berth_inventory *inventory, uint32_t cluster,
                             const berth_capacity_flavour *flavours, uint32_t flavour_count,
                             int64_t mixes, const berth_inventory **out) {
  const berth_inventory *base = NULL;
  berth_builder *builder = NULL;
  berth_inventory *frozen = NULL;
  uint64_t number = 0;
  bool any_plain = false;
  *out = NULL;
  berth_status status = extend_like(ctx, inventory, flavours, flavour_count, mixes, &base);
  assert(mixes >= 0 && flavour_count > 0);
  for (uint32_t f = 0; f < flavour_count; f++)
    any_plain |= flavours[f].like == NULL;
  if (status != BERTH_OK || !any_plain || mixes == 0) {
    *out = base;
    return status;
  }
  status = thaw_inventory(ctx, base, &builder);
  for (uint32_t f = 0; f < flavour_count && status == BERTH_OK; f++) {
    if (flavours[f].like == NULL)
      status = add_plain(builder, base, cluster, &flavours[f], mixes, &number);
  }
  if (status == BERTH_OK)
    status = berth_builder_freeze(builder, &frozen);
  if (status == BERTH_OK)
    *out = frozen;
  berth_builder_free(builder);
  berth_inventory_release(base);
  return status;
}

/* ---------------------------------------------------------------------- flavours */

static uint32_t resource_called(const berth_inventory *inventory, const char *name) {
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count; r++) {
    if (strcmp(inventory->resource_name[r], name) == 0)
      return r;
  }
  return BERTH_NONE;
}

static void take_plain(const capacity_ground *g, ground_flavour *out, int64_t *demand,
                       uint8_t *takes) {
  const problem *p = &g->whole;
  const berth_capacity_flavour *asked = out->asked;
  assert(asked->like == NULL && asked->memory_mib > 0);
  demand[BERTH_RESOURCE_CPU] = asked->cpu_mhz;
  demand[BERTH_RESOURCE_MEMORY] = asked->memory_mib;
  demand[BERTH_RESOURCE_VMS] = 1;
  demand[BERTH_RESOURCE_VCPUS] = asked->vcpus;
  for (uint32_t a = 0; a < asked->amount_count; a++) {
    uint32_t r = resource_called(g->inventory, asked->amounts[a].resource);
    assert(r != BERTH_NONE);
    demand[r] += asked->amounts[a].amount;
  }
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (p->host_open[h] && !g->inventory->host_dedicated[p->host[h]])
      takes[h] = p->host_asleep[h] ? TAKES_WOKEN : TAKES_NOW;
  }
  out->comes_back =
      g->inventory->clusters[g->cluster].set_up.default_priority != BERTH_PRIORITY_DISABLED;
}

static void take_like(const capacity_ground *g, uint32_t item, ground_flavour *out, int64_t *demand,
                      uint8_t *takes) {
  const problem *p = &g->whole;
  assert(p->kind[item] == ITEM_POWER_ON);
  memcpy(demand, problem_demand(p, item), p->resource_count * sizeof *demand);
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (p->host_open[h] && admission_allows(p, item, h))
      takes[h] = p->host_asleep[h] ? TAKES_WOKEN : TAKES_NOW;
  }
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    out->bound |= rule->must && rule->form != RULE_FORM_HOSTS;
  }
  out->bound |= p->numa_active && p->one_node[item];
  out->comes_back = p->inventory->vm_priority[p->vm[item]] != BERTH_PRIORITY_DISABLED;
}

static bool describe_flavours(capacity_ground *g, const berth_capacity_request *request,
                              arena *memory) {
  const problem *p = &g->whole;
  uint32_t count = request->flavour_count;
  uint32_t next = g->inventory->clusters[g->cluster].first_vm +
                  g->inventory->clusters[g->cluster].vm_count; /* of those that were added */
  ground_flavour *flavours = arena_take(memory, count, sizeof *flavours);
  int64_t *mix = arena_take(memory, p->resource_count, sizeof *mix);
  if (flavours == NULL || mix == NULL)
    return false;
  g->is_plain = g->down_count == 0;
  for (uint32_t f = 0; f < count; f++) {
    int64_t *demand = arena_take(memory, p->resource_count, sizeof *demand);
    uint8_t *takes = arena_take(memory, p->host_count, 1);
    if (demand == NULL || takes == NULL)
      return false;
    flavours[f].asked = &request->flavours[f];
    if (request->flavours[f].like == NULL)
      take_plain(g, &flavours[f], demand, takes);
    else {
      take_like(g, problem_item_of_vm(p, next), &flavours[f], demand, takes);
      next += (uint32_t)request->flavours[f].count;
    }
    flavours[f].demand = demand;
    flavours[f].takes = takes;
    g->is_plain &= !flavours[f].bound;
    for (uint32_t r = 0; r < p->resource_count; r++)
      mix[r] += demand[r] * request->flavours[f].count;
  }
  g->flavours = flavours;
  g->flavour_count = count;
  g->mix = mix;
  return true;
}

/* ---------------------------------------------------------------------- the cluster */

static bool leave_out_waiting(capacity_ground *g, const berth_inventory *base, arena *memory) {
  const frozen_cluster *cluster = &g->inventory->clusters[g->cluster];
  uint32_t end = cluster->first_vm + cluster->vm_count;
  uint8_t *out = arena_take(memory, base->vm_count, 1);
  if (out == NULL)
    return false;
  for (uint32_t vm = cluster->first_vm; vm < end; vm++) {
    out[vm] = base->vm_host[vm] == BERTH_NONE;
    g->waiting += out[vm] && base->vm_power[vm] == BERTH_POWER_ON;
  }
  return reduced_inventory(&g->view, base, out, memory);
}

static bool measure_room(capacity_ground *g, arena *memory) {
  const problem *p = &g->whole;
  int64_t *room = arena_take(memory, p->host_count, p->resource_count * sizeof *room);
  if (room == NULL)
    return false;
  for (size_t i = 0; i < (size_t)p->host_count * p->resource_count; i++)
    room[i] = p->capacity[i] == BERTH_UNLIMITED ? BERTH_UNLIMITED
                                                : larger_i64(0, p->capacity[i] - p->initial_use[i]);
  for (uint32_t item = 0; item < p->item_count; item++)
    g->down_count += p->kind[item] == ITEM_RESTART;
  g->room = room;
  return true;
}

/* One VM of each flavour that is like another. */
static berth_status add_examples(capacity_ground *g, berth_context *ctx,
                                 const berth_capacity_request *request) {
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    if (request->flavours[f].like != NULL)
      return extend_like(ctx, g->inventory, request->flavours, request->flavour_count, 1,
                         &g->owned);
  }
  return BERTH_OK;
}

berth_status capacity_ground_build(capacity_ground *g, berth_context *ctx,
                                   const berth_inventory *inventory, uint32_t cluster,
                                   const berth_capacity_request *request, arena *memory) {
  problem_scratch scratch;
  problem_aim aim = {.goal = BERTH_GOAL_PLACE, .settings = BERTH_PLAN_SETTINGS_INIT};
  assert(cluster < inventory->cluster_count && request->flavour_count > 0);
  *g = (capacity_ground){.inventory = inventory, .cluster = cluster};
  berth_status status = add_examples(g, ctx, request);
  if (status != BERTH_OK)
    return status;
  const berth_inventory *base = g->owned != NULL ? g->owned : inventory;
  bool ok = leave_out_waiting(g, base, memory) &&
            problem_scratch_init(&scratch, memory, &g->view) &&
            cluster_problem_build(&g->whole, &g->view, cluster, &aim, &scratch, memory) &&
            measure_room(g, memory) && describe_flavours(g, request, memory);
  return ok ? BERTH_OK : context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

void capacity_ground_free(capacity_ground *g) {
  berth_inventory_release(g->owned);
  g->owned = NULL;
}
