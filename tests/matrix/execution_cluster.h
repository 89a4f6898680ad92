/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file execution_cluster.h
 * Random clusters in which time matters: most guests are told before they move and take their time,
 * application clusters tolerate one disturbance at once, few migrations may fly at once, and hosts
 * are so full that one VM must leave before another comes. A seed gives the same on every machine.
 */
#ifndef BERTH_TESTS_EXECUTION_CLUSTER_H
#define BERTH_TESTS_EXECUTION_CLUSTER_H

#include "random_cluster.h"

/** @param size hosts are 2 + 2·size or a few more, VMs some eight times as many at most. */
berth_status execution_cluster(berth_context *ctx, uint64_t seed, uint32_t size, random_case *out);

#endif
