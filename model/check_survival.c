/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the end state survives any K host failures (docs/model.md §8), cluster by cluster.
 *
 * A quick test comes first. A *refuge* can take all VMs of any single other host into the room that
 * it has. K refuges that hold nothing are enough: each failed host with VMs finds a refuge of its
 * own among those left. So are 2K of any kind.
 *
 * Then fallbacks (check_fallbacks.c) clear most hosts of a large cluster. Every set that has one of
 * the others is tried: VMs by falling size, first fit; where that fails, a search over all
 * assignments. Without rules between VMs sets of K hosts speak for smaller ones. Work is limited
 * and counted in hosts looked at; what it does not reach is said.
 */
#include "check_survival.h"
#include <assert.h>
#include <string.h>

#define WORK_OF_A_CLUSTER INT64_C(200000000)
#define WORK_OF_A_SEARCH INT64_C(2000000)

typedef enum survival_verdict { SURVIVES, IS_LOST, IS_OPEN } survival_verdict;

/* ------------------------------------------------------------------ rules between VMs */

/* Whether one more member of the rule may arrive at the host (§3 for the failover problem). */
static bool rule_lets_in(survival *s, const frozen_rule *rule, uint32_t host) {
  uint32_t domain = check_domain_of(s->c, rule->over, host);
  int64_t present = 0, elsewhere = 0;
  s->work -= rule->vm_count;
  for (uint32_t k = 0; k < rule->vm_count; k++) {
    uint32_t at = s->where[rule->vms[k]];
    if (at == BERTH_NONE || s->failed[at])
      continue;
    bool same = check_domain_of(s->c, rule->over, at) == domain;
    present += same;
    elsewhere += !same;
  }
  if (rule->type == BERTH_RULE_TOGETHER)
    return present > 0 || elsewhere == 0;
  return present + 1 <= (rule->type == BERTH_RULE_APART ? 1 : rule->count);
}

static bool rules_let_in(survival *s, uint32_t vm, uint32_t host) {
  const berth_inventory *inventory = s->c->inventory;
  if (!s->has_vm_rules)
    return true;
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[k]];
    if (survival_binds(rule) && !rule_lets_in(s, rule, host))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------ a VM on a host */

bool survival_has_room(const survival *s, uint32_t vm, uint32_t host) {
  const int64_t *demand = survival_demand(s, vm), *left = survival_room(s, host);
  for (uint32_t r = 0; r < s->c->inventory->resource_count; r++)
    if (demand[r] > 0 && demand[r] > left[r])
      return false;
  return true;
}

/* A VM bound to one node: with those that are bound at the host now. */
static bool nodes_take(survival *s, uint32_t vm, uint32_t host) {
  const berth_inventory *inventory = s->c->inventory;
  if (!survival_needs_node(s, vm, host))
    return true;
  bool whole =
      node_packing_open(s->packing, inventory, host) && node_packing_add(s->packing, inventory, vm);
  for (uint32_t k = s->bound_start[host]; k < s->bound_start[host + 1]; k++)
    if (s->where[s->bound[k]] == host)
      whole = whole && node_packing_add(s->packing, inventory, s->bound[k]);
  for (uint32_t i = 0; i < s->displaced_count; i++)
    if (s->where[s->displaced[i]] == host && node_packing_binds(inventory, s->displaced[i]))
      whole = whole && node_packing_add(s->packing, inventory, s->displaced[i]);
  s->work -= s->displaced_count + s->packing->vm_count;
  packing_verdict verdict = whole ? node_packing_decide(s->packing) : PACKING_OPEN;
  s->undecided = s->undecided || verdict == PACKING_OPEN;
  return verdict == PACKING_HOLDS;
}

static bool takes(survival *s, uint32_t vm, uint32_t host) {
  s->work--;
  return !s->failed[host] && survival_has_room(s, vm, host) &&
         check_kind_admits(s->c, &s->kinds, s->kinds.vm_kind[vm], s->kinds.host_kind[host]) &&
         rules_let_in(s, vm, host) && nodes_take(s, vm, host);
}

