/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the end of the plan a host counts as full at its capacity, and a rule at its own number, even
 * where more was there at the start: the VM must not add a violation. Beside what cannot leave only
 * the limits count that hold for every plan.
 */
#include "vm_obstacles.h"
#include "admission.h"
#include "problem_nodes.h"
#include <assert.h>

bool explained_cluster_init(explained_cluster *e, const placement *final, arena *memory) {
  const problem *p = final->problem;
  uint32_t *fixed = arena_take_unset(memory, p->item_count, sizeof *fixed);
  int64_t *use = arena_take(memory, (size_t)p->host_count * p->resource_count, sizeof *use);
  if (fixed == NULL || use == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    const int64_t *demand = problem_demand(p, item);
    fixed[item] = p->kind[item] == ITEM_FIXED ? p->origin[item] : BERTH_NONE;
    for (uint32_t r = 0; fixed[item] != BERTH_NONE && r < p->resource_count; r++)
      use[(size_t)fixed[item] * p->resource_count + r] += demand[r];
  }
  *e = (explained_cluster){.final = final, .fixed = fixed, .fixed_use = use};
  return true;
}

int64_t vm_obstacles_short(const explained_cluster *e, uint32_t item, uint32_t host,
                           uint32_t resource) {
  const problem *p = e->final->problem;
  size_t cell = (size_t)host * p->resource_count + resource;
  int64_t demand = problem_demand(p, item)[resource];
  assert(host < p->host_count && resource < p->resource_count);
  if (demand == 0 || p->capacity[cell] == BERTH_UNLIMITED)
    return 0;
  return demand + e->final->use[cell] - p->capacity[cell];
}

static bool lacks_for_ever(const explained_cluster *e, uint32_t item, uint32_t host,
                           uint32_t resource) {
  const problem *p = e->final->problem;
  size_t cell = (size_t)host * p->resource_count + resource;
  assert(e->fixed_use[cell] <= p->limit[cell]);
  return problem_demand(p, item)[resource] > p->limit[cell] - e->fixed_use[cell];
}

/* Members of a spread rule, the item aside, that `where` has in the domain of `host`. */
static uint32_t count_in_domain(const problem_rule *rule, const uint32_t *where, uint32_t item,
                                uint32_t host) {
  uint32_t count = 0;
  assert(rule->form == RULE_FORM_SPREAD && rule->domain_of != NULL);
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t at = rule->members[i] == item ? BERTH_NONE : where[rule->members[i]];
    count += at != BERTH_NONE && rule->domain_of[at] == rule->domain_of[host];
  }
  return count;
}

/* Domains of a together rule that `where` uses, and that of `host`. Few matter: counting stops when
 * there are more than `enough`. */
static uint32_t count_span(const problem_rule *rule, const uint32_t *where, uint32_t item,
                           uint32_t host, uint32_t enough) {
  uint32_t span = 1;
  assert(rule->form == RULE_FORM_TOGETHER && enough > 0);
  for (uint32_t i = 0; i < rule->member_count && span <= enough; i++) {
    uint32_t at = rule->members[i] == item ? BERTH_NONE : where[rule->members[i]];
    bool seen = at == BERTH_NONE || rule->domain_of[at] == rule->domain_of[host];
    for (uint32_t j = 0; j < i && !seen; j++) {
      uint32_t other = rule->members[j] == item ? BERTH_NONE : where[rule->members[j]];
      seen = other != BERTH_NONE && rule->domain_of[other] == rule->domain_of[at];
    }
    span += !seen;
  }
  return span;
}

/* The rule of the problem that is rule `index` of the inventory, BERTH_NONE if it binds no hosts or
 * domains of this item. */
static uint32_t rule_of_item(const problem *p, uint32_t item, uint32_t index) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    if (p->rules[p->item_rules[i]].rule == &p->inventory->rules[index])
      return p->item_rules[i];
  }
  return BERTH_NONE;
}

