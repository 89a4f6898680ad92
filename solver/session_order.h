/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_order.h
 * The hosts of a cluster in the order of their room: sorted leaves under one directory (a B+ tree
 * of two levels), counted by reference like all else.
 */
#ifndef BERTH_SOLVER_SESSION_ORDER_H
#define BERTH_SOLVER_SESSION_ORDER_H

#include "session_blocks.h"

/** Leaves in reserve, so that a change cannot fail half-way. */
typedef struct leaf_reserve {
  uint32_t count;
  order_leaf *leaf[2 * LEAVES_A_CHANGE];
} leaf_reserve;

/** An order of the keys, which are ascending. NULL: out of memory. */
host_order *order_new(const session_ground *ground, const uint64_t *keys, uint32_t count);

/** Fills the reserve with at least @p count leaves. False: out of memory. */
bool order_reserve(const session_ground *ground, leaf_reserve *reserve, uint32_t count);
void order_reserve_free(const session_ground *ground, leaf_reserve *reserve);

/** Enters or takes out a key of an owned order. Needs at most three leaves of the reserve for a
 * pair of the two. @param tidy leaves that grow small are joined; false = what was owned stays
 * owned. */
void order_insert(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                  uint64_t key);
void order_remove(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                  uint64_t key, bool tidy);
/** A place in an order. */
typedef struct order_cursor {
  const host_order *order;
  uint32_t leaf, at;
} order_cursor;

/** Before the first key that is not below @p key; or behind the last. */
order_cursor order_seek(const host_order *order, uint64_t key);
order_cursor order_end(const host_order *order);
/** The next key upwards or downwards; false = there is none. */
bool order_up(order_cursor *cursor, uint64_t *key);
bool order_down(order_cursor *cursor, uint64_t *key);

#endif
