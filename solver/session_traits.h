/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_traits.h
 * What many VMs have in common, kept once: their traits, and the hosts that these admit. Who asks
 * for what is known already gets the same thing. Things that nobody uses any more are swept out
 * when the table would have to grow, so it stays as large as what is in use.
 */
#ifndef BERTH_SOLVER_SESSION_TRAITS_H
#define BERTH_SOLVER_SESSION_TRAITS_H

#include "session_blocks.h"

/** A table of things that begin with `interned`; it holds a reference to each. */
typedef struct intern_table {
  uint32_t room, count; /* room: a power of two, or 0 */
  interned **slot;
} intern_table;

/** What is asked of the traits of a VM. */
typedef struct traits_wanted {
  uint32_t cluster;
  uint32_t example; /* VM of the inventory with the networks and datastores, or BERTH_NONE: none */
  int64_t evc_level;
  uint8_t priority, movable, numa;
  uint32_t rule_count;
  const uint32_t *rules; /* placement rules, ascending */
} traits_wanted;

/** The traits, with a reference for the caller; NULL: out of memory. */
vm_traits *traits_find(const berth_view *view, intern_table *admissions, intern_table *traits,
                       const traits_wanted *wanted);

/** After hosts from number @p host_count on are taken back: sets that know them are found no more.
 * Only what is taken back with the hosts can hold them. */
void traits_forget_hosts(intern_table *admissions, uint32_t host_count);

/** What traits_find() was asked for these. */
traits_wanted traits_asked(const vm_traits *traits);

void intern_free(const session_ground *ground, intern_table *table,
                 void (*drop)(const session_ground *ground, interned *thing));
void intern_drop_admission(const session_ground *ground, interned *thing);
void intern_drop_traits(const session_ground *ground, interned *thing);

#endif
