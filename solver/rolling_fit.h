/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_fit.h
 * Which hosts could be down together, judged by room and admission alone, and quickly.
 */
#ifndef BERTH_SOLVER_ROLLING_FIT_H
#define BERTH_SOLVER_ROLLING_FIT_H

#include "problem.h"
#include "rolling_state.h"
#include <berth/rolling.h>

typedef struct rolling_fit rolling_fit;

/** In @p memory; NULL = no memory. */
rolling_fit *rolling_fit_new(const rolling_state *state, arena *memory);

/** Takes over where the VMs are and what is patched. */
void rolling_fit_follow(rolling_fit *f, const rolling_state *state);

/** Running VMs on @p host. */
uint32_t rolling_fit_population(const rolling_fit *f, uint32_t host);

/**
 * The hosts of @p cluster for the next round.
 * @param barred [host] 1 = not in this round.
 * @param[out] set [at_once]; what was added last comes last.
 * @return how many; 0 = none was seen to fit.
 */
uint32_t rolling_fit_choose(rolling_fit *f, uint32_t cluster, uint32_t at_once,
                            berth_rolling_first first, const uint8_t *barred, uint32_t *set);

#endif
