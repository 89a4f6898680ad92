/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the native dialect. One row an attribute: name, kind, whether required, field,
 * range or enumeration. A field without an attribute, or an attribute without a field, would show
 * here.
 */
#include "native_schema.h"

#include "words.h"
#include <assert.h>
#include <stddef.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

/* ------------------------------------------------------------------------ enumerations */

#define ENUMERATION(name, type, values)                                                            \
  static bool parse_##name(const char *word, void *field) {                                        \
    return word_parse_##name(word, field);                                                         \
  }                                                                                                \
  static const char *word_##name(unsigned value) {                                                 \
    return berth_##name##_word((type)value);                                                       \
  }                                                                                                \
  _Static_assert(sizeof(type) == sizeof(unsigned),                                                 \
                 "fields of enumerations are written as unsigned");                                \
  static const native_enumeration name##_enumeration = {parse_##name, word_##name, values};

ENUMERATION(era, berth_era, BERTH_ERA_FDM65 + 1)
ENUMERATION(isolation, berth_isolation, BERTH_ISOLATION_SHUTDOWN + 1)
ENUMERATION(ready_when, berth_ready_when, BERTH_READY_APP_HEARTBEAT + 1)
ENUMERATION(priority, berth_priority, BERTH_PRIORITY_UNSET)
ENUMERATION(admission, berth_admission, BERTH_ADMISSION_DEDICATED + 1)
ENUMERATION(drs_automation, berth_automation, BERTH_AUTOMATION_FULL + 1)
ENUMERATION(dpm_automation, berth_automation, BERTH_AUTOMATION_FULL + 1)
ENUMERATION(host_state, berth_host_state, BERTH_HOST_ISOLATED + 1)
ENUMERATION(wake, berth_wake, BERTH_WAKE_WOL + 1)
ENUMERATION(power, berth_power, BERTH_POWER_SUSPENDED + 1)
ENUMERATION(numa, berth_numa, BERTH_NUMA_ONE_NODE + 1)
ENUMERATION(rule_type, berth_rule_type, BERTH_RULE_RESTART_AFTER + 1)
ENUMERATION(strength, berth_strength, BERTH_SHOULD + 1)
ENUMERATION(domain, berth_domain, BERTH_DOMAIN_COUNT)

/* ------------------------------------------------------------------------ attributes */

#define QUANTITY (0, BERTH_QUANTITY_MAX)
#define POSITIVE (1, BERTH_QUANTITY_MAX)
#define PERCENT (0, 100)

#define TEXT(spec, xml, field)                                                                     \
  { .name = xml, .kind = NATIVE_TEXT, .offset = offsetof(spec, field) }
#define TEXT_REQUIRED(spec, xml, field)                                                            \
  { .name = xml, .kind = NATIVE_TEXT, .required = true, .offset = offsetof(spec, field) }
#define NUMBER(spec, xml, field, range)                                                            \
  { .name = xml, .kind = NATIVE_NUMBER, .offset = offsetof(spec, field), BOUNDS range }
#define NUMBER_REQUIRED(spec, xml, field, range)                                                   \
  {                                                                                                \
    .name = xml, .kind = NATIVE_NUMBER, .required = true, .offset = offsetof(spec, field),         \
    BOUNDS range                                                                                   \
  }
#define BOUNDS(low_, high_) .low = low_, .high = high_
#define FLAG(spec, xml, field)                                                                     \
  { .name = xml, .kind = NATIVE_FLAG, .offset = offsetof(spec, field) }
#define WORD(spec, xml, field, list)                                                               \
  {                                                                                                \
    .name = xml, .kind = NATIVE_WORD, .offset = offsetof(spec, field),                             \
    .enumeration = &list##_enumeration                                                             \
  }

#define OF_DOCUMENT native_document
#define OF_CLUSTER berth_cluster_spec
#define OF_HOST berth_host_spec
#define OF_VM berth_vm_spec
#define OF_RULE berth_rule_spec
#define OF_DETAIL native_detail
#define OF_EVENT berth_event

static const native_attribute document_attributes[] = {TEXT(OF_DOCUMENT, "name", name)};

static const native_attribute resource_attributes[] = {TEXT_REQUIRED(OF_DETAIL, "name", id)};

static const native_attribute cluster_attributes[] = {
    TEXT_REQUIRED(OF_CLUSTER, "id", id),
    TEXT(OF_CLUSTER, "name", name),
};

