/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gap_filling.h
 * Consolidation of large clusters: empties whole hosts into the gaps of the others.
 */
#ifndef BERTH_SOLVER_GAP_FILLING_H
#define BERTH_SOLVER_GAP_FILLING_H

#include "column_generation.h"

/**
 * Lowers hosts.on of @p s; no level before it gets worse. Only the items of emptied hosts move, so
 * no host both sends and receives.
 * @param dual prices of the stage hosts.on; they say what an item is worth.
 * @param bound no placement has less on hosts.on.
 * @return false: out of memory.
 */
bool gap_filling(placement *s, const host_groups *groups, const pattern_dual *dual, int64_t bound,
                 search_clock *clock);

#endif
