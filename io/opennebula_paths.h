/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula_paths.h
 * The paths that are read of OpenNebula's objects, from the object down. What leads off them is
 * skipped.
 */
#ifndef BERTH_IO_OPENNEBULA_PATHS_H
#define BERTH_IO_OPENNEBULA_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum opennebula_kind {
  OPENNEBULA_HOST = 0,
  OPENNEBULA_VM,
  OPENNEBULA_VM_GROUP,
  OPENNEBULA_CLUSTER,
  OPENNEBULA_DATASTORE,
  OPENNEBULA_VNET,
  OPENNEBULA_REQUIREMENT, /**< a VM of REQUIREMENTS: where it may go, already evaluated */
  OPENNEBULA_KINDS
} opennebula_kind;

/** X(constant, kind, "path", begins an item of a repeated structure). */
#define OPENNEBULA_PATH_TABLE(X)                                                                   \
  X(HOST_ID, HOST, "ID", false)                                                                    \
  X(HOST_NAME, HOST, "NAME", false)                                                                \
  X(HOST_STATE, HOST, "STATE", false)                                                              \
  X(HOST_CLUSTER_ID, HOST, "CLUSTER_ID", false)                                                    \
  X(HOST_CLUSTER, HOST, "CLUSTER", false)                                                          \
  X(HOST_MAX_CPU, HOST, "HOST_SHARE/MAX_CPU", false)                                               \
  X(HOST_MAX_MEM, HOST, "HOST_SHARE/MAX_MEM", false)                                               \
  X(HOST_CPU_USAGE, HOST, "HOST_SHARE/CPU_USAGE", false)                                           \
  X(HOST_MEM_USAGE, HOST, "HOST_SHARE/MEM_USAGE", false)                                           \
  X(HOST_FREE_DISK, HOST, "HOST_SHARE/DATASTORES/FREE_DISK", false)                                \
  X(HOST_DS, HOST, "HOST_SHARE/DATASTORES/DS", true)                                               \
  X(HOST_DS_ID, HOST, "HOST_SHARE/DATASTORES/DS/ID", false)                                        \
  X(HOST_DS_FREE, HOST, "HOST_SHARE/DATASTORES/DS/FREE_MB", false)                                 \
  X(HOST_PCI, HOST, "HOST_SHARE/PCI_DEVICES/PCI", true)                                            \
  X(HOST_PCI_VENDOR, HOST, "HOST_SHARE/PCI_DEVICES/PCI/VENDOR", false)                             \
  X(HOST_PCI_DEVICE, HOST, "HOST_SHARE/PCI_DEVICES/PCI/DEVICE", false)                             \
  X(HOST_PCI_CLASS, HOST, "HOST_SHARE/PCI_DEVICES/PCI/CLASS", false)                               \
  X(HOST_PCI_ADDRESS, HOST, "HOST_SHARE/PCI_DEVICES/PCI/SHORT_ADDRESS", false)                     \
  X(HOST_PCI_VM, HOST, "HOST_SHARE/PCI_DEVICES/PCI/VMID", false)                                   \
  X(HOST_NODE, HOST, "HOST_SHARE/NUMA_NODES/NODE", true)                                           \
  X(HOST_NODE_ID, HOST, "HOST_SHARE/NUMA_NODES/NODE/NODE_ID", false)                               \
  X(HOST_NODE_MEMORY, HOST, "HOST_SHARE/NUMA_NODES/NODE/MEMORY/TOTAL", false)                      \
  X(HOST_NODE_CPUS, HOST, "HOST_SHARE/NUMA_NODES/NODE/CORE/CPUS", false)                           \
  X(HOST_VM, HOST, "VMS/ID", false)                                                                \
  X(HOST_ATTRIBUTE, HOST, "TEMPLATE/*", false)                                                     \
  X(HOST_USED_CPU, HOST, "MONITORING/CAPACITY/USED_CPU", false)                                    \
  X(VM_ID, VM, "ID", false)                                                                        \
  X(VM_NAME, VM, "NAME", false)                                                                    \
  X(VM_STATE, VM, "STATE", false)                                                                  \
  X(VM_LCM_STATE, VM, "LCM_STATE", false)                                                          \
  X(VM_RESCHED, VM, "RESCHED", false)                                                              \
  X(VM_OLD_CPU, VM, "CPU", false)                                                                  \
  X(VM_OLD_MEMORY, VM, "MEMORY", false)                                                            \
  X(VM_CPU, VM, "TEMPLATE/CPU", false)                                                             \
  X(VM_VCPU, VM, "TEMPLATE/VCPU", false)                                                           \
  X(VM_MEMORY, VM, "TEMPLATE/MEMORY", false)                                                       \
  X(VM_NODE, VM, "TEMPLATE/NUMA_NODE", true)                                                       \
  X(VM_PIN_POLICY, VM, "TEMPLATE/TOPOLOGY/PIN_POLICY", false)                                      \
  X(VM_NODE_AFFINITY, VM, "TEMPLATE/TOPOLOGY/NODE_AFFINITY", false)                                \
  X(VM_SOCKETS, VM, "TEMPLATE/TOPOLOGY/SOCKETS", false)                                            \
  X(VM_PAGE_SIZE, VM, "TEMPLATE/TOPOLOGY/HUGEPAGE_SIZE", false)                                    \
  X(VM_PCI, VM, "TEMPLATE/PCI", true)                                                              \
  X(VM_PCI_VENDOR, VM, "TEMPLATE/PCI/VENDOR", false)                                               \
  X(VM_PCI_DEVICE, VM, "TEMPLATE/PCI/DEVICE", false)                                               \
  X(VM_PCI_CLASS, VM, "TEMPLATE/PCI/CLASS", false)                                                 \
  X(VM_PCI_ADDRESS, VM, "TEMPLATE/PCI/SHORT_ADDRESS", false)                                       \
  X(VM_GROUP_ID, VM, "TEMPLATE/VMGROUP/VMGROUP_ID", false)                                         \
  X(VM_GROUP_ROLE, VM, "TEMPLATE/VMGROUP/ROLE", false)                                             \
  X(VM_AUTOMATIC, VM, "TEMPLATE/AUTOMATIC_REQUIREMENTS", false)                                    \
  X(VM_NETWORK, VM, "TEMPLATE/NIC/NETWORK_ID", false)                                              \
  X(VM_DISK_SIZE, VM, "TEMPLATE/DISK/SIZE", false)                                                 \
  X(VM_REQUIREMENTS, VM, "USER_TEMPLATE/SCHED_REQUIREMENTS", false)                                \
  X(VM_BLOCKED, VM, "USER_TEMPLATE/ONEDRS_BLOCKED", false)                                         \
  X(VM_BLOCKED_INSIDE, VM, "TEMPLATE/ONEDRS_BLOCKED", false)                                       \
  X(VM_USED_CPU, VM, "MONITORING/CPU", false)                                                      \
  X(VM_USED_MEMORY, VM, "MONITORING/MEMORY", false)                                                \
  X(VM_HISTORY, VM, "HISTORY_RECORDS/HISTORY", true)                                               \
  X(VM_SEQUENCE, VM, "HISTORY_RECORDS/HISTORY/SEQ", false)                                         \
  X(VM_HOST, VM, "HISTORY_RECORDS/HISTORY/HID", false)                                             \
  X(VM_CLUSTER, VM, "HISTORY_RECORDS/HISTORY/CID", false)                                          \
  X(VM_DATASTORE, VM, "HISTORY_RECORDS/HISTORY/DS_ID", false)                                      \
  X(VM_OLD_HOST, VM, "HISTORY/HID", false)                                                         \
  X(GROUP_ID, VM_GROUP, "ID", false)                                                               \
  X(GROUP_NAME, VM_GROUP, "NAME", false)                                                           \
  X(GROUP_ROLE, VM_GROUP, "ROLES/ROLE", true)                                                      \
  X(GROUP_ROLE_ID, VM_GROUP, "ROLES/ROLE/ID", false)                                               \
  X(GROUP_ROLE_NAME, VM_GROUP, "ROLES/ROLE/NAME", false)                                           \
  X(GROUP_ROLE_POLICY, VM_GROUP, "ROLES/ROLE/POLICY", false)                                       \
  X(GROUP_ROLE_AFFINED, VM_GROUP, "ROLES/ROLE/HOST_AFFINED", false)                                \
  X(GROUP_ROLE_ANTI_AFFINED, VM_GROUP, "ROLES/ROLE/HOST_ANTI_AFFINED", false)                      \
  X(GROUP_ROLE_VMS, VM_GROUP, "ROLES/ROLE/VMS", false)                                             \
  X(GROUP_AFFINED, VM_GROUP, "TEMPLATE/AFFINED", false)                                            \
  X(GROUP_ANTI_AFFINED, VM_GROUP, "TEMPLATE/ANTI_AFFINED", false)                                  \
  X(CLUSTER_ID, CLUSTER, "ID", false)                                                              \
  X(CLUSTER_NAME, CLUSTER, "NAME", false)                                                          \
  X(CLUSTER_HOST, CLUSTER, "HOSTS/ID", false)                                                      \
  X(CLUSTER_DATASTORE, CLUSTER, "DATASTORES/ID", false)                                            \
  X(CLUSTER_VNET, CLUSTER, "VNETS/ID", false)                                                      \
  X(CLUSTER_AUTOMATION, CLUSTER, "TEMPLATE/ONE_DRS/AUTOMATION", false)                             \
  X(CLUSTER_POLICY, CLUSTER, "TEMPLATE/ONE_DRS/POLICY", false)                                     \
  X(CLUSTER_THRESHOLD, CLUSTER, "TEMPLATE/ONE_DRS/MIGRATION_THRESHOLD", false)                     \
  X(CLUSTER_HOST_THRESHOLD, CLUSTER, "TEMPLATE/ONE_DRS/HOST_MIGRATION_THRESHOLD", false)           \
  X(DATASTORE_ID, DATASTORE, "ID", false)                                                          \
  X(DATASTORE_STATE, DATASTORE, "STATE", false)                                                    \
  X(DATASTORE_CLUSTER, DATASTORE, "CLUSTERS/ID", false)                                            \
  X(DATASTORE_TOTAL, DATASTORE, "TOTAL_MB", false)                                                 \
  X(DATASTORE_FREE, DATASTORE, "FREE_MB", false)                                                   \
  X(VNET_ID, VNET, "ID", false)                                                                    \
  X(VNET_CLUSTER, VNET, "CLUSTERS/ID", false)                                                      \
  X(VNET_USED, VNET, "USED_LEASES", false)                                                         \
  X(VNET_SIZE, VNET, "AR_POOL/AR/SIZE", false)                                                     \
  X(REQUIREMENT_ID, REQUIREMENT, "ID", false)                                                      \
  X(REQUIREMENT_HOST, REQUIREMENT, "HOSTS/ID", false)                                              \
  X(REQUIREMENT_DATASTORE, REQUIREMENT, "DATASTORES/ID", false)                                    \
  X(REQUIREMENT_NIC, REQUIREMENT, "NIC", true)                                                     \
  X(REQUIREMENT_NIC_ID, REQUIREMENT, "NIC/ID", false)                                              \
  X(REQUIREMENT_VNET, REQUIREMENT, "NIC/VNETS/ID", false)

typedef enum opennebula_field {
#define OPENNEBULA_FIELD(constant, kind, path, item) OPENNEBULA_##constant,
  OPENNEBULA_PATH_TABLE(OPENNEBULA_FIELD)
#undef OPENNEBULA_FIELD
      OPENNEBULA_FIELD_COUNT
} opennebula_field;

/** What stands at a path. */
typedef struct opennebula_place {
  bool wanted; /**< else: skip it and all below */
  bool leaf;   /**< its text is a fact of `field` */
  bool item;   /**< it begins an item of `field` */
  opennebula_field field;
} opennebula_place;

/** What stands at @p path of an object of @p kind. A last step that any name may stand for is "*"
 *  in the table. */
opennebula_place opennebula_find_path(opennebula_kind kind, const char *path);

/** The path of @p field, for messages. Static. */
const char *opennebula_field_path(opennebula_field field);

/** "HOST", "VM", ...: the element of an object. Static. */
const char *opennebula_kind_element(opennebula_kind kind);

#endif
