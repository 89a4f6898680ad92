/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A *refuge* holds nothing and can take over all VMs of any single host. K of them are enough: each
 * failed host with VMs finds one of its own among those that are left.
 *
 * Else every set of K hosts that serve: their VMs, largest first, go to the first host that takes
 * them, the emptiest hosts first; where that fails, depth-first search over all assignments within
 * a limit of nodes. Smaller sets need no trial of their own unless rules between VMs bind: what a
 * set of K survives, its subsets survive with the same assignment, and hosts that did not fail may
 * keep their VMs.
 */
#include "survival.h"
#include "admission.h"
#include "problem_nodes.h"
#include <assert.h>
#include <string.h>

enum { NODES_OF_A_SET = 200000, MOST_SETS = 2000000 };

struct survival {
  const placement *final;
  const problem *problem;
  bool rules_bind;
  uint32_t *hosts, host_count; /* that serve, most free memory first */
  int64_t *room;               /* [host * resources] */
  uint32_t *at;                /* [item] host, BERTH_NONE while displaced */
  uint8_t *failed;             /* [host] */
  uint32_t *displaced, displaced_count;
  uint32_t *set; /* [failures] places in `hosts` */
  int64_t *need; /* [resource] most that the VMs of one host take */
  int64_t *sum;  /* [resource] */
  uint32_t nodes_left;
  bool undecided; /* whether some host's NUMA nodes would take a VM */
};

/* ---------------------------------------------------------------------- one VM, one host */

static bool rule_lets_in(const survival *s, const problem_rule *rule, uint32_t host) {
  uint32_t same = 0, elsewhere = 0;
  if (!rule->must || rule->form == RULE_FORM_HOSTS)
    return true;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t at = s->at[rule->members[i]];
    if (at == BERTH_NONE)
      continue;
    same += rule->domain_of[at] == rule->domain_of[host];
    elsewhere += rule->domain_of[at] != rule->domain_of[host];
  }
  return rule->form == RULE_FORM_TOGETHER ? same > 0 || elsewhere == 0 : same + 1 <= rule->k;
}

static void list_one_node(const survival *s, uint32_t item, uint32_t host, node_item *items,
                          uint32_t *count) {
  const problem *p = s->problem;
  if (p->one_node[item] && s->at[item] == host && *count < SPLIT_ITEMS)
    items[(*count)++] = (node_item){.size = problem_node_demand(p, item), .item = item};
}

/* Among those that stayed and those that came. */
static bool nodes_take(survival *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  node_item items[SPLIT_ITEMS];
  uint32_t count = 0;
  if (!problem_needs_node(p, item, host))
    return true;
  items[count++] = (node_item){.size = problem_node_demand(p, item), .item = item};
  for (uint32_t other = s->final->first[host]; other != BERTH_NONE; other = s->final->next[other])
    list_one_node(s, other, host, items, &count);
  for (uint32_t i = 0; i < s->displaced_count; i++)
    list_one_node(s, s->displaced[i], host, items, &count);
  node_verdict verdict = NODES_UNDECIDED;
  if (count < SPLIT_ITEMS)
    verdict = node_split(p->nodes + p->node_start[host], problem_node_count(p, host), items, count,
                         SPLIT_BUDGET, NULL);
  s->undecided |= verdict == NODES_UNDECIDED;
  return verdict == NODES_HOLD;
}

static bool takes(survival *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  const int64_t *room = s->room + (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] > 0 && demand[r] > room[r])
      return false;
  }
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    if (!rule_lets_in(s, &p->rules[p->item_rules[i]], host))
      return false;
  }
  return !s->failed[host] && admission_allows_restart(p, item, host) && nodes_take(s, item, host);
}

static void put(survival *s, uint32_t item, uint32_t host, int64_t sign) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  for (uint32_t r = 0; r < p->resource_count; r++)
    s->room[(size_t)host * p->resource_count + r] -= sign * demand[r];
  assert(sign > 0 ? s->at[item] == BERTH_NONE : s->at[item] == host);
  s->at[item] = sign > 0 ? host : BERTH_NONE;
}

/* ---------------------------------------------------------------------- one set */

static bool place_first_fit(survival *s) {
  for (uint32_t i = 0; i < s->displaced_count; i++) {
    uint32_t item = s->displaced[i], j = 0;
    while (j < s->host_count && !takes(s, item, s->hosts[j]))
      j++;
    if (j == s->host_count)
      return false;
    put(s, item, s->hosts[j], +1);
  }
  return true;
}

static void lift_displaced(survival *s) {
  for (uint32_t i = 0; i < s->displaced_count; i++) {
    uint32_t item = s->displaced[i];
    if (s->at[item] != BERTH_NONE)
      put(s, item, s->at[item], -1);
  }
}

/* True if all hosts that are left have too little of something between them. */
static bool lacks_room(const survival *s) {
  const problem *p = s->problem;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t need = 0;
    for (uint32_t i = 0; i < s->displaced_count; i++)
      need += problem_demand(p, s->displaced[i])[r];
    for (uint32_t j = 0; j < s->host_count && need > 0; j++) {
      if (!s->failed[s->hosts[j]])
        need -= s->room[(size_t)s->hosts[j] * p->resource_count + r];
    }
    if (need > 0)
      return true;
  }
  return false;
}

