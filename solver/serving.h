/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file serving.h
 * Which hosts are on after a consolidation (docs/model.md §8).
 */
#ifndef BERTH_SOLVER_SERVING_H
#define BERTH_SOLVER_SERVING_H

#include "placement.h"
#include "search_clock.h"

/** The hosts that serve with an end state. */
typedef struct serving {
  const uint8_t *serves; /* [host] 1 = on at the end; valid until the next choice */
  int64_t hosts_on;      /* value of the level */
  bool survives;         /* any settings.keep_failures failures, proved */
  bool exact;            /* no other hosts are better for this end state, survival first */
} serving;

/** What choices for one problem work with. */
typedef struct serving_choice serving_choice;

/** In @p memory; @p p is a whole cluster, goal consolidate. NULL = no memory. */
serving_choice *serving_choice_new(const problem *p, arena *memory);

/**
 * The fewest (lightest) hosts that survive; if none do, the lightest that may be.
 * @param woken [host] 1 = woken on the way; NULL = none.
 * @param most heavier sets that survive are of no use.
 */
void serving_choose(serving_choice *c, const placement *end, const uint8_t *woken, int64_t most,
                    search_clock *clock, serving *out);

/** No plan has less on hosts.on: what cannot be powered down, and as many as must serve. */
int64_t serving_least(const serving_choice *c);

#endif
