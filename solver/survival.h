/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file survival.h
 * Whether the hosts that serve at the end survive any K failures (docs/model.md §8).
 */
#ifndef BERTH_SOLVER_SURVIVAL_H
#define BERTH_SOLVER_SURVIVAL_H

#include "placement.h"
#include "search_clock.h"

typedef enum survival_verdict {
  SURVIVAL_PROVED = 0,
  SURVIVAL_LOST, /* proved that some failures are not survived */
  SURVIVAL_OPEN, /* not decided within the limit of work */
  SURVIVAL_OUT_OF_MEMORY
} survival_verdict;

/** True if @p host is on at the end, given those powered @p down ([host]). */
bool survival_serves(const placement *final, const uint8_t *down, uint32_t host);

/** Tries every set of @p failures of the hosts that serve. */
survival_verdict survival_of_failures(const placement *final, const uint8_t *down,
                                      uint32_t failures, arena *memory, search_clock *clock);

#endif
