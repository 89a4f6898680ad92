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
#include "problem_nodes.h"
#include "stable_sort.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Largest right-hand side of a capacity row: a unit is then far above the tolerances of a solver in
 * floating point, so that what it calls infeasible is. */
enum { GRID = 1 << 16 };

/* A load of so many times the capacity is beyond what percentages are meant for. */
enum { HEAVY = 100 };

typedef struct building {
  integer_program *out;
  const placement *state;
  const uint8_t *free_hosts;
  uint32_t *host_columns_start, *host_columns; /* CSR over COUNT columns by host */
  uint32_t *item_class;                        /* [item] BERTH_NONE = fixed */
  program_rows rows;
  bool failed;
} building;

static bool grow(arena *memory, void **array, size_t used, size_t room, size_t size) {
  void *bigger = arena_take(memory, room, size);
  if (bigger == NULL)
    return false;
  if (used > 0)
    memcpy(bigger, *array, used * size);
  *array = bigger;
  return true;
}

static uint32_t add_column(building *b, program_column column, int64_t lower, int64_t upper,
                           int64_t start) {
  integer_program *p = b->out;
  uint32_t j = p->column_count;
  if (b->failed)
    return 0;
  if (j == p->column_room) {
    uint32_t room = p->column_room == 0 ? 256 : 2 * p->column_room;
    if (!grow(p->memory, (void **)&p->columns, j, room, sizeof *p->columns) ||
        !grow(p->memory, (void **)&p->lower, j, room, sizeof *p->lower) ||
        !grow(p->memory, (void **)&p->upper, j, room, sizeof *p->upper) ||
        !grow(p->memory, (void **)&p->start, j, room, sizeof *p->start)) {
      b->failed = true;
      return 0;
    }
    p->column_room = room;
  }
  assert(lower <= start && start <= upper);
  p->columns[j] = column;
  p->lower[j] = lower;
  p->upper[j] = upper;
  p->start[j] = start;
  return p->column_count++;
}

static uint32_t add_indicator(building *b, bool start) {
  assert(b->failed || b->out->class_count > 0);
  return add_column(b, (program_column){COLUMN_INDICATOR, BERTH_NONE, BERTH_NONE}, 0, 1, start);
}

static uint32_t add_row(building *b, int64_t lower, int64_t upper) {
  integer_program *p = b->out;
  uint32_t i = p->row_count;
  if (b->failed)
    return 0;
  if (i == p->row_room) {
    uint32_t room = p->row_room == 0 ? 256 : 2 * p->row_room;
    if (!grow(p->memory, (void **)&p->row_lower, i, room, sizeof *p->row_lower) ||
        !grow(p->memory, (void **)&p->row_upper, i, room, sizeof *p->row_upper)) {
      b->failed = true;
      return 0;
    }
    p->row_room = room;
  }
  assert(lower == MIP_FREE || upper == MIP_FREE || lower <= upper);
  p->row_lower[i] = lower;
  p->row_upper[i] = upper;
  return p->row_count++;
}

static void add_entry(building *b, uint32_t row, uint32_t column, int64_t value) {
  integer_program *p = b->out;
  size_t e = p->entry_count;
  if (b->failed || value == 0)
    return;
  if (e == p->entry_room) {
    size_t room = p->entry_room == 0 ? 1024 : 2 * p->entry_room;
    if (!grow(p->memory, (void **)&p->entry_row, e, room, sizeof *p->entry_row) ||
        !grow(p->memory, (void **)&p->entry_column, e, room, sizeof *p->entry_column) ||
        !grow(p->memory, (void **)&p->entry_value, e, room, sizeof *p->entry_value)) {
      b->failed = true;
      return;
    }
    p->entry_room = room;
  }
  assert(row < p->row_count && column < p->column_count);
  p->entry_row[e] = row;
  p->entry_column[e] = column;
  p->entry_value[e] = value;
  p->entry_count++;
}

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

