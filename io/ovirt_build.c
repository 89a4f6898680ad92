/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From oVirt's objects to an inventory. Memory comes in bytes: a host's is rounded down to MiB, a
 * VM's up; a NUMA node's comes in MiB. oVirt counts a host's cores a socket and threads a core.
 */
#include "ovirt_store.h"

#include "context_internal.h"
#include "name_pool.h"
#include "name_table.h"
#include "quantity_text.h"
#include <assert.h>
#include <string.h>

enum { MIB = 1 << 20 };

/* Objects of one kind by id. */
typedef struct by_id {
  name_table table;
  const char **names;
  uint32_t count;
} by_id;

typedef struct building {
  ovirt_store *store;
  berth_builder *builder;
  by_id clusters, hosts, vms;
  name_pool assumed; /* clusters that no document has */
} building;

/* ------------------------------------------------------------------------ help */

static void problem(const building *b, const berth_position *position, const char *kind,
                    const char *id, const char *text) {
  assert(kind != NULL && text != NULL);
  context_problem(b->store->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s %.60s: %s", kind,
                  id == NULL ? "?" : id, text);
}

static void unknown(const building *b, const berth_position *position, const char *fact) {
  source_report_unknown(b->store->report, position->source, fact, 1);
}

static void ignored(const building *b, const berth_position *position, const char *kind) {
  source_report_ignored(b->store->report, position->source, kind, 1);
}

