/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frozen.h
 * Layout of a frozen inventory, for model/, solver/ and io/ only. Struct-of-arrays in one arena;
 * lists are CSR: object i owns entries [start[i], start[i + 1]). Never written after freezing.
 *
 * A scenario that only changes states (fail, maintenance, standby, online, power-on, drop-rule)
 * yields a derived inventory: a shallow copy with replaced host_state, vm_power and rules, holding a
 * reference to its base.
 */
#ifndef BERTH_MODEL_FROZEN_H
#define BERTH_MODEL_FROZEN_H

#include "arena.h"
#include "checked.h"
#include <berth/inventory.h>
#include <stdatomic.h>

/** A cluster: the spec's values, resolved. Strings are in the arena; `position` is not kept. */
typedef struct frozen_cluster {
  const char *id, *name; /* name may be NULL */
  uint32_t first_host, first_vm, first_rule; /* its objects are contiguous */
  uint32_t host_count, vm_count, rule_count;
  berth_cluster_spec set_up; /* id, name, dedicated_hosts point into the arena */
} frozen_cluster;

/** A rule with its members resolved to host and VM indices, ascending, without repeats. */
typedef struct frozen_rule {
  const char *id, *name;
  uint32_t cluster;
  berth_rule_type type;
  berth_strength strength;
  berth_domain over;
  int64_t count;          /* at-most; 1 for apart */
  int64_t max_concurrent; /* quiesce */
  bool enabled;
  uint32_t disabled_by;   /* the rule that ranks over it; BERTH_NONE in a disabled one: dropped */
  uint32_t vm_count, host_count, after_count;
  const uint32_t *vms, *hosts, *after;
  const char *vms_text, *hosts_text, *after_text; /* as written, for the writer; may be NULL */
} frozen_rule;

typedef struct frozen_group {
  const char *id;
  uint32_t cluster;
  uint32_t count;
  const uint32_t *members; /* host or VM indices, in the order written */
} frozen_group;

typedef struct frozen_numa {
  uint32_t host;
  int64_t node, cpu_mhz, memory_mib;
} frozen_numa;

/** What a VM says about its migration notification. */
typedef struct frozen_notification {
  bool enabled, registered;
  int64_t timeout, hardware, ack_seconds, settle_seconds; /* BERTH_UNSET as in the spec */
} frozen_notification;

/** Open-addressing table from string to index; see name_table.h. */
typedef struct name_table {
  uint32_t capacity; /* power of two, 0 = empty */
  uint32_t seed; /* of the hash */
  const uint32_t *slots; /* object index, BERTH_NONE = free */
} name_table;

struct berth_inventory {
  atomic_uint references;
  const berth_inventory *base; /* of a derived inventory; NULL otherwise */
  berth_allocator allocator;
  arena memory; /* owns everything below that the base does not */

  const char *name;
  uint32_t cluster_count, host_count, vm_count, rule_count, resource_count;
  uint32_t vm_group_count, host_group_count, datastore_count, network_count, numa_count;

  const frozen_cluster *clusters;
  const char *const *resource_name;  /* [resource] */
  const char *const *datastore_name; /* [datastore] */
  const char *const *network_name;   /* [network] */
  const frozen_rule *rules;
  const char *const *rule_id; /* [rule], the keys of rule_by_id */
  const frozen_group *vm_groups, *host_groups;
  const frozen_numa *numa; /* by host, then as written */

  /* hosts, [host] */
  const char *const *host_id, *const *host_name; /* name may be NULL */
  const uint32_t *host_cluster;
  const uint8_t *host_state;                     /* berth_host_state */
  const uint8_t *host_wake;                      /* berth_wake */
  const uint8_t *host_dedicated;                 /* 1 = dedicated failover host */
  const int64_t *host_capacity;                  /* [host * resource_count + resource] */
  const int64_t *host_link_mbps, *host_evc_level, *host_joined, *host_wake_seconds,
      *host_power_watts, *host_notify_timeout;   /* BERTH_UNSET as in the spec */
  const char *const *host_cpu_vendor, *const *host_topology; /* NULL = unset */
  const char *const *host_label[BERTH_DOMAIN_COUNT]; /* label as written; [HOST] unused, NULL */
  const uint32_t *host_domain[BERTH_DOMAIN_COUNT];   /* [host] domain id; [HOST] is the host */
  uint32_t domain_count[BERTH_DOMAIN_COUNT];
  const uint32_t *host_datastore_start, *host_datastores; /* CSR, ascending */
  const uint32_t *host_network_start, *host_networks;     /* CSR, ascending */
  const uint32_t *host_vm_start, *host_vms; /* CSR: VMs registered there, on or not, ascending */

  /* VMs, [vm] */
  const char *const *vm_id, *const *vm_name;
  const uint32_t *vm_cluster, *vm_host; /* vm_host: BERTH_NONE = none */
  const uint8_t *vm_power, *vm_priority, *vm_movable, *vm_numa, *vm_memory_locked;
  const int64_t *vm_demand; /* [vm * resource_count + resource] reservation + overhead */
  const int64_t *vm_cpus, *vm_memory, *vm_cpu_reservation, *vm_memory_reservation, *vm_overhead,
      *vm_cpu_usage, *vm_memory_usage, *vm_dirty, *vm_evc_level;
  const frozen_notification *vm_notification;
  const uint32_t *vm_datastore_start, *vm_datastores; /* CSR, ascending */
  const uint32_t *vm_network_start, *vm_networks;     /* CSR, ascending */
  const uint32_t *vm_rule_start, *vm_rules;           /* CSR: rules that list it in `vms` */

  name_table host_by_id, host_by_name, vm_by_id, vm_by_name, rule_by_id;
};

/** What a VM takes or uses of cpu or memory, whichever is more (docs/model.md §7); at most
 *  BERTH_LOAD_MAX for all VMs together. The checker has a reckoning of its own (check_load.c). */
static inline int64_t frozen_vm_load(const berth_inventory *inventory, uint32_t vm,
                                     uint32_t resource) {
  int64_t demand = inventory->vm_demand[(size_t)vm * inventory->resource_count + resource];
  if (resource == BERTH_RESOURCE_CPU)
    return larger_i64(demand, inventory->vm_cpu_usage[vm]);
  int64_t usage = inventory->vm_memory_usage[vm];
  return usage == BERTH_UNSET ? demand : larger_i64(demand, usage + inventory->vm_overhead[vm]);
}

/** Gives @p view all of @p base but what is the base's own: its reference count, base, allocator
 *  and memory, which stay as they are. Other threads may count references meanwhile, so that an
 *  inventory is never copied as a whole. */
void frozen_share(berth_inventory *view, const berth_inventory *base);

#endif
