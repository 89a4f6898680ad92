/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_candidates.h
 * Hosts that an item may be restarted at as a cluster stands, without looking at those that cannot
 * have the room: lists in the order in which first fit should try them.
 */
#ifndef BERTH_SOLVER_AUDIT_CANDIDATES_H
#define BERTH_SOLVER_AUDIT_CANDIDATES_H

#include "problem.h"

enum { CANDIDATE_STEPS = 1024, CANDIDATE_ORDERS = 2 };

/** Hosts by their room of one resource, most first. */
typedef struct candidate_order {
  const uint32_t *hosts;
  int64_t most;                        /* capacity of the largest host */
  uint32_t reach[CANDIDATE_STEPS + 2]; /* [k] hosts with room for k / CANDIDATE_STEPS of `most` */
} candidate_order;

typedef struct audit_candidates {
  uint32_t open_count;
  const uint32_t *open; /* hosts that are on and take VMs, roomiest first */
  uint32_t asleep_count;
  const uint32_t *asleep;               /* hosts that could be woken and take VMs then */
  candidate_order by[CANDIDATE_ORDERS]; /* [BERTH_RESOURCE_CPU, BERTH_RESOURCE_MEMORY] of `open` */

  const uint32_t *choice;       /* [class] its row of choices, BERTH_NONE = all of `open` */
  const uint32_t *choice_start; /* [row] */
  const uint32_t *choices;      /* hosts of `open` that the class may be restarted at */
} audit_candidates;

/** @p room: [host * resources] of hosts as they are. Everything lives in @p memory. false = no
 *  memory. */
bool audit_candidates_build(audit_candidates *c, const problem *p, const int64_t *room,
                            arena *memory);

/** The shortest list that has all open hosts at which @p item may be restarted and has room, and
 *  maybe others. */
const uint32_t *audit_candidates_of(const audit_candidates *c, const problem *p, uint32_t item,
                                    uint32_t *count);

/** The same for hosts that may have to be given the room first. */
const uint32_t *audit_candidates_admitted(const audit_candidates *c, const problem *p,
                                          uint32_t item, uint32_t *count);

/** Whether few of the open hosts admit @p item. */
bool audit_candidates_few(const audit_candidates *c, const problem *p, uint32_t item);

#endif