static bool place_by_search(survival *s, uint32_t next) {
  if (next == s->displaced_count)
    return true;
  uint32_t item = s->displaced[next];
  assert(next < s->displaced_count && s->at[item] == BERTH_NONE);
  for (uint32_t j = 0; j < s->host_count; j++) {
    if (s->nodes_left == 0)
      return false;
    if (!takes(s, item, s->hosts[j]))
      continue;
    s->nodes_left--;
    put(s, item, s->hosts[j], +1);
    if (place_by_search(s, next + 1))
      return true;
    put(s, item, s->hosts[j], -1);
  }
  return false;
}

static bool larger(const problem *p, uint32_t a, uint32_t b) {
  const int64_t *x = problem_demand(p, a), *y = problem_demand(p, b);
  if (x[BERTH_RESOURCE_MEMORY] != y[BERTH_RESOURCE_MEMORY])
    return x[BERTH_RESOURCE_MEMORY] > y[BERTH_RESOURCE_MEMORY];
  return x[BERTH_RESOURCE_CPU] > y[BERTH_RESOURCE_CPU];
}

static bool comes_back(const problem *p, uint32_t item) {
  return p->inventory->vm_priority[p->vm[item]] != BERTH_PRIORITY_DISABLED;
}

/* The VMs of a failed host stop; those that are to run again are listed, largest first. */
static void displace(survival *s, uint32_t host) {
  const problem *p = s->problem;
  assert(!s->failed[host]);
  s->failed[host] = 1;
  for (uint32_t item = s->final->first[host]; item != BERTH_NONE; item = s->final->next[item]) {
    s->at[item] = BERTH_NONE;
    if (!comes_back(p, item))
      continue;
    uint32_t i = s->displaced_count++;
    for (; i > 0 && larger(p, item, s->displaced[i - 1]); i--)
      s->displaced[i] = s->displaced[i - 1];
    s->displaced[i] = item;
  }
}

static void recover(survival *s, uint32_t host) {
  assert(s->failed[host]);
  s->failed[host] = 0;
  for (uint32_t item = s->final->first[host]; item != BERTH_NONE; item = s->final->next[item])
    s->at[item] = host;
}

static survival_verdict try_set(survival *s, const uint32_t *set, uint32_t size) {
  s->displaced_count = 0;
  s->nodes_left = NODES_OF_A_SET;
  s->undecided = false;
  for (uint32_t i = 0; i < size; i++)
    displace(s, s->hosts[set[i]]);
  bool placed = place_first_fit(s);
  lift_displaced(s);
  if (!placed && !lacks_room(s))
    placed = place_by_search(s, 0);
  lift_displaced(s);
  for (uint32_t i = 0; i < size; i++)
    recover(s, s->hosts[set[i]]);
  bool lost = s->nodes_left > 0 && !s->undecided;
  return placed ? SURVIVAL_PROVED : lost ? SURVIVAL_LOST : SURVIVAL_OPEN;
}

/* ---------------------------------------------------------------------- all sets */

static bool too_many(uint32_t hosts, uint32_t size) {
  assert(size > 0 && size <= hosts);
  uint64_t sets = 1;
  for (uint32_t i = 0; i < size && sets <= MOST_SETS; i++)
    sets = sets * (hosts - i) / (i + 1);
  return sets > MOST_SETS;
}

/* In lexicographic order. */
static survival_verdict try_sets(survival *s, uint32_t size, search_clock *clock) {
  uint32_t *set = s->set;
  for (uint32_t i = 0; i < size; i++)
    set[i] = i;
  for (;;) {
    survival_verdict verdict = search_clock_over(clock) ? SURVIVAL_OPEN : try_set(s, set, size);
    if (verdict != SURVIVAL_PROVED)
      return verdict;
    uint32_t at = size;
    while (at > 0 && set[at - 1] == s->host_count - size + at - 1)
      at--;
    if (at == 0)
      return SURVIVAL_PROVED;
    set[at - 1]++;
    for (uint32_t i = at; i < size; i++)
      set[i] = set[i - 1] + 1;
  }
}

/* ---------------------------------------------------------------------- refuges */

static bool bound_to_others(const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form != RULE_FORM_HOSTS)
      return true;
  }
  return false;
}

/* What a refuge must have room for. false = some VM is bound to others: there is none. */
static bool measure_need(survival *s) {
  const problem *p = s->problem;
  memset(s->need, 0, p->resource_count * sizeof *s->need);
  for (uint32_t j = 0; j < s->host_count; j++) {
    uint32_t item = s->final->first[s->hosts[j]];
    memset(s->sum, 0, p->resource_count * sizeof *s->sum);
    for (; item != BERTH_NONE; item = s->final->next[item]) {
      if (!comes_back(p, item))
        continue;
      if (bound_to_others(p, item))
        return false;
      for (uint32_t r = 0; r < p->resource_count; r++)
        s->sum[r] += problem_demand(p, item)[r];
    }
    for (uint32_t r = 0; r < p->resource_count; r++)
      s->need[r] = s->sum[r] > s->need[r] ? s->sum[r] : s->need[r];
  }
  return true;
}

