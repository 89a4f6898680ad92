/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incremental evaluation. A move takes the item off its host, then puts it on the other; each half
 * updates resource sums, rule counters and the level values they drive. Values are indexed by
 * berth_level, so that every goal's ladder reads the same array.
 */
#include "placement.h"
#include "admission.h"
#include "checked.h"
#include "problem_nodes.h"
#include <assert.h>
#include <string.h>

int64_t placement_overloads(const placement *s, uint32_t host) {
  const problem *p = s->problem;
  assert(host < p->host_count);
  size_t row = (size_t)host * p->resource_count;
  int64_t over = 0;
  for (uint32_t r = 0; r < p->resource_count; r++)
    over += s->use[row + r] > p->capacity[row + r];
  return over + (s->unsplit != NULL && s->unsplit[host]);
}

static node_verdict ask_nodes(const placement *s, uint32_t host, uint32_t more, bool patient) {
  node_question asked = {
      .host = host, .first = s->first[host], .more = more, .next = s->next, .patient = patient};
  assert(more == BERTH_NONE || s->host[more] != host);
  return problem_nodes_hold(s->problem, &asked);
}

bool placement_nodes_take(const placement *s, uint32_t item, uint32_t host) {
  return !problem_needs_node(s->problem, item, host) || s->host[item] == host ||
         ask_nodes(s, host, item, false) == NODES_HOLD;
}

bool placement_nodes_refuse(const placement *s, uint32_t item, uint32_t host) {
  return problem_needs_node(s->problem, item, host) && s->host[item] != host &&
         ask_nodes(s, host, item, true) == NODES_REFUSE;
}

/* Who goes makes it no worse, who comes no better: only the other two are looked at. Undecided is
 * no violation. */
static void change_nodes(placement *s, uint32_t item, uint32_t host, int64_t sign) {
  if (!problem_needs_node(s->problem, item, host) || s->unsplit[host] == (sign > 0))
    return;
  s->unsplit[host] = ask_nodes(s, host, BERTH_NONE, true) == NODES_REFUSE;
  s->value[BERTH_LEVEL_VIOLATIONS] += (int64_t)s->unsplit[host] - (sign < 0);
}

bool placement_nodes_allowed(const placement *s, uint32_t host) {
  const problem *p = s->problem;
  bool arrived = false;
  if (problem_node_count(p, host) == 0)
    return true;
  for (uint32_t item = s->first[host]; item != BERTH_NONE; item = s->next[item])
    arrived |= p->one_node[item] && p->origin[item] != host;
  return !arrived || ask_nodes(s, host, BERTH_NONE, true) == NODES_HOLD;
}

bool placement_within_limits(const placement *s, uint32_t host) {
  const problem *p = s->problem;
  size_t row = (size_t)host * p->resource_count;
  assert(host < p->host_count);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (s->use[row + r] > p->limit[row + r])
      return false;
  }
  return placement_nodes_allowed(s, host);
}

bool placement_all_within_limits(const placement *s) {
  for (uint32_t host = 0; host < s->problem->host_count; host++) {
    if (!placement_within_limits(s, host))
      return false;
  }
  return true;
}

static void change_use(placement *s, uint32_t item, uint32_t host, int64_t sign) {
  const int64_t *demand = problem_demand(s->problem, item);
  int64_t *row = s->use + (size_t)host * s->problem->resource_count;
  int64_t before = placement_overloads(s, host);
  assert(sign == 1 || sign == -1);
  for (uint32_t r = 0; r < s->problem->resource_count; r++) {
    row[r] += sign * demand[r];
    assert(row[r] >= 0);
  }
  s->value[BERTH_LEVEL_VIOLATIONS] += placement_overloads(s, host) - before;
}

/* Load in percent of the capacity, rounded up. */
static int64_t percent(int64_t load, int64_t capacity) {
  return capacity > 0 ? (100 * load + capacity - 1) / capacity : 0;
}

void placement_imbalance(const placement *s, uint32_t host, int64_t *overload, int64_t *stranded) {
  const problem *p = s->problem;
  const berth_plan_settings *settings = &p->settings;
  const int64_t *capacity = p->capacity + (size_t)host * p->resource_count;
  const int64_t *load = s->load + (size_t)host * LOAD_COUNT;
  assert(p->goal == BERTH_GOAL_REBALANCE && load[LOAD_CPU] >= 0 && load[LOAD_MEMORY] >= 0);
  int64_t cpu = percent(load[LOAD_CPU], capacity[BERTH_RESOURCE_CPU]);
  int64_t memory = percent(load[LOAD_MEMORY], capacity[BERTH_RESOURCE_MEMORY]);
  int64_t apart = cpu > memory ? cpu - memory : memory - cpu;
  *overload =
      larger_i64(0, cpu - settings->target_cpu) + larger_i64(0, memory - settings->target_memory);
  *stranded = larger_i64(0, apart - settings->stranded_tolerance);
}

