/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each bound rests on items that do not move: what they occupy is gone for good, the rules they
 * break stay broken. An item that fits on no admitted host beside them is unplaced (or left behind)
 * in every plan. If no violation is left but those, everything else that must leave has left, and
 * each costs its memory.
 */
#include "cheap_bounds.h"
#include "admission.h"
#include "balance_bound.h"
#include <assert.h>

/* Use by fixed items only, [host * resource_count + resource]. */
static int64_t *fixed_use(const problem *p, arena *memory) {
  int64_t *use = arena_take(memory, p->host_count, p->resource_count * sizeof *use);
  for (uint32_t item = 0; use != NULL && item < p->item_count; item++) {
    if (p->kind[item] != ITEM_FIXED)
      continue;
    for (uint32_t r = 0; r < p->resource_count; r++)
      use[(size_t)p->origin[item] * p->resource_count + r] += problem_demand(p, item)[r];
  }
  return use;
}

static bool fits_beside(const problem *p, uint32_t item, uint32_t host, const int64_t *use) {
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] > p->limit[row + r] - use[row + r])
      return false;
  }
  return true;
}

static bool fits_somewhere(const problem *p, uint32_t item, const int64_t *use) {
  const host_bits *hosts = admission_hosts(p, item);
  for (uint32_t host = 0; hosts != NULL && host < p->host_count; host++) {
    if (host_bits_test(hosts, host) && fits_beside(p, item, host, use))
      return true;
  }
  return hosts == NULL; /* out of memory: claim nothing */
}

static void bound_unplaced(const problem *p, const int64_t *use, ladder_bounds *bounds) {
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!problem_is_requested(p, item) || fits_somewhere(p, item, use))
      continue;
    berth_level level = problem_unplaced_level(p, item);
    bounds->value[BERTH_LEVEL_UNPLACED]++;
    bounds->value[level]++;
    bounds->proof[BERTH_LEVEL_UNPLACED] = "fits on no host";
    bounds->proof[level] = "fits on no host";
  }
}

static bool broken_by_fixed(const problem *p, const problem_rule *rule, uint32_t *count) {
  bool broken = false;
  uint32_t first = BERTH_NONE;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t item = rule->members[i];
    if (p->kind[item] != ITEM_FIXED)
      continue;
    uint32_t host = p->origin[item];
    if (rule->form == RULE_FORM_HOSTS) {
      broken |= !host_bits_test(rule->allowed, host);
      continue;
    }
    uint32_t domain = rule->domain_of[host];
    broken |= rule->form == RULE_FORM_SPREAD && ++count[domain] > rule->k;
    broken |= rule->form == RULE_FORM_TOGETHER && first != BERTH_NONE && first != domain;
    first = domain;
  }
  for (uint32_t i = 0; rule->form == RULE_FORM_SPREAD && i < rule->member_count; i++) {
    if (p->kind[rule->members[i]] == ITEM_FIXED)
      count[rule->domain_of[p->origin[rule->members[i]]]] = 0;
  }
  return broken;
}

static bool bound_rules(const problem *p, arena *memory, ladder_bounds *bounds) {
  uint32_t domains = 1;
  for (uint32_t g = 0; g < p->rule_count; g++)
    domains = p->rules[g].domain_count > domains ? p->rules[g].domain_count : domains;
  uint32_t *count = arena_take(memory, domains, sizeof *count);
  if (count == NULL)
    return false;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    if (!broken_by_fixed(p, &p->rules[g], count))
      continue;
    berth_level level = p->rules[g].must ? BERTH_LEVEL_VIOLATIONS : BERTH_LEVEL_SHOULD_BROKEN;
    bounds->value[level]++;
    bounds->proof[level] = "VMs that do not move";
  }
  return true;
}

static void bound_leaving(const placement *s, const int64_t *use, ladder_bounds *bounds) {
  const problem *p = s->problem;
  int64_t count = 0, memory = 0;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] == BERTH_NONE || !p->host_must_leave[p->origin[item]])
      continue;
    if (p->kind[item] == ITEM_FIXED || !fits_somewhere(p, item, use)) {
      bounds->value[BERTH_LEVEL_VIOLATIONS]++;
      bounds->proof[BERTH_LEVEL_VIOLATIONS] = "VMs that cannot leave";
      continue;
    }
    count++;
    memory += p->inventory->vm_memory[p->vm[item]];
  }
  assert(bounds->value[BERTH_LEVEL_VIOLATIONS] <= s->value[BERTH_LEVEL_VIOLATIONS]);
  if (s->value[BERTH_LEVEL_VIOLATIONS] > bounds->value[BERTH_LEVEL_VIOLATIONS] || count == 0)
    return;
  bounds->value[BERTH_LEVEL_MEMORY_MOVED] = memory;
  bounds->proof[BERTH_LEVEL_MEMORY_MOVED] = "VMs that must leave";
  if (p->goal != BERTH_GOAL_EVACUATE) {
    bounds->value[BERTH_LEVEL_MIGRATIONS] = count;
    bounds->proof[BERTH_LEVEL_MIGRATIONS] = "VMs that must leave";
  }
}

static void insert_descending(int64_t *list, uint32_t count, int64_t value) {
  uint32_t i = count;
  for (; i > 0 && list[i - 1] < value; i--)
    list[i] = list[i - 1];
  list[i] = value;
}

/* Fewest items of a host that must go before a resource is within its capacity: its largest ones.
 * @p work: as many numbers as there are items. */
