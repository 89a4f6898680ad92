/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vm_columns.h
 * VMs as columns, while they grow: those of an inventory that need no reference resolved, and what
 * else a builder knows of a VM. A builder that has its VMs like this has them once; when it is
 * frozen the columns become the inventory's as they are.
 */
#ifndef BERTH_MODEL_VM_COLUMNS_H
#define BERTH_MODEL_VM_COLUMNS_H

#include "arena.h"
#include "frozen.h"
#include <berth/inventory.h>

enum { VM_NUMBERS = 9 };

typedef struct vm_columns {
  const berth_inventory *given_to; /* whose all but the last three are now; NULL = nobody's */
  arena texts;                     /* ids and names */
  uint32_t count, room;
  int64_t *numbers[VM_NUMBERS];
  const char **id, **name;
  uint32_t *cluster;
  uint8_t *power, *movable, *numa, *locked;
  frozen_notification *notification;
  uint8_t *priority;   /* as in the spec, which may leave it to the cluster */
  uint32_t *reference; /* in the builder's host_references */
  berth_position *position;
} vm_columns;

struct built_vm;

/** Empty; allocates nothing yet. */
void vm_columns_init(vm_columns *columns, const berth_allocator *allocator);
/** Room for @p room VMs in all; afterwards every column is there. False: out of memory. */
bool vm_columns_reserve(vm_columns *columns, uint32_t room);
/** Adds @p count VMs that lie one behind the other. Many at once are faster. False: out of memory,
 *  nothing added. */
bool vm_columns_add(vm_columns *columns, const struct built_vm *vms, uint32_t count);
/** VM @p v as it was added, but for the name of its host. Its texts are the columns'. */
void vm_columns_spell_out(const vm_columns *columns, uint32_t v, struct built_vm *out);
/** Makes @p inventory point to the columns it needs, which are there. */
void vm_columns_lend(const vm_columns *columns, berth_inventory *inventory);
/** Makes them the inventory's own, of which the columns then keep a reference. */
void vm_columns_give(vm_columns *columns, berth_inventory *inventory);
/** Gives back what is not an inventory's; empty afterwards. */
void vm_columns_free(vm_columns *columns);

#endif
