/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file destination.h
 * The best single host for one item, all others standing still.
 */
#ifndef BERTH_SOLVER_DESTINATION_H
#define BERTH_SOLVER_DESTINATION_H

#include "placement.h"

/** Share of the fullest resource of @p host once @p item stands there, in 1/2^20. */
int64_t destination_fill(const placement *s, uint32_t item, uint32_t host);

/**
 * The best host for @p item to stand on: fewest should rules broken, then no host woken, then the
 * tightest fit (best fit keeps large gaps whole), then the lowest number.
 * @param barred [host] 1 = out of the question; NULL = none.
 * @param may_wake false = hosts awake in @p s only.
 * @return BERTH_NONE if it fits nowhere. @p s stays, but for the index that is made for those who
 *         ask often.
 */
uint32_t destination_best(placement *s, uint32_t item, const uint8_t *barred, bool may_wake);

#endif
