/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the plan claims about its levels (docs/model.md §7): the ladder of its goal, the values,
 * bounds that are none above their value, and the outcomes that follow from them.
 */
#include "check_internal.h"
#include <assert.h>

static const char *name_of(berth_level level) {
  const char *name = berth_level_name(level);
  return name == NULL ? "?" : name;
}

static const char *word_of(berth_outcome outcome) {
  const char *word = berth_outcome_word(outcome);
  return word == NULL ? "?" : word;
}

static bool has_its_ladder(check *c) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t rungs = berth_goal_ladder(c->goal, ladder), given = berth_plan_level_count(c->plan);
  assert(rungs <= BERTH_LEVEL_COUNT);
  if (rungs == 0 || rungs != given) {
    check_fault(c, BERTH_FAULT_LEVEL, BERTH_NONE, "the plan has %u levels; its goal has %u", given,
                rungs);
    return false;
  }
  for (uint32_t k = 0; k < rungs; k++) {
    berth_level level = berth_plan_level_at(c->plan, k)->level;
    if (level == ladder[k])
      continue;
    check_fault(c, BERTH_FAULT_LEVEL, BERTH_NONE, "level %u is %s; the goal has %s there", k + 1,
                name_of(level), name_of(ladder[k]));
    return false;
  }
  return true;
}

static void check_level_value(check *c, const berth_plan_level *given) {
  int64_t value;
  bool known = berth_report_level(c->report, given->level, &value);
  assert(known || given->level == BERTH_LEVEL_MAKESPAN); /* that of a cycle is a fault already */
  if (known && given->value != value)
    check_fault(c, BERTH_FAULT_LEVEL, BERTH_NONE,
                "level %s has the value %lld; the steps give %lld", name_of(given->level),
                (long long)given->value, (long long)value);
}

static void check_level_bound(check *c, const berth_plan_level *given) {
  berth_outcome expected =
      given->value == given->bound ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE;
  if (given->bound > given->value)
    check_fault(c, BERTH_FAULT_BOUND, BERTH_NONE,
                "level %s has the bound %lld above its value %lld", name_of(given->level),
                (long long)given->bound, (long long)given->value);
  else if (given->status != expected)
    check_fault(c, BERTH_FAULT_BOUND, BERTH_NONE,
                "level %s is called %s; with value %lld and bound %lld it is %s",
                name_of(given->level), word_of(given->status), (long long)given->value,
                (long long)given->bound, word_of(expected));
}

/* Levels that say that something asked for is not done. */
static bool is_request(berth_level level) {
  return level == BERTH_LEVEL_VIOLATIONS || level == BERTH_LEVEL_UNPLACED ||
         (level >= BERTH_LEVEL_UNPLACED_HIGHEST && level <= BERTH_LEVEL_UNPLACED_LOWEST);
}

static berth_outcome expected_outcome(const check *c) {
  berth_outcome outcome = BERTH_OUTCOME_OPTIMAL;
  for (uint32_t k = 0; k < berth_plan_level_count(c->plan); k++) {
    const berth_plan_level *given = berth_plan_level_at(c->plan, k);
    if (is_request(given->level) && given->bound > 0)
      return BERTH_OUTCOME_INFEASIBLE;
    if (given->level != BERTH_LEVEL_MAKESPAN && given->value != given->bound)
      outcome = BERTH_OUTCOME_FEASIBLE;
  }
  return outcome;
}

void check_claims(check *c) {
  c->ladder_holds = has_its_ladder(c);
  if (!c->ladder_holds)
    return;
  for (uint32_t k = 0; k < berth_plan_level_count(c->plan); k++) {
    const berth_plan_level *given = berth_plan_level_at(c->plan, k);
    assert(given != NULL);
    check_level_value(c, given);
    check_level_bound(c, given);
  }
  berth_outcome stated = berth_plan_status(c->plan), expected = expected_outcome(c);
  if (stated != expected)
    check_fault(c, BERTH_FAULT_BOUND, BERTH_NONE, "the plan is called %s; its levels make it %s",
                word_of(stated), word_of(expected));
}
