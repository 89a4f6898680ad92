/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters and hosts of OpenNebula. MAX_CPU and MAX_MEM are what is left for VMs after
 * reservations, or more than there is where it overcommits. A VM that is powered off or suspended
 * keeps what it was allocated, and so does one that no source describes: both are taken off
 * the capacity, as the part of the host's *_USAGE that VMs known to run do not explain.
 */
#include "opennebula_build.h"

#include "quantity_text.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------ clusters */

const char *opennebula_cluster_of(const opennebula_store *store, const opennebula_object *host) {
  const char *id = opennebula_text(store, host, OPENNEBULA_HOST_CLUSTER_ID);
  assert(host->kind == OPENNEBULA_HOST);
  if (id != NULL)
    return strcmp(id, "-1") == 0 ? "none" : id;
  for (uint32_t i = 0; i < opennebula_store_count(store); i++) {
    const opennebula_object *cluster = opennebula_store_at(store, i);
    if (cluster->kind == OPENNEBULA_CLUSTER &&
        opennebula_lists(store, cluster, OPENNEBULA_CLUSTER_HOST, host->id))
      return cluster->id;
  }
  return "none";
}

static uint32_t find_cluster(const opennebula_building *b, const char *id) {
  assert(id != NULL);
  for (uint32_t c = 0; c < b->cluster_count; c++)
    if (strcmp(b->clusters[c].id, id) == 0)
      return c;
  return BERTH_NONE;
}

static opennebula_cluster *enter_cluster(opennebula_building *b, const char *id) {
  const uint32_t found = find_cluster(b, id);
  if (found != BERTH_NONE)
    return &b->clusters[found];
  opennebula_cluster *added = &b->clusters[b->cluster_count];
  *added = (opennebula_cluster){.id = id, .joined = b->cluster_count, .builder = BERTH_NONE};
  b->cluster_count++;
  return added;
}

static bool is_asked(const opennebula_building *b, const char *cluster) {
  return b->task->kind != OPENNEBULA_OPTIMIZE || strcmp(cluster, b->task->cluster) == 0;
}

berth_status opennebula_collect_clusters(opennebula_building *b) {
  const uint32_t count = opennebula_store_count(b->store);
  b->clusters = arena_take(&b->store->memory, (size_t)count + 1, sizeof *b->clusters);
  if (b->clusters == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < count; i++) {
    const opennebula_object *object = opennebula_store_at(b->store, i);
    if (object->kind != OPENNEBULA_CLUSTER)
      continue;
    opennebula_cluster *cluster = enter_cluster(b, object->id);
    cluster->object = object;
    cluster->name = opennebula_text(b->store, object, OPENNEBULA_CLUSTER_NAME);
  }
  for (uint32_t i = 0; i < count; i++) {
    const opennebula_object *object = opennebula_store_at(b->store, i);
    if (object->kind != OPENNEBULA_HOST)
      continue;
    opennebula_cluster *cluster = enter_cluster(b, opennebula_cluster_of(b->store, object));
    if (cluster->name == NULL)
      cluster->name = opennebula_text(b->store, object, OPENNEBULA_HOST_CLUSTER);
  }
  return BERTH_OK;
}

uint32_t opennebula_first_cluster(const opennebula_building *b, uint32_t cluster) {
  assert(cluster < b->cluster_count);
  while (b->clusters[cluster].joined != cluster)
    cluster = b->clusters[cluster].joined;
  return cluster;
}

void opennebula_join_clusters(opennebula_building *b, uint32_t one, uint32_t other) {
  const uint32_t a = opennebula_first_cluster(b, one), c = opennebula_first_cluster(b, other);
  if (a < c)
    b->clusters[c].joined = a;
  else
    b->clusters[a].joined = c;
}

bool opennebula_cluster_has(const opennebula_store *store, const char *cluster,
                            opennebula_kind kind, const char *id, bool unknown) {
  const bool data = kind == OPENNEBULA_DATASTORE;
  const opennebula_object *of = opennebula_store_find(store, OPENNEBULA_CLUSTER, cluster);
  const opennebula_object *object = opennebula_store_find(store, kind, id);
  assert(data || kind == OPENNEBULA_VNET);
  if (object != NULL &&
      opennebula_lists(store, object, data ? OPENNEBULA_DATASTORE_CLUSTER : OPENNEBULA_VNET_CLUSTER,
                       cluster))
    return true;
  if (of == NULL)
    return object == NULL && unknown;
  return opennebula_lists(store, of, data ? OPENNEBULA_CLUSTER_DATASTORE : OPENNEBULA_CLUSTER_VNET,
                          id);
}

static berth_automation automation(const char *word) {
  static const struct {
    const char *word;
    berth_automation value;
  } rows[] = {{"manual", BERTH_AUTOMATION_MANUAL},
              {"partial", BERTH_AUTOMATION_PARTIAL},
              {"full", BERTH_AUTOMATION_FULL}};
  for (size_t i = 0; word != NULL && i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].word, word) == 0)
      return rows[i].value;
  return BERTH_AUTOMATION_OFF;
}