static void put(survival *s, uint32_t vm, uint32_t host) {
  assert(s->where[vm] == BERTH_NONE);
  for (uint32_t r = 0; r < s->c->inventory->resource_count; r++)
    survival_room(s, host)[r] -= survival_demand(s, vm)[r];
  s->where[vm] = host;
}

static void lift(survival *s, uint32_t vm) {
  uint32_t host = s->where[vm];
  assert(host != BERTH_NONE);
  for (uint32_t r = 0; r < s->c->inventory->resource_count; r++)
    survival_room(s, host)[r] += survival_demand(s, vm)[r];
  s->where[vm] = BERTH_NONE;
}

/* ------------------------------------------------------------------ refuges */

static bool is_free_of_rules(const survival *s, uint32_t vm) {
  const berth_inventory *inventory = s->c->inventory;
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++)
    if (survival_binds(&inventory->rules[inventory->vm_rules[k]]))
      return false;
  return true;
}

/* Whether the refuge's nodes hold all that are bound to one, there and on the host. */
static bool nodes_take_over(survival *s, uint32_t refuge, uint32_t host) {
  uint32_t count = 0, hosts[2] = {refuge, host};
  if (s->packing != NULL)
    (void)node_packing_nodes(s->c->inventory, refuge, &count);
  if (count == 0 || s->bound_start[host] == s->bound_start[host + 1])
    return true;
  bool whole = node_packing_open(s->packing, s->c->inventory, refuge);
  for (int i = 0; i < 2; i++)
    for (uint32_t k = s->bound_start[hosts[i]]; k < s->bound_start[hosts[i] + 1]; k++)
      whole = whole && node_packing_add(s->packing, s->c->inventory, s->bound[k]);
  return whole && node_packing_decide(s->packing) == PACKING_HOLDS;
}

/* Whether the refuge has room for all VMs of the host. One with VM-VM rules is left to the search.
 */
static bool takes_over(survival *s, uint32_t refuge, uint32_t host) {
  uint32_t resources = s->c->inventory->resource_count;
  int64_t *need = s->need;
  memset(need, 0, resources * sizeof *need);
  for (uint32_t i = s->content_start[host]; i < s->content_start[host + 1]; i++) {
    uint32_t vm = s->content[i];
    s->work--;
    if (!is_free_of_rules(s, vm) ||
        !check_kind_admits(s->c, &s->kinds, s->kinds.vm_kind[vm], s->kinds.host_kind[refuge]))
      return false;
    for (uint32_t r = 0; r < resources; r++)
      need[r] += survival_demand(s, vm)[r];
  }
  for (uint32_t r = 0; r < resources; r++)
    if (need[r] > 0 && need[r] > survival_room(s, refuge)[r])
      return false;
  return nodes_take_over(s, refuge, host);
}

static bool is_refuge(survival *s, uint32_t refuge) {
  for (uint32_t i = 0; i < s->host_count; i++)
    if (s->hosts[i] != refuge && !takes_over(s, refuge, s->hosts[i]))
      return false;
  return true;
}

static bool has_refuges(survival *s) {
  uint32_t empty = 0, all = 0, wanted = 2 * s->failures;
  uint32_t tried = s->host_count < 2 * wanted ? s->host_count : 2 * wanted;
  for (uint32_t i = 0; i < tried && empty < s->failures && all < wanted; i++) {
    uint32_t host = s->hosts[i];
    if (!is_refuge(s, host))
      continue;
    all++;
    empty += s->content_start[host] == s->content_start[host + 1];
  }
  return empty >= s->failures || all >= wanted;
}

/* ------------------------------------------------------------------ one set of failed hosts */

/* Larger VMs first, by the resource that is scarcest for each. */
static void sort_displaced(survival *s) {
  for (uint32_t i = 1; i < s->displaced_count; i++) {
    uint32_t vm = s->displaced[i], at = i;
    int64_t memory = survival_demand(s, vm)[BERTH_RESOURCE_MEMORY];
    for (; at > 0 && survival_demand(s, s->displaced[at - 1])[BERTH_RESOURCE_MEMORY] < memory; at--)
      s->displaced[at] = s->displaced[at - 1];
    s->displaced[at] = vm;
  }
}

