/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI devices as named resources. A VM asks for a device by vendor, device and class,
 * any of which it may leave open. Each pattern that is asked for is a resource; a host has as
 * much of it as devices match, and a VM takes of its pattern and of every wider one. That is
 * exact (Hall's theorem) where of any two patterns that a device matches one is the wider; where
 * two cross, it is necessary and not sufficient, which a note says.
 */
#include "opennebula_build.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PATTERNS_MOST = 32, NAME_ROOM = 96, FIELDS = 3 };

typedef struct pattern {
  const char *field[FIELDS]; /* vendor, device, class; NULL = any */
} pattern;

typedef struct devices {
  opennebula_building *b;
  pattern patterns[PATTERNS_MOST];
  uint32_t count;
  bool too_many, crossing;
} devices;

static const opennebula_field wanted_fields[FIELDS] = {
    OPENNEBULA_VM_PCI_VENDOR, OPENNEBULA_VM_PCI_DEVICE, OPENNEBULA_VM_PCI_CLASS};
static const opennebula_field host_fields[FIELDS] = {
    OPENNEBULA_HOST_PCI_VENDOR, OPENNEBULA_HOST_PCI_DEVICE, OPENNEBULA_HOST_PCI_CLASS};

/* ------------------------------------------------------------------------ patterns */

static pattern read_pattern(const opennebula_building *b, const opennebula_object *object,
                            uint32_t item, const opennebula_field *fields) {
  pattern p = {{NULL}};
  for (int i = 0; i < FIELDS; i++)
    p.field[i] = opennebula_item_text(b->store, object, item, fields[i]);
  return p;
}

/* Whether @p wide matches all that @p narrow matches. A device is a pattern without gaps. */
static bool covers(const pattern *wide, const pattern *narrow) {
  for (int i = 0; i < FIELDS; i++)
    if (wide->field[i] != NULL &&
        (narrow->field[i] == NULL || strcmp(wide->field[i], narrow->field[i]) != 0))
      return false;
  return true;
}

static void name_pattern(const pattern *p, char *name) {
  static const char *const keys[FIELDS] = {"vendor", "device", "class"};
  size_t used = (size_t)snprintf(name, NAME_ROOM, "pci");
  assert(p != NULL && used < NAME_ROOM);
  for (int i = 0; i < FIELDS; i++)
    if (p->field[i] != NULL && used < NAME_ROOM)
      used += (size_t)snprintf(name + used, NAME_ROOM - used, "-%s-%.20s", keys[i], p->field[i]);
}

/* A VM that has a device by its address has it where it is; such VMs are not moved. */
static void enter_pattern(devices *d, const pattern *p) {
  for (uint32_t i = 0; i < d->count; i++)
    if (covers(&d->patterns[i], p) && covers(p, &d->patterns[i]))
      return;
  if (d->count < PATTERNS_MOST)
    d->patterns[d->count++] = *p;
  else
    d->too_many = true;
}

static void collect_patterns(devices *d) {
  const opennebula_building *b = d->b;
  for (uint32_t v = 0; v < b->vm_count; v++) {
    opennebula_walk walk = {0};
    const opennebula_fact *item = NULL;
    while ((item = opennebula_next(b->store, b->vms[v].object, OPENNEBULA_VM_PCI, &walk)) != NULL) {
      const pattern p = read_pattern(b, b->vms[v].object, item->item, wanted_fields);
      enter_pattern(d, &p);
    }
  }
}

/* ------------------------------------------------------------------------ hosts */

/* Whether the device is held by a VM that is not in the inventory as running there. */
static bool is_lost(const opennebula_building *b, const opennebula_object *host, uint32_t item) {
  const char *holder = opennebula_item_text(b->store, host, item, OPENNEBULA_HOST_PCI_VM);
  if (holder == NULL || strcmp(holder, "-1") == 0)
    return false;
  const opennebula_object *vm = opennebula_store_find(b->store, OPENNEBULA_VM, holder);
  return vm == NULL || vm->index == BERTH_NONE || !b->vms[vm->index].running ||
         b->vms[vm->index].unlisted;
}

static void count_devices(devices *d, const opennebula_object *host, int64_t *amounts) {
  const opennebula_building *b = d->b;
  opennebula_walk walk = {0};
  const opennebula_fact *item = NULL;
  while ((item = opennebula_next(b->store, host, OPENNEBULA_HOST_PCI, &walk)) != NULL) {
    const pattern device = read_pattern(b, host, item->item, host_fields);
    if (is_lost(b, host, item->item))
      continue;
    for (uint32_t i = 0; i < d->count; i++) {
      if (!covers(&d->patterns[i], &device))
        continue;
      amounts[i]++;
      for (uint32_t k = 0; k < i; k++)
        d->crossing = d->crossing || (covers(&d->patterns[k], &device) &&
                                      !covers(&d->patterns[k], &d->patterns[i]) &&
                                      !covers(&d->patterns[i], &d->patterns[k]));
    }
  }
}

static berth_status add_host_devices(devices *d, const opennebula_host *host) {
  int64_t amounts[PATTERNS_MOST] = {0};
  berth_status status = BERTH_OK;
  assert(d->count <= PATTERNS_MOST && host->builder != BERTH_NONE);
  count_devices(d, host->object, amounts);
  for (uint32_t i = 0; status == BERTH_OK && i < d->count; i++) {
    char name[NAME_ROOM];
    name_pattern(&d->patterns[i], name);
    status = berth_builder_host_capacity(d->b->builder, host->builder, name, amounts[i],
                                         &host->object->position);
  }
  return status;
}

/* ------------------------------------------------------------------------ VMs */

static berth_status add_vm_devices(devices *d, const opennebula_vm *vm) {
  int64_t amounts[PATTERNS_MOST] = {0};
  const opennebula_building *b = d->b;
  berth_status status = BERTH_OK;
  opennebula_walk walk = {0};
  const opennebula_fact *item = NULL;
  while ((item = opennebula_next(b->store, vm->object, OPENNEBULA_VM_PCI, &walk)) != NULL) {
    const pattern p = read_pattern(b, vm->object, item->item, wanted_fields);
    for (uint32_t i = 0; i < d->count; i++)
      amounts[i] += covers(&d->patterns[i], &p);
  }
  for (uint32_t i = 0; status == BERTH_OK && i < d->count; i++) {
    char name[NAME_ROOM];
    name_pattern(&d->patterns[i], name);
    if (amounts[i] > 0)
      status = berth_builder_vm_needs_resource(b->builder, vm->builder, name, amounts[i],
                                               &vm->object->position);
  }
  return status;
}

static berth_status declare(devices *d) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < d->count; i++) {
    char name[NAME_ROOM];
    name_pattern(&d->patterns[i], name);
    status = berth_builder_add_resource(d->b->builder, name, NULL);
  }
  return status;
}

