/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan.h
 * The answer to a goal: where each VM ends, in which order of steps, how good that is and what is
 * proved about it. docs/model.md defines what makes a plan safe.
 *
 * A plan speaks of one inventory, the *effective* one: what the scenario makes of the inventory that
 * was read. It keeps a reference to it; hosts, VMs and rules are indices into it.
 *
 * The solver and the JSON reader fill plans with the `berth_plan_add_*` functions, and so may you;
 * berth_verify() (verify.h) says whether the result holds. One thread while it is filled.
 */
#ifndef BERTH_PLAN_H
#define BERTH_PLAN_H

#include <berth/deadline.h>
#include <berth/goal.h>
#include <berth/scenario.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is known about a level or a whole plan. */
typedef enum berth_outcome {
  BERTH_OUTCOME_OPTIMAL = 0, /**< value equals a proved bound */
  BERTH_OUTCOME_FEASIBLE,    /**< a plan, with a gap to the bound */
  BERTH_OUTCOME_INFEASIBLE,  /**< proved: no plan does what was asked */
  BERTH_OUTCOME_UNKNOWN      /**< a limit was hit before anything was known */
} berth_outcome;

/** What a step does. */
typedef enum berth_step_type {
  BERTH_STEP_WAKE = 0,
  BERTH_STEP_MIGRATE,
  BERTH_STEP_RESTART,
  BERTH_STEP_POWER_ON,
  BERTH_STEP_ENTER_MAINTENANCE,
  BERTH_STEP_POWER_DOWN
} berth_step_type;

/** How a VM came to its final host. */
typedef enum berth_how { BERTH_HOW_RESTART = 0, BERTH_HOW_MIGRATE, BERTH_HOW_POWER_ON } berth_how;

/**
 * Why a host cannot take a VM: X(constant, value, "word in the plan"). Values are part of the ABI.
 * Tested in this order; the ledger counts each host under the first that applies.
 */
#define BERTH_REASON_TABLE(X)                                                                      \
  X(BERTH_REASON_FAILED, 0, "failed")                                                              \
  X(BERTH_REASON_DISCONNECTED, 1, "disconnected")                                                  \
  X(BERTH_REASON_ISOLATED, 2, "isolated")                                                          \
  X(BERTH_REASON_MAINTENANCE, 3, "maintenance")                                                    \
  X(BERTH_REASON_NO_WAKE, 4, "standby")          /* in standby and not to be woken */              \
  X(BERTH_REASON_DEDICATED, 5, "dedicated")      /* a dedicated failover host */                   \
  X(BERTH_REASON_PINNED, 6, "pinned")            /* the VM does not move */                        \
  X(BERTH_REASON_RULE, 7, "rule")                /* a VM-host must rule; `rule` says which */      \
  X(BERTH_REASON_NETWORK, 8, "network")                                                            \
  X(BERTH_REASON_DATASTORE, 9, "datastore")                                                        \
  X(BERTH_REASON_CPU_COMPATIBILITY, 10, "cpu-compatibility")                                       \
  X(BERTH_REASON_RESOURCE_NEVER, 11, "too-small") /* larger than the empty host; `short_by` */     \
  X(BERTH_REASON_VM_RULE, 12, "vm-rule")         /* a VM-VM must rule at the end; `rule` */        \
  X(BERTH_REASON_RESOURCE, 13, "resource")       /* what the plan leaves there is too little */    \
  X(BERTH_REASON_NUMA, 14, "numa")               /* no NUMA node of it has what the host has */

/** Why a host cannot take a VM. */
typedef enum berth_reason {
#define BERTH_REASON_ENUM(constant, value, word) constant = value,
  BERTH_REASON_TABLE(BERTH_REASON_ENUM)
#undef BERTH_REASON_ENUM
  BERTH_REASON_COUNT
} berth_reason;

/** Words of FORMATS; NULL outside the enumeration. Static, any thread. */
BERTH_EXPORT const char *berth_outcome_word(berth_outcome value);
BERTH_EXPORT const char *berth_step_type_word(berth_step_type value);
BERTH_EXPORT const char *berth_how_word(berth_how value);
BERTH_EXPORT const char *berth_reason_word(berth_reason value);

/** Seconds from the start of the plan: everything acknowledged at once, and all waits run out. */
typedef struct berth_window {
  int64_t earliest, latest;
} berth_window;

