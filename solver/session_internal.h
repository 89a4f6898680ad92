/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_internal.h
 * The session itself, and what passes between the files that change it.
 */
#ifndef BERTH_SOLVER_SESSION_INTERNAL_H
#define BERTH_SOLVER_SESSION_INTERNAL_H

#include "session_blocks.h"
#include "session_names.h"
#include "session_order.h"
#include "session_traits.h"

/** Numbers to give out again. */
typedef struct number_stack {
  uint32_t count, room;
  uint32_t *number;
} number_stack;

/** What takes one step of a change back. */
typedef enum undo_kind {
  UNDO_VM_PLACE,     /* object, power, host */
  UNDO_VM_RECORD,    /* object, record: owned */
  UNDO_VM_TRAITS,    /* object, traits: owned */
  UNDO_VM_ADDED,     /* object */
  UNDO_VM_REMOVED,   /* object, power: where it is registered stands still */
  UNDO_HOST_STATE,   /* object, state */
  UNDO_HOST_ADDED,   /* object */
  UNDO_RULE_ENABLED, /* object, state */
  UNDO_RULE_ADDED,   /* object */
  UNDO_RULE_DROPPED  /* object, rule and tally: owned */
} undo_kind;

typedef struct undo_entry {
  undo_kind kind;
  uint8_t state; /* of a VM, host or rule */
  uint32_t object, host;
  union {
    vm_record *record;
    vm_traits *traits;
    rule_text *rule;
  } old;
  rule_tally *tally;
} undo_entry;

struct berth_session {
  berth_context *ctx;
  berth_view present; /* its own references say nothing */
  intern_table admissions, traits;
  added_names vm_names, host_names;
  leaf_reserve leaves;
  number_stack free_vms, free_rules;
  uint64_t next_serial;    /* of a rule */
  uint32_t disabled_rules; /* that an older one contradicts */
  bool open;               /* a transaction */
  uint32_t undo_count, undo_room;
  undo_entry *undo;
};

static inline const session_ground *session_ground_of(const berth_session *session) {
  return session->present.ground;
}

berth_status session_out_of_memory(berth_session *session);

/* session_undo.c */
/** Room for @p count more entries while a transaction is open. False: out of memory. */
bool undo_reserve(berth_session *session, uint32_t count);
/** Notes what takes back what is done now; without a transaction what the entry owns is given back.
 * There is room. */
void undo_note(berth_session *session, undo_entry entry);
/** Takes back what was noted after the first @p count entries. */
void undo_back_to(berth_session *session, uint32_t count);
/** Room for all of so many numbers: no push can want memory then. */
bool number_reserve(const session_ground *ground, number_stack *stack, uint32_t numbers);
uint32_t number_pop(number_stack *stack);
void number_push(number_stack *stack, uint32_t number);

/* session_change.c */
/** Owns all that stands in the way of giving @p vm this state. False: out of memory. */
bool change_prepare(berth_session *session, uint32_t vm, uint8_t power, uint32_t host);
/** The same for a VM with these traits that is to be entered, off and nowhere, with number @p vm.
 */
bool change_prepare_new(berth_session *session, uint32_t vm, const vm_traits *traits, uint8_t power,
                        uint32_t host);
/** Gives it the state; prepared. */
void change_apply(berth_session *session, uint32_t vm, uint8_t power, uint32_t host);
/** The same for the state of a host. */
bool change_host_prepare(berth_session *session, uint32_t host, uint8_t state);
void change_host_apply(berth_session *session, uint32_t host, uint8_t state);
/** Gives @p vm another record (which is taken) and the demands that follow; returns the old one.
 * Prepared for its present state. */
vm_record *change_record(berth_session *session, uint32_t vm, vm_record *record);
/** Gives @p vm other traits (taken), returns the old ones. Its block is owned; it does not run, or
 *  the traits have the same rules. */
vm_traits *change_traits(berth_session *session, uint32_t vm, vm_traits *traits);
/** Enters @p host in the order it belongs to, or takes it out. */
void change_order_enter(berth_session *session, uint32_t host);
void change_order_leave(berth_session *session, uint32_t host);
/** Puts a rule, whose block is owned, in force or out of it. */
void change_rule_enabled(berth_session *session, uint32_t rule, bool enabled);
/** What a VM with this record demands. */
void change_fill_demand(const berth_view *view, const vm_record *record, int64_t *demand);

#endif
