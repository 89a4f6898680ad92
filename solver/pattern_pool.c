/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns in compressed rows, and the program over them (Gilmore and Gomory 1961; with a column as
 * the new content of one host).
 */
#include "pattern_pool.h"
#include <assert.h>
#include <string.h>

void pattern_pool_init(pattern_pool *pool, const host_groups *groups, arena *memory) {
  *pool = (pattern_pool){.groups = groups, .memory = memory};
}

static bool grow(arena *memory, void *array, size_t used, size_t room, size_t size) {
  void **place = array;
  void *bigger = arena_take_unset(memory, room, size);
  if (bigger == NULL)
    return false;
  if (used > 0)
    memcpy(bigger, *place, used * size);
  *place = bigger;
  return true;
}

static bool make_room(pattern_pool *pool, size_t entries) {
  uint32_t levels = pool->groups->level_count, n = pool->count;
  if (n == pool->room) {
    uint32_t room = 2 * n + 256;
    if (!grow(pool->memory, &pool->group, n, room, sizeof *pool->group) ||
        !grow(pool->memory, &pool->start, n == 0 ? 0 : n + 1, (size_t)room + 1,
              sizeof *pool->start) ||
        !grow(pool->memory, &pool->cost, n, room, levels * sizeof *pool->cost))
      return false;
    pool->start[0] = 0;
    pool->room = room;
  }
  if (pool->entry_count + entries <= pool->entry_room)
    return true;
  size_t room = 2 * (pool->entry_count + entries) + 1024;
  if (!grow(pool->memory, &pool->entries, pool->entry_count, room, sizeof *pool->entries))
    return false;
  pool->entry_room = room;
  return true;
}

static void add_entry(pattern_pool *pool, uint32_t class, uint32_t count, uint32_t arrivals) {
  assert(arrivals <= count);
  for (size_t i = pool->start[pool->count]; i < pool->entry_count; i++) {
    if (pool->entries[i].class == class) {
      pool->entries[i].count += count;
      pool->entries[i].arrivals += arrivals;
      return;
    }
  }
  pool->entries[pool->entry_count++] = (pattern_entry){class, count, arrivals};
}

static void begin_pattern(pattern_pool *pool, uint32_t group) {
  uint32_t levels = pool->groups->level_count;
  pool->group[pool->count] = group;
  memset(pool->cost + (size_t)pool->count * levels, 0, levels * sizeof *pool->cost);
}

static void charge(pattern_pool *pool, uint32_t class, int64_t arrivals, int64_t staying) {
  const host_groups *g = pool->groups;
  const content_model *m = g->model;
  uint32_t host = g->groups[pool->group[pool->count]].host;
  int64_t *cost = pool->cost + (size_t)pool->count * g->level_count;
  for (uint32_t i = 0; i < g->level_count; i++) {
    berth_level level = m->problem->ladder[i];
    cost[i] += arrivals * content_arrival_cost(m, &m->classes[class], level) +
               staying * content_stay_cost(m, host, level);
  }
}

static void end_pattern(pattern_pool *pool) {
  const host_groups *g = pool->groups;
  uint32_t host = g->groups[pool->group[pool->count]].host;
  int64_t *cost = pool->cost + (size_t)pool->count * g->level_count;
  if (pool->entry_count > pool->start[pool->count]) {
    for (uint32_t i = 0; i < g->level_count; i++)
      cost[i] += content_host_cost(g->model, host, g->model->problem->ladder[i]);
  }
  pool->start[++pool->count] = pool->entry_count;
}

bool pattern_pool_add(pattern_pool *pool, uint32_t group, const knapsack_type *types,
                      const uint32_t *counts, uint32_t type_count) {
  if (!make_room(pool, type_count))
    return false;
  begin_pattern(pool, group);
  for (uint32_t i = 0; i < type_count; i++) {
    uint32_t class = content_label_class(types[i].label);
    bool own = content_label_own(types[i].label);
    if (counts[i] == 0)
      continue;
    add_entry(pool, class, counts[i], own ? 0 : counts[i]);
    charge(pool, class, own ? 0 : counts[i], own ? counts[i] : 0);
  }
  end_pattern(pool);
  return true;
}

