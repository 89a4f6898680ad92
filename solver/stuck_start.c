/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All VMs wait for each other's room: a closed stuck set. If the first migration of a plan cannot
 * be the last one of its VM, some VM moves twice.
 */
#include "stuck_start.h"
#include "admission.h"
#include <assert.h>

static bool ends_there(const placement *target, uint32_t item, uint32_t host) {
  const problem *p = target->problem;
  if (target->value[BERTH_LEVEL_SHOULD_BROKEN] > 0)
    return true;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->form == RULE_FORM_HOSTS && !host_bits_test(rule->allowed, host))
      return false;
  }
  return true;
}

/* Nodes for which a test said no without a proof. */
static bool may_have_room(const placement *start, uint32_t item, uint32_t host) {
  return problem_needs_node(start->problem, item, host) &&
         !placement_nodes_refuse(start, item, host) && !placement_nodes_take(start, item, host);
}

bool stuck_start(const placement *target, arena *memory, bool *stuck) {
  const problem *p = target->problem;
  placement start;
  *stuck = false;
  if (!placement_init(&start, p, memory))
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] != ITEM_MOVABLE)
      continue;
    const host_bits *hosts = admission_hosts(p, item);
    if (hosts == NULL)
      return false;
    for (uint32_t host = 0; host < p->host_count; host++) {
      if (host != p->origin[item] && host_bits_test(hosts, host) &&
          (placement_has_room(&start, item, host) || may_have_room(&start, item, host)) &&
          ends_there(target, item, host))
        return true;
    }
  }
  *stuck = true;
  return true;
}
