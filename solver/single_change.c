/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change copies the one array that it writes; all else stays that of the inventory it began with.
 */
#include "single_change.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t single_change_cost(const single_change *change) {
  if (change->kind == CHANGE_ADD_RESOURCE)
    return 3;
  assert(change->kind <= CHANGE_LIFT_RULE);
  return change->kind == CHANGE_LIFT_RULE ? 2 : 1;
}

/* "MiB" after an amount of memory, "MHz" after one of CPU, else the resource. */
static const char *unit_of(const berth_inventory *inventory, uint32_t resource) {
  if (resource == BERTH_RESOURCE_MEMORY)
    return "MiB";
  return resource == BERTH_RESOURCE_CPU ? "MHz" : inventory->resource_name[resource];
}

static int print(char *text, size_t size, const single_change *change,
                 const berth_inventory *inventory) {
  const char *const *ids = inventory->host_id;
  switch (change->kind) {
  case CHANGE_WAKE:
    return snprintf(text, size, "wake %s", ids[change->index]);
  case CHANGE_END_MAINTENANCE:
    return snprintf(text, size, "end maintenance of %s", ids[change->index]);
  case CHANGE_LET_MIGRATE:
    return snprintf(text, size, "allow migration of %s", inventory->vm_id[change->index]);
  case CHANGE_LIFT_RULE:
    return snprintf(text, size, "lift rule %s", inventory->rules[change->index].id);
  default:
    return snprintf(text, size, "%" PRId64 " %s more on %s", change->amount,
                    unit_of(inventory, change->resource), ids[change->index]);
  }
}

const char *single_change_text(const single_change *change, const berth_inventory *inventory,
                               arena *memory) {
  int length = print(NULL, 0, change, inventory);
  size_t size = length < 0 ? 1 : (size_t)length + 1;
  char *text = arena_take(memory, size, 1);
  assert(length > 0);
  if (text != NULL)
    print(text, size, change, inventory);
  return text;
}

static void *copy_of(arena *memory, const void *from, size_t count, size_t size) {
  void *copy = arena_take_unset(memory, count, size);
  if (copy != NULL)
    memcpy(copy, from, count * size);
  return copy;
}

static bool put_online(berth_inventory *inventory, uint32_t host, arena *memory) {
  uint8_t *state = copy_of(memory, inventory->host_state, inventory->host_count, 1);
  if (state == NULL)
    return false;
  assert(host < inventory->host_count);
  state[host] = BERTH_HOST_ONLINE;
  inventory->host_state = state;
  return true;
}

static bool let_migrate(berth_inventory *inventory, uint32_t vm, arena *memory) {
  uint8_t *movable = copy_of(memory, inventory->vm_movable, inventory->vm_count, 1);
  if (movable == NULL)
    return false;
  assert(!movable[vm]);
  movable[vm] = 1;
  inventory->vm_movable = movable;
  return true;
}

static bool lift_rule(berth_inventory *inventory, uint32_t rule, arena *memory) {
  frozen_rule *rules = copy_of(memory, inventory->rules, inventory->rule_count, sizeof *rules);
  if (rules == NULL)
    return false;
  assert(rules[rule].enabled);
  rules[rule].enabled = false;
  inventory->rules = rules;
  return true;
}

static bool add_resource(berth_inventory *inventory, const single_change *change, arena *memory) {
  size_t cells = (size_t)inventory->host_count * inventory->resource_count;
  int64_t *capacity = copy_of(memory, inventory->host_capacity, cells, sizeof *capacity);
  if (capacity == NULL)
    return false;
  assert(change->amount > 0);
  capacity[(size_t)change->index * inventory->resource_count + change->resource] += change->amount;
  inventory->host_capacity = capacity;
  return true;
}

bool single_change_make(const single_change *change, berth_inventory *inventory, arena *memory) {
  switch (change->kind) {
  case CHANGE_WAKE:
  case CHANGE_END_MAINTENANCE:
    return put_online(inventory, change->index, memory);
  case CHANGE_LET_MIGRATE:
    return let_migrate(inventory, change->index, memory);
  case CHANGE_LIFT_RULE:
    return lift_rule(inventory, change->index, memory);
  default:
    return add_resource(inventory, change, memory);
  }
}
