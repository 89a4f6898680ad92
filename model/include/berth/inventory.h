/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inventory.h
 * What a virtualised cluster *is*: hosts, VMs, groups, rules and policies.
 *
 * A berth_builder collects objects in any order; berth_builder_freeze() resolves every reference,
 * reports **all** problems and returns an immutable berth_inventory that any number of threads may
 * read at once. Quantities are integers: MHz, MiB, Mbps, seconds, watts. No quantity exceeds
 * ::BERTH_QUANTITY_MAX and no inventory has more than ::BERTH_OBJECTS_MAX VMs or hosts, nor VMs of
 * more than ::BERTH_LOAD_MAX together, so that no sum over an inventory can overflow 64 bits.
 *
 * Specs: every `berth_*_spec` starts with `struct_size`; initialise with the macro beside it, which
 * also sets the defaults. Strings are copied. BERTH_UNSET in a field means "absent in the source".
 */
#ifndef BERTH_INVENTORY_H
#define BERTH_INVENTORY_H

#include <berth/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Absent quantity. */
#define BERTH_UNSET INT64_C(-1)
/** A capacity without limit, as berth_inventory_host_capacity() reports it. */
#define BERTH_UNLIMITED INT64_MAX
/** Largest quantity a spec may hold (2^40). */
#define BERTH_QUANTITY_MAX (INT64_C(1) << 40)
/** Most MHz, or MiB, that all VMs of an inventory together may use or reserve (2^49): percentages
 *  and weights of such a sum stay within 64 bits. */
#define BERTH_LOAD_MAX (INT64_C(1) << 49)
/** Largest number of VMs or hosts in an inventory (2^22). */
#define BERTH_OBJECTS_MAX (UINT32_C(1) << 22)
/** "No such object", wherever an index is expected or returned. */
#define BERTH_NONE UINT32_MAX

/** The first resources of every inventory; named extra resources follow from ::BERTH_RESOURCE_FIRST_NAMED. */
enum {
  BERTH_RESOURCE_CPU = 0,    /**< MHz reserved */
  BERTH_RESOURCE_MEMORY = 1, /**< MiB reserved, overhead included */
  BERTH_RESOURCE_VMS = 2,    /**< running VMs; each demands 1 */
  BERTH_RESOURCE_VCPUS = 3,  /**< virtual CPUs */
  BERTH_RESOURCE_FIRST_NAMED = 4
};

/** State of a host. */
typedef enum berth_host_state {
  BERTH_HOST_ONLINE = 0,
  BERTH_HOST_MAINTENANCE,
  BERTH_HOST_ENTERING_MAINTENANCE,
  BERTH_HOST_STANDBY,
  BERTH_HOST_FAILED,
  BERTH_HOST_DISCONNECTED,
  BERTH_HOST_ISOLATED
} berth_host_state;

/** How a standby host can be woken; ::BERTH_WAKE_NONE = it cannot. */
typedef enum berth_wake { BERTH_WAKE_NONE = 0, BERTH_WAKE_IPMI, BERTH_WAKE_ILO, BERTH_WAKE_WOL } berth_wake;

/** Power state of a VM. */
typedef enum berth_power { BERTH_POWER_ON = 0, BERTH_POWER_OFF, BERTH_POWER_SUSPENDED } berth_power;

/** Restart priority, highest first. A VM with ::BERTH_PRIORITY_DISABLED is not restarted. */
typedef enum berth_priority {
  BERTH_PRIORITY_HIGHEST = 0,
  BERTH_PRIORITY_HIGH,
  BERTH_PRIORITY_MEDIUM,
  BERTH_PRIORITY_LOW,
  BERTH_PRIORITY_LOWEST,
  BERTH_PRIORITY_DISABLED,
  BERTH_PRIORITY_UNSET /**< take the cluster's default; never in a frozen inventory */
} berth_priority;

/** What a rule ranges over: a single host, or all hosts with the same label. A host without the
 *  label is a domain of its own. */
