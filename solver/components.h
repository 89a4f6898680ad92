/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file components.h
 * Parts of a cluster that have nothing to do with each other.
 */
#ifndef BERTH_SOLVER_COMPONENTS_H
#define BERTH_SOLVER_COMPONENTS_H

#include "problem.h"

/** Splits @p whole into its connected components, in order of their first host. Each lists
 * inventory indices. @param[out] count their number. NULL = out of memory. */
component *components_find(const problem *whole, arena *memory, uint32_t *count);

/** All hosts of the cluster, and its VMs that take part. false = no memory. */
bool components_list_cluster(const berth_inventory *inventory, uint32_t cluster, arena *memory,
                             component *out);

#endif
