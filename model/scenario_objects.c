/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that add or remove hosts and VMs. They work on a builder; what is like another object
 * joins the groups and rules that name the other, each list getting all new ids of an event at
 * once.
 */
#include "context_internal.h"
#include "scenario_internal.h"
#include "thaw.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SUFFIX_BYTES = 24 /* "+", a number of 64 bits, and NUL or a space */ };

/* New objects of one event, their ids in the builder's memory. */
typedef struct addition {
  const berth_event *event;
  const char *prefix; /* ids are "<prefix>+1", "<prefix>+2", ... */
  bool host;
  uint32_t like; /* host or VM of the current inventory, or BERTH_NONE */
  uint32_t cluster, count;
  char *ids; /* separated by spaces */
  size_t used;
} addition;

static berth_status out_of_memory(application *a) {
  return context_fail(a->ctx, BERTH_E_NOMEM, NULL, "out of memory while applying a scenario");
}

/* ------------------------------------------------------------------------- ids */

static scenario_suffix *find_suffix(application *a, const char *prefix, bool host) {
  for (uint32_t i = 0; i < a->suffixes.count; i++) {
    scenario_suffix *known = chunked_list_at(&a->suffixes, i);
    if (known->host == host && strcmp(known->prefix, prefix) == 0)
      return known;
  }
  const char *copy = arena_text(&a->memory, prefix, strlen(prefix));
  scenario_suffix *added = copy == NULL ? NULL : chunked_list_add(&a->suffixes);
  if (added != NULL)
    *added = (scenario_suffix){.prefix = copy, .host = host, .next = 1};
  return added;
}

static bool is_taken(const application *a, const char *id, bool host) {
  uint32_t index;
  berth_status found = host ? berth_inventory_find_host(a->current, id, &index)
                            : berth_inventory_find_vm(a->current, id, &index);
  return found != BERTH_E_NOT_FOUND;
}

/* Checks the count and makes room for the ids. False: told as an error, or out of memory. */
static berth_status begin_addition(application *a, addition *add, bool *ready) {
  const chunked_list *list = add->host ? &a->builder->hosts : &a->builder->vms;
  int64_t count = add->event->count;
  *ready = count >= 1 && count <= (int64_t)BERTH_OBJECTS_MAX - list->count;
  if (!*ready) {
    application_error(a, add->event, BERTH_E_INVALID,
                      "count is %" PRId64 "; expected a whole number from 1 to %" PRId64, count,
                      (int64_t)BERTH_OBJECTS_MAX - list->count);
    return BERTH_OK;
  }
  add->count = (uint32_t)count;
  add->ids = arena_take(&a->builder->memory, add->count, strlen(add->prefix) + SUFFIX_BYTES);
  return add->ids != NULL ? BERTH_OK : out_of_memory(a);
}

/* Writes the next free id behind the others; *id points to it. */
static berth_status next_id(application *a, addition *add, const char **id) {
  scenario_suffix *suffix = find_suffix(a, add->prefix, add->host);
  if (suffix == NULL)
    return out_of_memory(a);
  if (add->used > 0)
    add->ids[add->used++] = ' ';
  char *text = add->ids + add->used;
  size_t room = strlen(add->prefix) + SUFFIX_BYTES;
  int length;
  do
    length = snprintf(text, room, "%s+%" PRIu64, add->prefix, suffix->next++);
  while (is_taken(a, text, add->host));
  assert(length > 0 && (size_t)length < room);
  add->used += (size_t)length;
  *id = text;
  return BERTH_OK;
}

/* ------------------------------------------------------------------------- joining */

/* Whether the list names `id` as one of its words. */
static bool names(const char *list, const char *id) {
  static const char white_space[] = " \t\r\n";
  size_t length = strlen(id);
  while (list != NULL && *(list += strspn(list, white_space)) != '\0') {
    size_t word = strcspn(list, white_space);
    if (word == length && strncmp(list, id, length) == 0)
      return true;
    list += word;
  }
  return false;
}

static bool has_member(const frozen_group *group, uint32_t object) {
  for (uint32_t i = 0; i < group->count; i++)
    if (group->members[i] == object)
      return true;
  return false;
}