static berth_status no_memory(const building *b) {
  return context_fail(b->store->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static bool is(const char *text, const char *expected) {
  return text != NULL && strcmp(text, expected) == 0;
}

static bool is_one_of(const char *text, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (is(text, words[i]))
      return true;
  }
  return false;
}

/* The id of element @p index of a list whose elements begin with a position and an id. */
typedef struct object_head {
  berth_position position;
  const char *id;
} object_head;

static_assert(offsetof(ovirt_cluster, id) == offsetof(object_head, id) &&
                  offsetof(ovirt_host, id) == offsetof(object_head, id) &&
                  offsetof(ovirt_vm, id) == offsetof(object_head, id),
              "objects begin alike");

static bool index_ids(ovirt_store *store, const chunked_list *list, by_id *out) {
  assert(list != NULL && out != NULL);
  out->count = list->count;
  out->names = arena_take(store->memory, list->count, sizeof *out->names);
  if (out->names == NULL)
    return false;
  for (uint32_t i = 0; i < list->count; i++) {
    object_head head;
    memcpy(&head, chunked_list_at(list, i), sizeof head);
    out->names[i] = head.id;
  }
  return name_table_build(&out->table, store->memory, out->names, out->count);
}

static uint32_t find(const by_id *objects, const char *id) {
  return id == NULL ? BERTH_NONE : name_table_find(&objects->table, objects->names, id, NULL);
}

/* Whether another document had the object before; within one document it is a mistake. */
static bool was_read(const building *b, const by_id *objects, const chunked_list *list,
                     uint32_t index, const char *kind) {
  assert(index < objects->count && objects->count <= list->count);
  object_head first, here;
  memcpy(&here, chunked_list_at(list, index), sizeof here);
  const uint32_t found = find(objects, here.id);
  if (found == BERTH_NONE || found == index)
    return false;
  memcpy(&first, chunked_list_at(list, found), sizeof first);
  const bool elsewhere = first.position.source != here.position.source;
  if (elsewhere)
    ignored(b, &here.position, kind);
  return elsewhere;
}

/* ------------------------------------------------------------------------ clusters */

/* Clusters that no document has stand behind those that some document has; what is known of them
 * is that hosts or VMs are in them. */
static berth_status assume_cluster(building *b, const berth_position *position, const char *id,
                                   ovirt_cluster **out) {
  const uint32_t known = b->assumed.names.count;
  uint32_t number = 0;
  assert(id != NULL);
  if (!name_pool_enter(&b->assumed, b->store->memory, id, &number))
    return no_memory(b);
  if (number < known) {
    *out = chunked_list_at(&b->store->clusters, b->clusters.count + number);
    return BERTH_OK;
  }
  *out = chunked_list_add(&b->store->clusters);
  if (*out == NULL)
    return no_memory(b);
  **out = (ovirt_cluster){
      .id = id, .position = *position, .over_commit = BERTH_UNSET, .index = BERTH_NONE};
  unknown(b, position, "set-up of clusters");
  return BERTH_OK;
}

static berth_status find_cluster(building *b, const berth_position *position, const char *id,
                                 ovirt_cluster **out) {
  assert(id != NULL && out != NULL);
  const uint32_t found = find(&b->clusters, id);
  if (found == BERTH_NONE)
    return assume_cluster(b, position, id, out);
  *out = chunked_list_at(&b->store->clusters, found);
  return BERTH_OK;
}

/* A cluster without hosts has no place for anything: it is added when something is in it. */
static berth_status add_cluster(building *b, ovirt_cluster *cluster) {
  assert(cluster->id != NULL);
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  if (cluster->index != BERTH_NONE)
    return BERTH_OK;
  spec.id = cluster->id;
  spec.name = cluster->name;
  spec.position = cluster->position;
  unknown(b, &cluster->position, "scheduling policy of clusters");
  if (cluster->ha_reservation)
    ignored(b, &cluster->position, "HA reservation");
  return berth_builder_add_cluster(b->builder, &spec, &cluster->index);
}

static berth_status cluster_of(building *b, const berth_position *position, const char *id,
                               ovirt_cluster **out) {
  const berth_status status = find_cluster(b, position, id, out);
  return status == BERTH_OK ? add_cluster(b, *out) : status;
}

/* ------------------------------------------------------------------------ hosts */

/* docs/manual/convert.md has the table and why. False: no such status. */
static bool host_state(const ovirt_host *host, berth_host_state *state) {
  assert(state != NULL);
  static const char *const maintenance[] = {"maintenance", "installing", "installing_os",
                                            "install_failed", "pending_approval"};
  static const char *const entering[] = {"preparing_for_maintenance", "non_operational"};
  static const char *const failed[] = {"down", "kdumping", "reboot"};
  static const char *const disconnected[] = {"non_responsive", "connecting", "unassigned",
                                             "initializing", "error"};
  *state = BERTH_HOST_ONLINE;
  if (is(host->status, "up"))
    return true;
  if (is_one_of(host->status, maintenance, sizeof maintenance / sizeof *maintenance))
    *state = BERTH_HOST_MAINTENANCE;
  else if (is_one_of(host->status, entering, sizeof entering / sizeof *entering))
    *state = BERTH_HOST_ENTERING_MAINTENANCE;
  else if (is_one_of(host->status, disconnected, sizeof disconnected / sizeof *disconnected))
    *state = BERTH_HOST_DISCONNECTED;
  else if (is_one_of(host->status, failed, sizeof failed / sizeof *failed))
    *state = BERTH_HOST_FAILED;
  else
    return false;
  if (is(host->status, "down") && host->power_management && host->automatic && !host->occupied)
    *state = BERTH_HOST_STANDBY;
  return true;
}

/* False: it does not say what it has. */
static bool host_capacity(const ovirt_host *host, const ovirt_cluster *cluster,
                          berth_host_spec *spec) {
  assert(cluster != NULL && spec != NULL);
  const int64_t percent = cluster->over_commit > 0 ? cluster->over_commit : 100;
  const int64_t threads =
      cluster->threads_as_cores && host->threads_each > 0 ? host->threads_each : 1;
  int64_t mhz = host->speed;
  if (host->memory < MIB || host->speed < 1 || host->sockets < 1 || host->cores_each < 1 ||
      percent > INT32_MAX)
    return false;
  spec->cpu_mhz = 1;
  return quantity_scale(mhz, host->sockets, 1, QUANTITY_DOWN, &mhz) &&
         quantity_scale(mhz, host->cores_each, 1, QUANTITY_DOWN, &mhz) &&
         quantity_scale(mhz, threads, 1, QUANTITY_DOWN, &spec->cpu_mhz) &&
         quantity_scale(host->memory, percent, INT64_C(100) * MIB, QUANTITY_DOWN,
                        &spec->memory_mib);
}

/* A node has the share of the clock that its cores are of all. */
static berth_status add_numa(building *b, const ovirt_host *host, int64_t cpu_mhz) {
  assert(host->index != BERTH_NONE && cpu_mhz > 0);
  int64_t cores = 0;
  berth_status status = BERTH_OK;
  for (const ovirt_node *node = host->first_node; node != NULL; node = node->next)
    cores += node->cores;
  for (const ovirt_node *node = host->first_node; node != NULL && status == BERTH_OK;
       node = node->next) {
    int64_t share = 0;
    if (node->index < 0 || node->memory < 0)
      problem(b, &node->position, "NUMA node of host", host->id,
              "no index or no memory; expected both");
    else if (node->cores == 0 || quantity_scale(cpu_mhz, node->cores, cores, QUANTITY_DOWN, &share))
      status = berth_builder_host_numa(b->builder, host->index, node->index, share, node->memory,
                                       &node->position);
  }
  return status;
}

static berth_status add_host(building *b, ovirt_host *host) {
  assert(host->index == BERTH_NONE);
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  ovirt_cluster *cluster = NULL;
  if (host->id == NULL)
    return BERTH_OK;
  if (host->cluster == NULL) {
    problem(b, &host->position, "host", host->id, "no <cluster>; expected the one it is in");
    return BERTH_OK;
  }
  spec.id = host->id;
  spec.name = host->name;
  spec.position = host->position;
  if (!host_state(host, &spec.state))
    problem(b, &host->position, "host", host->id,
            host->status == NULL ? "no <status>; expected one such as up"
                                 : "a status that is not known; expected one such as up");
  berth_status status = cluster_of(b, &host->position, host->cluster, &cluster);
  if (status != BERTH_OK)
    return status;
  if (!host_capacity(host, cluster, &spec)) {
    if (spec.state == BERTH_HOST_ONLINE)
      problem(b, &host->position, "host", host->id,
              "<memory>, <cpu><speed> or its topology is missing or out of range");
    else
      ignored(b, &host->position, "unequipped host");
    return BERTH_OK;
  }
  spec.wake = host->power_management ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
  unknown(b, &host->position, "memory that the hypervisor takes of hosts");
  status = berth_builder_add_host(b->builder, cluster->index, &spec, &host->index);
  return status == BERTH_OK ? add_numa(b, host, spec.cpu_mhz) : status;
}

/* ------------------------------------------------------------------------ VMs */

static berth_power vm_power(const ovirt_vm *vm) {
  if (vm->status == NULL || is(vm->status, "down") || is(vm->status, "image_locked"))
    return BERTH_POWER_OFF;
  return is(vm->status, "suspended") ? BERTH_POWER_SUSPENDED : BERTH_POWER_ON;
}

/* The engine offers low 1, medium 50 and high 100, and takes any number. */
static berth_priority vm_priority(const ovirt_vm *vm) {
  if (!vm->high_availability)
    return BERTH_PRIORITY_DISABLED;
  if (vm->priority >= 100)
    return BERTH_PRIORITY_HIGH;
  return vm->priority >= 50 ? BERTH_PRIORITY_MEDIUM : BERTH_PRIORITY_LOW;
}

static bool vm_size(const ovirt_vm *vm, berth_vm_spec *spec) {
  assert(spec != NULL && spec->memory_reservation_mib == 0);
  int64_t cpus = vm->sockets > 0 ? vm->sockets : 1;
  const int64_t guaranteed = vm->guaranteed > 0 ? vm->guaranteed : 0;
  return vm->memory > 0 &&
         quantity_scale(cpus, vm->cores_each > 0 ? vm->cores_each : 1, 1, QUANTITY_UP, &cpus) &&
         quantity_scale(cpus, vm->threads_each > 0 ? vm->threads_each : 1, 1, QUANTITY_UP,
                        &spec->cpus) &&
         quantity_scale(vm->memory, 1, MIB, QUANTITY_UP, &spec->memory_mib) &&
         quantity_scale(guaranteed, 1, MIB, QUANTITY_UP, &spec->memory_reservation_mib);
}

static void note_vm(const building *b, const ovirt_vm *vm) {
  unknown(b, &vm->position, "overhead of VMs");
  if (vm->guaranteed == BERTH_UNSET)
    unknown(b, &vm->position, "guaranteed memory of VMs");
  if (is(vm->affinity, "user_migratable"))
    unknown(b, &vm->position, "who migrates, by hand only, of VMs");
}

/* The cluster of a VM is that of its host if it does not say. */
static const char *vm_cluster(const building *b, const ovirt_vm *vm) {
  assert(vm != NULL);
  const uint32_t host = find(&b->hosts, vm->host);
  if (vm->cluster != NULL || host == BERTH_NONE)
    return vm->cluster;
  return ((const ovirt_host *)chunked_list_at(&b->store->hosts, host))->cluster;
}

static berth_status add_vm(building *b, const ovirt_vm *vm) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  ovirt_cluster *cluster = NULL;
  const char *cluster_id = vm_cluster(b, vm);
  if (vm->id == NULL)
    return BERTH_OK;
  if (cluster_id == NULL || !vm_size(vm, &spec)) {
    problem(b, &vm->position, "VM", vm->id,
            cluster_id == NULL ? "no <cluster>; expected the one it is in"
                               : "<memory> is missing or not possible; expected bytes");
    return BERTH_OK;
  }
  spec.id = vm->id;
  spec.name = vm->name;
  spec.position = vm->position;
  spec.host = vm->host;
  spec.power = vm_power(vm);
  spec.priority = vm_priority(vm);
  spec.movable = !is(vm->affinity, "pinned");
  if (vm->memory_used >= 0 &&
      !quantity_scale(vm->memory_used, 1, MIB, QUANTITY_UP, &spec.memory_usage_mib))
    spec.memory_usage_mib = BERTH_UNSET;
  note_vm(b, vm);
  berth_status status = cluster_of(b, &vm->position, cluster_id, &cluster);
  if (status == BERTH_OK)
    status = berth_builder_add_vm(b->builder, cluster->index, &spec, NULL);
  return status == BERTH_OK ? ovirt_add_placement(b->store, b->builder, cluster->index, vm)
                            : status;
}