typedef enum berth_domain {
  BERTH_DOMAIN_HOST = 0,
  BERTH_DOMAIN_CHASSIS,
  BERTH_DOMAIN_RACK,
  BERTH_DOMAIN_SITE,
  BERTH_DOMAIN_COUNT
} berth_domain;

/** Kind of a rule. */
typedef enum berth_rule_type {
  BERTH_RULE_RUN_ON = 0,    /**< members run on `hosts` only */
  BERTH_RULE_NOT_RUN_ON,    /**< members do not run on `hosts` */
  BERTH_RULE_APART,         /**< at most one member per domain */
  BERTH_RULE_TOGETHER,      /**< all running members in one domain */
  BERTH_RULE_AT_MOST,       /**< at most `count` members per domain */
  BERTH_RULE_QUIESCE,       /**< at most `max_concurrent` members disturbed at once */
  BERTH_RULE_RESTART_AFTER  /**< members restart after those of `after` are ready */
} berth_rule_type;

/** Strength of a placement rule. */
typedef enum berth_strength { BERTH_MUST = 0, BERTH_SHOULD } berth_strength;

/** NUMA demand of a VM. */
typedef enum berth_numa { BERTH_NUMA_ANY = 0, BERTH_NUMA_ONE_NODE } berth_numa;

/** Era of the modelled high availability (SEMANTICS: vSphere 4.x, 5.0-6.0, 6.5 and later). */
typedef enum berth_era { BERTH_ERA_AAM = 0, BERTH_ERA_FDM5, BERTH_ERA_FDM65 } berth_era;

/** What an isolated host does with its VMs. */
typedef enum berth_isolation {
  BERTH_ISOLATION_NONE = 0, /**< leave them on */
  BERTH_ISOLATION_POWER_OFF,
  BERTH_ISOLATION_SHUTDOWN
} berth_isolation;

/** When a restarted VM counts as ready. */
typedef enum berth_ready_when {
  BERTH_READY_ALLOCATED = 0,
  BERTH_READY_POWERED_ON,
  BERTH_READY_GUEST_HEARTBEAT,
  BERTH_READY_APP_HEARTBEAT
} berth_ready_when;

/** Admission control policy. */
typedef enum berth_admission {
  BERTH_ADMISSION_NONE = 0,
  BERTH_ADMISSION_SLOTS,
  BERTH_ADMISSION_PERCENTAGE,
  BERTH_ADMISSION_DEDICATED
} berth_admission;

/** DRS and DPM automation. DPM uses off, manual and full ("automatic"). */
typedef enum berth_automation {
  BERTH_AUTOMATION_OFF = 0,
  BERTH_AUTOMATION_MANUAL,
  BERTH_AUTOMATION_PARTIAL,
  BERTH_AUTOMATION_FULL
} berth_automation;

/** The word that documents use for a value of each enumeration above; NULL for a value outside it
 *  (and for partial automation of DPM, which has none). Static, any thread. */
BERTH_EXPORT const char *berth_host_state_word(berth_host_state value);
BERTH_EXPORT const char *berth_wake_word(berth_wake value);
BERTH_EXPORT const char *berth_power_word(berth_power value);
BERTH_EXPORT const char *berth_priority_word(berth_priority value);
BERTH_EXPORT const char *berth_domain_word(berth_domain value);
BERTH_EXPORT const char *berth_rule_type_word(berth_rule_type value);
BERTH_EXPORT const char *berth_strength_word(berth_strength value);
BERTH_EXPORT const char *berth_numa_word(berth_numa value);
BERTH_EXPORT const char *berth_era_word(berth_era value);
BERTH_EXPORT const char *berth_isolation_word(berth_isolation value);
BERTH_EXPORT const char *berth_ready_when_word(berth_ready_when value);
BERTH_EXPORT const char *berth_admission_word(berth_admission value);
BERTH_EXPORT const char *berth_drs_automation_word(berth_automation value);
BERTH_EXPORT const char *berth_dpm_automation_word(berth_automation value);

/* ---------------------------------------------------------------------------- specs */