/* Appends the new ids to the groups of what they are like; *shadowed: a group has its very id. */
static bool join_groups(application *a, const addition *add, const char *like, bool *shadowed) {
  const berth_inventory *inventory = a->current;
  const frozen_group *groups = add->host ? inventory->host_groups : inventory->vm_groups;
  uint32_t count = add->host ? inventory->host_group_count : inventory->vm_group_count;
  chunked_list *built = add->host ? &a->builder->host_groups : &a->builder->vm_groups;
  *shadowed = false;
  for (uint32_t g = 0; g < count; g++) {
    if (groups[g].cluster != add->cluster)
      continue;
    if (strcmp(groups[g].id, like) == 0)
      *shadowed = true;
    built_group *group = chunked_list_at(built, g);
    if (has_member(&groups[g], add->like) &&
        !builder_extend_list(a->builder, &group->members, add->ids))
      return false;
  }
  return true;
}

static bool join_list(application *a, const addition *add, id_list *list, const char *like) {
  return !names(list->text, like) || builder_extend_list(a->builder, list, add->ids);
}

/* Appends the new ids wherever a rule names what they are like by itself. */
static bool join_rules(application *a, const addition *add, const char *like) {
  for (uint32_t r = 0; r < a->builder->rules.count; r++) {
    built_rule *rule = chunked_list_at(&a->builder->rules, r);
    if (rule->cluster != add->cluster)
      continue;
    bool done = add->host
                    ? join_list(a, add, &rule->hosts, like)
                    : join_list(a, add, &rule->vms, like) && join_list(a, add, &rule->after, like);
    if (!done)
      return false;
  }
  return true;
}

static berth_status join(application *a, const addition *add) {
  const char *like = add->host ? a->current->host_id[add->like] : a->current->vm_id[add->like];
  bool shadowed;
  if (!join_groups(a, add, like, &shadowed))
    return BERTH_E_NOMEM;
  return shadowed || join_rules(a, add, like) ? BERTH_OK : BERTH_E_NOMEM;
}

/* ------------------------------------------------------------------------- events */

static berth_status add_hosts(application *a, const berth_event *event) {
  addition add = {.event = event, .host = true};
  berth_status status = application_find_host(a, event, event->like, &add.like);
  if (status != BERTH_OK || add.like == BERTH_NONE)
    return status;
  const built_host *model = chunked_list_at(&a->builder->hosts, add.like);
  berth_host_spec spec = model->spec;
  bool ready;
  add.prefix = model->spec.id;
  add.cluster = model->cluster;
  if ((status = begin_addition(a, &add, &ready)) != BERTH_OK || !ready)
    return status;
  spec.name = NULL;
  spec.state = BERTH_HOST_ONLINE;
  spec.joined = BERTH_UNSET;
  spec.position = event->position;
  for (uint32_t i = 0; i < add.count && status == BERTH_OK; i++) {
    uint32_t index;
    if ((status = next_id(a, &add, &spec.id)) == BERTH_OK &&
        (status = berth_builder_add_host(a->builder, add.cluster, &spec, &index)) == BERTH_OK)
      status = thaw_host_details(a->builder, a->current, add.like, index);
  }
  a->added = true;
  return status == BERTH_OK ? join(a, &add) : status;
}

static berth_status add_vms(application *a, const berth_event *event) {
  addition add = {.event = event};
  berth_status status = application_find_vm(a, event, event->like, &add.like);
  if (status != BERTH_OK || add.like == BERTH_NONE)
    return status;
  const built_vm *model = chunked_list_at(&a->builder->vms, add.like);
  berth_vm_spec spec = model->spec;
  bool ready;
  add.prefix = model->spec.id;
  add.cluster = model->cluster;
  if ((status = begin_addition(a, &add, &ready)) != BERTH_OK || !ready)
    return status;
  spec.name = NULL;
  spec.host = NULL;
  spec.power = BERTH_POWER_ON;
  spec.position = event->position;
  for (uint32_t i = 0; i < add.count && status == BERTH_OK; i++) {
    uint32_t index;
    if ((status = next_id(a, &add, &spec.id)) == BERTH_OK &&
        (status = berth_builder_add_vm(a->builder, add.cluster, &spec, &index)) == BERTH_OK)
      status = thaw_vm_details(a->builder, a->current, add.like, index);
  }
  a->added = true;
  return status == BERTH_OK ? join(a, &add) : status;
}

