/* SPDX-License-Identifier: Apache-2.0 */
/* Resources: the four that every inventory has, those it declares, what hosts have of each and what
 * VMs demand. */
#include "freeze_internal.h"
#include <assert.h>
#include <string.h>

static const char *const standard[BERTH_RESOURCE_FIRST_NAMED] = {"cpu", "memory", "vms", "vcpus"};

static bool is_standard(const char *name) {
  for (int i = 0; i < BERTH_RESOURCE_FIRST_NAMED; i++)
    if (strcmp(name, standard[i]) == 0)
      return true;
  return false;
}

/* Numbers the declared resources; number[pool number] = BERTH_NONE for the others. */
static bool declare(freezing *f, uint32_t *number) {
  const chunked_list *declared = &f->builder->resources;
  uint32_t count = BERTH_RESOURCE_FIRST_NAMED;
  const char **name =
      arena_take(&f->inventory->memory, (size_t)count + declared->count, sizeof *name);
  if (name == NULL)
    return false;
  memcpy(name, standard, sizeof standard);
  for (uint32_t i = 0; i < declared->count; i++) {
    const built_resource *resource = chunked_list_at(declared, i);
    const char *given = name_pool_at(&f->builder->resource_names, resource->name);
    if (given[0] == '\0' || is_standard(given))
      freeze_error(
          f, &resource->position,
          "resource \"%s\" cannot be declared; expected a name other than cpu, memory, vms "
          "and vcpus",
          given);
    else if (number[resource->name] != BERTH_NONE)
      freeze_error(f, &resource->position,
                   "resource \"%s\" is declared twice; expected names that are unique", given);
    else if (!freeze_text(f, given, &name[count]))
      return false;
    else
      number[resource->name] = count++;
  }
  f->inventory->resource_name = name;
  f->inventory->resource_count = count;
  return true;
}

static void fill_standard_capacity(const berth_host_spec *spec, int64_t *capacity) {
  capacity[BERTH_RESOURCE_CPU] = spec->cpu_mhz;
  capacity[BERTH_RESOURCE_MEMORY] = spec->memory_mib;
  capacity[BERTH_RESOURCE_VMS] = spec->max_vms == BERTH_UNSET ? BERTH_UNLIMITED : spec->max_vms;
  capacity[BERTH_RESOURCE_VCPUS] =
      spec->max_vcpus == BERTH_UNSET ? BERTH_UNLIMITED : spec->max_vcpus;
}

static void fill_standard_demand(const berth_inventory *inventory, uint32_t v, int64_t *demand) {
  int64_t memory = inventory->vm_memory_locked[v] ? inventory->vm_memory[v]
                                                  : inventory->vm_memory_reservation[v];
  demand[BERTH_RESOURCE_CPU] = inventory->vm_cpu_reservation[v];
  /* Numbers out of range were told already; they must not overflow here. */
  demand[BERTH_RESOURCE_MEMORY] = (int64_t)((uint64_t)memory + (uint64_t)inventory->vm_overhead[v]);
  demand[BERTH_RESOURCE_VMS] = 1;
  demand[BERTH_RESOURCE_VCPUS] = inventory->vm_cpus[v];
}

/* Who an amount belongs to, for messages. */
typedef struct owner {
  const char *kind, *verb;
  const uint32_t *target; /* builder -> frozen index */
  const char *const *id;  /* by frozen index */
} owner;

/* Enters the amounts into the rows of `amounts`, where BERTH_UNSET means not given yet. */
static void enter_amounts(freezing *f, const chunked_list *built, const owner *whose,
                          const uint32_t *number, int64_t *amounts) {
  for (uint32_t i = 0; i < built->count; i++) {
    const built_amount *entry = chunked_list_at(built, i);
    uint32_t object = whose->target[entry->object], resource = number[entry->resource];
    const char *name = name_pool_at(&f->builder->resource_names, entry->resource);
    if (object == BERTH_NONE)
      continue;
    if (resource == BERTH_NONE) {
      freeze_error(f, &entry->position,
                   "%s \"%s\" %s resource \"%s\", which is not declared; expected the name of a "
                   "declared resource",
                   whose->kind, whose->id[object], whose->verb, name);
      continue;
    }
    int64_t *amount = &amounts[(size_t)object * f->inventory->resource_count + resource];
    if (*amount != BERTH_UNSET)
      freeze_error(f, &entry->position,
                   "%s \"%s\" %s resource \"%s\" twice; expected each resource at most once",
                   whose->kind, whose->id[object], whose->verb, name);
    *amount = entry->amount;
  }
}

static void set_named(const freezing *f, int64_t *row, int64_t value) {
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < f->inventory->resource_count; r++)
    row[r] = value;
}

/* What was not given is 0. */
static void clear_unset(const freezing *f, int64_t *amounts, uint32_t objects) {
  size_t resources = f->inventory->resource_count;
  for (size_t i = 0; i < objects; i++)
    for (size_t r = BERTH_RESOURCE_FIRST_NAMED; r < resources; r++)
      if (amounts[i * resources + r] == BERTH_UNSET)
        amounts[i * resources + r] = 0;
}

static bool fill_capacity(freezing *f, const uint32_t *number) {
  size_t hosts = f->inventory->host_count, resources = f->inventory->resource_count;
  int64_t *capacity = arena_take_unset(&f->inventory->memory, hosts * resources, sizeof *capacity);
  if (capacity == NULL)
    return false;
  for (uint32_t h = 0; h < hosts; h++) {
    const built_host *host = chunked_list_at(&f->builder->hosts, f->host_source[h]);
    fill_standard_capacity(&host->spec, &capacity[h * resources]);
    set_named(f, &capacity[h * resources], BERTH_UNSET);
  }
  const owner whose = {"host", "has", f->host_target, f->inventory->host_id};
  enter_amounts(f, &f->builder->host_amounts, &whose, number, capacity);
  clear_unset(f, capacity, f->inventory->host_count);
  f->inventory->host_capacity = capacity;
  return true;
}

static bool fill_demand(freezing *f, const uint32_t *number) {
  size_t vms = f->inventory->vm_count, resources = f->inventory->resource_count;
  int64_t *demand = arena_take_unset(&f->inventory->memory, vms * resources, sizeof *demand);
  if (demand == NULL)
    return false;
  for (uint32_t v = 0; v < vms; v++) {
    fill_standard_demand(f->inventory, v, &demand[v * resources]);
    set_named(f, &demand[v * resources], BERTH_UNSET);
  }
  const owner whose = {"vm", "needs", f->vm_target, f->inventory->vm_id};
  enter_amounts(f, &f->builder->vm_amounts, &whose, number, demand);
  clear_unset(f, demand, f->inventory->vm_count);
  f->inventory->vm_demand = demand;
  return true;
}

bool freeze_fill_resources(freezing *f) {
  assert(f != NULL && f->inventory->host_id != NULL && f->inventory->vm_id != NULL);
  uint32_t names = f->builder->resource_names.names.count;
  uint32_t *number = arena_take(&f->scratch, names, sizeof *number);
  if (number == NULL)
    return false;
  memset(number, 0xff, names * sizeof *number); /* BERTH_NONE */
  return declare(f, number) && fill_capacity(f, number) && fill_demand(f, number);
}