/** A cluster. `id` is required. */
typedef struct berth_cluster_spec {
  uint32_t struct_size;
  const char *id, *name;
  bool ha_enabled;
  berth_era era;
  bool respect_anti_affinity, respect_soft_affinity; /**< what HA alone would do */
  berth_isolation isolation_response;
  berth_ready_when ready_when;
  int64_t restart_timeout;                 /**< seconds */
  int64_t post_ready_delay;                /**< seconds */
  int64_t restart_seconds;                 /**< how long a power-on takes */
  berth_priority default_priority;         /**< of VMs that name none */
  berth_admission admission;
  int64_t admission_failures;              /**< hosts whose loss is tolerated */
  int64_t slot_cpu_mhz, slot_memory_mib;   /**< fixed slot size; BERTH_UNSET = computed */
  int64_t slot_min_cpu_mhz; /**< a VM counts with no less; BERTH_UNSET = 32, in ::BERTH_ERA_AAM 256 */
  int64_t slot_min_memory_mib;             /**< a slot has no less; 0 = whatever VMs need */
  int64_t reserve_cpu_percent, reserve_memory_percent; /**< BERTH_UNSET = from `failures` */
  int64_t degradation_percent;             /**< performance loss tolerated; 100 = silent */
  const char *dedicated_hosts;             /**< space-separated host or host-group ids, or NULL */
  berth_automation drs, dpm;
  int64_t dpm_target_percent, dpm_tolerance_percent;
  int64_t migrations_per_host, migrations_per_datastore, restarts_per_host;
  berth_position position;
} berth_cluster_spec;

#define BERTH_CLUSTER_SPEC_INIT                                                                    \
  {.struct_size = sizeof(berth_cluster_spec), .ha_enabled = true, .era = BERTH_ERA_FDM65,          \
   .respect_anti_affinity = true, .respect_soft_affinity = true, .restart_timeout = 600,           \
   .restart_seconds = 30, .default_priority = BERTH_PRIORITY_MEDIUM, .admission_failures = 1,      \
   .slot_cpu_mhz = BERTH_UNSET, .slot_memory_mib = BERTH_UNSET, .slot_min_cpu_mhz = BERTH_UNSET,    \
   .reserve_cpu_percent = BERTH_UNSET, .reserve_memory_percent = BERTH_UNSET,                      \
   .degradation_percent = 100, .drs = BERTH_AUTOMATION_FULL, .dpm = BERTH_AUTOMATION_FULL,         \
   .dpm_target_percent = 63, .dpm_tolerance_percent = 18, .migrations_per_host = 8,                \
   .migrations_per_datastore = 128, .restarts_per_host = 32}

/** A host. `id`, `cpu_mhz` and `memory_mib` are required. */
typedef struct berth_host_spec {
  uint32_t struct_size;
  const char *id, *name;
  int64_t cpu_mhz, memory_mib;          /**< what is available to VMs */
  int64_t max_vms, max_vcpus;           /**< BERTH_UNSET = no limit */
  berth_host_state state;
  const char *site, *rack, *chassis;    /**< labels; NULL = a domain of its own */
  int64_t link_mbps;                    /**< migration network */
  int64_t evc_level;                    /**< BERTH_UNSET = unknown: fits every VM */
  const char *cpu_vendor;               /**< live migration keeps the vendor; NULL = unknown */
  int64_t joined;                       /**< order of joining the cluster, or BERTH_UNSET */
  berth_wake wake;
  int64_t wake_seconds;
  int64_t power_watts;                  /**< BERTH_UNSET = unknown */
  int64_t notify_timeout;               /**< seconds; BERTH_UNSET = the host lacks the feature */
  const char *topology;                 /**< hwloc file, or NULL */
  berth_position position;
} berth_host_spec;

#define BERTH_HOST_SPEC_INIT                                                                       \
  {.struct_size = sizeof(berth_host_spec), .cpu_mhz = BERTH_UNSET, .memory_mib = BERTH_UNSET,      \
   .max_vms = BERTH_UNSET, .max_vcpus = BERTH_UNSET, .link_mbps = 10000,                           \
   .evc_level = BERTH_UNSET, .joined = BERTH_UNSET, .wake_seconds = 300,                           \
   .power_watts = BERTH_UNSET, .notify_timeout = BERTH_UNSET}

