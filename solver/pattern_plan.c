/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern says what stands on one of several equal hosts; which one is chosen so that little
 * moves. What the patterns leave open is filled up greedily.
 */
#include "pattern_plan.h"
#include "destination.h"
#include <assert.h>

/* Items of a host that a pattern lets stay. */
static uint32_t overlap(const content_model *m, const pattern_pool *pool, uint32_t pattern,
                        uint32_t host) {
  uint32_t staying = 0;
  for (uint32_t i = m->own_start[host]; i < m->own_start[host + 1]; i++) {
    for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++) {
      uint32_t count = pool->entries[e].count, own = m->own[i].count;
      if (pool->entries[e].class == m->own[i].class)
        staying += count < own ? count : own;
    }
  }
  return staying;
}

/* The host of a group, of those without a pattern yet, where most items stay. */
static uint32_t matching_host(const content_model *m, const pattern_pool *pool, uint32_t pattern,
                              const uint8_t *used) {
  const host_groups *g = pool->groups;
  const host_group *group = &g->groups[pool->group[pattern]];
  uint32_t best = BERTH_NONE, best_overlap = 0;
  for (uint32_t i = 0; i < group->count; i++) {
    uint32_t host = g->hosts[group->first + i];
    uint32_t staying = used[host] ? 0 : overlap(m, pool, pattern, host);
    if (!used[host] && (best == BERTH_NONE || staying > best_overlap)) {
      best = host;
      best_overlap = staying;
    }
  }
  return best;
}

uint32_t *pattern_plan_counts(const content_model *m, const pattern_pool *pool,
                              const int64_t *values, arena *memory) {
  uint32_t *counts = arena_take(memory, m->problem->host_count, m->class_count * sizeof *counts);
  uint8_t *used = arena_take(memory, m->problem->host_count, 1);
  if (counts == NULL || used == NULL)
    return NULL;
  for (uint32_t i = 0; i < pool->count; i++) {
    for (int64_t x = 0; x < values[i]; x++) {
      uint32_t host = matching_host(m, pool, i, used);
      assert(host != BERTH_NONE);
      used[host] = 1;
      for (size_t e = pool->start[i]; e < pool->start[i + 1]; e++)
        counts[(size_t)host * m->class_count + pool->entries[e].class] = pool->entries[e].count;
    }
  }
  return counts;
}

/* Requested items that the patterns left out go where there is room, large ones first. */
static void place_rest(const content_model *m, placement *found) {
  for (uint32_t c = 0; c < m->class_count; c++) {
    for (uint32_t i = 0; i < m->classes[c].count && m->classes[c].requested; i++) {
      uint32_t item = m->items[m->classes[c].first + i];
      uint32_t host = BERTH_NONE;
      if (found->host[item] == BERTH_NONE)
        host = destination_best(found, item, NULL, false);
      if (host != BERTH_NONE)
        placement_move(found, item, host);
    }
  }
}

bool pattern_plan_adopt(placement *s, const content_model *m, const uint32_t *counts,
                        arena *memory) {
  placement found;
  if (!placement_clone(&found, s, memory))
    return false;
  if (!content_apply(m, counts, memory, &found))
    return true;
  place_rest(m, &found);
  if (placement_rules_allowed(&found) && placement_all_within_limits(&found) &&
      placement_compare(s->problem, found.value, s->value) < 0)
    placement_copy(s, &found);
  return true;
}