static int64_t capped(int64_t room) {
  return room < BERTH_QUANTITY_MAX ? room : BERTH_QUANTITY_MAX; /* the sum stays in 64 bits */
}

/* The set fails. What serves no more is no room, and the VMs that HA restarts are displaced. */
static void fail(survival *s, uint32_t size) {
  uint32_t resources = s->c->inventory->resource_count;
  s->displaced_count = 0;
  for (uint32_t i = 0; i < size; i++) {
    uint32_t host = s->set[i];
    assert(!s->failed[host] && s->c->serving[host]);
    s->failed[host] = true;
    for (uint32_t k = s->content_start[host]; k < s->content_start[host + 1]; k++) {
      s->displaced[s->displaced_count++] = s->content[k];
      s->where[s->content[k]] = BERTH_NONE;
    }
  }
  if (size > 1)
    sort_displaced(s);
  memset(s->need, 0, resources * sizeof *s->need);
  for (uint32_t i = 0; i < s->displaced_count; i++)
    for (uint32_t r = 0; r < resources; r++)
      s->need[r] += survival_demand(s, s->displaced[i])[r];
}

static void recover(survival *s, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) {
    uint32_t host = s->set[i];
    assert(s->failed[host]);
    s->failed[host] = false;
    for (uint32_t k = s->content_start[host]; k < s->content_start[host + 1]; k++) {
      if (s->where[s->content[k]] != BERTH_NONE)
        lift(s, s->content[k]);
      s->where[s->content[k]] = host;
    }
  }
}

static bool place_first_fit(survival *s) {
  for (uint32_t i = 0; i < s->displaced_count; i++) {
    uint32_t vm = s->displaced[i], at = 0;
    while (at < s->host_count && !takes(s, vm, s->hosts[at]))
      at++;
    if (at == s->host_count) {
      while (i-- > 0)
        lift(s, s->displaced[i]);
      return false;
    }
    put(s, vm, s->hosts[at]);
  }
  return true;
}

/* Whether all hosts together have too little of something, before any VM is placed. */
static bool lacks_room(survival *s) {
  uint32_t resources = s->c->inventory->resource_count;
  for (uint32_t r = 0; r < resources; r++) {
    int64_t room = 0;
    for (uint32_t i = 0; i < s->host_count && room < s->need[r]; i++)
      if (!s->failed[s->hosts[i]])
        room += capped(survival_room(s, s->hosts[i])[r]);
    if (room < s->need[r])
      return true;
  }
  s->work -= s->host_count;
  return false;
}

/* A host before `at` that is the same to every VM: then `at` need not be tried. */
static bool is_repeat(survival *s, uint32_t at) {
  uint32_t host = s->hosts[at], resources = s->c->inventory->resource_count;
  if (s->has_vm_rules || s->packing != NULL)
    return false;
  s->work -= at;
  for (uint32_t i = 0; i < at; i++) {
    uint32_t other = s->hosts[i];
    if (!s->failed[other] && s->kinds.host_kind[other] == s->kinds.host_kind[host] &&
        memcmp(survival_room(s, other), survival_room(s, host), resources * sizeof *s->left) == 0)
      return true;
  }
  return false;
}

/* Depth first over the hosts of each displaced VM in turn; `choice` is the place in `hosts`. */
static survival_verdict place_by_search(survival *s, uint32_t *choice) {
  int64_t floor = s->work - s->search_work;
  uint32_t depth = 0;
  assert(s->displaced_count > 0);
  choice[0] = 0;
  for (;;) {
    if (depth == s->displaced_count)
      return SURVIVES;
    uint32_t vm = s->displaced[depth], at = choice[depth];
    while (at < s->host_count && (!takes(s, vm, s->hosts[at]) || is_repeat(s, at)))
      at++;
    if (s->work < floor)
      return IS_OPEN;
    if (at < s->host_count) {
      put(s, vm, s->hosts[at]);
      choice[depth++] = at + 1;
      if (depth < s->displaced_count)
        choice[depth] = 0;
    } else if (depth == 0) {
      return IS_LOST;
    } else {
      lift(s, s->displaced[--depth]);
    }
  }
}

