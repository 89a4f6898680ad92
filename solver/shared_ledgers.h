/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shared_ledgers.h
 * Elimination ledgers of many items: those that are alike share one. A ledger looks at every host,
 * and where 50,000 VMs stay without a host most are of a few kinds.
 */
#ifndef BERTH_SOLVER_SHARED_LEDGERS_H
#define BERTH_SOLVER_SHARED_LEDGERS_H

#include "explain.h"

typedef struct shared_ledgers {
  const placement *final;
  arena *memory;
  struct shared_ledger **slots; /* open addressing; NULL = free */
  uint32_t capacity, count;     /* capacity: 0 or a power of two */
} shared_ledgers;

/** As explain_item(); arrays of @p out may be shared. false = out of memory. */
bool shared_ledgers_explain(shared_ledgers *ledgers, uint32_t item, berth_plan_unplaced *out);

#endif
