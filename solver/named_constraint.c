/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A constraint is taken away by changing what it speaks of: a rule is disabled, a capacity becomes
 * unlimited, hosts in maintenance or standby are online, needs, levels of CPUs and demands for
 * one NUMA node are forgotten.
 * That hosts have failed, are disconnected or isolated is a fact, not a constraint.
 */
#include "named_constraint.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(BERTH_NUMA_ANY == 0, "the value of zeroed memory");

static const berth_reason reasons[] = {
    BERTH_REASON_MAINTENANCE,       BERTH_REASON_NO_WAKE,
    BERTH_REASON_DEDICATED,         BERTH_REASON_PINNED,
    BERTH_REASON_NETWORK,           BERTH_REASON_DATASTORE,
    BERTH_REASON_CPU_COMPATIBILITY, BERTH_REASON_NUMA,
};
enum { REASONS = sizeof reasons / sizeof *reasons };

static bool binds_placement(const frozen_rule *rule) {
  return rule->enabled && rule->strength == BERTH_MUST && rule->type != BERTH_RULE_QUIESCE &&
         rule->type != BERTH_RULE_RESTART_AFTER;
}

static bool lists_rule(const berth_inventory *inventory, uint32_t vm, uint32_t rule) {
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    if (inventory->vm_rules[i] == rule)
      return true;
  }
  return false;
}

/* Appends the rules of the cluster that list the VM, or those that do not. */
static void add_rules(constraint_list *list, named_constraint *out, uint32_t vm, bool own) {
  const berth_inventory *inventory = list->inventory;
  const frozen_cluster *cluster = &inventory->clusters[list->cluster];
  for (uint32_t r = cluster->first_rule; r < cluster->first_rule + cluster->rule_count; r++) {
    if (binds_placement(&inventory->rules[r]) && lists_rule(inventory, vm, r) == own)
      out[list->count++] = (named_constraint){CONSTRAINT_RULE, r};
  }
}

bool constraint_list_build(constraint_list *list, const berth_inventory *inventory, uint32_t vm,
                           arena *memory) {
  assert(vm < inventory->vm_count);
  *list = (constraint_list){.inventory = inventory, .cluster = inventory->vm_cluster[vm]};
  size_t most =
      (size_t)REASONS + inventory->resource_count + inventory->clusters[list->cluster].rule_count;
  named_constraint *out = arena_take(memory, most, sizeof *out);
  if (out == NULL)
    return false;
  for (uint32_t i = 0; i < REASONS; i++)
    out[list->count++] = (named_constraint){CONSTRAINT_REASON, (uint32_t)reasons[i]};
  add_rules(list, out, vm, true);
  for (uint32_t r = 0; r < inventory->resource_count; r++)
    out[list->count++] = (named_constraint){CONSTRAINT_RESOURCE, r};
  list->near = list->count;
  add_rules(list, out, vm, false);
  assert(list->count <= most);
  list->list = out;
  if (list->near > CONSTRAINTS_NEAR)
    list->count = list->near = 0;
  return true;
}

const char *constraint_name(const constraint_list *list, uint32_t constraint) {
  assert(constraint < list->count);
  const named_constraint *of = &list->list[constraint];
  switch (of->kind) {
  case CONSTRAINT_RULE:
    return list->inventory->rules[of->index].id;
  case CONSTRAINT_RESOURCE:
    return list->inventory->resource_name[of->index];
  default:
    return berth_reason_word((berth_reason)of->index);
  }
}

/* ---------------------------------------------------------------------------- relaxing */

/* Copies of the inventory's arrays that are written; NULL = not yet. */
typedef struct relaxing {
  berth_inventory *out;
  const constraint_list *list;
  const relaxation *how;
  arena *memory;
  frozen_rule *rules;
  int64_t *capacity;
  uint8_t *host_state;
} relaxing;

static void *copy_of(arena *memory, const void *from, size_t count, size_t size) {
  void *copy = arena_take_unset(memory, count, size);
  if (copy != NULL && count > 0)
    memcpy(copy, from, count * size);
  return copy;
}

static bool drop_rule(relaxing *r, uint32_t rule) {
  if (r->rules == NULL) {
    r->rules = copy_of(r->memory, r->out->rules, r->out->rule_count, sizeof *r->rules);
    if (r->rules == NULL)
      return false;
    r->out->rules = r->rules;
  }
  assert(rule < r->out->rule_count);
  r->rules[rule].enabled = false;
  return true;
}

static bool drop_resource(relaxing *r, uint32_t resource) {
  size_t width = r->out->resource_count;
  if (r->capacity == NULL) {
    r->capacity =
        copy_of(r->memory, r->out->host_capacity, r->out->host_count * width, sizeof *r->capacity);
    if (r->capacity == NULL)
      return false;
    r->out->host_capacity = r->capacity;
  }
  for (uint32_t host = 0; host < r->out->host_count; host++)
    r->capacity[host * width + resource] = BERTH_UNLIMITED;
  return true;
}

