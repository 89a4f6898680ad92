/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns first, then one function for each kind of row. A violation that exists at the start gets
 * an indicator column (1 = still there); one that does not is a hard row. Should rules always have
 * an indicator. Capacity rows are divided by the gcd of their demands, rounding the capacity down:
 * the same integer points, a tighter relaxation.
 */
#include "integer_program.h"
#include "admission.h"
#include "checked.h"
#include "common_divisor.h"
#include "program_building.h"
#include "stable_sort.h"
#include <assert.h>
#include <string.h>

/* ---------------------------------------------------------------------- classes */

static int compare_u64(uint64_t a, uint64_t b) {
  return (a > b) - (a < b);
}

/* Total order whose ties are exactly the interchangeable items. */
static int compare_items(const void *ground, uint32_t a, uint32_t b) {
  const problem *p = ground;
  const berth_inventory *inventory = p->inventory;
  int order = compare_u64(p->kind[a], p->kind[b]);
  if (order == 0)
    order = compare_u64(p->origin[a], p->origin[b]);
  if (order == 0)
    order = compare_u64(p->admission[a], p->admission[b]);
  if (order == 0)
    order = compare_u64((uint64_t)inventory->vm_memory[p->vm[a]],
                        (uint64_t)inventory->vm_memory[p->vm[b]]);
  if (order == 0 && problem_is_requested(p, a))
    order = compare_u64(inventory->vm_priority[p->vm[a]], inventory->vm_priority[p->vm[b]]);
  for (uint32_t r = 0; order == 0 && r < p->resource_count; r++)
    order = compare_u64((uint64_t)problem_demand(p, a)[r], (uint64_t)problem_demand(p, b)[r]);
  for (uint32_t i = 0; order == 0 && p->item_load != NULL && i < LOAD_COUNT; i++)
    order = compare_u64((uint64_t)p->item_load[(size_t)a * LOAD_COUNT + i],
                        (uint64_t)p->item_load[(size_t)b * LOAD_COUNT + i]);
  uint32_t rules_a = p->item_rule_start[a + 1] - p->item_rule_start[a];
  uint32_t rules_b = p->item_rule_start[b + 1] - p->item_rule_start[b];
  if (order == 0)
    order = compare_u64(rules_a, rules_b);
  for (uint32_t i = 0; order == 0 && i < rules_a; i++)
    order = compare_u64(p->item_rules[p->item_rule_start[a] + i],
                        p->item_rules[p->item_rule_start[b] + i]);
  return order;
}

static bool item_is_free(const placement *s, const uint8_t *free_hosts, uint32_t item) {
  if (s->problem->kind[item] == ITEM_FIXED)
    return false;
  return s->host[item] == BERTH_NONE || free_hosts[s->host[item]];
}

static bool form_classes(program_building *b) {
  const problem *p = b->out->problem;
  integer_program *out = b->out;
  uint32_t count = 0;
  uint32_t *items = arena_take(out->memory, p->item_count, sizeof *items);
  uint32_t *work = arena_take(out->memory, p->item_count, sizeof *work);
  b->item_class = arena_take(out->memory, p->item_count, sizeof *b->item_class);
  if (items == NULL || work == NULL || b->item_class == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    b->item_class[item] = BERTH_NONE;
    if (item_is_free(b->state, b->free_hosts, item))
      items[count++] = item;
  }
  stable_sort(items, work, count, compare_items, p);
  out->class_items = items;
  out->classes = arena_take(out->memory, count, sizeof *out->classes);
  if (out->classes == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    if (i == 0 || compare_items(p, items[i - 1], items[i]) != 0)
      out->classes[out->class_count++].first = i;
    out->classes[out->class_count - 1].count++;
    b->item_class[items[i]] = out->class_count - 1;
  }
  return true;
}

/* ---------------------------------------------------------------------- columns */

/* Most items of a class that fit on the host if no other free item stood there. */
static int64_t most_that_fit(const program_building *b, uint32_t item, uint32_t host, int64_t count,
                             const int64_t *fixed_use) {
  const problem *p = b->out->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] == 0 || p->limit[row + r] == BERTH_UNLIMITED)
      continue;
    int64_t room = (p->limit[row + r] - fixed_use[row + r]) / demand[r];
    assert(room >= 0);
    count = room < count ? room : count;
  }
  return count;
}

