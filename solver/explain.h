/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file explain.h
 * Why a VM has no host: the elimination ledger. What stands behind it is found by explain_plan.h.
 */
#ifndef BERTH_SOLVER_EXPLAIN_H
#define BERTH_SOLVER_EXPLAIN_H

#include "placement.h"
#include <berth/plan.h>

/** The ledger of @p item over all hosts of @p final (its own excepted), in the order of the
 * reasons, then of rules and resources. @param[out] out arrays in @p memory. false = out of memory.
 */
bool explain_item(const placement *final, uint32_t item, arena *memory, berth_plan_unplaced *out);

#endif
