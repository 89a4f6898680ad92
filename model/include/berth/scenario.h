/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scenario.h
 * What if: an ordered list of changes to an inventory. Events name objects by id or name and are
 * resolved only when the scenario is applied, in order, so that later events see earlier ones.
 */
#ifndef BERTH_SCENARIO_H
#define BERTH_SCENARIO_H

#include <berth/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Kinds of events: X(constant, value, "element name in XML and JSON").
 * The fields of ::berth_event that each uses are given in the comment of the constant's row in
 * docs/manual/scenario.md; unused fields are NULL or BERTH_UNSET.
 */
#define BERTH_EVENT_TABLE(X)                                                                       \
  X(BERTH_EVENT_FAIL, 0, "fail")               /* host, or chassis | rack | site */                \
  X(BERTH_EVENT_MAINTENANCE, 1, "maintenance") /* host: must be emptied */                         \
  X(BERTH_EVENT_STANDBY, 2, "standby")         /* host, empty */                                   \
  X(BERTH_EVENT_ONLINE, 3, "online")           /* host */                                          \
  X(BERTH_EVENT_ADD_HOST, 4, "add-host")       /* like, count */                                   \
  X(BERTH_EVENT_REMOVE_HOST, 5, "remove-host") /* host, empty */                                   \
  X(BERTH_EVENT_POWER_ON, 6, "power-on")       /* vm: waits to be placed */                        \
  X(BERTH_EVENT_ADD_VM, 7, "add-vm")           /* like, count: powered on, wait to be placed */    \
  X(BERTH_EVENT_SET, 8, "set")                 /* vm or host, attribute, value */                  \
  X(BERTH_EVENT_DROP_RULE, 9, "drop-rule")     /* id */                                            \
  X(BERTH_EVENT_ADD_FLAVOUR, 10, "add-flavour") /* cluster, cpu_mhz, memory_mib, count */          \
  X(BERTH_EVENT_ISOLATE, 11, "isolate")        /* host, storage: for simulations */                \
  X(BERTH_EVENT_RECOVER, 12, "recover")        /* host: for simulations */                         \
  X(BERTH_EVENT_ACK, 13, "ack")                /* vm, after: for simulations */                    \
  X(BERTH_EVENT_REBOOT, 14, "reboot")          /* vm: for simulations */

/** Kind of an event. Values are part of the ABI. */
typedef enum berth_event_type {
#define BERTH_EVENT_ENUM(constant, value, name) constant = value,
  BERTH_EVENT_TABLE(BERTH_EVENT_ENUM)
#undef BERTH_EVENT_ENUM
  BERTH_EVENT_COUNT
} berth_event_type;

/** One change. Strings are copied by berth_scenario_add() and borrowed when read. */
typedef struct berth_event {
  uint32_t struct_size;
  berth_event_type type;
  int64_t at;                  /**< seconds, for simulations; BERTH_UNSET otherwise */
  const char *host, *vm, *like, *id, *cluster;
  const char *chassis, *rack, *site;
  const char *attribute;       /**< XML attribute name of a host or VM, e.g. memoryReservationMib */
  const char *value;           /**< its new value as text */
  const char *storage;         /**< "reachable" or "lost" */
  int64_t count;               /**< of add-*; 1 if absent */
  int64_t cpu_mhz, memory_mib; /**< of add-flavour; memory is configured and reserved */
  int64_t after;               /**< seconds, of ack */
  berth_position position;
} berth_event;

#define BERTH_EVENT_INIT                                                                           \
  {.struct_size = sizeof(berth_event), .at = BERTH_UNSET, .count = 1, .cpu_mhz = BERTH_UNSET,      \
   .memory_mib = BERTH_UNSET, .after = BERTH_UNSET}

/** Opaque list of events; one thread while it is changed, any number once it is not. */
typedef struct berth_scenario berth_scenario;

/** Element name of @p type, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_event_type_word(berth_event_type type);

/** @param[out] out owned by the caller; berth_scenario_free(). */
BERTH_EXPORT berth_status berth_scenario_new(berth_context *ctx, berth_scenario **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_scenario_free(berth_scenario *scenario);

/** A copy, owned by the caller. */
BERTH_EXPORT berth_status berth_scenario_copy(berth_context *ctx, const berth_scenario *scenario,
                                              berth_scenario **out);

/** Names the scenario; NULL = none. */
BERTH_EXPORT berth_status berth_scenario_set_name(berth_context *ctx, berth_scenario *scenario,
                                                  const char *name);

/** Name, or "". */
BERTH_EXPORT const char *berth_scenario_name(const berth_scenario *scenario);

/** Appends @p event (copied). @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_ARGUMENT. */
BERTH_EXPORT berth_status berth_scenario_add(berth_context *ctx, berth_scenario *scenario,
                                             const berth_event *event);

/** Number of events. */
BERTH_EXPORT uint32_t berth_scenario_count(const berth_scenario *scenario);

/** Event @p index, borrowed from @p scenario. */
BERTH_EXPORT const berth_event *berth_scenario_event(const berth_scenario *scenario,
                                                     uint32_t index);

/**
 * The inventory after all events. Cheap (no copy of the VMs) when only states change. New hosts
 * and VMs are called "<like>+1", "<like>+2", ...; those of a flavour "flavour+1", ...: ids that the
 * inventory does not use. A VM added "like" another joins its rules and groups.
 * All problems are left in the context.
 * @param scenario may be NULL or empty: then @p out is a new reference to @p inventory.
 * @param[out] out owned by the caller; berth_inventory_release().
 * @return BERTH_OK; BERTH_E_INVALID (unknown object, standby of a host with running VMs, ...);
 *         BERTH_E_UNSUPPORTED (an event that only simulations understand); BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_scenario_apply(berth_context *ctx,
                                               const berth_inventory *inventory,
                                               const berth_scenario *scenario,
                                               const berth_inventory **out);

#ifdef __cplusplus
}
#endif
#endif
