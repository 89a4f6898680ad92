/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file restart_barrier.h
 * What the VMs of a restart-after rule wait for. All of them wait for the same steps, so these are
 * kept once a rule: a rule of 3,000 VMs after 3,000 others has nine million pairs.
 */
#ifndef BERTH_SOLVER_RESTART_BARRIER_H
#define BERTH_SOLVER_RESTART_BARRIER_H

#include "schedule.h"

struct restart_barrier {
  bool known;
  step_list steps; /* those that no other of the rule's `after` follows in its lane */
  int64_t earliest, latest, expected; /* when all have ended */
};

/** The barriers of a cluster, and the marks that finding them takes. */
typedef struct restart_barriers {
  restart_barrier *of_rule; /* [rule of the cluster] */
  uint32_t *mark;           /* [step] rule of the cluster + 1 that last passed there */
} restart_barriers;

/** false = out of memory. */
bool restart_barriers_init(restart_barriers *b, const problem *p, arena *memory, size_t most_steps);

/**
 * The barrier of rule @p rule of the inventory, an enabled restart-after rule.
 * @param last_step [item] its start, BERTH_NONE if it has none. All of the rule's `after` that
 *        start at all have started by now, with their windows set.
 * @return NULL = out of memory.
 */
const restart_barrier *restart_barrier_of(restart_barriers *b, const schedule *done, uint32_t rule,
                                          const uint32_t *last_step);

#endif