static bool form_classes(building *b) {
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
static int64_t most_that_fit(const building *b, uint32_t item, uint32_t host, int64_t count,
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

static bool add_count_columns(building *b, const int64_t *fixed_use) {
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
        add_column(b, (program_column){COLUMN_COUNT, c, h}, 0, most, standing[h]);
    }
    if (problem_is_requested(p, example))
      add_column(b, (program_column){COLUMN_UNPLACED, c, BERTH_NONE}, 0, class->count, nowhere);
    class->column_count = out->column_count - class->first_column;
    for (uint32_t i = 0; i < class->count; i++) {
      uint32_t at = b->state->host[out->class_items[class->first + i]];
      if (at != BERTH_NONE)
        standing[at] = 0;
    }
  }
  return !b->failed;
}

static bool index_columns_by_host(building *b) {
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

/* Costs of indicator columns are remembered while rows are built; costs are stored per level once
 * all columns are known, so this list holds (column, level). */
typedef struct cost_note {
  uint32_t column;
  berth_level level;
} cost_note;

typedef struct cost_notes {
  cost_note *list;
  uint32_t count, room;
} cost_notes;

static void note_cost(building *b, cost_notes *notes, uint32_t column, berth_level level) {
  if (notes->count == notes->room) {
    uint32_t room = notes->room == 0 ? 64 : 2 * notes->room;
    if (!grow(b->out->memory, (void **)&notes->list, notes->count, room, sizeof *notes->list)) {
      b->failed = true;
      return;
    }
    notes->room = room;
  }
  notes->list[notes->count++] = (cost_note){column, level};
}

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

static bool set_level_costs(building *b, const cost_notes *notes) {
  integer_program *out = b->out;
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++) {
    out->level_cost[level] = arena_take(out->memory, out->column_count, sizeof(int64_t));
    if (out->level_cost[level] == NULL)
      return false;
  }
  for (uint32_t j = 0; j < out->column_count; j++)
    cost_of_column(out, j);
  for (uint32_t i = 0; i < notes->count; i++)
    out->level_cost[notes->list[i].level][notes->list[i].column] = 1;
  for (uint32_t level = 0; level < BERTH_LEVEL_COUNT; level++) {
    int64_t of_free = 0;
    for (uint32_t j = 0; j < out->column_count; j++)
      of_free += out->level_cost[level][j] * out->start[j];
    out->level_constant[level] = b->state->value[level] - of_free;
  }
  return true;
}

/* ---------------------------------------------------------------------- rows */

static void add_assignment_rows(building *b) {
  integer_program *out = b->out;
  for (uint32_t c = 0; c < out->class_count; c++) {
    uint32_t row = add_row(b, out->classes[c].count, out->classes[c].count);
    for (uint32_t j = 0; j < out->classes[c].column_count; j++)
      add_entry(b, row, out->classes[c].first_column + j, 1);
  }
}

static int64_t demand_of(const building *b, uint32_t column, uint32_t resource) {
  const integer_program *out = b->out;
  assert(out->columns[column].kind == COLUMN_COUNT);
  const item_class *class = &out->classes[out->columns[column].class_number];
  return problem_demand(out->problem, out->class_items[class->first])[resource];
}

static int64_t load_of(const building *b, uint32_t column, uint32_t kind) {
  const integer_program *out = b->out;
  const item_class *class = &out->classes[out->columns[column].class_number];
  assert(out->columns[column].kind == COLUMN_COUNT && kind < LOAD_COUNT);
  return out->problem->item_load[(size_t)out->class_items[class->first] * LOAD_COUNT + kind];
}

/* demand·n ≤ capacity − fixed, plus the overload indicator where the start is over capacity, plus
 * the awake column where the host sleeps. */
