/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of paths (vSphere Web Services API, data objects HostSystem, VirtualMachine,
 * ClusterComputeResource) and the trie made of it. What is not here is pruned while reading: of a
 * whole host, a megabyte, some twenty values are kept.
 */
#include "vim25_paths.h"

#include <assert.h>
#include <string.h>

typedef struct path_row {
  const char *path;
  vim25_field field;
  vim25_role role;
  bool often;
} path_row;

#define LEAF(path, field)                                                                          \
  { path, field, VIM25_LEAF, false }
#define OFTEN(path, field)                                                                         \
  { path, field, VIM25_LEAF, true }
#define ITEM(path, field)                                                                          \
  { path, field, VIM25_ITEM, false }
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const path_row host_rows[] = {
    LEAF("name", VIM25_NAME),
    LEAF("summary.config.name", VIM25_NAME),
    LEAF("parent", VIM25_PARENT),
    LEAF("datastore", VIM25_DATASTORE),
    LEAF("network", VIM25_NETWORK),
    LEAF("runtime.connectionState", VIM25_CONNECTION_STATE),
    LEAF("runtime.powerState", VIM25_POWER_STATE),
    LEAF("runtime.standbyMode", VIM25_STANDBY_MODE),
    LEAF("runtime.inMaintenanceMode", VIM25_IN_MAINTENANCE),
    LEAF("runtime.inQuarantineMode", VIM25_IN_QUARANTINE),
    LEAF("runtime.partialMaintenanceMode", VIM25_PARTIAL_MAINTENANCE),
    LEAF("runtime.dasHostState.state", VIM25_DAS_HOST_STATE),
    LEAF("summary.runtime.connectionState", VIM25_CONNECTION_STATE),
    LEAF("summary.runtime.powerState", VIM25_POWER_STATE),
    LEAF("summary.runtime.standbyMode", VIM25_STANDBY_MODE),
    LEAF("summary.runtime.inMaintenanceMode", VIM25_IN_MAINTENANCE),
    LEAF("summary.runtime.inQuarantineMode", VIM25_IN_QUARANTINE),
    LEAF("summary.runtime.partialMaintenanceMode", VIM25_PARTIAL_MAINTENANCE),
    LEAF("summary.runtime.dasHostState.state", VIM25_DAS_HOST_STATE),
    LEAF("summary.hardware.memorySize", VIM25_MEMORY_SIZE),
    LEAF("summary.hardware.cpuMhz", VIM25_CPU_MHZ),
    LEAF("summary.hardware.numCpuCores", VIM25_CPU_CORES),
    LEAF("summary.currentEVCModeKey", VIM25_CURRENT_EVC),
    LEAF("summary.maxEVCModeKey", VIM25_MAX_EVC),
    LEAF("hardware.memorySize", VIM25_MEMORY_SIZE),
    LEAF("hardware.cpuInfo.numCpuCores", VIM25_CPU_CORES),
    ITEM("hardware.numaInfo.numaNode", VIM25_NUMA_NODE),
    LEAF("hardware.numaInfo.numaNode.typeId", VIM25_NUMA_ID),
    LEAF("hardware.numaInfo.numaNode.cpuID", VIM25_NUMA_CPU),
    LEAF("hardware.numaInfo.numaNode.memorySize", VIM25_NUMA_MEMORY),
    LEAF("hardware.numaInfo.numaNode.memoryRangeLength", VIM25_NUMA_RANGE),
    LEAF("capability.maxHostRunningVms", VIM25_MAX_VMS),
    LEAF("capability.maxHostSupportedVcpus", VIM25_MAX_VCPUS),
    LEAF("config.ipmi.bmcIpAddress", VIM25_IPMI_ADDRESS),
    ITEM("config.option", VIM25_OPTION),
    LEAF("config.option.key", VIM25_OPTION_KEY),
    LEAF("config.option.value", VIM25_OPTION_VALUE),
    /* No property: what QueryOptions answered, beside what config.option says. */
    ITEM(VIM25_QUERIED_OPTION, VIM25_OPTION),
    LEAF(VIM25_QUERIED_OPTION ".key", VIM25_OPTION_KEY),
    LEAF(VIM25_QUERIED_OPTION ".value", VIM25_OPTION_VALUE),
    ITEM("config.featureCapability", VIM25_FEATURE),
    OFTEN("config.featureCapability.key", VIM25_FEATURE_KEY),
    OFTEN("config.featureCapability.value", VIM25_FEATURE_VALUE),
};

