/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_run.h
 * Lets a scenario happen to clusters with high availability, second by second. docs/model.md §16
 * says what is modelled and what is not.
 */
#ifndef BERTH_TIMELINE_RUN_H
#define BERTH_TIMELINE_RUN_H

#include <berth/option.h>
#include <berth/scenario.h>
#include <berth/timeline.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What component protection (VMCP) does on a host whose storage is lost. */
typedef enum berth_storage_protection {
  BERTH_STORAGE_PROTECTION_OFF = 0, /**< nothing */
  BERTH_STORAGE_PROTECTION_APD,     /**< ends the VMs once all paths were down long enough */
  BERTH_STORAGE_PROTECTION_PDL      /**< ends them: the device says that it is gone */
} berth_storage_protection;

/** What is asked. Initialise with BERTH_TIMELINE_REQUEST_INIT. */
typedef struct berth_timeline_request {
  uint32_t struct_size;
  const berth_scenario *scenario; /**< borrowed; not NULL */
  const berth_ha_timing *timing;  /**< borrowed; NULL = the defaults */
  const berth_options *options;   /**< borrowed; NULL = defaults. The time limit is that of each
                                       single placement */
  int64_t until;                  /**< stop at this second; BERTH_UNSET = when all has happened, or
                                       at BERTH_QUANTITY_MAX */
  int64_t approve;                /**< a person agrees so many seconds after being asked;
                                       BERTH_UNSET = nobody does */
  berth_storage_protection storage_protection;
} berth_timeline_request;

#define BERTH_TIMELINE_REQUEST_INIT                                                                \
  { .struct_size = sizeof(berth_timeline_request), .until = BERTH_UNSET, .approve = BERTH_UNSET }

/** True if @p scenario is one of a timeline: it has isolate, recover or reboot, or any event but
 * ack has `at`. */
BERTH_EXPORT bool berth_scenario_is_timeline(const berth_scenario *scenario);

/**
 * Runs the timeline. Events of the scenario happen at their `at`; without one fail, isolate,
 * recover and reboot happen at second 0, and all others change the inventory before it. Hosts that
 * are failed or isolated in the inventory fail or are isolated at second 0.
 * Deterministic, as far as berth_solve() is.
 * @param[out] out owned by the caller; berth_timeline_free().
 * @return BERTH_OK; BERTH_E_INVALID, BERTH_E_NOT_FOUND, BERTH_E_AMBIGUOUS (an event; all problems
 *         in the context); BERTH_E_UNSUPPORTED (an event that has no place on a timeline, or with
 *         `at`); BERTH_E_ARGUMENT; BERTH_E_NOMEM; BERTH_E_CANCELLED; what berth_solve() fails with.
 */
BERTH_EXPORT berth_status berth_timeline_run(berth_context *ctx, const berth_inventory *inventory,
                                             const berth_timeline_request *request,
                                             berth_timeline **out);

#ifdef __cplusplus
}
#endif
#endif
