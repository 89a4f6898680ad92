/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session.h
 * A cluster that changes, and questions about it in microseconds: what a scheduler links.
 *
 * A berth_session is opened on a frozen inventory and then told what happens: VMs start, stop, grow
 * and move, hosts fail, drain and join, rules come and go. Each change costs what it touches, not
 * what the inventory holds. A berth_view is the state at one moment: questions go to a view, either
 * to the session's own present one or to a snapshot that other threads keep while the session goes
 * on. docs/model.md §18 says what the answers mean; they are those of berth_solve() on
 * berth_view_inventory().
 *
 * Numbers: hosts and VMs of the inventory keep their indices. Added ones get the next free number;
 * that of a removed VM is given out again. Rules likewise.
 *
 * Thread rule: a session and the context it was opened with belong to one thread at a time. A
 * snapshot is immutable and reference-counted (atomically): any number of threads may ask it.
 */
#ifndef BERTH_SESSION_H
#define BERTH_SESSION_H

#include <berth/solve.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque; one thread at a time. */
typedef struct berth_session berth_session;
/** Opaque, immutable state at one moment. */
typedef struct berth_view berth_view;
/** Opaque answer to a question that takes a search. */
typedef struct berth_answer berth_answer;

/** Which host comes first among those that break as few should rules and wake as few hosts. */
typedef enum berth_preference {
  BERTH_PREFER_TIGHT = 0, /**< the fullest: keeps large gaps whole, lets hosts run empty */
  BERTH_PREFER_ROOMY      /**< the emptiest: spreads load */
} berth_preference;

/** A host that can take a VM as things stand, nothing else moved. Of fixed size. */
typedef struct berth_candidate {
  uint32_t host;
  uint32_t should_broken; /**< should rules of the VM that are broken with it there */
  uint32_t wakes;         /**< 1 = in standby, to be woken first; else 0 */
  uint32_t room; /**< free now of its scarcer of cpu and memory, in 1/1024 of its capacity */
} berth_candidate;

/** A new size of a VM; what is BERTH_UNSET stays. Initialise with BERTH_VM_SIZE_INIT. */
typedef struct berth_vm_size {
  uint32_t struct_size;
  int64_t cpus, memory_mib;                            /**< configured */
  int64_t cpu_reservation_mhz, memory_reservation_mib; /**< reserved */
} berth_vm_size;

#define BERTH_VM_SIZE_INIT                                                                         \
  {                                                                                                \
    .struct_size = sizeof(berth_vm_size), .cpus = BERTH_UNSET, .memory_mib = BERTH_UNSET,          \
    .cpu_reservation_mhz = BERTH_UNSET, .memory_reservation_mib = BERTH_UNSET                      \
  }

/* ------------------------------------------------------------------------ session */

/**
 * Opens a session. O(inventory).
 * @param ctx must outlive the session; errors of its calls leave their detail there.
 * @param inventory a reference is kept.
 * @param[out] out owned by the caller; berth_session_close().
 * @return BERTH_OK, BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_session_open(berth_context *ctx, const berth_inventory *inventory,
                                             berth_session **out);

/** Closes it; an open transaction is dropped. Snapshots stay valid. NULL is harmless. */
BERTH_EXPORT void berth_session_close(berth_session *session);

/** The present state: always the same pointer, for questions between changes on the session's own
 *  thread. Borrowed. */
BERTH_EXPORT const berth_view *berth_session_view(const berth_session *session);

/** The present state, kept: later changes do not show in it. O(inventory / 256): some microseconds.
 *  @param[out] out owned by the caller; berth_view_release(). @return BERTH_OK, BERTH_E_NOMEM. */
BERTH_EXPORT berth_status berth_session_snapshot(berth_session *session, const berth_view **out);

/** One more reference to a snapshot. Any thread. Not for berth_session_view(). */
BERTH_EXPORT const berth_view *berth_view_retain(const berth_view *view);
/** One reference less. Any thread. NULL is harmless. */
BERTH_EXPORT void berth_view_release(const berth_view *view);