/* ------------------------------------------------------------------------ passes */

static berth_status add_hosts(building *b) {
  assert(b->hosts.count == b->store->hosts.count);
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < b->hosts.count; i++) {
    if (!was_read(b, &b->hosts, &b->store->hosts, i, "repeated host"))
      status = add_host(b, chunked_list_at(&b->store->hosts, i));
  }
  return status;
}

static berth_status add_vms(building *b) {
  assert(b->vms.count == b->store->vms.count);
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < b->vms.count; i++) {
    if (!was_read(b, &b->vms, &b->store->vms, i, "repeated VM"))
      status = add_vm(b, chunked_list_at(&b->store->vms, i));
  }
  return status;
}

static berth_status add_groups(building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < b->store->groups.count; i++) {
    const ovirt_group *group = chunked_list_at(&b->store->groups, i);
    ovirt_cluster *cluster = NULL;
    if (group->id == NULL)
      continue;
    if (group->cluster == NULL) {
      problem(b, &group->position, "affinity group", group->id,
              "no <cluster>, and no cluster in href; expected the one it is in");
      continue;
    }
    status = cluster_of(b, &group->position, group->cluster, &cluster);
    if (status == BERTH_OK)
      status = ovirt_add_group(b->store, b->builder, cluster->index, group);
  }
  return status;
}

