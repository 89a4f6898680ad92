/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_knapsack.h
 * The checker's integer knapsack in several resources: how much profit one host's content can have.
 * Every answer is an upper bound that holds; with enough work it is the exact maximum.
 */
#ifndef BERTH_MODEL_CHECK_KNAPSACK_H
#define BERTH_MODEL_CHECK_KNAPSACK_H

#include "check_internal.h"

typedef struct knapsack_item {
  const int64_t *demand; /* [resource_count of the inventory] */
  int64_t profit;        /* > 0 */
  int64_t count;         /* how many there are */
  int64_t size;          /* in the surrogate */
} knapsack_item;

/** Workspace; fill `items` and call check_knapsack_begin(). */
typedef struct check_knapsack {
  check *c; /* whose memory it takes */
  uint32_t resources;
  const int64_t *limit;
  uint32_t item_count, item_room;
  knapsack_item *items;

  uint32_t active_count; /* resources that can run out */
  uint32_t *active;
  int64_t *factor, *share, *load, *left; /* [resource] of the surrogate and the search */
  int64_t *best_share;
  int64_t *taken;                   /* [item] */
  int64_t size;                     /* of the host, in the surrogate */
  int64_t break_profit, break_size; /* of the item that the best surrogate takes a fraction of */
  int64_t *table;                   /* of check_knapsack_table.c */
  int64_t upper;                    /* no content has more */
  int64_t lower;                    /* some content has this */
} check_knapsack;

/** Makes room for @p items. False: out of memory. */
bool check_knapsack_reserve(check *c, check_knapsack *k, uint32_t items);
/** Sets `upper` and `lower` quickly. False: profits that do not add up in 62 bits. */
bool check_knapsack_begin(check_knapsack *k);
/** Narrows `upper` and `lower` by branch and bound, in up to @p nodes, which it counts down. */
void check_knapsack_refine(check_knapsack *k, int64_t *nodes);
/** An upper bound by dynamic programming over the resource that weighs most in the surrogate, the
 *  others priced; INT64_MAX if that costs more than @p nodes or there is no memory for it. */
int64_t check_knapsack_table(check_knapsack *k, int64_t *nodes);

#endif
