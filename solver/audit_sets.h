/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_sets.h
 * All failure sets of a cluster, by size, on all workers.
 */
#ifndef BERTH_SOLVER_AUDIT_SETS_H
#define BERTH_SOLVER_AUDIT_SETS_H

#include "audit_exact.h"
#include "audit_ground.h"

/** What is gathered. */
typedef struct audit_tally {
  const audit_ground *ground;
  arena *memory; /* of the result */
  search_clock *clock;
  int64_t exact_limit;
  uint8_t *vm_worst;   /* [vm of the inventory] */
  uint8_t *unit_worst; /* [unit] */
  uint32_t set_count, set_room;
  berth_audit_set *sets; /* in order of size */
  uint64_t sets_not_listed;
} audit_tally;

/** Tries all sets of @p size units. @param[in,out] out its counts are added to.
 *  false = no memory. */
bool audit_sets_try(audit_tally *t, uint32_t size, berth_audit_size *out);

/** How many sets of @p size there are among @p units; UINT64_MAX = so many or more. */
uint64_t audit_sets_of(uint32_t units, uint32_t size);

#endif