static void add_capacity_row(building *b, cost_notes *notes, uint32_t host, uint32_t resource,
                             int64_t fixed, uint32_t awake) {
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
  if (b->rows == PROGRAM_ROUNDED && (limit - fixed) / gcd > GRID) {
    gcd *= (limit - fixed) / gcd / GRID + 1;
    b->out->rounded = true;
  }
  int64_t room = (capacity - fixed) / gcd;
  uint32_t row = add_row(b, MIP_FREE, awake == BERTH_NONE ? room : 0);
  for (uint32_t i = b->host_columns_start[host]; i < b->host_columns_start[host + 1]; i++)
    add_entry(b, row, b->host_columns[i], demand_of(b, b->host_columns[i], resource) / gcd);
  if (overloaded) {
    uint32_t over = add_indicator(b, b->state->use[cell] > capacity);
    note_cost(b, notes, over, BERTH_LEVEL_VIOLATIONS);
    add_entry(b, row, over, room - (limit - fixed) / gcd);
  }
  if (awake != BERTH_NONE)
    add_entry(b, row, awake, -room);
}

static uint32_t free_items_at(const building *b, uint32_t host) {
  uint32_t count = 0;
  for (uint32_t item = b->state->first[host]; item != BERTH_NONE; item = b->state->next[item])
    count += b->item_class[item] != BERTH_NONE;
  return count;
}

/* A sleeping host, or one that may be powered down, without fixed items: nothing stands there
 * unless it is on. */
static uint32_t add_awake_column(building *b, uint32_t host) {
  const placement *s = b->state;
  uint32_t first = b->host_columns_start[host], end = b->host_columns_start[host + 1];
  bool weighed = s->problem->goal == BERTH_GOAL_CONSOLIDATE && s->problem->host_may_sleep[host] &&
                 s->population[host] == free_items_at(b, host);
  if ((!s->problem->host_asleep[host] && !weighed) || first == end)
    return BERTH_NONE;
  uint32_t awake = add_column(b, (program_column){COLUMN_AWAKE, BERTH_NONE, host}, 0, 1,
                              s->population[host] > 0);
  int64_t most = 0;
  for (uint32_t i = first; i < end; i++)
    most += b->out->upper[b->host_columns[i]];
  uint32_t row = add_row(b, MIP_FREE, 0);
  for (uint32_t i = first; i < end; i++)
    add_entry(b, row, b->host_columns[i], 1);
  add_entry(b, row, awake, -most);
  return awake;
}

static void add_host_rows(building *b, cost_notes *notes, const int64_t *fixed_use) {
  const problem *p = b->out->problem;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!b->free_hosts[host])
      continue;
    uint32_t awake = add_awake_column(b, host);
    for (uint32_t r = 0; r < p->resource_count; r++)
      add_capacity_row(b, notes, host, r, fixed_use[(size_t)host * p->resource_count + r], awake);
  }
}

/* ---------------------------------------------------------------------- nodes */

/* Items that ask for a node of one host: free ones are counted by a column, fixed ones stand. */
typedef struct node_group {
  uint32_t column; /* BERTH_NONE = a fixed item */
  uint32_t item;   /* an example */
  int64_t most;
  uint32_t first_node; /* its column for the first node; the others follow */
} node_group;

typedef struct host_nodes {
  uint32_t host, node_count, group_count;
  const node_size *nodes;
  node_group *groups;
  uint32_t unsplit;  /* indicator, BERTH_NONE = the start is split */
  int64_t *standing; /* [group * node_count + node] of the state */
} host_nodes;

static bool gather_groups(building *b, host_nodes *h) {
  const problem *p = b->out->problem;
  const placement *s = b->state;
  uint32_t first = b->host_columns_start[h->host], end = b->host_columns_start[h->host + 1];
  h->groups =
      arena_take(b->out->memory, (size_t)end - first + s->population[h->host], sizeof *h->groups);
  if (h->groups == NULL)
    return false;
  for (uint32_t i = first; i < end; i++) {
    uint32_t j = b->host_columns[i];
    const item_class *class = &b->out->classes[b->out->columns[j].class_number];
    uint32_t item = b->out->class_items[class->first];
    if (p->one_node[item])
      h->groups[h->group_count++] =
          (node_group){.column = j, .item = item, .most = b->out->upper[j]};
  }
  if (h->group_count == 0)
    return true; /* what is fixed is as it is */
  for (uint32_t item = s->first[h->host]; item != BERTH_NONE; item = s->next[item]) {
    if (b->item_class[item] == BERTH_NONE && p->one_node[item])
      h->groups[h->group_count++] = (node_group){.column = BERTH_NONE, .item = item, .most = 1};
  }
  return true;
}

