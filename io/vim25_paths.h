/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_paths.h
 * The property paths of vSphere objects that berth reads, as a trie. "config.hardware.numCPU" as
 * the name of a property, or <config><hardware><numCPU> inside a larger one, lead to the same node.
 */
#ifndef BERTH_IO_VIM25_PATHS_H
#define BERTH_IO_VIM25_PATHS_H

#include "arena.h"

/** Path of what QueryOptions answered about a host: not a property of it. */
#define VIM25_QUERIED_OPTION "queriedOption"

/** The one option of a host that berth reads. */
#define VIM25_HOST_TIMEOUT_OPTION "VmOpNotificationToApp.Timeout"

/** Kinds of managed objects, by the `type` of a reference. */
typedef enum vim25_kind {
  VIM25_HOST = 0,
  VIM25_VM,
  VIM25_CLUSTER,    /* ClusterComputeResource */
  VIM25_STANDALONE, /* ComputeResource: one host, no cluster features */
  VIM25_DATASTORE_OBJECT,
  VIM25_NETWORK_OBJECT, /* Network, DistributedVirtualPortgroup, OpaqueNetwork */
  VIM25_OTHER
} vim25_kind;

/** What a path means. Several paths may mean the same. */
typedef enum vim25_field {
  VIM25_NO_FIELD = 0,
  VIM25_PROPERTY, /* a property was sent: what a vim25_change says becomes of it */
  VIM25_MISSING,  /* whoever saved this could not read it; the text is why */
  VIM25_NAME,
  VIM25_PARENT,
  VIM25_DATASTORE,
  VIM25_NETWORK,
  VIM25_CONNECTION_STATE,
  VIM25_POWER_STATE,
  VIM25_STANDBY_MODE,
  VIM25_IN_MAINTENANCE,
  VIM25_IN_QUARANTINE,
  VIM25_PARTIAL_MAINTENANCE,
  VIM25_DAS_HOST_STATE,
  VIM25_MEMORY_SIZE,
  VIM25_CPU_MHZ,
  VIM25_CPU_CORES,
  VIM25_MAX_VMS,
  VIM25_MAX_VCPUS,
  VIM25_CURRENT_EVC,
  VIM25_MAX_EVC,
  VIM25_IPMI_ADDRESS,
  VIM25_NUMA_NODE,
  VIM25_NUMA_ID,
  VIM25_NUMA_CPU,
  VIM25_NUMA_MEMORY,
  VIM25_NUMA_RANGE,
  VIM25_OPTION,
  VIM25_OPTION_KEY,
  VIM25_OPTION_VALUE,
  VIM25_FEATURE,
  VIM25_FEATURE_KEY,
  VIM25_FEATURE_VALUE,
  VIM25_STORE_MAINTENANCE,
  VIM25_LINK_HOST, /* of a network: a host that reaches it */
  VIM25_MOUNT,     /* of a datastore: a host and how it reaches it */
  VIM25_MOUNT_HOST,
  VIM25_MOUNT_ACCESSIBLE,
  VIM25_VM_HOST,
  VIM25_MINIMUM_EVC,
  VIM25_TEMPLATE,
  VIM25_HARDWARE_VERSION,
  VIM25_CPUS,
  VIM25_MEMORY_MB,
  VIM25_CPU_RESERVATION,
  VIM25_MEMORY_RESERVATION,
  VIM25_MEMORY_LOCKED,
  VIM25_INITIAL_OVERHEAD,
  VIM25_CONSUMED_OVERHEAD,
  VIM25_CPU_USAGE,
  VIM25_MEMORY_USAGE,
  VIM25_CPU_AFFINITY,
  VIM25_LATENCY,
  VIM25_NOTIFY_ENABLED,
  VIM25_NOTIFY_TIMEOUT,
  VIM25_NOTIFY_EFFECTIVE,
  VIM25_DAS,
  VIM25_DAS_ENABLED,
  VIM25_DAS_ADMISSION,
  VIM25_DAS_FAILOVER_LEVEL,
  VIM25_POLICY,
  VIM25_POLICY_FAILOVER_LEVEL,
  VIM25_POLICY_SLOT_CPU,
  VIM25_POLICY_SLOT_MEMORY,
  VIM25_POLICY_CPU_PERCENT,
  VIM25_POLICY_MEMORY_PERCENT,
  VIM25_POLICY_AUTOMATIC,
  VIM25_POLICY_HOST,
  VIM25_POLICY_DEGRADATION,
  VIM25_DEFAULT_PRIORITY,
  VIM25_DEFAULT_ISOLATION,
  VIM25_DEFAULT_TIMEOUT,
  VIM25_DAS_OPTION,
  VIM25_DAS_VM,
  VIM25_DAS_VM_KEY,
  VIM25_DAS_VM_PRIORITY,
  VIM25_DAS_VM_OLD_PRIORITY,
  VIM25_READY_CONDITION,
  VIM25_READY_DELAY,
  VIM25_DRS,
  VIM25_DRS_ENABLED,
  VIM25_DRS_BEHAVIOR,
  VIM25_DRS_OVERRIDES,
  VIM25_DRS_VM,
  VIM25_DRS_VM_KEY,
  VIM25_DRS_VM_ENABLED,
  VIM25_DPM,
  VIM25_DPM_ENABLED,
  VIM25_DPM_BEHAVIOR,
  VIM25_DPM_HOST,
  VIM25_DPM_HOST_KEY,
  VIM25_DPM_HOST_ENABLED,
  VIM25_GROUP,
  VIM25_GROUP_NAME,
  VIM25_GROUP_VM,
  VIM25_GROUP_HOST,
  VIM25_RULE,
  VIM25_RULE_KEY,
  VIM25_RULE_NAME,
  VIM25_RULE_ENABLED,
  VIM25_RULE_MANDATORY,
  VIM25_RULE_VM,
  VIM25_RULE_VM_GROUP,
  VIM25_RULE_AFFINE,
  VIM25_RULE_ANTI_AFFINE,
  VIM25_RULE_DEPENDENT,
  VIM25_RULE_DEPENDS_ON,
  VIM25_FIELD_COUNT
} vim25_field;

