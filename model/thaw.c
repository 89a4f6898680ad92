/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thawing gives every object back to a new builder in its frozen order, so that indices stay, and
 * names to the pools in their order, so that datastores and networks keep their numbers.
 */
#include "thaw.h"
#include "context_internal.h"
#include "frozen.h"
#include <assert.h>
#include <string.h>

bool thaw_is_dropped(const berth_inventory *inventory, uint32_t rule) {
  assert(rule < inventory->rule_count);
  return !inventory->rules[rule].enabled && inventory->rules[rule].disabled_by == BERTH_NONE;
}

static int64_t limit_of(const berth_inventory *inventory, uint32_t host, uint32_t resource) {
  int64_t capacity = berth_inventory_host_capacity(inventory, host, resource);
  return capacity == BERTH_UNLIMITED ? BERTH_UNSET : capacity;
}

berth_host_spec thaw_host_spec(const berth_inventory *inventory, uint32_t host) {
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  spec.id = inventory->host_id[host];
  spec.name = inventory->host_name[host];
  spec.cpu_mhz = berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_CPU);
  spec.memory_mib = berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_MEMORY);
  spec.max_vms = limit_of(inventory, host, BERTH_RESOURCE_VMS);
  spec.max_vcpus = limit_of(inventory, host, BERTH_RESOURCE_VCPUS);
  spec.state = (berth_host_state)inventory->host_state[host];
  spec.site = inventory->host_label[BERTH_DOMAIN_SITE][host];
  spec.rack = inventory->host_label[BERTH_DOMAIN_RACK][host];
  spec.chassis = inventory->host_label[BERTH_DOMAIN_CHASSIS][host];
  spec.link_mbps = inventory->host_link_mbps[host];
  spec.evc_level = inventory->host_evc_level[host];
  spec.cpu_vendor = inventory->host_cpu_vendor[host];
  spec.joined = inventory->host_joined[host];
  spec.wake = (berth_wake)inventory->host_wake[host];
  spec.wake_seconds = inventory->host_wake_seconds[host];
  spec.power_watts = inventory->host_power_watts[host];
  spec.notify_timeout = inventory->host_notify_timeout[host];
  spec.topology = inventory->host_topology[host];
  return spec;
}

berth_vm_spec thaw_vm_spec(const berth_inventory *inventory, uint32_t vm) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  const frozen_notification *notification = &inventory->vm_notification[vm];
  uint32_t host = inventory->vm_host[vm];
  spec.id = inventory->vm_id[vm];
  spec.name = inventory->vm_name[vm];
  spec.host = host == BERTH_NONE ? NULL : inventory->host_id[host];
  spec.power = (berth_power)inventory->vm_power[vm];
  spec.cpus = inventory->vm_cpus[vm];
  spec.memory_mib = inventory->vm_memory[vm];
  spec.priority = (berth_priority)inventory->vm_priority[vm];
  spec.cpu_reservation_mhz = inventory->vm_cpu_reservation[vm];
  spec.memory_reservation_mib = inventory->vm_memory_reservation[vm];
  spec.overhead_mib = inventory->vm_overhead[vm];
  spec.memory_locked = inventory->vm_memory_locked[vm] != 0;
  spec.cpu_usage_mhz = inventory->vm_cpu_usage[vm];
  spec.memory_usage_mib = inventory->vm_memory_usage[vm];
  spec.dirty_mib_per_second = inventory->vm_dirty[vm];
  spec.movable = inventory->vm_movable[vm] != 0;
  spec.numa = (berth_numa)inventory->vm_numa[vm];
  spec.evc_level = inventory->vm_evc_level[vm];
  spec.notify_enabled = notification->enabled;
  spec.notify_registered = notification->registered;
  spec.notify_timeout = notification->timeout;
  spec.notify_hardware = notification->hardware;
  spec.notify_ack_seconds = notification->ack_seconds;
  spec.notify_settle_seconds = notification->settle_seconds;
  return spec;
}

/* One of the four functions that enter a link by name. */
typedef berth_status (*link_function)(berth_builder *builder, uint32_t object, const char *name);

