/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_policy_bound.h
 * What admission control alone says of the hosts that have to be on. It looks at sums of what hosts
 * have, never at where VMs are, so that no search is needed.
 */
#ifndef BERTH_SOLVER_POWER_POLICY_BOUND_H
#define BERTH_SOLVER_POWER_POLICY_BOUND_H

#include "power_ground.h"

/** No set of hosts that satisfies it, with all of `stay`, is lighter.
 *  @param[out] bound 0 where admission control is not to be kept. @return false = no memory. */
bool power_policy_bound(const power_ground *g, int64_t *bound);

/** Adds hosts to @p on until it is satisfied, few and light ones; with all of them it must be.
 *  @return false = no memory. */
bool power_policy_extend(const power_ground *g, uint8_t *on);

#endif
