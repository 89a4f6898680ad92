/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_question.h
 * What power management asks of the consolidation that there is: the fewest hosts of one cluster,
 * some of which have to stay on, none of which may be above the range.
 */
#ifndef BERTH_SOLVER_POWER_QUESTION_H
#define BERTH_SOLVER_POWER_QUESTION_H

#include "power_ground.h"
#include "sequence.h"

/** How much is asked at once. */
typedef struct power_question {
  const uint8_t *stay;     /* [host] online, and has to stay on */
  const uint8_t *may_wake; /* [host] in standby, and may be woken */
  bool within_range;       /* no host above it, as far as can be */
  uint32_t keep_failures;
  int64_t milliseconds;
} power_question;

/** The levels before the hosts. */
enum { POWER_VIOLATIONS = 0, POWER_UNPLACED, POWER_SHOULD, POWER_BEFORE };

/** Everything in the arena of the ground. */
typedef struct power_reply {
  int64_t before[POWER_BEFORE], before_bound[POWER_BEFORE];
  int64_t weight, bound; /* of the cluster's hosts that serve */
  uint8_t *serves;       /* [host] */
  uint32_t *at;          /* [item of the ground's problem] host, BERTH_NONE = nowhere */
  sequence moves;        /* in an allowed order, in numbers of the ground's problem */
} power_reply;

/** @return BERTH_OK, or what came of it. */
berth_status power_question_ask(const power_ground *g, const power_question *question,
                                power_reply *out);

/** Pairs of host and resource that are above the range with the VMs of @p reply where it has them.
 *  @return false = no memory. */
bool power_reply_above(const power_ground *g, const power_reply *reply, int64_t *above);

/** Whether its moves, one after the other, keep every host within power_ground_limit().
 *  @return false = no memory. */
bool power_reply_stays_in_range(const power_ground *g, const power_reply *reply, bool *stays);

#endif
