/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appliances as demand: each virtual system becomes a VM that is powered on and has no host, each
 * placement group a rule. Ids get along with those that the inventory has: an id that is taken is
 * given "-2", "-3" and so on.
 */
#include "ovf_appliance.h"

#include "builder_internal.h"
#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 200, TRIES = 1000 };

typedef struct building {
  ovf_store *store;
  berth_builder *builder;
  uint32_t cluster;
  name_pool vms, rules; /* ids that are taken */
} building;

static berth_status no_memory(const building *b) {
  return context_fail(b->store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static void problem(const building *b, const berth_position *position, const char *text,
                    const char *name) {
  assert(text != NULL);
  context_problem(b->store->ctx, BERTH_ERROR, BERTH_E_INVALID, position, text, name);
}

/* ------------------------------------------------------------------------ ids */

/* @p wanted without blanks, and with a number if it is taken. */
static berth_status choose_id(building *b, name_pool *taken, const char *wanted, const char **out) {
  assert(wanted != NULL && out != NULL);
  char id[ID_BYTES + 16];
  uint32_t number = 0;
  snprintf(id, ID_BYTES, "%s", wanted);
  for (char *at = id; *at != '\0'; at++) {
    if ((unsigned char)*at <= ' ')
      *at = '-';
  }
  const size_t length = strlen(id);
  /* After some tries beyond all numbers given so far, or equal ids without end would take too long.
   */
  for (uint32_t next = 2; name_pool_has(taken, id, strlen(id));) {
    snprintf(id + length, sizeof id - length, "-%u", next);
    next += next < TRIES ? 1 : taken->names.count;
  }
  if (!name_pool_enter(taken, b->store->memory, id, &number))
    return no_memory(b);
  *out = name_pool_at(taken, number);
  return BERTH_OK;
}

static bool enter_taken(building *b) {
  berth_builder *builder = b->builder;
  uint32_t number = 0;
  if (builder_spell_out_vms(builder) != BERTH_OK)
    return false;
  for (uint32_t i = 0; i < builder->vms.count; i++) {
    const built_vm *vm = chunked_list_at(&builder->vms, i);
    if (vm->spec.id != NULL && !name_pool_enter(&b->vms, b->store->memory, vm->spec.id, &number))
      return false;
  }
  for (uint32_t i = 0; i < builder->rules.count; i++) {
    const built_rule *rule = chunked_list_at(&builder->rules, i);
    if (rule->spec.id != NULL &&
        !name_pool_enter(&b->rules, b->store->memory, rule->spec.id, &number))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------------ VMs */

static bool sum_items(const ovf_system *system, berth_vm_spec *spec) {
  assert(spec->memory_reservation_mib == 0 && spec->cpu_reservation_mhz == 0);
  int64_t memory = 0, cpus = 0;
  bool fits = true;
  for (const ovf_item *item = system->items; item != NULL && fits; item = item->next) {
    int64_t *amount = item->is_memory ? &memory : &cpus;
    int64_t *reserved =
        item->is_memory ? &spec->memory_reservation_mib : &spec->cpu_reservation_mhz;
    fits = checked_add_i64(*amount, item->quantity, amount) &&
           checked_add_i64(*reserved, item->reservation, reserved);
  }
  spec->memory_mib = memory;
  spec->cpus = cpus > 0 ? cpus : 1;
  return fits;
}

static berth_status add_system(building *b, ovf_system *system) {
  assert(system->vm == NULL);
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  const char *label = system->name != NULL ? system->name : system->product;
  const char *wanted = system->id != NULL ? system->id : label != NULL ? label : "appliance";
  spec.position = system->position;
  if (!sum_items(system, &spec) || spec.memory_mib < 1) {
    problem(b, &system->position,
            "virtual system %.60s has no memory; expected an <Item> of ResourceType 4", wanted);
    return BERTH_OK;
  }
  berth_status status = choose_id(b, &b->vms, wanted, &system->vm);
  if (status != BERTH_OK)
    return status;
  spec.id = system->vm;
  spec.name = label;
  spec.power = BERTH_POWER_ON;
  source_report_unknown(b->store->report, system->position.source, "overhead of virtual systems",
                        1);
  return berth_builder_add_vm(b->builder, b->cluster, &spec, NULL);
}

/* ------------------------------------------------------------------------ rules */

static bool is_member(const ovf_system *system, const ovf_group *group) {
  return system->vm != NULL && system->appliance == group->appliance && system->group != NULL &&
         group->id != NULL && strcmp(system->group, group->id) == 0;
}

/* The ids of the members with blanks between them; *count of them. NULL: out of memory. */
static const char *list_members(building *b, const ovf_group *group, uint32_t *count) {
  assert(count != NULL);
  size_t bytes = 1;
  for (uint32_t i = 0; i < b->store->systems.count; i++) {
    const ovf_system *system = chunked_list_at(&b->store->systems, i);
    bytes += is_member(system, group) ? strlen(system->vm) + 1 : 0;
  }
  char *text = arena_take(b->store->memory, bytes, 1), *at = text;
  *count = 0;
  for (uint32_t i = 0; i < b->store->systems.count && text != NULL; i++) {
    const ovf_system *system = chunked_list_at(&b->store->systems, i);
    if (!is_member(system, group))
      continue;
    if ((*count)++ > 0)
      *at++ = ' ';
    memcpy(at, system->vm, strlen(system->vm));
    at += strlen(system->vm);
  }
  return text;
}

static berth_status add_group(building *b, const ovf_group *group) {
  assert(b->cluster < b->builder->clusters.count);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  uint32_t count = 0;
  const bool apart = group->policy != NULL && strcmp(group->policy, "availability") == 0;
  if (!apart && (group->policy == NULL || strcmp(group->policy, "affinity") != 0)) {
    problem(b, &group->position,
            "placement group of policy \"%.60s\"; expected availability or affinity",
            group->policy == NULL ? "" : group->policy);
    return BERTH_OK;
  }
  spec.vms = list_members(b, group, &count);
  if (spec.vms == NULL)
    return no_memory(b);
  if (count < 2) {
    source_report_ignored(b->store->report, group->position.source,
                          "placement group of fewer than two", 1);
    return BERTH_OK;
  }
  spec.type = apart ? BERTH_RULE_APART : BERTH_RULE_TOGETHER;
  spec.strength = group->soft ? BERTH_SHOULD : BERTH_MUST;
  spec.name = group->name;
  spec.position = group->position;
  const berth_status status = choose_id(b, &b->rules, group->id, &spec.id);
  return status == BERTH_OK ? berth_builder_add_rule(b->builder, b->cluster, &spec, NULL) : status;
}

/* ------------------------------------------------------------------------ the cluster */

static bool is_called(const built_cluster *cluster, const char *name) {
  assert(name != NULL);
  return (cluster->spec.id != NULL && strcmp(cluster->spec.id, name) == 0) ||
         (cluster->spec.name != NULL && strcmp(cluster->spec.name, name) == 0);
}

/* False, after an error, if it is not clear. */
static bool find_cluster(building *b) {
  assert(b->store->systems.count > 0);
  const ovf_system *first = chunked_list_at(&b->store->systems, 0);
  const char *into = b->store->into;
  uint32_t found = 0;
  for (uint32_t i = 0; i < b->builder->clusters.count; i++) {
    if (into != NULL && !is_called(chunked_list_at(&b->builder->clusters, i), into))
      continue;
    b->cluster = i;
    found++;
  }
  if (b->builder->clusters.count == 0)
    problem(b, &first->position,
            "an appliance%s has no hosts to run on; expected an inventory too, as in berth plan "
            "INVENTORY --appliance FILE",
            "");
  else if (found == 0)
    problem(b, &first->position, "there is no cluster \"%.100s\" for the appliance", into);
  else if (found > 1)
    problem(b, &first->position,
            into == NULL ? "there are several clusters for the appliance%s; expected --into CLUSTER"
                         : "several clusters are called \"%.100s\"; expected the id of one",
            into == NULL ? "" : into);
  return found == 1;
}

static berth_status add_all(building *b) {
  berth_status status = enter_taken(b) ? BERTH_OK : no_memory(b);
  for (uint32_t i = 0; status == BERTH_OK && i < b->store->systems.count; i++)
    status = add_system(b, chunked_list_at(&b->store->systems, i));
  for (uint32_t i = 0; status == BERTH_OK && i < b->store->groups.count; i++)
    status = add_group(b, chunked_list_at(&b->store->groups, i));
  return status;
}

berth_status ovf_build(ovf_store *store, berth_builder *builder) {
  building b = {.store = store, .builder = builder};
  assert(store != NULL && builder != NULL);
  if (store->systems.count == 0) {
    context_problem(store->ctx, BERTH_ERROR, BERTH_E_INVALID, &store->envelope,
                    "there is no <VirtualSystem> in the appliance; expected one or more");
    return BERTH_OK;
  }
  if (!find_cluster(&b))
    return BERTH_OK;
  name_pool_init(&b.vms, context_allocator(store->ctx));
  name_pool_init(&b.rules, context_allocator(store->ctx));
  const berth_status status = add_all(&b);
  name_pool_free(&b.vms);
  name_pool_free(&b.rules);
  return status;
}
