/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_approvals.h
 * What waits for a person: each step of a plan that needs approval, and all that it holds up.
 */
#ifndef BERTH_SOLVER_POWER_APPROVALS_H
#define BERTH_SOLVER_POWER_APPROVALS_H

#include "arena.h"
#include <berth/power.h>

/** @param[out] list in @p memory, in the order of the steps. @return false = no memory. */
bool power_approvals_find(const berth_plan *plan, arena *memory, const berth_power_approval **list,
                          uint32_t *count);

#endif