/* How the items are split; @p most: as many of each group as could come, else those of the state.
 */
static node_verdict split_groups(building *b, const host_nodes *h, bool most) {
  const problem *p = b->out->problem;
  node_item items[SPLIT_ITEMS];
  uint8_t node[SPLIT_ITEMS];
  uint32_t count = 0;
  for (uint32_t g = 0; g < h->group_count; g++) {
    const node_group *group = &h->groups[g];
    int64_t here = most || group->column == BERTH_NONE ? group->most : b->out->start[group->column];
    for (int64_t i = 0; i < here; i++) {
      if (count == SPLIT_ITEMS)
        return NODES_UNDECIDED;
      items[count++] = (node_item){.size = problem_node_demand(p, group->item), .item = g};
    }
  }
  node_verdict verdict = node_split(h->nodes, h->node_count, items, count,
                                    most ? SPLIT_BUDGET_OF_MANY : SPLIT_PATIENCE, node);
  for (uint32_t i = 0; i < count && !most; i++)
    h->standing[(size_t)items[i].item * h->node_count + (verdict == NODES_HOLD ? node[i] : 0)]++;
  return verdict;
}

/* A column for each group and node; together they are as many as stand on the host. */
static void add_node_columns(building *b, host_nodes *h) {
  for (uint32_t g = 0; g < h->group_count; g++) {
    node_group *group = &h->groups[g];
    group->first_node = b->out->column_count;
    for (uint32_t n = 0; n < h->node_count; n++)
      (void)add_column(b, (program_column){COLUMN_NODE, BERTH_NONE, h->host}, 0, group->most,
                       h->standing[(size_t)g * h->node_count + n]);
    int64_t constant = group->column == BERTH_NONE ? 1 : 0;
    uint32_t row = add_row(b, constant, constant);
    for (uint32_t n = 0; n < h->node_count; n++)
      add_entry(b, row, group->first_node + n, 1);
    if (group->column != BERTH_NONE)
      add_entry(b, row, group->column, -1);
  }
}

static int64_t node_demand_of(const building *b, const node_group *group, bool memory) {
  node_size size = problem_node_demand(b->out->problem, group->item);
  return memory ? size.memory : size.cpu;
}

static void add_node_row(building *b, const host_nodes *h, uint32_t n, bool memory) {
  int64_t room = memory ? h->nodes[n].memory : h->nodes[n].cpu, gcd = 0, most = 0;
  for (uint32_t g = 0; g < h->group_count; g++) {
    int64_t demand = node_demand_of(b, &h->groups[g], memory);
    gcd = common_divisor(gcd, demand);
    most += demand * h->groups[g].most;
  }
  if (gcd == 0 || most <= room)
    return;
  if (b->rows == PROGRAM_ROUNDED && room / gcd > GRID) {
    gcd *= room / gcd / GRID + 1;
    b->out->rounded = true;
  }
  uint32_t row = add_row(b, MIP_FREE, room / gcd);
  for (uint32_t g = 0; g < h->group_count; g++)
    add_entry(b, row, h->groups[g].first_node + n, node_demand_of(b, &h->groups[g], memory) / gcd);
  if (h->unsplit != BERTH_NONE)
    add_entry(b, row, h->unsplit, room / gcd - (most + gcd - 1) / gcd);
}