static const native_attribute ha_attributes[] = {
    FLAG(OF_CLUSTER, "enabled", ha_enabled),
    WORD(OF_CLUSTER, "era", era, era),
    FLAG(OF_CLUSTER, "respectAntiAffinity", respect_anti_affinity),
    FLAG(OF_CLUSTER, "respectSoftAffinity", respect_soft_affinity),
    WORD(OF_CLUSTER, "isolationResponse", isolation_response, isolation),
    WORD(OF_CLUSTER, "readyWhen", ready_when, ready_when),
    NUMBER(OF_CLUSTER, "restartTimeout", restart_timeout, QUANTITY),
    NUMBER(OF_CLUSTER, "postReadyDelay", post_ready_delay, QUANTITY),
    NUMBER(OF_CLUSTER, "restartSeconds", restart_seconds, QUANTITY),
    WORD(OF_CLUSTER, "defaultPriority", default_priority, priority),
};

static const native_attribute admission_attributes[] = {
    WORD(OF_CLUSTER, "policy", admission, admission),
    NUMBER(OF_CLUSTER, "failures", admission_failures, QUANTITY),
    NUMBER(OF_CLUSTER, "slotCpuMhz", slot_cpu_mhz, POSITIVE),
    NUMBER(OF_CLUSTER, "slotMemoryMib", slot_memory_mib, POSITIVE),
    NUMBER(OF_CLUSTER, "minCpuMhz", slot_min_cpu_mhz, QUANTITY),
    NUMBER(OF_CLUSTER, "minMemoryMib", slot_min_memory_mib, QUANTITY),
    NUMBER(OF_CLUSTER, "cpuPercent", reserve_cpu_percent, PERCENT),
    NUMBER(OF_CLUSTER, "memoryPercent", reserve_memory_percent, PERCENT),
    NUMBER(OF_CLUSTER, "degradationPercent", degradation_percent, PERCENT),
    TEXT(OF_CLUSTER, "hosts", dedicated_hosts),
};

static const native_attribute drs_attributes[] = {
    WORD(OF_CLUSTER, "automation", drs, drs_automation),
};

static const native_attribute dpm_attributes[] = {
    WORD(OF_CLUSTER, "automation", dpm, dpm_automation),
    NUMBER(OF_CLUSTER, "targetPercent", dpm_target_percent, PERCENT),
    NUMBER(OF_CLUSTER, "tolerancePercent", dpm_tolerance_percent, PERCENT),
};

static const native_attribute limits_attributes[] = {
    NUMBER(OF_CLUSTER, "migrationsPerHost", migrations_per_host, POSITIVE),
    NUMBER(OF_CLUSTER, "migrationsPerDatastore", migrations_per_datastore, POSITIVE),
    NUMBER(OF_CLUSTER, "restartsPerHost", restarts_per_host, POSITIVE),
};

static const native_attribute host_attributes[] = {
    TEXT_REQUIRED(OF_HOST, "id", id),
    TEXT(OF_HOST, "name", name),
    NUMBER_REQUIRED(OF_HOST, "cpuMhz", cpu_mhz, POSITIVE),
    NUMBER_REQUIRED(OF_HOST, "memoryMib", memory_mib, POSITIVE),
    WORD(OF_HOST, "state", state, host_state),
    TEXT(OF_HOST, "site", site),
    TEXT(OF_HOST, "rack", rack),
    TEXT(OF_HOST, "chassis", chassis),
    NUMBER(OF_HOST, "maxVms", max_vms, QUANTITY),
    NUMBER(OF_HOST, "maxVcpus", max_vcpus, QUANTITY),
    NUMBER(OF_HOST, "linkMbps", link_mbps, POSITIVE),
    NUMBER(OF_HOST, "evcLevel", evc_level, QUANTITY),
    TEXT(OF_HOST, "cpuVendor", cpu_vendor),
    NUMBER(OF_HOST, "joined", joined, QUANTITY),
    WORD(OF_HOST, "wake", wake, wake),
    NUMBER(OF_HOST, "wakeSeconds", wake_seconds, QUANTITY),
    NUMBER(OF_HOST, "powerWatts", power_watts, QUANTITY),
    NUMBER(OF_HOST, "notifyTimeout", notify_timeout, QUANTITY),
    TEXT(OF_HOST, "topology", topology),
};