static survival_verdict try_set(survival *s, uint32_t size, uint32_t *choice) {
  assert(size > 0 && size <= s->failures);
  survival_verdict verdict = SURVIVES;
  fail(s, size);
  s->undecided = false;
  if (s->displaced_count > 0 && !place_first_fit(s))
    verdict = lacks_room(s) ? IS_LOST : place_by_search(s, choice);
  if (verdict == IS_LOST && s->undecided)
    verdict = IS_OPEN;
  recover(s, size);
  return verdict;
}

/* ------------------------------------------------------------------ all sets */

static survival_verdict say(survival *s, survival_verdict verdict) {
  if (verdict == IS_LOST)
    s->c->lost[s->cluster - s->c->inventory->clusters] = true;
  if (verdict == IS_OPEN)
    check_fault(s->c, BERTH_FAULT_SURVIVAL, BERTH_NONE,
                "whether cluster \"%s\" survives any %u host failures is undecided within the "
                "checker's limits",
                s->cluster->id, s->failures);
  return verdict;
}

/* All sets of `size` hosts with one of the first `doubtful`, in the order of their places. */
static survival_verdict try_sets(survival *s, uint32_t size, uint32_t doubtful, uint32_t *place,
                                 uint32_t *choice) {
  survival_verdict worst = SURVIVES;
  assert(size > 0 && size <= s->host_count && doubtful <= s->host_count);
  for (uint32_t i = 0; i < size; i++)
    place[i] = i;
  for (uint32_t at = size; at > 0 && place[0] < doubtful;) {
    for (uint32_t i = 0; i < size; i++)
      s->set[i] = s->hosts[place[i]];
    survival_verdict verdict = s->work > 0 ? try_set(s, size, choice) : IS_OPEN;
    if (verdict == IS_LOST)
      return IS_LOST;
    if (verdict == IS_OPEN)
      worst = IS_OPEN;
    if (s->work <= 0)
      return IS_OPEN;
    for (at = size; at > 0 && place[at - 1] == s->host_count - size + at - 1; at--) {
    }
    if (at > 0)
      for (uint32_t i = at, next = ++place[at - 1]; i < size; i++)
        place[i] = ++next;
  }
  return worst;
}

static void check_cluster(survival *s) {
  uint32_t most = s->failures < s->host_count ? s->failures : s->host_count;
  uint32_t *place = check_take(s->c, (size_t)most + 1, sizeof *place);
  uint32_t *choice = check_take(s->c, (size_t)s->cluster->vm_count + 1, sizeof *choice);
  s->set = check_take(s->c, (size_t)most + 1, sizeof *s->set);
  if (s->c->exhausted || most == 0 || has_refuges(s))
    return;
  uint32_t doubtful = check_fallbacks(s);
  for (uint32_t size = s->has_vm_rules ? 1 : most; size <= most && !s->c->exhausted; size++)
    if (say(s, try_sets(s, size, doubtful, place, choice)) != SURVIVES)
      return;
}

/* ------------------------------------------------------------------ the end state */

static void list_contents(survival *s) {
  const berth_inventory *inventory = s->c->inventory;
  for (int filling = 0; filling < 2; filling++) {
    for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
      uint32_t host = s->c->vm_end[vm];
      if (host == BERTH_NONE || inventory->vm_priority[vm] == BERTH_PRIORITY_DISABLED)
        continue;
      if (filling == 0)
        s->content_start[host + 1]++;
      else
        s->content[s->content_start[host]++] = vm;
    }
    for (uint32_t host = 0; host < inventory->host_count && filling == 0; host++)
      s->content_start[host + 1] += s->content_start[host];
  }
  for (uint32_t host = inventory->host_count; host > 0; host--) /* filling moved every start */
    s->content_start[host] = s->content_start[host - 1];
  s->content_start[0] = 0;
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    s->displaced_count = s->content_start[host + 1] - s->content_start[host];
    s->displaced = &s->content[s->content_start[host]];
    sort_displaced(s);
  }
}

