/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every column is a piece of memory of its own that doubles; large ones are moved by the allocator
 * without a copy where it can. In the end they become the inventory's as they are.
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
    COLUMN(priority, vm_priority),
    COLUMN(movable, vm_movable),
    COLUMN(numa, vm_numa),
    COLUMN(locked, vm_memory_locked),
    COLUMN(notification, vm_notification),
};

enum { COLUMNS = sizeof columns_of / sizeof *columns_of };

static void *get(const vm_columns *columns, size_t offset) {
  void *piece;
  memcpy(&piece, (const char *)columns + offset, sizeof piece);
  return piece;
}

static bool grow(vm_columns *columns, size_t offset, size_t element, uint32_t room) {
  void *piece = get(columns, offset);
  void *grown = arena_loose_grow(&columns->texts.allocator, piece, room, element);
  if (grown == NULL)
    return false;
  memcpy((char *)columns + offset, &grown, sizeof grown);
  return true;
}

void vm_columns_init(vm_columns *columns, const berth_allocator *allocator) {
  assert(columns != NULL && allocator != NULL);
  *columns = (vm_columns){.count = 0};
  arena_init(&columns->texts, allocator);
}

bool vm_columns_reserve(vm_columns *columns, uint32_t room) {
  assert(columns != NULL && columns->count <= columns->room);
  if (room <= columns->room && columns->id != NULL)
    return true;
  for (size_t c = 0; c < COLUMNS; c++)
    if (!grow(columns, columns_of[c].from, columns_of[c].element, room))
      return false;
  if (!grow(columns, offsetof(vm_columns, reference), sizeof *columns->reference, room))
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

static void put_numbers(vm_columns *columns, uint32_t v, const berth_vm_spec *spec) {
  const int64_t numbers[VM_NUMBERS] = {spec->cpus,
                                       spec->memory_mib,
                                       spec->cpu_reservation_mhz,
                                       spec->memory_reservation_mib,
                                       spec->overhead_mib,
                                       spec->cpu_usage_mhz,
                                       spec->memory_usage_mib,
                                       spec->dirty_mib_per_second,
                                       spec->evc_level};
  for (size_t i = 0; i < VM_NUMBERS; i++)
    columns->numbers[i][v] = numbers[i];
}

bool vm_columns_add(vm_columns *columns, const built_vm *vm, berth_priority default_priority) {
  assert(columns != NULL && vm != NULL);
  const berth_vm_spec *spec = &vm->spec;
  const uint32_t v = columns->count;
  const bool unset = spec->priority == BERTH_PRIORITY_UNSET;
  const char *id = spec->id == NULL ? "" : spec->id, *name = NULL;
  if (v == columns->room && !vm_columns_reserve(columns, v == 0 ? FIRST_ROOM : 2 * v))
    return false;
  id = arena_text(&columns->texts, id, strlen(id));
  if (id != NULL && spec->name != NULL)
    name = arena_text(&columns->texts, spec->name, strlen(spec->name));
  if (id == NULL || (name == NULL && spec->name != NULL))
    return false;
  columns->id[v] = id;
  columns->name[v] = name;
  columns->cluster[v] = vm->cluster;
  columns->reference[v] = vm->host;
  columns->power[v] = (uint8_t)spec->power;
  columns->priority[v] = (uint8_t)(unset ? default_priority : spec->priority);
  columns->movable[v] = spec->movable;
  columns->numa[v] = (uint8_t)spec->numa;
  columns->locked[v] = spec->memory_locked;
  columns->notification[v] = notification_of(spec);
  put_numbers(columns, v, spec);
  columns->count++;
  return true;
}

void vm_columns_move(vm_columns *columns, berth_inventory *inventory, arena *scratch,
                     uint32_t **reference) {
  assert(columns != NULL && inventory != NULL && scratch != NULL && reference != NULL);
  assert(columns->id != NULL && columns->count == inventory->vm_count);
  for (size_t c = 0; c < COLUMNS; c++) {
    void *piece = get(columns, columns_of[c].from);
    memcpy((char *)inventory + columns_of[c].to, &piece, sizeof piece);
    arena_own(&inventory->memory, piece);
  }
  arena_own(scratch, columns->reference);
  *reference = columns->reference;
  arena_join(&inventory->memory, &columns->texts);
  vm_columns_init(columns, &inventory->allocator);
}

void vm_columns_free(vm_columns *columns) {
  assert(columns != NULL);
  const berth_allocator allocator = columns->texts.allocator;
  for (size_t c = 0; c < COLUMNS; c++)
    arena_loose_free(&allocator, get(columns, columns_of[c].from));
  arena_loose_free(&allocator, columns->reference);
  arena_free(&columns->texts);
  vm_columns_init(columns, &allocator);
}
