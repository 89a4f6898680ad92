/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conflicts among rules, in two passes.
 *
 * First, keep-together against keep-apart: a together rule and an apart or at-most rule that share
 * more members than one domain may hold. The together rule goes, unless only it is a must.
 *
 * Second, must rules that leave a VM no host, or VMs that must run together no common domain. Rules
 * are taken in by age; one that contradicts those taken in before is disabled. Each VM has a set of
 * hosts allowed so far, each together rule a set of domains. VMs with the same history share one
 * set, so that a rule narrows it once, not once a VM.
 *
 * Rules may be so entangled that looking at all pairs takes too long; a budget of work then ends
 * the search, always at the same place.
 */
#include "rule_conflicts.h"
#include "host_set.h"
#include <assert.h>
#include <string.h>

static const int64_t work_allowed = 50000000;

typedef struct resolution {
  const berth_inventory *inventory;
  frozen_rule *rules;
  rule_conflict_function tell;
  void *user;
  host_set_maker maker;
  uint32_t *shared;       /* [rule] members in common with the together rule in hand */
  host_set *everything;   /* all hosts of the cluster in hand; all domains, too */
  host_set **allowed;     /* [vm] hosts; NULL = everything */
  host_set **common;      /* [rule] domains, for a together rule that was taken in */
  host_set **narrowed;    /* [rule] what `common` will be if the rule in hand is taken in */
  host_set **narrowed_by; /* [rule] the last set that was tried on `narrowed` */
  uint32_t *touched;      /* rules with a `narrowed` */
  uint32_t touched_count;
} resolution;

static bool spend(resolution *r, uint32_t work) {
  if (r->maker.work >= 0)
    r->maker.work -= work;
  return r->maker.work >= 0;
}

static void disable(resolution *r, rule_conflict conflict, uint32_t disabled, uint32_t by,
                    uint32_t vm) {
  assert(disabled != by && r->rules[disabled].enabled && r->rules[by].enabled);
  r->rules[disabled].enabled = false;
  r->rules[disabled].disabled_by = by;
  if (r->tell != NULL)
    r->tell(r->user, conflict, disabled, by, vm);
}

/* The rules of a VM. */
typedef struct rule_span {
  const uint32_t *rules;
  uint32_t count;
} rule_span;

static rule_span rules_of(const resolution *r, uint32_t vm) {
  const uint32_t *start = r->inventory->vm_rule_start;
  return (rule_span){r->inventory->vm_rules + start[vm], start[vm + 1] - start[vm]};
}

/* ------------------------------------------------- keep-together against keep-apart */

/* Whether `other` forbids two members in a domain where `together` wants them all. What is on one
 * host is in one domain of any kind. */
static bool may_oppose(const frozen_rule *together, const frozen_rule *other) {
  return other->enabled && (other->type == BERTH_RULE_APART || other->type == BERTH_RULE_AT_MOST) &&
         (together->over == other->over || together->over == BERTH_DOMAIN_HOST);
}

/* Counts `vm` for each rule that may oppose, and disables one of the two where it is too many. */
static void count_member(resolution *r, uint32_t together, uint32_t vm) {
  const frozen_rule *rule = &r->rules[together];
  rule_span span = rules_of(r, vm);
  for (uint32_t i = 0; i < span.count && rule->enabled; i++) {
    uint32_t other = span.rules[i];
    const frozen_rule *apart = &r->rules[other];
    if (!may_oppose(rule, apart) || ++r->shared[other] <= apart->count)
      continue;
    if (rule->strength == BERTH_MUST && apart->strength == BERTH_SHOULD)
      disable(r, RULE_CONFLICT_APART, other, together, vm);
    else
      disable(r, RULE_CONFLICT_APART, together, other, vm);
  }
}

static void separate(resolution *r, uint32_t together) {
  const frozen_rule *rule = &r->rules[together];
  uint32_t seen = 0;
  while (seen < rule->vm_count && rule->enabled && spend(r, 1 + rules_of(r, rule->vms[seen]).count))
    count_member(r, together, rule->vms[seen++]);
  while (seen > 0) {
    rule_span span = rules_of(r, rule->vms[--seen]);
    for (uint32_t i = 0; i < span.count; i++)
      r->shared[span.rules[i]] = 0;
  }
}

/* ------------------------------------------------- must rules that leave nothing */

