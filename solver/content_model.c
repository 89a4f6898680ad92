/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes by one sort of the items. Unlike the classes of the integer program they take in items of
 * all origins: staying and arriving differ by the host, not by the class.
 */
#include "content_model.h"
#include "admission.h"
#include "stable_sort.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_i64(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static bool leaves(const problem *p, uint32_t item) {
  return p->origin[item] != BERTH_NONE && p->host_must_leave[p->origin[item]];
}

/* Significant bits that rounded sizes keep. Memory is what binds most often. */
enum { MEMORY_BITS = 6, OTHER_BITS = 4 };

static int64_t keep_bits(int64_t value, int bits) {
  int drop = value > 0 ? 64 - __builtin_clzll((unsigned long long)value) - bits : 0;
  return drop > 0 ? value >> drop << drop : value;
}

static int64_t size_in(const content_model *m, uint32_t item, uint32_t resource) {
  int64_t demand = problem_demand(m->problem, item)[resource];
  if (!m->view.rounded)
    return demand;
  return keep_bits(demand, resource == BERTH_RESOURCE_MEMORY ? MEMORY_BITS : OTHER_BITS);
}

static int64_t moved_memory(const content_model *m, uint32_t item) {
  const problem *p = m->problem;
  int64_t memory = problem_is_requested(p, item) ? 0 : p->inventory->vm_memory[p->vm[item]];
  return m->view.rounded ? keep_bits(memory, MEMORY_BITS) : memory;
}

/* Total order whose ties are exactly the items of a class; items that do not move come last. */
static int compare_items(const void *ground, uint32_t a, uint32_t b) {
  const content_model *m = ground;
  const problem *p = m->problem;
  int order = compare_i64(p->kind[a] == ITEM_FIXED, p->kind[b] == ITEM_FIXED);
  for (uint32_t r = 0; order == 0 && r < p->resource_count; r++)
    order = compare_i64(size_in(m, b, r), size_in(m, a, r));
  if (order == 0)
    order = compare_i64(p->kind[a], p->kind[b]);
  if (order == 0)
    order = compare_i64(p->admission[a], p->admission[b]);
  if (order == 0)
    order = compare_i64(leaves(p, a), leaves(p, b));
  if (order == 0)
    order = compare_i64(moved_memory(m, a), moved_memory(m, b));
  if (order == 0 && problem_is_requested(p, a))
    order = compare_i64(problem_unplaced_level(p, a), problem_unplaced_level(p, b));
  return order;
}

static bool fill_class(const content_model *m, uint32_t item, content_class *class) {
  const problem *p = m->problem;
  int64_t *demand = arena_take(m->memory, p->resource_count, sizeof *demand);
  for (uint32_t r = 0; demand != NULL && r < p->resource_count; r++)
    demand[r] = size_in(m, item, r);
  *class = (content_class){.example = item,
                           .demand = demand,
                           .hosts = admission_hosts(p, item),
                           .requested = problem_is_requested(p, item),
                           .must_leave = leaves(p, item),
                           .memory = moved_memory(m, item)};
  return demand != NULL && class->hosts != NULL;
}

static bool form_classes(content_model *m) {
  const problem *p = m->problem;
  uint32_t *items = arena_take_unset(m->memory, p->item_count, sizeof *items);
  uint32_t *work = arena_take_unset(m->memory, p->item_count, sizeof *work);
  uint32_t *item_class = arena_take_unset(m->memory, p->item_count, sizeof *item_class);
  if (items == NULL || work == NULL || item_class == NULL)
    return false;
  for (uint32_t i = 0; i < p->item_count; i++)
    items[i] = i;
  stable_sort(items, work, p->item_count, compare_items, m);
  uint32_t moving = 0, count = 0;
  for (; moving < p->item_count && p->kind[items[moving]] != ITEM_FIXED; moving++)
    count += moving == 0 || compare_items(m, items[moving - 1], items[moving]) != 0;
  content_class *classes = arena_take(m->memory, count, sizeof *classes);
  if (classes == NULL)
    return false;
  memset(item_class, 0xff, p->item_count * sizeof *item_class);
  for (uint32_t i = 0, c = 0; i < moving; i++) {
    c += i > 0 && compare_items(m, items[i - 1], items[i]) != 0;
    if (classes[c].count++ == 0) {
      if (!fill_class(m, items[i], &classes[c]))
        return false;
      classes[c].first = i;
      classes[c].count = 1;
    }
    item_class[items[i]] = c;
  }
  m->class_count = count;
  m->classes = classes;
  m->items = items;
  m->item_class = item_class;
  return true;
}

static bool measure_room(content_model *m) {
  const problem *p = m->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  int64_t *room = arena_take_unset(m->memory, cells, sizeof *room);
  uint32_t *fixed = arena_take(m->memory, p->host_count, sizeof *fixed);
  if (room == NULL || fixed == NULL)
    return false;
  memcpy(room, m->view.whole ? p->capacity : p->limit, cells * sizeof *room);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] != ITEM_FIXED)
      continue;
    int64_t *row = room + (size_t)p->origin[item] * p->resource_count;
    fixed[p->origin[item]]++;
    for (uint32_t r = 0; r < p->resource_count; r++) {
      row[r] -= problem_demand(p, item)[r];
      assert(row[r] >= 0); /* without violations, what does not move fits too */
    }
  }
  m->room = room;
  m->fixed = fixed;
  return true;
}

