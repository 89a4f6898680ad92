/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula.h
 * berth as a scheduler of OpenNebula: its SCHEDULER_DRIVER_ACTION in, its PLAN out. Between the two
 * any plan for the action's inventory will do; berth_solve() makes one.
 */
#ifndef BERTH_OPENNEBULA_H
#define BERTH_OPENNEBULA_H

#include <berth/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What OpenNebula asks for. */
typedef enum berth_opennebula_task {
  BERTH_OPENNEBULA_PLACE = 0, /**< hosts for VMs that wait; others stay where they are */
  BERTH_OPENNEBULA_OPTIMIZE   /**< of one cluster: VMs that run at better hosts */
} berth_opennebula_task;

/** POLICY of a cluster (ONE_DRS). */
typedef enum berth_opennebula_policy {
  BERTH_OPENNEBULA_BALANCE = 0, /**< goal rebalance */
  BERTH_OPENNEBULA_PACK         /**< goal consolidate */
} berth_opennebula_policy;

/** How a cluster is to be optimised. Initialise with BERTH_OPENNEBULA_SETTINGS_INIT. */
typedef struct berth_opennebula_settings {
  uint32_t struct_size;
  berth_opennebula_policy policy;
  int64_t migrations; /**< at most so many; BERTH_UNSET = any number */
  int64_t target_cpu, target_memory; /**< percent: the mean load of the hosts, and 5 points */
} berth_opennebula_settings;

#define BERTH_OPENNEBULA_SETTINGS_INIT                                                             \
  {.struct_size = sizeof(berth_opennebula_settings), .migrations = BERTH_UNSET, .target_cpu = 80,  \
   .target_memory = 80}

/** What an answer says. Initialise with BERTH_OPENNEBULA_ANSWER_INIT. */
typedef struct berth_opennebula_answer {
  uint32_t struct_size;
  uint32_t deployed, migrations; /**< actions */
  uint32_t left;                 /**< VMs that wait and are not deployed; each has a warning */
  uint32_t held_back;            /**< migrations of the plan beyond those allowed */
} berth_opennebula_answer;

#define BERTH_OPENNEBULA_ANSWER_INIT {.struct_size = sizeof(berth_opennebula_answer)}

/** Opaque. Immutable once read; any thread. */
typedef struct berth_opennebula_action berth_opennebula_action;

/**
 * Reads an action and freezes what @p task may look at: for placing all hosts, with every VM that
 * runs not movable, unless it is to be scheduled again; for optimising the hosts of one cluster
 * and their VMs. Objects that say nothing usable are left out with a warning.
 * @param path a file, or "-" for standard input.
 * @param cluster its ID, for BERTH_OPENNEBULA_OPTIMIZE; else NULL.
 * @param limits NULL = BERTH_READ_LIMITS_INIT.
 * @param[out] out owned by the caller; berth_opennebula_action_free().
 * @return BERTH_OK; BERTH_E_NOT_FOUND (no such cluster); BERTH_E_ARGUMENT; and what
 *         berth_read_inventory() returns.
 */
BERTH_EXPORT berth_status berth_opennebula_read_action(berth_context *ctx, const char *path,
                                                       berth_opennebula_task task,
                                                       const char *cluster,
                                                       const berth_read_limits *limits,
                                                       berth_opennebula_action **out);

/** The same from memory; @p name stands in messages. */
BERTH_EXPORT berth_status berth_opennebula_parse_action(berth_context *ctx, const void *bytes,
                                                        size_t size, const char *name,
                                                        berth_opennebula_task task,
                                                        const char *cluster,
                                                        const berth_read_limits *limits,
                                                        berth_opennebula_action **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_opennebula_action_free(berth_opennebula_action *action);

/** The inventory, borrowed. NULL = the action has no host, so that there is nothing to plan. */
BERTH_EXPORT const berth_inventory *
berth_opennebula_inventory(const berth_opennebula_action *action);

/** Of BERTH_OPENNEBULA_OPTIMIZE; else the defaults. Borrowed. */
BERTH_EXPORT const berth_opennebula_settings *
berth_opennebula_get_settings(const berth_opennebula_action *action);

/**
 * Writes the PLAN that carries @p plan out, its actions in an order that is safe one after the
 * other. A VM that is deployed gets the allowed datastore with most room, and for each interface
 * the allowed network with most free leases; one for which there is none is left. Of more
 * migrations than are allowed, some that go together and improve the cluster most are written.
 * Warnings tell why VMs are left.
 * @param plan for berth_opennebula_inventory(); NULL = a PLAN without actions.
 * @param path "-" = standard output. A file is replaced only when complete.
 * @param[out] answer may be NULL.
 * @return BERTH_OK; BERTH_E_ARGUMENT (a plan for something else); BERTH_E_OPEN_OUTPUT;
 *         BERTH_E_WRITE; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_opennebula_write_plan(berth_context *ctx,
                                                      const berth_opennebula_action *action,
                                                      const berth_plan *plan, const char *path,
                                                      berth_opennebula_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
