/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to VMs: they start, stop, move, grow, come and go. */
#include "context_internal.h"
#include "freeze_internal.h"
#include "session_rules.h"
#include "thaw.h"
#include "versioned.h"
#include <string.h>

static berth_status no_vm(berth_session *session, uint32_t vm) {
  return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                      "no VM has number %u; expected one that exists, below %u", vm,
                      session->present.vm_count);
}

/* Whether a VM with this power may be registered at this host; else the status, told. */
static berth_status check_place(berth_session *session, uint32_t cluster, uint8_t power,
                                uint32_t host) {
  const berth_view *view = &session->present;
  if (host == BERTH_NONE)
    return BERTH_OK;
  if (host >= view->host_count)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "no host has number %u; expected one below %u", host, view->host_count);
  if (host_cluster_of(view, host) != cluster)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "host \"%s\" is in another cluster; expected one of the VM's own",
                        berth_view_host_id(view, host));
  if (power == BERTH_POWER_ON && host_state_of(view, host) == BERTH_HOST_STANDBY)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "host \"%s\" is in standby; expected a host that a VM can be on",
                        berth_view_host_id(view, host));
  return BERTH_OK;
}

static berth_status place(berth_session *session, uint32_t vm, uint8_t power, uint32_t host) {
  const berth_view *view = &session->present;
  berth_status status = check_place(session, vm_traits_of(view, vm)->cluster, power, host);
  if (status != BERTH_OK)
    return status;
  if (!undo_reserve(session, 1) || !change_prepare(session, vm, power, host))
    return session_out_of_memory(session);
  undo_note(session, (undo_entry){.kind = UNDO_VM_PLACE,
                                  .object = vm,
                                  .state = vm_power_of(view, vm),
                                  .host = vm_host_of(view, vm)});
  change_apply(session, vm, power, host);
  return BERTH_OK;
}

berth_status berth_session_start_vm(berth_session *session, uint32_t vm, uint32_t host) {
  if (!vm_exists(&session->present, vm))
    return no_vm(session, vm);
  return place(session, vm, BERTH_POWER_ON, host);
}

berth_status berth_session_stop_vm(berth_session *session, uint32_t vm) {
  if (!vm_exists(&session->present, vm))
    return no_vm(session, vm);
  return place(session, vm, BERTH_POWER_OFF, vm_host_of(&session->present, vm));
}

berth_status berth_session_move_vm(berth_session *session, uint32_t vm, uint32_t host) {
  if (!vm_exists(&session->present, vm))
    return no_vm(session, vm);
  return place(session, vm, vm_power_of(&session->present, vm), host);
}

/* ------------------------------------------------------------------------ records */

/* The spec as an inventory would take it. */
static berth_status check_spec(berth_session *session, const berth_vm_spec *spec) {
  freezing f = {.ctx = session->ctx, .quiet = true};
  berth_context_clear(session->ctx);
  freeze_check_vm(&f, spec);
  return f.errors > 0 ? BERTH_E_ARGUMENT : BERTH_OK;
}

/* What the VM is now. */
static berth_vm_spec spec_of(const berth_view *view, uint32_t vm) {
  const vm_record *record = vm_record_of(view, vm);
  return record != NULL ? record->spec : thaw_vm_spec(view->ground->inventory, vm);
}

/* A record with copies of the id and the name, which may be NULL. */
static vm_record *new_record(const session_ground *ground, const berth_vm_spec *spec, uint32_t like,
                             bool added) {
  size_t id = strlen(spec->id) + 1, name = spec->name == NULL ? 0 : strlen(spec->name) + 1;
  vm_record *record = ground_take(ground, sizeof *record + id + name);
  if (record == NULL)
    return NULL;
  atomic_init(&record->references, 1);
  record->like = like;
  record->added = added;
  record->spec = *spec;
  record->spec.id = memcpy(record->text, spec->id, id);
  record->spec.name = name == 0 ? NULL : memcpy(record->text + id, spec->name, name);
  record->spec.host = NULL;
  record->spec.position = (berth_position){0};
  return record;
}

static void set_unless_unset(int64_t *value, int64_t wanted) {
  if (wanted != BERTH_UNSET)
    *value = wanted;
}

