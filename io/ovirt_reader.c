/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST interface of oVirt and its kin: collections (hosts, vms, clusters, affinity_groups,
 * host_numa_nodes, networks, statistics) or single objects of them, each a document. A place says
 * which element it is; a host's <status> is another place than that of its <spm>.
 */
#include "dialect.h"
#include "element_walk.h"
#include "ovirt_store.h"
#include "quantity_text.h"

#include "context_internal.h"
#include <assert.h>
#include <string.h>

typedef enum place {
  OUTSIDE = WALK_OUTSIDE,
  HOSTS,
  VMS,
  CLUSTERS,
  GROUPS,
  NODES,
  STATISTICS,
  NETWORKS,
  NETWORK,
  FAULT,
  FAULT_REASON,
  FAULT_DETAIL,
  CLUSTER,
  CLUSTER_NAME,
  CLUSTER_HA,
  CLUSTER_THREADS,
  CLUSTER_MEMORY,
  CLUSTER_OVER_COMMIT,
  CLUSTER_PERCENT,
  HOST,
  HOST_NAME,
  HOST_STATUS,
  HOST_MEMORY,
  HOST_CPU,
  HOST_SPEED,
  HOST_TOPOLOGY,
  HOST_CORES,
  HOST_SOCKETS,
  HOST_THREADS,
  HOST_POWER,
  HOST_POWER_ON,
  HOST_POWER_AUTOMATIC,
  HOST_CLUSTER,
  VM,
  VM_NAME,
  VM_STATUS,
  VM_MEMORY,
  VM_POLICY,
  VM_GUARANTEED,
  VM_CPU,
  VM_TOPOLOGY,
  VM_CORES,
  VM_SOCKETS,
  VM_THREADS,
  VM_PLACEMENT,
  VM_AFFINITY,
  VM_PLACES,
  VM_PLACE,
  VM_HA,
  VM_HA_ON,
  VM_HA_PRIORITY,
  VM_HOST,
  VM_CLUSTER,
  GROUP,
  GROUP_NAME,
  GROUP_CLUSTER,
  GROUP_POSITIVE,
  GROUP_ENFORCING,
  VMS_RULE,
  VMS_RULE_ENABLED,
  VMS_RULE_POSITIVE,
  VMS_RULE_ENFORCING,
  HOSTS_RULE,
  HOSTS_RULE_ENABLED,
  HOSTS_RULE_POSITIVE,
  HOSTS_RULE_ENFORCING,
  GROUP_VMS,
  GROUP_VM,
  GROUP_HOSTS,
  GROUP_HOST,
  GROUP_VM_LABELS,
  GROUP_HOST_LABELS,
  GROUP_LABEL,
  NODE,
  NODE_INDEX,
  NODE_MEMORY,
  NODE_CPU,
  NODE_CORES,
  NODE_CORE,
  NODE_HOST,
  STATISTIC,
  STATISTIC_NAME,
  STATISTIC_VALUES,
  STATISTIC_VALUE,
  STATISTIC_DATUM,
  STATISTIC_VM,
  PLACES
} place;

