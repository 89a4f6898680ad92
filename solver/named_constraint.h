/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file named_constraint.h
 * What an explanation may name as a reason: must rules, resources, and states and needs by the
 * words of the ledger. Numbered so that those which bear on the VM directly come first: an
 * explanation prefers them. And the inventory in which only some of them hold.
 */
#ifndef BERTH_SOLVER_NAMED_CONSTRAINT_H
#define BERTH_SOLVER_NAMED_CONSTRAINT_H

#include "problem.h"

typedef enum constraint_kind {
  CONSTRAINT_REASON,
  CONSTRAINT_RULE,
  CONSTRAINT_RESOURCE
} constraint_kind;

typedef struct named_constraint {
  constraint_kind kind;
  uint32_t index; /* berth_reason, rule or resource */
} named_constraint;

typedef struct constraint_list {
  const berth_inventory *inventory;
  uint32_t cluster;
  uint32_t count, near; /* those below `near` bear on the VM directly: at most CONSTRAINTS_NEAR */
  const named_constraint *list;
} constraint_list;

enum { CONSTRAINTS_NEAR = 64 };

/** A set of constraints, [count] bytes. */
typedef uint8_t constraint_set;

/** All constraints of the cluster of @p vm. @param[out] list count is 0 if too many bear on the VM.
 *  false = no memory. */
bool constraint_list_build(constraint_list *list, const berth_inventory *inventory, uint32_t vm,
                           arena *memory);

/** Name in a plan. Borrowed from the inventory, or static. */
const char *constraint_name(const constraint_list *list, uint32_t constraint);

/** What else an explanation changes of an inventory. */
typedef struct relaxation {
  const uint8_t *vm_out; /* [vm] 1 = takes no part */
  uint32_t emptied; /* the host that the VM must leave, which it must in any case; BERTH_NONE */
  bool may_wake;    /* as the goal says */
} relaxation;

/** @p out becomes @p base without the VMs of @p vm_out, [vm]. It borrows from @p base and from @p
 *  memory, and may not be retained; so in the next. false = no memory. */
bool reduced_inventory(berth_inventory *out, const berth_inventory *base, const uint8_t *vm_out,
                       arena *memory);

/** @p out becomes the inventory of @p list in which only the constraints of @p held hold. It
 * borrows from that one and from @p memory, and may not be retained. false = no memory. */
bool relaxed_inventory(berth_inventory *out, const constraint_list *list,
                       const constraint_set *held, const relaxation *how, arena *memory);

#endif