berth_status berth_session_resize_vm(berth_session *session, uint32_t vm,
                                     const berth_vm_size *size) {
  berth_view *view = &session->present;
  if (!vm_exists(view, vm))
    return no_vm(session, vm);
  berth_vm_size wanted = BERTH_VM_SIZE_INIT;
  berth_status status = versioned_read(session->ctx, "a VM's size", size, &wanted,
                                       VERSIONED_SIZE(berth_vm_size, memory_reservation_mib));
  if (status != BERTH_OK)
    return status;
  const vm_record *old = vm_record_of(view, vm);
  berth_vm_spec spec = spec_of(view, vm);
  set_unless_unset(&spec.cpus, wanted.cpus);
  set_unless_unset(&spec.memory_mib, wanted.memory_mib);
  set_unless_unset(&spec.cpu_reservation_mhz, wanted.cpu_reservation_mhz);
  set_unless_unset(&spec.memory_reservation_mib, wanted.memory_reservation_mib);
  if ((status = check_spec(session, &spec)) != BERTH_OK)
    return status;
  if (!undo_reserve(session, 1) ||
      !change_prepare(session, vm, vm_power_of(view, vm), vm_host_of(view, vm)))
    return session_out_of_memory(session);
  vm_record *record =
      new_record(view->ground, &spec, old == NULL ? vm : old->like, old != NULL && old->added);
  if (record == NULL)
    return session_out_of_memory(session);
  vm_record *replaced = change_record(session, vm, record);
  undo_note(session, (undo_entry){.kind = UNDO_VM_RECORD, .object = vm, .old.record = replaced});
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ come and go */

static berth_status check_new_vm(berth_session *session, uint32_t cluster,
                                 const berth_vm_spec *spec, uint32_t like, uint32_t *host) {
  const berth_view *view = &session->present;
  uint32_t taken;
  *host = BERTH_NONE;
  if (cluster >= view->ground->inventory->cluster_count || !added_names_allow(spec->id))
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "the id is missing or holds white space, or the cluster is none; expected "
                        "an id without, and the number of a cluster of the inventory");
  if (like != BERTH_NONE &&
      (!vm_exists(view, like) || vm_traits_of(view, like)->cluster != cluster))
    return no_vm(session, like);
  if (berth_session_find_vm(session, spec->id, &taken) == BERTH_OK)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "VM \"%s\" is there already; expected an id that is new", spec->id);
  if (spec->host != NULL && berth_session_find_host(session, spec->host, host) != BERTH_OK)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "VM \"%s\" is on host \"%s\", which is not there; expected a host's id",
                        spec->id, spec->host);
  berth_status status = check_spec(session, spec);
  return status == BERTH_OK ? check_place(session, cluster, (uint8_t)spec->power, *host) : status;
}

static vm_traits *traits_of_new(berth_session *session, uint32_t cluster, const berth_vm_spec *spec,
                                uint32_t like) {
  traits_wanted wanted = {.cluster = cluster, .example = BERTH_NONE};
  if (like != BERTH_NONE)
    wanted = traits_asked(vm_traits_of(&session->present, like));
  wanted.evc_level = spec->evc_level;
  wanted.movable = spec->movable;
  wanted.numa = (uint8_t)spec->numa;
  wanted.priority = (uint8_t)spec->priority;
  if (spec->priority == BERTH_PRIORITY_UNSET)
    wanted.priority =
        (uint8_t)session_ground_of(session)->inventory->clusters[cluster].set_up.default_priority;
  return traits_find(&session->present, &session->admissions, &session->traits, &wanted);
}

/* A block behind the last, if all numbers of those there are are given out. */
static bool reserve_vm_number(berth_session *session) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  if (session->free_vms.count > 0 || view->vm_count < view->vm_blocks * VMS_A_BLOCK)
    return true;
  if (view->vm_count >= BERTH_OBJECTS_MAX)
    return false;
  vm_block *block =
      ground_take(ground, sizeof *block + sizeof(int64_t) * VMS_A_BLOCK * ground->resources);
  if (block == NULL ||
      !ground_widen(ground, &view->vms, view->vm_blocks, view->vm_blocks + 1, sizeof(vm_block *))) {
    ground_release(ground, block);
    return false;
  }
  atomic_init(&block->references, 1);
  memset(block->power, VM_REMOVED, sizeof block->power);
  view->vms[view->vm_blocks++] = block;
  return true;
}

static uint32_t take_vm_number(berth_session *session) {
  return session->free_vms.count > 0 ? number_pop(&session->free_vms) : session->present.vm_count++;
}

static uint32_t next_vm_number(const berth_session *session) {
  return session->free_vms.count > 0 ? session->free_vms.number[session->free_vms.count - 1]
                                     : session->present.vm_count;
}

/* Puts the VM, off and nowhere, in its slot. */
static void enter_vm(berth_session *session, uint32_t vm, vm_record *record, vm_traits *traits) {
  berth_view *view = &session->present;
  vm_block *block = vm_block_of(view, vm);
  uint32_t slot = vm % VMS_A_BLOCK;
  assert(block->power[slot] == VM_REMOVED && block->traits[slot] == NULL);
  block->power[slot] = BERTH_POWER_OFF;
  block->host[slot] = BERTH_NONE;
  block->traits[slot] = traits;
  block->record[slot] = record;
  change_fill_demand(view, record, vm_demand_of(view, vm));
  added_names_enter(&session->vm_names, view, vm);
  undo_note(session, (undo_entry){.kind = UNDO_VM_ADDED, .object = vm});
}

