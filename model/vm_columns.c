/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every column is a piece of memory of its own that doubles; large ones are moved by the allocator
 * without a copy where it can.
 */
#include "vm_columns.h"

#include "builder_internal.h"
#include <assert.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

/* A column here, the size of its elements, and where the inventory has it. */
typedef struct column {
  size_t from, element, to;
} column;

#define COLUMN(field, at)                                                                          \
  { offsetof(vm_columns, field), sizeof *((vm_columns *)0)->field, offsetof(berth_inventory, at) }
#define NUMBER(index, at)                                                                          \
  {                                                                                                \
    offsetof(vm_columns, numbers) + (index) * sizeof(int64_t *), sizeof(int64_t),                  \
        offsetof(berth_inventory, at)                                                              \
  }

/* Of the numbers, in the specs. */
static const size_t number_offset[VM_NUMBERS] = {offsetof(berth_vm_spec, cpus),
                                                 offsetof(berth_vm_spec, memory_mib),
                                                 offsetof(berth_vm_spec, cpu_reservation_mhz),
                                                 offsetof(berth_vm_spec, memory_reservation_mib),
                                                 offsetof(berth_vm_spec, overhead_mib),
                                                 offsetof(berth_vm_spec, cpu_usage_mhz),
                                                 offsetof(berth_vm_spec, memory_usage_mib),
                                                 offsetof(berth_vm_spec, dirty_mib_per_second),
                                                 offsetof(berth_vm_spec, evc_level)};

static const column columns_of[] = {
    NUMBER(0, vm_cpus),
    NUMBER(1, vm_memory),
    NUMBER(2, vm_cpu_reservation),
    NUMBER(3, vm_memory_reservation),
    NUMBER(4, vm_overhead),
    NUMBER(5, vm_cpu_usage),
    NUMBER(6, vm_memory_usage),
    NUMBER(7, vm_dirty),
    NUMBER(8, vm_evc_level),
    COLUMN(id, vm_id),
    COLUMN(name, vm_name),
    COLUMN(cluster, vm_cluster),
    COLUMN(power, vm_power),
    COLUMN(movable, vm_movable),
    COLUMN(numa, vm_numa),
    COLUMN(locked, vm_memory_locked),
    COLUMN(notification, vm_notification),
};

enum { COLUMNS = sizeof columns_of / sizeof *columns_of };

/* Those that no inventory has: `to` means nothing. */
static const column private_columns[] = {
    {offsetof(vm_columns, priority), sizeof(uint8_t), 0},
    {offsetof(vm_columns, reference), sizeof(uint32_t), 0},
    {offsetof(vm_columns, position), sizeof(berth_position), 0},
};

enum { PRIVATE_COLUMNS = sizeof private_columns / sizeof *private_columns };

static void *get(const vm_columns *columns, size_t offset) {
  void *piece;
  memcpy(&piece, (const char *)columns + offset, sizeof piece);
  return piece;
}

static bool grow(vm_columns *columns, const column *which, uint32_t room) {
  void *piece = get(columns, which->from);
  void *grown = arena_loose_grow(&columns->texts.allocator, piece, room, which->element);
  if (grown == NULL)
    return false;
  memcpy((char *)columns + which->from, &grown, sizeof grown);
  return true;
}

void vm_columns_init(vm_columns *columns, const berth_allocator *allocator) {
  assert(columns != NULL && allocator != NULL);
  *columns = (vm_columns){.count = 0};
  arena_init(&columns->texts, allocator);
}

bool vm_columns_reserve(vm_columns *columns, uint32_t room) {
  assert(columns != NULL && columns->count <= columns->room && columns->given_to == NULL);
  if (room <= columns->room && columns->position != NULL)
    return true;
  room = room < FIRST_ROOM ? FIRST_ROOM : room;
  for (size_t c = 0; c < COLUMNS; c++)
    if (!grow(columns, &columns_of[c], room))
      return false;
  for (size_t c = 0; c < PRIVATE_COLUMNS; c++)
    if (!grow(columns, &private_columns[c], room))
      return false;
  columns->room = room;
  return true;
}

static frozen_notification notification_of(const berth_vm_spec *spec) {
  return (frozen_notification){.enabled = spec->notify_enabled,
                               .registered = spec->notify_registered,
                               .timeout = spec->notify_timeout,
                               .hardware = spec->notify_hardware,
                               .ack_seconds = spec->notify_ack_seconds,
                               .settle_seconds = spec->notify_settle_seconds};
}

static void put_numbers(vm_columns *columns, const built_vm *vms, uint32_t count) {
  for (size_t i = 0; i < VM_NUMBERS; i++) {
    int64_t *to = columns->numbers[i] + columns->count;
    for (uint32_t r = 0; r < count; r++)
      memcpy(&to[r], (const char *)&vms[r].spec + number_offset[i], sizeof *to);
  }
}