static const native_attribute capacity_attributes[] = {
    TEXT_REQUIRED(OF_DETAIL, "resource", resource),
    NUMBER_REQUIRED(OF_DETAIL, "amount", amount, QUANTITY),
};

static const native_attribute reach_attributes[] = {
    TEXT(OF_DETAIL, "datastore", datastore),
    TEXT(OF_DETAIL, "network", network),
};

static const native_attribute numa_attributes[] = {
    NUMBER_REQUIRED(OF_DETAIL, "node", node, QUANTITY),
    NUMBER_REQUIRED(OF_DETAIL, "cpuMhz", cpu_mhz, QUANTITY),
    NUMBER_REQUIRED(OF_DETAIL, "memoryMib", memory_mib, QUANTITY),
};

static const native_attribute vm_attributes[] = {
    TEXT_REQUIRED(OF_VM, "id", id),
    TEXT(OF_VM, "name", name),
    TEXT(OF_VM, "host", host),
    WORD(OF_VM, "power", power, power),
    NUMBER(OF_VM, "cpus", cpus, POSITIVE),
    NUMBER_REQUIRED(OF_VM, "memoryMib", memory_mib, POSITIVE),
    WORD(OF_VM, "priority", priority, priority),
    NUMBER(OF_VM, "cpuReservationMhz", cpu_reservation_mhz, QUANTITY),
    NUMBER(OF_VM, "memoryReservationMib", memory_reservation_mib, QUANTITY),
    FLAG(OF_VM, "memoryLocked", memory_locked),
    NUMBER(OF_VM, "overheadMib", overhead_mib, QUANTITY),
    NUMBER(OF_VM, "cpuUsageMhz", cpu_usage_mhz, QUANTITY),
    NUMBER(OF_VM, "memoryUsageMib", memory_usage_mib, QUANTITY),
    NUMBER(OF_VM, "dirtyMibPerSecond", dirty_mib_per_second, QUANTITY),
    FLAG(OF_VM, "movable", movable),
    WORD(OF_VM, "numa", numa, numa),
    NUMBER(OF_VM, "evcLevel", evc_level, QUANTITY),
};

static const native_attribute needs_attributes[] = {
    TEXT(OF_DETAIL, "datastore", datastore),
    TEXT(OF_DETAIL, "network", network),
    TEXT(OF_DETAIL, "resource", resource),
    NUMBER(OF_DETAIL, "amount", amount, QUANTITY),
};

static const native_attribute notification_attributes[] = {
    FLAG(OF_VM, "enabled", notify_enabled),
    NUMBER(OF_VM, "timeout", notify_timeout, QUANTITY),
    FLAG(OF_VM, "registered", notify_registered),
    NUMBER(OF_VM, "hardware", notify_hardware, QUANTITY),
    NUMBER(OF_VM, "ackSeconds", notify_ack_seconds, QUANTITY),
    NUMBER(OF_VM, "settleSeconds", notify_settle_seconds, QUANTITY),
};

static const native_attribute vm_group_attributes[] = {
    TEXT_REQUIRED(OF_DETAIL, "id", id),
    TEXT_REQUIRED(OF_DETAIL, "vms", members),
};

static const native_attribute host_group_attributes[] = {
    TEXT_REQUIRED(OF_DETAIL, "id", id),
    TEXT_REQUIRED(OF_DETAIL, "hosts", members),
};

static const native_attribute rule_attributes[] = {
    TEXT_REQUIRED(OF_RULE, "id", id),
    TEXT(OF_RULE, "name", name),
    {.name = "type",
     .kind = NATIVE_WORD,
     .required = true,
     .offset = offsetof(OF_RULE, type),
     .enumeration = &rule_type_enumeration},
    WORD(OF_RULE, "strength", strength, strength),
    TEXT_REQUIRED(OF_RULE, "vms", vms),
    TEXT(OF_RULE, "hosts", hosts),
    TEXT(OF_RULE, "after", after),
    WORD(OF_RULE, "over", over, domain),
    NUMBER(OF_RULE, "count", count, POSITIVE),
    NUMBER(OF_RULE, "maxConcurrent", max_concurrent, POSITIVE),
};

