/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cheap_bounds.h
 * Lower bounds that need no search: zero; what no single move can mend; VMs that fit nowhere.
 */
#ifndef BERTH_SOLVER_CHEAP_BOUNDS_H
#define BERTH_SOLVER_CHEAP_BOUNDS_H

#include "exact_ladder.h"

/** Bounds of all levels before makespan. Those of later levels hold for plans that reach the values
 * of
 *  @p s on the levels before. false = out of memory. */
bool cheap_bounds(const placement *s, arena *memory, ladder_bounds *bounds);

#endif
