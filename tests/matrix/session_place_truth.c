/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first candidate of a VM that looks for a host, and its ledger, against berth_solve() with
 * goal place, everything else held where it is.
 */
#include "session_truth.h"

#include "frozen.h"

#include <berth/solve.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL(...) ((void)fprintf(stderr, __VA_ARGS__), false)

enum { LEDGER_ROOM = 64 };

static bool runs(const session_model *model, const model_vm *vm) {
  if (!vm->exists || vm->power != BERTH_POWER_ON || vm->host == BERTH_NONE)
    return false;
  switch (model->hosts[vm->host].state) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return model->base->clusters[vm->cluster].set_up.isolation_response == BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

static int64_t value_of(const berth_plan *plan, berth_level level) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == level)
      return berth_plan_level_at(plan, i)->value;
  return -1;
}

/* Everything but @p vm is held, or off. */
static void hold_others(session_model *model, uint32_t vm) {
  for (uint32_t v = 0; v < model->vm_count; v++) {
    model->vms[v].spec.movable = false;
    if (v != vm && !runs(model, &model->vms[v]))
      model->vms[v].power = BERTH_POWER_OFF;
  }
}

static berth_plan *solve(berth_context *ctx, const berth_inventory *inventory) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_PLACE;
  request.options = &options;
  if (berth_solve(ctx, inventory, &request, NULL, &plan) != BERTH_OK) {
    (void)fprintf(stderr, "%s\n", berth_context_detail(ctx));
    abort();
  }
  return plan;
}

static bool same_entry(const berth_plan_ledger_entry *view, const berth_plan_ledger_entry *plan,
                       const model_inventory *held) {
  uint32_t rule = plan->rule == BERTH_NONE ? BERTH_NONE : held->rule_number[plan->rule];
  return view->reason == plan->reason && view->rule == rule && view->resource == plan->resource &&
         view->hosts == plan->hosts && view->short_by == plan->short_by;
}

/* In any order: that of rules goes by numbers here and by indices there. */
static bool same_ledger(const char *where, const berth_view *view, uint32_t vm,
                        const berth_plan_unplaced *unplaced, const model_inventory *held) {
  berth_plan_ledger_entry ledger[LEDGER_ROOM];
  uint32_t count = LEDGER_ROOM;
  if (berth_view_ledger(view, vm, ledger, &count) != BERTH_OK || count != unplaced->ledger_count)
    return TELL("%s: the ledger of VM %u has %u entries, the plan's %u\n", where, vm, count,
                unplaced->ledger_count);
  for (uint32_t i = 0; i < count; i++) {
    bool found = false;
    for (uint32_t j = 0; j < count; j++)
      found = found || same_entry(&ledger[i], &unplaced->ledger[j], held);
    if (!found)
      return TELL("%s: ledger entry %u of VM %u (%s, rule %d, resource %d, %u hosts, short by "
                  "%lld) is not in the plan's\n",
                  where, i, vm, berth_reason_word(ledger[i].reason), (int)ledger[i].rule,
                  (int)ledger[i].resource, ledger[i].hosts, (long long)ledger[i].short_by);
  }
  return true;
}

static bool agrees(const char *where, const berth_view *view, const session_model *model,
                   uint32_t vm, const berth_plan *before, const berth_plan *plan,
                   const model_inventory *held, session_tally *tally) {
  berth_candidate first;
  uint32_t count = 1;
  if (berth_view_best_hosts(view, vm, BERTH_PREFER_TIGHT, &first, &count) != BERTH_OK)
    return TELL("%s: best hosts of VM %u refused\n", where, vm);
  int64_t unplaced = value_of(plan, BERTH_LEVEL_UNPLACED);
  (void)model;
  if (unplaced != (count == 0))
    return TELL("%s: VM %u has %u best hosts, the plan leaves out %lld\n", where, vm, count,
                (long long)unplaced);
  if (unplaced == 1) {
    tally->unplaced++;
    return same_ledger(where, view, vm, berth_plan_unplaced_at(plan, 0), held);
  }
  tally->placed++;
  int64_t base = value_of(before, BERTH_LEVEL_SHOULD_BROKEN);
  int64_t broken = value_of(plan, BERTH_LEVEL_SHOULD_BROKEN);
  int64_t woken = value_of(plan, BERTH_LEVEL_HOSTS_WOKEN);
  /* Rules of the VM that are broken without it count for the candidate, too: it adds at least the
   * rest. */
  if (broken - base > first.should_broken || woken != first.wakes)
    return TELL("%s: VM %u: the plan breaks %lld of %lld and wakes %lld, the best host %u and %u\n",
                where, vm, (long long)broken, (long long)base, (long long)woken,
                first.should_broken, first.wakes);
  return true;
}

bool truth_of_place(const char *where, berth_context *ctx, const berth_view *view,
                    const session_model *model, uint32_t vm, session_tally *tally) {
  model_inventory held, without;
  const model_vm *asked = &model->vms[vm];
  if (asked->power != BERTH_POWER_ON || runs(model, asked) ||
      (asked->host != BERTH_NONE && asked->spec.priority == BERTH_PRIORITY_DISABLED))
    return true;
  session_model *other = malloc(sizeof *other);
  if (other == NULL)
    abort();
  *other = *model;
  hold_others(other, vm);
  model_freeze(other, ctx, &held);
  berth_plan *plan = solve(ctx, held.inventory);
  other->vms[vm].power = BERTH_POWER_OFF;
  model_freeze(other, ctx, &without);
  berth_plan *before = solve(ctx, without.inventory);
  bool agreed = agrees(where, view, model, vm, before, plan, &held, tally);
  berth_plan_free(plan);
  berth_plan_free(before);
  berth_inventory_release(held.inventory);
  berth_inventory_release(without.inventory);
  free(other);
  return agreed;
}
