/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scenario_internal.h
 * Between the files that apply a scenario. Events that only change states work on a draft, a
 * derived inventory not yet shared with anyone; the others on a builder into which the inventory is
 * thawed. At most one of the two is open; opening one closes the other, so that each event sees
 * what those before it did.
 */
#ifndef BERTH_MODEL_SCENARIO_INTERNAL_H
#define BERTH_MODEL_SCENARIO_INTERNAL_H

#include "builder_internal.h"
#include "frozen.h"
#include <berth/scenario.h>

/** A derived inventory under change. Arrays are NULL until they are first written. */
typedef struct scenario_draft {
  berth_inventory *inventory;
  uint8_t *host_state;
  uint8_t *vm_power;
  uint32_t *vm_host;
  frozen_rule *rules;
} scenario_draft;

/** How far the numbers behind "<prefix>+" are given out; for hosts and VMs apart. */
typedef struct scenario_suffix {
  const char *prefix;
  bool host;
  uint64_t next;
} scenario_suffix;

typedef struct application {
  berth_context *ctx;
  const berth_inventory *current; /* a reference; what look-ups see */
  scenario_draft draft;
  berth_builder *builder;
  bool added, changed;   /* the builder has objects, or values, that `current` lacks */
  arena memory;          /* for as long as events are applied */
  chunked_list suffixes; /* scenario_suffix: numbers given to added objects */
  uint32_t errors;
  berth_status first_error;
} application;

/** Tells an error of @p event; applying goes on with the next one. */
void application_error(application *a, const berth_event *event, berth_status status,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Opens the draft (or builder), closing the other. @return BERTH_OK; BERTH_E_NOMEM;
 *  BERTH_E_INVALID: what the builder holds does not freeze. */
berth_status application_open_draft(application *a);
berth_status application_open_builder(application *a);
/** Makes what the draft or builder holds the current inventory. */
berth_status application_close(application *a);

/** Finds the object @p name; an unknown or ambiguous one is told as an error of @p event. *index is
 *  BERTH_NONE then. A builder with added objects is closed and opened anew if that may help. */
berth_status application_find_host(application *a, const berth_event *event, const char *name,
                                   uint32_t *index);
berth_status application_find_vm(application *a, const berth_event *event, const char *name,
                                 uint32_t *index);

/** Applies one event. Errors in it are told, not returned.
 *  @return BERTH_OK, BERTH_E_NOMEM, or BERTH_E_INVALID if applying cannot go on. */
berth_status scenario_change_state(application *a, const berth_event *event);   /* on a draft */
berth_status scenario_change_objects(application *a, const berth_event *event); /* on a builder */
berth_status scenario_set_attribute(application *a, const berth_event *event);  /* on a builder */

/** Ends a draft: conflicts among rules are resolved anew, lists follow. False: out of memory. */
bool scenario_finish_draft(application *a);

#endif