static void change_load(placement *s, uint32_t item, uint32_t host, int64_t sign) {
  const problem *p = s->problem;
  int64_t overload, stranded;
  if (s->load == NULL)
    return;
  if (p->host_open[host]) {
    placement_imbalance(s, host, &overload, &stranded);
    s->value[BERTH_LEVEL_OVERLOAD] -= overload;
    s->value[BERTH_LEVEL_STRANDED] -= stranded;
  }
  for (uint32_t i = 0; i < LOAD_COUNT; i++)
    s->load[(size_t)host * LOAD_COUNT + i] += sign * p->item_load[(size_t)item * LOAD_COUNT + i];
  if (p->host_open[host]) {
    placement_imbalance(s, host, &overload, &stranded);
    s->value[BERTH_LEVEL_OVERLOAD] += overload;
    s->value[BERTH_LEVEL_STRANDED] += stranded;
  }
}

/* The host begins (+1) or ceases (-1) to hold items. */
static void change_occupied(placement *s, uint32_t host, int64_t sign) {
  const problem *p = s->problem;
  s->value[BERTH_LEVEL_HOSTS_WOKEN] += sign * p->host_asleep[host];
  if (p->host_asleep[host] || p->host_may_sleep[host])
    s->value[BERTH_LEVEL_HOSTS_ON] += sign * p->host_weight[host];
}

static void leave_rule(rule_count *count, const problem_rule *rule, uint32_t host) {
  switch (rule->form) {
  case RULE_FORM_HOSTS:
    count->broken_by -= !host_bits_test(rule->allowed, host);
    break;
  case RULE_FORM_SPREAD:
    count->broken_by -= domain_counter_remove(&count->members, rule->domain_of[host]) == rule->k;
    break;
  case RULE_FORM_TOGETHER:
    count->span -= domain_counter_remove(&count->members, rule->domain_of[host]) == 0;
    count->broken_by = count->span > 1 ? count->span - 1 : 0;
    break;
  }
}

static void join_rule(rule_count *count, const problem_rule *rule, uint32_t host) {
  switch (rule->form) {
  case RULE_FORM_HOSTS:
    count->broken_by += !host_bits_test(rule->allowed, host);
    break;
  case RULE_FORM_SPREAD:
    count->broken_by += domain_counter_add(&count->members, rule->domain_of[host]) == rule->k + 1;
    break;
  case RULE_FORM_TOGETHER:
    count->span += domain_counter_add(&count->members, rule->domain_of[host]) == 1;
    count->broken_by = count->span > 1 ? count->span - 1 : 0;
    break;
  }
}

typedef void (*rule_change)(rule_count *count, const problem_rule *rule, uint32_t host);

static void change_rules(placement *s, uint32_t item, uint32_t host, rule_change change) {
  const problem *p = s->problem;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    rule_count *count = &s->rules[p->item_rules[i]];
    bool before = count->broken_by > 0;
    change(count, rule, host);
    berth_level level = rule->must ? BERTH_LEVEL_VIOLATIONS : BERTH_LEVEL_SHOULD_BROKEN;
    s->value[level] += (int64_t)(count->broken_by > 0) - (int64_t)before;
  }
}

/* What standing off its home costs a running item; sign +1 when it leaves home, -1 on return. */
static void change_migration(placement *s, uint32_t item, int64_t sign) {
  const problem *p = s->problem;
  assert(p->origin[item] != BERTH_NONE && p->kind[item] == ITEM_MOVABLE);
  bool free_of_charge = p->goal == BERTH_GOAL_EVACUATE && p->host_must_leave[p->origin[item]];
  if (!free_of_charge)
    s->value[BERTH_LEVEL_MIGRATIONS] += sign;
  s->value[BERTH_LEVEL_MEMORY_MOVED] += sign * p->inventory->vm_memory[p->vm[item]];
}

