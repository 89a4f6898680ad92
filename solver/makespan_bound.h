/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file makespan_bound.h
 * What no schedule can beat in the worst case.
 */
#ifndef BERTH_SOLVER_MAKESPAN_BOUND_H
#define BERTH_SOLVER_MAKESPAN_BOUND_H

#include "placement.h"

/** Seconds that every plan with the values of @p final on the levels before makespan takes. */
int64_t makespan_bound(const placement *final);

#endif
