/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file residual_order.h
 * Hosts in the order of how much of one resource they hold, most first, then by number; in blocks
 * that know the most room they offer of every resource.
 */
#ifndef BERTH_SOLVER_RESIDUAL_ORDER_H
#define BERTH_SOLVER_RESIDUAL_ORDER_H

#include "arena.h"

enum { RESIDUAL_BLOCK = 64 };

/** What the orders of one index go by. */
typedef struct residual_rows {
  uint32_t resource_count;
  const int64_t *limit; /* [host * resource_count + resource] */
  int64_t *use;         /* likewise; not to change while the host is in an order */
} residual_rows;

typedef struct residual_order {
  const residual_rows *rows;
  uint32_t resource;
  uint32_t block_count, block_room;
  uint32_t *sequence; /* [position] block; those not in use stand behind */
  uint32_t *hosts;    /* [block * RESIDUAL_BLOCK + ...] */
  uint32_t *filled;   /* [block] hosts */
  int64_t *most;      /* [block * resource_count + resource] room of the roomiest host */
} residual_order;

/** An empty order with room for @p hosts hosts. false = no memory. */
bool residual_order_init(residual_order *o, const residual_rows *rows, uint32_t resource,
                         uint32_t hosts, arena *memory);

/** Enters @p host, which is not in the order. */
void residual_order_add(residual_order *o, uint32_t host);

/** Takes @p host out; its row is as it was when it was entered. */
void residual_order_remove(residual_order *o, uint32_t host);

/** What @p host is ordered by. */
static inline int64_t residual_order_key(const residual_order *o, uint32_t host) {
  return o->rows->use[(size_t)host * o->rows->resource_count + o->resource];
}

#endif