/* All that asks for a node on one host. */
static bool nodes_take_over(const survival *s, uint32_t from, uint32_t refuge) {
  node_question asked = {
      .host = refuge, .first = s->final->first[from], .more = BERTH_NONE, .next = s->final->next};
  return problem_nodes_hold(s->problem, &asked) == NODES_HOLD;
}

static bool is_refuge(const survival *s, uint32_t host) {
  const problem *p = s->problem;
  assert(!s->failed[host] && p->host_open[host]);
  if (s->final->population[host] > 0)
    return false;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (s->need[r] > p->capacity[(size_t)host * p->resource_count + r])
      return false;
  }
  for (uint32_t j = 0; j < s->host_count; j++) {
    uint32_t item = s->final->first[s->hosts[j]];
    if (!nodes_take_over(s, s->hosts[j], host))
      return false;
    for (; item != BERTH_NONE; item = s->final->next[item]) {
      if (comes_back(p, item) && !admission_allows_restart(p, item, host))
        return false;
    }
  }
  return true;
}

static bool has_refuges(survival *s, uint32_t failures) {
  uint32_t refuges = 0;
  if (!measure_need(s))
    return false;
  for (uint32_t j = 0; j < s->host_count && refuges < failures; j++)
    refuges += is_refuge(s, s->hosts[j]);
  return refuges >= failures;
}

/* ---------------------------------------------------------------------- the test */

static int64_t free_memory(const survival *s, uint32_t host) {
  return s->room[(size_t)host * s->problem->resource_count + BERTH_RESOURCE_MEMORY];
}

static void list_hosts(survival *s, const uint8_t *serves) {
  s->host_count = 0;
  for (uint32_t h = 0; h < s->problem->host_count; h++) {
    if (!serves[h])
      continue;
    assert(s->problem->host_open[h] && !s->failed[h]);
    uint32_t i = s->host_count++;
    for (; i > 0 && free_memory(s, h) > free_memory(s, s->hosts[i - 1]); i--)
      s->hosts[i] = s->hosts[i - 1];
    s->hosts[i] = h;
  }
}

static bool rules_bind(const problem *p) {
  for (uint32_t g = 0; g < p->rule_count; g++) {
    if (p->rules[g].must && p->rules[g].form != RULE_FORM_HOSTS)
      return true;
  }
  return false;
}

static uint32_t most_failures(const problem *p, uint32_t hosts) {
  return p->settings.keep_failures < hosts ? p->settings.keep_failures : hosts;
}

survival *survival_new(const problem *p, arena *memory) {
  survival *s = arena_take(memory, 1, sizeof *s);
  if (s == NULL)
    return NULL;
  *s = (survival){.problem = p, .rules_bind = rules_bind(p)};
  s->hosts = arena_take(memory, p->host_count, sizeof *s->hosts);
  s->room = arena_take(memory, p->host_count, p->resource_count * sizeof *s->room);
  s->at = arena_take(memory, p->item_count, sizeof *s->at);
  s->failed = arena_take(memory, p->host_count, 1);
  s->displaced = arena_take(memory, p->item_count, sizeof *s->displaced);
  s->need = arena_take(memory, p->resource_count, sizeof *s->need);
  s->sum = arena_take(memory, p->resource_count, sizeof *s->sum);
  s->set = arena_take(memory, (size_t)most_failures(p, p->host_count) + 1, sizeof *s->set);
  bool ok = s->hosts != NULL && s->room != NULL && s->at != NULL && s->failed != NULL &&
            s->displaced != NULL && s->set != NULL && s->need != NULL && s->sum != NULL;
  return ok ? s : NULL;
}

survival_verdict survival_test(survival *s, const placement *end, const uint8_t *serves,
                               search_clock *clock) {
  const problem *p = s->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  assert(end->problem == p);
  s->final = end;
  for (size_t i = 0; i < cells; i++)
    s->room[i] = p->capacity[i] > end->use[i] ? p->capacity[i] - end->use[i] : 0;
  memcpy(s->at, end->host, p->item_count * sizeof *s->at);
  list_hosts(s, serves);
  uint32_t most = most_failures(p, s->host_count);
  assert(most <= s->host_count && most <= p->settings.keep_failures);
  if (has_refuges(s, p->settings.keep_failures))
    return SURVIVAL_PROVED;
  for (uint32_t size = s->rules_bind ? 1 : most; size > 0 && size <= most; size++) {
    survival_verdict verdict =
        too_many(s->host_count, size) ? SURVIVAL_OPEN : try_sets(s, size, clock);
    if (verdict != SURVIVAL_PROVED)
      return verdict;
  }
  return SURVIVAL_PROVED;
}
