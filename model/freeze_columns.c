/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From specs to columns: the fields of hosts and VMs that stand for themselves, labels numbered as
 * domains, and NUMA nodes.
 */
#include "freeze_internal.h"
#include <assert.h>
#include <string.h>

/* An int64_t field of a spec and the inventory's column (a pointer) that it goes to. */
typedef struct column {
  size_t from, to;
} column;

static const column host_columns[] = {
    {offsetof(berth_host_spec, link_mbps), offsetof(berth_inventory, host_link_mbps)},
    {offsetof(berth_host_spec, evc_level), offsetof(berth_inventory, host_evc_level)},
    {offsetof(berth_host_spec, joined), offsetof(berth_inventory, host_joined)},
    {offsetof(berth_host_spec, wake_seconds), offsetof(berth_inventory, host_wake_seconds)},
    {offsetof(berth_host_spec, power_watts), offsetof(berth_inventory, host_power_watts)},
    {offsetof(berth_host_spec, notify_timeout), offsetof(berth_inventory, host_notify_timeout)},
};

static const column vm_columns[] = {
    {offsetof(berth_vm_spec, cpus), offsetof(berth_inventory, vm_cpus)},
    {offsetof(berth_vm_spec, memory_mib), offsetof(berth_inventory, vm_memory)},
    {offsetof(berth_vm_spec, cpu_reservation_mhz), offsetof(berth_inventory, vm_cpu_reservation)},
    {offsetof(berth_vm_spec, memory_reservation_mib),
     offsetof(berth_inventory, vm_memory_reservation)},
    {offsetof(berth_vm_spec, overhead_mib), offsetof(berth_inventory, vm_overhead)},
    {offsetof(berth_vm_spec, cpu_usage_mhz), offsetof(berth_inventory, vm_cpu_usage)},
    {offsetof(berth_vm_spec, memory_usage_mib), offsetof(berth_inventory, vm_memory_usage)},
    {offsetof(berth_vm_spec, dirty_mib_per_second), offsetof(berth_inventory, vm_dirty)},
    {offsetof(berth_vm_spec, evc_level), offsetof(berth_inventory, vm_evc_level)},
};

enum {
  HOST_COLUMNS = sizeof host_columns / sizeof *host_columns,
  VM_COLUMNS = sizeof vm_columns / sizeof *vm_columns
};

/* Takes the arrays of `columns` and enters them into the inventory. */
static bool take_columns(freezing *f, const column *columns, size_t count, uint32_t rows,
                         int64_t **arrays) {
  for (size_t c = 0; c < count; c++) {
    arrays[c] = arena_take_unset(&f->inventory->memory, rows, sizeof **arrays);
    if (arrays[c] == NULL)
      return false;
    memcpy((char *)f->inventory + columns[c].to, &arrays[c], sizeof arrays[c]);
  }
  return true;
}

static void fill_row(const column *columns, size_t count, const void *spec, uint32_t row,
                     int64_t **arrays) {
  for (size_t c = 0; c < count; c++)
    memcpy(&arrays[c][row], (const char *)spec + columns[c].from, sizeof(int64_t));
}

/* The inventory's copies of the builder's labels, by number; hosts share them. */
static const char **copy_labels(freezing *f) {
  const name_pool *labels = &f->builder->labels;
  const char **copy = arena_take(&f->scratch, labels->names.count, sizeof *copy);
  for (uint32_t i = 0; copy != NULL && i < labels->names.count; i++)
    if (!freeze_text(f, name_pool_at(labels, i), &copy[i]))
      return NULL;
  return copy;
}

/*
 * Domains of one kind: labels are numbered as they first occur, and hosts without one follow, each
 * a domain of its own.
 */
