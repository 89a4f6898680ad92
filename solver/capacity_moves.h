/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_moves.h
 * Migrations that make room for one VM more each, one after the other: quick, and a plan that can
 * be carried out, but not always the best there is.
 */
#ifndef BERTH_SOLVER_CAPACITY_MOVES_H
#define BERTH_SOLVER_CAPACITY_MOVES_H

#include "capacity_ground.h"
#include "search_clock.h"

/** Fills vms[1 .. steps] with the VMs that fit after so many migrations; vms[0] is given. Of a
 *  ground with one flavour that is plain. false = no memory. */
bool capacity_moves_try(const capacity_ground *g, uint32_t steps, search_clock *clock,
                        arena *memory, int64_t *vms);

#endif
