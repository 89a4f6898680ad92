/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file knapsack.h
 * The bounded knapsack with several resources, exact in integers: which counts of which item types
 * fill a host with most profit, and which fill it with at least a given profit.
 */
#ifndef BERTH_SOLVER_KNAPSACK_H
#define BERTH_SOLVER_KNAPSACK_H

#include "arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Items of one demand. */
typedef struct knapsack_type {
  const int64_t *demand; /* [resource], at least 0, at most 2^42 */
  int64_t profit;        /* of one; negative ones are for knapsack_list() only */
  uint32_t most;         /* how many there are */
  uint32_t label;        /* the caller's */
  bool free_of_charge; /* knapsack_list(): what leaves one of these out though it fits is skipped */
} knapsack_type;

/** Work space, for one thread at a time. */
typedef struct knapsack knapsack;

/** What a search found. */
typedef struct knapsack_result {
  int64_t profit; /* of the counts */
  int64_t upper;  /* no filling has more; equal to profit unless the node limit was hit */
} knapsack_result;

/** For at most @p type_room types; lives in @p memory. NULL = no memory. */
knapsack *knapsack_new(arena *memory, uint32_t resource_count, uint32_t type_room);

/** How hard to try. */
typedef enum knapsack_effort {
  KNAPSACK_QUICK = 0, /* few branches: often exact, always a good filling */
  KNAPSACK_EXACT      /* a table over one resource bounds the branches that are left */
} knapsack_effort;

/**
 * Most profit within @p room [resource] (at least 0).
 * @param types are sorted in place.
 * @param counts [type] in the sorted order.
 */
void knapsack_best(knapsack *k, knapsack_type *types, uint32_t type_count, const int64_t *room,
                   knapsack_effort effort, uint32_t *counts, knapsack_result *result);

/** Called for each filling: counts [type] and their profit. false ends the listing. */
typedef bool (*knapsack_visit)(void *user, const uint32_t *counts, int64_t profit);

/** Lists every filling with profit of at least @p least, but those that leave out an item free of
 *  charge that still fits. @p nodes counts down. false = cut off, by the nodes or the visitor. */
bool knapsack_list(knapsack *k, knapsack_type *types, uint32_t type_count, const int64_t *room,
                   int64_t least, uint64_t *nodes, knapsack_visit visit, void *user);

#endif