/* Who is bound to one node, by host. Nothing where no host has any. */
static void list_bound(survival *s) {
  const berth_inventory *inventory = s->c->inventory;
  if (inventory->numa_count == 0)
    return;
  s->bound_start = check_take(s->c, (size_t)inventory->host_count + 2, sizeof *s->bound_start);
  s->bound = check_take(s->c, inventory->vm_count, sizeof *s->bound);
  s->packing = check_take(s->c, 1, sizeof *s->packing);
  if (s->c->exhausted)
    return;
  for (int filling = 0; filling < 2; filling++) {
    for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
      uint32_t host = s->c->vm_end[vm];
      if (host == BERTH_NONE || !node_packing_binds(inventory, vm))
        continue;
      if (filling == 0)
        s->bound_start[host + 2]++;
      else
        s->bound[s->bound_start[host + 1]++] = vm;
    }
    for (uint32_t host = 0; host < inventory->host_count && filling == 0; host++)
      s->bound_start[host + 2] += s->bound_start[host + 1];
  }
}

static bool prepare(survival *s) {
  check *c = s->c;
  uint32_t hosts = c->inventory->host_count, vms = c->inventory->vm_count;
  size_t cells = (size_t)hosts * c->inventory->resource_count;
  s->hosts = check_take(c, hosts, sizeof *s->hosts);
  s->content_start = check_take(c, (size_t)hosts + 1, sizeof *s->content_start);
  s->content = check_take(c, vms, sizeof *s->content);
  s->left = check_take(c, cells, sizeof *s->left);
  s->where = check_take(c, vms, sizeof *s->where);
  s->failed = check_take(c, hosts, sizeof *s->failed);
  s->need = check_take(c, c->inventory->resource_count, sizeof *s->need);
  if (c->exhausted)
    return false;
  list_contents(s);
  list_bound(s);
  s->displaced = check_take(c, vms, sizeof *s->displaced);
  memcpy(s->where, c->vm_end, vms * sizeof *s->where);
  for (size_t cell = 0; cell < cells; cell++)
    s->left[cell] = c->inventory->host_capacity[cell] > c->use_end[cell]
                        ? c->inventory->host_capacity[cell] - c->use_end[cell]
                        : 0;
  return !c->exhausted;
}

static void choose_cluster(survival *s, const frozen_cluster *cluster) {
  s->cluster = cluster;
  s->work = WORK_OF_A_CLUSTER;
  s->search_work = WORK_OF_A_SEARCH;
  s->host_count = 0;
  s->has_vm_rules = false;
  for (uint32_t r = 0; r < cluster->rule_count; r++)
    s->has_vm_rules =
        s->has_vm_rules || survival_binds(&s->c->inventory->rules[cluster->first_rule + r]);
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    uint32_t host = cluster->first_host + h, at = s->host_count;
    if (!s->c->serving[host])
      continue;
    int64_t free_memory = survival_room(s, host)[BERTH_RESOURCE_MEMORY];
    for (; at > 0 && survival_room(s, s->hosts[at - 1])[BERTH_RESOURCE_MEMORY] < free_memory; at--)
      s->hosts[at] = s->hosts[at - 1];
    s->hosts[at] = host;
    s->host_count++;
  }
}

void check_survival(check *c) {
  survival s = {.c = c, .failures = berth_plan_get_settings(c->plan)->keep_failures};
  c->lost = check_take(c, c->inventory->cluster_count, sizeof *c->lost);
  if (c->exhausted || c->goal != BERTH_GOAL_CONSOLIDATE || s.failures == 0 || !prepare(&s))
    return;
  if (!check_find_kinds(c, &s.kinds, ARRIVAL_RESTART)) {
    check_fault(c, BERTH_FAULT_SURVIVAL, BERTH_NONE,
                "whether the end state survives failures is undecided: more kinds of hosts and VMs "
                "than the checker compares");
    return;
  }
  for (uint32_t cluster = 0; cluster < c->inventory->cluster_count && !c->exhausted; cluster++) {
    choose_cluster(&s, &c->inventory->clusters[cluster]);
    check_cluster(&s);
  }
}
