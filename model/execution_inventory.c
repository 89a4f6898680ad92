/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that an execution has reached, as an inventory: the plan's is thawed, what has ended is
 * done to it, and it is frozen again. What is in flight has no place in an inventory (a VM on two
 * hosts, a host half awake), so it must have ended or failed before.
 */
#include "builder_internal.h"
#include "context_internal.h"
#include "execution_internal.h"
#include "freeze_internal.h"
#include "frozen.h"
#include "thaw.h"
#include <assert.h>

/* Whether an enabled quiesce rule limits how the VM may be disturbed. */
static bool is_quiesced(const berth_inventory *inventory, uint32_t vm) {
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[k]];
    if (rule->enabled && rule->type == BERTH_RULE_QUIESCE)
      return true;
  }
  return false;
}

/* What is under way or unsettled cannot be told in an inventory. */
static berth_status refuse_unrest(berth_context *ctx, const berth_execution *e, int64_t at) {
  const berth_inventory *inventory = berth_plan_inventory(e->plan);
  for (uint32_t i = 0; i < e->step_count; i++) {
    const execution_step *step = &e->steps[i];
    const berth_plan_step *given = berth_plan_step_at(e->plan, i);
    if (step->state == BERTH_STEP_RUNNING)
      return context_fail(ctx, BERTH_E_INVALID, NULL,
                          "step %u is running; expected it to have ended or failed", i + 1);
    if (step->state == BERTH_STEP_ENDED && given->type == BERTH_STEP_MIGRATE &&
        step->end + given->settle > at && is_quiesced(inventory, given->vm))
      return context_fail(ctx, BERTH_E_INVALID, NULL,
                          "the VM of step %u settles until %lld; expected a time from then on",
                          i + 1, (long long)(step->end + given->settle));
  }
  return BERTH_OK;
}

static bool names_what_it_needs(const berth_inventory *inventory, const berth_plan_step *step) {
  switch (step->type) {
  case BERTH_STEP_MIGRATE:
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    return step->vm < inventory->vm_count && step->to < inventory->host_count;
  default:
    return step->host < inventory->host_count;
  }
}

static built_host *host_of(berth_builder *builder, uint32_t host) {
  assert(host < builder->hosts.count);
  return chunked_list_at(&builder->hosts, host);
}

/* The VM is at `to` now; a start is a power cycle, after which no application is registered. */
static bool place_vm(berth_builder *builder, const berth_inventory *inventory,
                     const berth_plan_step *step) {
  assert(step->vm < builder->vms.count && step->to < inventory->host_count);
  built_vm *vm = chunked_list_at(&builder->vms, step->vm);
  if (step->type != BERTH_STEP_MIGRATE)
    vm->spec.notify_registered = false;
  return builder_register_vm(builder, vm, inventory->host_id[step->to]);
}

/* What the step did. False: out of memory. */
static bool apply_end(berth_builder *builder, const berth_inventory *inventory,
                      const berth_plan_step *step) {
  switch (step->type) {
  case BERTH_STEP_WAKE:
    host_of(builder, step->host)->spec.state = BERTH_HOST_ONLINE;
    return true;
  case BERTH_STEP_ENTER_MAINTENANCE:
    host_of(builder, step->host)->spec.state = BERTH_HOST_MAINTENANCE;
    return true;
  case BERTH_STEP_POWER_DOWN:
    host_of(builder, step->host)->spec.state = BERTH_HOST_STANDBY;
    return true;
  default:
    return place_vm(builder, inventory, step);
  }
}

/* Where a VM is, the last of its steps to end has brought it.
 * [vm] id of the step that ended last among those of the VM; ties go to the later start, then to
 * the later id. */
static uint32_t *last_ends(berth_context *ctx, const berth_execution *e) {
  const berth_inventory *inventory = berth_plan_inventory(e->plan);
  uint32_t *last = context_take(ctx, (size_t)inventory->vm_count + 1, sizeof *last);
  for (uint32_t i = 0; last != NULL && i < e->step_count; i++) {
    uint32_t vm = berth_plan_step_at(e->plan, i)->vm;
    if (vm >= inventory->vm_count || e->steps[i].state != BERTH_STEP_ENDED)
      continue;
    const execution_step *step = &e->steps[i];
    const execution_step *before = last[vm] == 0 ? NULL : &e->steps[last[vm] - 1];
    if (before == NULL || step->end > before->end ||
        (step->end == before->end && step->start >= before->start))
      last[vm] = i + 1;
  }
  return last;
}

static berth_status apply_all(berth_context *ctx, const berth_execution *e,
                              berth_builder *builder) {
  const berth_inventory *inventory = berth_plan_inventory(e->plan);
  uint32_t *last = last_ends(ctx, e);
  berth_status status = last == NULL ? BERTH_E_NOMEM : BERTH_OK;
  for (uint32_t i = 0; i < e->step_count && status == BERTH_OK; i++) {
    const berth_plan_step *given = berth_plan_step_at(e->plan, i);
    berth_step_state state = e->steps[i].state;
    if (state != BERTH_STEP_ENDED && state != BERTH_STEP_FAILED)
      continue;
    if (!names_what_it_needs(inventory, given))
      status = context_fail(ctx, BERTH_E_INVALID, NULL,
                            "step %u names no object of the inventory; expected one", i + 1);
    else if (state == BERTH_STEP_FAILED && given->type == BERTH_STEP_WAKE)
      host_of(builder, given->host)->spec.wake = BERTH_WAKE_NONE;
    else if (state == BERTH_STEP_ENDED &&
             (given->vm >= inventory->vm_count || last[given->vm] == i + 1) &&
             !apply_end(builder, inventory, given))
      status = BERTH_E_NOMEM;
  }
  context_release(ctx, last);
  return status;
}

berth_status berth_execution_inventory(berth_context *ctx, const berth_execution *e, int64_t at,
                                       const berth_inventory **out) {
  assert(ctx != NULL && e != NULL && out != NULL);
  *out = NULL;
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL;
  berth_status status = refuse_unrest(ctx, e, at);
  if (status != BERTH_OK)
    return status;
  if ((status = thaw_inventory(ctx, berth_plan_inventory(e->plan), &builder)) != BERTH_OK)
    return status;
  if ((status = apply_all(ctx, e, builder)) != BERTH_OK)
    goto done;
  if ((status = freeze_builder(builder, true, &inventory)) != BERTH_OK)
    goto done;
  assert(inventory->vm_count == berth_plan_inventory(e->plan)->vm_count);
  *out = inventory;
done:
  berth_builder_free(builder);
  return status;
}
