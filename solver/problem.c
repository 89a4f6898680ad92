/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the frozen inventory to local numbers: who takes part, what stands where, which limits hold.
 * Sequential passes over struct-of-arrays; nothing here is more than linear in hosts + VMs + rule
 * members.
 */
#include "problem.h"
#include "admission.h"
#include "problem_nodes.h"
#include "sorted_list.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool problem_host_runs_vms(const berth_inventory *inventory, uint32_t host) {
  switch (inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return inventory->clusters[inventory->host_cluster[host]].set_up.isolation_response ==
           BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

static bool host_sends_vms(const berth_inventory *inventory, uint32_t host) {
  uint8_t state = inventory->host_state[host];
  return state == BERTH_HOST_ONLINE || state == BERTH_HOST_MAINTENANCE ||
         state == BERTH_HOST_ENTERING_MAINTENANCE;
}

bool problem_item_kind(const berth_inventory *inventory, uint32_t vm, item_kind *kind) {
  if (inventory->vm_power[vm] != BERTH_POWER_ON)
    return false;
  uint32_t host = inventory->vm_host[vm];
  if (host == BERTH_NONE) {
    *kind = ITEM_POWER_ON;
  } else if (problem_host_runs_vms(inventory, host)) {
    bool movable = inventory->vm_movable[vm] && host_sends_vms(inventory, host);
    *kind = movable ? ITEM_MOVABLE : ITEM_FIXED;
  } else {
    *kind = ITEM_RESTART;
    return inventory->vm_priority[vm] != BERTH_PRIORITY_DISABLED;
  }
  return true;
}

static void choose_ladder(problem *p) {
  p->ladder_length = berth_goal_ladder(p->goal, p->ladder);
  if (p->ladder_length > 0 && p->ladder[p->ladder_length - 1] == BERTH_LEVEL_MAKESPAN)
    p->ladder_length--;
}

static bool number_hosts(problem *p, const component *part, problem_scratch *numbers) {
  const berth_inventory *inventory = p->inventory;
  uint8_t *open = arena_take(p->memory, part->host_count, 1);
  uint8_t *asleep = arena_take(p->memory, part->host_count, 1);
  uint8_t *must_leave = arena_take(p->memory, part->host_count, 1);
  int64_t *capacity = arena_take(p->memory, part->host_count, p->resource_count * sizeof *capacity);
  if (open == NULL || asleep == NULL || must_leave == NULL || capacity == NULL)
    return false;
  for (uint32_t h = 0; h < part->host_count; h++) {
    uint32_t host = part->hosts[h];
    uint8_t state = inventory->host_state[host];
    assert(host < inventory->host_count && (h == 0 || part->hosts[h - 1] < host));
    numbers->local_host[host] = h;
    asleep[h] = state == BERTH_HOST_STANDBY;
    open[h] =
        state == BERTH_HOST_ONLINE || (asleep[h] && inventory->host_wake[host] != BERTH_WAKE_NONE &&
                                       berth_goal_may_wake(p->goal));
    must_leave[h] = state == BERTH_HOST_MAINTENANCE || state == BERTH_HOST_ENTERING_MAINTENANCE;
    memcpy(capacity + (size_t)h * p->resource_count,
           inventory->host_capacity + (size_t)host * p->resource_count,
           p->resource_count * sizeof *capacity);
  }
  p->host = part->hosts;
  p->host_count = part->host_count;
  p->host_words = (part->host_count + 63) / 64;
  p->host_open = open;
  p->host_asleep = asleep;
  p->host_must_leave = must_leave;
  p->capacity = capacity;
  return true;
}

/* Which hosts consolidation may power down, and what each counts while it is on. */
static bool weigh_hosts(problem *p) {
  const berth_inventory *inventory = p->inventory;
  uint8_t *may_sleep = arena_take(p->memory, p->host_count, 1);
  int64_t *weight = arena_take(p->memory, p->host_count, sizeof *weight);
  if (may_sleep == NULL || weight == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    uint32_t host = p->host[h];
    int64_t watts = inventory->host_power_watts[host];
    bool online = inventory->host_state[host] == BERTH_HOST_ONLINE;
    may_sleep[h] =
        online && inventory->host_wake[host] != BERTH_WAKE_NONE && !inventory->host_dedicated[host];
    if (p->host_open[h])
      weight[h] = p->settings.weigh == BERTH_WEIGH_HOSTS ? 1 : watts != BERTH_UNSET ? watts : 0;
  }
  p->host_may_sleep = may_sleep;
  p->host_weight = weight;
  return true;
}

static bool number_items(problem *p, const component *part, problem_scratch *numbers) {
  const berth_inventory *inventory = p->inventory;
  uint32_t *origin = arena_take(p->memory, part->vm_count, sizeof *origin);
  uint8_t *kinds = arena_take(p->memory, part->vm_count, 1);
  if (origin == NULL || kinds == NULL)
    return false;
  for (uint32_t item = 0; item < part->vm_count; item++) {
    uint32_t vm = part->vms[item];
    item_kind kind;
    bool takes_part = problem_item_kind(inventory, vm, &kind);
    assert(takes_part && vm < inventory->vm_count);
    (void)takes_part;
    kinds[item] = (uint8_t)kind;
    numbers->local_item[vm] = item;
    bool runs = kind == ITEM_FIXED || kind == ITEM_MOVABLE;
    origin[item] = runs ? numbers->local_host[inventory->vm_host[vm]] : BERTH_NONE;
  }
  p->vm = part->vms;
  p->item_count = part->vm_count;
  p->origin = origin;
  p->kind = kinds;
  return true;
}

static bool measure_loads(problem *p) {
  const berth_inventory *inventory = p->inventory;
  if (p->goal != BERTH_GOAL_REBALANCE)
    return true;
  int64_t *load = arena_take(p->memory, p->item_count, LOAD_COUNT * sizeof *load);
  if (load == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t *row = load + (size_t)item * LOAD_COUNT;
    row[LOAD_CPU] = frozen_vm_load(inventory, p->vm[item], BERTH_RESOURCE_CPU);
    row[LOAD_MEMORY] = frozen_vm_load(inventory, p->vm[item], BERTH_RESOURCE_MEMORY);
  }
  p->item_load = load;
  return true;
}

static bool compute_limits(problem *p) {
  assert(p->resource_count >= BERTH_RESOURCE_FIRST_NAMED);
  size_t cells = (size_t)p->host_count * p->resource_count;
  int64_t *use = arena_take(p->memory, cells, sizeof *use);
  int64_t *limit = arena_take(p->memory, cells, sizeof *limit);
  if (use == NULL || limit == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] == BERTH_NONE)
      continue;
    const int64_t *demand = problem_demand(p, item);
    int64_t *row = use + (size_t)p->origin[item] * p->resource_count;
    for (uint32_t r = 0; r < p->resource_count; r++)
      row[r] += demand[r];
  }
  for (size_t i = 0; i < cells; i++)
    limit[i] = p->capacity[i] > use[i] ? p->capacity[i] : use[i];
  p->initial_use = use;
  p->limit = limit;
  return true;
}

