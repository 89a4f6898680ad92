/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules restart-after (docs/model.md §5): the start of a VM waits, along the precedence, for the
 * start of every VM that its rule names. One search backward for each VM that waits.
 */
#include "check_internal.h"
#include <assert.h>

/* The step that starts `vm`, or BERTH_NONE. */
static uint32_t start_of(const check *c, uint32_t vm) {
  uint32_t step = c->vm_first[vm];
  return step != BERTH_NONE && check_is_start(c->steps[step].type) ? step : BERTH_NONE;
}

/* Position of the earliest start among the VMs to wait for; step_count if none starts. */
static uint32_t earliest(const check *c, const frozen_rule *rule) {
  uint32_t floor = c->step_count;
  for (uint32_t k = 0; k < rule->after_count; k++) {
    uint32_t step = start_of(c, rule->after[k]);
    if (step != BERTH_NONE && c->graph.position[step] < floor)
      floor = c->graph.position[step];
  }
  return floor;
}

static void check_waits(check *c, const frozen_rule *rule, uint32_t late, uint32_t floor) {
  assert(late < c->step_count);
  assert(floor < c->step_count);
  check_mark_ancestors(c, late, floor);
  for (uint32_t k = 0; k < rule->after_count; k++) {
    uint32_t early = start_of(c, rule->after[k]);
    if (early != BERTH_NONE && early != late && !check_marked(c, early))
      check_fault(c, BERTH_FAULT_RESTART_ORDER, late,
                  "step %u starts VM \"%s\" without waiting for step %u, the start of VM \"%s\", "
                  "against rule \"%s\"",
                  late + 1, check_vm_name(c, c->steps[late].vm), early + 1,
                  check_vm_name(c, c->steps[early].vm), rule->id);
  }
}

void check_restarts(check *c) {
  for (uint32_t r = 0; r < c->inventory->rule_count; r++) {
    const frozen_rule *rule = &c->inventory->rules[r];
    if (!rule->enabled || rule->type != BERTH_RULE_RESTART_AFTER)
      continue;
    uint32_t floor = earliest(c, rule);
    for (uint32_t k = 0; k < rule->vm_count && floor < c->step_count; k++) {
      uint32_t late = start_of(c, rule->vms[k]);
      if (late != BERTH_NONE)
        check_waits(c, rule, late, floor);
    }
  }
}
