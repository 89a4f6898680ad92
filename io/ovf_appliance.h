/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ovf_appliance.h
 * What was read of virtual appliances, and how it becomes VMs that wait to be placed.
 */
#ifndef BERTH_IO_OVF_APPLIANCE_H
#define BERTH_IO_OVF_APPLIANCE_H

#include "arena.h"
#include "chunked_list.h"
#include "source_report.h"
#include <berth/inventory.h>

/** Some CPUs or some memory of a virtual system. */
typedef struct ovf_item {
  const char *instance;          /* NULL = not told */
  int64_t quantity, reservation; /* CPUs and MHz, or MiB both */
  bool specific;                 /* of the configuration that is taken */
  bool is_memory;
  struct ovf_item *next;
} ovf_item;

typedef struct ovf_system {
  berth_position position;
  const char *id, *name, *product; /* NULL = not told */
  const char *group;               /* placement group, or NULL */
  ovf_item *items;
  uint32_t item_count;
  uint32_t appliance; /* number of its document */
  const char *vm;     /* its id in the inventory, once added */
} ovf_system;

typedef struct ovf_group {
  berth_position position;
  const char *id, *name, *policy;
  bool soft;
  uint32_t appliance;
} ovf_group;

typedef struct ovf_store {
  berth_context *ctx;
  arena *memory;           /* the walk's */
  source_report *report;   /* the walk's */
  const char *into;        /* borrowed; NULL = the only cluster */
  berth_position envelope; /* of the last appliance */
  chunked_list systems, groups;
} ovf_store;

berth_status ovf_build(ovf_store *store, berth_builder *builder);

#endif