/** A level with its value and the bound that is proved for it. */
typedef struct berth_plan_level {
  berth_level level;
  int64_t value;
  int64_t bound; /**< no plan has less, given the values of the levels before */
  berth_outcome status;
  const char *proof; /**< how the bound was found ("zero", "integer program", ...); may be NULL */
} berth_plan_level;

/** A VM that ends elsewhere than it began. */
typedef struct berth_plan_placement {
  uint32_t vm;
  uint32_t from; /**< BERTH_NONE = ran nowhere */
  uint32_t to;
  berth_how how;
} berth_plan_placement;

/** One line of an elimination ledger: so many hosts are out for this reason. */
typedef struct berth_plan_ledger_entry {
  berth_reason reason;
  uint32_t rule;     /**< BERTH_NONE unless a rule */
  uint32_t resource; /**< BERTH_NONE unless a resource */
  uint32_t hosts;    /**< how many */
  int64_t short_by;  /**< of `resource`, on the host that comes closest; 0 unless a resource */
} berth_plan_ledger_entry;

/** A single change that would help, verified by solving again. */
typedef struct berth_plan_remedy {
  const char *change; /**< "wake esx09" */
  int64_t cost;       /**< 1 = cheapest kind */
} berth_plan_remedy;

/** A VM that stays without a host, or on a host that it must leave. Arrays and strings are borrowed
 *  from the plan. */
typedef struct berth_plan_unplaced {
  uint32_t vm;
  uint32_t ledger_count, conflict_count, remedy_count;
  const berth_plan_ledger_entry *ledger;
  const char *const *conflict; /**< rule ids, resource names and words of reasons that together
                                    forbid it, none of them needlessly; empty = not known */
  const berth_plan_remedy *remedies; /**< cheapest first */
} berth_plan_unplaced;

/** Hosts that are too small for VMs that can end nowhere else (docs/model.md §10). */
typedef struct berth_plan_shortage {
  uint32_t resource;
  int64_t short_by; /**< > 0: the VMs' demands less the hosts' limits */
  uint32_t vm_count, host_count;
  const uint32_t *vms, *hosts; /**< ascending, all of one cluster */
} berth_plan_shortage;

/**
 * One step. It may start when every step of `after` has ended, and every step of `after_settled`
 * has ended and its VM has settled. A migration spans notification, wait and copy: it ends at
 * some time in [copy, wait + copy] after its start, whatever the guest does.
 */
typedef struct berth_plan_step {
  uint32_t struct_size;
  berth_step_type type;
  uint32_t id;               /**< 1, 2, ... in an order in which the steps can be carried out */
  uint32_t vm;               /**< BERTH_NONE for host steps */
  uint32_t from, to;         /**< migrate: both; restart, power-on: `to`; else BERTH_NONE */
  uint32_t host;             /**< of host steps; else BERTH_NONE */
  uint32_t after_count, after_settled_count;
  const uint32_t *after, *after_settled; /**< step ids, ascending */
  int64_t wait;              /**< notification wait in seconds; 0 = starts at once */
  int64_t seconds;           /**< duration without the wait */
  int64_t settle;            /**< seconds the VM needs after a notified migration */
  berth_window start, end;
  bool approval;             /**< a person must agree (manual automation) */
  const char *why;           /**< one sentence, or NULL */
} berth_plan_step;

#define BERTH_PLAN_STEP_INIT                                                                       \
  {.struct_size = sizeof(berth_plan_step), .vm = BERTH_NONE, .from = BERTH_NONE, .to = BERTH_NONE, \
   .host = BERTH_NONE}

/** What a serving host counts with on the level `hosts.on`: the values of ::BERTH_OPTION_WEIGH. */
typedef enum berth_weigh {
  BERTH_WEIGH_HOSTS = 0, /**< 1 */
  BERTH_WEIGH_POWER      /**< its powerWatts, 0 where unset */
} berth_weigh;

/** Word of @p value, one of those of ::BERTH_OPTION_WEIGH, or NULL. Static, any thread. */
BERTH_EXPORT const char *berth_weigh_word(berth_weigh value);

/** What was asked for beside the goal: with other settings the same plan has other values. Fields
 *  that the goal does not use say nothing. Initialise with BERTH_PLAN_SETTINGS_INIT. */
typedef struct berth_plan_settings {
  uint32_t struct_size;
  uint32_t keep_failures;            /**< consolidate: the end state survives any so many */
  berth_weigh weigh;                 /**< consolidate */
  int64_t target_cpu, target_memory; /**< rebalance, percent */
  int64_t stranded_tolerance;        /**< rebalance, points of percent */
} berth_plan_settings;