static bool rule_form_of(const frozen_rule *rule, rule_form *form) {
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
  case BERTH_RULE_NOT_RUN_ON:
    *form = RULE_FORM_HOSTS;
    return rule->enabled;
  case BERTH_RULE_APART:
  case BERTH_RULE_AT_MOST:
    *form = RULE_FORM_SPREAD;
    return rule->enabled;
  case BERTH_RULE_TOGETHER:
    *form = RULE_FORM_TOGETHER;
    return rule->enabled;
  case BERTH_RULE_QUIESCE:
  case BERTH_RULE_RESTART_AFTER:
    break;
  }
  return false;
}

/* Local domain numbers of one kind, shared by all its rules. */
typedef struct domain_map {
  const uint32_t *of; /* [host]; NULL = not made yet */
  uint8_t *seen;      /* [domain] 0 between two uses */
  uint32_t count;
} domain_map;

static bool map_domains(const problem *p, berth_domain kind, domain_map *map) {
  if (map->of != NULL)
    return true;
  const berth_inventory *inventory = p->inventory;
  uint32_t *of = arena_take(p->memory, p->host_count, sizeof *of);
  uint32_t *number = arena_take(p->memory, inventory->domain_count[kind], sizeof *number);
  map->seen = arena_take(p->memory, p->host_count, 1);
  if (of == NULL || number == NULL || map->seen == NULL)
    return false;
  memset(number, 0xff, inventory->domain_count[kind] * sizeof *number);
  for (uint32_t h = 0; h < p->host_count; h++) {
    uint32_t global = inventory->host_domain[kind][p->host[h]];
    if (number[global] == BERTH_NONE)
      number[global] = map->count++;
    of[h] = number[global];
  }
  assert(map->count <= inventory->domain_count[kind] && map->count <= p->host_count);
  map->of = of;
  return true;
}

