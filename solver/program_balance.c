/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads in the program (docs/model.md §7): a column for each percentage of a host, and one for the
 * points above its target and for those that cpu and memory are too far apart.
 */
#include "checked.h"
#include "program_building.h"
#include <assert.h>

/* A load of so many times the capacity is beyond what percentages are meant for. */
enum { HEAVY = 100 };

static int64_t load_of(const program_building *b, uint32_t column, uint32_t kind) {
  const integer_program *out = b->out;
  const item_class *class = &out->classes[out->columns[column].class_number];
  assert(out->columns[column].kind == COLUMN_COUNT && kind < LOAD_COUNT);
  return out->problem->item_load[(size_t)out->class_items[class->first] * LOAD_COUNT + kind];
}

/* Loads in units that keep a host's capacity below the grid. Rounded down for the rows that push a
 * percentage up, rounded up for those that hold it down: a relaxation, exact where the unit is 1.
 * Where something is HEAVY times as large as the host, a solver in floating point would take what
 * it tolerates of a column for whole points, so that it becomes HEAVY units. */
static int64_t load_unit(const program_building *b, int64_t capacity, int64_t heaviest) {
  assert(capacity > 0 && heaviest >= 0);
  if (b->rows != PROGRAM_ROUNDED)
    return 1;
  if (heaviest / HEAVY > capacity)
    return heaviest / HEAVY;
  return capacity > PROGRAM_GRID ? capacity / PROGRAM_GRID + 1 : 1;
}

/* p = ⌈100 · load / capacity⌉: capacity · p ≥ 100 · load and capacity · (p − 1) < 100 · load. */
static uint32_t add_percent(program_building *b, uint32_t host, uint32_t kind) {
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
  uint32_t percent =
      program_add_column(b, (program_column){COLUMN_PERCENT, BERTH_NONE, host}, 0,
                         100 * most / capacity + 1, (100 * load + capacity - 1) / capacity);
  int64_t low = capacity / unit, high = (capacity + unit - 1) / unit;
  uint32_t above = program_add_row(b, 100 * (fixed / unit), MIP_FREE);
  uint32_t below = program_add_row(
      b, MIP_FREE, 100 * ((fixed + unit - 1) / unit) + (unit == 1 ? low - 1 : high));
  program_add_entry(b, above, percent, high);
  program_add_entry(b, below, percent, low);
  for (uint32_t i = first; i < end; i++) {
    int64_t one = load_of(b, b->host_columns[i], kind);
    program_add_entry(b, above, b->host_columns[i], -100 * (one / unit));
    program_add_entry(b, below, b->host_columns[i], -100 * ((one + unit - 1) / unit));
  }
  return percent;
}

/* A column at least the sum of two percentages, each with a sign, less the points that are free. */
static void add_points(program_building *b, column_kind kind, uint32_t host, uint32_t plus,
                       uint32_t minus, int64_t free_points) {
  const integer_program *out = b->out;
  if (plus == BERTH_NONE || b->failed)
    return;
  int64_t most = out->upper[plus] > free_points ? out->upper[plus] - free_points : 0;
  int64_t value = out->start[plus] - free_points - (minus != BERTH_NONE ? out->start[minus] : 0);
  uint32_t points = program_add_column(b, (program_column){kind, BERTH_NONE, host}, 0, most,
                                       value > 0 ? value : 0);
  uint32_t row = program_add_row(b, -free_points, MIP_FREE);
  program_add_entry(b, row, points, 1);
  program_add_entry(b, row, plus, -1);
  if (minus != BERTH_NONE)
    program_add_entry(b, row, minus, 1);
}

/* Either difference costs; only one of the two can be above zero. */
void program_add_balance_rows(program_building *b) {
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
