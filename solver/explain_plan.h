/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file explain_plan.h
 * Explanations in full, added to a plan that is otherwise finished: for VMs without a host, or left
 * on one that they must leave, group shortages, conflicts and remedies (docs/model.md §10).
 */
#ifndef BERTH_SOLVER_EXPLAIN_PLAN_H
#define BERTH_SOLVER_EXPLAIN_PLAN_H

#include <berth/option.h>
#include <berth/plan.h>

/** Takes a tenth of the time limit at most, or 200 ms if that is more, and never more than 2 s.
 *  @param options NULL = defaults. */
berth_status explain_plan(berth_context *ctx, berth_plan *plan, const berth_options *options);

#endif
