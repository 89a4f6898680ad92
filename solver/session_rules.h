/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_rules.h
 * Who is in which rule of a session, and which rules are in force.
 */
#ifndef BERTH_SOLVER_SESSION_RULES_H
#define BERTH_SOLVER_SESSION_RULES_H

#include "session_internal.h"

/** Whether the traits list the rule. */
bool traits_have(const vm_traits *traits, uint32_t rule);

/** A list of numbers that grows. */
typedef struct number_list {
  uint32_t *number;
  uint32_t count, room;
} number_list;

/** False: out of memory. */
bool number_list_add(const session_ground *ground, number_list *list, uint32_t number);

/** Adds the members of @p rule, ascending. False: out of memory. */
bool session_rule_members(const berth_session *session, uint32_t rule, number_list *members);

/** Finds the traits of @p vm anew: with @p rule added (or, with @p leaves, taken out; BERTH_NONE =
 * neither). What it had is noted. False: out of memory. */
bool session_retrait(berth_session *session, uint32_t vm, uint32_t rule, bool leaves);

/** Decides anew which rules are in force among these and all that share members with them, directly
 * or through others, as freezing would. What changes is noted. False: out of memory. */
bool session_settle_rules(berth_session *session, const uint32_t *rules, uint32_t count);

/** A change of several steps: if one fails, those before are taken back. */
typedef struct change_mark {
  bool opened; /* a transaction of its own */
  uint32_t undo_count;
} change_mark;

change_mark change_begin(berth_session *session);
/** Keeps the steps if @p done, else takes them back. Returns BERTH_OK or out of memory. */
berth_status change_end(berth_session *session, change_mark mark, bool done);

#endif
