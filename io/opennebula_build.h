/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula_build.h
 * From the facts about OpenNebula's objects to a berth inventory. opennebula_build.c goes through
 * the objects; each kind has its file.
 *
 * CPU is counted as OpenNebula does, in cores and not by their speed: 1,000 units ("MHz") a core.
 */
#ifndef BERTH_IO_OPENNEBULA_BUILD_H
#define BERTH_IO_OPENNEBULA_BUILD_H

#include "gathered_text.h"
#include "opennebula_store.h"
#include <berth/inventory.h>

enum { OPENNEBULA_CORE = 1000 }; /* what stands for a core where berth counts MHz */

typedef enum opennebula_task_kind {
  OPENNEBULA_READ = 0, /**< an inventory of everything */
  OPENNEBULA_PLACE,    /**< for the scheduler: VMs that run stay where they are */
  OPENNEBULA_OPTIMIZE  /**< for the scheduler: one cluster, without VMs that wait */
} opennebula_task_kind;

typedef struct opennebula_task {
  opennebula_task_kind kind;
  const char *cluster; /**< OPENNEBULA_OPTIMIZE: its id */
  bool pack;           /**< OPENNEBULA_OPTIMIZE: hosts may be emptied for good */
} opennebula_task;

/** A cluster of OpenNebula. Those that a VM may choose between are one cluster of berth. */
typedef struct opennebula_cluster {
  const char *id;                  /**< "none" = of hosts without one */
  const opennebula_object *object; /**< NULL = only hosts speak of it */
  const char *name;
  uint32_t joined;  /**< with an earlier one; itself = the first of its berth cluster */
  uint32_t builder; /**< of the first: index in the builder */
} opennebula_cluster;

typedef struct opennebula_host {
  const opennebula_object *object;
  uint32_t cluster;
  berth_host_state state;
  int64_t cpu, memory_kib;         /**< what there is for VMs */
  int64_t cpu_taken, memory_taken; /**< allocated in all, as the host says */
  int64_t cpu_known, memory_known; /**< of that, by VMs that were read and run */
  uint32_t builder;
} opennebula_host;

typedef enum opennebula_policy {
  OPENNEBULA_FREE = 0,
  OPENNEBULA_AFFINED,
  OPENNEBULA_ANTI_AFFINED
} opennebula_policy;

/** A role of a VM group. */
typedef struct opennebula_role {
  const opennebula_object *group;
  const char *name; /**< "" = none */
  const char *id;   /**< of its VM group in berth */
  opennebula_policy policy;
  const char *affined, *anti_affined; /**< ids of hosts, with commas; NULL = none */
  const char *listed;                 /**< ids of VMs, with commas; NULL = none */
  uint32_t *members, member_count;    /**< VMs */
} opennebula_role;

typedef struct opennebula_vm {
  opennebula_object *object;
  berth_power power;
  uint32_t host; /**< BERTH_NONE = none */
  uint32_t cluster;
  uint32_t role; /**< BERTH_NONE = none */
  bool waiting;  /**< for a host */
  bool running, movable, unlisted, must_go;
  int64_t cpu, memory_mib;
  uint32_t builder;
} opennebula_vm;

typedef struct opennebula_building {
  berth_context *ctx;
  opennebula_store *store;
  berth_builder *builder;
  const opennebula_task *task;
  opennebula_cluster *clusters;
  opennebula_host *hosts;
  opennebula_vm *vms;
  opennebula_role *roles;
  uint32_t cluster_count, host_count, vm_count, role_count;
  bool usage_in_cores;   /**< VMs' MONITORING/CPU: cores, else percent of one */
  uint8_t *allowed;      /**< [host]: room for opennebula_allowed_hosts() */
  name_pool expressions; /**< evaluated ones */
  chunked_list matches;  /**< uint8_t *[host] of each: opennebula_truth */
  name_pool group_ids;
  gathered_text list; /**< ids of the list at hand */
} opennebula_building;

berth_status opennebula_build(berth_context *ctx, opennebula_store *store, berth_builder *builder,
                              const opennebula_task *task);

/* opennebula_hosts.c */
berth_status opennebula_collect_clusters(opennebula_building *b);
berth_status opennebula_collect_hosts(opennebula_building *b);
berth_status opennebula_add_clusters(opennebula_building *b);
berth_status opennebula_add_host(opennebula_building *b, opennebula_host *host);
/** The first of the clusters that @p cluster is joined with. */
uint32_t opennebula_first_cluster(const opennebula_building *b, uint32_t cluster);
void opennebula_join_clusters(opennebula_building *b, uint32_t one, uint32_t other);
/** The id of the cluster of @p host; "none" = none. */
const char *opennebula_cluster_of(const opennebula_store *store, const opennebula_object *host);
/** Whether a datastore or network is in a cluster, as far as known; @p unknown = the answer where
 *  nothing is. */
bool opennebula_cluster_has(const opennebula_store *store, const char *cluster,
                            opennebula_kind kind, const char *id, bool unknown);

/* opennebula_vms.c */
berth_status opennebula_collect_vms(opennebula_building *b);
berth_status opennebula_add_vm(opennebula_building *b, opennebula_vm *vm);

/* opennebula_requirements.c */
/** Marks in b->allowed where @p vm may run. @return how many hosts; false in *good: out of memory.
 */
uint32_t opennebula_allowed_hosts(opennebula_building *b, const opennebula_vm *vm, bool *good);
berth_status opennebula_add_requirement(opennebula_building *b, const opennebula_vm *vm);

/* opennebula_expression.c */
typedef enum opennebula_truth {
  OPENNEBULA_FALSE = 0,
  OPENNEBULA_TRUE,
  OPENNEBULA_UNKNOWN
} opennebula_truth;
/** What the requirement @p text says of @p host. */
opennebula_truth opennebula_evaluate(const opennebula_building *b, const char *text,
                                     const opennebula_host *host);

/* opennebula_roles.c */
/** The roles of all VM groups, with their VMs; and VMs at hosts that no source describes, but that
 *  a role has. */
berth_status opennebula_collect_roles(opennebula_building *b);
/** Clusters that a VM group has VMs in are joined. */
berth_status opennebula_join_groups(opennebula_building *b);
/** Takes hosts from b->allowed that the VM's role forbids. */
void opennebula_allow_by_role(opennebula_building *b, const opennebula_vm *vm);
/** The next id of a list with commas or blanks between; an empty one at its end. */
void opennebula_next_id(const char **list, char *id, size_t room);

/* opennebula_groups.c */
/** VM groups, and the rules of their roles. */
berth_status opennebula_add_groups(opennebula_building *b);

/* opennebula_devices.c */
berth_status opennebula_add_devices(opennebula_building *b);

/* opennebula_build.c, shared. */
/** Records what is wrong with @p object: an error, for the scheduler a warning. */
void opennebula_complain(opennebula_building *b, const opennebula_object *object,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));
/** Counts a fact that the source of @p object does not tell. */
void opennebula_unknown(opennebula_building *b, const opennebula_object *object, const char *fact);
/** A whole number, 0 to BERTH_QUANTITY_MAX * 1024; *value stays if it is absent. An odd one is
 *  complained of. @return whether it is there and good. */
bool opennebula_number(opennebula_building *b, const opennebula_object *object,
                       opennebula_field field, int64_t *value);

#endif