static bool stays_shut(const relaxing *r, uint32_t host, berth_reason reason) {
  const berth_inventory *inventory = r->list->inventory;
  uint8_t state = inventory->host_state[host];
  if (reason == BERTH_REASON_MAINTENANCE)
    return host == r->how->emptied ||
           (state != BERTH_HOST_MAINTENANCE && state != BERTH_HOST_ENTERING_MAINTENANCE);
  bool wakes = r->how->may_wake && inventory->host_wake[host] != BERTH_WAKE_NONE;
  return state != BERTH_HOST_STANDBY || wakes;
}

static bool open_hosts(relaxing *r, berth_reason reason) {
  assert(reason == BERTH_REASON_MAINTENANCE || reason == BERTH_REASON_NO_WAKE);
  if (r->host_state == NULL) {
    r->host_state = copy_of(r->memory, r->out->host_state, r->out->host_count, 1);
    if (r->host_state == NULL)
      return false;
    r->out->host_state = r->host_state;
  }
  for (uint32_t host = 0; host < r->out->host_count; host++) {
    if (!stays_shut(r, host, reason))
      r->host_state[host] = BERTH_HOST_ONLINE;
  }
  return true;
}

static bool forget_processors(relaxing *r) {
  int64_t *level = arena_take_unset(r->memory, r->out->vm_count, sizeof *level);
  const char **vendor = arena_take(r->memory, r->out->host_count, sizeof *vendor);
  if (level == NULL || vendor == NULL)
    return false;
  for (uint32_t vm = 0; vm < r->out->vm_count; vm++)
    level[vm] = BERTH_UNSET;
  r->out->vm_evc_level = level;
  r->out->host_cpu_vendor = vendor;
  return true;
}

/* Lists of needs that are all empty. NULL = no memory. */
static const uint32_t *no_needs(const relaxing *r) {
  return arena_take(r->memory, (size_t)r->out->vm_count + 1, sizeof(uint32_t));
}

static bool drop_reason(relaxing *r, berth_reason reason) {
  switch (reason) {
  case BERTH_REASON_MAINTENANCE:
  case BERTH_REASON_NO_WAKE:
    return open_hosts(r, reason);
  case BERTH_REASON_DEDICATED:
    r->out->host_dedicated = arena_take(r->memory, r->out->host_count, 1);
    return r->out->host_dedicated != NULL;
  case BERTH_REASON_PINNED: {
    uint8_t *movable = arena_take_unset(r->memory, r->out->vm_count, 1);
    if (movable == NULL)
      return false;
    memset(movable, 1, r->out->vm_count);
    r->out->vm_movable = movable;
    return true;
  }
  case BERTH_REASON_NETWORK:
    r->out->vm_network_start = no_needs(r);
    return r->out->vm_network_start != NULL;
  case BERTH_REASON_DATASTORE:
    r->out->vm_datastore_start = no_needs(r);
    return r->out->vm_datastore_start != NULL;
  case BERTH_REASON_NUMA: /* every VM may spread over nodes */
    r->out->vm_numa = arena_take(r->memory, r->out->vm_count, 1);
    return r->out->vm_numa != NULL;
  default:
    assert(reason == BERTH_REASON_CPU_COMPATIBILITY);
    return forget_processors(r);
  }
}

static bool drop(relaxing *r, const named_constraint *constraint) {
  switch (constraint->kind) {
  case CONSTRAINT_RULE:
    return drop_rule(r, constraint->index);
  case CONSTRAINT_RESOURCE:
    return drop_resource(r, constraint->index);
  default:
    return drop_reason(r, (berth_reason)constraint->index);
  }
}

bool reduced_inventory(berth_inventory *out, const berth_inventory *base, const uint8_t *vm_out,
                       arena *memory) {
  uint8_t *power = copy_of(memory, base->vm_power, base->vm_count, 1);
  *out = (berth_inventory){.base = base, .allocator = base->allocator};
  frozen_share(out, base);
  if (power == NULL)
    return false;
  for (uint32_t vm = 0; vm < base->vm_count; vm++) {
    assert(vm_out[vm] <= 1);
    if (vm_out[vm])
      power[vm] = BERTH_POWER_OFF;
  }
  out->vm_power = power;
  return true;
}

bool relaxed_inventory(berth_inventory *out, const constraint_list *list,
                       const constraint_set *held, const relaxation *how, arena *memory) {
  relaxing r = {.out = out, .list = list, .how = how, .memory = memory};
  if (!reduced_inventory(out, list->inventory, how->vm_out, memory))
    return false;
  for (uint32_t c = 0; c < list->count; c++) {
    if (!held[c] && !drop(&r, &list->list[c]))
      return false;
  }
  return true;
}
