/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file balance_descent.h
 * Rebalance: migrations and swaps that take load off the hosts that have too much.
 */
#ifndef BERTH_SOLVER_BALANCE_DESCENT_H
#define BERTH_SOLVER_BALANCE_DESCENT_H

#include "placement.h"
#include "search_clock.h"

/** Improves @p s by the ladder; goal rebalance only. false = no memory. */
bool balance_descent(placement *s, arena *memory, search_clock *clock);

#endif