/** A virtual machine. `id` and `memory_mib` are required. */
typedef struct berth_vm_spec {
  uint32_t struct_size;
  const char *id, *name;
  const char *host;                 /**< id; NULL = runs nowhere */
  berth_power power;
  int64_t cpus, memory_mib;         /**< configured */
  berth_priority priority;
  int64_t cpu_reservation_mhz, memory_reservation_mib, overhead_mib;
  bool memory_locked;               /**< the memory reservation is the configured memory */
  int64_t cpu_usage_mhz, memory_usage_mib; /**< BERTH_UNSET = unknown */
  int64_t dirty_mib_per_second;
  bool movable;                     /**< may be live-migrated; a restart is still possible */
  berth_numa numa;
  int64_t evc_level;                /**< required; BERTH_UNSET = none */
  bool notify_enabled, notify_registered;
  int64_t notify_timeout;           /**< seconds; BERTH_UNSET = the host's */
  int64_t notify_hardware;          /**< virtual hardware version; BERTH_UNSET = unknown */
  int64_t notify_ack_seconds;       /**< expected; BERTH_UNSET = unknown */
  int64_t notify_settle_seconds;
  berth_position position;
} berth_vm_spec;

#define BERTH_VM_SPEC_INIT                                                                         \
  {.struct_size = sizeof(berth_vm_spec), .cpus = 1, .memory_mib = BERTH_UNSET,                     \
   .priority = BERTH_PRIORITY_UNSET, .cpu_usage_mhz = BERTH_UNSET,                                 \
   .memory_usage_mib = BERTH_UNSET, .movable = true, .evc_level = BERTH_UNSET,                     \
   .notify_timeout = BERTH_UNSET, .notify_hardware = BERTH_UNSET,                                  \
   .notify_ack_seconds = BERTH_UNSET}

/** A rule. `vms`, `hosts` and `after` are space-separated ids of groups or of single objects; a
 *  group goes before an object of the same id. */
typedef struct berth_rule_spec {
  uint32_t struct_size;
  const char *id, *name;
  berth_rule_type type;
  berth_strength strength;
  const char *vms, *hosts, *after;
  berth_domain over;
  int64_t count;          /**< of at-most */
  int64_t max_concurrent; /**< of quiesce */
  berth_position position;
} berth_rule_spec;

#define BERTH_RULE_SPEC_INIT                                                                       \
  {.struct_size = sizeof(berth_rule_spec), .count = BERTH_UNSET, .max_concurrent = 1}

/* ---------------------------------------------------------------------------- builder */

/** Opaque, mutable, one thread at a time. */
typedef struct berth_builder berth_builder;
/** Opaque, immutable, reference-counted (atomically), shared by any number of threads. */
typedef struct berth_inventory berth_inventory;

/**
 * Creates an empty builder. @p ctx must outlive it and receives its problems.
 * @param[out] out owned by the caller; berth_builder_free().
 */