static const host_bits *allowed_hosts(const problem *p, const frozen_rule *rule,
                                      const problem_scratch *numbers) {
  host_bits *allowed = arena_take(p->memory, p->host_words, sizeof *allowed);
  if (allowed == NULL)
    return NULL;
  for (uint32_t i = 0; i < rule->host_count; i++) {
    if (numbers->local_host[rule->hosts[i]] != BERTH_NONE)
      host_bits_set(allowed, numbers->local_host[rule->hosts[i]]);
  }
  for (uint32_t w = 0; rule->type == BERTH_RULE_NOT_RUN_ON && w < p->host_words; w++)
    allowed[w] = ~allowed[w];
  return allowed;
}

static bool local_members(problem *p, const problem_scratch *numbers, problem_rule *out) {
  uint32_t *members = arena_take(p->memory, out->rule->vm_count, sizeof *members);
  if (members == NULL)
    return false;
  for (uint32_t i = 0; i < out->rule->vm_count; i++) {
    uint32_t item = numbers->local_item[out->rule->vms[i]];
    if (item != BERTH_NONE)
      members[out->member_count++] = item;
  }
  out->members = members;
  return true;
}

/* How many domains the running members of a together rule span. `seen` of its domains is clean
 * before and after. */
static void initial_span(const problem *p, problem_rule *rule, uint8_t *seen) {
  uint32_t span = 0;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t host = p->origin[rule->members[i]];
    if (host != BERTH_NONE && !seen[rule->domain_of[host]]) {
      seen[rule->domain_of[host]] = 1;
      span++;
    }
  }
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t host = p->origin[rule->members[i]];
    if (host != BERTH_NONE)
      seen[rule->domain_of[host]] = 0;
  }
  rule->span_limit = span > 1 ? span : 1;
  assert(rule->span_limit <= rule->domain_count);
}

static bool build_rule(problem *p, const problem_scratch *numbers,
                       domain_map maps[BERTH_DOMAIN_COUNT], problem_rule *out) {
  const frozen_rule *rule = out->rule;
  assert(rule->enabled);
  out->must = rule->strength == BERTH_MUST;
  if (!local_members(p, numbers, out))
    return false;
  if (out->form == RULE_FORM_HOSTS) {
    out->allowed = allowed_hosts(p, rule, numbers);
    return out->allowed != NULL;
  }
  if (!map_domains(p, rule->over, &maps[rule->over]))
    return false;
  out->domain_of = maps[rule->over].of;
  out->domain_count = maps[rule->over].count;
  /* A count beyond the members restricts nothing; the clamp keeps it within 32 bits. */
  int64_t k = rule->type == BERTH_RULE_APART ? 1 : rule->count;
  out->k = k < (int64_t)rule->vm_count ? (uint32_t)k : rule->vm_count;
  if (out->form == RULE_FORM_TOGETHER)
    initial_span(p, out, maps[rule->over].seen);
  return true;
}

static int compare_indices(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The rules that list any item, ascending: a component looks at its own rules only, not at those of
 * the whole cluster. NULL = no memory. */
static uint32_t *list_rules(const problem *p, problem_scratch *numbers, uint32_t *count) {
  const berth_inventory *inventory = p->inventory;
  size_t most = 0;
  for (uint32_t item = 0; item < p->item_count; item++)
    most += inventory->vm_rule_start[p->vm[item] + 1] - inventory->vm_rule_start[p->vm[item]];
  if (most > inventory->clusters[p->cluster].rule_count)
    most = inventory->clusters[p->cluster].rule_count;
  uint32_t *list = arena_take(p->memory, most, sizeof *list);
  *count = 0;
  for (uint32_t item = 0; list != NULL && item < p->item_count; item++) {
    uint32_t vm = p->vm[item];
    for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
      uint32_t rule = inventory->vm_rules[i];
      if (numbers->rule_listed[rule])
        continue;
      assert(*count < most && inventory->rules[rule].cluster == p->cluster);
      numbers->rule_listed[rule] = 1;
      list[(*count)++] = rule;
    }
  }
  if (list != NULL)
    qsort(list, *count, sizeof *list, compare_indices);
  for (uint32_t i = 0; i < *count; i++)
    numbers->rule_listed[list[i]] = 0;
  return list;
}