/* What is not split at the start may stay so, and then nobody joins them. */
static void add_unsplit(building *b, cost_notes *notes, host_nodes *h) {
  const problem *p = b->out->problem;
  int64_t most = 0;
  h->unsplit = BERTH_NONE;
  if (!p->host_unsplit[h->host])
    return;
  h->unsplit = add_indicator(b, b->state->unsplit[h->host]);
  note_cost(b, notes, h->unsplit, BERTH_LEVEL_VIOLATIONS);
  for (uint32_t g = 0; g < h->group_count; g++)
    most += p->origin[h->groups[g].item] != h->host ? h->groups[g].most : 0;
  uint32_t row = add_row(b, MIP_FREE, most);
  add_entry(b, row, h->unsplit, most);
  for (uint32_t g = 0; g < h->group_count; g++) {
    if (h->groups[g].column != BERTH_NONE && p->origin[h->groups[g].item] != h->host)
      add_entry(b, row, h->groups[g].column, 1);
  }
}

static bool add_nodes_of(building *b, cost_notes *notes, uint32_t host) {
  const problem *p = b->out->problem;
  host_nodes h = {.host = host,
                  .node_count = problem_node_count(p, host),
                  .nodes = p->nodes + p->node_start[host]};
  if (!gather_groups(b, &h))
    return false;
  if (h.group_count == 0 || b->failed || split_groups(b, &h, true) == NODES_HOLD)
    return true;
  h.standing = arena_take(b->out->memory, (size_t)h.group_count * h.node_count, sizeof(int64_t));
  if (h.standing == NULL)
    return false;
  if (split_groups(b, &h, false) != NODES_HOLD &&
      !(b->state->unsplit[host] && p->host_unsplit[host])) {
    b->out->rounded = true; /* undecided: solutions are looked at one by one */
    return true;
  }
  add_node_columns(b, &h);
  add_unsplit(b, notes, &h);
  for (uint32_t n = 0; n < h.node_count; n++) {
    add_node_row(b, &h, n, false);
    add_node_row(b, &h, n, true);
  }
  return true;
}

