/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_reserve.h
 * Room that is kept free for restarts, shared by all failures, and what fits beside it.
 */
#ifndef BERTH_SOLVER_CAPACITY_RESERVE_H
#define BERTH_SOLVER_CAPACITY_RESERVE_H

#include "audit_ground.h"
#include "capacity_fill.h"
#include "search_clock.h"

/** Sets of failures times VMs times hosts beyond which no reserve is planned. */
#define RESERVE_MOST_WORK UINT64_C(400000000)

typedef struct capacity_reserve capacity_reserve;

/** NULL = no memory. */
capacity_reserve *capacity_reserve_new(const capacity_ground *g, const audit_ground *audit,
                                       uint32_t failures, arena *memory);

/** False if that would take too long. */
bool capacity_reserve_pays(const capacity_ground *g, const audit_ground *audit, uint32_t failures);

/** Another round: the first keeps room for what runs, the later ones also for the mixes of the
 *  round before. @param[out] vms [host * flavours] of the caller. @return the mixes that fit; rules
 *  between VMs are not looked at, and nothing is proved. */
int64_t capacity_reserve_round(capacity_reserve *s, search_clock *clock, uint32_t *vms);

#endif