/* Every event may carry the time at which a simulation lets it happen. */
#define AT NUMBER(OF_EVENT, "at", at, QUANTITY)
#define ONE_HOST TEXT_REQUIRED(OF_EVENT, "host", host)
#define ONE_VM TEXT_REQUIRED(OF_EVENT, "vm", vm)
#define HOW_MANY NUMBER(OF_EVENT, "count", count, POSITIVE)

static const native_attribute fail_attributes[] = {
    TEXT(OF_EVENT, "host", host),
    TEXT(OF_EVENT, "chassis", chassis),
    TEXT(OF_EVENT, "rack", rack),
    TEXT(OF_EVENT, "site", site),
    AT,
};
static const native_attribute host_event_attributes[] = {ONE_HOST, AT};
static const native_attribute vm_event_attributes[] = {ONE_VM, AT};
static const native_attribute like_attributes[] = {TEXT_REQUIRED(OF_EVENT, "like", like), HOW_MANY,
                                                   AT};
/* <set> names an attribute of a host or VM by carrying it; the scenario reader sees to that one. */
static const native_attribute set_attributes[] = {TEXT(OF_EVENT, "host", host),
                                                  TEXT(OF_EVENT, "vm", vm), AT};
static const native_attribute drop_rule_attributes[] = {TEXT_REQUIRED(OF_EVENT, "id", id), AT};
static const native_attribute add_flavour_attributes[] = {
    TEXT(OF_EVENT, "cluster", cluster), NUMBER_REQUIRED(OF_EVENT, "cpuMhz", cpu_mhz, QUANTITY),
    NUMBER_REQUIRED(OF_EVENT, "memoryMib", memory_mib, POSITIVE), HOW_MANY, AT};
static const native_attribute isolate_attributes[] = {ONE_HOST, TEXT(OF_EVENT, "storage", storage),
                                                      AT};
static const native_attribute ack_attributes[] = {
    ONE_VM, NUMBER_REQUIRED(OF_EVENT, "after", after, QUANTITY), AT};

/* ------------------------------------------------------------------------ elements */

static const native_document document_defaults = {NULL};
static const berth_cluster_spec cluster_defaults = BERTH_CLUSTER_SPEC_INIT;
static const berth_host_spec host_defaults = BERTH_HOST_SPEC_INIT;
static const berth_vm_spec vm_defaults = BERTH_VM_SPEC_INIT;
static const berth_rule_spec rule_defaults = BERTH_RULE_SPEC_INIT;
static const native_detail detail_defaults = NATIVE_DETAIL_INIT;
static const berth_event event_defaults = BERTH_EVENT_INIT;

