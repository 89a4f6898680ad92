/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ejection_chain.h
 * Forcing an item onto a host that has no room for it, by moving others away (Glover's ejection
 * chains).
 */
#ifndef BERTH_SOLVER_EJECTION_CHAIN_H
#define BERTH_SOLVER_EJECTION_CHAIN_H

#include "placement.h"

/**
 * Finds @p item a host by ejecting movable items, which are re-placed on awake hosts, themselves by
 * a chain if need be.
 * @param depth longest chain; 1 = the ejected fit directly.
 * @param scans most searches for a destination, each over all hosts: the limit of the work.
 * @param barred [host] 1 = out of the question; as before afterwards.
 * @return true: @p item stands; false: @p s is as it was.
 */
bool ejection_chain_place(placement *s, uint32_t item, uint32_t depth, uint32_t scans,
                          uint8_t *barred);

#endif
