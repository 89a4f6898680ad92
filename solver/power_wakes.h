/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_wakes.h
 * Once hosts sleep: who is woken when one of the others fails, in which order, and how long until
 * all VMs are back.
 */
#ifndef BERTH_SOLVER_POWER_WAKES_H
#define BERTH_SOLVER_POWER_WAKES_H

#include "arena.h"
#include "search_clock.h"
#include <berth/power.h>

/** Fills what @p clusters [cluster] of those looked at say of failures; lists live in @p memory.
 *  @param reached the state in which they fail. */
berth_status power_wakes_find(berth_context *ctx, const berth_inventory *reached,
                              const berth_options *options, search_clock *clock, arena *memory,
                              berth_power_cluster *clusters);

#endif