BERTH_EXPORT berth_status berth_builder_new(berth_context *ctx, berth_builder **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_builder_free(berth_builder *builder);

/** Names the inventory. */
BERTH_EXPORT berth_status berth_builder_set_name(berth_builder *builder, const char *name);

/** Declares a named extra resource (used by hosts and VMs of every cluster). */
BERTH_EXPORT berth_status berth_builder_add_resource(berth_builder *builder, const char *name,
                                                     const berth_position *position);

/**
 * Adds an object. References to objects that come later are allowed; berth_builder_freeze()
 * resolves them. A value out of range or a duplicate id does not fail the call, so that a reader
 * can go on; berth_builder_freeze() tells them all and refuses.
 * @param cluster index that berth_builder_add_cluster() gave.
 * @param[out] index of the new object in the builder; may be NULL. Not its index once frozen.
 * @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_LIMIT, BERTH_E_ARGUMENT (bad cluster or struct_size).
 */
BERTH_EXPORT berth_status berth_builder_add_cluster(berth_builder *builder,
                                                    const berth_cluster_spec *spec,
                                                    uint32_t *index);
BERTH_EXPORT berth_status berth_builder_add_host(berth_builder *builder, uint32_t cluster,
                                                 const berth_host_spec *spec, uint32_t *index);
BERTH_EXPORT berth_status berth_builder_add_vm(berth_builder *builder, uint32_t cluster,
                                               const berth_vm_spec *spec, uint32_t *index);
BERTH_EXPORT berth_status berth_builder_add_rule(berth_builder *builder, uint32_t cluster,
                                                 const berth_rule_spec *spec, uint32_t *index);
/** Groups: @p members is a space-separated list of ids, possibly empty. */
BERTH_EXPORT berth_status berth_builder_add_vm_group(berth_builder *builder, uint32_t cluster,
                                                     const char *id, const char *members,
                                                     const berth_position *position);
BERTH_EXPORT berth_status berth_builder_add_host_group(berth_builder *builder, uint32_t cluster,
                                                       const char *id, const char *members,
                                                       const berth_position *position);

/** Details of a host or VM already added, by builder index. Amounts are in the resource's unit. */
BERTH_EXPORT berth_status berth_builder_host_capacity(berth_builder *builder, uint32_t host,
                                                      const char *resource, int64_t amount,
                                                      const berth_position *position);
BERTH_EXPORT berth_status berth_builder_host_reach_datastore(berth_builder *builder, uint32_t host,
                                                             const char *datastore);
BERTH_EXPORT berth_status berth_builder_host_reach_network(berth_builder *builder, uint32_t host,
                                                           const char *network);
BERTH_EXPORT berth_status berth_builder_host_numa(berth_builder *builder, uint32_t host,
                                                  int64_t node, int64_t cpu_mhz,
                                                  int64_t memory_mib,
                                                  const berth_position *position);
BERTH_EXPORT berth_status berth_builder_vm_needs_resource(berth_builder *builder, uint32_t vm,
                                                          const char *resource, int64_t amount,
                                                          const berth_position *position);
BERTH_EXPORT berth_status berth_builder_vm_needs_datastore(berth_builder *builder, uint32_t vm,
                                                           const char *datastore);
BERTH_EXPORT berth_status berth_builder_vm_needs_network(berth_builder *builder, uint32_t vm,
                                                         const char *network);

/**
 * Validates and freezes. All problems are left in the context, errors and warnings alike; with any
 * error the result is BERTH_E_INVALID and no inventory. Found: duplicate and dangling ids, missing
 * and out-of-range numbers, a VM powered on at a host in standby, objects of another cluster,
 * must rules in conflict (the older stays, the newer is disabled: a warning), cycles of
 * restart-after, a higher priority that depends on a lower one (a warning).
 * Hosts and VMs are numbered by cluster, then in the order they were added.
 * @param[out] out owned by the caller; berth_inventory_release(). The builder is left as it was.
 */
BERTH_EXPORT berth_status berth_builder_freeze(berth_builder *builder, berth_inventory **out);

/* ---------------------------------------------------------------------------- inventory */

/** Adds a reference; any thread. Returns @p inventory. */
BERTH_EXPORT const berth_inventory *berth_inventory_retain(const berth_inventory *inventory);

/** Drops a reference; any thread; NULL is harmless. */
BERTH_EXPORT void berth_inventory_release(const berth_inventory *inventory);

/** Name, or "" if it has none. All strings below are borrowed from the inventory. */
BERTH_EXPORT const char *berth_inventory_name(const berth_inventory *inventory);

/** Counts. Indices run from 0 to count - 1; indices out of range are the caller's error. */
BERTH_EXPORT uint32_t berth_inventory_cluster_count(const berth_inventory *inventory);
BERTH_EXPORT uint32_t berth_inventory_host_count(const berth_inventory *inventory);
BERTH_EXPORT uint32_t berth_inventory_vm_count(const berth_inventory *inventory);
BERTH_EXPORT uint32_t berth_inventory_rule_count(const berth_inventory *inventory);
BERTH_EXPORT uint32_t berth_inventory_resource_count(const berth_inventory *inventory);

/** "cpu", "memory", "vms", "vcpus" or the name of an extra resource. */
BERTH_EXPORT const char *berth_inventory_resource_name(const berth_inventory *inventory,
                                                       uint32_t resource);

/** Finds by id, then by name. @return BERTH_OK, BERTH_E_NOT_FOUND, BERTH_E_AMBIGUOUS. */
BERTH_EXPORT berth_status berth_inventory_find_host(const berth_inventory *inventory,
                                                    const char *id_or_name, uint32_t *index);
BERTH_EXPORT berth_status berth_inventory_find_vm(const berth_inventory *inventory,
                                                  const char *id_or_name, uint32_t *index);
BERTH_EXPORT berth_status berth_inventory_find_rule(const berth_inventory *inventory,
                                                    const char *id, uint32_t *index);

/** Cluster. */
BERTH_EXPORT const char *berth_inventory_cluster_id(const berth_inventory *inventory,
                                                    uint32_t cluster);
/** First host (or VM) of @p cluster; those of a cluster are contiguous. `cluster` may be the
 *  cluster count, which gives one past the last. */
BERTH_EXPORT uint32_t berth_inventory_cluster_first_host(const berth_inventory *inventory,
                                                         uint32_t cluster);
BERTH_EXPORT uint32_t berth_inventory_cluster_first_vm(const berth_inventory *inventory,
                                                       uint32_t cluster);

/** Host. `_label` is the name if there is one, else the id: what a person wants to read. */
BERTH_EXPORT const char *berth_inventory_host_id(const berth_inventory *inventory, uint32_t host);
BERTH_EXPORT const char *berth_inventory_host_label(const berth_inventory *inventory,
                                                    uint32_t host);
BERTH_EXPORT berth_host_state berth_inventory_host_state(const berth_inventory *inventory,
                                                         uint32_t host);
/** In the unit of the resource; BERTH_UNLIMITED = no limit. */
BERTH_EXPORT int64_t berth_inventory_host_capacity(const berth_inventory *inventory, uint32_t host,
                                                   uint32_t resource);

/** VM. */
BERTH_EXPORT const char *berth_inventory_vm_id(const berth_inventory *inventory, uint32_t vm);
BERTH_EXPORT const char *berth_inventory_vm_label(const berth_inventory *inventory, uint32_t vm);
BERTH_EXPORT berth_power berth_inventory_vm_power(const berth_inventory *inventory, uint32_t vm);
/** Host it is registered at, running or not; BERTH_NONE = none. */
BERTH_EXPORT uint32_t berth_inventory_vm_host(const berth_inventory *inventory, uint32_t vm);
BERTH_EXPORT berth_priority berth_inventory_vm_priority(const berth_inventory *inventory,
                                                        uint32_t vm);
/** What the VM takes of a host when it runs: reservation plus overhead. */
BERTH_EXPORT int64_t berth_inventory_vm_demand(const berth_inventory *inventory, uint32_t vm,
                                               uint32_t resource);
/** Configured memory in MiB. */
BERTH_EXPORT int64_t berth_inventory_vm_memory(const berth_inventory *inventory, uint32_t vm);

/** Rule. */
BERTH_EXPORT const char *berth_inventory_rule_id(const berth_inventory *inventory, uint32_t rule);
BERTH_EXPORT berth_rule_type berth_inventory_rule_type(const berth_inventory *inventory,
                                                       uint32_t rule);
BERTH_EXPORT berth_strength berth_inventory_rule_strength(const berth_inventory *inventory,
                                                          uint32_t rule);
/** False for a rule that freezing disabled because an older one contradicts it. */
BERTH_EXPORT bool berth_inventory_rule_enabled(const berth_inventory *inventory, uint32_t rule);

#ifdef __cplusplus
}
#endif
#endif
