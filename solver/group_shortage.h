/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file group_shortage.h
 * When a VM has no host by the fault of a group: these VMs fit only these hosts, which are short of
 * a resource for all of them together (Hall 1935).
 */
#ifndef BERTH_SOLVER_GROUP_SHORTAGE_H
#define BERTH_SOLVER_GROUP_SHORTAGE_H

#include "problem.h"

typedef struct group_shortage {
  uint32_t resource;
  int64_t short_by; /* 0 = there is none */
  uint32_t host_count, item_count;
  const host_bits *hosts;
  const uint32_t *items; /* ascending */
} group_shortage;

/** The shortage on the fewest hosts that @p item takes part in, among VMs that run and requested
 *  ones that rank no lower. Everything lives in @p memory. false = no memory. */
bool group_shortage_find(group_shortage *out, const problem *p, uint32_t item, arena *memory);

/** True if requested item @p other is asked for no less than @p item: a running one counts more
 *  than any that waits, and in a failover priority decides. */
bool group_shortage_ranks(const problem *p, uint32_t other, uint32_t item);

#endif
