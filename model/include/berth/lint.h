/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lint.h
 * What is valid in an inventory and yet probably not meant.
 */
#ifndef BERTH_LINT_H
#define BERTH_LINT_H

#include <berth/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Looks for notifications that cannot work (no application, hardware too low, a timeout that the
 * host caps or has set to 0), must rules that leave a VM one host or none, and standby hosts that
 * cannot be woken. Findings are warnings among the problems of @p ctx, which are cleared first.
 * @param source stands before each finding, e.g. the file; NULL = nothing does.
 * @return BERTH_OK whatever was found; BERTH_E_ARGUMENT.
 */
BERTH_EXPORT berth_status berth_lint(berth_context *ctx, const berth_inventory *inventory,
                                     const char *source);

#ifdef __cplusplus
}
#endif
#endif
