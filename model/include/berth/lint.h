/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lint.h
 * What is valid in an inventory and yet probably not meant. Each kind of finding has a code, a word
 * that stays the same; docs/model.md §17 says what each means exactly.
 */
#ifndef BERTH_LINT_H
#define BERTH_LINT_H

#include <berth/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * X(constant, value, severity, "code", "meaning"): the one table of findings, in the order in which
 * they are told. Values are part of the ABI: append, never renumber. At most 64.
 */
#define BERTH_LINT_TABLE(X)                                                                        \
  X(BERTH_LINT_WAITS_FOR_LOWER_PRIORITY, 0, BERTH_WARNING, "waits-for-lower-priority",             \
    "a VM waits at its restart for one of lower priority")                                         \
  X(BERTH_LINT_WAITS_FOR_NEVER_RESTARTED, 1, BERTH_WARNING, "waits-for-never-restarted",           \
    "a VM waits at its restart for one that is never restarted")                                   \
  X(BERTH_LINT_RULES_IN_CONFLICT, 2, BERTH_WARNING, "rules-in-conflict",                           \
    "rules contradict each other: the older stays (keep-apart before keep-together), the newer "   \
    "is disabled")                                                                                 \
  X(BERTH_LINT_RULES_LEAVE_NO_HOST, 3, BERTH_WARNING, "rules-leave-no-host",                       \
    "must rules leave a VM no host, or none that serves")                                          \
  X(BERTH_LINT_PINNED_TO_ONE_HOST, 4, BERTH_WARNING, "pinned-to-one-host",                         \
    "must rules leave a VM one host, or one that serves")                                          \
  X(BERTH_LINT_APART_NOT_KEPT_BY_HA, 5, BERTH_WARNING, "apart-not-kept-by-ha",                     \
    "respectAntiAffinity is off, so that HA may put VMs together that must be apart")              \
  X(BERTH_LINT_REACH_LEAVES_NO_HOST, 6, BERTH_WARNING, "reach-leaves-no-host",                     \
    "networks, datastores and CPU level leave a VM no host that serves")                           \
  X(BERTH_LINT_REACH_LEAVES_ONE_HOST, 7, BERTH_WARNING, "reach-leaves-one-host",                   \
    "networks, datastores and CPU level leave a VM one host that serves")                          \
  X(BERTH_LINT_RESERVATION_FITS_NO_HOST, 8, BERTH_WARNING, "reservation-fits-no-host",             \
    "no host could hold what a VM reserves, even were it empty")                                   \
  X(BERTH_LINT_RESERVATION_FITS_ONE_HOST, 9, BERTH_WARNING, "reservation-fits-one-host",           \
    "after one failure no host could hold what a VM reserves, even were it empty")                 \
  X(BERTH_LINT_VMS_NOT_LOOKED_AT, 10, BERTH_WARNING, "vms-not-looked-at",                          \
    "a limit ended the search for VMs that fit no host or one")                                    \
  X(BERTH_LINT_HA_WITHOUT_SECOND_HOST, 11, BERTH_WARNING, "ha-without-second-host",                \
    "HA is on, but fewer than two hosts are online")                                               \
  X(BERTH_LINT_PRIMARIES_IN_ONE_CHASSIS, 12, BERTH_WARNING, "primaries-in-one-chassis",            \
    "all five primaries of a 4.x cluster share a chassis; if it fails, nothing is restarted")      \
  X(BERTH_LINT_PRIMARIES_ALL_FAILED, 13, BERTH_WARNING, "primaries-all-failed",                    \
    "all primaries of a 4.x cluster have failed; nothing is restarted")                            \
  X(BERTH_LINT_TOO_MANY_HOSTS, 14, BERTH_WARNING, "too-many-hosts",                                \
    "a 4.x cluster with HA has more than 32 hosts")                                                \
  X(BERTH_LINT_DEDICATED_NOT_USABLE, 15, BERTH_WARNING, "dedicated-not-usable",                    \
    "a dedicated failover host is not online")                                                     \
  X(BERTH_LINT_DEDICATED_IN_USE, 16, BERTH_WARNING, "dedicated-in-use",                            \
    "VMs run on a dedicated failover host")                                                        \
  X(BERTH_LINT_DEDICATED_TOO_SMALL, 17, BERTH_WARNING, "dedicated-too-small",                      \
    "a dedicated failover host could not hold some VM, or all of them together not the VMs of "    \
    "some host")                                                                                   \
  X(BERTH_LINT_STANDBY_WITHOUT_WAKE, 18, BERTH_WARNING, "standby-without-wake",                    \
    "a host in standby has no wake protocol; nothing can wake it")                                 \
  X(BERTH_LINT_NO_WAKE_UNDER_DPM, 19, BERTH_WARNING, "no-wake-under-dpm",                          \
    "power management is on, but some hosts have no wake protocol and are never powered down")     \
  X(BERTH_LINT_NO_WAKE_AT_ALL, 20, BERTH_NOTE, "no-wake-at-all",                                   \
    "power management is on, but no host has a wake protocol")                                     \
  X(BERTH_LINT_NOTIFICATION_TIMEOUT_ZERO, 21, BERTH_WARNING, "notification-timeout-zero",          \
    "a host has notification timeout 0; no guest on it is told of a migration")                    \
  X(BERTH_LINT_NOTIFICATION_LOST, 22, BERTH_WARNING, "notification-lost",                          \
    "a host lacks notification, in a cluster where guests are told of migrations")                 \
  X(BERTH_LINT_NOTIFICATION_WITHOUT_APPLICATION, 23, BERTH_WARNING,                                \
    "notification-without-application",                                                            \
    "a VM has notification enabled, but no application is registered")                             \
  X(BERTH_LINT_NOTIFICATION_HARDWARE, 24, BERTH_WARNING, "notification-hardware",                  \
    "a VM has notification enabled, but a hardware version below 20, or none")                     \
  X(BERTH_LINT_NOTIFICATION_TIMEOUT_CAPPED, 25, BERTH_WARNING, "notification-timeout-capped",      \
    "a VM has a notification timeout that is not below its host's, which decides")                 \
  X(BERTH_LINT_ADMISSION_UNSATISFIED, 26, BERTH_WARNING, "admission-unsatisfied",                  \
    "admission control is not satisfied as it is; it lets no VM be powered on")                    \
  X(BERTH_LINT_ADMISSION_BLOCKS_MAINTENANCE, 27, BERTH_WARNING, "admission-blocks-maintenance",    \
    "a host is entering maintenance, and without it admission control is not satisfied")           \
  X(BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE, 28, BERTH_WARNING, "admission-limits-maintenance",    \
    "hosts that cannot enter maintenance while admission control stays satisfied")                 \
  X(BERTH_LINT_DEGRADED_AFTER_FAILURE, 29, BERTH_WARNING, "degraded-after-failure",                \
    "after the failures that admission control provides for, VMs lose more performance than is "   \
    "tolerated")  \
  X(BERTH_LINT_NUMA_SPANS_NODES, 30, BERTH_WARNING, "numa-spans-nodes",                            \
    "a VM spreads over NUMA nodes though a node of another host would hold it")                    \
  X(BERTH_LINT_NUMA_FITS_NO_NODE, 31, BERTH_WARNING, "numa-fits-no-node",                          \
    "a VM asks for one NUMA node, and no host that serves has one that large")                     \
  X(BERTH_LINT_NUMA_NOT_SPLIT, 32, BERTH_WARNING, "numa-not-split",                                \
    "the NUMA nodes of a host do not hold the VMs on it that ask for one")

