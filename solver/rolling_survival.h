/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_survival.h
 * Whether the hosts that stay on survive failures while others are down.
 */
#ifndef BERTH_SOLVER_ROLLING_SURVIVAL_H
#define BERTH_SOLVER_ROLLING_SURVIVAL_H

#include "survival.h"

/** For every cluster of @p now, whose VMs stand where they do and whose hosts in maintenance are
 *  empty: survives the rest @p failures? The worst verdict of all. @return BERTH_OK, BERTH_E_NOMEM.
 */
berth_status rolling_survival(berth_context *ctx, const berth_inventory *now, uint32_t failures,
                              int64_t milliseconds, survival_verdict *verdict);

#endif
