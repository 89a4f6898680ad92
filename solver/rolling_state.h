/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling_state.h
 * Where a rolling maintenance stands between two rounds, in indices of the inventory before the
 * first, which all rounds keep.
 */
#ifndef BERTH_SOLVER_ROLLING_STATE_H
#define BERTH_SOLVER_ROLLING_STATE_H

#include "arena.h"
#include "frozen.h"
#include <berth/plan.h>

typedef struct rolling_state {
  const berth_inventory *inventory;
  const berth_scenario *scenario; /* that leads to it; may be NULL */
  uint32_t *where;                /* [vm] host; BERTH_NONE = runs nowhere */
  uint8_t *target;                /* [host] 1 = has to be patched, 2 = is */
  uint8_t *woken;                 /* [host] 1 = by an earlier round */
} rolling_state;

enum { ROLLING_TO_PATCH = 1, ROLLING_PATCHED = 2 };

/** In @p memory. false = no memory. */
bool rolling_state_init(rolling_state *s, const berth_inventory *inventory,
                        const berth_scenario *scenario, arena *memory);

/** Whether whoever arrives at @p host never has to leave it again. */
bool rolling_state_is_good(const rolling_state *s, uint32_t host);

/** The scenario that leads from the inventory as read to this state, with @p count hosts in
 *  maintenance. @param[out] out owned by the caller. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status rolling_state_scenario(berth_context *ctx, const rolling_state *s,
                                    const uint32_t *hosts, uint32_t count, berth_scenario **out);

/** Moves on to the end of @p plan. */
void rolling_state_advance(rolling_state *s, const berth_plan *plan);

#endif
