/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_bound.h
 * What no rolling maintenance of given hosts can do without (docs/model.md §12).
 */
#ifndef BERTH_SOLVER_ROLLING_BOUND_H
#define BERTH_SOLVER_ROLLING_BOUND_H

#include "frozen.h"
#include <berth/rolling.h>

/** Fills the bounds of @p sums. @param patched [host] 1 = to be patched. */
void rolling_bound(const berth_inventory *inventory, const berth_rolling_request *request,
                   uint32_t keep_failures, const uint8_t *patched, int64_t *scratch,
                   berth_rolling_sums *sums);

#endif