static bool is_host_rule(const frozen_rule *rule) {
  return rule->type == BERTH_RULE_RUN_ON || rule->type == BERTH_RULE_NOT_RUN_ON;
}

static bool takes_part(const frozen_rule *rule) {
  return rule->enabled && rule->strength == BERTH_MUST &&
         (is_host_rule(rule) || rule->type == BERTH_RULE_TOGETHER);
}

static host_set *allowed_to(const resolution *r, uint32_t vm) {
  return r->allowed[vm] != NULL ? r->allowed[vm] : r->everything;
}

/* The oldest host rule of `vm` that is in force and older than `rule`, or BERTH_NONE. */
static uint32_t older_host_rule(const resolution *r, uint32_t vm, uint32_t rule) {
  rule_span span = rules_of(r, vm);
  for (uint32_t i = 0; i < span.count && span.rules[i] < rule; i++)
    if (takes_part(&r->rules[span.rules[i]]) && is_host_rule(&r->rules[span.rules[i]]))
      return span.rules[i];
  return BERTH_NONE;
}

static bool disjoint(const frozen_rule *a, const frozen_rule *b) {
  uint32_t i = 0, j = 0;
  while (i < a->host_count && j < b->host_count) {
    if (a->hosts[i] == b->hosts[j])
      return false;
    if (a->hosts[i] < b->hosts[j])
      i++;
    else
      j++;
  }
  return true;
}

/* The rule to name as the one that `rule` contradicts: the oldest that lists disjoint hosts, if
 * both are run-on, else the oldest host rule of the VM. */
static uint32_t culprit(resolution *r, uint32_t vm, uint32_t rule) {
  rule_span span = rules_of(r, vm);
  for (uint32_t i = 0; i < span.count && span.rules[i] < rule; i++) {
    const frozen_rule *older = &r->rules[span.rules[i]];
    if (takes_part(older) && older->type == BERTH_RULE_RUN_ON &&
        r->rules[rule].type == BERTH_RULE_RUN_ON && disjoint(older, &r->rules[rule]))
      return span.rules[i];
  }
  return older_host_rule(r, vm, rule);
}

/* What the host rule `rule` leaves of `set`; computed once for all VMs that share the set. */
static host_set *narrow(resolution *r, uint32_t rule, host_set *own, host_set *set) {
  if (set->stamp != rule + 1) {
    set->stamp = rule + 1;
    set->narrowed = host_set_intersect(&r->maker, set, own);
  }
  return set->narrowed;
}

/* Narrows what the together rules of `vm` have in common by `hosts`. Returns one that has nothing
 * left, or BERTH_NONE. */
static uint32_t narrow_together(resolution *r, const frozen_cluster *cluster, uint32_t vm,
                                host_set *hosts) {
  rule_span span = rules_of(r, vm);
  for (uint32_t i = 0; i < span.count; i++) {
    uint32_t rule = span.rules[i];
    if (r->common[rule] == NULL || !r->rules[rule].enabled)
      continue;
    host_set *domains =
        host_set_domains(&r->maker, r->inventory, cluster, hosts, r->rules[rule].over);
    if (domains == NULL || domains == r->narrowed_by[rule])
      continue;
    if (r->narrowed[rule] == NULL) {
      r->narrowed[rule] = r->common[rule];
      r->touched[r->touched_count++] = rule;
    }
    host_set *left = host_set_intersect(&r->maker, r->narrowed[rule], domains);
    if (left == NULL)
      continue;
    r->narrowed[rule] = left;
    r->narrowed_by[rule] = domains;
    if (host_set_is_empty(left, cluster))
      return rule;
  }
  return BERTH_NONE;
}

/* Whether `vm` can obey the host rule; else the rule is disabled. */
static bool fits(resolution *r, const frozen_cluster *cluster, uint32_t rule, host_set *own,
                 uint32_t vm) {
  host_set *left = narrow(r, rule, own, allowed_to(r, vm));
  if (left == NULL)
    return true; /* out of work or memory: told elsewhere */
  if (host_set_is_empty(left, cluster)) {
    uint32_t older = culprit(r, vm, rule);
    if (older != BERTH_NONE)
      disable(r, RULE_CONFLICT_NO_HOST, rule, older, vm);
    return older == BERTH_NONE;
  }
  uint32_t together = narrow_together(r, cluster, vm, left);
  if (together != BERTH_NONE)
    disable(r, RULE_CONFLICT_NO_DOMAIN, rule, together, vm);
  return together == BERTH_NONE;
}

