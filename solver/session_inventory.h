/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_inventory.h
 * A view as an inventory of its own, and which number of the view is which index there.
 */
#ifndef BERTH_SOLVER_SESSION_INVENTORY_H
#define BERTH_SOLVER_SESSION_INVENTORY_H

#include "arena.h"
#include "session_state.h"

/** Numbers that are none of the view's, or of removed objects, have the index BERTH_NONE; so have
 *  rules that have lost all their VMs. */
typedef struct view_copy {
  const berth_inventory *inventory;             /* a reference */
  uint32_t *host_index, *vm_index, *rule_index; /* [number] */
  uint32_t *host_number, *vm_number;            /* [index] */
  arena memory;
} view_copy;

/** What berth_view_inventory() gives, with its numbers. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status view_copy_make(berth_context *ctx, const berth_view *view, view_copy *out);
/** Harmless where view_copy_make() failed. */
void view_copy_free(view_copy *copy);

/** The VM of the inventory whose groups, datastores and named demands @p vm shares: itself if it is
 *  one of the inventory; BERTH_NONE = of none. */
uint32_t session_vm_root(const berth_view *view, uint32_t vm);

#endif