static bool rule_blocks(const explained_cluster *e, uint32_t item, uint32_t host, uint32_t index,
                        bool for_ever) {
  const problem *p = e->final->problem;
  uint32_t g = rule_of_item(p, item, index);
  if (g == BERTH_NONE)
    return false;
  const problem_rule *rule = &p->rules[g];
  const uint32_t *where = for_ever ? e->fixed : e->final->host;
  uint32_t limit;
  switch (rule->form) {
  case RULE_FORM_HOSTS:
    return admission_rule_forbids(p, index, host);
  case RULE_FORM_SPREAD:
    limit = for_ever ? placement_spread_limit(e->final, g, rule->domain_of[host]) : rule->k;
    return count_in_domain(rule, where, item, host) >= limit;
  default:
    limit = for_ever ? rule->span_limit : 1;
    return count_span(rule, where, item, host, limit) > limit;
  }
}

/* With those at the end, or with those that cannot leave. */
static bool nodes_block(const explained_cluster *e, uint32_t item, uint32_t host, bool for_ever) {
  const placement *final = e->final;
  node_question asked = {.host = host,
                         .first = final->first[host],
                         .more = item,
                         .next = final->next,
                         .only_fixed = true,
                         .patient = true};
  if (!for_ever || !problem_needs_node(final->problem, item, host))
    return !placement_nodes_take(final, item, host);
  return problem_nodes_hold(final->problem, &asked) == NODES_REFUSE;
}

static bool blocks(const explained_cluster *e, const named_constraint *constraint, uint32_t item,
                   uint32_t host, uint32_t reasons, bool for_ever) {
  switch (constraint->kind) {
  case CONSTRAINT_REASON:
    if (constraint->index == BERTH_REASON_NUMA)
      return nodes_block(e, item, host, for_ever);
    return (reasons >> constraint->index & 1) != 0;
  case CONSTRAINT_RULE:
    return rule_blocks(e, item, host, constraint->index, for_ever);
  default:
    return for_ever ? lacks_for_ever(e, item, host, constraint->index)
                    : vm_obstacles_short(e, item, host, constraint->index) > 0;
  }
}

static void sort_constraints(vm_obstacles *o, const constraint_list *list) {
  for (uint32_t c = 0; c < list->near; c++) {
    const named_constraint *constraint = &list->list[c];
    bool reason = constraint->kind == CONSTRAINT_REASON;
    bool of_hosts = constraint->kind == CONSTRAINT_RULE &&
                    list->inventory->rules[constraint->index].type <= BERTH_RULE_NOT_RUN_ON;
    bool nodes = reason && constraint->index == BERTH_REASON_NUMA;
    o->alone |= (uint64_t)((reason && !nodes) || of_hosts) << c;
    o->pinned |= (uint64_t)(reason && constraint->index == BERTH_REASON_PINNED) << c;
  }
  assert((o->pinned & o->alone) == o->pinned && o->pinned != 0);
}

bool vm_obstacles_find(vm_obstacles *o, const explained_cluster *e, const constraint_list *list,
                       uint32_t item, arena *memory) {
  const problem *p = e->final->problem;
  const uint32_t never = UINT32_C(1) << BERTH_REASON_FAILED |
                         UINT32_C(1) << BERTH_REASON_DISCONNECTED |
                         UINT32_C(1) << BERTH_REASON_ISOLATED;
  uint8_t *open = arena_take(memory, p->host_count, 1);
  uint64_t *at_end = arena_take(memory, p->host_count, sizeof *at_end);
  uint64_t *always = arena_take(memory, p->host_count, sizeof *always);
  if (open == NULL || at_end == NULL || always == NULL)
    return false;
  assert(list->near > 0 && list->near <= CONSTRAINTS_NEAR);
  *o = (vm_obstacles){.item = item, .open = open, .at_end = at_end, .always = always};
  sort_constraints(o, list);
  for (uint32_t host = 0; host < p->host_count; host++) {
    uint32_t reasons = admission_obstacles(p, item, host);
    if (host == e->final->host[item] || (reasons & never) != 0)
      continue;
    open[host] = 1;
    o->candidates++;
    for (uint32_t c = 0; c < list->near; c++) {
      at_end[host] |= (uint64_t)blocks(e, &list->list[c], item, host, reasons, false) << c;
      always[host] |= (uint64_t)blocks(e, &list->list[c], item, host, reasons, true) << c;
    }
    assert((always[host] & ~at_end[host]) == 0);
  }
  return true;
}
