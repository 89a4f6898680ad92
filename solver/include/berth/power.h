/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power.h
 * Distributed power management: which hosts may sleep, which have to be woken, the plan there and
 * the plan back, who is woken when a host fails then, and what waits for a person's approval.
 * docs/model.md §15 says what each of them means.
 */
#ifndef BERTH_POWER_H
#define BERTH_POWER_H

#include <berth/audit.h>
#include <berth/plan.h>
#include <berth/scenario.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A number that power management goes by where the inventory says nothing else. All strings are
 *  static. */
typedef struct berth_power_constant {
  const char *name;   /**< "targetPercent", ... */
  int64_t value;      /**< default */
  const char *unit;   /**< "percent", "seconds", "hosts" */
  const char *source; /**< where it comes from, and how it is changed */
} berth_power_constant;

/** The table of them. Static, any thread. */
BERTH_EXPORT const berth_power_constant *berth_power_constants(uint32_t *count);

/** Value of a row of the table; BERTH_UNSET if there is none of that name. */
BERTH_EXPORT int64_t berth_power_constant_value(const char *name);

/**
 * What keeps a host on: X(constant, bit, "word", "sentence").
 * Bits are part of the ABI.
 */
#define BERTH_POWER_HOLD_TABLE(X)                                                                  \
  X(BERTH_POWER_HOLD_STATE, 0, "state", "it is neither online nor in standby")                     \
  X(BERTH_POWER_HOLD_WAKE, 1, "no-wake", "it has no wake protocol, or failed to wake before")      \
  X(BERTH_POWER_HOLD_DEDICATED, 2, "dedicated", "it is a dedicated failover host")                 \
  X(BERTH_POWER_HOLD_PINNED, 3, "pinned", "a VM on it does not migrate")                           \
  X(BERTH_POWER_HOLD_NOWHERE, 4, "nowhere", "a VM on it may run on no other host")                 \
  X(BERTH_POWER_HOLD_LOAD, 5, "load", "no host is below the range, so none is switched off")       \
  X(BERTH_POWER_HOLD_MINIMUM, 6, "minimum", "so many hosts have to stay on")                       \
  X(BERTH_POWER_HOLD_ADMISSION, 7, "admission", "admission control would not be satisfied")        \
  X(BERTH_POWER_HOLD_FAILURES, 8, "failures", "the failures to be kept would not be survived")     \
  X(BERTH_POWER_HOLD_DEMAND, 9, "demand", "the others would be above the range")                   \
  X(BERTH_POWER_HOLD_ROOM, 10, "room", "the others have too little for what is reserved")          \
  X(BERTH_POWER_HOLD_FEWEST, 11, "fewest", "fewer hosts are proved to be too few")                 \
  X(BERTH_POWER_HOLD_OPEN, 12, "open", "no plan with fewer hosts was found, none is refuted")      \
  X(BERTH_POWER_HOLD_NOT_SURVIVED, 13, "failures-not-survived",                                    \
    "no plan is known that survives the failures to be kept at no other cost")

/** Why a host stays on; a bit each. */
typedef enum berth_power_hold {
#define BERTH_POWER_HOLD_ENUM(constant, bit, word, sentence) constant = 1 << bit,
  BERTH_POWER_HOLD_TABLE(BERTH_POWER_HOLD_ENUM)
#undef BERTH_POWER_HOLD_ENUM
      BERTH_POWER_HOLD_COUNT = 14 /**< of bits */
} berth_power_hold;

/** Word and sentence of bit @p bit, or NULL. Static, any thread. */
BERTH_EXPORT const char *berth_power_hold_word(uint32_t bit);
BERTH_EXPORT const char *berth_power_hold_sentence(uint32_t bit);

/** What becomes of a host. */
typedef enum berth_power_fate {
  BERTH_POWER_STAYS_ON = 0,
  BERTH_POWER_SLEEPS,       /**< it is powered down */
  BERTH_POWER_WOKEN,        /**< it is in standby now, and needed */
  BERTH_POWER_STAYS_ASLEEP, /**< it is in standby, and not needed */
  BERTH_POWER_OUT           /**< failed, in maintenance, disconnected, isolated */
} berth_power_fate;

/** "stays on", "sleeps", "is woken", "stays asleep", "is out"; NULL outside the enumeration. */
BERTH_EXPORT const char *berth_power_fate_word(berth_power_fate value);

/** Why hosts in standby are looked at; a bit each. */
typedef enum berth_power_call {
  BERTH_POWER_CALL_DEMAND = 1,    /**< a host is above the range */
  BERTH_POWER_CALL_ADMISSION = 2, /**< admission control is not satisfied */
  BERTH_POWER_CALL_FAILURES = 4,  /**< the failures to be kept are not survived */
  BERTH_POWER_CALL_WAITING = 8    /**< VMs wait for a host */
} berth_power_call;

/** What the VMs of a host, or of a cluster, ask for. */
typedef struct berth_power_load {
  int64_t cpu_mhz, memory_mib;
} berth_power_load;

/** One host. */
typedef struct berth_power_host {
  berth_power_fate fate;
  uint32_t holds;          /**< bits of ::berth_power_hold; 0 unless it stays on or is out */
  uint32_t vm;             /**< of the holds pinned and nowhere, else BERTH_NONE */
  berth_power_load before; /**< demand of the VMs on it */
  berth_power_load after;
} berth_power_host;