static bool add_host(pattern_pool *pool, uint32_t group, uint32_t host, const uint32_t *counts) {
  const content_model *m = pool->groups->model;
  uint32_t own = m->own_start[host];
  if (!make_room(pool, m->class_count))
    return false;
  begin_pattern(pool, group);
  for (uint32_t c = 0; c < m->class_count; c++) {
    uint32_t staying = 0;
    if (own < m->own_start[host + 1] && m->own[own].class == c)
      staying = m->own[own++].count;
    if (counts[c] == 0)
      continue;
    staying = staying < counts[c] ? staying : counts[c];
    bool special = host_group_own_is_special(pool->groups, host, c);
    add_entry(pool, c, counts[c], special ? counts[c] - staying : counts[c]);
    charge(pool, c, counts[c] - staying, staying);
  }
  end_pattern(pool);
  return true;
}

bool pattern_pool_add_placement(pattern_pool *pool, const placement *s) {
  const host_groups *g = pool->groups;
  const content_model *m = g->model;
  uint32_t *counts = content_counts(m, s, pool->memory);
  if (counts == NULL)
    return false;
  pool->plan = pool->count;
  for (uint32_t i = 0; i < g->group_count; i++) {
    for (uint32_t j = 0; j < g->groups[i].count; j++) {
      uint32_t host = g->hosts[g->groups[i].first + j];
      if (!add_host(pool, i, host, counts + (size_t)host * m->class_count))
        return false;
    }
  }
  return true;
}

int64_t pattern_base_cost(const host_groups *groups, berth_level level) {
  const content_model *m = groups->model;
  int64_t base = 0;
  for (uint32_t h = 0; h < m->problem->host_count; h++)
    base += content_base_cost(m, h, level);
  return base;
}

/* ---------------------------------------------------------------------- the program */

typedef struct writing {
  const pattern_pool *pool;
  const content_branches *branches; /* NULL = none */
  mip_model *model;
  int64_t *upper, *cost, *lower, *row_lower, *row_upper, *entry_value;
  uint32_t *entry_row, *entry_column;
} writing;

static void write_entry(writing *w, uint32_t row, uint32_t column, int64_t value) {
  size_t e = w->model->entry_count;
  if (value == 0)
    return;
  w->entry_row[e] = row;
  w->entry_column[e] = column;
  w->entry_value[e] = value;
  w->model->entry_count++;
}

static void write_unplaced(writing *w, uint32_t class) {
  const host_groups *g = w->pool->groups;
  const content_model *m = g->model;
  const content_class *c = &m->classes[class];
  w->upper[class] = c->requested ? c->count : 0;
  if (!c->requested)
    return;
  write_entry(w, class, class, 1);
  for (uint32_t i = 0; i < g->level_count; i++) {
    int64_t cost = content_unplaced_cost(m, c, m->problem->ladder[i]);
    if (i + 1 == g->level_count)
      w->cost[class] = cost;
    else
      write_entry(w, m->class_count + g->group_count + i, class, cost);
  }
}

static void write_pattern(writing *w, uint32_t pattern, uint32_t column) {
  const pattern_pool *pool = w->pool;
  const host_groups *g = pool->groups;
  uint32_t classes = g->model->class_count, group = pool->group[pattern];
  const int64_t *cost = pool->cost + (size_t)pattern * g->level_count;
  w->upper[column] = g->groups[group].count;
  w->cost[column] = cost[g->level_count - 1];
  for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++)
    write_entry(w, pool->entries[e].class, column, pool->entries[e].count);
  write_entry(w, classes + group, column, 1);
  for (uint32_t i = 0; i + 1 < g->level_count; i++)
    write_entry(w, classes + g->group_count + i, column, cost[i]);
}

