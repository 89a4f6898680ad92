/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Affinity groups and placement policies of oVirt as rules. A group has up to two: its VMs among
 * themselves, and its VMs with its hosts. Enforcing is must, else should.
 */
#include "ovirt_store.h"

#include "context_internal.h"
#include <assert.h>
#include <string.h>

/* Lists are newest first, so the text is filled from its end. */
const char *ovirt_list(ovirt_store *store, const ovirt_reference *first, bool *failed) {
  assert(failed != NULL);
  size_t bytes = 0;
  for (const ovirt_reference *at = first; at != NULL; at = at->next)
    bytes += strlen(at->id) + 1;
  *failed = false;
  if (bytes == 0)
    return NULL;
  char *text = arena_take(store->memory, bytes, 1);
  char *end = text == NULL ? NULL : text + bytes;
  for (const ovirt_reference *at = first; at != NULL && text != NULL; at = at->next) {
    const size_t length = strlen(at->id);
    *--end = at == first ? '\0' : ' ';
    end -= length;
    memcpy(end, at->id, length);
  }
  assert(end == text);
  *failed = text == NULL;
  return text;
}

static berth_status no_memory(const ovirt_store *store) {
  return context_fail(store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* "ID.suffix", since a group may become two rules. */
static const char *rule_id(ovirt_store *store, const char *id, const char *suffix) {
  assert(id != NULL && suffix != NULL);
  const size_t length = strlen(id), suffix_length = strlen(suffix);
  char *text = arena_take(store->memory, length + suffix_length + 1, 1);
  if (text != NULL) {
    memcpy(text, id, length);
    memcpy(text + length, suffix, suffix_length);
  }
  return text;
}

static berth_status add_rule(ovirt_store *store, berth_builder *builder, uint32_t cluster,
                             berth_rule_spec *spec, const char *id, const char *suffix) {
  assert(spec->vms != NULL);
  spec->id = rule_id(store, id, suffix);
  if (spec->id == NULL)
    return no_memory(store);
  return berth_builder_add_rule(builder, cluster, spec, NULL);
}

static berth_strength strength_of(const ovirt_affinity *rule) {
  return rule->enforcing ? BERTH_MUST : BERTH_SHOULD;
}

static void note_members(const ovirt_store *store, const ovirt_group *group) {
  const char *source = group->position.source;
  if (group->vms == NULL)
    source_report_unknown(store->report, source, "members (?follow=vms,hosts) of affinity groups",
                          1);
  if (group->has_labels)
    source_report_unknown(store->report, source, "members by label of affinity groups", 1);
}

berth_status ovirt_add_group(ovirt_store *store, berth_builder *builder, uint32_t cluster,
                             const ovirt_group *group) {
  const ovirt_affinity *among =
      group->vms_rule.given || !group->old.given ? &group->vms_rule : &group->old;
  const ovirt_affinity *with_hosts = &group->hosts_rule;
  bool failed_vms = false, failed_hosts = false;
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  berth_status status = BERTH_OK;
  assert(group->id != NULL);
  note_members(store, group);
  spec.name = group->name;
  spec.position = group->position;
  spec.vms = ovirt_list(store, group->vms, &failed_vms);
  const char *hosts = ovirt_list(store, group->hosts, &failed_hosts);
  if (failed_vms || failed_hosts)
    return no_memory(store);
  if (among->enabled && group->vms != NULL && group->vms->next != NULL) {
    spec.type = among->positive ? BERTH_RULE_TOGETHER : BERTH_RULE_APART;
    spec.strength = strength_of(among);
    status = add_rule(store, builder, cluster, &spec, group->id, ".vms");
  }
  if (status == BERTH_OK && with_hosts->enabled && spec.vms != NULL && hosts != NULL) {
    spec.type = with_hosts->positive ? BERTH_RULE_RUN_ON : BERTH_RULE_NOT_RUN_ON;
    spec.strength = strength_of(with_hosts);
    spec.hosts = hosts;
    status = add_rule(store, builder, cluster, &spec, group->id, ".hosts");
  }
  return status;
}

berth_status ovirt_add_placement(ovirt_store *store, berth_builder *builder, uint32_t cluster,
                                 const ovirt_vm *vm) {
  assert(vm->id != NULL);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  bool failed = false;
  if (vm->hosts == NULL)
    return BERTH_OK;
  const bool pinned = vm->affinity != NULL && strcmp(vm->affinity, "pinned") == 0;
  spec.type = BERTH_RULE_RUN_ON;
  spec.strength = pinned ? BERTH_MUST : BERTH_SHOULD;
  spec.vms = vm->id;
  spec.hosts = ovirt_list(store, vm->hosts, &failed);
  spec.position = vm->position;
  if (failed)
    return no_memory(store);
  return add_rule(store, builder, cluster, &spec, vm->id, ".placement");
}