/** Number of the VM or host with this id, added ones too. @return BERTH_OK, BERTH_E_NOT_FOUND. */
BERTH_EXPORT berth_status berth_session_find_vm(const berth_session *session, const char *id,
                                                uint32_t *vm);
BERTH_EXPORT berth_status berth_session_find_host(const berth_session *session, const char *id,
                                                  uint32_t *host);

/* ------------------------------------------------------------------------ transactions */

/** From here on changes can be taken back. @return BERTH_OK; BERTH_E_ARGUMENT (one is open). */
BERTH_EXPORT berth_status berth_session_begin(berth_session *session);
/** Keeps all changes since berth_session_begin(). @return BERTH_OK; BERTH_E_ARGUMENT (none open).
 */
BERTH_EXPORT berth_status berth_session_commit(berth_session *session);
/** Takes back all changes since berth_session_begin(). Never fails for want of memory.
 *  @return BERTH_OK; BERTH_E_ARGUMENT (none open). */
BERTH_EXPORT berth_status berth_session_rollback(berth_session *session);

/* ------------------------------------------------------------------------ changes
 *
 * Changes tell facts: a VM may be started on a host that is full, as an inventory may say so. A
 * failed call changes nothing. All return BERTH_OK, BERTH_E_ARGUMENT (no such object, or what is
 * said with the function), BERTH_E_NOMEM. */

/** The VM is on, at @p host of its cluster, or, with BERTH_NONE, waits to be placed.
 *  BERTH_E_ARGUMENT: the host is in standby or of another cluster. */
BERTH_EXPORT berth_status berth_session_start_vm(berth_session *session, uint32_t vm,
                                                 uint32_t host);
/** The VM is off; it stays registered where it is. */
BERTH_EXPORT berth_status berth_session_stop_vm(berth_session *session, uint32_t vm);
/** The VM, on or off, is at @p host now. As berth_session_start_vm() otherwise. */
BERTH_EXPORT berth_status berth_session_move_vm(berth_session *session, uint32_t vm, uint32_t host);
/** BERTH_E_ARGUMENT: a number that an inventory would refuse. */
BERTH_EXPORT berth_status berth_session_resize_vm(berth_session *session, uint32_t vm,
                                                  const berth_vm_size *size);
/**
 * A new VM. It joins the groups and rules of @p like and needs its datastores, networks and named
 * resources.
 * @param spec as for berth_builder_add_vm(); its `host` may be NULL. The id must be new.
 * @param like a VM of the same cluster, or BERTH_NONE: in no rule, needs none.
 * @param[out] vm its number.
 */
BERTH_EXPORT berth_status berth_session_add_vm(berth_session *session, uint32_t cluster,
                                               const berth_vm_spec *spec, uint32_t like,
                                               uint32_t *vm);
/** Removes the VM from the inventory; its number may be given out again after the transaction. */
BERTH_EXPORT berth_status berth_session_remove_vm(berth_session *session, uint32_t vm);

/** Failed, drained (entering maintenance), woken, ... BERTH_E_ARGUMENT: standby with a VM on. */
BERTH_EXPORT berth_status berth_session_set_host_state(berth_session *session, uint32_t host,
                                                       berth_host_state state);
/** A new host called @p id, otherwise as @p like is in the inventory, but online and empty; it
 * joins the groups and rules of @p like. O(rules that list hosts). BERTH_E_ARGUMENT: the id is
 * taken. @param[out] host its number. */
BERTH_EXPORT berth_status berth_session_add_host(berth_session *session, uint32_t like,
                                                 const char *id, uint32_t *host);

/** A new rule; it is the youngest. `vms`, `hosts` as in an inventory (groups or single ids of the
 *  inventory that was opened, or added ids). O(its members and the rules they share).
 *  BERTH_E_ARGUMENT also: what an inventory would refuse; quiesce and restart-after rules.
 *  @param[out] rule its number; a rule that older ones contradict is disabled as in an inventory.
 */