static void unlink_item(placement *s, uint32_t item, uint32_t host) {
  assert(s->previous[item] != BERTH_NONE || s->first[host] == item);
  if (s->previous[item] == BERTH_NONE)
    s->first[host] = s->next[item];
  else
    s->next[s->previous[item]] = s->next[item];
  if (s->next[item] != BERTH_NONE)
    s->previous[s->next[item]] = s->previous[item];
}

static void link_item(placement *s, uint32_t item, uint32_t host) {
  assert(s->first[host] != item);
  s->previous[item] = BERTH_NONE;
  s->next[item] = s->first[host];
  if (s->first[host] != BERTH_NONE)
    s->previous[s->first[host]] = item;
  s->first[host] = item;
}

static void take_off(placement *s, uint32_t item) {
  const problem *p = s->problem;
  uint32_t host = s->host[item];
  if (host == BERTH_NONE)
    return;
  unlink_item(s, item, host);
  change_use(s, item, host, -1);
  change_nodes(s, item, host, -1);
  change_load(s, item, host, -1);
  change_rules(s, item, host, leave_rule);
  s->value[BERTH_LEVEL_VIOLATIONS] -= p->host_must_leave[host];
  assert(s->population[host] > 0);
  if (--s->population[host] == 0)
    change_occupied(s, host, -1);
  if (problem_is_requested(p, item)) {
    s->value[BERTH_LEVEL_UNPLACED]++;
    s->value[problem_unplaced_level(p, item)]++;
  } else if (host != p->origin[item]) {
    change_migration(s, item, -1);
  }
  s->host[item] = BERTH_NONE;
}

static void put_on(placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  if (host == BERTH_NONE)
    return;
  assert(host < p->host_count);
  s->host[item] = host;
  link_item(s, item, host);
  change_use(s, item, host, +1);
  change_nodes(s, item, host, +1);
  change_load(s, item, host, +1);
  change_rules(s, item, host, join_rule);
  s->value[BERTH_LEVEL_VIOLATIONS] += p->host_must_leave[host];
  if (s->population[host]++ == 0)
    change_occupied(s, host, +1);
  if (problem_is_requested(p, item)) {
    s->value[BERTH_LEVEL_UNPLACED]--;
    s->value[problem_unplaced_level(p, item)]--;
  } else if (host != p->origin[item]) {
    change_migration(s, item, +1);
  }
}

void placement_move(placement *s, uint32_t item, uint32_t host) {
  assert(item < s->problem->item_count);
  assert(host != BERTH_NONE || problem_is_requested(s->problem, item));
  if (s->index != NULL && s->host[item] != BERTH_NONE)
    residual_index_note(s->index, s->host[item]);
  take_off(s, item);
  put_on(s, item, host);
  if (s->index != NULL && host != BERTH_NONE)
    residual_index_note(s->index, host);
}

void placement_open_index(placement *s) {
  assert(s->index == NULL);
  s->index = residual_index_new(s->problem, s->memory);
}

static rule_count *take_rule_counts(const problem *p, arena *memory) {
  rule_count *counts = arena_take(memory, p->rule_count, sizeof *counts);
  for (uint32_t g = 0; counts != NULL && g < p->rule_count; g++) {
    const problem_rule *rule = &p->rules[g];
    if (rule->form != RULE_FORM_HOSTS &&
        !domain_counter_init(&counts[g].members, memory, rule->domain_count, rule->member_count))
      return NULL;
  }
  return counts;
}

static bool take_arrays(placement *s, const problem *p, arena *memory) {
  s->problem = p;
  s->memory = memory;
  s->host = arena_take(memory, p->item_count, sizeof *s->host);
  s->use = arena_take(memory, p->host_count, p->resource_count * sizeof *s->use);
  if (p->item_load != NULL)
    s->load = arena_take(memory, p->host_count, LOAD_COUNT * sizeof *s->load);
  s->population = arena_take(memory, p->host_count, sizeof *s->population);
  if (p->numa_active)
    s->unsplit = arena_take(memory, p->host_count, 1);
  s->rules = take_rule_counts(p, memory);
  s->first = arena_take(memory, p->host_count, sizeof *s->first);
  s->next = arena_take(memory, p->item_count, sizeof *s->next);
  s->previous = arena_take(memory, p->item_count, sizeof *s->previous);
  if ((p->item_load != NULL && s->load == NULL) || (p->numa_active && s->unsplit == NULL))
    return false;
  if (s->host == NULL || s->use == NULL || s->population == NULL || s->rules == NULL ||
      s->first == NULL || s->next == NULL || s->previous == NULL)
    return false;
  memset(s->host, 0xff, p->item_count * sizeof *s->host);
  memset(s->first, 0xff, p->host_count * sizeof *s->first);
  return true;
}

