/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More hosts never satisfy less: slots that are left after the largest have gone grow with every
 * host, and so does what a percentage leaves free. With n hosts, no more slots (cpu, memory) are
 * left than with the n largest. The least n for which each of the three is enough, taken by itself,
 * is a bound of the number, and the n lightest hosts weigh no more than any n.
 */
#include "power_policy_bound.h"
#include <assert.h>
#include <string.h>

typedef enum ordering { MOST_SLOTS = 0, MOST_CPU, MOST_MEMORY, LIGHTEST, ORDERINGS } ordering;

typedef struct policy_search {
  const power_ground *g;
  berth_audit_policy sizes;   /* of slots */
  uint32_t *free, free_count; /* hosts that may be on or not */
  uint8_t *on;
} policy_search;

static int64_t rank(const policy_search *s, ordering by, uint32_t host) {
  berth_power_load has = power_load_capacity(s->g->inventory, s->g->first_host + host);
  if (by == LIGHTEST)
    return -s->g->weight[host];
  if (by == MOST_CPU)
    return has.cpu_mhz;
  if (by == MOST_MEMORY)
    return has.memory_mib;
  int64_t cpu = s->sizes.slot_cpu_mhz > 0 ? has.cpu_mhz / s->sizes.slot_cpu_mhz : INT64_MAX;
  int64_t memory =
      s->sizes.slot_memory_mib > 0 ? has.memory_mib / s->sizes.slot_memory_mib : INT64_MAX;
  return cpu < memory ? cpu : memory;
}

/* Stable; clusters have a thousand hosts at most that matter here, sorted a few times. */
static void sort_free(policy_search *s, ordering by) {
  for (uint32_t i = 1; i < s->free_count; i++) {
    uint32_t host = s->free[i], at = i;
    for (; at > 0 && rank(s, by, s->free[at - 1]) < rank(s, by, host); at--)
      s->free[at] = s->free[at - 1];
    s->free[at] = host;
  }
}

static bool is_enough(const berth_audit_policy *policy, ordering by) {
  if (policy->configured == BERTH_ADMISSION_SLOTS)
    return by != MOST_SLOTS || policy->slots_short == 0;
  if (policy->configured == BERTH_ADMISSION_PERCENTAGE)
    return policy->usable_hosts >= 2 && (by != MOST_CPU || policy->cpu.enough) &&
           (by != MOST_MEMORY || policy->memory.enough);
  return true;
}

static bool first_are_enough(policy_search *s, ordering by, uint32_t count, bool *enough) {
  admission_policy policy;
  bool kept;
  assert(count <= s->free_count);
  memcpy(s->on, s->g->stay, s->g->host_count);
  for (uint32_t i = 0; i < count; i++)
    s->on[s->free[i]] = 1;
  if (!power_ground_policy(s->g, s->on, &policy, &kept))
    return false;
  *enough = is_enough(&policy.figures, by);
  return true;
}

/* The least number of free hosts with which the figure that belongs to the order is enough. */
static bool least_of(policy_search *s, ordering by, uint32_t *least) {
  uint32_t low = 0, high = s->free_count;
  sort_free(s, by);
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    bool enough;
    if (!first_are_enough(s, by, middle, &enough))
      return false;
    if (enough)
      high = middle;
    else
      low = middle + 1;
  }
  assert(low <= s->free_count);
  *least = low;
  return true;
}

static bool begin(policy_search *s, const power_ground *g) {
  admission_policy policy;
  bool kept;
  *s = (policy_search){.g = g};
  s->free = arena_take(g->memory, g->host_count, sizeof *s->free);
  s->on = arena_take(g->memory, g->host_count, 1);
  if (s->free == NULL || s->on == NULL || !power_ground_policy(g, g->on, &policy, &kept))
    return false;
  s->sizes = policy.figures;
  for (uint32_t h = 0; h < g->host_count; h++)
    if ((g->on[h] && !g->stay[h]) || g->may_wake[h])
      s->free[s->free_count++] = h;
  return true;
}

bool power_policy_bound(const power_ground *g, int64_t *bound) {
  policy_search s;
  uint32_t most = 0;
  *bound = 0;
  if (!g->keep_admission)
    return true;
  if (!begin(&s, g))
    return false;
  for (ordering by = MOST_SLOTS; by < LIGHTEST; by++) {
    uint32_t least;
    if (!least_of(&s, by, &least))
      return false;
    most = least > most ? least : most;
  }
  sort_free(&s, LIGHTEST);
  *bound = power_ground_weigh(g, g->stay);
  for (uint32_t i = 0; i < most; i++)
    *bound += g->weight[s.free[i]];
  assert(*bound >= 0);
  return true;
}

/* ---------------------------------------------------------------------- extending */

/* Whoever is on already before those that would have to be woken, then in the order that is. */
static void prefer_awake(policy_search *s) {
  uint32_t awake = 0;
  for (uint32_t i = 0; i < s->free_count; i++) {
    uint32_t host = s->free[i];
    if (!s->g->on[host])
      continue;
    memmove(s->free + awake + 1, s->free + awake, (i - awake) * sizeof *s->free);
    s->free[awake++] = host;
  }
}

static bool is_kept(const power_ground *g, const uint8_t *on, bool *kept) {
  assert(g->keep_admission);
  admission_policy policy;
  return power_ground_policy(g, on, &policy, kept);
}

/* Adds the first of the order until it is satisfied, then leaves out again what was not needed. */
static bool extend_in_order(policy_search *s, const uint8_t *from, uint8_t *on) {
  const power_ground *g = s->g;
  bool kept;
  uint32_t next = 0;
  memcpy(on, from, g->host_count);
  if (!is_kept(g, on, &kept))
    return false;
  for (; !kept && next < s->free_count; next++) {
    if (on[s->free[next]])
      continue;
    on[s->free[next]] = 1;
    if (!is_kept(g, on, &kept))
      return false;
  }
  assert(kept);
  for (uint32_t i = 0; i < next; i++) {
    uint32_t host = s->free[i];
    if (from[host])
      continue;
    on[host] = 0;
    if (!is_kept(g, on, &kept))
      return false;
    on[host] = !kept;
  }
  return true;
}

bool power_policy_extend(const power_ground *g, uint8_t *on) {
  policy_search s;
  bool found = false;
  if (!begin(&s, g))
    return false;
  uint8_t *best = arena_take(g->memory, g->host_count, 1);
  uint8_t *trial = arena_take(g->memory, g->host_count, 1);
  if (best == NULL || trial == NULL)
    return false;
  for (ordering by = MOST_SLOTS; by < ORDERINGS; by++) {
    sort_free(&s, by);
    prefer_awake(&s);
    if (!extend_in_order(&s, on, trial))
      return false;
    if (!found || power_ground_weigh(g, trial) < power_ground_weigh(g, best))
      memcpy(best, trial, g->host_count);
    found = true;
  }
  memcpy(on, best, g->host_count);
  return true;
}
