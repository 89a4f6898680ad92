/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file builder_internal.h
 * What a builder has collected, for the files that freeze it and for scenarios, which thaw an
 * inventory back into a builder.
 */
#ifndef BERTH_MODEL_BUILDER_INTERNAL_H
#define BERTH_MODEL_BUILDER_INTERNAL_H

#include "arena.h"
#include "chunked_list.h"
#include "name_pool.h"
#include "vm_columns.h"
#include <berth/inventory.h>

/** A space-separated list in one or more pieces: scenarios append to long lists cheaply. */
typedef struct id_list {
  const char *text; /* NULL = absent */
  struct id_list_piece *more, *last;
} id_list;

typedef struct id_list_piece {
  const char *text;
  struct id_list_piece *next;
} id_list_piece;

typedef struct built_cluster {
  berth_cluster_spec spec;
} built_cluster;

typedef struct built_host {
  berth_host_spec spec; /* labels: in the pool */
  uint32_t cluster;
  uint32_t label[BERTH_DOMAIN_COUNT]; /* in `labels`; BERTH_NONE = unset; [HOST] unused */
  bool removed; /* by a scenario: not frozen, and references to it are passed over */
} built_host;

typedef struct built_vm {
  berth_vm_spec spec;
  uint32_t cluster;
  uint32_t host; /* in `host_references`; BERTH_NONE = none */
} built_vm;

typedef struct built_rule {
  berth_rule_spec spec; /* its lists stand below */
  uint32_t cluster;
  id_list vms, hosts, after;
} built_rule;

typedef struct built_group {
  const char *id;
  uint32_t cluster;
  id_list members;
  berth_position position;
} built_group;

typedef struct built_resource {
  uint32_t name; /* in `resource_names` */
  berth_position position;
} built_resource;

/** An amount of a named resource that a host has or a VM needs. */
typedef struct built_amount {
  uint32_t object, resource; /* builder index; in `resource_names` */
  int64_t amount;
  berth_position position;
} built_amount;

/** A datastore or network that a host reaches or a VM needs. */
typedef struct built_link {
  uint32_t object, name;
} built_link;

typedef struct built_numa {
  uint32_t host;
  int64_t node, cpu_mhz, memory_mib;
  berth_position position;
} built_numa;

struct berth_builder {
  berth_context *ctx;
  arena memory;
  const char *name;
  const char *source; /* the last file name copied; objects share it */
  chunked_list clusters, hosts, vms, rules, vm_groups, host_groups;
  chunked_list resources, host_amounts, vm_amounts, numa;
  chunked_list host_datastores, host_networks, vm_datastores, vm_networks;
  name_pool labels, host_references, resource_names, datastores, networks;
  name_pool removed_hosts; /* ids */
  /* VMs may be in columns, but for those of the last run, which stand in `vms`. Not of builders
   * whose VMs are changed in their place, and only as long as nothing is wrong with a VM by itself
   * and they come in the order of their clusters. */
  vm_columns columns;
  bool in_columns;
};

/** A builder, leaving the problems of @p ctx as they are. Its VMs are in `vms`, all of them. */
berth_status builder_create(berth_context *ctx, berth_builder **out);
/** @p text in the builder's memory; *out = NULL for NULL. False: out of memory (detail set). */
bool builder_keep_text(berth_builder *builder, const char *text, const char **out);
/** Copies @p position into the builder's memory. False: out of memory (detail set). */
bool builder_keep_position(berth_builder *builder, const berth_position *position,
                           berth_position *out);
/** Sets the label of @p host for @p kind (chassis, rack, site). False: out of memory. */
bool builder_label_host(berth_builder *builder, built_host *host, berth_domain kind,
                        const char *label);
/** Registers @p vm at the host with id @p host; NULL = none. False: out of memory. */
bool builder_register_vm(berth_builder *builder, built_vm *vm, const char *host);
/** All VMs, in columns or not. */
uint32_t builder_vm_count(const berth_builder *builder);
/** Puts the VMs of the last run into the columns, too, or all out of them if one does not fit.
 *  @return BERTH_OK, BERTH_E_NOMEM (detail set). */
berth_status builder_fill_columns(berth_builder *builder);
/** From now on all are in `vms`. @return BERTH_OK, BERTH_E_NOMEM (detail set; nothing changed). */
berth_status builder_spell_out_vms(berth_builder *builder);
/** Appends the ids of @p text (kept, not copied) to @p list. False: out of memory. */
bool builder_extend_list(berth_builder *builder, id_list *list, const char *text);

#endif
