/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_cluster.h
 * All figures of one cluster, and those that the purchase of hosts is judged by.
 */
#ifndef BERTH_SOLVER_CAPACITY_CLUSTER_H
#define BERTH_SOLVER_CAPACITY_CLUSTER_H

#include "search_clock.h"
#include <berth/capacity.h>

/** Who asks. */
typedef struct capacity_asking {
  berth_context *ctx;
  const berth_capacity_request *request;
  search_clock *clock;
  int64_t exact_limit;
} capacity_asking;

/** What fits as it is, and while @p failures stay survivable; migrations are not looked at. */
berth_status capacity_judge(const capacity_asking *asking, const berth_inventory *inventory,
                            uint32_t cluster, uint32_t failures, berth_capacity_figure *now,
                            berth_capacity_figure *kept);

/** All of @p out but purchases; lists live in @p memory. */
berth_status capacity_cluster_ask(const capacity_asking *asking, const berth_inventory *inventory,
                                  uint32_t cluster, arena *memory, berth_capacity_cluster *out);

/** What one more host of each kind would add. */
berth_status capacity_purchases_ask(const capacity_asking *asking, const berth_inventory *inventory,
                                    uint32_t cluster, arena *memory, berth_capacity_cluster *out);

#endif