static int64_t fewest_to_leave(const placement *initial, uint32_t host, uint32_t resource,
                               int64_t *work) {
  const problem *p = initial->problem;
  size_t cell = (size_t)host * p->resource_count + resource;
  int64_t over = initial->use[cell] - p->capacity[cell];
  uint32_t count = 0, fewest = 0;
  if (over <= 0)
    return 0;
  for (uint32_t item = initial->first[host]; item != BERTH_NONE; item = initial->next[item]) {
    if (p->kind[item] == ITEM_MOVABLE)
      insert_descending(work, count++, problem_demand(p, item)[resource]);
  }
  while (over > 0 && fewest < count)
    over -= work[fewest++];
  return fewest;
}

/* Configured memory of the smallest so many items of a host. */
static int64_t least_memory(const placement *initial, uint32_t host, int64_t fewest,
                            int64_t *work) {
  const problem *p = initial->problem;
  uint32_t count = 0;
  int64_t memory = 0;
  for (uint32_t item = initial->first[host]; item != BERTH_NONE; item = initial->next[item]) {
    if (p->kind[item] == ITEM_MOVABLE)
      insert_descending(work, count++, p->inventory->vm_memory[p->vm[item]]);
  }
  for (; fewest > 0 && count > 0; fewest--)
    memory += work[--count];
  return memory;
}

/* Where no violation is left, hosts that are over capacity at the start have sent items away. */
static bool bound_overload(const placement *s, arena *memory, ladder_bounds *bounds) {
  const problem *p = s->problem;
  placement initial;
  int64_t *work = arena_take(memory, p->item_count, sizeof *work), sum = 0, moved = 0;
  if (s->value[BERTH_LEVEL_VIOLATIONS] > 0)
    return work != NULL;
  if (work == NULL || !placement_init(&initial, p, memory))
    return false;
  for (uint32_t host = 0; host < p->host_count; host++) {
    int64_t most = 0;
    for (uint32_t r = 0; r < p->resource_count && !p->host_must_leave[host]; r++) {
      int64_t fewest = fewest_to_leave(&initial, host, r, work);
      most = fewest > most ? fewest : most;
    }
    sum += most;
    moved += most > 0 ? least_memory(&initial, host, most, work) : 0;
  }
  if (sum > 0) {
    bounds->value[BERTH_LEVEL_MIGRATIONS] += sum;
    bounds->proof[BERTH_LEVEL_MIGRATIONS] = "hosts over capacity";
    bounds->value[BERTH_LEVEL_MEMORY_MOVED] += moved;
    bounds->proof[BERTH_LEVEL_MEMORY_MOVED] = "hosts over capacity";
  }
  return true;
}

/* Nowhere else to go, whatever else stands there. */
static bool stays_for_ever(const problem *p, uint32_t item) {
  const host_bits *hosts = p->kind[item] == ITEM_FIXED ? NULL : admission_hosts(p, item);
  if (hosts == NULL)
    return p->kind[item] == ITEM_FIXED; /* else out of memory: claim nothing */
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (host != p->origin[item] && host_bits_test(hosts, host))
      return false;
  }
  return true;
}

/* Hosts whose nodes do not hold even those who cannot go elsewhere. */
static void bound_nodes(const placement *s, ladder_bounds *bounds) {
  const problem *p = s->problem;
  node_item items[SPLIT_ITEMS];
  for (uint32_t host = 0; p->numa_active && host < p->host_count; host++) {
    bool unsplit = s->unsplit[host] && p->host_unsplit[host];
    uint32_t count = 0, item = unsplit ? s->first[host] : BERTH_NONE;
    for (; item != BERTH_NONE; item = s->next[item]) {
      if (p->one_node[item] && p->origin[item] == host && count < SPLIT_ITEMS &&
          stays_for_ever(p, item))
        items[count++] = (node_item){.size = problem_node_demand(p, item), .item = item};
    }
    if (count == 0 || node_split(p->nodes + p->node_start[host], problem_node_count(p, host), items,
                                 count, SPLIT_PATIENCE, NULL) != NODES_REFUSE)
      continue;
    bounds->value[BERTH_LEVEL_VIOLATIONS]++;
    bounds->proof[BERTH_LEVEL_VIOLATIONS] = "VMs that fit no node elsewhere";
  }
}

bool cheap_bounds(const placement *s, arena *memory, ladder_bounds *bounds) {
  const problem *p = s->problem;
  *bounds = (ladder_bounds){.value = {0}};
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++)
    bounds->proof[level] = "zero";
  int64_t *use = fixed_use(p, memory);
  if (use == NULL || !bound_rules(p, memory, bounds))
    return false;
  size_t cells = (size_t)p->host_count * p->resource_count;
  for (size_t i = 0; i < cells; i++) {
    if (use[i] <= p->capacity[i])
      continue;
    bounds->value[BERTH_LEVEL_VIOLATIONS]++;
    bounds->proof[BERTH_LEVEL_VIOLATIONS] = "VMs that do not move";
  }
  bound_nodes(s, bounds);
  bound_unplaced(p, use, bounds);
  bound_leaving(s, use, bounds);
  if (!bound_overload(s, memory, bounds))
    return false;
  if (p->goal == BERTH_GOAL_REBALANCE && balance_bound(p) > 0) {
    bounds->value[BERTH_LEVEL_OVERLOAD] = balance_bound(p);
    bounds->proof[BERTH_LEVEL_OVERLOAD] = "total load";
  }
  for (uint32_t i = 0; i < p->ladder_length; i++)
    assert(bounds->value[p->ladder[i]] <= s->value[p->ladder[i]]);
  return true;
}