/* Ends the work on the rule in hand; `taken`: what it narrowed stays so. */
static void settle(resolution *r, bool taken) {
  for (uint32_t i = 0; i < r->touched_count; i++) {
    uint32_t rule = r->touched[i];
    if (taken)
      r->common[rule] = r->narrowed[rule];
    r->narrowed[rule] = NULL;
    r->narrowed_by[rule] = NULL;
  }
  r->touched_count = 0;
}

static void take_host_rule(resolution *r, const frozen_cluster *cluster, uint32_t index) {
  const frozen_rule *rule = &r->rules[index];
  host_set *own =
      host_set_of(&r->maker, rule->type == BERTH_RULE_NOT_RUN_ON, rule->hosts, rule->host_count);
  if (own == NULL)
    return;
  bool taken = true;
  for (uint32_t i = 0; i < rule->vm_count && taken; i++) {
    if (!spend(r, 1 + rules_of(r, rule->vms[i]).count))
      break;
    taken = fits(r, cluster, index, own, rule->vms[i]);
  }
  settle(r, taken);
  for (uint32_t i = 0; i < rule->vm_count && taken; i++) {
    host_set *left = narrow(r, index, own, allowed_to(r, rule->vms[i]));
    if (left != NULL)
      r->allowed[rule->vms[i]] = left;
  }
}

static void take_together_rule(resolution *r, const frozen_cluster *cluster, uint32_t index) {
  const frozen_rule *rule = &r->rules[index];
  host_set *common = r->everything, *last = NULL;
  for (uint32_t i = 0; i < rule->vm_count && spend(r, 1); i++) {
    uint32_t vm = rule->vms[i];
    host_set *domains =
        host_set_domains(&r->maker, r->inventory, cluster, allowed_to(r, vm), rule->over);
    if (domains == NULL || domains == last)
      continue;
    last = domains;
    host_set *left = host_set_intersect(&r->maker, common, domains);
    if (left == NULL)
      return;
    common = left;
    if (host_set_is_empty(common, cluster)) {
      disable(r, RULE_CONFLICT_NO_DOMAIN, index, older_host_rule(r, vm, index), vm);
      return;
    }
  }
  r->common[index] = common;
}

static void resolve_cluster(resolution *r, const frozen_cluster *cluster) {
  for (uint32_t i = 0; i < cluster->rule_count; i++) {
    uint32_t rule = cluster->first_rule + i;
    if (r->rules[rule].type == BERTH_RULE_TOGETHER && r->rules[rule].enabled)
      separate(r, rule);
  }
  if (cluster->host_count == 0)
    return;
  for (uint32_t i = 0; i < cluster->rule_count && r->maker.work >= 0; i++) {
    uint32_t rule = cluster->first_rule + i;
    if (!takes_part(&r->rules[rule]))
      continue;
    if (is_host_rule(&r->rules[rule]))
      take_host_rule(r, cluster, rule);
    else
      take_together_rule(r, cluster, rule);
  }
}

bool rule_conflicts_resolve(const berth_inventory *inventory, frozen_rule *rules, arena *memory,
                            rule_conflict_function tell, void *user, bool *complete) {
  assert(inventory != NULL && memory != NULL && complete != NULL);
  uint32_t count = inventory->rule_count;
  resolution r = {.inventory = inventory, .rules = rules, .tell = tell, .user = user};
  r.maker = (host_set_maker){.memory = memory, .work = work_allowed};
  *complete = true;
  if (count == 0)
    return true;
  r.shared = arena_take(memory, count, sizeof *r.shared);
  r.everything = host_set_of(&r.maker, true, NULL, 0);
  r.allowed = arena_take(memory, inventory->vm_count, sizeof(host_set *));
  r.common = arena_take(memory, count, sizeof(host_set *));
  r.narrowed = arena_take(memory, count, sizeof(host_set *));
  r.narrowed_by = arena_take(memory, count, sizeof(host_set *));
  r.touched = arena_take(memory, count, sizeof *r.touched);
  if (r.shared == NULL || r.everything == NULL || r.allowed == NULL || r.common == NULL ||
      r.narrowed == NULL || r.narrowed_by == NULL || r.touched == NULL)
    return false;
  for (uint32_t c = 0; c < inventory->cluster_count; c++)
    resolve_cluster(&r, &inventory->clusters[c]);
  *complete = r.maker.work >= 0;
  return !r.maker.out_of_memory;
}
