/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file iteration_price.h
 * What simplex iterations take, by and large, so that integer programs can be given an amount of
 * work instead of a time: then the same search ends at the same place on a loaded machine.
 */
#ifndef BERTH_SOLVER_ITERATION_PRICE_H
#define BERTH_SOLVER_ITERATION_PRICE_H

#include "mip.h"
#include <assert.h>

enum {
  /* Microseconds: so much, and one more for so many entries. Measured on neighbourhoods (1,000
     entries: 120) and whole clusters (170,000: 1,700). */
  ITERATION_PRICE = 110,
  ENTRIES_A_MICROSECOND = 100,
  LEAST_WORK = 100 /* iterations: below, not even the relaxation comes to its end */
};

/** Microseconds of one iteration on @p model. */
static inline int64_t iteration_price(const mip_model *model) {
  return ITERATION_PRICE + (int64_t)(model->entry_count / ENTRIES_A_MICROSECOND);
}

/** Iterations that so many microseconds pay for, at least LEAST_WORK: for mip_limits. */
static inline uint64_t iterations_for(const mip_model *model, int64_t microseconds) {
  assert(microseconds > 0);
  int64_t work = microseconds / iteration_price(model);
  return work > LEAST_WORK ? (uint64_t)work : LEAST_WORK;
}

#endif