static bool fill_domains(freezing *f, const char *const *copy, berth_domain kind) {
  berth_inventory *inventory = f->inventory;
  uint32_t hosts = inventory->host_count, labels = f->builder->labels.names.count, next = 0;
  const char **label = arena_take(&inventory->memory, hosts, sizeof *label);
  uint32_t *domain = arena_take(&inventory->memory, hosts, sizeof *domain);
  uint32_t *number = arena_take(&f->scratch, labels, sizeof *number);
  if (label == NULL || domain == NULL || number == NULL)
    return false;
  memset(number, 0xff, labels * sizeof *number); /* BERTH_NONE */
  for (uint32_t h = 0; h < hosts; h++) {
    const built_host *host = chunked_list_at(&f->builder->hosts, f->host_source[h]);
    domain[h] = BERTH_NONE;
    if (host->label[kind] == BERTH_NONE)
      continue;
    assert(host->label[kind] < labels);
    if (number[host->label[kind]] == BERTH_NONE)
      number[host->label[kind]] = next++;
    domain[h] = number[host->label[kind]];
    label[h] = copy[host->label[kind]];
  }
  for (uint32_t h = 0; h < hosts; h++)
    if (domain[h] == BERTH_NONE)
      domain[h] = next++;
  assert(next <= hosts);
  inventory->host_label[kind] = label;
  inventory->host_domain[kind] = domain;
  inventory->domain_count[kind] = next;
  return true;
}

static bool fill_all_domains(freezing *f, const char *const *copy) {
  berth_inventory *inventory = f->inventory;
  uint32_t *self = arena_take(&inventory->memory, inventory->host_count, sizeof *self);
  if (self == NULL)
    return false;
  for (uint32_t h = 0; h < inventory->host_count; h++)
    self[h] = h;
  inventory->host_domain[BERTH_DOMAIN_HOST] = self;
  inventory->domain_count[BERTH_DOMAIN_HOST] = inventory->host_count;
  return fill_domains(f, copy, BERTH_DOMAIN_CHASSIS) && fill_domains(f, copy, BERTH_DOMAIN_RACK) &&
         fill_domains(f, copy, BERTH_DOMAIN_SITE);
}

