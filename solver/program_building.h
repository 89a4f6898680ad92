/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file program_building.h
 * An integer program while it is built: columns, rows and entries are added one by one; nodes,
 * balance and rules each add theirs from a file of their own.
 */
#ifndef BERTH_SOLVER_PROGRAM_BUILDING_H
#define BERTH_SOLVER_PROGRAM_BUILDING_H

#include "integer_program.h"

/** Largest right-hand side of a capacity row: a unit is then far above the tolerances of a solver
 * in floating point, so that what it calls infeasible is. */
enum { PROGRAM_GRID = 1 << 16 };

/** Costs of indicator columns are remembered while rows are built; costs are stored per level once
 *  all columns are known. */
typedef struct cost_note {
  uint32_t column;
  berth_level level;
} cost_note;

typedef struct cost_notes {
  cost_note *list;
  uint32_t count, room;
} cost_notes;

typedef struct program_building {
  integer_program *out;
  const placement *state;
  const uint8_t *free_hosts;
  uint32_t *host_columns_start, *host_columns; /* CSR over COUNT columns by host */
  uint32_t *item_class;                        /* [item] BERTH_NONE = fixed */
  cost_notes notes;
  program_rows rows;
  bool failed; /* out of memory: nothing is added any more */
} program_building;

/** Room for @p room of @p size, the first @p used copied. false = no memory. */
bool program_grow(arena *memory, void **array, size_t used, size_t room, size_t size);

/** @return its number; 0 once it has failed. */
uint32_t program_add_column(program_building *b, program_column column, int64_t lower,
                            int64_t upper, int64_t start);
/** A column that is 0 or 1. */
uint32_t program_add_indicator(program_building *b, bool start);
/** @param lower, upper MIP_FREE = no such bound. @return its number; 0 once it has failed. */
uint32_t program_add_row(program_building *b, int64_t lower, int64_t upper);
/** Nothing is added for 0. */
void program_add_entry(program_building *b, uint32_t row, uint32_t column, int64_t value);
/** The column costs 1 at @p level. */
void program_note_cost(program_building *b, uint32_t column, berth_level level);

/** program_nodes.c: VMs that ask for one NUMA node, on hosts where not any split will do. false =
 *  no memory. */
bool program_add_node_rows(program_building *b);
/** program_balance.c: percentages of the loads, and points above what is free. */
void program_add_balance_rows(program_building *b);
/** program_rules.c: rules between VMs, and of VMs and hosts. false = no memory. */
bool program_add_rule_rows(program_building *b);

#endif
