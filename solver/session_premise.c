/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the view's inventory, by other arrays: what waits or is down is off, and so are other
 * clusters. Hosts over their capacity have as much as they hold: their limits are these already,
 * and emptying them is no aim. VMs on other hosts that are to be emptied stay there. Must rules
 * that are broken before anything moves, and nodes that do not hold what is on them, remain.
 */
#include "session_premise.h"
#include "context_internal.h"
#include "freeze_internal.h"
#include "placement.h"
#include "placement_question.h"
#include <string.h>

/* Shares everything with `base`. NULL: out of memory. */
static berth_inventory *derive(const berth_allocator *allocator, const berth_inventory *base) {
  berth_inventory *derived = freeze_new_inventory(allocator);
  if (derived == NULL)
    return NULL;
  frozen_share(derived, base);
  derived->base = berth_inventory_retain(base);
  return derived;
}

/* A writable copy of one of its arrays, in its memory. */
static void *own_array(berth_inventory *derived, const void *array, size_t count, size_t size) {
  assert(derived->base != NULL);
  void *copy = arena_take(&derived->memory, count, size);
  if (copy != NULL && count > 0)
    memcpy(copy, array, count * size);
  return copy;
}

static bool is_emptied(uint8_t state) {
  return state == BERTH_HOST_MAINTENANCE || state == BERTH_HOST_ENTERING_MAINTENANCE;
}

/* Whether the VM takes part: it runs in the view, in the host's cluster. */
static bool takes_part(const host_question *q, const host_premise *p, uint32_t vm) {
  return p->copy.inventory->vm_cluster[vm] == p->cluster &&
         session_runs_at(q->view, p->copy.vm_number[vm]) != BERTH_NONE;
}

static bool set_state(const host_question *q, host_premise *p) {
  berth_inventory *asked = p->asked;
  uint8_t *state = own_array(asked, asked->host_state, asked->host_count, 1);
  if (state == NULL)
    return false;
  if (q->fails)
    state[p->host] = BERTH_HOST_FAILED;
  else if (state[p->host] == BERTH_HOST_ONLINE)
    state[p->host] = BERTH_HOST_ENTERING_MAINTENANCE;
  asked->host_state = state;
  return true;
}

static bool set_vms(const host_question *q, host_premise *p) {
  berth_inventory *asked = p->asked;
  uint8_t *power = own_array(asked, asked->vm_power, asked->vm_count, 1);
  uint8_t *movable = own_array(asked, asked->vm_movable, asked->vm_count, 1);
  if (power == NULL || movable == NULL)
    return false;
  for (uint32_t vm = 0; vm < asked->vm_count; vm++) {
    uint32_t host = asked->vm_host[vm];
    if (!takes_part(q, p, vm)) {
      power[vm] = BERTH_POWER_OFF;
    } else if (host != p->host && is_emptied(asked->host_state[host])) {
      movable[vm] = 0;
      p->fixed++;
    }
  }
  asked->vm_power = power;
  asked->vm_movable = movable;
  return true;
}

static bool set_capacity(const host_question *q, host_premise *p) {
  berth_inventory *asked = p->asked;
  size_t resources = asked->resource_count, amounts = asked->host_count * resources;
  int64_t *capacity = own_array(asked, asked->host_capacity, amounts, sizeof *capacity);
  int64_t *use = arena_take(&p->memory, amounts, sizeof *use);
  if (capacity == NULL || use == NULL)
    return false;
  for (uint32_t vm = 0; vm < asked->vm_count; vm++) {
    uint32_t host = asked->vm_host[vm];
    if (!takes_part(q, p, vm) || (q->fails && host == p->host))
      continue;
    for (size_t r = 0; r < resources; r++)
      use[host * resources + r] += asked->vm_demand[vm * resources + r];
  }
  for (size_t i = 0; i < amounts; i++)
    capacity[i] = use[i] > capacity[i] ? use[i] : capacity[i];
  asked->host_capacity = capacity;
  return true;
}

/* The violations there are. */
static bool judge_start(const host_question *q, host_premise *p) {
  placement start;
  p->aim = (problem_aim){.goal = q->fails ? BERTH_GOAL_FAILOVER : BERTH_GOAL_EVACUATE,
                         .settings = BERTH_PLAN_SETTINGS_INIT};
  if (!problem_scratch_init(&p->scratch, &p->memory, p->asked) ||
      !cluster_problem_build(&p->whole, p->asked, p->cluster, &p->aim, &p->scratch, &p->memory) ||
      !placement_init(&start, &p->whole, &p->memory))
    return false;
  p->others = start.value[BERTH_LEVEL_VIOLATIONS] - (q->fails ? 0 : q->count);
  assert(p->others >= p->fixed);
  return true;
}

berth_status host_premise_make(const host_question *q, host_premise *out) {
  *out = (host_premise){.asked = NULL};
  arena_init(&out->memory, context_allocator(q->ctx));
  berth_status status = view_copy_make(q->ctx, q->view, &out->copy);
  if (status != BERTH_OK)
    return status;
  out->asked = derive(context_allocator(q->ctx), out->copy.inventory);
  out->host = out->copy.host_index[q->host];
  out->cluster = out->copy.inventory->host_cluster[out->host];
  assert(out->copy.host_number[out->host] == q->host);
  if (out->asked != NULL && set_state(q, out) && set_vms(q, out) && set_capacity(q, out) &&
      judge_start(q, out))
    return BERTH_OK;
  return context_fail(q->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

void host_premise_free(host_premise *premise) {
  berth_inventory_release(premise->asked);
  view_copy_free(&premise->copy);
  arena_free(&premise->memory);
}
