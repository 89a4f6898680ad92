/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_names.h
 * Ids of the VMs or hosts that were added to a session. Those of the inventory have its own table.
 */
#ifndef BERTH_SOLVER_SESSION_NAMES_H
#define BERTH_SOLVER_SESSION_NAMES_H

#include "session_state.h"

/** Open addressing from id to number; the ids are in the view. */
typedef struct added_names {
  uint32_t room, count; /* room: a power of two, or 0 */
  uint32_t *slot;       /* BERTH_NONE = free */
  const char *(*id_of)(const berth_view *view, uint32_t number);
} added_names;

/** Whether an inventory would take the id: something, without white space. */
bool added_names_allow(const char *id);
/** Number of the added object with this id, or BERTH_NONE. */
uint32_t added_names_find(const added_names *names, const berth_view *view, const char *id);
/** Makes room for one more. False: out of memory. */
bool added_names_reserve(added_names *names, const berth_view *view);
/** Enters an object whose id the view has already; there is room. */
void added_names_enter(added_names *names, const berth_view *view, uint32_t number);
/** Takes one out whose id the view still has. */
void added_names_remove(added_names *names, const berth_view *view, uint32_t number);

#endif
