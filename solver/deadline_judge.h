/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deadline_judge.h
 * The verdict on a plan's deadline: what is in the way, and what would help (docs/model.md §12).
 */
#ifndef BERTH_SOLVER_DEADLINE_JUDGE_H
#define BERTH_SOLVER_DEADLINE_JUDGE_H

#include <berth/plan.h>

/** Judges a plan that has its steps, makespan and levels. @p seconds > 0.
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status deadline_judge(berth_context *ctx, berth_plan *plan, int64_t seconds);

#endif
