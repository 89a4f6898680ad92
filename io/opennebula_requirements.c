/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a VM may run. The scheduler's action has this evaluated in REQUIREMENTS: hosts, and for
 * each interface the networks, and datastores, one of which the host's cluster has to have.
 * Pools alone have expressions. VMs that have a host do not leave its cluster, and what is
 * required does not drive a VM from the host where it is, unless it is to be scheduled again. For
 * the scheduler, hosts that a VM's role names are part of it, so that rules in conflict cannot put
 * one of both out of force.
 */
#include "opennebula_build.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------ REQUIREMENTS */

static bool has_one(const opennebula_building *b, const opennebula_object *requirement,
                    uint32_t cluster, opennebula_kind kind, uint32_t item) {
  const opennebula_field field =
      kind == OPENNEBULA_DATASTORE ? OPENNEBULA_REQUIREMENT_DATASTORE : OPENNEBULA_REQUIREMENT_VNET;
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(b->store, requirement, field, &walk)) != NULL)
    if (fact->item == item &&
        opennebula_cluster_has(b->store, b->clusters[cluster].id, kind, fact->text, true))
      return true;
  return false;
}

static bool cluster_suits(const opennebula_building *b, const opennebula_object *requirement,
                          uint32_t cluster) {
  opennebula_walk walk = {0};
  const opennebula_fact *nic = NULL;
  assert(requirement->kind == OPENNEBULA_REQUIREMENT);
  if (!has_one(b, requirement, cluster, OPENNEBULA_DATASTORE, 0))
    return false;
  while ((nic = opennebula_next(b->store, requirement, OPENNEBULA_REQUIREMENT_NIC, &walk)) != NULL)
    if (!has_one(b, requirement, cluster, OPENNEBULA_VNET, nic->item))
      return false;
  return true;
}

/* Of a VM that runs, the datastore and networks are settled. */
static void allow_required(opennebula_building *b, const opennebula_vm *vm,
                           const opennebula_object *requirement) {
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  memset(b->allowed, 0, b->host_count);
  while ((fact = opennebula_next(b->store, requirement, OPENNEBULA_REQUIREMENT_HOST, &walk)) !=
         NULL) {
    const opennebula_object *host = opennebula_store_find(b->store, OPENNEBULA_HOST, fact->text);
    if (host != NULL && host->index != BERTH_NONE)
      b->allowed[host->index] = 1;
  }
  for (uint32_t c = 0; c < b->cluster_count && vm->waiting; c++) {
    if (cluster_suits(b, requirement, c))
      continue;
    for (uint32_t h = 0; h < b->host_count; h++)
      b->allowed[h] = b->allowed[h] && b->hosts[h].cluster != c;
  }
}

/* ------------------------------------------------------------------------ expressions */

/* What an expression says of every host, evaluated once. NULL = out of memory. */
static const uint8_t *matches(opennebula_building *b, const char *text) {
  uint32_t number = 0;
  if (!name_pool_enter(&b->expressions, &b->store->memory, text, &number))
    return NULL;
  if (number < b->matches.count)
    return *(uint8_t **)chunked_list_at(&b->matches, number);
  uint8_t **added = chunked_list_add(&b->matches);
  uint8_t *values = arena_take(&b->store->memory, b->host_count, sizeof *values);
  if (added == NULL || values == NULL)
    return NULL;
  for (uint32_t h = 0; h < b->host_count; h++)
    values[h] = (uint8_t)opennebula_evaluate(b, text, &b->hosts[h]);
  *added = values;
  return values;
}

static bool allow_matching(opennebula_building *b, const opennebula_vm *vm,
                           opennebula_field field) {
  const char *text = opennebula_text(b->store, vm->object, field);
  if (text == NULL)
    return true;
  const uint8_t *values = matches(b, text);
  for (uint32_t h = 0; values != NULL && h < b->host_count; h++)
    b->allowed[h] = b->allowed[h] && values[h] != OPENNEBULA_FALSE;
  return values != NULL;
}

/* ------------------------------------------------------------------------ both */

static const opennebula_object *requirement_of(const opennebula_building *b,
                                               const opennebula_vm *vm) {
  return opennebula_store_find(b->store, OPENNEBULA_REQUIREMENT, vm->object->id);
}