static bool fill_hosts(freezing *f) {
  berth_inventory *inventory = f->inventory;
  uint32_t count = inventory->host_count;
  arena *memory = &inventory->memory;
  int64_t *columns[HOST_COLUMNS];
  const char **id = arena_take(memory, count, sizeof *id);
  const char **name = arena_take(memory, count, sizeof *name);
  const char **vendor = arena_take(memory, count, sizeof *vendor);
  const char **topology = arena_take(memory, count, sizeof *topology);
  uint32_t *cluster = arena_take(memory, count, sizeof *cluster);
  uint8_t *state = arena_take(memory, count, sizeof *state);
  uint8_t *wake = arena_take(memory, count, sizeof *wake);
  if (id == NULL || name == NULL || vendor == NULL || topology == NULL || cluster == NULL ||
      state == NULL || wake == NULL || !take_columns(f, host_columns, HOST_COLUMNS, count, columns))
    return false;
  for (uint32_t h = 0; h < count; h++) {
    const built_host *host = chunked_list_at(&f->builder->hosts, f->host_source[h]);
    if (!freeze_text(f, freeze_shown(host->spec.id), &id[h]) ||
        !freeze_text(f, host->spec.name, &name[h]) ||
        !freeze_text(f, host->spec.cpu_vendor, &vendor[h]) ||
        !freeze_text(f, host->spec.topology, &topology[h]))
      return false;
    cluster[h] = host->cluster;
    state[h] = (uint8_t)host->spec.state;
    wake[h] = (uint8_t)host->spec.wake;
    fill_row(host_columns, HOST_COLUMNS, &host->spec, h, columns);
  }
  inventory->host_id = id;
  inventory->host_name = name;
  inventory->host_cpu_vendor = vendor;
  inventory->host_topology = topology;
  inventory->host_cluster = cluster;
  inventory->host_state = state;
  inventory->host_wake = wake;
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

/* The columns of VMs that are no plain numbers, writable. */
typedef struct vm_arrays {
  const char **id, **name;
  uint32_t *cluster;
  uint8_t *power, *priority, *movable, *numa, *locked;
  frozen_notification *notification;
} vm_arrays;

static bool take_vm_arrays(freezing *f, vm_arrays *to) {
  berth_inventory *inventory = f->inventory;
  const uint32_t count = inventory->vm_count;
  arena *memory = &inventory->memory;
  inventory->vm_id = to->id = arena_take_unset(memory, count, sizeof *to->id);
  inventory->vm_name = to->name = arena_take_unset(memory, count, sizeof *to->name);
  inventory->vm_cluster = to->cluster = arena_take_unset(memory, count, sizeof *to->cluster);
  inventory->vm_power = to->power = arena_take_unset(memory, count, sizeof *to->power);
  inventory->vm_priority = to->priority = arena_take_unset(memory, count, sizeof *to->priority);
  inventory->vm_movable = to->movable = arena_take_unset(memory, count, sizeof *to->movable);
  inventory->vm_numa = to->numa = arena_take_unset(memory, count, sizeof *to->numa);
  inventory->vm_memory_locked = to->locked = arena_take_unset(memory, count, sizeof *to->locked);
  inventory->vm_notification = to->notification =
      arena_take_unset(memory, count, sizeof *to->notification);
  f->vm_reference = arena_take_unset(&f->scratch, count, sizeof *f->vm_reference);
  return to->id != NULL && to->name != NULL && to->cluster != NULL && to->power != NULL &&
         to->priority != NULL && to->movable != NULL && to->numa != NULL && to->locked != NULL &&
         to->notification != NULL && f->vm_reference != NULL;
}

/* One pass over the specs, which are as large as all columns together. */
static bool fill_vms(freezing *f) {
  int64_t *columns[VM_COLUMNS];
  vm_arrays to;
  const uint32_t count = f->inventory->vm_count;
  if (!take_vm_arrays(f, &to) || !take_columns(f, vm_columns, VM_COLUMNS, count, columns))
    return false;
  for (uint32_t v = 0; v < count; v++) {
    const built_vm *vm = chunked_list_at(&f->builder->vms, f->vm_source[v]);
    const berth_vm_spec *spec = &vm->spec;
    bool unset = spec->priority == BERTH_PRIORITY_UNSET;
    freeze_check_vm(f, spec);
    if (!freeze_text(f, freeze_shown(spec->id), &to.id[v]) ||
        !freeze_text(f, spec->name, &to.name[v]))
      return false;
    f->vm_reference[v] = vm->host;
    to.cluster[v] = vm->cluster;
    to.power[v] = (uint8_t)spec->power;
    to.priority[v] =
        (uint8_t)(unset ? f->clusters[vm->cluster].set_up.default_priority : spec->priority);
    to.movable[v] = spec->movable;
    to.numa[v] = (uint8_t)spec->numa;
    to.locked[v] = spec->memory_locked;
    to.notification[v] = notification_of(spec);
    fill_row(vm_columns, VM_COLUMNS, spec, v, columns);
  }
  return true;
}

/* NUMA nodes by host, then as written: a counting sort. */
static bool fill_numa(freezing *f) {
  const chunked_list *built = &f->builder->numa;
  uint32_t hosts = f->inventory->host_count, kept = 0;
  frozen_numa *numa = arena_take(&f->inventory->memory, built->count, sizeof *numa);
  uint32_t *next = arena_take(&f->scratch, (size_t)hosts + 1, sizeof *next);
  if (numa == NULL || next == NULL)
    return false;
  for (uint32_t i = 0; i < built->count; i++) {
    uint32_t host = f->host_target[((const built_numa *)chunked_list_at(built, i))->host];
    if (host != BERTH_NONE)
      next[host + 1]++;
  }
  for (uint32_t h = 0; h < hosts; h++)
    next[h + 1] += next[h];
  for (uint32_t i = 0; i < built->count; i++) {
    const built_numa *b = chunked_list_at(built, i);
    uint32_t host = f->host_target[b->host];
    if (host == BERTH_NONE)
      continue;
    numa[next[host]++] = (frozen_numa){host, b->node, b->cpu_mhz, b->memory_mib};
    kept++;
  }
  f->inventory->numa = numa;
  f->inventory->numa_count = kept;
  return true;
}

bool freeze_fill_columns(freezing *f) {
  assert(f != NULL && f->inventory != NULL);
  const char **labels = copy_labels(f);
  return labels != NULL && fill_hosts(f) && fill_all_domains(f, labels) && fill_vms(f) &&
         fill_numa(f);
}