static void put_choices(vm_columns *columns, const built_vm *vms, uint32_t count) {
  uint32_t v = columns->count;
  for (uint32_t r = 0; r < count; r++, v++) {
    const berth_vm_spec *spec = &vms[r].spec;
    columns->power[v] = (uint8_t)spec->power;
    columns->priority[v] = (uint8_t)spec->priority;
    columns->movable[v] = spec->movable;
    columns->numa[v] = (uint8_t)spec->numa;
    columns->locked[v] = spec->memory_locked;
  }
}

static void put_places(vm_columns *columns, const built_vm *vms, uint32_t count) {
  const uint32_t v = columns->count;
  for (uint32_t r = 0; r < count; r++) {
    columns->cluster[v + r] = vms[r].cluster;
    columns->reference[v + r] = vms[r].host;
  }
  for (uint32_t r = 0; r < count; r++)
    columns->position[v + r] = vms[r].spec.position;
  for (uint32_t r = 0; r < count; r++)
    columns->notification[v + r] = notification_of(&vms[r].spec);
}

/* NULL stays NULL. */
static bool copy(vm_columns *columns, const char *text, const char **out) {
  *out = text == NULL ? NULL : arena_text(&columns->texts, text, strlen(text));
  return text == NULL || *out != NULL;
}

static bool put_texts(vm_columns *columns, const built_vm *vms, uint32_t count) {
  for (uint32_t r = 0; r < count; r++) {
    const char *id = vms[r].spec.id == NULL ? "" : vms[r].spec.id;
    if (!copy(columns, id, &columns->id[columns->count + r]) ||
        !copy(columns, vms[r].spec.name, &columns->name[columns->count + r]))
      return false;
  }
  return true;
}

/* Column by column: rows of all of them at once would be in each other's way in the cache. */
bool vm_columns_add(vm_columns *columns, const built_vm *vms, uint32_t count) {
  assert(columns != NULL && vms != NULL && columns->given_to == NULL);
  assert(count <= UINT32_MAX / 2 - columns->count);
  const uint32_t needed = columns->count + count;
  if (needed > columns->room &&
      !vm_columns_reserve(columns, needed > 2 * columns->room ? needed : 2 * columns->room))
    return false;
  if (!put_texts(columns, vms, count))
    return false;
  put_numbers(columns, vms, count);
  put_choices(columns, vms, count);
  put_places(columns, vms, count);
  columns->count = needed;
  return true;
}

void vm_columns_spell_out(const vm_columns *columns, uint32_t v, built_vm *out) {
  static const berth_vm_spec defaults = BERTH_VM_SPEC_INIT;
  assert(columns != NULL && v < columns->count && out != NULL);
  const frozen_notification *notification = &columns->notification[v];
  *out =
      (built_vm){.spec = defaults, .cluster = columns->cluster[v], .host = columns->reference[v]};
  berth_vm_spec *spec = &out->spec;
  for (size_t i = 0; i < VM_NUMBERS; i++)
    memcpy((char *)spec + number_offset[i], &columns->numbers[i][v], sizeof(int64_t));
  spec->id = columns->id[v];
  spec->name = columns->name[v];
  spec->power = (berth_power)columns->power[v];
  spec->priority = (berth_priority)columns->priority[v];
  spec->movable = columns->movable[v] != 0;
  spec->numa = (berth_numa)columns->numa[v];
  spec->memory_locked = columns->locked[v] != 0;
  spec->notify_enabled = notification->enabled;
  spec->notify_registered = notification->registered;
  spec->notify_timeout = notification->timeout;
  spec->notify_hardware = notification->hardware;
  spec->notify_ack_seconds = notification->ack_seconds;
  spec->notify_settle_seconds = notification->settle_seconds;
  spec->position = columns->position[v];
}

void vm_columns_lend(const vm_columns *columns, berth_inventory *inventory) {
  assert(columns != NULL && columns->position != NULL && columns->count == inventory->vm_count);
  for (size_t c = 0; c < COLUMNS; c++) {
    void *piece = get(columns, columns_of[c].from);
    memcpy((char *)inventory + columns_of[c].to, &piece, sizeof piece);
  }
}

void vm_columns_give(vm_columns *columns, berth_inventory *inventory) {
  assert(columns != NULL && columns->given_to == NULL && inventory->vm_id == columns->id);
  for (size_t c = 0; c < COLUMNS; c++)
    arena_own(&inventory->memory, get(columns, columns_of[c].from));
  arena_join(&inventory->memory, &columns->texts);
  columns->given_to = berth_inventory_retain(inventory);
}

void vm_columns_free(vm_columns *columns) {
  assert(columns != NULL);
  const berth_allocator allocator = columns->texts.allocator;
  for (size_t c = 0; c < COLUMNS && columns->given_to == NULL; c++)
    arena_loose_free(&allocator, get(columns, columns_of[c].from));
  for (size_t c = 0; c < PRIVATE_COLUMNS; c++)
    arena_loose_free(&allocator, get(columns, private_columns[c].from));
  arena_free(&columns->texts);
  berth_inventory_release(columns->given_to);
  vm_columns_init(columns, &allocator);
}