/** A host that stays on fails, once the others sleep. */
typedef struct berth_power_failure {
  uint32_t host;
  berth_audit_verdict verdict;
  bool planned; /**< a failover was planned for it, and the fields below say what it does */
  uint32_t wake_count;
  const uint32_t *wakes; /**< hosts, those first that are up first */
  int64_t awake;         /**< seconds until all of them are up */
  uint32_t migrations, unplaced;
  int64_t restored; /**< seconds until all VMs that come back are back, waits run out */
  bool fewest;      /**< no plan with as few VMs down wakes fewer: proved */
} berth_power_failure;

/** One cluster. */
typedef struct berth_power_cluster {
  bool looked_at; /**< DPM is on, or it was asked for all the same */
  berth_automation dpm, drs;
  int64_t low_percent, high_percent; /**< the range */
  uint32_t low_hosts, high_hosts;    /**< online now, below and above it */
  uint32_t high_after;               /**< above it with the plan carried out */
  uint32_t calls;                    /**< bits of ::berth_power_call */
  uint32_t minimum;                  /**< hosts that must stay on */
  uint32_t online_before, online_after, slept, woken;
  int64_t weight_before, weight_after; /**< hosts, or watts */
  int64_t weight_bound;                /**< proved: no less is enough */
  int64_t weight_admission; /**< proved: admission control alone, where it is to be kept, asks for
                               as much */
  bool proved;              /**< weight_after is the least */
  berth_power_load capacity_before, capacity_after, demand; /**< of hosts that are on */
  bool admission_kept_before, admission_kept_after;
  bool admission_asked; /**< it is on, and to be kept */
  berth_audit_policy policy_before, policy_after;
  bool survives; /**< the failures to be kept: proved. Of 0 failures: true */
  int64_t violations, unplaced;
  uint32_t failure_count;              /**< hosts that stay on, or as many as were reached */
  const berth_power_failure *failures; /**< those that take more than restarts */
  uint64_t failures_by_restarts;       /**< of how many hosts restarts alone make good */
  uint64_t failures_not_asked;         /**< take more, and were not planned */
} berth_power_cluster;

/** An approval, and what waits for it. */
typedef struct berth_power_approval {
  uint32_t step;  /**< id */
  uint32_t steps; /**< that wait for it, directly or not */
  uint32_t moves,
      power_downs; /**< among them: of VMs (migrations, restarts, power-ons), of hosts */
  int64_t seconds; /**< from its approval to the end of the last of them, waits run out */
} berth_power_approval;

/** What is asked. Initialise with BERTH_POWER_REQUEST_INIT. */
typedef struct berth_power_request {
  uint32_t struct_size;
  const berth_scenario *scenario; /**< borrowed; NULL = the inventory as it is */
  bool keep_admission;            /**< what admission control asks for is kept */
  bool even_off;                  /**< clusters whose DPM is off too, as if it were manual */
  const berth_options *options;   /**< borrowed; NULL = defaults: time limit, threads, exact limit,
                                       keep-failures, weigh */
} berth_power_request;

#define BERTH_POWER_REQUEST_INIT                                                                   \
  { .struct_size = sizeof(berth_power_request), .keep_admission = true }

/** Opaque. */
typedef struct berth_power_answer berth_power_answer;

/**
 * Answers for all clusters. The plans have passed berth_verify().
 * @param[out] out owned by the caller; berth_power_answer_free().
 * @return BERTH_OK; BERTH_E_INVALID or BERTH_E_NOT_FOUND (the scenario); BERTH_E_ARGUMENT;
 *         BERTH_E_NOMEM; BERTH_E_INTERNAL.
 */
BERTH_EXPORT berth_status berth_power_run(berth_context *ctx, const berth_inventory *inventory,
                                          const berth_power_request *request,
                                          berth_power_answer **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_power_answer_free(berth_power_answer *answer);

/** The inventory that is spoken of, after the scenario. All that follows is borrowed. */
BERTH_EXPORT const berth_inventory *berth_power_inventory(const berth_power_answer *answer);
BERTH_EXPORT const berth_power_cluster *berth_power_get_cluster(const berth_power_answer *answer,
                                                                uint32_t cluster);
BERTH_EXPORT const berth_power_host *berth_power_get_host(const berth_power_answer *answer,
                                                          uint32_t host);

/** Wakes, migrations, and who is powered down. Never NULL. */
BERTH_EXPORT const berth_plan *berth_power_plan_down(const berth_power_answer *answer);
/** From the state reached: wakes those that sleep, and brings every VM back. NULL: there is none;
 *  berth_power_no_way_back() says why. */
BERTH_EXPORT const berth_plan *berth_power_plan_back(const berth_power_answer *answer);
BERTH_EXPORT const char *berth_power_no_way_back(const berth_power_answer *answer);
/** The state reached: the scenario that makes it of the inventory that was given, and what it
 * makes. */
BERTH_EXPORT const berth_scenario *berth_power_reached_scenario(const berth_power_answer *answer);
BERTH_EXPORT const berth_inventory *berth_power_reached(const berth_power_answer *answer);

/** The steps of one of the plans that wait for approval, in their order.
 *  @param back of the plan back; it must exist. */
BERTH_EXPORT const berth_power_approval *berth_power_approvals(const berth_power_answer *answer,
                                                               bool back, uint32_t *count);

#ifdef __cplusplus
}
#endif
#endif