static void stay_in_cluster(opennebula_building *b, const opennebula_vm *vm) {
  assert(vm->host < b->host_count);
  for (uint32_t h = 0; h < b->host_count; h++)
    b->allowed[h] = b->allowed[h] && b->hosts[h].cluster == vm->cluster;
  b->allowed[vm->host] = !vm->must_go; /* RESCHED: wherever to */
}

uint32_t opennebula_allowed_hosts(opennebula_building *b, const opennebula_vm *vm, bool *good) {
  const opennebula_object *requirement = requirement_of(b, vm);
  assert(good != NULL);
  *good = true;
  memset(b->allowed, 1, b->host_count);
  if (requirement != NULL)
    allow_required(b, vm, requirement);
  else if (vm->waiting && b->task->kind == OPENNEBULA_PLACE)
    memset(b->allowed, 0, b->host_count);
  else
    *good = allow_matching(b, vm, OPENNEBULA_VM_AUTOMATIC) &&
            allow_matching(b, vm, OPENNEBULA_VM_REQUIREMENTS);
  if (b->task->kind != OPENNEBULA_READ)
    opennebula_allow_by_role(b, vm);
  if (vm->host != BERTH_NONE)
    stay_in_cluster(b, vm);
  uint32_t count = 0;
  for (uint32_t h = 0; h < b->host_count; h++)
    count += b->allowed[h];
  return count;
}

/* Expressions of which some part was not understood, or speaks of what was not read. */
static void tell_unknown(opennebula_building *b, const opennebula_vm *vm) {
  static const opennebula_field fields[] = {OPENNEBULA_VM_AUTOMATIC, OPENNEBULA_VM_REQUIREMENTS};
  if (requirement_of(b, vm) != NULL)
    return;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    const char *text = opennebula_text(b->store, vm->object, fields[i]);
    const uint8_t *values = text == NULL ? NULL : matches(b, text);
    if (values != NULL && memchr(values, OPENNEBULA_UNKNOWN, b->host_count) != NULL)
      context_problem(b->ctx, BERTH_NOTE, BERTH_OK, &vm->object->position,
                      "VM %s: not all of \"%.200s\" is understood; what is not forbids nothing",
                      vm->object->id, text);
  }
}

/* Lists the allowed hosts of the VM's berth cluster. *all: whether there are no others. */
static bool list_allowed(opennebula_building *b, const opennebula_vm *vm, bool *all) {
  const uint32_t first = opennebula_first_cluster(b, vm->cluster);
  gathered_text_clear(&b->list);
  *all = true;
  for (uint32_t h = 0; h < b->host_count; h++) {
    if (opennebula_first_cluster(b, b->hosts[h].cluster) != first)
      continue;
    *all = *all && b->allowed[h];
    if (b->allowed[h] && !gathered_text_add_word(&b->list, b->hosts[h].object->id))
      return false;
  }
  return true;
}

/* A list of hosts may be empty in a group, not in a rule. */
static berth_status run_on(opennebula_building *b, const opennebula_vm *vm) {
  char id[64], group[80];
  const uint32_t cluster = b->clusters[opennebula_first_cluster(b, vm->cluster)].builder;
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  snprintf(id, sizeof id, "vm-%s-requirements", vm->object->id);
  snprintf(group, sizeof group, "vm-%s-hosts", vm->object->id);
  spec.id = id;
  spec.type = BERTH_RULE_RUN_ON;
  spec.vms = vm->object->id;
  spec.hosts = gathered_text_words(&b->list);
  spec.position = vm->object->position;
  if (spec.hosts[0] == '\0') {
    const berth_status status =
        berth_builder_add_host_group(b->builder, cluster, group, "", &vm->object->position);
    if (status != BERTH_OK)
      return status;
    spec.hosts = group;
  }
  return berth_builder_add_rule(b->builder, cluster, &spec, NULL);
}

berth_status opennebula_add_requirement(opennebula_building *b, const opennebula_vm *vm) {
  bool good = true, all = true;
  if (vm->unlisted || (b->task->kind == OPENNEBULA_PLACE && vm->running && !vm->must_go))
    return BERTH_OK;
  opennebula_allowed_hosts(b, vm, &good);
  if (!good || !list_allowed(b, vm, &all))
    return BERTH_E_NOMEM;
  tell_unknown(b, vm);
  return all ? BERTH_OK : run_on(b, vm);
}
