/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Empty hosts are powered down, but for those that the least number needs and spares. A spare takes
 * over any one host whole, so K of them stand any K failures; fewer do if trying every failure
 * shows it.
 */
#include "serving.h"
#include "admission.h"
#include "destination.h"
#include <assert.h>
#include <string.h>

/* Failure sets are tried one by one for so many hosts squared at most. */
enum { MOST_TRIALS = 4000000 };

static bool serves(const placement *s, const uint8_t *down, uint32_t host) {
  const problem *p = s->problem;
  return p->host_open[host] && !down[host] && (!p->host_asleep[host] || s->population[host] > 0);
}

/* ---------------------------------------------------------------------- survival */

static int64_t most_used(const placement *s, const uint8_t *down, uint32_t resource) {
  const problem *p = s->problem;
  int64_t most = 0;
  for (uint32_t h = 0; h < p->host_count; h++) {
    int64_t use = s->use[(size_t)h * p->resource_count + resource];
    if (serves(s, down, h) && use > most)
      most = use;
  }
  return most;
}

/* True if an empty @p host could hold all VMs of any host that serves. */
static bool takes_over_any(const placement *s, const int64_t *most, uint32_t host) {
  const problem *p = s->problem;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (most[r] > p->capacity[(size_t)host * p->resource_count + r])
      return false;
  }
  for (uint32_t c = 0; c < p->class_count; c++) {
    const host_bits *hosts = admission_hosts(p, p->classes[c].example);
    if (hosts == NULL || !host_bits_test(hosts, host))
      return false;
  }
  return true;
}

/* A host's VMs taken over whole by another host keep the rules that speak of hosts only. */
static bool rules_speak_of_hosts(const problem *p) {
  for (uint32_t g = 0; g < p->rule_count; g++) {
    const problem_rule *rule = &p->rules[g];
    if (rule->must && rule->form != RULE_FORM_HOSTS && rule->domain_count < p->host_count)
      return false;
  }
  return true;
}

static uint32_t count_spares(const placement *s, const uint8_t *down, const int64_t *most) {
  uint32_t spares = 0;
  for (uint32_t h = 0; h < s->problem->host_count; h++)
    spares += serves(s, down, h) && s->population[h] == 0 && takes_over_any(s, most, h);
  return spares;
}

static bool stays_down(const problem *p, uint32_t item) {
  return p->inventory->vm_priority[p->vm[item]] == BERTH_PRIORITY_DISABLED;
}

/* Restarts the VMs of @p host elsewhere, largest gap last; false = one finds no room. */
static bool restart_all(placement *s, uint8_t *barred, uint32_t host) {
  barred[host] = 1;
  for (uint32_t item = s->first[host], next; item != BERTH_NONE; item = next) {
    next = s->next[item];
    uint32_t to = stays_down(s->problem, item) ? host : destination_best(s, item, barred, false);
    if (to == BERTH_NONE)
      return false;
    if (to != host && s->problem->kind[item] == ITEM_FIXED)
      return false; /* it could be restarted, but not tried by moving it */
    if (to != host)
      placement_move(s, item, to);
  }
  return true;
}

typedef struct trial {
  const placement *final;
  placement state;
  uint8_t *barred; /* [host] down, asleep or failed */
  const uint32_t *hosts;
  uint32_t host_count, failures;
  int64_t violations;
  search_clock *clock;
} trial;

static bool one_set_survives(trial *t, const uint32_t *set) {
  placement_copy(&t->state, t->final);
  bool ok = true;
  for (uint32_t i = 0; i < t->failures; i++)
    t->barred[t->hosts[set[i]]] = 1;
  for (uint32_t i = 0; i < t->failures && ok; i++)
    ok = restart_all(&t->state, t->barred, t->hosts[set[i]]);
  for (uint32_t i = 0; i < t->failures; i++)
    t->barred[t->hosts[set[i]]] = 0;
  return ok && placement_rules_allowed(&t->state) &&
         t->state.value[BERTH_LEVEL_VIOLATIONS] <= t->violations;
}

/* Every set of `failures` hosts, in lexicographic order. */
static bool all_sets_survive(trial *t, uint32_t *set) {
  for (uint32_t i = 0; i < t->failures; i++)
    set[i] = i;
  for (;;) {
    if (search_clock_over(t->clock) || !one_set_survives(t, set))
      return false;
    uint32_t at = t->failures;
    while (at > 0 && set[at - 1] == t->host_count - t->failures + at - 1)
      at--;
    if (at == 0)
      return true;
    set[at - 1]++;
    for (uint32_t i = at; i < t->failures; i++)
      set[i] = set[i - 1] + 1;
  }
}

static bool few_enough(uint32_t hosts, uint32_t failures, uint32_t all_hosts) {
  uint64_t sets = 1;
  for (uint32_t i = 0; i < failures; i++) {
    sets = sets * (hosts - i) / (i + 1);
    if (sets > MOST_TRIALS / all_hosts)
      return false;
  }
  return true;
}