/** How a node is recorded: its text when it ends, or its xsi:type when it begins (a new item). */
typedef enum vim25_role { VIM25_PASSAGE = 0, VIM25_LEAF, VIM25_ITEM } vim25_role;

typedef struct vim25_node {
  const char *name; /* a segment; not NUL-terminated */
  size_t length;
  const struct vim25_node *parent, *first_child, *next_sibling;
  vim25_role role;
  vim25_field field;
  bool deprecated; /* what stands below counts only where nothing else does */
  bool often;      /* its texts are the same few again and again */
} vim25_node;

/** A path as the name of a property may spell it: config.option["key"].value. */
typedef struct vim25_path {
  const vim25_node *node;  /* NULL = not wanted */
  const vim25_node *array; /* the node that a key in brackets stands behind; NULL = no key */
  const char *key;         /* between the brackets, without quotes; not NUL-terminated */
  size_t key_length;
  bool deprecated;
} vim25_path;

/** The root of @p kind's paths; NULL = out of memory. All of it is in @p memory. */
const vim25_node *vim25_paths_build(arena *memory, vim25_kind kind);

/** Child of @p node called @p name, or NULL: not wanted. */
const vim25_node *vim25_paths_child(const vim25_node *node, const char *name, size_t length);

/** What the dotted @p path below @p root leads to. */
vim25_path vim25_paths_find(const vim25_node *root, const char *path);

/** Whether @p node is @p top or stands below it. */
bool vim25_paths_is_below(const vim25_node *node, const vim25_node *top);

/** Whether @p top or a node below it means @p field. */
bool vim25_paths_holds(const vim25_node *top, vim25_field field);

/** The kind that the `type` of a reference names. */
vim25_kind vim25_kind_of(const char *type, size_t length);

#endif