static bool add_node_rows(building *b, cost_notes *notes) {
  const problem *p = b->out->problem;
  for (uint32_t host = 0; p->numa_active && host < p->host_count; host++) {
    if (b->free_hosts[host] && problem_node_count(p, host) > 0 && !add_nodes_of(b, notes, host))
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- balance */

/* Loads in units that keep a host's capacity below the grid. Rounded down for the rows that push a
 * percentage up, rounded up for those that hold it down: a relaxation, exact where the unit is 1.
 * Where something is HEAVY times as large as the host, a solver in floating point would take what
 * it tolerates of a column for whole points, so that it becomes HEAVY units. */
static int64_t load_unit(const building *b, int64_t capacity, int64_t heaviest) {
  assert(capacity > 0 && heaviest >= 0);
  if (b->rows != PROGRAM_ROUNDED)
    return 1;
  if (heaviest / HEAVY > capacity)
    return heaviest / HEAVY;
  return capacity > GRID ? capacity / GRID + 1 : 1;
}

/* p = ⌈100 · load / capacity⌉: capacity · p ≥ 100 · load and capacity · (p − 1) < 100 · load. */
static uint32_t add_percent(building *b, uint32_t host, uint32_t kind) {
  const problem *p = b->out->problem;
  const placement *s = b->state;
  int64_t capacity = p->capacity[(size_t)host * p->resource_count + kind];
  int64_t load = s->load[(size_t)host * LOAD_COUNT + kind];
  if (capacity <= 0)
    return BERTH_NONE;
  int64_t fixed = load, most = load, heaviest = 0;
  uint32_t first = b->host_columns_start[host], end = b->host_columns_start[host + 1];
  for (uint32_t i = first; i < end; i++) {
    uint32_t j = b->host_columns[i];
    int64_t one = load_of(b, j, kind);
    fixed -= one * b->out->start[j];
    most += one * (b->out->upper[j] - b->out->start[j]);
    heaviest = larger_i64(heaviest, one);
  }
  const int64_t unit = load_unit(b, capacity, larger_i64(heaviest, fixed));
  b->out->rounded |= unit > 1;
  uint32_t percent = add_column(b, (program_column){COLUMN_PERCENT, BERTH_NONE, host}, 0,
                                100 * most / capacity + 1, (100 * load + capacity - 1) / capacity);
  int64_t low = capacity / unit, high = (capacity + unit - 1) / unit;
  uint32_t above = add_row(b, 100 * (fixed / unit), MIP_FREE);
  uint32_t below =
      add_row(b, MIP_FREE, 100 * ((fixed + unit - 1) / unit) + (unit == 1 ? low - 1 : high));
  add_entry(b, above, percent, high);
  add_entry(b, below, percent, low);
  for (uint32_t i = first; i < end; i++) {
    int64_t one = load_of(b, b->host_columns[i], kind);
    add_entry(b, above, b->host_columns[i], -100 * (one / unit));
    add_entry(b, below, b->host_columns[i], -100 * ((one + unit - 1) / unit));
  }
  return percent;
}

/* A column at least the sum of two percentages, each with a sign, less the points that are free. */
static void add_points(building *b, column_kind kind, uint32_t host, uint32_t plus, uint32_t minus,
                       int64_t free_points) {
  const integer_program *out = b->out;
  if (plus == BERTH_NONE || b->failed)
    return;
  int64_t most = out->upper[plus] > free_points ? out->upper[plus] - free_points : 0;
  int64_t value = out->start[plus] - free_points - (minus != BERTH_NONE ? out->start[minus] : 0);
  uint32_t points =
      add_column(b, (program_column){kind, BERTH_NONE, host}, 0, most, value > 0 ? value : 0);
  uint32_t row = add_row(b, -free_points, MIP_FREE);
  add_entry(b, row, points, 1);
  add_entry(b, row, plus, -1);
  if (minus != BERTH_NONE)
    add_entry(b, row, minus, 1);
}

/* Either difference costs; only one of the two can be above zero. */
static void add_balance_rows(building *b) {
  const problem *p = b->out->problem;
  if (p->goal != BERTH_GOAL_REBALANCE)
    return;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!b->free_hosts[host] || !p->host_open[host] ||
        b->host_columns_start[host] == b->host_columns_start[host + 1])
      continue;
    uint32_t cpu = add_percent(b, host, LOAD_CPU), memory = add_percent(b, host, LOAD_MEMORY);
    add_points(b, COLUMN_OVERLOAD, host, cpu, BERTH_NONE, p->settings.target_cpu);
    add_points(b, COLUMN_OVERLOAD, host, memory, BERTH_NONE, p->settings.target_memory);
    add_points(b, COLUMN_STRANDED, host, cpu, memory, p->settings.stranded_tolerance);
    add_points(b, COLUMN_STRANDED, host, memory, cpu, p->settings.stranded_tolerance);
  }
}

/* ---------------------------------------------------------------------- rules */

/* One rule as the program sees it. The arrays are scratch of the whole build, [domain], zero but
 * for the domains in `touched`. HOSTS rules use domain 0 for outside and 1 for inside. */
typedef struct rule_view {
  uint32_t index;
  const problem_rule *rule;
  uint32_t *fixed;   /* fixed members in the domain */
  int64_t *most;     /* most free members that columns could put there */
  uint32_t *row;     /* row of the domain, while rows are built */
  uint32_t *touched; /* domains with a fixed member or a column, ascending not needed */
  uint32_t touched_count;
  uint32_t *classes; /* classes with members in the rule */
  uint32_t class_count;
  int64_t free_members;
  bool broken_by_fixed; /* whatever the free members do */
} rule_view;