static bool add_count_columns(program_building *b, const int64_t *fixed_use) {
  integer_program *out = b->out;
  const problem *p = out->problem;
  uint32_t *standing = arena_take(out->memory, p->host_count, sizeof *standing);
  if (standing == NULL)
    return false;
  for (uint32_t c = 0; c < out->class_count; c++) {
    item_class *class = &out->classes[c];
    uint32_t example = out->class_items[class->first], nowhere = 0;
    const host_bits *hosts = admission_hosts(p, example);
    if (hosts == NULL)
      return false;
    for (uint32_t i = 0; i < class->count; i++) {
      uint32_t at = b->state->host[out->class_items[class->first + i]];
      if (at == BERTH_NONE)
        nowhere++;
      else
        standing[at]++;
    }
    class->first_column = out->column_count;
    for (uint32_t h = 0; h < p->host_count; h++) {
      if (!b->free_hosts[h] || !(h == p->origin[example] || host_bits_test(hosts, h)))
        continue;
      int64_t most = most_that_fit(b, example, h, class->count, fixed_use);
      if (most > 0)
        program_add_column(b, (program_column){COLUMN_COUNT, c, h}, 0, most, standing[h]);
    }
    if (problem_is_requested(p, example))
      program_add_column(b, (program_column){COLUMN_UNPLACED, c, BERTH_NONE}, 0, class->count,
                         nowhere);
    class->column_count = out->column_count - class->first_column;
    for (uint32_t i = 0; i < class->count; i++) {
      uint32_t at = b->state->host[out->class_items[class->first + i]];
      if (at != BERTH_NONE)
        standing[at] = 0;
    }
  }
  return !b->failed;
}

static bool index_columns_by_host(program_building *b) {
  integer_program *out = b->out;
  uint32_t hosts = out->problem->host_count;
  b->host_columns_start = arena_take(out->memory, (size_t)hosts + 1, sizeof(uint32_t));
  b->host_columns = arena_take(out->memory, out->column_count, sizeof(uint32_t));
  uint32_t *next = arena_take(out->memory, hosts, sizeof *next);
  if (b->host_columns_start == NULL || b->host_columns == NULL || next == NULL)
    return false;
  for (uint32_t j = 0; j < out->column_count; j++) {
    if (out->columns[j].kind == COLUMN_COUNT)
      b->host_columns_start[out->columns[j].host + 1]++;
  }
  for (uint32_t h = 0; h < hosts; h++) {
    b->host_columns_start[h + 1] += b->host_columns_start[h];
    next[h] = b->host_columns_start[h];
  }
  for (uint32_t j = 0; j < out->column_count; j++) {
    if (out->columns[j].kind == COLUMN_COUNT)
      b->host_columns[next[out->columns[j].host]++] = j;
  }
  return true;
}

/* ---------------------------------------------------------------------- level costs */

static void cost_of_column(integer_program *out, uint32_t j) {
  const problem *p = out->problem;
  program_column column = out->columns[j];
  if (column.kind == COLUMN_AWAKE) {
    out->level_cost[BERTH_LEVEL_HOSTS_WOKEN][j] = p->host_asleep[column.host];
    out->level_cost[BERTH_LEVEL_HOSTS_ON][j] = p->host_weight[column.host];
  }
  if (column.kind == COLUMN_OVERLOAD)
    out->level_cost[BERTH_LEVEL_OVERLOAD][j] = 1;
  if (column.kind == COLUMN_STRANDED)
    out->level_cost[BERTH_LEVEL_STRANDED][j] = 1;
  if (column.kind != COLUMN_COUNT && column.kind != COLUMN_UNPLACED)
    return;
  uint32_t item = out->class_items[out->classes[column.class_number].first];
  if (column.kind == COLUMN_UNPLACED) {
    out->level_cost[BERTH_LEVEL_UNPLACED][j] = 1;
    out->level_cost[problem_unplaced_level(p, item)][j] = 1;
    return;
  }
  if (p->host_must_leave[column.host])
    out->level_cost[BERTH_LEVEL_VIOLATIONS][j] = 1;
  if (problem_is_requested(p, item) || column.host == p->origin[item])
    return;
  out->level_cost[BERTH_LEVEL_MEMORY_MOVED][j] = p->inventory->vm_memory[p->vm[item]];
  if (p->goal != BERTH_GOAL_EVACUATE || !p->host_must_leave[p->origin[item]])
    out->level_cost[BERTH_LEVEL_MIGRATIONS][j] = 1;
}