static bool build_rules(problem *p, problem_scratch *numbers) {
  uint32_t count;
  const uint32_t *list = list_rules(p, numbers, &count);
  if (list == NULL)
    return false;
  problem_rule *rules = arena_take(p->memory, count, sizeof *rules);
  domain_map maps[BERTH_DOMAIN_COUNT] = {{0}};
  if (rules == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    problem_rule *next = &rules[p->rule_count];
    *next = (problem_rule){.rule = &p->inventory->rules[list[i]]};
    if (!rule_form_of(next->rule, &next->form))
      continue;
    if (!build_rule(p, numbers, maps, next))
      return false;
    assert(next->member_count > 0);
    p->rule_count++;
  }
  p->rules = rules;
  return true;
}

static bool index_rules_by_item(problem *p) {
  uint32_t *start = arena_take(p->memory, (size_t)p->item_count + 1, sizeof *start);
  if (start == NULL)
    return false;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    for (uint32_t i = 0; i < p->rules[g].member_count; i++)
      start[p->rules[g].members[i] + 1]++;
  }
  for (uint32_t item = 0; item < p->item_count; item++)
    start[item + 1] += start[item];
  uint32_t *list = arena_take(p->memory, start[p->item_count], sizeof *list);
  uint32_t *next = arena_take(p->memory, p->item_count, sizeof *next);
  if (list == NULL || next == NULL)
    return false;
  memcpy(next, start, p->item_count * sizeof *next);
  for (uint32_t g = 0; g < p->rule_count; g++) {
    for (uint32_t i = 0; i < p->rules[g].member_count; i++)
      list[next[p->rules[g].members[i]]++] = g;
  }
  p->item_rule_start = start;
  p->item_rules = list;
  return true;
}

bool problem_scratch_init(problem_scratch *scratch, arena *memory,
                          const berth_inventory *inventory) {
  scratch->local_host = arena_take(memory, inventory->host_count, sizeof(uint32_t));
  scratch->local_item = arena_take(memory, inventory->vm_count, sizeof(uint32_t));
  scratch->rule_listed = arena_take(memory, inventory->rule_count, 1);
  if (scratch->local_host == NULL || scratch->local_item == NULL || scratch->rule_listed == NULL)
    return false;
  memset(scratch->local_host, 0xff, inventory->host_count * sizeof(uint32_t));
  memset(scratch->local_item, 0xff, inventory->vm_count * sizeof(uint32_t));
  return true;
}

bool problem_build(problem *p, arena *memory, const berth_inventory *inventory,
                   const problem_aim *aim, uint32_t cluster, const component *part,
                   problem_scratch *scratch) {
  assert(cluster < inventory->cluster_count);
  *p = (problem){.inventory = inventory,
                 .goal = aim->goal,
                 .settings = aim->settings,
                 .cluster = cluster,
                 .memory = memory,
                 .resource_count = inventory->resource_count};
  choose_ladder(p);
  bool ok = number_hosts(p, part, scratch) && weigh_hosts(p) && number_items(p, part, scratch) &&
            measure_loads(p) && compute_limits(p) && problem_nodes_read(p) &&
            build_rules(p, scratch) && index_rules_by_item(p) && admission_classify(p);
  for (uint32_t h = 0; h < part->host_count; h++)
    scratch->local_host[part->hosts[h]] = BERTH_NONE;
  for (uint32_t item = 0; item < part->vm_count; item++)
    scratch->local_item[part->vms[item]] = BERTH_NONE;
  return ok;
}

bool problem_in_vm_rules(const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form != RULE_FORM_HOSTS)
      return true;
  }
  return false;
}

uint32_t problem_item_of_vm(const problem *p, uint32_t vm) {
  uint32_t item = sorted_list_place(p->vm, p->item_count, vm);
  return item < p->item_count && p->vm[item] == vm ? item : BERTH_NONE;
}

berth_level problem_unplaced_level(const problem *p, uint32_t item) {
  uint8_t priority = p->inventory->vm_priority[p->vm[item]];
  assert(priority <= BERTH_PRIORITY_DISABLED && problem_is_requested(p, item));
  /* A waiting VM that HA would not restart is asked for all the same. */
  if (priority == BERTH_PRIORITY_DISABLED)
    priority = BERTH_PRIORITY_LOWEST;
  return (berth_level)(BERTH_LEVEL_UNPLACED_HIGHEST + priority);
}
