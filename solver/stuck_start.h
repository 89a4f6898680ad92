/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stuck_start.h
 * A proof that no plan moves every VM straight to where it ends.
 */
#ifndef BERTH_SOLVER_STUCK_START_H
#define BERTH_SOLVER_STUCK_START_H

#include "placement.h"

/**
 * True if in the initial state no VM can move to a host where it could end: none has room for it,
 * or a should rule forbids it that no plan with the values of @p target breaks. Then a plan that
 * migrates at all makes a stop-over.
 * @param[out] stuck the answer. @return false: out of memory.
 */
bool stuck_start(const placement *target, arena *memory, bool *stuck);

#endif