static bool try_all(const placement *final, const uint8_t *down, uint32_t failures, arena *memory,
                    search_clock *clock, bool *out_of_memory) {
  const problem *p = final->problem;
  trial t = {.final = final, .clock = clock, .violations = final->value[BERTH_LEVEL_VIOLATIONS]};
  uint32_t *hosts = arena_take(memory, p->host_count, sizeof *hosts);
  t.barred = arena_take(memory, p->host_count, 1);
  *out_of_memory = hosts == NULL || t.barred == NULL || !placement_clone(&t.state, final, memory);
  if (*out_of_memory)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    t.barred[h] = !serves(final, down, h);
    if (!t.barred[h])
      hosts[t.host_count++] = h;
  }
  t.hosts = hosts;
  t.failures = failures < t.host_count ? failures : t.host_count;
  uint32_t *set = arena_take(memory, (size_t)t.failures + 1, sizeof *set);
  *out_of_memory = set == NULL;
  return set != NULL && few_enough(t.host_count, t.failures, p->host_count) &&
         all_sets_survive(&t, set);
}

bool serving_survives(const placement *final, const uint8_t *down, uint32_t failures, arena *memory,
                      search_clock *clock, bool *out_of_memory) {
  const problem *p = final->problem;
  int64_t *most = arena_take(memory, p->resource_count, sizeof *most);
  *out_of_memory = most == NULL;
  if (most == NULL || failures == 0)
    return failures == 0;
  for (uint32_t r = 0; r < p->resource_count; r++)
    most[r] = most_used(final, down, r);
  if (rules_speak_of_hosts(p) && count_spares(final, down, most) >= failures)
    return true;
  return try_all(final, down, failures, memory, clock, out_of_memory);
}

/* ---------------------------------------------------------------------- which hosts */

static uint32_t least_serving(const problem *p) {
  uint32_t needed = p->inventory->clusters[p->cluster].set_up.ha_enabled ? 2 : 1, online = 0;
  for (uint32_t h = 0; h < p->host_count; h++)
    online += p->host_open[h] && !p->host_asleep[h];
  return needed < online ? needed : online;
}

static void measure(const placement *s, serving *out, uint32_t *count) {
  *count = 0;
  out->hosts_on = 0;
  for (uint32_t h = 0; h < s->problem->host_count; h++) {
    if (!serves(s, out->down, h))
      continue;
    ++*count;
    out->hosts_on += s->problem->host_weight[h];
  }
}

/* The lightest host that is down, those first that could take over any other; BERTH_NONE = none. */
static uint32_t next_spare(const placement *s, const uint8_t *down, const int64_t *most) {
  const problem *p = s->problem;
  uint32_t best = BERTH_NONE;
  bool best_takes = false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!down[h])
      continue;
    bool takes = takes_over_any(s, most, h);
    if (best == BERTH_NONE || takes > best_takes ||
        (takes == best_takes && p->host_weight[h] < p->host_weight[best])) {
      best = h;
      best_takes = takes;
    }
  }
  return best;
}

static bool add_spares(const placement *s, arena *memory, search_clock *clock, serving *out) {
  const problem *p = s->problem;
  int64_t *most = arena_take(memory, p->resource_count, sizeof *most);
  bool out_of_memory = most == NULL;
  for (uint32_t r = 0; most != NULL && r < p->resource_count; r++)
    most[r] = most_used(s, out->down, r);
  while (!out_of_memory) {
    out->survives =
        serving_survives(s, out->down, p->settings.keep_failures, memory, clock, &out_of_memory);
    uint32_t host = out->survives ? BERTH_NONE : next_spare(s, out->down, most);
    if (host == BERTH_NONE || out_of_memory)
      break;
    out->down[host] = 0;
    out->spares++;
  }
  return !out_of_memory;
}

bool serving_choose(const placement *final, arena *memory, search_clock *clock, serving *out) {
  const problem *p = final->problem;
  uint32_t count, least = least_serving(p);
  *out = (serving){.down = arena_take(memory, p->host_count, 1), .survives = true};
  int64_t *none = arena_take(memory, p->resource_count, sizeof *none);
  if (out->down == NULL || none == NULL)
    return false;
  if (p->goal != BERTH_GOAL_CONSOLIDATE)
    return true;
  for (uint32_t h = 0; h < p->host_count; h++)
    out->down[h] = p->host_may_sleep[h] && final->population[h] == 0;
  for (measure(final, out, &count); count < least; measure(final, out, &count)) {
    uint32_t host = next_spare(final, out->down, none);
    assert(host != BERTH_NONE);
    out->down[host] = 0;
    out->spares++;
  }
  if (p->settings.keep_failures > 0 && !add_spares(final, memory, clock, out))
    return false;
  measure(final, out, &count);
  out->least = p->settings.weigh == BERTH_WEIGH_HOSTS ? least : 0;
  return true;
}
