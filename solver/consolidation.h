/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file consolidation.h
 * What only a whole cluster can answer when it is consolidated: which hosts stay on, whether
 * failures are survived, and what is proved of that (docs/model.md §8).
 */
#ifndef BERTH_SOLVER_CONSOLIDATION_H
#define BERTH_SOLVER_CONSOLIDATION_H

#include "exact_ladder.h"
#include "sequence.h"

/** A plan of a whole cluster: the sums of its parts to begin with. */
typedef struct cluster_plan {
  placement final;
  sequence moves;
  int64_t value[BERTH_LEVEL_COUNT];
  ladder_bounds bounds;
  uint32_t parts;      /* components that have anything to decide */
  int64_t spare_bound; /* of hosts.on where failures are survived; 0 = nothing known */
  uint8_t *serves;     /* [host] on at the end; NULL = all that were and those that are needed */
} cluster_plan;

/** Decides who serves, and looks for a better plan where the parts did not see the whole.
 * @param exact small clusters may be searched exhaustively.
 * @return false: no memory. */
bool consolidation_finish(cluster_plan *plan, bool exact, arena *memory, search_clock *clock);

#endif