static berth_status thaw_links(berth_builder *builder, uint32_t target, const uint32_t *start,
                               const uint32_t *entries, uint32_t object, const char *const *names,
                               link_function enter) {
  berth_status status = BERTH_OK;
  for (uint32_t i = start[object]; i < start[object + 1] && status == BERTH_OK; i++)
    status = enter(builder, target, names[entries[i]]);
  return status;
}

/* First NUMA node of `host`; they are sorted by host. */
static uint32_t first_node(const berth_inventory *inventory, uint32_t host) {
  uint32_t low = 0, high = inventory->numa_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (inventory->numa[middle].host < host)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static berth_status thaw_nodes(berth_builder *builder, const berth_inventory *inventory,
                               uint32_t host, uint32_t target) {
  berth_status status = BERTH_OK;
  for (uint32_t i = first_node(inventory, host);
       i < inventory->numa_count && inventory->numa[i].host == host && status == BERTH_OK; i++) {
    const frozen_numa *node = &inventory->numa[i];
    status =
        berth_builder_host_numa(builder, target, node->node, node->cpu_mhz, node->memory_mib, NULL);
  }
  return status;
}

berth_status thaw_host_details(berth_builder *builder, const berth_inventory *inventory,
                               uint32_t host, uint32_t target) {
  berth_status status = BERTH_OK;
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count && status == BERTH_OK;
       r++) {
    int64_t amount = berth_inventory_host_capacity(inventory, host, r);
    if (amount > 0)
      status =
          berth_builder_host_capacity(builder, target, inventory->resource_name[r], amount, NULL);
  }
  if (status == BERTH_OK)
    status =
        thaw_links(builder, target, inventory->host_datastore_start, inventory->host_datastores,
                   host, inventory->datastore_name, berth_builder_host_reach_datastore);
  if (status == BERTH_OK)
    status = thaw_links(builder, target, inventory->host_network_start, inventory->host_networks,
                        host, inventory->network_name, berth_builder_host_reach_network);
  return status == BERTH_OK ? thaw_nodes(builder, inventory, host, target) : status;
}

berth_status thaw_vm_details(berth_builder *builder, const berth_inventory *inventory, uint32_t vm,
                             uint32_t target) {
  berth_status status = BERTH_OK;
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count && status == BERTH_OK;
       r++) {
    int64_t amount = berth_inventory_vm_demand(inventory, vm, r);
    if (amount > 0)
      status = berth_builder_vm_needs_resource(builder, target, inventory->resource_name[r], amount,
                                               NULL);
  }
  if (status == BERTH_OK)
    status = thaw_links(builder, target, inventory->vm_datastore_start, inventory->vm_datastores,
                        vm, inventory->datastore_name, berth_builder_vm_needs_datastore);
  if (status == BERTH_OK)
    status = thaw_links(builder, target, inventory->vm_network_start, inventory->vm_networks, vm,
                        inventory->network_name, berth_builder_vm_needs_network);
  return status;
}

/* ------------------------------------------------------------------ whole inventories */

berth_status thaw_names(berth_builder *builder, const berth_inventory *inventory) {
  uint32_t number;
  berth_status status = berth_builder_set_name(builder, inventory->name);
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count && status == BERTH_OK;
       r++)
    status = berth_builder_add_resource(builder, inventory->resource_name[r], NULL);
  for (uint32_t i = 0; i < inventory->datastore_count && status == BERTH_OK; i++)
    if (!name_pool_enter(&builder->datastores, &builder->memory, inventory->datastore_name[i],
                         &number))
      status = BERTH_E_NOMEM;
  for (uint32_t i = 0; i < inventory->network_count && status == BERTH_OK; i++)
    if (!name_pool_enter(&builder->networks, &builder->memory, inventory->network_name[i], &number))
      status = BERTH_E_NOMEM;
  return status;
}