/** Kind of a finding. */
typedef enum berth_lint_code {
#define BERTH_LINT_ENUM(constant, value, severity, code, meaning) constant = value,
  BERTH_LINT_TABLE(BERTH_LINT_ENUM)
#undef BERTH_LINT_ENUM
      BERTH_LINT_COUNT
} berth_lint_code;

/** Columns of the table; NULL (BERTH_NOTE) outside it. Static, any thread. */
BERTH_EXPORT const char *berth_lint_word(berth_lint_code code);
BERTH_EXPORT const char *berth_lint_meaning(berth_lint_code code);
BERTH_EXPORT berth_severity berth_lint_severity(berth_lint_code code);

/** Inverse of berth_lint_word(). False if @p word names none. */
BERTH_EXPORT bool berth_lint_parse(const char *word, berth_lint_code *code);

/** What is looked for. Initialise with BERTH_LINT_REQUEST_INIT. */
typedef struct berth_lint_request {
  uint32_t struct_size;
  uint32_t most;      /**< findings told of each code, then how many more; 0 = all */
  uint64_t ignored;   /**< codes that are not told: bit `1 << code` */
  const char *source; /**< stands before each finding, e.g. the file; NULL = nothing does */
} berth_lint_request;

#define BERTH_LINT_REQUEST_INIT                                                                    \
  { .struct_size = sizeof(berth_lint_request), .most = 10 }

/**
 * Looks for all of the table but what freezing tells (the first three codes) and what needs the
 * figures of admission control (the codes admission-… and degraded-…: policy_lint.h). Findings are
 * among the problems of @p ctx, with their code; problems that were there are cleared first.
 * @param request NULL = the defaults.
 * @return BERTH_OK whatever was found; BERTH_E_ARGUMENT; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_lint(berth_context *ctx, const berth_inventory *inventory,
                                     const berth_lint_request *request);

#ifdef __cplusplus
}
#endif
#endif
