/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy_lint.h
 * The findings of lint.h that need the figures of admission control: whether it is satisfied, and
 * which hosts it keeps from entering maintenance.
 */
#ifndef BERTH_POLICY_LINT_H
#define BERTH_POLICY_LINT_H

#include <berth/lint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Looks for what the codes admission-… and degraded-… of lint.h mean, in clusters with HA on and an
 * admission control policy. Findings are added to the problems of @p ctx.
 * @param request NULL = the defaults.
 * @return BERTH_OK whatever was found; BERTH_E_ARGUMENT; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_lint_admission(berth_context *ctx, const berth_inventory *inventory,
                                               const berth_lint_request *request);

#ifdef __cplusplus
}
#endif
#endif