static const walk_step steps[] = {
    {OUTSIDE, HOSTS, "hosts"},
    {OUTSIDE, HOST, "host"},
    {OUTSIDE, VMS, "vms"},
    {OUTSIDE, VM, "vm"},
    {OUTSIDE, CLUSTERS, "clusters"},
    {OUTSIDE, CLUSTER, "cluster"},
    {OUTSIDE, GROUPS, "affinity_groups"},
    {OUTSIDE, GROUP, "affinity_group"},
    {OUTSIDE, NODES, "host_numa_nodes"},
    {OUTSIDE, NETWORKS, "networks"},
    {OUTSIDE, STATISTICS, "statistics"},
    {OUTSIDE, FAULT, "fault"},
    {FAULT, FAULT_REASON, "reason"},
    {FAULT, FAULT_DETAIL, "detail"},
    {CLUSTERS, CLUSTER, "cluster"},
    {CLUSTER, CLUSTER_NAME, "name"},
    {CLUSTER, CLUSTER_HA, "ha_reservation"},
    {CLUSTER, CLUSTER_THREADS, "threads_as_cores"},
    {CLUSTER, CLUSTER_MEMORY, "memory_policy"},
    {CLUSTER_MEMORY, CLUSTER_OVER_COMMIT, "over_commit"},
    {CLUSTER_OVER_COMMIT, CLUSTER_PERCENT, "percent"},
    {HOSTS, HOST, "host"},
    {HOST, HOST_NAME, "name"},
    {HOST, HOST_STATUS, "status"},
    {HOST, HOST_MEMORY, "memory"},
    {HOST, HOST_CPU, "cpu"},
    {HOST_CPU, HOST_SPEED, "speed"},
    {HOST_CPU, HOST_TOPOLOGY, "topology"},
    {HOST_TOPOLOGY, HOST_CORES, "cores"},
    {HOST_TOPOLOGY, HOST_SOCKETS, "sockets"},
    {HOST_TOPOLOGY, HOST_THREADS, "threads"},
    {HOST, HOST_POWER, "power_management"},
    {HOST_POWER, HOST_POWER_ON, "enabled"},
    {HOST_POWER, HOST_POWER_AUTOMATIC, "automatic_pm_enabled"},
    {HOST, HOST_CLUSTER, "cluster"},
    {VMS, VM, "vm"},
    {VM, VM_NAME, "name"},
    {VM, VM_STATUS, "status"},
    {VM, VM_MEMORY, "memory"},
    {VM, VM_POLICY, "memory_policy"},
    {VM_POLICY, VM_GUARANTEED, "guaranteed"},
    {VM, VM_CPU, "cpu"},
    {VM_CPU, VM_TOPOLOGY, "topology"},
    {VM_TOPOLOGY, VM_CORES, "cores"},
    {VM_TOPOLOGY, VM_SOCKETS, "sockets"},
    {VM_TOPOLOGY, VM_THREADS, "threads"},
    {VM, VM_PLACEMENT, "placement_policy"},
    {VM_PLACEMENT, VM_AFFINITY, "affinity"},
    {VM_PLACEMENT, VM_PLACES, "hosts"},
    {VM_PLACES, VM_PLACE, "host"},
    {VM, VM_HA, "high_availability"},
    {VM_HA, VM_HA_ON, "enabled"},
    {VM_HA, VM_HA_PRIORITY, "priority"},
    {VM, VM_HOST, "host"},
    {VM, VM_CLUSTER, "cluster"},
    {GROUPS, GROUP, "affinity_group"},
    {GROUP, GROUP_NAME, "name"},
    {GROUP, GROUP_CLUSTER, "cluster"},
    {GROUP, GROUP_POSITIVE, "positive"},
    {GROUP, GROUP_ENFORCING, "enforcing"},
    {GROUP, VMS_RULE, "vms_rule"},
    {VMS_RULE, VMS_RULE_ENABLED, "enabled"},
    {VMS_RULE, VMS_RULE_POSITIVE, "positive"},
    {VMS_RULE, VMS_RULE_ENFORCING, "enforcing"},
    {GROUP, HOSTS_RULE, "hosts_rule"},
    {HOSTS_RULE, HOSTS_RULE_ENABLED, "enabled"},
    {HOSTS_RULE, HOSTS_RULE_POSITIVE, "positive"},
    {HOSTS_RULE, HOSTS_RULE_ENFORCING, "enforcing"},
    {GROUP, GROUP_VMS, "vms"},
    {GROUP_VMS, GROUP_VM, "vm"},
    {GROUP, GROUP_HOSTS, "hosts"},
    {GROUP_HOSTS, GROUP_HOST, "host"},
    {GROUP, GROUP_VM_LABELS, "vm_labels"},
    {GROUP_VM_LABELS, GROUP_LABEL, "affinity_label"},
    {GROUP, GROUP_HOST_LABELS, "host_labels"},
    {GROUP_HOST_LABELS, GROUP_LABEL, "affinity_label"},
    {NODES, NODE, "host_numa_node"},
    {NODE, NODE_INDEX, "index"},
    {NODE, NODE_MEMORY, "memory"},
    {NODE, NODE_CPU, "cpu"},
    {NODE_CPU, NODE_CORES, "cores"},
    {NODE_CORES, NODE_CORE, "core"},
    {NODE, NODE_HOST, "host"},
    {NETWORKS, NETWORK, "network"},
    {STATISTICS, STATISTIC, "statistic"},
    {STATISTIC, STATISTIC_NAME, "name"},
    {STATISTIC, STATISTIC_VALUES, "values"},
    {STATISTIC_VALUES, STATISTIC_VALUE, "value"},
    {STATISTIC_VALUE, STATISTIC_DATUM, "datum"},
    {STATISTIC, STATISTIC_VM, "vm"},
};