static const path_row vm_rows[] = {
    LEAF("name", VIM25_NAME),
    LEAF("config.name", VIM25_NAME),
    LEAF("summary.config.name", VIM25_NAME),
    LEAF("datastore", VIM25_DATASTORE),
    LEAF("network", VIM25_NETWORK),
    LEAF("runtime.host", VIM25_VM_HOST),
    LEAF("runtime.powerState", VIM25_POWER_STATE),
    LEAF("runtime.connectionState", VIM25_CONNECTION_STATE),
    LEAF("runtime.minRequiredEVCModeKey", VIM25_MINIMUM_EVC),
    LEAF("runtime.opNotificationTimeout", VIM25_NOTIFY_EFFECTIVE),
    ITEM("runtime.featureRequirement", VIM25_FEATURE),
    OFTEN("runtime.featureRequirement.key", VIM25_FEATURE_KEY),
    OFTEN("runtime.featureRequirement.value", VIM25_FEATURE_VALUE),
    LEAF("summary.runtime.host", VIM25_VM_HOST),
    LEAF("summary.runtime.powerState", VIM25_POWER_STATE),
    LEAF("summary.runtime.connectionState", VIM25_CONNECTION_STATE),
    LEAF("summary.runtime.minRequiredEVCModeKey", VIM25_MINIMUM_EVC),
    LEAF("config.template", VIM25_TEMPLATE),
    LEAF("config.version", VIM25_HARDWARE_VERSION),
    LEAF("config.hardware.numCPU", VIM25_CPUS),
    LEAF("config.hardware.memoryMB", VIM25_MEMORY_MB),
    LEAF("config.cpuAllocation.reservation", VIM25_CPU_RESERVATION),
    LEAF("config.memoryAllocation.reservation", VIM25_MEMORY_RESERVATION),
    LEAF("resourceConfig.cpuAllocation.reservation", VIM25_CPU_RESERVATION),
    LEAF("resourceConfig.memoryAllocation.reservation", VIM25_MEMORY_RESERVATION),
    LEAF("config.memoryReservationLockedToMax", VIM25_MEMORY_LOCKED),
    LEAF("config.initialOverhead.initialMemoryReservation", VIM25_INITIAL_OVERHEAD),
    LEAF("config.cpuAffinity.affinitySet", VIM25_CPU_AFFINITY),
    LEAF("config.latencySensitivity.level", VIM25_LATENCY),
    LEAF("config.vmOpNotificationToAppEnabled", VIM25_NOTIFY_ENABLED),
    LEAF("config.vmOpNotificationTimeout", VIM25_NOTIFY_TIMEOUT),
    LEAF("summary.config.template", VIM25_TEMPLATE),
    LEAF("summary.config.hwVersion", VIM25_HARDWARE_VERSION),
    LEAF("summary.config.numCpu", VIM25_CPUS),
    LEAF("summary.config.memorySizeMB", VIM25_MEMORY_MB),
    LEAF("summary.config.cpuReservation", VIM25_CPU_RESERVATION),
    LEAF("summary.config.memoryReservation", VIM25_MEMORY_RESERVATION),
    LEAF("summary.quickStats.overallCpuUsage", VIM25_CPU_USAGE),
    LEAF("summary.quickStats.hostMemoryUsage", VIM25_MEMORY_USAGE),
    LEAF("summary.quickStats.consumedOverheadMemory", VIM25_CONSUMED_OVERHEAD),
};

