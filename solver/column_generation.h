/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file column_generation.h
 * The strong lower bound of one level: the linear program over host contents, solved by generating
 * them, and the integer prices that prove it (docs/model.md §9).
 */
#ifndef BERTH_SOLVER_COLUMN_GENERATION_H
#define BERTH_SOLVER_COLUMN_GENERATION_H

#include "pattern_pool.h"
#include "search_clock.h"

/** Prices and what they prove. */
typedef struct pattern_dual {
  content_prices prices;
  int64_t *weight, *assumed, *arrival; /* what prices point to */
  int64_t unit;                        /* every value of the level is base + a multiple of this */
  int64_t base;                        /* pattern_base_cost() of the level */
  int64_t value;                       /* scaled: no plan costs less than base + value / scale */
  int64_t bound; /* proved of the level: base + value / scale, rounded up to a unit */
  bool found;
} pattern_dual;

/** Work space for pricing, for one thread at a time. */
typedef struct pattern_pricer {
  const host_groups *groups;
  knapsack *knapsack;
  knapsack_type *types; /* [most_types] */
  uint32_t *counts;     /* [most_types] */
} pattern_pricer;

bool pattern_pricer_init(pattern_pricer *pricer, const host_groups *groups, arena *memory);

/** The content of a group's host with most profit less cost at @p prices; its types and counts stay
 * in
 *  @p pricer. @return how many types; *gain is that profit, *upper what none exceeds; 0 = nothing.
 */
uint32_t pattern_price(pattern_pricer *pricer, uint32_t group, const content_prices *prices,
                       knapsack_effort effort, int64_t *gain, int64_t *upper);

/**
 * Bounds ladder[@p index] for plans with the values of @p s on the levels before it; stops early
 * when
 * @p s is proved best on it.
 * @param pool receives the patterns found; starts with those of @p s.
 * @param clock its workers price the groups of hosts; what comes out is the same for any number.
 * @param milliseconds to take at most.
 * @return false: out of memory. Where contents do not bear on the level, or without an LP solver,
 * dual->found is false.
 */
bool column_generation(pattern_pool *pool, const placement *s, search_clock *clock,
                       int64_t milliseconds, pattern_dual *dual);

#endif
