/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VM–VM must rules (docs/model.md §3): apart and at-most at every moment of every execution,
 * together at the end. Only rules with a member that the plan moves are looked at. Presence in a
 * domain is like capacity: weight 1, from the start of an arrival from elsewhere to the end of a
 * departure to elsewhere.
 */
#include "check_internal.h"
#include <assert.h>
#include <stdlib.h>

typedef struct presence {
  uint32_t domain;
  uint32_t step;
  bool arrives;
} presence;

static int by_domain(const void *left, const void *right) {
  const presence *a = left, *b = right;
  if (a->domain != b->domain)
    return a->domain < b->domain ? -1 : 1;
  if (a->step != b->step)
    return a->step < b->step ? -1 : 1;
  return (int)a->arrives - (int)b->arrives;
}

static uint32_t enter_step(const check *c, berth_domain over, uint32_t i, presence *at) {
  const check_step *step = &c->steps[i];
  uint32_t to = check_domain_of(c, over, step->to);
  uint32_t from = step->from == BERTH_NONE ? BERTH_NONE : check_domain_of(c, over, step->from);
  uint32_t count = 0;
  if (from == to)
    return 0;
  at[count++] = (presence){.domain = to, .step = i, .arrives = true};
  if (from != BERTH_NONE)
    at[count++] = (presence){.domain = from, .step = i, .arrives = false};
  return count;
}

/* All arrivals and departures of the members, by domain. */
static uint32_t collect_presence(const check *c, const frozen_rule *rule, presence *all) {
  uint32_t count = 0;
  for (uint32_t k = 0; k < rule->vm_count; k++)
    for (uint32_t i = c->vm_first[rule->vms[k]]; i != BERTH_NONE; i = c->steps[i].next)
      count += enter_step(c, rule->over, i, &all[count]);
  assert(count <= 2 * (uint64_t)c->step_count);
  qsort(all, count, sizeof *all, by_domain);
  return count;
}

static void check_domain(check *c, const frozen_rule *rule, const presence *some, uint32_t count) {
  int64_t allowed = rule->type == BERTH_RULE_APART ? 1 : rule->count;
  int64_t present = check_tallied(c, some->domain);
  int64_t limit = allowed > present ? allowed : present;
  uint32_t last = BERTH_NONE;
  for (uint32_t k = 0; k < count; k++)
    c->members[k] = (check_member){
        .step = some[k].step, .gain = some[k].arrives ? 1 : 0, .cost = some[k].arrives ? 0 : 1};
  int64_t heaviest = check_heaviest(c, c->members, count, false, limit - present);
  if (c->exhausted || heaviest <= limit - present)
    return;
  for (uint32_t k = 0; k < count; k++)
    if (c->members[k].chosen)
      last = c->members[k].step;
  assert(last != BERTH_NONE);
  check_fault(
      c, BERTH_FAULT_RULE_VM, last,
      "%lld members of rule \"%s\" can be in one %s, with VM \"%s\" arriving by step %u; at "
      "most %lld may",
      (long long)(present + heaviest), rule->id, berth_domain_word(rule->over),
      check_vm_name(c, c->steps[last].vm), last + 1, (long long)limit);
}

static void check_presence(check *c, const frozen_rule *rule, presence *all) {
  uint32_t count = collect_presence(c, rule, all), end;
  check_tally(c, rule, false, NULL);
  for (uint32_t begin = 0; begin < count && !c->exhausted; begin = end) {
    for (end = begin + 1; end < count && all[end].domain == all[begin].domain;)
      end++;
    check_domain(c, rule, &all[begin], end - begin);
  }
}

static void check_together(check *c, const frozen_rule *rule) {
  uint32_t before = check_tally(c, rule, false, NULL);
  uint32_t after = check_tally(c, rule, true, NULL);
  if (after > 1 && after > before)
    check_fault(c, BERTH_FAULT_RULE_VM, BERTH_NONE,
                "the members of rule \"%s\" end in %u domains; they began in %u", rule->id, after,
                before);
}

static void check_rule(check *c, const frozen_rule *rule, presence *all) {
  if (!rule->enabled || rule->strength != BERTH_MUST)
    return;
  if (rule->type == BERTH_RULE_TOGETHER)
    check_together(c, rule);
  else if (rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST)
    check_presence(c, rule, all);
}

void check_domains(check *c) {
  const berth_inventory *inventory = c->inventory;
  presence *all = check_take(c, 2 * (size_t)c->step_count, sizeof *all);
  bool *seen = check_take(c, inventory->rule_count, sizeof *seen);
  if (c->exhausted)
    return;
  for (uint32_t i = 0; i < c->step_count && !check_sated(c); i++) {
    uint32_t vm = c->steps[i].vm;
    if (vm == BERTH_NONE)
      continue;
    for (uint32_t k = inventory->vm_rule_start[vm];
         k < inventory->vm_rule_start[vm + 1] && !c->exhausted; k++) {
      uint32_t rule = inventory->vm_rules[k];
      if (!seen[rule])
        check_rule(c, &inventory->rules[rule], all);
      seen[rule] = true;
    }
  }
}
