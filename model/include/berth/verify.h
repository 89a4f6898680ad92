/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file verify.h
 * The independent checker. It recomputes everything from the inventory alone and shares no code
 * with the solver: the end state, every intermediate state for every order and timing that the
 * steps' precedence allows, every level's value, and each window. docs/model.md lists the rules.
 */
#ifndef BERTH_VERIFY_H
#define BERTH_VERIFY_H

#include <berth/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(constant, value, "word"): what can be wrong with a plan. Values are part of the ABI. */
#define BERTH_FAULT_TABLE(X)                                                                       \
  X(BERTH_FAULT_STEP_FORM, 0, "step-form")             /* a field is missing, odd or out of range */ \
  X(BERTH_FAULT_STEP_ORDER, 1, "step-order")           /* `after` names no step, or a cycle */     \
  X(BERTH_FAULT_VM_CHAIN, 2, "vm-chain")               /* a VM's steps do not join, or overlap */  \
  X(BERTH_FAULT_PLACEMENT, 3, "placement")             /* placements and steps disagree */         \
  X(BERTH_FAULT_UNPLACED, 4, "unplaced")               /* unplaced list and steps disagree */      \
  X(BERTH_FAULT_HOST_STATE, 5, "host-state")           /* a host that cannot take the VM then */   \
  X(BERTH_FAULT_NOT_MOVABLE, 6, "not-movable")         /* a VM that must not be moved or restarted */ \
  X(BERTH_FAULT_RULE_HOST, 7, "rule-host")             /* a VM-host must rule */                   \
  X(BERTH_FAULT_RULE_VM, 8, "rule-vm")                 /* a VM-VM must rule, at some time */       \
  X(BERTH_FAULT_REACH, 9, "reach")                     /* network, datastore or CPU compatibility */ \
  X(BERTH_FAULT_CAPACITY, 10, "capacity")              /* a host over capacity at some time */     \
  X(BERTH_FAULT_CONCURRENCY, 11, "concurrency")        /* more migrations or restarts than allowed */ \
  X(BERTH_FAULT_QUIESCE, 12, "quiesce")                /* a quiesce group disturbed too much */    \
  X(BERTH_FAULT_RESTART_ORDER, 13, "restart-order")    /* a restart-after rule */                  \
  X(BERTH_FAULT_TIME, 14, "time")                      /* a duration, window or makespan is wrong */ \
  X(BERTH_FAULT_LEVEL, 15, "level")                    /* a value or the ladder is wrong */        \
  X(BERTH_FAULT_BOUND, 16, "bound")                    /* bound above value, or status unfounded */ \
  X(BERTH_FAULT_MAINTENANCE, 17, "maintenance")        /* entered while VMs may still run there */ \
  X(BERTH_FAULT_APPROVAL, 18, "approval")              /* manual automation, and not marked */     \
  X(BERTH_FAULT_POWER_DOWN, 19, "power-down")          /* not allowed, or too few hosts stay on */ \
  X(BERTH_FAULT_SURVIVAL, 20, "survival")              /* undecided within the checker's limits */ \
  X(BERTH_FAULT_CERTIFICATE, 21, "certificate")        /* proves less than it states, or overlaps */ \
  X(BERTH_FAULT_SHORTAGE, 22, "shortage")              /* the VMs could go elsewhere, or they fit */ \
  X(BERTH_FAULT_DEADLINE, 23, "deadline")              /* its verdict, chain or remedy is wrong */   \
  X(BERTH_FAULT_NUMA, 24, "numa")                      /* VMs that ask for one node outgrow a host's, or undecided */

/** Kind of a fault. */
typedef enum berth_fault_kind {
#define BERTH_FAULT_ENUM(constant, value, word) constant = value,
  BERTH_FAULT_TABLE(BERTH_FAULT_ENUM)
#undef BERTH_FAULT_ENUM
  BERTH_FAULT_COUNT
} berth_fault_kind;

/** X(constant, value, "word"): what stands behind the bound that a plan states for a level. Values
 *  are part of the ABI. */
#define BERTH_PROOF_TABLE(X)                                                                       \
  X(BERTH_PROOF_ZERO, 0, "zero")           /* the bound is 0, which every level has */             \
  X(BERTH_PROOF_CERTIFIED, 1, "certified") /* the plan's certificates prove it; recomputed here */ \
  X(BERTH_PROOF_SEARCH, 2, "by search")    /* only a search of its own could confirm it */

/** What stands behind a bound. */
typedef enum berth_proof {
#define BERTH_PROOF_ENUM(constant, value, word) constant = value,
  BERTH_PROOF_TABLE(BERTH_PROOF_ENUM)
#undef BERTH_PROOF_ENUM
  BERTH_PROOF_COUNT
} berth_proof;

/** One fault. Strings are borrowed from the report. */
typedef struct berth_fault {
  berth_fault_kind kind;
  uint32_t step;    /**< step id, or 0 */
  const char *text; /**< one line with names */
} berth_fault;

/** Opaque list of faults. */
typedef struct berth_report berth_report;

/** Word of @p kind, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_fault_word(berth_fault_kind kind);
/** Word of @p proof, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_proof_word(berth_proof proof);

/**
 * Checks @p plan against its inventory. Never trusts a field of the plan.
 * @param[out] out owned by the caller; berth_report_free(). Without faults the plan holds.
 * @return BERTH_OK whatever the verdict; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_verify(berth_context *ctx, const berth_plan *plan,
                                       berth_report **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_report_free(berth_report *report);

/** Number of faults; 0 = the plan holds. */
BERTH_EXPORT uint32_t berth_report_count(const berth_report *report);

/** Fault @p index, borrowed. */
BERTH_EXPORT const berth_fault *berth_report_fault(const berth_report *report, uint32_t index);

/**
 * The value of @p level as the checker computes it from the plan's steps alone.
 * @return false if the goal's ladder has no such level.
 */
BERTH_EXPORT bool berth_report_level(const berth_report *report, berth_level level,
                                     int64_t *value);

/**
 * What stands behind the bound that the plan states for @p level. Of a certified level the checker
 * has derived the whole bound again, out of the inventory and the certificates' weights.
 * @return false if the goal's ladder has no such level or the plan states none.
 */
BERTH_EXPORT bool berth_report_proof(const berth_report *report, berth_level level,
                                     berth_proof *proof);

#ifdef __cplusplus
}
#endif
#endif
