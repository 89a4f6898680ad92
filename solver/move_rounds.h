/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file move_rounds.h
 * Moves of equal length between hosts that send and hosts that receive: the fewest rounds there can
 * be, by edge colouring.
 */
#ifndef BERTH_SOLVER_MOVE_ROUNDS_H
#define BERTH_SOLVER_MOVE_ROUNDS_H

#include "sequence.h"

/**
 * Orders @p moves by round: ⌈most moves of a host / migrationsPerHost⌉ rounds, which no plan of
 * these moves undercuts, with at most migrationsPerHost moves of every host in each.
 * @param[out] order in @p memory; count 0 = does not apply: moves of different lengths, a host that
 * sends and receives, or limits beside those of hosts (datastores, quiesce groups, spread rules,
 * wakes).
 * @return false: out of memory.
 */
bool move_rounds_find(const problem *p, const sequence *moves, arena *memory, sequence *order);

#endif
