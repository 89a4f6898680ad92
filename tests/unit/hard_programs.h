/* SPDX-License-Identifier: Apache-2.0 */
/* Integer programs that keep a solver busy, each in another part of it. */
#ifndef BERTH_TESTS_UNIT_HARD_PROGRAMS_H
#define BERTH_TESTS_UNIT_HARD_PROGRAMS_H

#include "mip.h"
#include <stdlib.h>

typedef struct hard_program {
  int64_t *lower, *upper, *cost, *row_lower, *row_upper, *value;
  uint32_t *row, *column;
  mip_model model;
} hard_program;

static inline uint64_t hard_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

/* All columns binary and free, all rows without bounds. */
static inline hard_program *hard_new(uint32_t columns, uint32_t rows, size_t entries) {
  hard_program *p = calloc(1, sizeof *p);
  p->lower = calloc(columns, sizeof *p->lower);
  p->upper = calloc(columns, sizeof *p->upper);
  p->cost = calloc(columns, sizeof *p->cost);
  p->row_lower = calloc(rows, sizeof *p->row_lower);
  p->row_upper = calloc(rows, sizeof *p->row_upper);
  p->row = calloc(entries, sizeof *p->row);
  p->column = calloc(entries, sizeof *p->column);
  p->value = calloc(entries, sizeof *p->value);
  for (uint32_t j = 0; j < columns; j++)
    p->upper[j] = 1;
  for (uint32_t i = 0; i < rows; i++)
    p->row_lower[i] = p->row_upper[i] = MIP_FREE;
  p->model = (mip_model){.column_count = columns,
                         .row_count = rows,
                         .lower = p->lower,
                         .upper = p->upper,
                         .cost = p->cost,
                         .row_lower = p->row_lower,
                         .row_upper = p->row_upper,
                         .entry_row = p->row,
                         .entry_column = p->column,
                         .entry_value = p->value};
  return p;
}

static inline void hard_entry(hard_program *p, uint32_t row, uint32_t column, int64_t value) {
  p->row[p->model.entry_count] = row;
  p->column[p->model.entry_count] = column;
  p->value[p->model.entry_count++] = value;
}

static inline void hard_free(hard_program *p) {
  free(p->lower);
  free(p->upper);
  free(p->cost);
  free(p->row_lower);
  free(p->row_upper);
  free(p->row);
  free(p->column);
  free(p->value);
  free(p);
}

/* Market split (Cornuéjols and Dawande): halve four sums at once; the distance is the cost. Its
 * relaxation costs nothing, and only the tree can tell more. */
static inline hard_program *hard_market_split(void) {
  enum { ROWS = 4, ITEMS = 34 };
  hard_program *p = hard_new(ITEMS + 2 * ROWS, ROWS, ROWS * (ITEMS + 2));
  uint64_t state = 1;
  for (uint32_t i = 0; i < ROWS; i++) {
    int64_t sum = 0;
    for (uint32_t j = 0; j < ITEMS; j++) {
      int64_t value = (int64_t)(hard_random(&state) % 100);
      sum += value;
      hard_entry(p, i, j, value);
    }
    for (uint32_t sign = 0; sign < 2; sign++) {
      uint32_t slack = ITEMS + 2 * i + sign;
      hard_entry(p, i, slack, sign == 0 ? 1 : -1);
      p->cost[slack] = 1;
      p->upper[slack] = 10000;
    }
    p->row_lower[i] = p->row_upper[i] = sum / 2;
  }
  return p;
}

/* Set covering with many columns: long in its relaxation. */
static inline hard_program *hard_covering(void) {
  enum { ROWS = 400, COLUMNS = 8000, EACH = 12 };
  hard_program *p = hard_new(COLUMNS, ROWS, (size_t)COLUMNS * EACH);
  uint64_t state = 2;
  for (uint32_t j = 0; j < COLUMNS; j++) {
    uint32_t step = 1 + (uint32_t)(hard_random(&state) % 33), at = (uint32_t)hard_random(&state);
    p->cost[j] = 100 + (int64_t)(hard_random(&state) % 50);
    for (uint32_t k = 0; k < EACH; k++)
      hard_entry(p, (at % ROWS + k * step) % ROWS, j, 1);
  }
  for (uint32_t i = 0; i < ROWS; i++)
    p->row_lower[i] = 2;
  return p;
}

/* Classes of VMs onto hosts with two resources, as many as fit: cuts at the root, then a tree. */
static inline hard_program *hard_packing(void) {
  enum { CLASSES = 40, HOSTS = 60 };
  hard_program *p = hard_new(CLASSES * HOSTS, CLASSES + 2 * HOSTS, (size_t)CLASSES * HOSTS * 3);
  uint64_t state = 3;
  for (uint32_t c = 0; c < CLASSES; c++) {
    int64_t size[2] = {(int64_t)(1 + hard_random(&state) % 16),
                       (int64_t)(1000 + hard_random(&state) % 30000)};
    p->row_upper[c] = 12;
    for (uint32_t h = 0; h < HOSTS; h++) {
      uint32_t j = c * HOSTS + h;
      p->upper[j] = 12;
      p->cost[j] = -(int64_t)(10 + hard_random(&state) % 7);
      hard_entry(p, c, j, 1);
      hard_entry(p, CLASSES + 2 * h, j, size[0]);
      hard_entry(p, CLASSES + 2 * h + 1, j, size[1]);
    }
  }
  for (uint32_t h = 0; h < HOSTS; h++) {
    p->row_upper[CLASSES + 2 * h] = 61;
    p->row_upper[CLASSES + 2 * h + 1] = 120011;
  }
  return p;
}

#endif
