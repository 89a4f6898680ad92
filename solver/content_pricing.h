/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file content_pricing.h
 * The best content of a host at given prices, exact in integers: the subproblem of column
 * generation.
 */
#ifndef BERTH_SOLVER_CONTENT_PRICING_H
#define BERTH_SOLVER_CONTENT_PRICING_H

#include "content_branches.h"
#include "host_groups.h"

/** Work space for pricing, for one thread at a time. */
typedef struct pattern_pricer {
  const host_groups *groups;
  const content_branches *branches; /* that contents must obey; NULL = none */
  knapsack *knapsack;
  knapsack_type *types; /* [most_types] */
  uint32_t *counts;     /* [most_types] */
  int64_t *room;        /* [resource] */
} pattern_pricer;

bool pattern_pricer_init(pattern_pricer *pricer, const host_groups *groups, arena *memory);

/** The content of a group's host with most profit less cost at @p prices; its types and counts stay
 * in
 *  @p pricer. @return how many types; *gain is that profit, *upper what none exceeds. Where nothing
 *  has to be in, an empty content counts: *upper is at least 0. */
uint32_t pattern_price(pattern_pricer *pricer, uint32_t group, const content_prices *prices,
                       knapsack_effort effort, int64_t *gain, int64_t *upper);

#endif