static const path_row cluster_rows[] = {
    LEAF("name", VIM25_NAME),
    ITEM("configurationEx.dasConfig", VIM25_DAS),
    LEAF("configurationEx.dasConfig.enabled", VIM25_DAS_ENABLED),
    LEAF("configurationEx.dasConfig.admissionControlEnabled", VIM25_DAS_ADMISSION),
    LEAF("configurationEx.dasConfig.failoverLevel", VIM25_DAS_FAILOVER_LEVEL),
    ITEM("configurationEx.dasConfig.admissionControlPolicy", VIM25_POLICY),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.failoverLevel",
         VIM25_POLICY_FAILOVER_LEVEL),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.slotPolicy.cpu", VIM25_POLICY_SLOT_CPU),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.slotPolicy.memory",
         VIM25_POLICY_SLOT_MEMORY),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.cpuFailoverResourcesPercent",
         VIM25_POLICY_CPU_PERCENT),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.memoryFailoverResourcesPercent",
         VIM25_POLICY_MEMORY_PERCENT),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.autoComputePercentages",
         VIM25_POLICY_AUTOMATIC),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.failoverHosts", VIM25_POLICY_HOST),
    LEAF("configurationEx.dasConfig.admissionControlPolicy.resourceReductionToToleratePercent",
         VIM25_POLICY_DEGRADATION),
    LEAF("configurationEx.dasConfig.defaultVmSettings.restartPriority", VIM25_DEFAULT_PRIORITY),
    LEAF("configurationEx.dasConfig.defaultVmSettings.isolationResponse", VIM25_DEFAULT_ISOLATION),
    LEAF("configurationEx.dasConfig.defaultVmSettings.restartPriorityTimeout",
         VIM25_DEFAULT_TIMEOUT),
    ITEM("configurationEx.dasConfig.option", VIM25_DAS_OPTION),
    LEAF("configurationEx.dasConfig.option.key", VIM25_OPTION_KEY),
    LEAF("configurationEx.dasConfig.option.value", VIM25_OPTION_VALUE),
    ITEM("configurationEx.dasVmConfig", VIM25_DAS_VM),
    LEAF("configurationEx.dasVmConfig.key", VIM25_DAS_VM_KEY),
    LEAF("configurationEx.dasVmConfig.restartPriority", VIM25_DAS_VM_OLD_PRIORITY),
    LEAF("configurationEx.dasVmConfig.dasSettings.restartPriority", VIM25_DAS_VM_PRIORITY),
    LEAF("configurationEx.orchestration.defaultVmReadiness.readyCondition", VIM25_READY_CONDITION),
    LEAF("configurationEx.orchestration.defaultVmReadiness.postReadyDelay", VIM25_READY_DELAY),
    ITEM("configurationEx.drsConfig", VIM25_DRS),
    LEAF("configurationEx.drsConfig.enabled", VIM25_DRS_ENABLED),
    LEAF("configurationEx.drsConfig.defaultVmBehavior", VIM25_DRS_BEHAVIOR),
    LEAF("configurationEx.drsConfig.enableVmBehaviorOverrides", VIM25_DRS_OVERRIDES),
    ITEM("configurationEx.drsVmConfig", VIM25_DRS_VM),
    LEAF("configurationEx.drsVmConfig.key", VIM25_DRS_VM_KEY),
    LEAF("configurationEx.drsVmConfig.enabled", VIM25_DRS_VM_ENABLED),
    ITEM("configurationEx.dpmConfigInfo", VIM25_DPM),
    LEAF("configurationEx.dpmConfigInfo.enabled", VIM25_DPM_ENABLED),
    LEAF("configurationEx.dpmConfigInfo.defaultDpmBehavior", VIM25_DPM_BEHAVIOR),
    ITEM("configurationEx.dpmHostConfig", VIM25_DPM_HOST),
    LEAF("configurationEx.dpmHostConfig.key", VIM25_DPM_HOST_KEY),
    LEAF("configurationEx.dpmHostConfig.enabled", VIM25_DPM_HOST_ENABLED),
    ITEM("configurationEx.group", VIM25_GROUP),
    LEAF("configurationEx.group.name", VIM25_GROUP_NAME),
    LEAF("configurationEx.group.vm", VIM25_GROUP_VM),
    LEAF("configurationEx.group.host", VIM25_GROUP_HOST),
    ITEM("configurationEx.rule", VIM25_RULE),
    LEAF("configurationEx.rule.key", VIM25_RULE_KEY),
    LEAF("configurationEx.rule.name", VIM25_RULE_NAME),
    LEAF("configurationEx.rule.enabled", VIM25_RULE_ENABLED),
    LEAF("configurationEx.rule.mandatory", VIM25_RULE_MANDATORY),
    LEAF("configurationEx.rule.vm", VIM25_RULE_VM),
    LEAF("configurationEx.rule.vmGroupName", VIM25_RULE_VM_GROUP),
    LEAF("configurationEx.rule.affineHostGroupName", VIM25_RULE_AFFINE),
    LEAF("configurationEx.rule.antiAffineHostGroupName", VIM25_RULE_ANTI_AFFINE),
    LEAF("configurationEx.rule.vmGroup", VIM25_RULE_DEPENDENT),
    LEAF("configurationEx.rule.dependsOnVmGroup", VIM25_RULE_DEPENDS_ON),
};