/* ------------------------------------------------------------------------ huge pages */

static void tell_pages(opennebula_building *b, const opennebula_vm *vm) {
  if (opennebula_text(b->store, vm->object, OPENNEBULA_VM_PAGE_SIZE) != NULL)
    opennebula_unknown(b, vm->object, "huge pages (counted as memory only) of VMs");
}

berth_status opennebula_add_devices(opennebula_building *b) {
  devices d = {.b = b};
  collect_patterns(&d);
  berth_status status = declare(&d);
  for (uint32_t h = 0; status == BERTH_OK && h < b->host_count; h++)
    status = add_host_devices(&d, &b->hosts[h]);
  for (uint32_t v = 0; status == BERTH_OK && v < b->vm_count; v++)
    status = add_vm_devices(&d, &b->vms[v]);
  for (uint32_t v = 0; v < b->vm_count; v++)
    tell_pages(b, &b->vms[v]);
  if (d.too_many)
    context_problem(b->ctx, BERTH_WARNING, BERTH_OK, NULL,
                    "VMs ask for more than %d kinds of PCI devices; the others are not looked at",
                    (int)PATTERNS_MOST);
  if (d.crossing)
    context_problem(b->ctx, BERTH_NOTE, BERTH_OK, NULL,
                    "PCI devices that VMs ask for overlap; that each is there does not prove that "
                    "all are");
  return status;
}