static void write_rows(writing *w, const placement *s) {
  const host_groups *g = w->pool->groups;
  const content_model *m = g->model;
  uint32_t row = 0;
  for (uint32_t c = 0; c < m->class_count; c++, row++) {
    w->row_lower[row] = m->classes[c].count;
    w->row_upper[row] = MIP_FREE;
  }
  for (uint32_t i = 0; i < g->group_count; i++, row++) {
    w->row_lower[row] = MIP_FREE;
    w->row_upper[row] = g->groups[i].count;
  }
  for (uint32_t i = 0; i + 1 < g->level_count; i++, row++) {
    berth_level level = m->problem->ladder[i];
    w->row_lower[row] = MIP_FREE;
    w->row_upper[row] = s->value[level] - pattern_base_cost(g, level);
  }
}

/* For a program of these rows and columns, with @p entries at most. */
static bool begin_model(writing *w, uint32_t rows, uint32_t columns, size_t entries,
                        arena *memory) {
  mip_model *model = w->model;
  *model = (mip_model){.column_count = columns, .row_count = rows};
  w->lower = arena_take(memory, columns, sizeof *w->lower);
  w->upper = arena_take(memory, columns, sizeof *w->upper);
  w->cost = arena_take(memory, columns, sizeof *w->cost);
  w->row_lower = arena_take(memory, rows, sizeof *w->row_lower);
  w->row_upper = arena_take(memory, rows, sizeof *w->row_upper);
  w->entry_row = arena_take_unset(memory, entries, sizeof *w->entry_row);
  w->entry_column = arena_take_unset(memory, entries, sizeof *w->entry_column);
  w->entry_value = arena_take_unset(memory, entries, sizeof *w->entry_value);
  model->lower = w->lower;
  model->upper = w->upper;
  model->cost = w->cost;
  model->row_lower = w->row_lower;
  model->row_upper = w->row_upper;
  model->entry_row = w->entry_row;
  model->entry_column = w->entry_column;
  model->entry_value = w->entry_value;
  return w->lower != NULL && w->upper != NULL && w->cost != NULL && w->row_lower != NULL &&
         w->row_upper != NULL && w->entry_row != NULL && w->entry_column != NULL &&
         w->entry_value != NULL;
}

static uint32_t rows_of(const host_groups *g) {
  return g->model->class_count + g->group_count + g->level_count - 1;
}

/* Entries of the patterns from @p first on, in rows of @p more kinds than the contents' own. */
static size_t entries_of(const pattern_pool *pool, uint32_t first, uint32_t more) {
  size_t contents = pool->entry_count - (pool->count > 0 ? pool->start[first] : 0);
  return contents + (size_t)(pool->count - first) * (pool->groups->level_count + more);
}

bool pattern_pool_model(const pattern_pool *pool, uint32_t first, bool whole, const placement *s,
                        arena *memory, mip_model *model) {
  const host_groups *g = pool->groups;
  uint32_t extra = whole ? g->model->class_count : 0;
  writing w = {.pool = pool, .model = model};
  if (!begin_model(&w, rows_of(g), pool->count - first + extra,
                   entries_of(pool, first, 0) + (size_t)extra * g->level_count, memory))
    return false;
  for (uint32_t c = 0; c < extra; c++)
    write_unplaced(&w, c);
  for (uint32_t i = first; i < pool->count; i++)
    write_pattern(&w, i, i - first + extra);
  write_rows(&w, s);
  return true;
}

/* ---------------------------------------------------------------------- a node's program */

static uint32_t arrival_rows(const content_branches *branches) {
  uint32_t rows = 0;
  for (uint32_t i = 0; i < branches->count; i++)
    rows += branches->list[i].kind == BRANCH_ARRIVALS;
  return rows;
}

static uint32_t counted_arrivals(const pattern_pool *pool, uint32_t pattern, uint32_t class) {
  for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++) {
    if (pool->entries[e].class == class)
      return pool->entries[e].arrivals;
  }
  return 0;
}