#define BERTH_PLAN_SETTINGS_INIT                                                                   \
  {.struct_size = sizeof(berth_plan_settings), .target_cpu = 80, .target_memory = 80,              \
   .stranded_tolerance = 20}

/** The weight of every VM whose demands are a row, or of the VMs of a list; a list comes before a
 *  row. VMs that no entry names have 0. */
typedef struct berth_certificate_weight {
  const int64_t *demand; /**< [resource_count of the inventory]; NULL: `vms` has the VMs */
  int64_t weight;        /**< >= 0 */
  uint32_t vm_count;     /**< > 0 if, and only if, `demand` is NULL */
  const uint32_t *vms;   /**< inventory indices, ascending, all in the certificate's cluster */
} berth_certificate_weight;

/** A lower bound of one level for one set of hosts that integer knapsacks prove (docs/model.md
 *  §9). All arrays are borrowed. */
typedef struct berth_plan_certificate {
  berth_level level;
  uint32_t cluster;
  int64_t bound;
  int64_t scale;         /**< >= 1 */
  uint32_t spare;        /**< hosts that may fail; 0 but for `hosts.on` of a whole cluster */
  uint32_t host_count;   /**< 0 = all hosts of the cluster */
  const uint32_t *hosts; /**< inventory indices, ascending, all in `cluster` */
  int64_t assumed[BERTH_LEVEL_ROOM]; /**< weight of each level before; 0 = none */
  uint32_t weight_count;
  const berth_certificate_weight *weights;
} berth_plan_certificate;

/** Makespan in seconds. */
typedef struct berth_plan_makespan {
  int64_t best, expected, worst;
} berth_plan_makespan;

/** Opaque. */
typedef struct berth_plan berth_plan;

/**
 * An empty plan.
 * @param inventory the effective inventory; a reference is kept.
 * @param scenario how it came about; copied; NULL = none.
 * @param[out] out owned by the caller; berth_plan_free().
 */