static berth_status thaw_objects(berth_builder *builder, const berth_inventory *inventory) {
  berth_status status = BERTH_OK;
  uint32_t index;
  for (uint32_t c = 0; c < inventory->cluster_count && status == BERTH_OK; c++)
    status = berth_builder_add_cluster(builder, &inventory->clusters[c].set_up, NULL);
  for (uint32_t h = 0; h < inventory->host_count && status == BERTH_OK; h++) {
    berth_host_spec spec = thaw_host_spec(inventory, h);
    status = berth_builder_add_host(builder, inventory->host_cluster[h], &spec, &index);
    assert(status != BERTH_OK || index == h);
    if (status == BERTH_OK)
      status = thaw_host_details(builder, inventory, h, h);
  }
  for (uint32_t v = 0; v < inventory->vm_count && status == BERTH_OK; v++) {
    berth_vm_spec spec = thaw_vm_spec(inventory, v);
    status = berth_builder_add_vm(builder, inventory->vm_cluster[v], &spec, &index);
    assert(status != BERTH_OK || index == v);
    if (status == BERTH_OK)
      status = thaw_vm_details(builder, inventory, v, v);
  }
  return status;
}

/* The members of a group as a list of ids, in the builder's memory. NULL: out of memory. */
static const char *member_text(berth_builder *builder, const frozen_group *group,
                               const char *const *ids) {
  size_t length = 1;
  for (uint32_t i = 0; i < group->count; i++)
    length += strlen(ids[group->members[i]]) + 1;
  char *text = arena_take(&builder->memory, length, 1), *end = text;
  for (uint32_t i = 0; text != NULL && i < group->count; i++) {
    size_t part = strlen(ids[group->members[i]]);
    if (i > 0)
      *end++ = ' ';
    memcpy(end, ids[group->members[i]], part);
    end += part;
  }
  assert(text == NULL || (size_t)(end - text) < length);
  return text;
}

static berth_status thaw_groups(berth_builder *builder, const berth_inventory *inventory) {
  berth_status status = BERTH_OK;
  for (uint32_t g = 0; g < inventory->vm_group_count && status == BERTH_OK; g++) {
    const frozen_group *group = &inventory->vm_groups[g];
    const char *text = member_text(builder, group, inventory->vm_id);
    status = text == NULL
                 ? BERTH_E_NOMEM
                 : berth_builder_add_vm_group(builder, group->cluster, group->id, text, NULL);
  }
  for (uint32_t g = 0; g < inventory->host_group_count && status == BERTH_OK; g++) {
    const frozen_group *group = &inventory->host_groups[g];
    const char *text = member_text(builder, group, inventory->host_id);
    status = text == NULL
                 ? BERTH_E_NOMEM
                 : berth_builder_add_host_group(builder, group->cluster, group->id, text, NULL);
  }
  return status;
}

static berth_status thaw_rules(berth_builder *builder, const berth_inventory *inventory) {
  berth_status status = BERTH_OK;
  for (uint32_t r = 0; r < inventory->rule_count && status == BERTH_OK; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
    if (thaw_is_dropped(inventory, r))
      continue;
    spec.id = rule->id;
    spec.name = rule->name;
    spec.type = rule->type;
    spec.strength = rule->strength;
    spec.vms = rule->vms_text;
    spec.hosts = rule->hosts_text;
    spec.after = rule->after_text;
    spec.over = rule->over;
    spec.count = rule->count;
    spec.max_concurrent = rule->max_concurrent;
    status = berth_builder_add_rule(builder, rule->cluster, &spec, NULL);
  }
  return status;
}

berth_status thaw_inventory(berth_context *ctx, const berth_inventory *inventory,
                            berth_builder **out) {
  assert(ctx != NULL && inventory != NULL && out != NULL);
  berth_builder *builder;
  berth_status status = builder_create(ctx, &builder);
  *out = NULL;
  if (status == BERTH_OK)
    status = thaw_names(builder, inventory);
  if (status == BERTH_OK)
    status = thaw_objects(builder, inventory);
  if (status == BERTH_OK)
    status = thaw_groups(builder, inventory);
  if (status == BERTH_OK)
    status = thaw_rules(builder, inventory);
  if (status != BERTH_OK) {
    berth_builder_free(builder);
    return context_fail(ctx, status, NULL, "out of memory while applying a scenario");
  }
  *out = builder;
  return BERTH_OK;
}
