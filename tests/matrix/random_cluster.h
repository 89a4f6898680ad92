/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file random_cluster.h
 * Tiny random inventories with everything in them that docs/model.md speaks of. A seed gives the
 * same inventory on every machine.
 */
#ifndef BERTH_TESTS_RANDOM_CLUSTER_H
#define BERTH_TESTS_RANDOM_CLUSTER_H

#include <berth/goal.h>

/** @param[out] out owned by the caller; berth_inventory_release().
 *  @param[out] goal one of the five that a plan can be solved for.
 *  @return what the builder returned; problems are in @p ctx. */
berth_status random_cluster(berth_context *ctx, uint64_t seed, berth_inventory **out,
                            berth_goal *goal);

#endif
