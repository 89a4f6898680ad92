/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file balance_bound.h
 * Rebalance: overload that no placement avoids.
 */
#ifndef BERTH_SOLVER_BALANCE_BOUND_H
#define BERTH_SOLVER_BALANCE_BOUND_H

#include "problem.h"

/** A lower bound of the level overload, whatever the levels before it are. Goal rebalance only. */
int64_t balance_bound(const problem *p);

#endif