static void copy_rule_counts(const problem *p, rule_count *to, const rule_count *from) {
  for (uint32_t g = 0; g < p->rule_count; g++) {
    to[g].broken_by = from[g].broken_by;
    to[g].span = from[g].span;
    if (p->rules[g].form != RULE_FORM_HOSTS)
      domain_counter_copy(&to[g].members, &from[g].members, p->rules[g].domain_count);
  }
}

/* Levels that count something though nothing stands anywhere. */
static void count_empty_hosts(placement *s) {
  const problem *p = s->problem;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!p->host_asleep[h] && !p->host_may_sleep[h])
      s->value[BERTH_LEVEL_HOSTS_ON] += p->host_weight[h];
  }
}

bool placement_init(placement *s, const problem *p, arena *memory) {
  *s = (placement){0};
  if (!take_arrays(s, p, memory))
    return false;
  count_empty_hosts(s);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item)) {
      s->value[BERTH_LEVEL_UNPLACED]++;
      s->value[problem_unplaced_level(p, item)]++;
    } else {
      put_on(s, item, p->origin[item]);
    }
  }
  rule_count *initial = take_rule_counts(p, memory);
  if (initial == NULL)
    return false;
  copy_rule_counts(p, initial, s->rules);
  s->initial_rules = initial;
  assert(s->value[BERTH_LEVEL_MIGRATIONS] == 0);
  return true;
}

void placement_copy(placement *to, const placement *from) {
  const problem *p = from->problem;
  assert(to->problem == p);
  memcpy(to->host, from->host, p->item_count * sizeof *to->host);
  memcpy(to->use, from->use, (size_t)p->host_count * p->resource_count * sizeof *to->use);
  if (from->load != NULL)
    memcpy(to->load, from->load, (size_t)p->host_count * LOAD_COUNT * sizeof *to->load);
  memcpy(to->population, from->population, p->host_count * sizeof *to->population);
  if (from->unsplit != NULL)
    memcpy(to->unsplit, from->unsplit, p->host_count);
  memcpy(to->first, from->first, p->host_count * sizeof *to->first);
  memcpy(to->next, from->next, p->item_count * sizeof *to->next);
  memcpy(to->previous, from->previous, p->item_count * sizeof *to->previous);
  memcpy(to->value, from->value, sizeof to->value);
  copy_rule_counts(p, to->rules, from->rules);
  if (to->index != NULL)
    residual_index_note_all(to->index);
}

bool placement_clone(placement *to, const placement *from, arena *memory) {
  *to = (placement){0};
  if (!take_arrays(to, from->problem, memory))
    return false;
  to->initial_rules = from->initial_rules;
  placement_copy(to, from);
  return true;
}

uint32_t placement_spread_limit(const placement *s, uint32_t rule, uint32_t domain) {
  assert(s->problem->rules[rule].form == RULE_FORM_SPREAD);
  assert(domain < s->problem->rules[rule].domain_count);
  uint32_t initial = domain_counter_get(&s->initial_rules[rule].members, domain);
  uint32_t k = s->problem->rules[rule].k;
  return initial > k ? initial : k;
}

bool placement_has_capacity(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] > p->limit[row + r] - s->use[row + r])
      return false;
  }
  return !p->numa_active || placement_nodes_take(s, item, host);
}

static bool spread_allows(const placement *s, uint32_t item, uint32_t host, uint32_t g) {
  const problem_rule *rule = &s->problem->rules[g];
  assert(rule->form == RULE_FORM_SPREAD && rule->must);
  uint32_t domain = rule->domain_of[host], from = s->host[item];
  if (from != BERTH_NONE && rule->domain_of[from] == domain)
    return true;
  uint32_t present = domain_counter_get(&s->rules[g].members, domain);
  return present < placement_spread_limit(s, g, domain);
}

static bool together_allows(const placement *s, uint32_t item, uint32_t host, uint32_t g) {
  const problem_rule *rule = &s->problem->rules[g];
  const rule_count *count = &s->rules[g];
  uint32_t from = s->host[item], span = count->span;
  assert(rule->form == RULE_FORM_TOGETHER && rule->span_limit > 0);
  if (from != BERTH_NONE)
    span -= domain_counter_get(&count->members, rule->domain_of[from]) == 1;
  bool occupied = domain_counter_get(&count->members, rule->domain_of[host]) > 0;
  if (from != BERTH_NONE && rule->domain_of[from] == rule->domain_of[host])
    return true;
  return span + !occupied <= rule->span_limit;
}

