/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lint_internal.h
 * Between the files that look for what is probably not meant. Each lint walks over the inventory
 * and tells of every finding of its code; how many of them are shown is decided here.
 */
#ifndef BERTH_MODEL_LINT_INTERNAL_H
#define BERTH_MODEL_LINT_INTERNAL_H

#include "frozen.h"
#include <berth/lint.h>

/** One search. */
typedef struct linting {
  berth_context *ctx;
  const berth_inventory *inventory;
  berth_lint_request request;
  arena memory;                      /* scratch; given back at the end */
  uint32_t found[BERTH_LINT_COUNT];  /* findings of each code */
  uint32_t closed[BERTH_LINT_COUNT]; /* of those, how many are told or counted in a last line */
  int64_t work;                      /* looks of VMs at hosts that are left; below 0 = no more */
  bool lost;                         /* a finding could not be recorded: no memory */
  uint32_t unseen;                   /* VMs that were not looked at for lack of it */
} linting;

/** Starts a search; lint_end() gives its memory back, and says whether there was enough. */
linting lint_begin(berth_context *ctx, const berth_inventory *inventory,
                   const berth_lint_request *request);
berth_status lint_end(linting *lint, bool complete);

/** True if the next finding of @p code will be shown. */
bool lint_shows(const linting *lint, berth_lint_code code);
/** Tells of a finding. */
void lint_find(linting *lint, berth_lint_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Says how many findings were not shown since the last call. */
void lint_close(linting *lint);

/** One look of a VM at a host. False once there have been too many. */
static inline bool lint_look(linting *lint) {
  lint->work -= lint->work >= 0;
  return lint->work >= 0;
}

/** Whether @p host serves: it is online, or in standby and can be woken. */
bool lint_serves(const berth_inventory *inventory, uint32_t host);
/** Whether the VM is on, and HA would restart it. */
bool lint_is_restarted(const berth_inventory *inventory, const frozen_cluster *cluster,
                       uint32_t vm);
/** Whether must rules between VMs and hosts let @p vm run on @p host. */
bool lint_rules_allow(const berth_inventory *inventory, uint32_t vm, uint32_t host);
/** The binding run-on rule of the VM with the fewest hosts; NULL = none. */
const frozen_rule *lint_tightest_rule(const berth_inventory *inventory, uint32_t vm);

/** The lints, by what they look at. Each tells of all its codes. */
void lint_rules_leave_no_host(linting *lint);
void lint_pinned_to_one_host(linting *lint);
void lint_apart_not_kept_by_ha(linting *lint);
bool lint_room(linting *lint); /**< false = no memory */
bool lint_numa(linting *lint); /**< likewise */
void lint_high_availability(linting *lint);
void lint_dedicated_hosts(linting *lint);
void lint_power(linting *lint);
void lint_notification(linting *lint);

#endif