/* "0+100" for clusters that are one to berth. */
static const char *joined_id(opennebula_building *b, uint32_t first) {
  gathered_text_clear(&b->list);
  for (uint32_t c = first; c < b->cluster_count; c++)
    if (opennebula_first_cluster(b, c) == first &&
        !gathered_text_add_word(&b->list, b->clusters[c].id))
      return NULL;
  const char *list = gathered_text_words(&b->list);
  char *id = arena_text(&b->store->memory, list, strlen(list));
  for (char *at = id; at != NULL && *at != '\0'; at++)
    *at = *at == ' ' ? '+' : *at;
  return id;
}

static berth_status add_cluster(opennebula_building *b, uint32_t first) {
  opennebula_cluster *cluster = &b->clusters[first];
  const opennebula_object *object = cluster->object;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  assert(cluster->joined == first && cluster->builder == BERTH_NONE);
  spec.id = joined_id(b, first);
  if (spec.id == NULL)
    return BERTH_E_NOMEM;
  spec.name = strcmp(spec.id, cluster->id) == 0 ? cluster->name : NULL;
  spec.ha_enabled = false;
  spec.dpm = b->task->pack ? BERTH_AUTOMATION_FULL : BERTH_AUTOMATION_OFF;
  spec.drs = object == NULL
                 ? BERTH_AUTOMATION_OFF
                 : automation(opennebula_text(b->store, object, OPENNEBULA_CLUSTER_AUTOMATION));
  if (object != NULL)
    spec.position = object->position;
  return berth_builder_add_cluster(b->builder, &spec, &cluster->builder);
}

berth_status opennebula_add_clusters(opennebula_building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t c = 0; status == BERTH_OK && c < b->cluster_count; c++)
    if (opennebula_first_cluster(b, c) == c && is_asked(b, b->clusters[c].id))
      status = add_cluster(b, c);
  return status;
}

/* ------------------------------------------------------------------------ hosts */

/* The scheduler neither empties nor restarts what stands on hosts out of order: they stay as they
 * are, and nothing arrives there. */
static berth_host_state state_of(opennebula_building *b, const opennebula_object *object) {
  static const berth_host_state states[] = {
      BERTH_HOST_DISCONNECTED, BERTH_HOST_ONLINE,      BERTH_HOST_ONLINE,
      BERTH_HOST_FAILED,       BERTH_HOST_MAINTENANCE, BERTH_HOST_FAILED,
      BERTH_HOST_DISCONNECTED, BERTH_HOST_MAINTENANCE, BERTH_HOST_DISCONNECTED};
  int64_t state = 0;
  const bool known = opennebula_number(b, object, OPENNEBULA_HOST_STATE, &state);
  if (!known || state >= (int64_t)(sizeof states / sizeof *states)) {
    if (known || opennebula_text(b->store, object, OPENNEBULA_HOST_STATE) == NULL)
      opennebula_complain(b, object, "STATE is missing or unknown; expected 0 to 8");
    return BERTH_HOST_DISCONNECTED;
  }
  if (states[state] != BERTH_HOST_ONLINE && b->task->kind != OPENNEBULA_READ)
    return BERTH_HOST_DISCONNECTED;
  return states[state];
}

static void require_capacity(opennebula_building *b, const opennebula_object *object,
                             opennebula_field field, int64_t *value) {
  if (opennebula_text(b->store, object, field) == NULL)
    opennebula_complain(b, object, "%s is missing; expected a whole number",
                        opennebula_field_path(field));
  else
    opennebula_number(b, object, field, value);
}

static void collect_host(opennebula_building *b, opennebula_object *object) {
  opennebula_host *host = &b->hosts[b->host_count];
  const uint32_t cluster = find_cluster(b, opennebula_cluster_of(b->store, object));
  assert(cluster != BERTH_NONE);
  if (!is_asked(b, b->clusters[cluster].id))
    return;
  *host = (opennebula_host){.object = object, .cluster = cluster, .builder = BERTH_NONE};
  object->index = b->host_count++;
  host->state = state_of(b, object);
  require_capacity(b, object, OPENNEBULA_HOST_MAX_CPU, &host->cpu);
  require_capacity(b, object, OPENNEBULA_HOST_MAX_MEM, &host->memory_kib);
  opennebula_number(b, object, OPENNEBULA_HOST_CPU_USAGE, &host->cpu_taken);
  opennebula_number(b, object, OPENNEBULA_HOST_MEM_USAGE, &host->memory_taken);
  host->cpu *= OPENNEBULA_CORE / 100; /* percent of a core */
  host->cpu_taken *= OPENNEBULA_CORE / 100;
}

berth_status opennebula_collect_hosts(opennebula_building *b) {
  const uint32_t count = opennebula_store_count(b->store);
  b->hosts = arena_take(&b->store->memory, count, sizeof *b->hosts);
  b->allowed = arena_take(&b->store->memory, count, sizeof *b->allowed);
  if (b->hosts == NULL || b->allowed == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < count; i++) {
    opennebula_object *object = opennebula_store_at(b->store, i);
    if (object->kind == OPENNEBULA_HOST)
      collect_host(b, object);
  }
  return BERTH_OK;
}

