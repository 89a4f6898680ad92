/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pattern_plan.h
 * From contents of hosts back to a placement.
 */
#ifndef BERTH_SOLVER_PATTERN_PLAN_H
#define BERTH_SOLVER_PATTERN_PLAN_H

#include "pattern_pool.h"

/** How many items of each class each host holds where pattern i is used @p values [i] times: [host
 * * class_count + class]. Each goes to the host of its group where most items stay. NULL = no
 * memory.
 */
uint32_t *pattern_plan_counts(const content_model *m, const pattern_pool *pool,
                              const int64_t *values, arena *memory);

/** Takes @p counts over if that is an allowed plan better than @p s. Requested items that they
 * leave out go where there is room. @return false: out of memory; where that shows only while VMs
 * are dealt out, the counts are not taken over. */
bool pattern_plan_adopt(placement *s, const content_model *m, const uint32_t *counts,
                        arena *memory);

#endif