static bool view_init(building *b, rule_view *view) {
  const problem *p = b->out->problem;
  uint32_t domains = 2;
  for (uint32_t g = 0; g < p->rule_count; g++)
    domains = p->rules[g].domain_count > domains ? p->rules[g].domain_count : domains;
  *view = (rule_view){0};
  view->fixed = arena_take(b->out->memory, domains, sizeof *view->fixed);
  view->most = arena_take(b->out->memory, domains, sizeof *view->most);
  view->row = arena_take(b->out->memory, domains, sizeof *view->row);
  view->touched = arena_take(b->out->memory, domains, sizeof *view->touched);
  view->classes = arena_take(b->out->memory, b->out->class_count, sizeof *view->classes);
  return view->fixed != NULL && view->most != NULL && view->row != NULL && view->touched != NULL &&
         view->classes != NULL;
}

static uint32_t domain_at(const problem_rule *rule, uint32_t host) {
  return rule->form == RULE_FORM_HOSTS ? host_bits_test(rule->allowed, host)
                                       : rule->domain_of[host];
}

static void touch(rule_view *view, uint32_t domain) {
  if (view->fixed[domain] == 0 && view->most[domain] == 0)
    view->touched[view->touched_count++] = domain;
}

static void clear_view(rule_view *view) {
  for (uint32_t i = 0; i < view->touched_count; i++) {
    view->fixed[view->touched[i]] = 0;
    view->most[view->touched[i]] = 0;
  }
  view->touched_count = view->class_count = 0;
  view->free_members = 0;
}

static void count_members(building *b, rule_view *view) {
  const problem_rule *rule = view->rule;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t item = rule->members[i], host = b->state->host[item], class = b->item_class[item];
    if (class == BERTH_NONE && host != BERTH_NONE) {
      touch(view, domain_at(rule, host));
      view->fixed[domain_at(rule, host)]++;
    } else if (class != BERTH_NONE) {
      view->free_members++;
      if (b->out->class_items[b->out->classes[class].first] == item)
        view->classes[view->class_count++] = class;
    }
  }
}

typedef void (*column_visit)(building *b, rule_view *view, uint32_t column, uint32_t domain);

static void visit_columns(building *b, rule_view *view, column_visit visit) {
  for (uint32_t i = 0; i < view->class_count; i++) {
    const item_class *class = &b->out->classes[view->classes[i]];
    for (uint32_t j = class->first_column; j < class->first_column + class->column_count; j++) {
      if (b->out->columns[j].kind == COLUMN_COUNT)
        visit(b, view, j, domain_at(view->rule, b->out->columns[j].host));
    }
  }
}

static void sum_column(building *b, rule_view *view, uint32_t column, uint32_t domain) {
  touch(view, domain);
  assert(b->out->upper[column] > 0);
  view->most[domain] += b->out->upper[column];
}

static void enter_column(building *b, rule_view *view, uint32_t column, uint32_t domain) {
  if (view->row[domain] != BERTH_NONE)
    add_entry(b, view->row[domain], column, 1);
}

static void view_rule(building *b, uint32_t index, rule_view *view) {
  view->index = index;
  view->rule = &b->out->problem->rules[index];
  count_members(b, view);
  visit_columns(b, view, sum_column);
  uint32_t occupied = 0;
  view->broken_by_fixed = false;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    view->row[d] = BERTH_NONE;
    occupied += view->fixed[d] > 0;
    if (view->most[d] > view->free_members)
      view->most[d] = view->free_members;
    view->broken_by_fixed |= view->rule->form == RULE_FORM_SPREAD && view->fixed[d] > view->rule->k;
  }
  view->broken_by_fixed |= view->rule->form == RULE_FORM_HOSTS && view->fixed[0] > 0;
  view->broken_by_fixed |= view->rule->form == RULE_FORM_TOGETHER && occupied > 1;
}

static uint32_t broken_indicator(building *b, cost_notes *notes, const rule_view *view) {
  uint32_t column = add_indicator(b, b->state->rules[view->index].broken_by > 0);
  note_cost(b, notes, column,
            view->rule->must ? BERTH_LEVEL_VIOLATIONS : BERTH_LEVEL_SHOULD_BROKEN);
  return column;
}

