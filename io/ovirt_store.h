/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ovirt_store.h
 * What was read of oVirt's collections, until all documents are in: references cross documents.
 */
#ifndef BERTH_IO_OVIRT_STORE_H
#define BERTH_IO_OVIRT_STORE_H

#include "arena.h"
#include "chunked_list.h"
#include "source_report.h"
#include <berth/inventory.h>

/** Texts are in the store's memory; NULL = absent. Numbers: BERTH_UNSET = absent. */
typedef struct ovirt_cluster {
  berth_position position;
  const char *id, *name;
  int64_t over_commit; /* percent */
  bool threads_as_cores, ha_reservation;
  bool used;      /* hosts are in it; set while building */
  uint32_t index; /* in the builder, once built */
} ovirt_cluster;

typedef struct ovirt_host {
  berth_position position;
  const char *id, *name, *cluster, *status;
  int64_t memory;                                   /* bytes */
  int64_t speed, sockets, cores_each, threads_each; /* MHz; cores a socket, threads a core */
  bool power_management, automatic;
  /* set while building */
  uint32_t index; /* BERTH_NONE = left out */
  bool occupied;  /* VMs say that they are on it */
  struct ovirt_node *first_node, *last_node;
} ovirt_host;

/** A list of ids, newest first. */
typedef struct ovirt_reference {
  const char *id;
  struct ovirt_reference *next;
} ovirt_reference;

typedef struct ovirt_vm {
  berth_position position;
  const char *id, *name, *cluster, *host, *status, *affinity;
  int64_t memory, guaranteed; /* bytes */
  int64_t sockets, cores_each, threads_each;
  int64_t priority;
  int64_t memory_used; /* bytes */
  bool high_availability;
  ovirt_reference *hosts; /* of its placement policy */
} ovirt_vm;

typedef struct ovirt_affinity {
  bool given, enabled, positive, enforcing;
} ovirt_affinity;

typedef struct ovirt_group {
  berth_position position;
  const char *id, *name, *cluster;
  ovirt_affinity vms_rule, hosts_rule;
  ovirt_affinity old; /* before there were two rules: about VMs */
  ovirt_reference *vms, *hosts;
  bool has_labels;
} ovirt_group;

typedef struct ovirt_node {
  berth_position position;
  const char *host;
  int64_t index, memory; /* MB, of 2^20 bytes */
  int64_t cores;
  struct ovirt_node *next; /* of the host; set while building */
} ovirt_node;

/** Memory that a VM uses, by its statistics. */
typedef struct ovirt_usage {
  const char *vm;
  int64_t bytes;
} ovirt_usage;

typedef struct ovirt_store {
  berth_context *ctx;
  arena *memory;         /* the walk's */
  source_report *report; /* the walk's */
  chunked_list clusters, hosts, vms, groups, nodes, usages;
} ovirt_store;

/** Adds the clusters, hosts, VMs and rules to @p builder. */
berth_status ovirt_build(ovirt_store *store, berth_builder *builder);

/* ovirt_rules.c */

/** "ID ID", in the order read; NULL for none. *failed is set when out of memory. */
const char *ovirt_list(ovirt_store *store, const ovirt_reference *first, bool *failed);
/** Rules of an affinity group of the cluster @p cluster. */
berth_status ovirt_add_group(ovirt_store *store, berth_builder *builder, uint32_t cluster,
                             const ovirt_group *group);
/** Where the placement policy of @p vm lets it run. */
berth_status ovirt_add_placement(ovirt_store *store, berth_builder *builder, uint32_t cluster,
                                 const ovirt_vm *vm);

#endif
