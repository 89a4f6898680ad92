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
  SURVIVAL_OPEN  /* not decided within the limit of work */
} survival_verdict;

/** What tests of one problem work with; @p p is a whole cluster. */
typedef struct survival survival;

/** In @p memory; NULL = no memory. */
survival *survival_new(const problem *p, arena *memory);

/**
 * Tries every set of so many failures as the settings of the problem ask for.
 * @param end an end state of the problem.
 * @param serves [host] 1 = on at the end.
 */
survival_verdict survival_test(survival *s, const placement *end, const uint8_t *serves,
                               search_clock *clock);

#endif