BERTH_EXPORT berth_status berth_session_add_rule(berth_session *session, uint32_t cluster,
                                                 const berth_rule_spec *spec, uint32_t *rule);
/** Drops a rule. O(VMs of the session). */
BERTH_EXPORT berth_status berth_session_drop_rule(berth_session *session, uint32_t rule);

/* ------------------------------------------------------------------------ what is
 *
 * Any thread that may use the view. Numbers must be in range. */

/** One past the largest number in use. */
BERTH_EXPORT uint32_t berth_view_vm_count(const berth_view *view);
BERTH_EXPORT uint32_t berth_view_host_count(const berth_view *view);
BERTH_EXPORT uint32_t berth_view_rule_count(const berth_view *view);
/** False for a number whose VM was removed. */
BERTH_EXPORT bool berth_view_vm_exists(const berth_view *view, uint32_t vm);
BERTH_EXPORT const char *berth_view_vm_id(const berth_view *view, uint32_t vm);
BERTH_EXPORT const char *berth_view_host_id(const berth_view *view, uint32_t host);
/** BERTH_NONE = none. */
BERTH_EXPORT uint32_t berth_view_vm_host(const berth_view *view, uint32_t vm);
BERTH_EXPORT berth_power berth_view_vm_power(const berth_view *view, uint32_t vm);
BERTH_EXPORT int64_t berth_view_vm_demand(const berth_view *view, uint32_t vm, uint32_t resource);
BERTH_EXPORT berth_host_state berth_view_host_state(const berth_view *view, uint32_t host);
/** Capacity less what the VMs that run there take; may be negative; BERTH_UNLIMITED = no limit. */
BERTH_EXPORT int64_t berth_view_host_free(const berth_view *view, uint32_t host, uint32_t resource);
BERTH_EXPORT bool berth_view_rule_exists(const berth_view *view, uint32_t rule);
/** False also for a rule that an older one contradicts. */
BERTH_EXPORT bool berth_view_rule_enabled(const berth_view *view, uint32_t rule);

/* ------------------------------------------------------------------------ questions */

/**
 * The hosts that can take @p vm now with nothing else moved, best first: fewest should rules
 * broken, then none woken, then by @p preference and `room`, then the lowest number. A running VM's
 * own host is not among them. Allocates nothing; any thread that may use the view.
 * @param[in,out] count in: room in @p candidates, at least 1; out: how many were found, no more.
 * @return BERTH_OK, also for none; BERTH_E_ARGUMENT (no such VM, or count 0).
 */
BERTH_EXPORT berth_status berth_view_best_hosts(const berth_view *view, uint32_t vm,
                                                berth_preference preference,
                                                berth_candidate *candidates, uint32_t *count);

/** The first of these, and the VM started there, in one call. @p chosen->host is BERTH_NONE, and
 *  nothing changed, if no host can take it or the best one must be woken first. The VM must not
 * run.
 *  @return as berth_session_start_vm(). */
BERTH_EXPORT berth_status berth_session_place_vm(berth_session *session, uint32_t vm,
                                                 berth_preference preference,
                                                 berth_candidate *chosen);

/** Why @p host cannot take @p vm: the first reason of ::BERTH_REASON_TABLE, its rule or resource,
 * and what is short. @return true if there is one, false if the host can take it. `hosts` is 1. */
BERTH_EXPORT bool berth_view_obstacle(const berth_view *view, uint32_t vm, uint32_t host,
                                      berth_plan_ledger_entry *entry);

/** The ledger of @p vm over all hosts of its cluster, as of a plan's unplaced VM: those that cannot
 * take it, by reason. O(hosts). @param[in,out] count in: room in @p entries; out: entries there
 * are, possibly more. */
BERTH_EXPORT berth_status berth_view_ledger(const berth_view *view, uint32_t vm,
                                            berth_plan_ledger_entry *entries, uint32_t *count);