BERTH_EXPORT berth_status berth_plan_new(berth_context *ctx, const berth_inventory *inventory,
                                         const berth_scenario *scenario, berth_goal goal,
                                         berth_plan **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_plan_free(berth_plan *plan);

/** What the plan is about. Borrowed. */
BERTH_EXPORT const berth_inventory *berth_plan_inventory(const berth_plan *plan);
/** The scenario, possibly without events; never NULL. Borrowed. */
BERTH_EXPORT const berth_scenario *berth_plan_scenario(const berth_plan *plan);
BERTH_EXPORT berth_goal berth_plan_goal(const berth_plan *plan);

/** Status of the whole: optimal if all levels are (makespan aside: an open makespan is said in its
 *  own level only); infeasible if something asked for is proved impossible (a VM unplaced, or left
 *  on a host it must leave, at a proved bound above zero); else feasible; unknown if no plan. */
BERTH_EXPORT berth_outcome berth_plan_status(const berth_plan *plan);
BERTH_EXPORT void berth_plan_set_status(berth_plan *plan, berth_outcome status);
BERTH_EXPORT berth_plan_makespan berth_plan_get_makespan(const berth_plan *plan);
BERTH_EXPORT void berth_plan_set_makespan(berth_plan *plan, berth_plan_makespan makespan);

/** What was asked for beside the goal; the defaults until it is set. Borrowed. */
BERTH_EXPORT const berth_plan_settings *berth_plan_get_settings(const berth_plan *plan);
/** @return BERTH_OK; BERTH_E_ARGUMENT (struct_size, or a value outside its option's bounds). */
BERTH_EXPORT berth_status berth_plan_set_settings(berth_context *ctx, berth_plan *plan,
                                                  const berth_plan_settings *settings);

/** The verdict on the deadline that was asked for, or NULL. Borrowed. */
BERTH_EXPORT const berth_plan_deadline *berth_plan_get_deadline(const berth_plan *plan);
/** Copies @p deadline, in place of one before. @return BERTH_OK; BERTH_E_NOMEM; BERTH_E_ARGUMENT (struct_size,
 *  a number that must not be 0 or negative, or an object that the inventory does not have). */
BERTH_EXPORT berth_status berth_plan_set_deadline(berth_context *ctx, berth_plan *plan,
                                                  const berth_plan_deadline *deadline);

/** Lists. Elements are borrowed and stay valid until the plan is freed. */
BERTH_EXPORT uint32_t berth_plan_level_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_level *berth_plan_level_at(const berth_plan *plan, uint32_t index);
BERTH_EXPORT uint32_t berth_plan_placement_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_placement *berth_plan_placement_at(const berth_plan *plan,
                                                                 uint32_t index);
BERTH_EXPORT uint32_t berth_plan_unplaced_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_unplaced *berth_plan_unplaced_at(const berth_plan *plan,
                                                               uint32_t index);
/** VMs that stay on hosts which they must leave. */
BERTH_EXPORT uint32_t berth_plan_left_behind_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_unplaced *berth_plan_left_behind_at(const berth_plan *plan,
                                                                  uint32_t index);
BERTH_EXPORT uint32_t berth_plan_shortage_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_shortage *berth_plan_shortage_at(const berth_plan *plan,
                                                               uint32_t index);
BERTH_EXPORT uint32_t berth_plan_step_count(const berth_plan *plan);
/** @p index = id - 1. */
BERTH_EXPORT const berth_plan_step *berth_plan_step_at(const berth_plan *plan, uint32_t index);
BERTH_EXPORT uint32_t berth_plan_warning_count(const berth_plan *plan);
BERTH_EXPORT const char *berth_plan_warning_at(const berth_plan *plan, uint32_t index);
BERTH_EXPORT uint32_t berth_plan_certificate_count(const berth_plan *plan);
BERTH_EXPORT const berth_plan_certificate *berth_plan_certificate_at(const berth_plan *plan,
                                                                     uint32_t index);

/** Fill. Everything is copied. Steps get their ids here, in the order they are added (`id` of
 *  @p step is ignored); `after` names earlier or later steps. @return BERTH_OK, BERTH_E_NOMEM,
 *  BERTH_E_ARGUMENT (an index outside the inventory). */
BERTH_EXPORT berth_status berth_plan_add_level(berth_context *ctx, berth_plan *plan,
                                               const berth_plan_level *level);
BERTH_EXPORT berth_status berth_plan_add_placement(berth_context *ctx, berth_plan *plan,
                                                   const berth_plan_placement *placement);
BERTH_EXPORT berth_status berth_plan_add_unplaced(berth_context *ctx, berth_plan *plan,
                                                  const berth_plan_unplaced *unplaced);
BERTH_EXPORT berth_status berth_plan_add_left_behind(berth_context *ctx, berth_plan *plan,
                                                     const berth_plan_unplaced *left_behind);
/** BERTH_E_ARGUMENT also for lists that are empty, do not ascend or span clusters, and for a
 *  shortage of nothing. */
BERTH_EXPORT berth_status berth_plan_add_shortage(berth_context *ctx, berth_plan *plan,
                                                  const berth_plan_shortage *shortage);
BERTH_EXPORT berth_status berth_plan_add_step(berth_context *ctx, berth_plan *plan,
                                              const berth_plan_step *step);
BERTH_EXPORT berth_status berth_plan_add_warning(berth_context *ctx, berth_plan *plan,
                                                 const char *text);
/** BERTH_E_ARGUMENT also for a number below its range, hosts that do not ascend or lie in another
 *  cluster, and a weight of a level that does not stand before `level` in the goal's ladder.
 *  Whether the bound holds is for berth_verify() to say. */
BERTH_EXPORT berth_status berth_plan_add_certificate(berth_context *ctx, berth_plan *plan,
                                                     const berth_plan_certificate *certificate);

/** Replaces what element @p index of a list says of conflict and remedies; its VM and its ledger stay.
 *  What was handed out of them before stays valid. */
BERTH_EXPORT berth_status berth_plan_explain_unplaced(berth_context *ctx, berth_plan *plan,
                                                      uint32_t index,
                                                      const berth_plan_unplaced *explained);
BERTH_EXPORT berth_status berth_plan_explain_left_behind(berth_context *ctx, berth_plan *plan,
                                                         uint32_t index,
                                                         const berth_plan_unplaced *explained);

/**
 * What a live migration takes (SEMANTICS: pre-copy; docs/model.md gives the formula).
 * @param[out] wait seconds that the guest may hold it back; 0 = not notified.
 * @param[out] seconds copy time over the slower of both links, at least 1.
 * @return false if the guest dirties memory as fast as the link copies it (it is slowed down).
 */
BERTH_EXPORT bool berth_migration_time(const berth_inventory *inventory, uint32_t vm,
                                       uint32_t from, uint32_t to, int64_t *wait,
                                       int64_t *seconds);

#ifdef __cplusplus
}
#endif
#endif