/* Clusters in the order of their documents, but for those with nothing in them. */
static berth_status add_used_clusters(building *b) {
  assert(b->clusters.count <= b->store->clusters.count);
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < b->clusters.count && status == BERTH_OK; i++) {
    ovirt_cluster *cluster = chunked_list_at(&b->store->clusters, i);
    if (was_read(b, &b->clusters, &b->store->clusters, i, "repeated cluster"))
      continue;
    if (cluster->used)
      status = add_cluster(b, cluster);
    else
      ignored(b, &cluster->position, "empty cluster");
  }
  return status;
}

static void link_hosts(const building *b) {
  assert(b->hosts.count == b->store->hosts.count);
  for (uint32_t i = 0; i < b->hosts.count; i++) {
    const ovirt_host *host = chunked_list_at(&b->store->hosts, i);
    const uint32_t cluster = find(&b->clusters, host->cluster);
    if (cluster != BERTH_NONE)
      ((ovirt_cluster *)chunked_list_at(&b->store->clusters, cluster))->used = true;
  }
  for (uint32_t i = 0; i < b->vms.count; i++) {
    const uint32_t host = find(&b->hosts, ((ovirt_vm *)chunked_list_at(&b->store->vms, i))->host);
    if (host != BERTH_NONE)
      ((ovirt_host *)chunked_list_at(&b->store->hosts, host))->occupied = true;
  }
}