static bool set_level_costs(program_building *b) {
  integer_program *out = b->out;
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++) {
    out->level_cost[level] = arena_take(out->memory, out->column_count, sizeof(int64_t));
    if (out->level_cost[level] == NULL)
      return false;
  }
  for (uint32_t j = 0; j < out->column_count; j++)
    cost_of_column(out, j);
  for (uint32_t i = 0; i < b->notes.count; i++)
    out->level_cost[b->notes.list[i].level][b->notes.list[i].column] = 1;
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++) {
    int64_t of_free = 0;
    for (uint32_t j = 0; j < out->column_count; j++)
      of_free += out->level_cost[level][j] * out->start[j];
    out->level_constant[level] = b->state->value[level] - of_free;
  }
  return true;
}

/* ---------------------------------------------------------------------- rows */

static void add_assignment_rows(program_building *b) {
  integer_program *out = b->out;
  for (uint32_t c = 0; c < out->class_count; c++) {
    uint32_t row = program_add_row(b, out->classes[c].count, out->classes[c].count);
    for (uint32_t j = 0; j < out->classes[c].column_count; j++)
      program_add_entry(b, row, out->classes[c].first_column + j, 1);
  }
}

static int64_t demand_of(const program_building *b, uint32_t column, uint32_t resource) {
  const integer_program *out = b->out;
  assert(out->columns[column].kind == COLUMN_COUNT);
  const item_class *class = &out->classes[out->columns[column].class_number];
  return problem_demand(out->problem, out->class_items[class->first])[resource];
}

/* demand·n ≤ capacity − fixed, plus the overload indicator where the start is over capacity, plus
 * the awake column where the host sleeps. */
static void add_capacity_row(program_building *b, uint32_t host, uint32_t resource, int64_t fixed,
                             uint32_t awake) {
  const problem *p = b->out->problem;
  size_t cell = (size_t)host * p->resource_count + resource;
  int64_t capacity = p->capacity[cell], limit = p->limit[cell], gcd = 0, most = 0;
  if (capacity == BERTH_UNLIMITED)
    return;
  for (uint32_t i = b->host_columns_start[host]; i < b->host_columns_start[host + 1]; i++) {
    int64_t demand = demand_of(b, b->host_columns[i], resource);
    gcd = common_divisor(gcd, demand);
    most += demand * b->out->upper[b->host_columns[i]];
  }
  bool overloaded = limit > capacity;
  assert(fixed >= 0 && fixed <= limit);
  if (gcd == 0 || (most + fixed <= capacity && awake == BERTH_NONE))
    return;
  if (overloaded && fixed > capacity) {
    /* Stays violated whatever moves: a hard row at the limit. */
    overloaded = false;
    capacity = limit;
  }
  /* floor(d / g)·n ≤ floor(C / g) holds wherever d·n ≤ C does. */
  if (b->rows == PROGRAM_ROUNDED && (limit - fixed) / gcd > PROGRAM_GRID) {
    gcd *= (limit - fixed) / gcd / PROGRAM_GRID + 1;
    b->out->rounded = true;
  }
  int64_t room = (capacity - fixed) / gcd;
  uint32_t row = program_add_row(b, MIP_FREE, awake == BERTH_NONE ? room : 0);
  for (uint32_t i = b->host_columns_start[host]; i < b->host_columns_start[host + 1]; i++)
    program_add_entry(b, row, b->host_columns[i], demand_of(b, b->host_columns[i], resource) / gcd);
  if (overloaded) {
    uint32_t over = program_add_indicator(b, b->state->use[cell] > capacity);
    program_note_cost(b, over, BERTH_LEVEL_VIOLATIONS);
    program_add_entry(b, row, over, room - (limit - fixed) / gcd);
  }
  if (awake != BERTH_NONE)
    program_add_entry(b, row, awake, -room);
}

static uint32_t free_items_at(const program_building *b, uint32_t host) {
  uint32_t count = 0;
  for (uint32_t item = b->state->first[host]; item != BERTH_NONE; item = b->state->next[item])
    count += b->item_class[item] != BERTH_NONE;
  return count;
}

/* A sleeping host, or one that may be powered down, without fixed items: nothing stands there
 * unless it is on. */
static uint32_t add_awake_column(program_building *b, uint32_t host) {
  const placement *s = b->state;
  uint32_t first = b->host_columns_start[host], end = b->host_columns_start[host + 1];
  bool weighed = s->problem->goal == BERTH_GOAL_CONSOLIDATE && s->problem->host_may_sleep[host] &&
                 s->population[host] == free_items_at(b, host);
  if ((!s->problem->host_asleep[host] && !weighed) || first == end)
    return BERTH_NONE;
  uint32_t awake = program_add_column(b, (program_column){COLUMN_AWAKE, BERTH_NONE, host}, 0, 1,
                                      s->population[host] > 0);
  int64_t most = 0;
  for (uint32_t i = first; i < end; i++)
    most += b->out->upper[b->host_columns[i]];
  uint32_t row = program_add_row(b, MIP_FREE, 0);
  for (uint32_t i = first; i < end; i++)
    program_add_entry(b, row, b->host_columns[i], 1);
  program_add_entry(b, row, awake, -most);
  return awake;
}

