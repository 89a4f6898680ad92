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

enum { HOST_COLUMNS = sizeof host_columns / sizeof *host_columns };

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

/* VMs from @p v on that follow each other in the builder's memory, too. */
static uint32_t run_from(const freezing *f, uint32_t v) {
  const uint32_t *source = f->vm_source + v;
  const uint32_t most = CHUNKED_LIST_RUN - source[0] % CHUNKED_LIST_RUN;
  uint32_t run = 1;
  while (run < most && v + run < f->inventory->vm_count && source[run] == source[0] + run)
    run++;
  return run;
}

static bool fill_from_specs(freezing *f) {
  const uint32_t count = f->inventory->vm_count;
  bool filled = vm_columns_reserve(&f->spelled, count);
  for (uint32_t v = 0, run = 0; filled && v < count; v += run) {
    const built_vm *vms = chunked_list_at(&f->builder->vms, f->vm_source[v]);
    run = run_from(f, v);
    for (uint32_t r = 0; r < run; r++)
      freeze_check_vm(f, &vms[r].spec);
    filled = vm_columns_add(&f->spelled, vms, run);
  }
  return filled;
}

/* Where a VM leaves it to its cluster. */
static bool fill_priorities(freezing *f) {
  const vm_columns *columns = f->columns;
  uint8_t *priority = arena_take_unset(&f->inventory->memory, columns->count, sizeof *priority);
  if (priority == NULL)
    return false;
  for (uint32_t v = 0; v < columns->count; v++) {
    const bool unset = columns->priority[v] == BERTH_PRIORITY_UNSET;
    priority[v] = unset ? (uint8_t)f->clusters[columns->cluster[v]].set_up.default_priority
                        : columns->priority[v];
  }
  f->inventory->vm_priority = priority;
  return true;
}

static bool fill_vms(freezing *f) {
  if (f->columns == &f->spelled ? !fill_from_specs(f) : !vm_columns_reserve(f->columns, 0))
    return false;
  vm_columns_lend(f->columns, f->inventory);
  return fill_priorities(f);
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
