/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_sets.h
 * All failure sets of a cluster, by size, on all workers.
 */
#ifndef BERTH_SOLVER_AUDIT_SETS_H
#define BERTH_SOLVER_AUDIT_SETS_H

#include "audit_exact.h"
#include "audit_ground.h"
#include "set_number.h"

/** What is gathered. */
typedef struct audit_tally {
  const audit_ground *ground;
  arena *memory; /* of the result */
  search_clock *clock;
  int64_t exact_limit;
  uint8_t *vm_worst;   /* [vm of the inventory] of sets that treat VMs differently */
  uint8_t *unit_worst; /* [unit] */
  uint8_t *unit_alike; /* [unit] of sets that treat all VMs alike; the last: of any set */
  uint32_t set_count, set_room;
  berth_audit_set *sets; /* in order of size */
  uint64_t sets_not_listed;
} audit_tally;

/** Tries the sets of @p size units with the numbers of @p range. @param[in,out] out its counts are
 *  added to. false = no memory. */
bool audit_sets_try(audit_tally *t, uint32_t size, set_range range, berth_audit_size *out);

/** After the last size: completes `vm_worst`. */
void audit_sets_spread(audit_tally *t);

#endif