/* The cluster that the event names, or the only one there is; else BERTH_NONE, told as an error. */
static uint32_t find_cluster(application *a, const berth_event *event) {
  const berth_inventory *inventory = a->current;
  if (event->cluster == NULL && inventory->cluster_count == 1)
    return 0;
  for (uint32_t c = 0; event->cluster != NULL && c < inventory->cluster_count; c++) {
    const frozen_cluster *cluster = &inventory->clusters[c];
    if (strcmp(cluster->id, event->cluster) == 0 ||
        (cluster->name != NULL && strcmp(cluster->name, event->cluster) == 0))
      return c;
  }
  if (event->cluster == NULL)
    application_error(a, event, BERTH_E_INVALID, "no cluster is given; expected one of %" PRIu32,
                      inventory->cluster_count);
  else
    application_error(a, event, BERTH_E_NOT_FOUND,
                      "there is no cluster \"%.200s\"; expected the id or name of one",
                      event->cluster);
  return BERTH_NONE;
}

static bool check_amount(application *a, const berth_event *event, const char *name, int64_t value,
                         int64_t minimum) {
  if (value >= minimum && value <= BERTH_QUANTITY_MAX)
    return true;
  if (value == BERTH_UNSET)
    application_error(a, event, BERTH_E_INVALID,
                      "%s is missing; expected a whole number from %" PRId64 " to %" PRId64, name,
                      minimum, BERTH_QUANTITY_MAX);
  else
    application_error(a, event, BERTH_E_INVALID,
                      "%s is %" PRId64 "; expected a whole number from %" PRId64 " to %" PRId64,
                      name, value, minimum, BERTH_QUANTITY_MAX);
  return false;
}

static berth_status add_flavour(application *a, const berth_event *event) {
  addition add = {.event = event, .prefix = "flavour", .like = BERTH_NONE};
  bool cpu = check_amount(a, event, "cpu", event->cpu_mhz, 0);
  bool memory = check_amount(a, event, "memory", event->memory_mib, 1);
  add.cluster = find_cluster(a, event);
  if (!cpu || !memory || add.cluster == BERTH_NONE)
    return BERTH_OK;
  bool ready;
  berth_status status = begin_addition(a, &add, &ready);
  if (status != BERTH_OK || !ready)
    return status;
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.cpu_reservation_mhz = event->cpu_mhz;
  spec.memory_mib = spec.memory_reservation_mib = event->memory_mib;
  spec.position = event->position;
  for (uint32_t i = 0; i < add.count && status == BERTH_OK; i++)
    if ((status = next_id(a, &add, &spec.id)) == BERTH_OK)
      status = berth_builder_add_vm(a->builder, add.cluster, &spec, NULL);
  a->added = true;
  return status;
}

/* A VM that is on at `host` of the current inventory, or BERTH_NONE. */
static uint32_t powered_on_at(const berth_inventory *inventory, uint32_t host) {
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++)
    if (inventory->vm_power[inventory->host_vms[i]] == BERTH_POWER_ON)
      return inventory->host_vms[i];
  return BERTH_NONE;
}

static berth_status remove_host(application *a, const berth_event *event) {
  uint32_t host;
  berth_status status = application_find_host(a, event, event->host, &host);
  if (status != BERTH_OK || host == BERTH_NONE)
    return status;
  const berth_inventory *inventory = a->current;
  uint32_t vm = powered_on_at(inventory, host), number;
  if (vm != BERTH_NONE) {
    application_error(a, event, BERTH_E_INVALID,
                      "VM \"%s\" is on at host \"%s\"; expected a host without VMs that are on",
                      inventory->vm_id[vm], inventory->host_id[host]);
    return BERTH_OK;
  }
  ((built_host *)chunked_list_at(&a->builder->hosts, host))->removed = true;
  if (!name_pool_enter(&a->builder->removed_hosts, &a->builder->memory, inventory->host_id[host],
                       &number))
    return out_of_memory(a);
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++)
    if (!builder_register_vm(a->builder, chunked_list_at(&a->builder->vms, inventory->host_vms[i]),
                             NULL))
      return BERTH_E_NOMEM;
  return BERTH_OK;
}

berth_status scenario_change_objects(application *a, const berth_event *event) {
  assert(a != NULL && event != NULL);
  berth_status status = BERTH_OK;
  if (event->type == BERTH_EVENT_REMOVE_HOST && a->changed)
    status = application_close(a); /* values that were set may have emptied the host, or not */
  if (status == BERTH_OK)
    status = application_open_builder(a);
  if (status != BERTH_OK)
    return status;
  switch (event->type) {
  case BERTH_EVENT_ADD_HOST:
    return add_hosts(a, event);
  case BERTH_EVENT_ADD_VM:
    return add_vms(a, event);
  case BERTH_EVENT_ADD_FLAVOUR:
    return add_flavour(a, event);
  default:
    assert(event->type == BERTH_EVENT_REMOVE_HOST);
    return remove_host(a, event);
  }
}