typedef struct ovirt_reader {
  element_walk walk; /* first: the cursor hands it to the walk */
  ovirt_store store;
  /* the object at hand, in its list */
  ovirt_cluster *cluster;
  ovirt_host *host;
  ovirt_vm *vm;
  ovirt_group *group;
  ovirt_node *node;
  const char *statistic; /* its name */
  ovirt_usage usage;
  berth_position fault;
} ovirt_reader;

static_assert(offsetof(ovirt_reader, walk) == 0, "the walk has to be the reader's first member");
static_assert(PLACES <= UINT8_MAX, "places are bytes");

/* ------------------------------------------------------------------------ objects */

static berth_status no_memory(ovirt_reader *reader) {
  return context_fail(reader->store.ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* The id of an object or a reference; without one it is an error. */
static berth_status take_id(ovirt_reader *reader, const xml_element *element, const char **id) {
  assert(id != NULL);
  const berth_status status = walk_attribute(&reader->walk, element, "id", id);
  if (status == BERTH_OK && *id == NULL)
    walk_error(&reader->walk, &element->position, "<%.40s> has no id; expected id=\"...\"",
               element->name);
  return status;
}

/* Position of the object at hand, with a source that stays. */
static berth_position kept_position(const ovirt_reader *reader) {
  assert(reader->walk.depth > 0);
  return reader->walk.stack[reader->walk.depth - 1].position;
}

static berth_status start_cluster(ovirt_reader *reader, const xml_element *element) {
  assert(element->depth <= 1);
  reader->cluster = chunked_list_add(&reader->store.clusters);
  if (reader->cluster == NULL)
    return no_memory(reader);
  *reader->cluster = (ovirt_cluster){
      .position = kept_position(reader), .over_commit = BERTH_UNSET, .index = BERTH_NONE};
  source_report_read(reader->store.report, reader->walk.source, "cluster", 1);
  return take_id(reader, element, &reader->cluster->id);
}

static berth_status start_host(ovirt_reader *reader, const xml_element *element) {
  reader->host = chunked_list_add(&reader->store.hosts);
  if (reader->host == NULL)
    return no_memory(reader);
  *reader->host = (ovirt_host){.position = kept_position(reader),
                               .memory = BERTH_UNSET,
                               .speed = BERTH_UNSET,
                               .sockets = BERTH_UNSET,
                               .cores_each = BERTH_UNSET,
                               .threads_each = BERTH_UNSET,
                               .index = BERTH_NONE};
  source_report_read(reader->store.report, reader->walk.source, "host", 1);
  return take_id(reader, element, &reader->host->id);
}

static berth_status start_vm(ovirt_reader *reader, const xml_element *element) {
  reader->vm = chunked_list_add(&reader->store.vms);
  if (reader->vm == NULL)
    return no_memory(reader);
  *reader->vm = (ovirt_vm){.position = kept_position(reader),
                           .memory = BERTH_UNSET,
                           .guaranteed = BERTH_UNSET,
                           .sockets = BERTH_UNSET,
                           .cores_each = BERTH_UNSET,
                           .threads_each = BERTH_UNSET,
                           .priority = BERTH_UNSET,
                           .memory_used = BERTH_UNSET};
  source_report_read(reader->store.report, reader->walk.source, "VM", 1);
  return take_id(reader, element, &reader->vm->id);
}

/* The cluster stands in the address of the group: /api/clusters/ID/affinitygroups/ID */
static berth_status cluster_of_address(ovirt_reader *reader, const xml_element *element,
                                       const char **cluster) {
  assert(cluster != NULL);
  static const char before[] = "/clusters/";
  const char *address = NULL;
  const berth_status status = walk_attribute(&reader->walk, element, "href", &address);
  const char *at = address == NULL ? NULL : strstr(address, before);
  if (status != BERTH_OK || at == NULL)
    return status;
  at += sizeof before - 1;
  *cluster = arena_text(reader->store.memory, at, strcspn(at, "/"));
  return *cluster != NULL ? BERTH_OK : no_memory(reader);
}

static berth_status start_group(ovirt_reader *reader, const xml_element *element) {
  reader->group = chunked_list_add(&reader->store.groups);
  if (reader->group == NULL)
    return no_memory(reader);
  *reader->group = (ovirt_group){.position = kept_position(reader)};
  source_report_read(reader->store.report, reader->walk.source, "affinity group", 1);
  const berth_status status = cluster_of_address(reader, element, &reader->group->cluster);
  return status == BERTH_OK ? take_id(reader, element, &reader->group->id) : status;
}

static berth_status start_node(ovirt_reader *reader) {
  reader->node = chunked_list_add(&reader->store.nodes);
  if (reader->node == NULL)
    return no_memory(reader);
  *reader->node =
      (ovirt_node){.position = kept_position(reader), .index = BERTH_UNSET, .memory = BERTH_UNSET};
  source_report_read(reader->store.report, reader->walk.source, "NUMA node", 1);
  return BERTH_OK;
}

static berth_status add_reference(ovirt_reader *reader, const xml_element *element,
                                  ovirt_reference **first) {
  assert(first != NULL);
  ovirt_reference *added = arena_take(reader->store.memory, 1, sizeof *added);
  if (added == NULL)
    return no_memory(reader);
  const berth_status status = take_id(reader, element, &added->id);
  if (status != BERTH_OK || added->id == NULL)
    return status;
  added->next = *first;
  *first = added;
  return BERTH_OK;
}

static berth_status enter(void *user, uint8_t at, const xml_element *element) {
  assert(at > OUTSIDE && at < PLACES);
  ovirt_reader *reader = user;
  switch ((place)at) {
  case CLUSTER:
    return start_cluster(reader, element);
  case HOST:
    return start_host(reader, element);
  case HOST_CLUSTER:
    return take_id(reader, element, &reader->host->cluster);
  case VM:
    return start_vm(reader, element);
  case VM_HOST:
    return take_id(reader, element, &reader->vm->host);
  case VM_CLUSTER:
    return take_id(reader, element, &reader->vm->cluster);
  case VM_PLACE:
    return add_reference(reader, element, &reader->vm->hosts);
  case GROUP:
    return start_group(reader, element);
  case GROUP_CLUSTER:
    return take_id(reader, element, &reader->group->cluster);
  case VMS_RULE:
    reader->group->vms_rule = (ovirt_affinity){.given = true, .enabled = true};
    return BERTH_OK;
  case HOSTS_RULE:
    reader->group->hosts_rule = (ovirt_affinity){.given = true, .enabled = true};
    return BERTH_OK;
  case GROUP_VM:
    return add_reference(reader, element, &reader->group->vms);
  case GROUP_HOST:
    return add_reference(reader, element, &reader->group->hosts);
  case GROUP_LABEL:
    reader->group->has_labels = true;
    return BERTH_OK;
  case NODE:
    return start_node(reader);
  case NODE_CORE:
    reader->node->cores++;
    return BERTH_OK;
  case NODE_HOST:
    return take_id(reader, element, &reader->node->host);
  case STATISTIC:
    reader->usage = (ovirt_usage){.bytes = BERTH_UNSET};
    reader->statistic = NULL;
    return BERTH_OK;
  case STATISTIC_VM:
    return take_id(reader, element, &reader->usage.vm);
  case NETWORK:
    source_report_ignored(reader->store.report, reader->walk.source, "network", 1);
    return BERTH_OK;
  case FAULT:
    reader->fault = kept_position(reader);
    return BERTH_OK;
  default:
    return BERTH_OK;
  }
}

/* ------------------------------------------------------------------------ values */

/* Where the number of a place goes; NULL = it holds none. */
static int64_t *number_at(ovirt_reader *reader, place at) {
  assert(at > OUTSIDE && at < PLACES);
  switch (at) {
  case CLUSTER_PERCENT:
    return &reader->cluster->over_commit;
  case HOST_MEMORY:
    return &reader->host->memory;
  case HOST_SPEED:
    return &reader->host->speed;
  case HOST_CORES:
    return &reader->host->cores_each;
  case HOST_SOCKETS:
    return &reader->host->sockets;
  case HOST_THREADS:
    return &reader->host->threads_each;
  case VM_MEMORY:
    return &reader->vm->memory;
  case VM_GUARANTEED:
    return &reader->vm->guaranteed;
  case VM_CORES:
    return &reader->vm->cores_each;
  case VM_SOCKETS:
    return &reader->vm->sockets;
  case VM_THREADS:
    return &reader->vm->threads_each;
  case VM_HA_PRIORITY:
    return &reader->vm->priority;
  case NODE_INDEX:
    return &reader->node->index;
  case NODE_MEMORY:
    return &reader->node->memory;
  default:
    return NULL;
  }
}

static bool *flag_at(ovirt_reader *reader, place at) {
  assert(at > OUTSIDE && at < PLACES);
  switch (at) {
  case CLUSTER_HA:
    return &reader->cluster->ha_reservation;
  case CLUSTER_THREADS:
    return &reader->cluster->threads_as_cores;
  case HOST_POWER_ON:
    return &reader->host->power_management;
  case HOST_POWER_AUTOMATIC:
    return &reader->host->automatic;
  case VM_HA_ON:
    return &reader->vm->high_availability;
  case GROUP_POSITIVE:
    return &reader->group->old.positive;
  case GROUP_ENFORCING:
    return &reader->group->old.enforcing;
  case VMS_RULE_ENABLED:
    return &reader->group->vms_rule.enabled;
  case VMS_RULE_POSITIVE:
    return &reader->group->vms_rule.positive;
  case VMS_RULE_ENFORCING:
    return &reader->group->vms_rule.enforcing;
  case HOSTS_RULE_ENABLED:
    return &reader->group->hosts_rule.enabled;
  case HOSTS_RULE_POSITIVE:
    return &reader->group->hosts_rule.positive;
  case HOSTS_RULE_ENFORCING:
    return &reader->group->hosts_rule.enforcing;
  default:
    return NULL;
  }
}

static const char **text_at(ovirt_reader *reader, place at) {
  assert(at > OUTSIDE && at < PLACES);
  switch (at) {
  case CLUSTER_NAME:
    return &reader->cluster->name;
  case HOST_NAME:
    return &reader->host->name;
  case HOST_STATUS:
    return &reader->host->status;
  case VM_NAME:
    return &reader->vm->name;
  case VM_STATUS:
    return &reader->vm->status;
  case VM_AFFINITY:
    return &reader->vm->affinity;
  case GROUP_NAME:
    return &reader->group->name;
  case STATISTIC_NAME:
    return &reader->statistic;
  default:
    return NULL;
  }
}

/* Only a clock has a fraction. */
static void read_number(ovirt_reader *reader, place at, const char *text,
                        const berth_position *position, int64_t *number) {
  assert(text != NULL && number != NULL);
  const bool good =
      at == HOST_SPEED ? quantity_parse_decimal(text, number) : quantity_parse(text, number);
  if (!good)
    walk_error(&reader->walk, position, "\"%.40s\" is no number; expected a whole number", text);
}

static void read_flag(ovirt_reader *reader, const char *text, const berth_position *position,
                      bool *flag) {
  assert(text != NULL && flag != NULL);
  *flag = strcmp(text, "true") == 0;
  if (!*flag && strcmp(text, "false") != 0)
    walk_error(&reader->walk, position, "\"%.40s\"; expected true or false", text);
}

/* Of the statistics, what VMs use of their memory is of use. */
static berth_status end_statistic(ovirt_reader *reader) {
  assert(reader->usage.bytes >= BERTH_UNSET);
  const bool wanted = reader->usage.vm != NULL && reader->usage.bytes != BERTH_UNSET &&
                      reader->statistic != NULL && strcmp(reader->statistic, "memory.used") == 0;
  if (!wanted) {
    source_report_ignored(reader->store.report, reader->walk.source, "statistic", 1);
    return BERTH_OK;
  }
  ovirt_usage *added = chunked_list_add(&reader->store.usages);
  if (added == NULL)
    return no_memory(reader);
  *added = reader->usage;
  source_report_read(reader->store.report, reader->walk.source, "statistic", 1);
  return BERTH_OK;
}

static berth_status end_fault(ovirt_reader *reader, place at, const char *text) {
  assert(at == FAULT || at == FAULT_REASON || at == FAULT_DETAIL);
  if (at != FAULT && text[0] == '\0')
    return BERTH_OK;
  context_problem(reader->store.ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->fault,
                  "the document is a fault: %.200s; expected a collection such as <hosts>",
                  at == FAULT ? "no reason given" : text);
  return BERTH_E_INVALID;
}

static berth_status leave(void *user, uint8_t at, char *text, const berth_position *position) {
  assert(text != NULL && position != NULL);
  ovirt_reader *reader = user;
  int64_t *number = number_at(reader, (place)at);
  bool *flag = flag_at(reader, (place)at);
  const char **kept = text_at(reader, (place)at);
  if (number != NULL)
    read_number(reader, (place)at, text, position, number);
  if (flag != NULL)
    read_flag(reader, text, position, flag);
  if (kept != NULL)
    return walk_keep(&reader->walk, text, kept);
  if (at == GROUP_POSITIVE || at == GROUP_ENFORCING) {
    assert(reader->group != NULL);
    reader->group->old.given = reader->group->old.enabled = true;
  }
  if (at == STATISTIC_DATUM && quantity_parse_decimal(text, &reader->usage.bytes))
    return BERTH_OK;
  if (at == STATISTIC)
    return end_statistic(reader);
  if (at == FAULT || at == FAULT_REASON || at == FAULT_DETAIL)
    return end_fault(reader, (place)at, text);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ the dialect */

static const walk_table table = {
    .steps = steps, .step_count = sizeof steps / sizeof *steps, .enter = enter, .leave = leave};

static bool accepts(const xml_element *element) {
  return walk_accepts(&table, element);
}

static void destroy(void *user) {
  ovirt_reader *reader = user;
  ovirt_store *store = &reader->store;
  chunked_list *const lists[] = {&store->clusters, &store->hosts, &store->vms,
                                 &store->groups,   &store->nodes, &store->usages};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    chunked_list_free(lists[i]);
  walk_close(&reader->walk);
  context_release(reader->walk.ctx, reader);
}

static void init_lists(ovirt_store *store, const berth_allocator *allocator) {
  assert(store != NULL && allocator != NULL);
  chunked_list_init(&store->clusters, allocator, sizeof(ovirt_cluster));
  chunked_list_init(&store->hosts, allocator, sizeof(ovirt_host));
  chunked_list_init(&store->vms, allocator, sizeof(ovirt_vm));
  chunked_list_init(&store->groups, allocator, sizeof(ovirt_group));
  chunked_list_init(&store->nodes, allocator, sizeof(ovirt_node));
  chunked_list_init(&store->usages, allocator, sizeof(ovirt_usage));
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  (void)builder;
  assert(ctx != NULL && out != NULL);
  ovirt_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  init_lists(&reader->store, context_allocator(ctx));
  const berth_status status = walk_open(&reader->walk, ctx, &table, reader);
  reader->store.ctx = ctx;
  reader->store.memory = &reader->walk.memory;
  reader->store.report = reader->walk.report;
  return status;
}

static const xml_handler *begin(void *user) {
  ovirt_reader *reader = user;
  return walk_begin(&reader->walk);
}

static berth_status build(void *user, berth_builder *builder) {
  ovirt_reader *reader = user;
  const berth_status status = ovirt_build(&reader->store, builder);
  if (status == BERTH_OK)
    source_report_tell(reader->store.report);
  return status;
}

const dialect_reader ovirt_dialect = {.id = BERTH_DIALECT_OVIRT,
                                      .expected = "a collection of oVirt, such as <hosts>",
                                      .takes_several = true,
                                      .accepts = accepts,
                                      .create = create,
                                      .begin = begin,
                                      .build = build,
                                      .destroy = destroy};
