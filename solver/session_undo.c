/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: each change notes what takes it back. Taking back goes through the same functions
 * as changing, on blocks that are owned since the change, so it wants no memory; leaves of orders
 * only split meanwhile, so each key finds room where it was.
 */
#include "context_internal.h"
#include "session_rules.h"

enum { LEAST_UNDO = 64 };

berth_status session_out_of_memory(berth_session *session) {
  return context_fail(session->ctx, BERTH_E_NOMEM, NULL, "out of memory in a session");
}

bool undo_reserve(berth_session *session, uint32_t count) {
  if (!session->open || session->undo_count + (uint64_t)count <= session->undo_room)
    return true;
  uint32_t room = session->undo_room < LEAST_UNDO ? LEAST_UNDO : session->undo_room;
  while (room < session->undo_count + (uint64_t)count)
    room *= 2;
  if (!ground_widen(session_ground_of(session), &session->undo, session->undo_count, room,
                    sizeof *session->undo))
    return false;
  session->undo_room = room;
  return true;
}

bool number_reserve(const session_ground *ground, number_stack *stack, uint32_t numbers) {
  if (numbers <= stack->room)
    return true;
  uint32_t room = numbers + numbers / 2 + 16;
  if (!ground_widen(ground, &stack->number, stack->count, room, sizeof *stack->number))
    return false;
  stack->room = room;
  return true;
}

uint32_t number_pop(number_stack *stack) {
  assert(stack->count > 0);
  return stack->number[--stack->count];
}

void number_push(number_stack *stack, uint32_t number) {
  assert(stack->count < stack->room);
  stack->number[stack->count++] = number;
}

/* ------------------------------------------------------------------------ for good */

static void forget_vm(berth_session *session, uint32_t vm) {
  vm_block *block = vm_block_of(&session->present, vm);
  uint32_t slot = vm % VMS_A_BLOCK;
  assert(block->power[slot] == VM_REMOVED && shared_alone(&block->references));
  drop_vm_traits(session_ground_of(session), block->traits[slot]);
  drop_vm_record(session_ground_of(session), block->record[slot]);
  block->traits[slot] = NULL;
  block->record[slot] = NULL;
  number_push(&session->free_vms, vm);
}

static void settle(berth_session *session, const undo_entry *entry) {
  const session_ground *ground = session_ground_of(session);
  switch (entry->kind) {
  case UNDO_VM_RECORD:
    drop_vm_record(ground, entry->old.record);
    break;
  case UNDO_VM_TRAITS:
    drop_vm_traits(ground, entry->old.traits);
    break;
  case UNDO_VM_REMOVED:
    forget_vm(session, entry->object);
    break;
  case UNDO_RULE_DROPPED:
    drop_rule_text(ground, entry->old.rule);
    drop_rule_tally(ground, entry->tally);
    number_push(&session->free_rules, entry->object);
    break;
  case UNDO_VM_PLACE:
  case UNDO_VM_ADDED:
  case UNDO_HOST_STATE:
  case UNDO_HOST_ADDED:
  case UNDO_RULE_ENABLED:
  case UNDO_RULE_ADDED:
    break;
  }
}

void undo_note(berth_session *session, undo_entry entry) {
  if (!session->open) {
    settle(session, &entry);
    return;
  }
  assert(session->undo_count < session->undo_room);
  session->undo[session->undo_count++] = entry;
}

/* ------------------------------------------------------------------------ back */

static void take_back_vm(berth_session *session, uint32_t vm) {
  vm_block *block = vm_block_of(&session->present, vm);
  assert(block->host[vm % VMS_A_BLOCK] == BERTH_NONE);
  added_names_remove(&session->vm_names, &session->present, vm);
  block->power[vm % VMS_A_BLOCK] = VM_REMOVED;
  forget_vm(session, vm);
}

static void bring_back_vm(berth_session *session, uint32_t vm) {
  vm_block *block = vm_block_of(&session->present, vm);
  block->power[vm % VMS_A_BLOCK] = BERTH_POWER_OFF;
  if (block->record[vm % VMS_A_BLOCK] != NULL && block->record[vm % VMS_A_BLOCK]->added)
    added_names_enter(&session->vm_names, &session->present, vm);
}

