/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quiesce rules (docs/model.md §5): how many members can be migrating or settling at once. Two
 * migrations are apart only if the later waits for the earlier to settle. Members are counted, not
 * migrations: where a largest set holds two migrations of one VM, the search branches on which of
 * them is taken, and so stays exact.
 */
#include "check_internal.h"
#include <assert.h>

/* Networks solved for one rule before the answer is taken to be the worse one. */
#define SEARCH_BUDGET 1000

typedef struct quiesce_search {
  int64_t limit;
  uint32_t budget;
  bool *dropped; /* [step] not taken in this branch */
} quiesce_search;

/* The migrations of the members, but for dropped ones. */
static uint32_t gather(check *c, const frozen_rule *rule, const bool *dropped) {
  uint32_t count = 0;
  for (uint32_t k = 0; k < rule->vm_count; k++)
    for (uint32_t i = c->vm_first[rule->vms[k]]; i != BERTH_NONE; i = c->steps[i].next)
      if (c->steps[i].type == BERTH_STEP_MIGRATE && !dropped[i])
        c->members[count++] = (check_member){.step = i};
  assert(count <= c->step_count);
  return count;
}

/* Number of distinct VMs under way in the set just found, and one that is in it twice. Migrations
 * of a VM are neighbours in the list. */
static int64_t count_members(const check *c, uint32_t count, uint32_t *twice) {
  uint32_t last = BERTH_NONE;
  int64_t members = 0;
  *twice = BERTH_NONE;
  for (uint32_t m = 0; m < count; m++) {
    if (!c->members[m].chosen || c->members[m].forced)
      continue;
    uint32_t vm = c->steps[c->members[m].step].vm;
    if (vm == last)
      *twice = vm;
    else
      members++;
    last = vm;
  }
  return members;
}

static bool disturbs(check *c, const frozen_rule *rule, quiesce_search *search);

/* Takes each migration of `vm` in turn, dropping its others; none of them is dropped yet. */
static bool branch(check *c, const frozen_rule *rule, quiesce_search *search, uint32_t vm) {
  bool too_many = false;
  assert(vm != BERTH_NONE);
  for (uint32_t kept = c->vm_first[vm]; kept != BERTH_NONE && !too_many;
       kept = c->steps[kept].next) {
    for (uint32_t i = c->vm_first[vm]; i != BERTH_NONE; i = c->steps[i].next)
      search->dropped[i] = i != kept;
    too_many = disturbs(c, rule, search);
  }
  for (uint32_t i = c->vm_first[vm]; i != BERTH_NONE; i = c->steps[i].next)
    search->dropped[i] = false;
  return too_many;
}

/* True if more than `limit` members can be disturbed at once. */
static bool disturbs(check *c, const frozen_rule *rule, quiesce_search *search) {
  uint32_t twice = BERTH_NONE, count = gather(c, rule, search->dropped);
  if (check_most_at_once(c, c->members, count, true, search->limit) <= search->limit ||
      c->exhausted)
    return false;
  if (count_members(c, count, &twice) > search->limit || search->budget == 0)
    return true;
  assert(twice != BERTH_NONE);
  search->budget--;
  return branch(c, rule, search, twice);
}

static uint32_t last_migration(const check *c, const frozen_rule *rule, uint32_t *moved) {
  uint32_t last = BERTH_NONE;
  *moved = 0;
  for (uint32_t k = 0; k < rule->vm_count; k++) {
    uint32_t i = c->vm_first[rule->vms[k]];
    if (i == BERTH_NONE || c->steps[i].type != BERTH_STEP_MIGRATE)
      continue;
    (*moved)++;
    last = i;
  }
  return last;
}

void check_quiesce(check *c) {
  quiesce_search search = {.dropped = check_take(c, c->step_count, sizeof *search.dropped)};
  if (c->exhausted)
    return;
  for (uint32_t k = 0; k < c->inventory->rule_count && !c->exhausted && !check_sated(c); k++) {
    const frozen_rule *rule = &c->inventory->rules[k];
    uint32_t moved, last;
    if (!rule->enabled || rule->type != BERTH_RULE_QUIESCE)
      continue;
    last = last_migration(c, rule, &moved);
    if ((int64_t)moved <= rule->max_concurrent)
      continue;
    search.limit = rule->max_concurrent;
    search.budget = SEARCH_BUDGET;
    if (disturbs(c, rule, &search))
      check_fault(c, BERTH_FAULT_QUIESCE, last,
                  "more than %lld members of rule \"%s\" can be migrating or settling at once",
                  (long long)rule->max_concurrent, rule->id);
  }
}
