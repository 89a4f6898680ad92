/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file move_order.h
 * An order of migrations that ends early: list scheduling, the longest tail first.
 */
#ifndef BERTH_SOLVER_MOVE_ORDER_H
#define BERTH_SOLVER_MOVE_ORDER_H

#include "sequence.h"

/**
 * Orders the moves of @p moves, an allowed order with one move for each item, as a list schedule
 * with all waits run out would start them. The new order is allowed too.
 * @param final the end state, for what arrives where.
 * @param[out] order in @p memory; count 0 = nothing better to offer (an item moves twice, or
 * starting whatever may start leads to a deadlock).
 * @return false: out of memory.
 */
bool move_order_find(const placement *final, const sequence *moves, arena *memory, sequence *order);

#endif
