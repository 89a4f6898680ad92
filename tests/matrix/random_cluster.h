/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file random_cluster.h
 * Tiny random inventories with everything in them that docs/model.md speaks of. A seed gives the
 * same inventory on every machine.
 */
#ifndef BERTH_TESTS_RANDOM_CLUSTER_H
#define BERTH_TESTS_RANDOM_CLUSTER_H

#include <berth/plan.h>

/** Which kind of cases. */
typedef enum random_family {
  RANDOM_REQUESTS = 0, /**< goals from failover to defragment */
  RANDOM_LOADS,        /**< consolidate and rebalance: usage, watts, power-down, failures to keep */
  RANDOM_TIMES,        /**< goals with a makespan: gibibytes, narrow lanes, many notified guests */
  RANDOM_FAMILIES,
  RANDOM_WITH_NODES = 16 /**< added to one of the others: hosts with NUMA nodes, and many VMs that
                            ask for one; everything else is as without */
} random_family;

/** What is solved. */
typedef struct random_case {
  berth_inventory *inventory; /* owned by the caller; berth_inventory_release() */
  berth_goal goal;
  berth_plan_settings settings;
} random_case;

/** @param scaled quantities far beyond those that floating point adds up exactly to.
 *  @return what the builder returned; problems are in @p ctx. */
berth_status random_cluster(berth_context *ctx, uint64_t seed, random_family family, bool scaled,
                            random_case *out);

#endif
