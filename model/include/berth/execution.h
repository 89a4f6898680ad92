/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file execution.h
 * Carrying a plan out for real: the caller tells what happened, step by step, and asks what may
 * happen next. When something failed, or the world changed, the state reached is an inventory
 * again, and berth_solve() plans the rest of it.
 *
 * Times are seconds from whatever moment the caller counts from, the same for all calls. Nothing
 * has to last as long as the plan says: what orders the steps is what has ended.
 */
#ifndef BERTH_EXECUTION_H
#define BERTH_EXECUTION_H

#include <berth/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(constant, value, "word"): how far a step is. Values are part of the ABI. */
#define BERTH_STEP_STATE_TABLE(X)                                                                  \
  X(BERTH_STEP_PENDING, 0, "pending") /* waits for steps that may still end */                     \
  X(BERTH_STEP_READY, 1, "ready")     /* may start, perhaps once a VM has settled */               \
  X(BERTH_STEP_RUNNING, 2, "running") /* started; a guest may not have acknowledged yet */         \
  X(BERTH_STEP_ENDED, 3, "ended")                                                                  \
  X(BERTH_STEP_FAILED, 4, "failed")                                                                \
  X(BERTH_STEP_ABANDONED, 5, "abandoned") /* never started, and will not be */                     \
  X(BERTH_STEP_BLOCKED, 6, "blocked")     /* waits for one that failed or was abandoned */

/** How far a step is. */
typedef enum berth_step_state {
#define BERTH_STEP_STATE_ENUM(constant, value, word) constant = value,
  BERTH_STEP_STATE_TABLE(BERTH_STEP_STATE_ENUM)
#undef BERTH_STEP_STATE_ENUM
      BERTH_STEP_STATE_COUNT
} berth_step_state;

/** Opaque; one thread at a time. */
typedef struct berth_execution berth_execution;

/** Word of @p state, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_step_state_word(berth_step_state state);

/**
 * Nothing of @p plan is done yet.
 * @param plan borrowed, and not changed until the execution is freed. Whoever made it: verify it
 *        first (verify.h); an execution keeps its precedence and looks at nothing else.
 * @param[out] out owned by the caller; berth_execution_free().
 * @return BERTH_OK; BERTH_E_INVALID (an `after` that names no step, or steps that wait for each
 *         other); BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_execution_new(berth_context *ctx, const berth_plan *plan,
                                              berth_execution **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_execution_free(berth_execution *execution);

/**
 * What happened to step @p id (from 1) at second @p at. A call that is refused changes nothing. All
 * take time for the edges that leave the step only, a failure for those that leave what it blocks.
 *
 * - start: the step was ready, and everything of `after_settled` had settled by @p at. For a
 *   migration with a wait the guest is told now.
 * - acknowledge: the guest of a running migration with a wait lets it go; once, not before the
 * start. Not needed: the wait may run out.
 * - end: a running step succeeded; not before its start or its acknowledgement.
 * - fail: a running step came to nothing. A migration leaves its VM at the source, and what it had
 * taken at the destination is free; a host that did not wake stays asleep; a VM that did not start
 * is down. Steps that wait for it are blocked for good.
 * - abandon: a step that has not started never will. Those that wait for it are blocked.
 *
 * @return BERTH_OK; BERTH_E_ARGUMENT (no such step, a negative time); BERTH_E_INVALID (not possible
 * in the state the step is in; the detail says why, and which step it waits for).
 */
BERTH_EXPORT berth_status berth_execution_start(berth_context *ctx, berth_execution *execution,
                                                uint32_t id, int64_t at);
BERTH_EXPORT berth_status berth_execution_acknowledge(berth_context *ctx,
                                                      berth_execution *execution, uint32_t id,
                                                      int64_t at);
BERTH_EXPORT berth_status berth_execution_end(berth_context *ctx, berth_execution *execution,
                                              uint32_t id, int64_t at);
BERTH_EXPORT berth_status berth_execution_fail(berth_context *ctx, berth_execution *execution,
                                               uint32_t id, int64_t at);
BERTH_EXPORT berth_status berth_execution_abandon(berth_context *ctx, berth_execution *execution,
                                                  uint32_t id);

/** How far step @p id is; it must exist. */
BERTH_EXPORT berth_step_state berth_execution_state(const berth_execution *execution, uint32_t id);

/** Number of steps that are so far. */
BERTH_EXPORT uint32_t berth_execution_count(const berth_execution *execution,
                                            berth_step_state state);

/** Why step @p id is blocked: the step that failed or was abandoned. 0 = it is not blocked. */
BERTH_EXPORT uint32_t berth_execution_blocked_by(const berth_execution *execution, uint32_t id);

/** When a ready step may start at the earliest. BERTH_UNSET: it is not ready. */
BERTH_EXPORT int64_t berth_execution_earliest(const berth_execution *execution, uint32_t id);

/**
 * Steps that may start at second @p at.
 * @param[out] ids ascending, if there are no more than @p room; else the first that were found.
 * NULL if
 *        @p room is 0.
 * @return how many there are.
 */
BERTH_EXPORT uint32_t berth_execution_startable(const berth_execution *execution, int64_t at,
                                                uint32_t *ids, uint32_t room);

/** The next second after @p at from which a further step may start though nothing else happens: a
 * VM has settled by then. BERTH_UNSET: none, until something ends. */
BERTH_EXPORT int64_t berth_execution_next(const berth_execution *execution, int64_t at);

/**
 * The inventory as it is at second @p at, for berth_solve() to plan the rest: VMs run where they
 * were migrated to or started; one that was started is not registered for notification any more (it
 * is lost at every power cycle); hosts that woke are online, and one that did not wake is not to be
 * woken
 * (`wake` none); hosts that entered maintenance are in maintenance, those powered down in standby.
 * What has not happened, or failed, or was abandoned is as before: a VM that was not restarted
 * still asks for a restart. Hosts, VMs and groups keep their indices; a rule that the scenario
 * dropped is gone.
 * @param[out] out owned by the caller; berth_inventory_release().
 * @return BERTH_OK; BERTH_E_INVALID: a step is running, or a VM of a quiesce rule has not settled
 * at
 *         @p at (a new plan would not wait for it); the detail names the step. Let it end or fail
 *         first. BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_execution_inventory(berth_context *ctx,
                                                    const berth_execution *execution, int64_t at,
                                                    const berth_inventory **out);

#ifdef __cplusplus
}
#endif
#endif
