/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_load.h
 * What VMs ask for, as power management measures it (docs/model.md §15), and the range that it
 * keeps hosts in.
 */
#ifndef BERTH_SOLVER_POWER_LOAD_H
#define BERTH_SOLVER_POWER_LOAD_H

#include "frozen.h"
#include <berth/power.h>

/** Usage where it is known (memory with its overhead), else the reservation. */
berth_power_load power_load_of_vm(const berth_inventory *inventory, uint32_t vm);

/** Adds @p more to @p sum. */
void power_load_add(berth_power_load *sum, berth_power_load more);

/** What a host, or several, have. */
berth_power_load power_load_capacity(const berth_inventory *inventory, uint32_t host);

/** @p percent of @p capacity, rounded down. */
berth_power_load power_load_share(berth_power_load capacity, int64_t percent);

/** More than @p percent of the capacity in cpu or in memory: how many of the two. */
int64_t power_load_above(berth_power_load load, berth_power_load capacity, int64_t percent);

/** No more than @p limit in either. */
bool power_load_fits(berth_power_load load, berth_power_load limit);

/** Less than @p percent of the capacity in both. */
bool power_load_below(berth_power_load load, berth_power_load capacity, int64_t percent);

#endif
