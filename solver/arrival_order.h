/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arrival_order.h
 * How early the requested items can start between the migrations.
 */
#ifndef BERTH_SOLVER_ARRIVAL_ORDER_H
#define BERTH_SOLVER_ARRIVAL_ORDER_H

#include "sequence.h"

/** A requested item and the number of migrations that have to be over before it may start in the
 *  linear order. */
typedef struct arrival {
  uint32_t item, position;
} arrival;

/**
 * Positions of all requested items that @p final places, sorted by position; among equal positions
 * by priority, with those that others wait for (restart-after) first.
 * @param[out] count their number. NULL = out of memory.
 */
arrival *arrival_order(const problem *p, const sequence *moves, const placement *final,
                       arena *memory, uint32_t *count);

#endif
