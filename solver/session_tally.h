/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_tally.h
 * How the running members of a rule stand, kept member by member.
 */
#ifndef BERTH_SOLVER_SESSION_TALLY_H
#define BERTH_SOLVER_SESSION_TALLY_H

#include "session_blocks.h"

/** An empty tally with room for @p domains; NULL: out of memory. */
rule_tally *tally_new(const session_ground *ground, uint32_t domains);

/** Owns the tally of @p rule and makes room for one more domain. False: out of memory. */
bool tally_own(berth_view *view, uint32_t rule);

/** A member begins or ends to run on @p host. The tally is owned, with room. */
void tally_enter(berth_view *view, uint32_t rule, uint32_t host);
void tally_leave(berth_view *view, uint32_t rule, uint32_t host);

/** Members in @p domain. */
uint32_t tally_members(const rule_tally *tally, uint32_t domain);

/** Whether the rule is broken if a member that runs at @p from (BERTH_NONE = nowhere) runs at @p to
 *  instead (BERTH_NONE = nowhere). */
bool tally_broken_after(const berth_view *view, uint32_t rule, uint32_t from, uint32_t to);
/** Whether the must rule lets a member that runs at @p from (or nowhere) arrive at @p to
 * (docs/model.md §3), if it is one among VMs; true for others. */
bool tally_admits(const berth_view *view, uint32_t rule, uint32_t from, uint32_t to);

/** Whether a member of the together rule that runs at @p from (or nowhere) can go only where
 * members are already: by a must rule, or to keep a should rule. */
bool tally_confines(const berth_view *view, uint32_t rule, uint32_t from);

#endif
