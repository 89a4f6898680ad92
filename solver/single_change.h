/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file single_change.h
 * One change of an inventory that a person could make, in words and in deed.
 */
#ifndef BERTH_SOLVER_SINGLE_CHANGE_H
#define BERTH_SOLVER_SINGLE_CHANGE_H

#include "named_constraint.h"

typedef enum change_kind {
  CHANGE_WAKE = 0,        /* a standby host that the plan may not wake is online */
  CHANGE_END_MAINTENANCE, /* a host is online */
  CHANGE_LET_MIGRATE,     /* a VM may be migrated */
  CHANGE_LIFT_RULE,
  CHANGE_ADD_RESOURCE /* `amount` more on a host */
} change_kind;

typedef struct single_change {
  change_kind kind;
  uint32_t index; /* of the host, VM or rule in the inventory */
  uint32_t resource;
  int64_t amount;
} single_change;

/** 1 = an order is enough, 2 = a policy changes, 3 = equipment is needed. */
int64_t single_change_cost(const single_change *change);

/** "wake esx09", in @p memory; NULL = no memory. */
const char *single_change_text(const single_change *change, const berth_inventory *inventory,
                               arena *memory);

/** Makes the change in an inventory that borrows from another. false = no memory. */
bool single_change_make(const single_change *change, berth_inventory *inventory, arena *memory);

#endif