/* ------------------------------------------------------------------------ answers that search */

/**
 * Can this host be emptied as things stand? First by moving its VMs one after another to hosts that
 * are awake, nothing else; if that finds no way, by berth_solve() with goal evacuate.
 *
 * The answer is about this host alone: VMs that wait or are displaced take no part, VMs on other
 * hosts in or entering maintenance stay there, and what is over capacity or breaks a must rule
 * already may stay so, but gets no worse (docs/model.md §18).
 *
 * Cancelled through the progress callback of @p ctx: what was not known by then is
 * ::BERTH_OUTCOME_UNKNOWN.
 * @param ctx of the calling thread.
 * @param options of the search; NULL = defaults. Where must rules or NUMA nodes are broken already
 *        there may be a second one, with the same limits.
 * @param[out] out owned by the caller; berth_answer_free().
 * @return BERTH_OK; BERTH_E_ARGUMENT (no such host, or none that VMs can be moved from: it has to
 *         be online, in or entering maintenance); BERTH_E_NOMEM; what berth_solve() returns.
 */
BERTH_EXPORT berth_status berth_view_drain(berth_context *ctx, const berth_view *view,
                                           uint32_t host, const berth_options *options,
                                           berth_answer **out);

/**
 * Who survives if this host fails now? The VMs that run on it and are to be restarted (all but those
 * of priority disabled) find hosts that are awake, one after another by restart priority, then
 * size; if not all do, berth_solve() with goal failover decides, wakes and migrations allowed.
 * Parameters, results and what takes part as berth_view_drain(), for any host.
 */
BERTH_EXPORT berth_status berth_view_failure(berth_context *ctx, const berth_view *view,
                                             uint32_t host, const berth_options *options,
                                             berth_answer **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_answer_free(berth_answer *answer);
/** ::BERTH_OUTCOME_OPTIMAL: all of it can be done, and here is how; ::BERTH_OUTCOME_INFEASIBLE:
 *  proved that it cannot; ::BERTH_OUTCOME_UNKNOWN: a limit was hit. */
BERTH_EXPORT berth_outcome berth_answer_outcome(const berth_answer *answer);
/** Moves in an order in which they can be made one by one; numbers of the view. A VM that stops over
 *  is there twice. A host in standby has to be woken before it is moved to. */
BERTH_EXPORT uint32_t berth_answer_move_count(const berth_answer *answer);
/** Borrowed; NULL past the end. */
BERTH_EXPORT const berth_plan_placement *berth_answer_move_at(const berth_answer *answer,
                                                              uint32_t index);
/** VMs that stay behind, or are lost, in the best plan known; numbers of the view, ascending. */
BERTH_EXPORT uint32_t berth_answer_left_count(const berth_answer *answer);
/** BERTH_NONE past the end. */
BERTH_EXPORT uint32_t berth_answer_left_at(const berth_answer *answer, uint32_t index);
/** The plan that the moves are from, if they are from one; its numbers are those of its own
 *  inventory, which is the state as the question takes it. Borrowed; NULL = none. */
BERTH_EXPORT const berth_plan *berth_answer_plan(const berth_answer *answer);

/** The state as an inventory of its own, for any other question. Objects that were added come last
 *  in their cluster, in the order of their numbers; ids stay. Rules that have lost all their VMs are
 *  left out. O(inventory).
 *  @param[out] out owned by the caller; berth_inventory_release().
 *  @return BERTH_OK, BERTH_E_NOMEM. */
BERTH_EXPORT berth_status berth_view_inventory(berth_context *ctx, const berth_view *view,
                                               const berth_inventory **out);

/** berth_solve() on berth_view_inventory(). */
BERTH_EXPORT berth_status berth_view_plan(berth_context *ctx, const berth_view *view,
                                          const berth_request *request,
                                          berth_solve_statistics *statistics, berth_plan **out);

#ifdef __cplusplus
}
#endif
#endif
