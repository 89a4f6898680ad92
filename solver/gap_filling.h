/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gap_filling.h
 * Consolidation of large clusters: empties whole hosts into the gaps of the others.
 */
#ifndef BERTH_SOLVER_GAP_FILLING_H
#define BERTH_SOLVER_GAP_FILLING_H

#include "column_generation.h"

/**
 * Lowers hosts.on of @p s; no level before it gets worse. Only the items of emptied hosts move, and
 * a few that make room for them.
 * @param start the placement to begin from, no better than @p s.
 * @param dual prices of the stage hosts.on, which say what an item is worth; if none were found,
 * shares of a host do.
 * @param bound no placement has less on hosts.on.
 * @return false: out of memory.
 */
bool gap_filling(placement *s, const placement *start, const host_groups *groups,
                 const pattern_dual *dual, int64_t bound, search_clock *clock);

#endif