/* The VM of the inventory whose networks, datastores, groups and named demands one like it shares.
 */
static uint32_t root_of(const berth_view *view, uint32_t like) {
  if (like == BERTH_NONE || vm_record_of(view, like) == NULL)
    return like;
  return vm_record_of(view, like)->like;
}

/* One more member may be one too many for rules that keep VMs together and apart. Other rules
 * contradict each other for it no more than for the VM it is like. */
static bool may_contradict(const berth_view *view, const vm_traits *traits) {
  bool together = false, apart = false;
  for (uint32_t i = 0; i < traits->rule_count; i++) {
    const rule_text *rule =
        rule_block_of(view, traits->rules[i])->rule[traits->rules[i] % RULES_A_BLOCK];
    together = together || rule->type == BERTH_RULE_TOGETHER;
    apart = apart || rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST;
  }
  return together && apart;
}

/* The VM, in its slot and at its host; its number, or BERTH_NONE: out of memory. */
static uint32_t add_checked(berth_session *session, uint32_t cluster, const berth_vm_spec *spec,
                            uint32_t like, uint32_t host) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  vm_traits *traits = traits_of_new(session, cluster, spec, like);
  vm_record *record = new_record(ground, spec, root_of(view, like), true);
  if (traits == NULL || record == NULL || !undo_reserve(session, 2) ||
      !reserve_vm_number(session) ||
      !number_reserve(ground, &session->free_vms, view->vm_count + 1) ||
      !added_names_reserve(&session->vm_names, view) ||
      !change_prepare_new(session, next_vm_number(session), traits, (uint8_t)spec->power, host)) {
    drop_vm_traits(ground, traits);
    drop_vm_record(ground, record);
    return BERTH_NONE;
  }
  record->spec.priority = (berth_priority)traits->priority;
  uint32_t number = take_vm_number(session);
  enter_vm(session, number, record, traits);
  undo_note(session, (undo_entry){.kind = UNDO_VM_PLACE,
                                  .object = number,
                                  .host = BERTH_NONE,
                                  .state = BERTH_POWER_OFF});
  change_apply(session, number, (uint8_t)spec->power, host);
  return number;
}

berth_status berth_session_add_vm(berth_session *session, uint32_t cluster,
                                  const berth_vm_spec *given, uint32_t like, uint32_t *vm) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  uint32_t host;
  *vm = BERTH_NONE;
  berth_status status =
      versioned_read(session->ctx, "a VM", given, &spec, VERSIONED_SIZE(berth_vm_spec, position));
  if (status == BERTH_OK)
    status = check_new_vm(session, cluster, &spec, like, &host);
  if (status != BERTH_OK)
    return status;
  change_mark mark = change_begin(session);
  uint32_t added = add_checked(session, cluster, &spec, like, host);
  bool done = added != BERTH_NONE;
  if (done) {
    const vm_traits *traits = vm_traits_of(&session->present, added);
    if (may_contradict(&session->present, traits))
      done = session_settle_rules(session, traits->rules, traits->rule_count);
  }
  status = change_end(session, mark, done);
  *vm = done ? added : BERTH_NONE;
  return status;
}

/* Takes the VM out of its host, its names and its slot. False: out of memory. */
static bool take_out(berth_session *session, uint32_t vm) {
  berth_view *view = &session->present;
  if (!undo_reserve(session, 2) ||
      !number_reserve(view->ground, &session->free_vms, view->vm_count) ||
      place(session, vm, BERTH_POWER_OFF, BERTH_NONE) != BERTH_OK)
    return false;
  if (vm_record_of(view, vm) != NULL && vm_record_of(view, vm)->added)
    added_names_remove(&session->vm_names, view, vm);
  vm_block_of(view, vm)->power[vm % VMS_A_BLOCK] = VM_REMOVED;
  undo_note(session, (undo_entry){.kind = UNDO_VM_REMOVED, .object = vm});
  return true;
}

berth_status berth_session_remove_vm(berth_session *session, uint32_t vm) {
  berth_view *view = &session->present;
  if (!vm_exists(view, vm))
    return no_vm(session, vm);
  const vm_traits *traits = vm_traits_of(view, vm); /* held by the slot until all is done */
  change_mark mark = change_begin(session);
  bool done = take_out(session, vm);
  /* A rule that was contradicted for its sake may be in force again. */
  if (done && session->disabled_rules > 0)
    done = session_settle_rules(session, traits->rules, traits->rule_count);
  return change_end(session, mark, done);
}
