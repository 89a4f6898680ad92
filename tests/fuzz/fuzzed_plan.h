/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_plan.h
 * What is done with a plan, wherever it came from.
 */
#ifndef BERTH_FUZZED_PLAN_H
#define BERTH_FUZZED_PLAN_H

#include "fuzzed_file.h"
#include <berth/simulation.h>
#include <berth/verify.h>

/** Number of faults that the checker finds. With @p tell they are on standard error. */
uint32_t fuzzed_plan_faults(berth_context *ctx, const berth_plan *plan, bool tell);

/** Writes the plan in all forms there are, into nothing. */
void fuzzed_plan_write(berth_context *ctx, const berth_plan *plan);

/** As JSON, read again and written again it is the same.
 *  @param inventory before the plan's scenario. */
void fuzzed_plan_round_trip(berth_context *ctx, const berth_plan *plan,
                            const berth_inventory *inventory);

/** Carries the plan out; every now and then, as @p luck will have it, a step fails.
 *  @param sound whether it has passed the checker: then the inventory that is reached is taken
 *  too. */
void fuzzed_plan_carry_out(berth_context *ctx, const berth_plan *plan, uint64_t luck, bool sound);

/** Simulates a plan that has passed the checker: nothing is broken. */
void fuzzed_plan_simulate(berth_context *ctx, const berth_plan *plan, berth_draw draw,
                          int64_t delay, uint64_t seed);

#endif
