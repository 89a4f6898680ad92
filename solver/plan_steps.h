/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_steps.h
 * From local numbers to the plan that the caller gets: steps with their reasons, placements, VMs
 * without a host, warnings.
 */
#ifndef BERTH_SOLVER_PLAN_STEPS_H
#define BERTH_SOLVER_PLAN_STEPS_H

#include "schedule.h"

/** Appends the steps of @p done to @p plan. */
berth_status plan_steps_add(berth_context *ctx, berth_plan *plan, const schedule *done);

/** Appends the VMs that end elsewhere, those that stay without a host (with their ledgers), and
 * what a person should know: VMs left behind, VMs that stay down, copies that do not converge. */
berth_status plan_outcome_add(berth_context *ctx, berth_plan *plan, const placement *final,
                              const schedule *done, arena *memory);

#endif
