/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file time_ties.h
 * Which of several VMs moves where the ladder does not care: the one that takes less time.
 */
#ifndef BERTH_SOLVER_TIME_TIES_H
#define BERTH_SOLVER_TIME_TIES_H

#include "placement.h"
#include "search_clock.h"

/** Lets VMs that are quick to move (not notified, or with short waits; then with short copies) take
 *  the places of slow ones from the same host, as long as no level of @p s changes. false = no
 *  memory. */
bool time_ties_break(placement *s, arena *memory, search_clock *clock);

#endif