#define ELEMENT(id, xml, above, list, spec)                                                        \
  [id] = {xml, above, list##_attributes, COUNT(list##_attributes), &spec##_defaults}
#define EVENT(type, xml, list) ELEMENT(NATIVE_FIRST_EVENT + type, xml, NATIVE_SCENARIO, list, event)

static const native_element elements[NATIVE_ELEMENT_COUNT] = {
    ELEMENT(NATIVE_INVENTORY, "inventory", NATIVE_NO_ELEMENT, document, document),
    ELEMENT(NATIVE_RESOURCE, "resource", NATIVE_INVENTORY, resource, detail),
    ELEMENT(NATIVE_CLUSTER, "cluster", NATIVE_INVENTORY, cluster, cluster),
    ELEMENT(NATIVE_HA, "ha", NATIVE_CLUSTER, ha, cluster),
    ELEMENT(NATIVE_ADMISSION, "admission", NATIVE_HA, admission, cluster),
    ELEMENT(NATIVE_DRS, "drs", NATIVE_CLUSTER, drs, cluster),
    ELEMENT(NATIVE_DPM, "dpm", NATIVE_CLUSTER, dpm, cluster),
    ELEMENT(NATIVE_LIMITS, "limits", NATIVE_CLUSTER, limits, cluster),
    ELEMENT(NATIVE_HOST, "host", NATIVE_CLUSTER, host, host),
    ELEMENT(NATIVE_CAPACITY, "capacity", NATIVE_HOST, capacity, detail),
    ELEMENT(NATIVE_REACH, "reach", NATIVE_HOST, reach, detail),
    ELEMENT(NATIVE_NUMA, "numa", NATIVE_HOST, numa, detail),
    ELEMENT(NATIVE_VM, "vm", NATIVE_CLUSTER, vm, vm),
    ELEMENT(NATIVE_NEEDS, "needs", NATIVE_VM, needs, detail),
    ELEMENT(NATIVE_NOTIFICATION, "notification", NATIVE_VM, notification, vm),
    ELEMENT(NATIVE_VM_GROUP, "vm-group", NATIVE_CLUSTER, vm_group, detail),
    ELEMENT(NATIVE_HOST_GROUP, "host-group", NATIVE_CLUSTER, host_group, detail),
    ELEMENT(NATIVE_RULE, "rule", NATIVE_CLUSTER, rule, rule),
    ELEMENT(NATIVE_SCENARIO, "scenario", NATIVE_NO_ELEMENT, document, document),
    EVENT(BERTH_EVENT_FAIL, "fail", fail),
    EVENT(BERTH_EVENT_MAINTENANCE, "maintenance", host_event),
    EVENT(BERTH_EVENT_STANDBY, "standby", host_event),
    EVENT(BERTH_EVENT_ONLINE, "online", host_event),
    EVENT(BERTH_EVENT_ADD_HOST, "add-host", like),
    EVENT(BERTH_EVENT_REMOVE_HOST, "remove-host", host_event),
    EVENT(BERTH_EVENT_POWER_ON, "power-on", vm_event),
    EVENT(BERTH_EVENT_ADD_VM, "add-vm", like),
    EVENT(BERTH_EVENT_SET, "set", set),
    EVENT(BERTH_EVENT_DROP_RULE, "drop-rule", drop_rule),
    EVENT(BERTH_EVENT_ADD_FLAVOUR, "add-flavour", add_flavour),
    EVENT(BERTH_EVENT_ISOLATE, "isolate", isolate),
    EVENT(BERTH_EVENT_RECOVER, "recover", host_event),
    EVENT(BERTH_EVENT_ACK, "ack", ack),
    EVENT(BERTH_EVENT_REBOOT, "reboot", vm_event),
};

const native_element *native_element_at(native_element_id id) {
  assert(id < NATIVE_ELEMENT_COUNT && elements[id].name != NULL);
  return &elements[id];
}

static const char *const words[] = {
    "ack",
    "ackSeconds",
    "add-flavour",
    "add-host",
    "add-vm",
    "admission",
    "after",
    "amount",
    "at",
    "automation",
    "capacity",
    "chassis",
    "cluster",
    "count",
    "cpuMhz",
    "cpuPercent",
    "cpuReservationMhz",
    "cpuUsageMhz",
    "cpuVendor",
    "cpus",
    "datastore",
    "defaultPriority",
    "degradationPercent",
    "dirtyMibPerSecond",
    "dpm",
    "drop-rule",
    "drs",
    "enabled",
    "era",
    "evcLevel",
    "fail",
    "failures",
    "ha",
    "hardware",
    "host",
    "host-group",
    "hosts",
    "id",
    "inventory",
    "isolate",
    "isolationResponse",
    "joined",
    "like",
    "limits",
    "linkMbps",
    "maintenance",
    "maxConcurrent",
    "maxVcpus",
    "maxVms",
    "memoryLocked",
    "memoryMib",
    "memoryPercent",
    "memoryReservationMib",
    "memoryUsageMib",
    "migrationsPerDatastore",
    "migrationsPerHost",
    "minCpuMhz",
    "minMemoryMib",
    "movable",
    "name",
    "needs",
    "network",
    "node",
    "notification",
    "notifyTimeout",
    "numa",
    "online",
    "over",
    "overheadMib",
    "policy",
    "postReadyDelay",
    "power",
    "power-on",
    "powerWatts",
    "priority",
    "rack",
    "reach",
    "readyWhen",
    "reboot",
    "recover",
    "registered",
    "remove-host",
    "resource",
    "respectAntiAffinity",
    "respectSoftAffinity",
    "restartSeconds",
    "restartTimeout",
    "restartsPerHost",
    "rule",
    "scenario",
    "set",
    "settleSeconds",
    "site",
    "slotCpuMhz",
    "slotMemoryMib",
    "standby",
    "state",
    "storage",
    "strength",
    "targetPercent",
    "timeout",
    "tolerancePercent",
    "topology",
    "type",
    "vm",
    "vm-group",
    "vms",
    "wake",
    "wakeSeconds",
};

const char *const *native_words(uint32_t *count) {
  assert(count != NULL);
  *count = COUNT(words);
  return words;
}
