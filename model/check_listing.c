/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the plan says of its own steps: the placements, the VMs left unplaced, and the marks of
 * approval (docs/model.md §1 and §6). The steps decide.
 */
#include "check_internal.h"
#include <assert.h>

static berth_how expected_how(const check *c, uint32_t vm) {
  if (c->vm_part[vm] == VM_RUNNING)
    return BERTH_HOW_MIGRATE;
  return c->vm_part[vm] == VM_WAITING ? BERTH_HOW_POWER_ON : BERTH_HOW_RESTART;
}

static bool ends_elsewhere(const check *c, uint32_t vm) {
  return c->vm_end[vm] != check_vm_begin(c, vm);
}

static void check_placement(check *c, const berth_plan_placement *given, bool *listed) {
  uint32_t vm = given->vm;
  if (vm >= c->inventory->vm_count) {
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE, "a placement names no VM of the inventory");
    return;
  }
  const char *name = check_vm_name(c, vm);
  if (listed[vm])
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE, "VM \"%s\" has two placements", name);
  else if (!ends_elsewhere(c, vm))
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE,
                "VM \"%s\" has a placement, but by the steps it ends where it began", name);
  else if (given->to != c->vm_end[vm])
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE,
                "the placement of VM \"%s\" is not host \"%s\", where the steps leave it", name,
                check_host_name(c, c->vm_end[vm]));
  else if (given->from != c->inventory->vm_host[vm])
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE,
                "the placement of VM \"%s\" does not come from its host in the inventory", name);
  else if (given->how != expected_how(c, vm))
    check_fault(c, BERTH_FAULT_PLACEMENT, BERTH_NONE,
                "the placement of VM \"%s\" is not by %s, as its steps are", name,
                berth_how_word(expected_how(c, vm)));
  listed[vm] = true;
}

static void check_placements(check *c, bool *listed) {
  for (uint32_t k = 0; k < berth_plan_placement_count(c->plan); k++)
    check_placement(c, berth_plan_placement_at(c->plan, k), listed);
  for (uint32_t i = 0; i < c->step_count; i++) {
    uint32_t vm = c->steps[i].vm;
    if (vm == BERTH_NONE || c->vm_first[vm] != i || listed[vm] || !ends_elsewhere(c, vm))
      continue;
    assert(c->vm_end[vm] != BERTH_NONE);
    check_fault(c, BERTH_FAULT_PLACEMENT, i,
                "VM \"%s\" ends on host \"%s\" by the steps, but no placement says so",
                check_vm_name(c, vm), check_host_name(c, c->vm_end[vm]));
  }
}

static bool left_out(const check *c, uint32_t vm) {
  return (c->vm_part[vm] == VM_DISPLACED || c->vm_part[vm] == VM_WAITING) &&
         c->vm_end[vm] == BERTH_NONE;
}

static void check_unplaced(check *c, bool *listed) {
  for (uint32_t k = 0; k < berth_plan_unplaced_count(c->plan); k++) {
    uint32_t vm = berth_plan_unplaced_at(c->plan, k)->vm;
    if (vm >= c->inventory->vm_count) {
      check_fault(c, BERTH_FAULT_UNPLACED, BERTH_NONE,
                  "the list of unplaced VMs names no VM of the inventory");
      continue;
    }
    if (!left_out(c, vm))
      check_fault(c, BERTH_FAULT_UNPLACED, BERTH_NONE,
                  "VM \"%s\" is listed as unplaced, but it is placed or was not requested",
                  check_vm_name(c, vm));
    else if (listed[vm])
      check_fault(c, BERTH_FAULT_UNPLACED, BERTH_NONE, "VM \"%s\" is listed as unplaced twice",
                  check_vm_name(c, vm));
    listed[vm] = true;
  }
  for (uint32_t vm = 0; vm < c->inventory->vm_count; vm++)
    if (left_out(c, vm) && !listed[vm])
      check_fault(c, BERTH_FAULT_UNPLACED, BERTH_NONE,
                  "VM \"%s\" gets no host, and the list of unplaced VMs hides it",
                  check_vm_name(c, vm));
}

static bool stays_where_it_must_leave(const check *c, uint32_t vm) {
  return c->vm_part[vm] == VM_RUNNING && c->vm_end[vm] != BERTH_NONE &&
         check_leaving(c, c->vm_end[vm]);
}

/* The list may be short: the level violations counts all of them. What it names must be so. */
static void check_left_behind(check *c, bool *listed) {
  for (uint32_t k = 0; k < berth_plan_left_behind_count(c->plan); k++) {
    uint32_t vm = berth_plan_left_behind_at(c->plan, k)->vm;
    assert(vm < c->inventory->vm_count);
    if (listed[vm] || !stays_where_it_must_leave(c, vm))
      check_fault(c, BERTH_FAULT_UNPLACED, BERTH_NONE, "VM \"%s\" is listed as left behind%s",
                  check_vm_name(c, vm), listed[vm] ? " twice" : ", but its host need not be left");
    listed[vm] = true;
  }
}

void check_listing(check *c) {
  bool *placed = check_take(c, c->inventory->vm_count, sizeof *placed);
  bool *unplaced = check_take(c, c->inventory->vm_count, sizeof *unplaced);
  bool *left_behind = check_take(c, c->inventory->vm_count, sizeof *left_behind);
  if (c->exhausted)
    return;
  check_placements(c, placed);
  check_unplaced(c, unplaced);
  check_left_behind(c, left_behind);
}

static bool needs_approval(const check *c, const check_step *step) {
  const berth_inventory *inventory = c->inventory;
  uint32_t of = step->vm != BERTH_NONE ? inventory->vm_cluster[step->vm]
                                       : inventory->host_cluster[step->host];
  const berth_cluster_spec *set_up = &inventory->clusters[of].set_up;
  if (step->type == BERTH_STEP_MIGRATE)
    return set_up->drs != BERTH_AUTOMATION_FULL;
  if (step->type == BERTH_STEP_POWER_ON)
    return set_up->drs == BERTH_AUTOMATION_MANUAL || set_up->drs == BERTH_AUTOMATION_OFF;
  bool switches = step->type == BERTH_STEP_WAKE || step->type == BERTH_STEP_POWER_DOWN;
  return switches && set_up->dpm != BERTH_AUTOMATION_FULL;
}

void check_approvals(check *c) {
  for (uint32_t i = 0; i < c->step_count; i++) {
    const check_step *step = &c->steps[i];
    if (!step->sound)
      continue;
    bool needed = needs_approval(c, step);
    assert(step->vm != BERTH_NONE || step->host != BERTH_NONE);
    if (berth_plan_step_at(c->plan, i)->approval != needed)
      check_fault(c, BERTH_FAULT_APPROVAL, i, "step %u, a %s, is %s for approval; it %s be", i + 1,
                  berth_step_type_word(step->type), needed ? "not marked" : "marked",
                  needed ? "must" : "need not");
  }
}
