/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_build.h
 * From the facts about vSphere objects to a berth inventory. vim25_build.c goes through the
 * objects; each kind has its file.
 */
#ifndef BERTH_IO_VIM25_BUILD_H
#define BERTH_IO_VIM25_BUILD_H

#include "gathered_text.h"
#include "source_report.h"
#include "vim25_store.h"

/** What a note says about all objects alike, and therefore once. */
typedef enum vim25_note {
  VIM25_NOTE_HOST_TIMEOUT = 0,
  VIM25_NOTE_EFFECTIVE_TIMEOUT,
  VIM25_NOTE_REGISTERED,
  VIM25_NOTE_WAKE,
  VIM25_NOTE_EVC,
  VIM25_NOTE_ENTERING_STANDBY,
  VIM25_NOTE_NOT_RESPONDING,
  VIM25_NOTE_POWERED_OFF,
  VIM25_NOTE_PINNED,
  VIM25_NOTE_QUARANTINE,
  VIM25_NOTE_PARTIAL_MAINTENANCE,
  VIM25_NOTE_FEATURE,
  VIM25_NOTE_FEATURE_AT_HOME,
  VIM25_NOTE_COUNT
} vim25_note;

/** What VMs need and hosts reach. */
typedef enum vim25_link {
  VIM25_LINK_DATASTORE = 0,
  VIM25_LINK_NETWORK,
  VIM25_LINK_COUNT
} vim25_link;

/** Requirements on CPU features; of vim25_features.c. */
typedef struct vim25_features vim25_features;

typedef struct vim25_building {
  berth_context *ctx;
  vim25_store *store;
  source_report *report;
  int64_t default_timeout; /* of hosts whose notification timeout is not known; BERTH_UNSET */
  name_pool needed[VIM25_LINK_COUNT]; /* by any VM */
  vim25_features *features;
  berth_builder *builder;
  bool noted[VIM25_NOTE_COUNT];
  name_pool rule_ids; /* given so far: unique in the inventory */
  gathered_text list; /**< ids of the list at hand */
} vim25_building;

berth_status vim25_build(berth_context *ctx, vim25_store *store, source_report *report,
                         int64_t default_timeout, berth_builder *builder);

/* vim25_clusters.c */
berth_status vim25_add_cluster(vim25_building *b, vim25_object *cluster);
/** Marks VMs and hosts that the cluster treats apart (dasVmConfig, drsVmConfig, dpmHostConfig). */
void vim25_mark_overrides(vim25_building *b, const vim25_object *cluster);
/* vim25_hosts.c */
berth_status vim25_add_host(vim25_building *b, const vim25_object *host);
/* vim25_vms.c */
berth_status vim25_add_vm(vim25_building *b, vim25_object *vm);
/** Tells the host of @p vm which notification timeout the VM is given there. */
berth_status vim25_tell_timeout(vim25_building *b, vim25_object *vm);
/** Whether @p vm is a template, which is no VM of an inventory. */
bool vim25_is_template(const vim25_building *b, const vim25_object *vm);
/* vim25_links.c */
/** Gives all datastores (or networks) what berth calls them. */
berth_status vim25_label_links(vim25_building *b, vim25_kind kind);
berth_status vim25_collect_needs(vim25_building *b, vim25_object *vm);
berth_status vim25_add_needs(vim25_building *b, const vim25_object *vm, uint32_t index);
berth_status vim25_add_reach(vim25_building *b, const vim25_object *host, uint32_t index);
void vim25_note_store(vim25_building *b, const vim25_object *store);
/* vim25_features.c */
/** Finds the requirements that some host of a cluster fails; hosts are in their clusters. */
berth_status vim25_compare_features(vim25_building *b);
berth_status vim25_add_features(vim25_building *b, const vim25_object *host, uint32_t index);
berth_status vim25_add_requirements(vim25_building *b, const vim25_object *vm,
                                    const vim25_object *host, uint32_t index);
void vim25_free_features(vim25_building *b);
/* vim25_rules.c */
berth_status vim25_add_rules(vim25_building *b, const vim25_object *cluster);
/* vim25_evc.c: level of an EVC mode within its vendor's family, and the vendor. False: unknown. */
bool vim25_evc_level(const char *key, int64_t *level, const char **vendor);

/* vim25_build.c, shared. */
/** Records an error about @p object. */
void vim25_error(vim25_building *b, const vim25_object *object, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Records that a property which berth cannot do without is not there, and why if that is told. */
void vim25_missing_error(vim25_building *b, const vim25_object *object, vim25_field field,
                         const char *path, const char *expected);
/** Counts a fact about @p object that its source does not tell, such as "overhead of VMs". */
void vim25_count_unknown(vim25_building *b, const vim25_object *object, const char *fact);
/** Records a note, the first time only. */
void vim25_say_once(vim25_building *b, vim25_note note, const vim25_object *object);
/** A whole number from @p field, times 1 / @p divisor rounded down; *value stays if it is absent.
 * An odd one is an error. @return whether it is there and good. */
bool vim25_number(vim25_building *b, const vim25_object *object, vim25_field field, int64_t divisor,
                  int64_t *value);
/** *value stays if @p field is absent. */
void vim25_flag(vim25_building *b, const vim25_object *object, vim25_field field, bool *value);

#endif