static uint32_t counted_label(const pattern_pool *pool, uint32_t pattern, uint32_t label) {
  for (size_t e = pool->start[pattern]; e < pool->start[pattern + 1]; e++) {
    const pattern_entry *entry = &pool->entries[e];
    if (entry->class == content_label_class(label))
      return content_label_own(label) ? entry->count - entry->arrivals : entry->arrivals;
  }
  return 0;
}

bool pattern_is_allowed(const pattern_pool *pool, uint32_t pattern,
                        const content_branches *branches) {
  for (uint32_t i = 0; i < branches->count; i++) {
    const content_branch *b = &branches->list[i];
    if (b->kind == BRANCH_ARRIVALS || b->group != pool->group[pattern])
      continue;
    uint32_t counted = counted_label(pool, pattern, b->what);
    bool empty = pool->start[pattern] == pool->start[pattern + 1];
    if ((b->kind == BRANCH_COUNT && (counted < b->least || counted > b->most)) ||
        (b->kind == BRANCH_USED && empty != (b->most == 0)) ||
        (b->kind == BRANCH_CONTENT && pattern != b->what))
      return false;
  }
  return true;
}

static void write_branches_of(writing *w, uint32_t pattern, uint32_t column) {
  uint32_t row = rows_of(w->pool->groups);
  if (!pattern_is_allowed(w->pool, pattern, w->branches))
    w->upper[column] = 0;
  for (uint32_t i = 0; i < w->branches->count; i++) {
    if (w->branches->list[i].kind == BRANCH_ARRIVALS)
      write_entry(w, row++, column, counted_arrivals(w->pool, pattern, w->branches->list[i].what));
  }
}

/* Rows that the branches change or add. */
static void write_branch_rows(writing *w) {
  uint32_t row = rows_of(w->pool->groups), classes = w->pool->groups->model->class_count;
  for (uint32_t i = 0; i < w->branches->count; i++) {
    const content_branch *b = &w->branches->list[i];
    if (b->kind == BRANCH_ARRIVALS) {
      w->row_lower[row] = b->least;
      w->row_upper[row++] = b->most;
    } else if (b->least > 0) {
      w->row_lower[classes + b->group] = 1;
    }
  }
}

/* One column for each row that can ask for something. */
static void write_penalties(writing *w, int64_t penalty) {
  const host_groups *g = w->pool->groups;
  uint32_t classes = g->model->class_count, column = classes, row = 0;
  for (; row < w->model->row_count; row++) {
    if (row >= classes + g->group_count && row < rows_of(g))
      continue;
    w->upper[column] = w->row_lower[row] == MIP_FREE ? 0 : w->row_lower[row];
    w->cost[column] = penalty;
    write_entry(w, row, column++, 1);
  }
  assert(column == pattern_node_columns(g, w->branches));
}

uint32_t pattern_node_columns(const host_groups *groups, const content_branches *branches) {
  return 2 * groups->model->class_count + groups->group_count + arrival_rows(branches);
}

bool pattern_pool_node_model(const pattern_pool *pool, uint32_t first, const placement *s,
                             const content_branches *branches, int64_t penalty, arena *memory,
                             mip_model *model) {
  const host_groups *g = pool->groups;
  uint32_t more = arrival_rows(branches);
  uint32_t extra = first == 0 ? pattern_node_columns(g, branches) : 0;
  writing w = {.pool = pool, .branches = branches, .model = model};
  if (!begin_model(&w, rows_of(g) + more, pool->count - first + extra,
                   entries_of(pool, first, more) + (size_t)extra * g->level_count, memory))
    return false;
  for (uint32_t i = first; i < pool->count; i++) {
    write_pattern(&w, i, i - first + extra);
    write_branches_of(&w, i, i - first + extra);
  }
  write_rows(&w, s);
  write_branch_rows(&w);
  for (uint32_t c = 0; c < g->model->class_count && extra > 0; c++)
    write_unplaced(&w, c);
  if (extra > 0)
    write_penalties(&w, penalty);
  return true;
}