static const path_row standalone_rows[] = {LEAF("name", VIM25_NAME)};

static const path_row datastore_rows[] = {
    LEAF("name", VIM25_NAME),
    LEAF("summary.name", VIM25_NAME),
    LEAF("info.name", VIM25_NAME),
    LEAF("summary.maintenanceMode", VIM25_STORE_MAINTENANCE),
    ITEM("host", VIM25_MOUNT),
    LEAF("host.key", VIM25_MOUNT_HOST),
    LEAF("host.mountInfo.accessible", VIM25_MOUNT_ACCESSIBLE),
};

static const path_row network_rows[] = {
    LEAF("name", VIM25_NAME),
    LEAF("summary.name", VIM25_NAME),
    LEAF("host", VIM25_LINK_HOST),
};

/* The deprecated twin of configurationEx: the same below it. */
static const char twin[] = "configuration", twin_of[] = "configurationEx";

const vim25_node *vim25_paths_child(const vim25_node *node, const char *name, size_t length) {
  assert(node != NULL && name != NULL);
  for (const vim25_node *child = node->first_child; child != NULL; child = child->next_sibling)
    if (child->length == length && memcmp(child->name, name, length) == 0)
      return child;
  return NULL;
}

/* "[2000]" or "[\"key\"]" at @p at; the place behind it. */
static const char *take_key(vim25_path *found, const vim25_node *node, const char *at) {
  assert(*at == '[');
  const char *key = at + 1;
  const char *end = strchr(key, ']');
  if (end == NULL)
    return at + strlen(at);
  /* A key may hold brackets of its own: then it ends with quote and bracket. */
  const char *quoted = *key == '"' ? strstr(key + 1, "\"]") : NULL;
  found->array = node;
  found->key = quoted == NULL ? key : key + 1;
  found->key_length = (size_t)((quoted == NULL ? end : quoted) - found->key);
  return quoted == NULL ? end + 1 : quoted + 2;
}

vim25_path vim25_paths_find(const vim25_node *root, const char *path) {
  assert(root != NULL && path != NULL);
  vim25_path found = {.node = root};
  while (found.node != NULL && *path != '\0') {
    const size_t length = strcspn(path, ".[");
    found.node = vim25_paths_child(found.node, path, length);
    if (found.node == NULL)
      break;
    if (found.node->deprecated) { /* it shares its children with what it is the twin of */
      found.deprecated = true;
      found.node = found.node->first_child->parent;
    }
    path += length;
    if (*path == '[')
      path = take_key(&found, found.node, path);
    path += *path == '.';
  }
  return found;
}