/* Counting sort by host; within a host by class, since classes are met in order. */
static bool list_own(content_model *m) {
  const problem *p = m->problem;
  uint32_t *start = arena_take(m->memory, (size_t)p->host_count + 2, sizeof *start);
  uint32_t *last = arena_take_unset(m->memory, p->host_count, sizeof *last);
  if (start == NULL || last == NULL)
    return false;
  memset(last, 0xff, p->host_count * sizeof *last);
  for (uint32_t c = 0; c < m->class_count; c++) {
    for (uint32_t i = 0; i < m->classes[c].count; i++) {
      uint32_t host = p->origin[m->items[m->classes[c].first + i]];
      if (host != BERTH_NONE && last[host] != c) {
        last[host] = c;
        start[host + 2]++;
      }
    }
  }
  for (uint32_t h = 0; h < p->host_count; h++)
    start[h + 2] += start[h + 1];
  own_items *own = arena_take(m->memory, start[p->host_count + 1], sizeof *own);
  if (own == NULL)
    return false;
  memset(last, 0xff, p->host_count * sizeof *last);
  for (uint32_t c = 0; c < m->class_count; c++) {
    for (uint32_t i = 0; i < m->classes[c].count; i++) {
      uint32_t host = p->origin[m->items[m->classes[c].first + i]];
      if (host == BERTH_NONE)
        continue;
      if (last[host] != c)
        own[start[host + 1]++].class = last[host] = c;
      own[start[host + 1] - 1].count++;
    }
  }
  m->own_start = start;
  m->own = own;
  return true;
}

bool content_model_build(content_model *m, const problem *p, content_view view, arena *memory) {
  *m = (content_model){.problem = p, .view = view, .memory = memory};
  return form_classes(m) && measure_room(m) && list_own(m);
}

int64_t content_arrival_cost(const content_model *m, const content_class *class,
                             berth_level level) {
  if (class->requested)
    return 0;
  if (level == BERTH_LEVEL_MIGRATIONS)
    return m->problem->goal != BERTH_GOAL_EVACUATE || !class->must_leave;
  return level == BERTH_LEVEL_MEMORY_MOVED ? class->memory : 0;
}

int64_t content_stay_cost(const content_model *m, uint32_t host, berth_level level) {
  return level == BERTH_LEVEL_VIOLATIONS && m->problem->host_must_leave[host];
}

int64_t content_base_cost(const content_model *m, uint32_t host, berth_level level) {
  const problem *p = m->problem;
  if (level == BERTH_LEVEL_VIOLATIONS)
    return p->host_must_leave[host] ? m->fixed[host] : 0;
  if (level != BERTH_LEVEL_HOSTS_ON || p->host_asleep[host])
    return 0;
  return m->fixed[host] > 0 || !p->host_may_sleep[host] ? p->host_weight[host] : 0;
}

int64_t content_host_cost(const content_model *m, uint32_t host, berth_level level) {
  const problem *p = m->problem;
  if (level == BERTH_LEVEL_HOSTS_ON && p->host_open[host])
    return p->host_weight[host] - content_base_cost(m, host, level);
  return level == BERTH_LEVEL_HOSTS_WOKEN && p->host_asleep[host];
}

int64_t content_unplaced_cost(const content_model *m, const content_class *class,
                              berth_level level) {
  assert(class->requested);
  return level == BERTH_LEVEL_UNPLACED ||
         level == problem_unplaced_level(m->problem, class->example);
}

uint32_t *content_counts(const content_model *m, const placement *s, arena *memory) {
  const problem *p = m->problem;
  uint32_t *counts = arena_take(memory, p->host_count, m->class_count * sizeof *counts);
  for (uint32_t item = 0; counts != NULL && item < p->item_count; item++) {
    if (s->host[item] != BERTH_NONE && m->item_class[item] != BERTH_NONE)
      counts[(size_t)s->host[item] * m->class_count + m->item_class[item]]++;
  }
  return counts;
}

/* Items of one class: those who may stay do, the others take what is left in order of the hosts. */
static bool apply_class(const content_model *m, uint32_t c, const uint32_t *counts, uint32_t *left,
                        uint8_t *stays, placement *s) {
  const problem *p = m->problem;
  const content_class *class = &m->classes[c];
  const uint32_t *items = m->items + class->first;
  for (uint32_t h = 0; h < p->host_count; h++)
    left[h] = counts[(size_t)h * m->class_count + c];
  /* home first: an item that went elsewhere in @p s and may return does */
  for (uint32_t i = 0; i < class->count; i++) {
    uint32_t home = p->origin[items[i]];
    stays[i] = home != BERTH_NONE && left[home] > 0;
    if (stays[i]) {
      left[home]--;
      if (s->host[items[i]] != home)
        placement_move(s, items[i], home);
    }
  }
  for (uint32_t i = 0; i < class->count; i++) {
    uint32_t at = s->host[items[i]];
    if (stays[i] || at == BERTH_NONE || left[at] == 0)
      continue;
    stays[i] = 1;
    left[at]--;
  }
  for (uint32_t i = 0, next = 0; i < class->count; i++) {
    if (stays[i])
      continue;
    while (next < p->host_count && left[next] == 0)
      next++;
    if (next == p->host_count && !class->requested)
      return false;
    uint32_t to = next == p->host_count ? BERTH_NONE : next;
    if (to != BERTH_NONE)
      left[to]--;
    if (s->host[items[i]] != to)
      placement_move(s, items[i], to);
  }
  return true;
}

bool content_apply(const content_model *m, const uint32_t *counts, arena *memory, placement *s) {
  uint32_t *left = arena_take(memory, m->problem->host_count, sizeof *left);
  uint8_t *stays = arena_take(memory, m->problem->item_count, 1);
  if (left == NULL || stays == NULL)
    return false;
  for (uint32_t c = 0; c < m->class_count; c++) {
    if (!apply_class(m, c, counts, left, stays, s))
      return false;
  }
  return true;
}
