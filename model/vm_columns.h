/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vm_columns.h
 * The columns of an inventory's VMs that need no reference resolved, while they grow. A builder
 * fills them as VMs come, so that nothing of them is left to do when it is frozen; where that
 * cannot be, freezing fills them from the builder's specs.
 */
#ifndef BERTH_MODEL_VM_COLUMNS_H
#define BERTH_MODEL_VM_COLUMNS_H

#include "arena.h"
#include "frozen.h"

enum { VM_NUMBERS = 9 };

typedef struct vm_columns {
  arena texts; /* ids and names */
  uint32_t count, room;
  int64_t *numbers[VM_NUMBERS];
  const char **id, **name;
  uint32_t *cluster;
  uint32_t *reference; /* in the builder's host_references */
  uint8_t *power, *priority, *movable, *numa, *locked;
  frozen_notification *notification;
} vm_columns;

struct built_vm;

/** Empty; allocates nothing yet. */
void vm_columns_init(vm_columns *columns, const berth_allocator *allocator);
/** Room for @p room VMs in all. False: out of memory. */
bool vm_columns_reserve(vm_columns *columns, uint32_t room);
/** Adds @p vm, whose cluster has @p default_priority. False: out of memory, nothing added. */
bool vm_columns_add(vm_columns *columns, const struct built_vm *vm,
                    berth_priority default_priority);
/** Gives all columns to @p inventory but `reference`, which @p scratch gets; empty afterwards. */
void vm_columns_move(vm_columns *columns, berth_inventory *inventory, arena *scratch,
                     uint32_t **reference);
/** Gives the memory back; empty afterwards. */
void vm_columns_free(vm_columns *columns);

#endif