bool placement_has_room(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  assert(item < p->item_count && host < p->host_count);
  if (!placement_has_capacity(s, item, host))
    return false;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form == RULE_FORM_SPREAD &&
        !spread_allows(s, item, host, p->item_rules[i]))
      return false;
  }
  return true;
}

static bool spread_broken_at(const rule_count *count, const problem_rule *rule, uint32_t from,
                             uint32_t to) {
  uint32_t left = from == BERTH_NONE ? BERTH_NONE : rule->domain_of[from];
  uint32_t entered = to == BERTH_NONE ? BERTH_NONE : rule->domain_of[to];
  uint32_t crowded = count->broken_by;
  if (left == entered)
    return crowded > 0;
  if (left != BERTH_NONE)
    crowded -= domain_counter_get(&count->members, left) == rule->k + 1;
  if (entered != BERTH_NONE)
    crowded += domain_counter_get(&count->members, entered) == rule->k;
  return crowded > 0;
}

static bool together_broken_at(const rule_count *count, const problem_rule *rule, uint32_t from,
                               uint32_t to) {
  uint32_t left = from == BERTH_NONE ? BERTH_NONE : rule->domain_of[from];
  uint32_t entered = to == BERTH_NONE ? BERTH_NONE : rule->domain_of[to];
  uint32_t span = count->span;
  if (left == entered)
    return span > 1;
  if (left != BERTH_NONE)
    span -= domain_counter_get(&count->members, left) == 1;
  if (entered != BERTH_NONE)
    span += domain_counter_get(&count->members, entered) == 0;
  return span > 1;
}

bool placement_rule_broken_at(const placement *s, uint32_t rule, uint32_t item, uint32_t host) {
  const problem_rule *r = &s->problem->rules[rule];
  const rule_count *count = &s->rules[rule];
  uint32_t from = s->host[item], outside = count->broken_by;
  switch (r->form) {
  case RULE_FORM_SPREAD:
    return spread_broken_at(count, r, from, host);
  case RULE_FORM_TOGETHER:
    return together_broken_at(count, r, from, host);
  case RULE_FORM_HOSTS:
    break;
  }
  assert(from == BERTH_NONE || host_bits_test(r->allowed, from) || outside > 0);
  outside -= from != BERTH_NONE && !host_bits_test(r->allowed, from);
  outside += host != BERTH_NONE && !host_bits_test(r->allowed, host);
  return outside > 0;
}

uint32_t placement_blocking_rule(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    uint32_t g = p->item_rules[i];
    if (!p->rules[g].must)
      continue;
    if (p->rules[g].form == RULE_FORM_SPREAD && !spread_allows(s, item, host, g))
      return g;
    if (p->rules[g].form == RULE_FORM_TOGETHER && !together_allows(s, item, host, g))
      return g;
  }
  return BERTH_NONE;
}

bool placement_fits(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  assert(item < p->item_count && host < p->host_count);
  if (host == s->host[item])
    return true;
  if (host != p->origin[item] && !admission_allows(p, item, host))
    return false;
  return placement_has_capacity(s, item, host) &&
         placement_blocking_rule(s, item, host) == BERTH_NONE;
}

int placement_compare(const problem *p, const int64_t *a, const int64_t *b) {
  assert(p->ladder_length > 0);
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    if (a[level] != b[level])
      return a[level] < b[level] ? -1 : 1;
  }
  return 0;
}

bool placement_spans_allowed(const placement *s) {
  for (uint32_t g = 0; g < s->problem->rule_count; g++) {
    const problem_rule *rule = &s->problem->rules[g];
    if (rule->must && rule->form == RULE_FORM_TOGETHER && s->rules[g].span > rule->span_limit)
      return false;
  }
  return true;
}

bool placement_rules_allowed(const placement *s) {
  const problem *p = s->problem;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    const problem_rule *rule = &p->rules[g];
    if (!rule->must || rule->form != RULE_FORM_SPREAD)
      continue;
    for (uint32_t i = 0; i < rule->member_count; i++) {
      uint32_t host = s->host[rule->members[i]];
      if (host != BERTH_NONE && domain_counter_get(&s->rules[g].members, rule->domain_of[host]) >
                                    placement_spread_limit(s, g, rule->domain_of[host]))
        return false;
    }
  }
  return placement_spans_allowed(s);
}