static void link_nodes(const building *b) {
  for (uint32_t i = 0; i < b->store->nodes.count; i++) {
    ovirt_node *node = chunked_list_at(&b->store->nodes, i);
    const uint32_t found = find(&b->hosts, node->host);
    if (found == BERTH_NONE) {
      ignored(b, &node->position, "stray NUMA node");
      continue;
    }
    ovirt_host *host = chunked_list_at(&b->store->hosts, found);
    if (host->last_node == NULL)
      host->first_node = node;
    else
      host->last_node->next = node;
    host->last_node = node;
  }
}

static void link_usages(const building *b) {
  for (uint32_t i = 0; i < b->store->usages.count; i++) {
    const ovirt_usage *usage = chunked_list_at(&b->store->usages, i);
    const uint32_t vm = find(&b->vms, usage->vm);
    if (vm != BERTH_NONE)
      ((ovirt_vm *)chunked_list_at(&b->store->vms, vm))->memory_used = usage->bytes;
  }
}

static berth_status add_all(building *b) {
  assert(b->builder != NULL);
  link_hosts(b);
  link_nodes(b);
  link_usages(b);
  berth_status status = add_used_clusters(b);
  if (status == BERTH_OK)
    status = add_hosts(b);
  if (status == BERTH_OK)
    status = add_vms(b);
  return status == BERTH_OK ? add_groups(b) : status;
}

berth_status ovirt_build(ovirt_store *store, berth_builder *builder) {
  building b = {.store = store, .builder = builder};
  assert(store != NULL && builder != NULL);
  if (!index_ids(store, &store->clusters, &b.clusters) ||
      !index_ids(store, &store->hosts, &b.hosts) || !index_ids(store, &store->vms, &b.vms))
    return no_memory(&b);
  if (store->hosts.count == 0) {
    context_problem(store->ctx, BERTH_ERROR, BERTH_E_INVALID, NULL,
                    "there is no host in what was read; expected a document of <hosts> too");
    return BERTH_OK;
  }
  name_pool_init(&b.assumed, context_allocator(store->ctx));
  const berth_status status = add_all(&b);
  name_pool_free(&b.assumed);
  return status;
}
