/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of the ladder's levels (docs/model.md §7), from the end state and the steps alone.
 */
#include "check_internal.h"
#include <assert.h>

typedef struct level_values {
  int64_t value[BERTH_LEVEL_COUNT];
} level_values;

static int64_t count_overfull(const check *c) {
  size_t cells = (size_t)c->inventory->host_count * c->inventory->resource_count;
  int64_t overfull = 0;
  for (size_t cell = 0; cell < cells; cell++)
    overfull += c->use_end[cell] > c->inventory->host_capacity[cell];
  return overfull;
}

static int64_t count_left_behind(const check *c) {
  int64_t left = 0;
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    if (check_leaving(c, host))
      left += c->running_end[host];
  return left;
}

static int64_t count_broken(check *c, berth_strength strength) {
  int64_t broken = 0;
  for (uint32_t r = 0; r < c->inventory->rule_count; r++) {
    const frozen_rule *rule = &c->inventory->rules[r];
    if (rule->enabled && rule->strength == strength && check_rule_broken(c, rule))
      broken++;
  }
  return broken;
}

static void count_unplaced(const check *c, level_values *values) {
  static const berth_level of_priority[] = {
      [BERTH_PRIORITY_HIGHEST] = BERTH_LEVEL_UNPLACED_HIGHEST,
      [BERTH_PRIORITY_HIGH] = BERTH_LEVEL_UNPLACED_HIGH,
      [BERTH_PRIORITY_MEDIUM] = BERTH_LEVEL_UNPLACED_MEDIUM,
      [BERTH_PRIORITY_LOW] = BERTH_LEVEL_UNPLACED_LOW,
      [BERTH_PRIORITY_LOWEST] = BERTH_LEVEL_UNPLACED_LOWEST,
      [BERTH_PRIORITY_DISABLED] = BERTH_LEVEL_UNPLACED_LOWEST, /* a waiting one; §7 */
  };
  for (uint32_t vm = 0; vm < c->inventory->vm_count; vm++) {
    if ((c->vm_part[vm] != VM_DISPLACED && c->vm_part[vm] != VM_WAITING) ||
        c->vm_end[vm] != BERTH_NONE)
      continue;
    assert(c->inventory->vm_priority[vm] <= BERTH_PRIORITY_DISABLED);
    values->value[of_priority[c->inventory->vm_priority[vm]]]++;
    values->value[BERTH_LEVEL_UNPLACED]++;
  }
}

/* Goal evacuate owes each VM that must leave one migration, and counts only what goes beyond. */
static bool is_owed(const check *c, uint32_t i) {
  uint32_t vm = c->steps[i].vm;
  return c->goal == BERTH_GOAL_EVACUATE && c->vm_first[vm] == i && c->vm_part[vm] == VM_RUNNING &&
         check_leaving(c, c->inventory->vm_host[vm]);
}

static void count_steps(const check *c, level_values *values) {
  for (uint32_t i = 0; i < c->step_count; i++) {
    const check_step *step = &c->steps[i];
    if (!step->sound)
      continue;
    if (step->type == BERTH_STEP_WAKE)
      values->value[BERTH_LEVEL_HOSTS_WOKEN]++;
    if (step->type != BERTH_STEP_MIGRATE)
      continue;
    int64_t *moved = &values->value[BERTH_LEVEL_MEMORY_MOVED];
    *moved = check_sum(*moved, c->inventory->vm_memory[step->vm]);
    if (!is_owed(c, i))
      values->value[BERTH_LEVEL_MIGRATIONS]++;
  }
}

static int64_t count_lost(const check *c) {
  int64_t lost = 0;
  for (uint32_t cluster = 0; cluster < c->inventory->cluster_count; cluster++)
    lost += c->lost[cluster];
  return lost;
}

static int64_t weigh_serving(const check *c) {
  int64_t weight = 0;
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    if (c->serving[host])
      weight = check_sum(weight, check_host_weight(c, host));
  return weight;
}

void check_levels(check *c) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t rungs = berth_goal_ladder(c->goal, ladder);
  level_values values = {{0}};
  assert(rungs <= BERTH_LEVEL_COUNT);
  values.value[BERTH_LEVEL_VIOLATIONS] = count_overfull(c) + check_count_unsplit(c) +
                                         count_broken(c, BERTH_MUST) + count_left_behind(c) +
                                         count_lost(c);
  assert(values.value[BERTH_LEVEL_VIOLATIONS] >= 0);
  values.value[BERTH_LEVEL_SHOULD_BROKEN] = count_broken(c, BERTH_SHOULD);
  values.value[BERTH_LEVEL_MAKESPAN] = c->times.makespan.worst;
  values.value[BERTH_LEVEL_HOSTS_ON] = weigh_serving(c);
  if (c->goal == BERTH_GOAL_REBALANCE)
    check_loads(c, &values.value[BERTH_LEVEL_OVERLOAD], &values.value[BERTH_LEVEL_STRANDED]);
  count_unplaced(c, &values);
  count_steps(c, &values);
  for (uint32_t k = 0; k < rungs; k++)
    if (ladder[k] != BERTH_LEVEL_MAKESPAN || c->graph.acyclic)
      check_value(c, ladder[k], values.value[ladder[k]]);
}
