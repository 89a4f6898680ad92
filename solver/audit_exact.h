/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_exact.h
 * One failure set put to the search that plans are made with.
 */
#ifndef BERTH_SOLVER_AUDIT_EXACT_H
#define BERTH_SOLVER_AUDIT_EXACT_H

#include "audit_ground.h"
#include "search_clock.h"
#include <berth/audit.h>

/** Whether HA, left alone, restarts every VM. */
typedef enum audit_alone { ALONE_NO = 0, ALONE_YES, ALONE_UNDECIDED } audit_alone;

typedef struct audit_answer {
  berth_audit_verdict verdict;
  audit_alone alone;
  bool lost_known;
  uint32_t lost_count;
  const uint32_t *lost;       /* VMs of the inventory, ascending */
  berth_audit_verdict others; /* what the plan that leaves those out does for the others */
} audit_answer;

/** Asks in the order of harm: restarts alone, with wakes, with migrations, with both.
 *  @param failed [host] of the cluster.
 *  @param[out] out its list lives in @p memory. false = no memory. */
bool audit_exact_ask(const audit_ground *g, const uint8_t *failed, int64_t exact_limit,
                     search_clock *clock, arena *memory, audit_answer *out);

#endif
