/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file construct.h
 * A first end state, quickly.
 */
#ifndef BERTH_SOLVER_CONSTRUCT_H
#define BERTH_SOLVER_CONSTRUCT_H

#include "placement.h"
#include "search_clock.h"

/** Empties the hosts that must be left, mends what is violated, places what is requested, as far as
 * it gets. false = out of memory. */
bool construct_placement(placement *s, arena *memory, search_clock *clock);

#endif
