/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file freeze_internal.h
 * Between the files that freeze a builder. Freezing runs in stages over one `freezing`: numbering,
 * columns, references, rules. Each stage returns false only when memory ran out; what is wrong with
 * the input is recorded and freezing goes on, so that all of it is told.
 */
#ifndef BERTH_MODEL_FREEZE_INTERNAL_H
#define BERTH_MODEL_FREEZE_INTERNAL_H

#include "builder_internal.h"
#include "frozen.h"
#include "vm_columns.h"
#include <berth/lint.h>

typedef struct freezing {
  berth_context *ctx;
  const berth_builder *builder;
  berth_inventory *inventory;                      /* under construction */
  arena scratch;                                   /* given back when freezing ends */
  vm_columns *columns;                             /* the builder's, or `spelled` */
  vm_columns spelled;                              /* from the builder's specs */
  bool quiet;                                      /* do not tell warnings */
  uint32_t errors;                                 /* found in this freezing */
  bool malformed;                                  /* some enumeration is outside its range */
  uint32_t *host_source, *vm_source, *rule_source; /* frozen -> builder index */
  uint32_t *vm_group_source, *host_group_source;   /* frozen -> builder index */
  uint32_t *host_target, *vm_target;               /* builder -> frozen index */
  frozen_cluster *clusters;                        /* the inventory's, writable */
  frozen_rule *rules;                              /* the inventory's, writable */
  frozen_group *vm_groups, *host_groups;           /* the inventory's, writable */
} freezing;

/** A new inventory with one reference, otherwise empty; NULL: out of memory. */
berth_inventory *freeze_new_inventory(const berth_allocator *allocator);
/** berth_builder_freeze(), telling errors only if @p quiet. */
berth_status freeze_builder(berth_builder *builder, bool quiet, berth_inventory **out);

void freeze_error(freezing *f, const berth_position *position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void freeze_warning(freezing *f, const berth_position *position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Records a finding of the kind @p code, unless quiet. */
void freeze_finding(freezing *f, berth_lint_code code, const berth_position *position,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Where VM @p vm was written. */
const berth_position *freeze_vm_position(const freezing *f, uint32_t vm);
/** `"id"`'s text for a message, also where it is missing. */
const char *freeze_shown(const char *id);
/** Copy of @p text in the inventory; NULL stays NULL. False: out of memory. */
bool freeze_text(freezing *f, const char *text, const char **out);

/* freeze_numbers.c: every number and enumeration of every spec, in this order: clusters and hosts,
 * VMs one by one, the rest. */
void freeze_check_places(freezing *f);
void freeze_check_vm(freezing *f, const berth_vm_spec *spec);
/** Whether freeze_check_vm() has nothing to tell of @p spec. */
bool freeze_vm_is_sound(const berth_vm_spec *spec);
void freeze_check_details(freezing *f);
/* freeze_columns.c: the arrays of hosts and VMs that need no reference resolved. Checks the numbers
 * of VMs while their specs are at hand. */
bool freeze_fill_columns(freezing *f);
/* freeze_resources.c: named resources, host_capacity and vm_demand. */
bool freeze_fill_resources(freezing *f);
/* freeze_loads.c: what all VMs use together; columns and demands are there. */
void freeze_check_loads(freezing *f);
/* freeze_links.c: datastores, networks, VMs of a host, rules of a VM, as CSR. */
bool freeze_fill_links(freezing *f);
bool freeze_fill_host_vms(berth_inventory *inventory);
bool freeze_fill_vm_rules(freezing *f);
/* freeze_names.c: look-up tables, and ids that are missing, odd or not unique. */
bool freeze_fill_names(freezing *f);
/** Whether @p id is there and can be named in a list. */
bool freeze_id_is_sound(const char *id);
/* freeze_references.c: hosts of VMs, members of groups and rules, dedicated hosts. */
bool freeze_resolve(freezing *f);
/* freeze_restart_order.c: cycles and odd priorities of restart-after rules. */
bool freeze_check_restart_order(freezing *f);

#endif
