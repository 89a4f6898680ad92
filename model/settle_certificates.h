/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file settle_certificates.h
 * For who makes a plan: its check, in which certificates that do not hold are no faults but go.
 */
#ifndef BERTH_MODEL_SETTLE_CERTIFICATES_H
#define BERTH_MODEL_SETTLE_CERTIFICATES_H

#include <berth/verify.h>

/** Checks @p plan as berth_verify() does. Before, bounds of its certificates are lowered to what
 * the checker derives of them; certificates that prove nothing then, or more than the plan says,
 * are removed. berth_verify() finds no fault in those that are left. */
berth_status verify_and_settle(berth_context *ctx, berth_plan *plan, berth_report **out);

/** Sets the bounds of all certificates of @p plan to @p bounds, and removes those with 0. (plan.c)
 */
void plan_settle_certificates(berth_plan *plan, const int64_t *bounds);

#endif
