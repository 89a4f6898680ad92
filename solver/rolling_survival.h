/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_survival.h
 * Whether the hosts that stay on survive failures while others are down.
 */
#ifndef BERTH_SOLVER_ROLLING_SURVIVAL_H
#define BERTH_SOLVER_ROLLING_SURVIVAL_H

#include "survival.h"

/** In @p now VMs stand where they do and hosts in maintenance are empty: does the rest survive
 *  @p failures?
 *  @param counts [cluster] 0 = not asked; PROVED is the answer.
 *  @param[out] verdicts [cluster].
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status rolling_survival(berth_context *ctx, const berth_inventory *now, uint32_t failures,
                              int64_t milliseconds, const uint32_t *counts,
                              survival_verdict *verdicts);

#endif
