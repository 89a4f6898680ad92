/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The range enters as two more resources: every VM needs of them what it asks for, and a host has
 * as much as it may be loaded with. A host that has to stay on is one that could not be woken. With
 * that, neither the search nor the checker has to know of power management. VMs that wait for a
 * host need nothing of the two: to place them comes first.
 */
#include "power_question.h"
#include "builder_internal.h"
#include "freeze_internal.h"
#include "thaw.h"
#include <assert.h>
#include <berth/solve.h>
#include <stdio.h>
#include <string.h>

enum { RANGE_RESOURCES = 2, NAME_ROOM = 40 };

/* ---------------------------------------------------------------------- the inventory */

static bool is_taken(const berth_inventory *inventory, const char *name) {
  for (uint32_t r = 0; r < inventory->resource_count; r++)
    if (strcmp(inventory->resource_name[r], name) == 0)
      return true;
  return false;
}

static void choose_name(const berth_inventory *inventory, const char *stem, char *name) {
  assert(strlen(stem) + 12 < NAME_ROOM);
  snprintf(name, NAME_ROOM, "%s", stem);
  for (unsigned i = 2; is_taken(inventory, name); i++)
    snprintf(name, NAME_ROOM, "%s-%u", stem, i);
}

static built_host *host_of(berth_builder *builder, uint32_t host) {
  assert(host < builder->hosts.count);
  return chunked_list_at(&builder->hosts, host);
}

/* Other clusters: nothing runs there, nobody sleeps. */
static void still_others(berth_builder *builder, const power_ground *g) {
  const berth_inventory *inventory = g->inventory;
  for (uint32_t h = 0; h < inventory->host_count; h++)
    if (inventory->host_cluster[h] != g->cluster)
      host_of(builder, h)->spec.wake = BERTH_WAKE_NONE;
  for (uint32_t v = 0; v < inventory->vm_count; v++) {
    built_vm *vm = chunked_list_at(&builder->vms, v);
    if (inventory->vm_cluster[v] != g->cluster)
      vm->spec.power = BERTH_POWER_OFF;
  }
}

static void set_wakes(berth_builder *builder, const power_ground *g,
                      const power_question *question) {
  for (uint32_t h = 0; h < g->host_count; h++) {
    bool held = g->on[h] ? question->stay[h] : !question->may_wake[h];
    if (held)
      host_of(builder, g->first_host + h)->spec.wake = BERTH_WAKE_NONE;
  }
}

static berth_status need(berth_builder *builder, uint32_t vm, const char *name, int64_t amount) {
  return amount == 0 ? BERTH_OK : berth_builder_vm_needs_resource(builder, vm, name, amount, NULL);
}

static berth_status limit_range(berth_builder *builder, const power_ground *g) {
  char cpu[NAME_ROOM], memory[NAME_ROOM];
  const problem *p = &g->whole;
  choose_name(g->inventory, "demand-cpu", cpu);
  choose_name(g->inventory, "demand-memory", memory);
  berth_status status = berth_builder_add_resource(builder, cpu, NULL);
  if (status == BERTH_OK)
    status = berth_builder_add_resource(builder, memory, NULL);
  for (uint32_t h = 0; h < g->host_count && status == BERTH_OK; h++) {
    uint32_t host = g->first_host + h;
    berth_power_load most =
        power_load_share(power_load_capacity(g->inventory, host), g->out->high_percent);
    status = berth_builder_host_capacity(builder, host, cpu, most.cpu_mhz, NULL);
    if (status == BERTH_OK)
      status = berth_builder_host_capacity(builder, host, memory, most.memory_mib, NULL);
  }
  for (uint32_t item = 0; item < p->item_count && status == BERTH_OK; item++) {
    berth_power_load load = power_load_of_vm(g->inventory, p->vm[item]);
    if (problem_is_requested(p, item))
      continue;
    status = need(builder, p->vm[item], cpu, load.cpu_mhz);
    if (status == BERTH_OK)
      status = need(builder, p->vm[item], memory, load.memory_mib);
  }
  return status;
}

static berth_status derive(const power_ground *g, const power_question *question,
                           berth_inventory **out) {
  berth_builder *builder = NULL;
  *out = NULL;
  berth_status status = thaw_inventory(g->ctx, g->inventory, &builder);
  if (status != BERTH_OK)
    return status;
  still_others(builder, g);
  set_wakes(builder, g, question);
  if (question->within_range)
    status = limit_range(builder, g);
  if (status == BERTH_OK)
    status = freeze_builder(builder, true, out);
  assert(status != BERTH_OK || (*out)->vm_count == g->inventory->vm_count);
  berth_builder_free(builder);
  return status;
}

/* ---------------------------------------------------------------------- the reply */

static int64_t weight_of_others(const power_ground *g) {
  int64_t sum = 0;
  for (uint32_t h = 0; h < g->inventory->host_count; h++) {
    int64_t watts = g->inventory->host_power_watts[h];
    if (g->inventory->host_cluster[h] == g->cluster ||
        g->inventory->host_state[h] != BERTH_HOST_ONLINE)
      continue;
    sum += !g->by_power ? 1 : watts == BERTH_UNSET ? 0 : watts;
  }
  return sum;
}