bool vim25_paths_is_below(const vim25_node *node, const vim25_node *top) {
  assert(top != NULL);
  while (node != NULL && node != top)
    node = node->parent;
  return node != NULL;
}

bool vim25_paths_holds(const vim25_node *top, vim25_field field) {
  assert(top != NULL && field != VIM25_NO_FIELD);
  if (top->field == field)
    return true;
  for (const vim25_node *child = top->first_child; child != NULL; child = child->next_sibling)
    if (vim25_paths_holds(child, field))
      return true;
  return false;
}

static vim25_node *add_child(arena *memory, vim25_node *parent, const char *name, size_t length) {
  assert(parent != NULL && length > 0);
  vim25_node *child = arena_take(memory, 1, sizeof *child);
  if (child == NULL)
    return NULL;
  child->name = name;
  child->length = length;
  child->parent = parent;
  child->next_sibling = parent->first_child;
  parent->first_child = child;
  return child;
}

static bool add_path(arena *memory, vim25_node *root, const path_row *row) {
  vim25_node *node = root;
  for (const char *at = row->path; *at != '\0';) {
    const size_t length = strcspn(at, ".");
    assert(length > 0);
    /* The nodes are this builder's own, not yet anybody's constants. */
    vim25_node *child = (vim25_node *)vim25_paths_child(node, at, length);
    if (child == NULL)
      child = add_child(memory, node, at, length);
    if (child == NULL)
      return false;
    node = child;
    at += length;
    at += *at == '.';
  }
  assert(node->field == VIM25_NO_FIELD);
  node->role = row->role;
  node->often = row->often;
  node->field = row->field;
  return true;
}

const vim25_node *vim25_paths_build(arena *memory, vim25_kind kind) {
  static const struct {
    const path_row *rows;
    size_t count;
  } tables[] = {[VIM25_HOST] = {host_rows, COUNT(host_rows)},
                [VIM25_VM] = {vm_rows, COUNT(vm_rows)},
                [VIM25_CLUSTER] = {cluster_rows, COUNT(cluster_rows)},
                [VIM25_STANDALONE] = {standalone_rows, COUNT(standalone_rows)},
                [VIM25_DATASTORE_OBJECT] = {datastore_rows, COUNT(datastore_rows)},
                [VIM25_NETWORK_OBJECT] = {network_rows, COUNT(network_rows)}};
  assert(kind < VIM25_OTHER);
  vim25_node *root = arena_take(memory, 1, sizeof *root);
  if (root == NULL)
    return NULL;
  for (size_t i = 0; i < tables[kind].count; i++)
    if (!add_path(memory, root, &tables[kind].rows[i]))
      return NULL;
  const vim25_node *preferred = vim25_paths_child(root, twin_of, sizeof twin_of - 1);
  if (preferred == NULL)
    return root;
  const vim25_node *below = preferred->first_child;
  vim25_node *deprecated = add_child(memory, root, twin, sizeof twin - 1);
  if (deprecated == NULL)
    return NULL;
  deprecated->first_child = below;
  deprecated->deprecated = true;
  return root;
}

vim25_kind vim25_kind_of(const char *type, size_t length) {
  static const struct {
    const char *name;
    vim25_kind kind;
  } names[] = {{"HostSystem", VIM25_HOST},
               {"VirtualMachine", VIM25_VM},
               {"ClusterComputeResource", VIM25_CLUSTER},
               {"ComputeResource", VIM25_STANDALONE},
               {"Datastore", VIM25_DATASTORE_OBJECT},
               {"Network", VIM25_NETWORK_OBJECT},
               {"DistributedVirtualPortgroup", VIM25_NETWORK_OBJECT},
               {"OpaqueNetwork", VIM25_NETWORK_OBJECT}};
  assert(type != NULL);
  for (size_t i = 0; i < COUNT(names); i++)
    if (strlen(names[i].name) == length && memcmp(names[i].name, type, length) == 0)
      return names[i].kind;
  return VIM25_OTHER;
}
