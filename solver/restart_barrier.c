/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts at one host take lanes, and each waits for the one before it in its lane. Of the starts
 * that a rule names only the last in each lane are kept: whoever waits for these waits for the
 * others. Going back along the lanes meets each step once a rule, and none before the rule's first.
 */
#include "restart_barrier.h"
#include "checked.h"
#include <assert.h>

bool restart_barriers_init(restart_barriers *b, const problem *p, arena *memory,
                           size_t most_steps) {
  uint32_t rules = p->inventory->clusters[p->cluster].rule_count;
  b->of_rule = arena_take(memory, rules, sizeof *b->of_rule);
  b->mark = arena_take(memory, most_steps, sizeof *b->mark);
  return b->of_rule != NULL && b->mark != NULL;
}

/* The start of VM number `i` of the rule's `after`, or BERTH_NONE. */
static uint32_t start_of(const problem *p, const frozen_rule *rule, uint32_t i,
                         const uint32_t *last_step) {
  uint32_t item = problem_item_of_vm(p, rule->after[i]);
  return item != BERTH_NONE && problem_is_requested(p, item) ? last_step[item] : BERTH_NONE;
}

/* The steps before `step` in its lane, back to `floor`. */
static void mark_earlier_in_lane(restart_barriers *b, const schedule *done, uint32_t step,
                                 uint32_t floor, uint32_t stamp) {
  uint32_t before = done->steps[step].lane_before;
  while (before != BERTH_NONE && before >= floor && b->mark[before] != stamp) {
    assert(before < step);
    b->mark[before] = stamp;
    before = done->steps[before].lane_before;
  }
}

const restart_barrier *restart_barrier_of(restart_barriers *b, const schedule *done, uint32_t rule,
                                          const uint32_t *last_step) {
  const problem *p = done->problem;
  const frozen_rule *frozen = &p->inventory->rules[rule];
  uint32_t local = rule - p->inventory->clusters[p->cluster].first_rule;
  restart_barrier *barrier = &b->of_rule[local];
  assert(frozen->enabled && frozen->type == BERTH_RULE_RESTART_AFTER);
  if (barrier->known)
    return barrier;
  uint32_t floor = BERTH_NONE;
  for (uint32_t i = 0; i < frozen->after_count; i++) {
    uint32_t step = start_of(p, frozen, i, last_step);
    floor = step < floor ? step : floor;
  }
  for (uint32_t i = 0; i < frozen->after_count; i++) {
    uint32_t step = start_of(p, frozen, i, last_step);
    if (step != BERTH_NONE)
      mark_earlier_in_lane(b, done, step, floor, local + 1);
  }
  for (uint32_t i = 0; i < frozen->after_count; i++) {
    uint32_t step = start_of(p, frozen, i, last_step);
    if (step == BERTH_NONE || b->mark[step] == local + 1)
      continue;
    const schedule_step *start = &done->steps[step];
    if (!step_list_add(&barrier->steps, done->memory, step))
      return NULL;
    barrier->earliest = larger_i64(barrier->earliest, start->end.earliest);
    barrier->latest = larger_i64(barrier->latest, start->end.latest);
    barrier->expected = larger_i64(barrier->expected, start->expected_end);
  }
  barrier->known = true;
  return barrier;
}