/* Members outside the allowed hosts ≤ M · broken. Admission already keeps members of must rules
 * from moving outside; they can only stay there. */
static void add_hosts_rule(building *b, cost_notes *notes, rule_view *view) {
  if (view->broken_by_fixed || view->most[0] == 0)
    return; /* broken whatever moves, or kept whatever moves */
  view->row[0] = add_row(b, MIP_FREE, 0);
  visit_columns(b, view, enter_column);
  add_entry(b, view->row[0], broken_indicator(b, notes, view), -view->most[0]);
}

/* Members in a domain ≤ k, or ≤ what is allowed when broken. */
static void add_spread_rule(building *b, cost_notes *notes, rule_view *view) {
  const problem_rule *rule = view->rule;
  uint32_t indicator = BERTH_NONE;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    int64_t k = rule->k, fixed = view->fixed[d], most = view->most[d];
    int64_t limit =
        rule->must ? placement_spread_limit(b->state, view->index, d) : fixed + view->free_members;
    if (view->broken_by_fixed)
      k = limit;
    if (most == 0 || fixed + most <= k)
      continue;
    view->row[d] = add_row(b, MIP_FREE, k - fixed);
    if (limit <= k)
      continue;
    if (indicator == BERTH_NONE)
      indicator = broken_indicator(b, notes, view);
    add_entry(b, view->row[d], indicator, k - limit);
  }
  visit_columns(b, view, enter_column);
}

/* Each domain with a member is occupied; occupied domains ≤ 1, or more when broken. */
static void add_together_rule(building *b, cost_notes *notes, rule_view *view) {
  const problem_rule *rule = view->rule;
  int64_t occupied = 0, choices = 0;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    occupied += view->fixed[view->touched[i]] > 0;
    choices += view->fixed[view->touched[i]] == 0;
  }
  if (choices == 0 || (view->broken_by_fixed && !rule->must))
    return;
  int64_t limit = rule->must ? rule->span_limit : occupied + choices;
  uint32_t total = add_row(b, MIP_FREE, (view->broken_by_fixed ? limit : 1) - occupied);
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    if (view->fixed[d] > 0)
      continue;
    bool start = domain_counter_get(&b->state->rules[view->index].members, d) > 0;
    uint32_t indicator = add_indicator(b, start);
    view->row[d] = add_row(b, MIP_FREE, 0);
    add_entry(b, view->row[d], indicator, -view->most[d]);
    add_entry(b, total, indicator, 1);
  }
  visit_columns(b, view, enter_column);
  if (!view->broken_by_fixed && limit > 1)
    add_entry(b, total, broken_indicator(b, notes, view), 1 - limit);
}

static bool add_rule_rows(building *b, cost_notes *notes) {
  const problem *p = b->out->problem;
  rule_view view;
  if (!view_init(b, &view))
    return false;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    view_rule(b, g, &view);
    if (view.class_count > 0 && view.rule->form == RULE_FORM_HOSTS)
      add_hosts_rule(b, notes, &view);
    else if (view.class_count > 0 && view.rule->form == RULE_FORM_SPREAD)
      add_spread_rule(b, notes, &view);
    else if (view.class_count > 0)
      add_together_rule(b, notes, &view);
    clear_view(&view);
  }
  return !b->failed;
}

/* ---------------------------------------------------------------------- the whole */

static int64_t *fixed_use_of(building *b) {
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
  building b = {.out = program, .state = s, .free_hosts = free_hosts, .rows = rows};
  cost_notes notes = {0};
  if (!form_classes(&b))
    return false;
  int64_t *fixed_use = fixed_use_of(&b);
  if (fixed_use == NULL || !add_count_columns(&b, fixed_use) || !index_columns_by_host(&b))
    return false;
  add_assignment_rows(&b);
  add_host_rows(&b, &notes, fixed_use);
  add_balance_rows(&b);
  return add_node_rows(&b, &notes) && add_rule_rows(&b, &notes) && set_level_costs(&b, &notes) &&
         !b.failed;
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