/* A capacity is never 0 to berth. */
static int64_t at_least_one(int64_t value) {
  return value > 0 ? value : 1;
}

static int64_t unexplained(int64_t taken, int64_t known) {
  return taken > known ? taken - known : 0;
}

static berth_status add_reach(opennebula_building *b, const opennebula_host *host,
                              opennebula_kind kind) {
  const bool store = kind == OPENNEBULA_DATASTORE;
  const opennebula_object *cluster = b->clusters[host->cluster].object;
  berth_status status = BERTH_OK;
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while (status == BERTH_OK && cluster != NULL &&
         (fact = opennebula_next(b->store, cluster,
                                 store ? OPENNEBULA_CLUSTER_DATASTORE : OPENNEBULA_CLUSTER_VNET,
                                 &walk)) != NULL)
    status = store ? berth_builder_host_reach_datastore(b->builder, host->builder, fact->text)
                   : berth_builder_host_reach_network(b->builder, host->builder, fact->text);
  /* Pools of datastores and networks say so too, where the cluster itself was not read. */
  for (uint32_t i = 0;
       status == BERTH_OK && cluster == NULL && i < opennebula_store_count(b->store); i++) {
    const opennebula_object *object = opennebula_store_at(b->store, i);
    if (object->kind == kind &&
        opennebula_cluster_has(b->store, b->clusters[host->cluster].id, kind, object->id, false))
      status = store ? berth_builder_host_reach_datastore(b->builder, host->builder, object->id)
                     : berth_builder_host_reach_network(b->builder, host->builder, object->id);
  }
  return status;
}

static int64_t count_cpus(const char *list) {
  int64_t count = *list != '\0';
  for (; *list != '\0'; list++)
    count += *list == ',';
  return count;
}

/* CPUS of a core is "0:-1,16:-1": each of its threads, and which VM has it. */
static berth_status add_nodes(opennebula_building *b, const opennebula_host *host) {
  berth_status status = BERTH_OK;
  opennebula_walk walk = {0}, cores = {0};
  const opennebula_fact *node = NULL, *core = NULL;
  while (status == BERTH_OK &&
         (node = opennebula_next(b->store, host->object, OPENNEBULA_HOST_NODE, &walk)) != NULL) {
    const char *id =
        opennebula_item_text(b->store, host->object, node->item, OPENNEBULA_HOST_NODE_ID);
    const char *memory =
        opennebula_item_text(b->store, host->object, node->item, OPENNEBULA_HOST_NODE_MEMORY);
    int64_t number = 0, kib = 0, cpus = 0;
    if (id == NULL || !quantity_parse_signed(id, &number) || memory == NULL ||
        !quantity_parse_signed(memory, &kib) || kib < 0) {
      opennebula_complain(b, host->object, "a NUMA node without NODE_ID or MEMORY/TOTAL");
      continue;
    }
    cores = (opennebula_walk){0};
    while ((core = opennebula_next(b->store, host->object, OPENNEBULA_HOST_NODE_CPUS, &cores)) !=
           NULL)
      cpus += core->item == node->item ? count_cpus(core->text) : 0;
    status = berth_builder_host_numa(b->builder, host->builder, number, cpus * OPENNEBULA_CORE,
                                     kib / 1024, &host->object->position);
  }
  return status;
}

static void tell_unlisted(opennebula_building *b, const opennebula_host *host) {
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(b->store, host->object, OPENNEBULA_HOST_VM, &walk)) != NULL) {
    const opennebula_object *vm = opennebula_store_find(b->store, OPENNEBULA_VM, fact->text);
    if (vm == NULL || vm->sections->count == 0)
      opennebula_unknown(b, host->object, "size and state (usage taken off hosts) of VMs");
  }
}

berth_status opennebula_add_host(opennebula_building *b, opennebula_host *host) {
  const opennebula_object *object = host->object;
  const uint32_t first = opennebula_first_cluster(b, host->cluster);
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  assert(b->clusters[first].builder != BERTH_NONE && host->builder == BERTH_NONE);
  spec.id = object->id;
  spec.name = opennebula_text(b->store, object, OPENNEBULA_HOST_NAME);
  spec.position = object->position;
  spec.state = host->state;
  spec.cpu_mhz = at_least_one(host->cpu - unexplained(host->cpu_taken, host->cpu_known));
  spec.memory_mib =
      at_least_one((host->memory_kib - unexplained(host->memory_taken, host->memory_known)) / 1024);
  spec.wake = b->task->pack ? BERTH_WAKE_WOL : BERTH_WAKE_NONE;
  tell_unlisted(b, host);
  opennebula_unknown(b, object, "migration link, wake protocol and power of hosts");
  berth_status status =
      berth_builder_add_host(b->builder, b->clusters[first].builder, &spec, &host->builder);
  if (status == BERTH_OK)
    status = add_reach(b, host, OPENNEBULA_DATASTORE);
  if (status == BERTH_OK)
    status = add_reach(b, host, OPENNEBULA_VNET);
  return status == BERTH_OK ? add_nodes(b, host) : status;
}
