/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deadline.h
 * Whether a plan keeps a deadline, what is in its way, and what would help (docs/model.md §12).
 */
#ifndef BERTH_DEADLINE_H
#define BERTH_DEADLINE_H

#include <berth/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In which case a deadline is met. */
typedef enum berth_met {
  BERTH_MET_WORST = 0, /**< whatever the guests do */
  BERTH_MET_EXPECTED,  /**< if guests acknowledge as expected */
  BERTH_MET_BEST,      /**< only if guests acknowledge sooner than that */
  BERTH_MET_NEVER      /**< not even if every guest acknowledges at once */
} berth_met;

/** What a second of the critical chain is spent on. */
typedef enum berth_chain_kind {
  BERTH_CHAIN_WAIT = 0, /**< a guest holds its migration back */
  BERTH_CHAIN_COPY,     /**< memory is copied */
  BERTH_CHAIN_SETTLE,   /**< an application recovers */
  BERTH_CHAIN_WAKE,     /**< a host wakes */
  BERTH_CHAIN_RESTART   /**< a VM is restarted or powered on */
} berth_chain_kind;

/** Why a step of the critical chain waits for the one before it there. */
typedef enum berth_chain_join {
  BERTH_JOIN_NONE = 0, /**< it waits for none, or this is not the step's first part */
  BERTH_JOIN_VM,       /**< both move the same VM */
  BERTH_JOIN_WAKE,     /**< the host has to wake first */
  BERTH_JOIN_QUIESCE,  /**< a quiesce rule has both VMs */
  BERTH_JOIN_ROOM,     /**< the one before leaves the host that this one needs */
  BERTH_JOIN_LIMIT,    /**< they share a host or datastore, which does so much at once */
  BERTH_JOIN_ORDER     /**< any other order of the plan */
} berth_chain_join;

/** Words: "worst", "expected", "best", "no"; "wait", "copy", ...; "vm", "wake", ... ("" for
 *  BERTH_JOIN_NONE). NULL outside the enumeration. Static, any thread. */
BERTH_EXPORT const char *berth_met_word(berth_met value);
BERTH_EXPORT const char *berth_chain_kind_word(berth_chain_kind value);
BERTH_EXPORT const char *berth_chain_join_word(berth_chain_join value);

/** A part of the critical chain of the worst case: they follow each other without a gap. */
typedef struct berth_chain_part {
  uint32_t step; /**< id */
  berth_chain_kind kind;
  berth_chain_join join;
  int64_t seconds; /**< > 0 */
} berth_chain_part;

/** A change of the inventory. Changes of one remedy go together; different remedies are
 *  alternatives. With it the plan's steps, in their order, keep the deadline in the worst case. */
typedef struct berth_deadline_change {
  uint32_t remedy;  /**< 1, 2, ..., ascending */
  uint32_t vm;      /**< its notification timeout, in seconds; else BERTH_NONE */
  uint32_t host;    /**< its link, in Mbps; else BERTH_NONE */
  int64_t from, to; /**< `from`: what counts now (the timeout of the host, where that caps it) */
  int64_t worst;    /**< makespan with all changes of the remedy, seconds */
} berth_deadline_change;

/** The verdict. Initialise with BERTH_PLAN_DEADLINE_INIT. Arrays are borrowed. */
typedef struct berth_plan_deadline {
  uint32_t struct_size;
  int64_t seconds;   /**< the deadline, from the start of the plan; > 0 */
  int64_t late;      /**< by how much the worst case misses it; 0 = met */
  berth_met met;
  bool impossible;   /**< the proved bound of the makespan is above it */
  bool least;        /**< no fewer timeouts than those of the remedy would do */
  uint32_t chain_count, change_count;
  const berth_chain_part *chain; /**< empty if met in the worst case */
  const berth_deadline_change *changes;
} berth_plan_deadline;

#define BERTH_PLAN_DEADLINE_INIT {.struct_size = sizeof(berth_plan_deadline)}

#ifdef __cplusplus
}
#endif
#endif