static void read_levels(const power_ground *g, const berth_plan *plan, power_reply *out) {
  static const berth_level before[POWER_BEFORE] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                                                   BERTH_LEVEL_SHOULD_BROKEN};
  int64_t others = weight_of_others(g);
  for (uint32_t k = 0; k < berth_plan_level_count(plan); k++) {
    const berth_plan_level *level = berth_plan_level_at(plan, k);
    for (int b = 0; b < POWER_BEFORE; b++) {
      if (level->level != before[b])
        continue;
      out->before[b] = level->value;
      out->before_bound[b] = level->bound;
    }
    if (level->level != BERTH_LEVEL_HOSTS_ON)
      continue;
    out->weight = level->value - others;
    out->bound = level->bound > others ? level->bound - others : 0;
    assert(out->weight >= out->bound);
  }
}

static bool read_steps(const power_ground *g, const berth_plan *plan, power_reply *out) {
  const problem *p = &g->whole;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    if (step->type == BERTH_STEP_WAKE || step->type == BERTH_STEP_POWER_DOWN)
      out->serves[step->host - g->first_host] = step->type == BERTH_STEP_WAKE;
    if (step->vm == BERTH_NONE)
      continue;
    uint32_t item = problem_item_of_vm(p, step->vm);
    assert(item != BERTH_NONE && step->to >= g->first_host);
    out->at[item] = step->to - g->first_host;
    if (step->type == BERTH_STEP_MIGRATE &&
        !sequence_add(&out->moves, g->memory, item, step->from - g->first_host,
                      step->to - g->first_host))
      return false;
  }
  return true;
}

static berth_status read_reply(const power_ground *g, const berth_plan *plan, power_reply *out) {
  *out = (power_reply){0};
  out->serves = arena_take(g->memory, g->host_count, 1);
  out->at = arena_take(g->memory, g->whole.item_count, sizeof *out->at);
  if (out->serves == NULL || out->at == NULL)
    return context_fail(g->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  memcpy(out->serves, g->on, g->host_count);
  memcpy(out->at, g->start.host, g->whole.item_count * sizeof *out->at);
  read_levels(g, plan, out);
  if (!read_steps(g, plan, out))
    return context_fail(g->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  assert(power_ground_weigh(g, out->serves) == out->weight);
  return BERTH_OK;
}

berth_status power_question_ask(const power_ground *g, const power_question *question,
                                power_reply *out) {
  berth_inventory *derived = NULL;
  berth_plan *plan = NULL;
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  assert(question->milliseconds > 0);
  berth_status status = derive(g, question, &derived);
  if (status != BERTH_OK)
    return status;
  if (g->request->options != NULL)
    options = *g->request->options;
  else
    berth_options_init(&options);
  options.value[BERTH_OPTION_KEEP_FAILURES] = question->keep_failures;
  options.value[BERTH_OPTION_DEADLINE] = 0;
  options.value[BERTH_OPTION_EXPLAIN] = 1; /* nobody reads why */
  options.value[BERTH_OPTION_TIME_LIMIT] = question->milliseconds;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_CONSOLIDATE;
  request.options = &options;
  status = berth_solve(g->ctx, derived, &request, NULL, &plan);
  if (status == BERTH_OK)
    status = read_reply(g, plan, out);
  berth_plan_free(plan);
  berth_inventory_release(derived);
  return status;
}

/* [host] what runs there, at the start or where the reply has it; NULL = no memory. */
static berth_power_load *loads_at(const power_ground *g, const uint32_t *at) {
  const problem *p = &g->whole;
  berth_power_load *load = arena_take(g->memory, g->host_count, sizeof *load);
  for (uint32_t item = 0; load != NULL && item < p->item_count; item++)
    if (at[item] != BERTH_NONE && !problem_is_requested(p, item))
      power_load_add(&load[at[item]], power_load_of_vm(g->inventory, p->vm[item]));
  return load;
}

bool power_reply_above(const power_ground *g, const power_reply *reply, int64_t *above) {
  const berth_power_load *load = loads_at(g, reply->at);
  *above = 0;
  for (uint32_t h = 0; load != NULL && h < g->host_count; h++)
    *above += power_load_above(load[h], power_load_capacity(g->inventory, g->first_host + h),
                               g->out->high_percent);
  return load != NULL;
}

bool power_reply_stays_in_range(const power_ground *g, const power_reply *reply, bool *stays) {
  berth_power_load *load = loads_at(g, g->start.host);
  *stays = true;
  for (uint32_t m = 0; load != NULL && m < reply->moves.count && *stays; m++) {
    const migration *move = &reply->moves.list[m];
    assert(move->from != move->to && move->to < g->host_count);
    berth_power_load own = power_load_of_vm(g->inventory, g->whole.vm[move->item]);
    power_load_add(&load[move->to], own);
    *stays = power_load_fits(load[move->to], power_ground_limit(g, move->to));
    load[move->from].cpu_mhz -= own.cpu_mhz;
    load[move->from].memory_mib -= own.memory_mib;
    assert(load[move->from].cpu_mhz >= 0 && load[move->from].memory_mib >= 0);
  }
  return load != NULL;
}