static void take_back_host(berth_session *session, uint32_t host) {
  berth_view *view = &session->present;
  host_block *block = host_block_of(view, host);
  uint32_t slot = host % HOSTS_A_BLOCK;
  assert(host + 1 == view->host_count && block->id[slot] != NULL);
  change_order_leave(session, host);
  added_names_remove(&session->host_names, view, host);
  if (shared_drop(&block->id[slot]->references))
    ground_release(view->ground, block->id[slot]);
  if (block->vms[slot] != NULL && shared_drop(&block->vms[slot]->references))
    ground_release(view->ground, block->vms[slot]);
  block->id[slot] = NULL;
  block->vms[slot] = NULL;
  view->host_count--;
  traits_forget_hosts(&session->admissions, view->host_count);
}

static void take_back_rule(berth_session *session, uint32_t rule) {
  rule_block *block = rule_block_of(&session->present, rule);
  uint32_t slot = rule % RULES_A_BLOCK;
  drop_rule_text(session_ground_of(session), block->rule[slot]);
  drop_rule_tally(session_ground_of(session), block->tally[slot]);
  block->rule[slot] = NULL;
  block->tally[slot] = NULL;
  assert(block->enabled[slot] == 0);
  session->disabled_rules--;
  number_push(&session->free_rules, rule);
}

static void take_back(berth_session *session, const undo_entry *entry) {
  const session_ground *ground = session_ground_of(session);
  rule_block *rules;
  switch (entry->kind) {
  case UNDO_VM_PLACE:
    change_apply(session, entry->object, entry->state, entry->host);
    break;
  case UNDO_VM_RECORD:
    drop_vm_record(ground, change_record(session, entry->object, entry->old.record));
    break;
  case UNDO_VM_TRAITS:
    drop_vm_traits(ground, change_traits(session, entry->object, entry->old.traits));
    break;
  case UNDO_VM_ADDED:
    take_back_vm(session, entry->object);
    break;
  case UNDO_VM_REMOVED:
    bring_back_vm(session, entry->object);
    break;
  case UNDO_HOST_STATE:
    change_host_apply(session, entry->object, entry->state);
    break;
  case UNDO_HOST_ADDED:
    take_back_host(session, entry->object);
    break;
  case UNDO_RULE_ENABLED:
    change_rule_enabled(session, entry->object, entry->state != 0);
    break;
  case UNDO_RULE_ADDED:
    take_back_rule(session, entry->object);
    break;
  case UNDO_RULE_DROPPED:
    rules = rule_block_of(&session->present, entry->object);
    rules->rule[entry->object % RULES_A_BLOCK] = entry->old.rule;
    rules->tally[entry->object % RULES_A_BLOCK] = entry->tally;
    session->disabled_rules++;
    break;
  }
}

/* ------------------------------------------------------------------------ transactions */

berth_status berth_session_begin(berth_session *session) {
  if (session->open)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "a transaction is open; expected it to be committed or rolled back first");
  assert(session->undo_count == 0);
  session->open = true;
  return BERTH_OK;
}

static berth_status none_open(berth_session *session) {
  return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                      "no transaction is open; expected berth_session_begin() first");
}

berth_status berth_session_commit(berth_session *session) {
  if (!session->open)
    return none_open(session);
  for (uint32_t i = 0; i < session->undo_count; i++)
    settle(session, &session->undo[i]);
  session->open = false;
  session->undo_count = 0;
  return BERTH_OK;
}

void undo_back_to(berth_session *session, uint32_t count) {
  while (session->undo_count > count)
    take_back(session, &session->undo[--session->undo_count]);
}

berth_status berth_session_rollback(berth_session *session) {
  if (!session->open)
    return none_open(session);
  undo_back_to(session, 0);
  session->open = false;
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ changes of several steps
 */

change_mark change_begin(berth_session *session) {
  change_mark mark = {.opened = !session->open, .undo_count = session->undo_count};
  session->open = true;
  return mark;
}

berth_status change_end(berth_session *session, change_mark mark, bool done) {
  if (!done)
    undo_back_to(session, mark.undo_count);
  if (mark.opened)
    (void)berth_session_commit(session);
  return done ? BERTH_OK : session_out_of_memory(session);
}