static void add_host_rows(program_building *b, const int64_t *fixed_use) {
  const problem *p = b->out->problem;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!b->free_hosts[host])
      continue;
    uint32_t awake = add_awake_column(b, host);
    for (uint32_t r = 0; r < p->resource_count; r++)
      add_capacity_row(b, host, r, fixed_use[(size_t)host * p->resource_count + r], awake);
  }
}

/* ---------------------------------------------------------------------- the whole */

static int64_t *fixed_use_of(program_building *b) {
  const problem *p = b->out->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  int64_t *use = arena_take(b->out->memory, cells, sizeof *use);
  if (use == NULL)
    return NULL;
  memcpy(use, b->state->use, cells * sizeof *use);
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t host = b->state->host[item];
    if (b->item_class[item] == BERTH_NONE || host == BERTH_NONE)
      continue;
    for (uint32_t r = 0; r < p->resource_count; r++)
      use[(size_t)host * p->resource_count + r] -= problem_demand(p, item)[r];
  }
  return use;
}

uint64_t integer_program_size(const placement *s, const uint8_t *free_hosts) {
  const problem *p = s->problem;
  uint64_t hosts = 0, items = 0;
  for (uint32_t h = 0; h < p->host_count; h++)
    hosts += free_hosts[h] && (p->host_open[h] || p->host_must_leave[h]);
  for (uint32_t item = 0; item < p->item_count; item++)
    items += item_is_free(s, free_hosts, item);
  assert(hosts <= p->host_count && items <= p->item_count);
  return hosts * items;
}

bool integer_program_build(integer_program *program, arena *memory, const placement *s,
                           const uint8_t *free_hosts, program_rows rows) {
  *program = (integer_program){.problem = s->problem, .memory = memory};
  program->places_left = arena_take(memory, s->problem->host_count, sizeof(int64_t));
  program->stays = arena_take(memory, s->problem->item_count, 1);
  if (program->places_left == NULL || program->stays == NULL)
    return false;
  program_building b = {.out = program, .state = s, .free_hosts = free_hosts, .rows = rows};
  if (!form_classes(&b))
    return false;
  int64_t *fixed_use = fixed_use_of(&b);
  if (fixed_use == NULL || !add_count_columns(&b, fixed_use) || !index_columns_by_host(&b))
    return false;
  add_assignment_rows(&b);
  add_host_rows(&b, fixed_use);
  program_add_balance_rows(&b);
  return program_add_node_rows(&b) && program_add_rule_rows(&b) && set_level_costs(&b) && !b.failed;
}

/* Items that may stay where they are do; the others take the places that are left, in order. */
static void apply_class(const integer_program *program, uint32_t c, const int64_t *values,
                        placement *s) {
  const item_class *class = &program->classes[c];
  const uint32_t *items = program->class_items + class->first;
  const program_column *columns = program->columns;
  int64_t *left = program->places_left;
  uint32_t next = class->first_column, end = class->first_column + class->column_count;
  for (uint32_t j = next; j < end; j++) {
    if (columns[j].kind == COLUMN_COUNT)
      left[columns[j].host] = values[j];
  }
  for (uint32_t i = 0; i < class->count; i++) {
    uint32_t at = s->host[items[i]];
    program->stays[i] = at != BERTH_NONE && left[at] > 0;
    if (program->stays[i])
      left[at]--;
  }
  for (uint32_t i = 0; i < class->count; i++) {
    if (program->stays[i])
      continue;
    while (next < end && (columns[next].kind != COLUMN_COUNT || left[columns[next].host] == 0))
      next++;
    uint32_t to = next < end ? columns[next].host : BERTH_NONE;
    assert(to != BERTH_NONE || problem_is_requested(program->problem, items[i]));
    if (to != BERTH_NONE)
      left[to]--;
    placement_move(s, items[i], to);
  }
}

void integer_program_apply(const integer_program *program, const int64_t *values, placement *s) {
  assert(s->problem == program->problem);
  for (uint32_t c = 0; c < program->class_count; c++)
    apply_class(program, c, values, s);
}
