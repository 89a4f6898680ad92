/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file integer_program.h
 * The placement problem as an integer program over classes of equal items: n[class][host] counts,
 * restricted to a set of free hosts (all of them: the exact problem; a few: a neighbourhood). What
 * stands elsewhere is fixed.
 */
#ifndef BERTH_SOLVER_INTEGER_PROGRAM_H
#define BERTH_SOLVER_INTEGER_PROGRAM_H

#include "mip.h"
#include "placement.h"

/** What a column counts. */
typedef enum column_kind {
  COLUMN_COUNT = 0, /* items of a class at a host */
  COLUMN_UNPLACED,  /* items of a class nowhere */
  COLUMN_AWAKE,     /* host is woken */
  COLUMN_PERCENT,   /* load of a host, of one resource */
  COLUMN_OVERLOAD,  /* points above its target */
  COLUMN_STRANDED,  /* points that cpu and memory are too far apart */
  COLUMN_NODE,      /* items of a class, or a fixed item, on a NUMA node of a host */
  COLUMN_INDICATOR  /* a violation or a rule broken, or a domain occupied */
} column_kind;

typedef struct program_column {
  column_kind kind;
  uint32_t class_number, host; /* as far as they apply */
} program_column;

/** Items of one class: interchangeable in every respect. */
typedef struct item_class {
  uint32_t first, count;               /* in class_items */
  uint32_t first_column, column_count; /* its COUNT and UNPLACED columns */
} item_class;

typedef struct integer_program {
  const problem *problem;
  arena *memory;
  uint32_t class_count, column_count, row_count;
  item_class *classes;
  uint32_t *class_items;
  program_column *columns;
  int64_t *lower, *upper, *start; /* [column]; start = the placement it was built from */
  int64_t *row_lower, *row_upper; /* [row] */
  size_t entry_count;
  uint32_t *entry_row, *entry_column;
  int64_t *entry_value;
  int64_t *level_cost[BERTH_LEVEL_COUNT];    /* [column] for each level of the ladder */
  int64_t level_constant[BERTH_LEVEL_COUNT]; /* what fixed items add */
  int64_t *places_left; /* [host] scratch of integer_program_apply(), zero between classes */
  uint8_t *stays;       /* [item] likewise */
  bool rounded; /* some capacity row is a relaxation, or nodes were left out: a solution may not fit
                   exactly */
  uint32_t column_room, row_room;
  size_t entry_room;
} integer_program;

/** Columns that a program over @p free_hosts would have, roughly, without building it. */
uint64_t integer_program_size(const placement *s, const uint8_t *free_hosts);

/** How capacity rows are written. */
typedef enum program_rows {
  PROGRAM_ROUNDED, /* to a grid that floating point is safe with: a relaxation, good for bounds */
  PROGRAM_EXACT    /* as they are: good for solutions, whatever a solver says of bounds */
} program_rows;

/** Builds the program of @p s with the items on @p free_hosts ([host], 1 = free) and all unplaced
 *  ones free. false = no memory. */
bool integer_program_build(integer_program *program, arena *memory, const placement *s,
                           const uint8_t *free_hosts, program_rows rows);

/** Moves the items of @p s to where @p values say. */
void integer_program_apply(const integer_program *program, const int64_t *values, placement *s);

#endif
