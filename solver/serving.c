/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Empty hosts are powered down, but for those that the least number needs and spares. Spares are
 * added one at a time, those first that could take over any host, until every failure is survived.
 */
#include "serving.h"
#include "survival.h"
#include <assert.h>

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
    if (!survival_serves(s, out->down, h))
      continue;
    ++*count;
    out->hosts_on += s->problem->host_weight[h];
  }
}

/* What the fullest host of each resource uses. */
static void most_used(const placement *s, const uint8_t *down, int64_t *most) {
  const problem *p = s->problem;
  for (uint32_t h = 0; h < p->host_count; h++) {
    for (uint32_t r = 0; r < p->resource_count && survival_serves(s, down, h); r++) {
      int64_t use = s->use[(size_t)h * p->resource_count + r];
      most[r] = use > most[r] ? use : most[r];
    }
  }
}

/* True if an empty @p host has the room for all VMs of any host that serves. */
static bool takes_over_any(const problem *p, const int64_t *most, uint32_t host) {
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (most[r] > p->capacity[(size_t)host * p->resource_count + r])
      return false;
  }
  return true;
}

/* The lightest host that is down, those first that could take over any other; BERTH_NONE = none. */
static uint32_t next_spare(const placement *s, const uint8_t *down, const int64_t *most) {
  const problem *p = s->problem;
  uint32_t best = BERTH_NONE;
  bool best_takes = false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!down[h])
      continue;
    bool takes = takes_over_any(p, most, h);
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
  if (most == NULL)
    return false;
  most_used(s, out->down, most);
  for (;;) {
    survival_verdict verdict =
        survival_of_failures(s, out->down, p->settings.keep_failures, memory, clock);
    if (verdict == SURVIVAL_OUT_OF_MEMORY)
      return false;
    out->survives = verdict == SURVIVAL_PROVED;
    uint32_t host = out->survives ? BERTH_NONE : next_spare(s, out->down, most);
    if (host == BERTH_NONE)
      return true;
    out->down[host] = 0;
    out->spares++;
  }
}

/* Sum of the least weights of so many hosts that can serve. */
static bool least_weight(const problem *p, uint32_t count, arena *memory, int64_t *sum) {
  uint8_t *taken = arena_take(memory, p->host_count, 1);
  *sum = 0;
  for (uint32_t i = 0; taken != NULL && i < count; i++) {
    uint32_t best = BERTH_NONE;
    for (uint32_t h = 0; h < p->host_count; h++) {
      if (p->host_open[h] && !taken[h] &&
          (best == BERTH_NONE || p->host_weight[h] < p->host_weight[best]))
        best = h;
    }
    assert(best != BERTH_NONE);
    taken[best] = 1;
    *sum += p->host_weight[best];
  }
  return taken != NULL;
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
  return least_weight(p, least, memory, &out->least);
}
