/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file column_generation.h
 * The strong lower bound of one level: the linear program over host contents, solved by generating
 * them, and the integer prices that prove it (docs/model.md §9).
 */
#ifndef BERTH_SOLVER_COLUMN_GENERATION_H
#define BERTH_SOLVER_COLUMN_GENERATION_H

#include "content_pricing.h"
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

/** A solution of the linear program. A hint only. */
typedef struct pattern_solution {
  bool found;
  uint32_t count; /* of patterns; the pool may have got more since */
  double *value;  /* [pattern] */
  double penalty; /* units of what is lacking: above 0, the node may have no solution */
} pattern_solution;

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

/**
 * The same for a node of a search tree: bounds the plans that obey @p branches. Those of one group
 * must fit its host together. Groups with branches have one host.
 * @param penalty of one unit that the contents known so far lack, in units of the level's cost;
 * with more of it a node without solutions is told as such.
 * @param memory for the prices, the solution and work.
 */
bool column_generation_node(pattern_pool *pool, const placement *s, search_clock *clock,
                            const content_branches *branches, int64_t penalty, arena *memory,
                            pattern_dual *dual, pattern_solution *solution);

#endif
