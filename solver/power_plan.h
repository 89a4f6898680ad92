/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_plan.h
 * From choices to plans that can be carried out and verified: there, of the inventory as it is, and
 * back, of the state that the first one reaches.
 */
#ifndef BERTH_SOLVER_POWER_PLAN_H
#define BERTH_SOLVER_POWER_PLAN_H

#include "power_choice.h"
#include "schedule.h"

/** What a plan does to one cluster. */
typedef struct power_move {
  const power_ground *ground;
  const power_choice *choice;
} power_move;

/** The plan there. @param moves one for each cluster that is looked at, in their order.
 *  @param[out] out owned by the caller. */
berth_status power_plan_down(berth_context *ctx, const berth_inventory *inventory,
                             const berth_scenario *scenario, const power_move *moves,
                             uint32_t count, arena *memory, berth_plan **out);

/** What the plan makes of the inventory: @p scenario, then hosts woken, VMs moved, hosts put to
 *  sleep. @param[out] out owned by the caller. */
berth_status power_plan_reached(berth_context *ctx, const berth_scenario *scenario,
                                const berth_plan *plan, berth_scenario **out);

/** The plan back.
 *  @param reached what @p scenario makes of the inventory that was given.
 *  @param[out] out owned by the caller; NULL if there is none, and @p why (in @p memory) says so.
 */
berth_status power_plan_back(berth_context *ctx, const berth_inventory *reached,
                             const berth_scenario *scenario, const power_move *moves,
                             uint32_t count, arena *memory, berth_plan **out, const char **why);

#endif
