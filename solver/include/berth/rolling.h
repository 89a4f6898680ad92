/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rolling.h
 * Rolling maintenance: every online host is emptied, patched and brought back once, a few at a
 * time, in rounds. Each round is a plan of its own for the goal evacuate that has passed
 * berth_verify(); docs/model.md §12 says what is minimised and what the bounds mean.
 */
#ifndef BERTH_ROLLING_H
#define BERTH_ROLLING_H

#include <berth/solve.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What counts first. */
typedef enum berth_rolling_first {
  BERTH_ROLLING_MOVES = 0, /**< fewest migrations, then fewest rounds */
  BERTH_ROLLING_ROUNDS     /**< fewest rounds, then fewest migrations */
} berth_rolling_first;

/** Why a host is not patched. */
typedef enum berth_rolling_reason {
  BERTH_ROLLING_PINNED = 0, /**< a VM on it may not be migrated */
  BERTH_ROLLING_FULL,       /**< no plan was found that empties it */
  BERTH_ROLLING_FAILURES,   /**< without it the failures to keep are not survived */
  BERTH_ROLLING_UNDECIDED   /**< whether they are was not decided within the limits */
} berth_rolling_reason;

/** "pinned", "full", "failures", "undecided"; NULL outside the enumeration. Static, any thread. */
BERTH_EXPORT const char *berth_rolling_reason_word(berth_rolling_reason value);

/** What is asked. Initialise with BERTH_ROLLING_REQUEST_INIT. */
typedef struct berth_rolling_request {
  uint32_t struct_size;
  const berth_scenario *scenario; /**< borrowed; NULL = the inventory as it is */
  const berth_options *options;   /**< borrowed; NULL = defaults. keep-failures and deadline are
                                       those of the whole; the time limit is shared by the rounds */
  uint32_t at_once;               /**< most hosts of a cluster that are down at a time; > 0 */
  int64_t patch_seconds;          /**< from the last evacuation of a round until its hosts are back */
  berth_rolling_first first;
} berth_rolling_request;

#define BERTH_ROLLING_REQUEST_INIT                                                                 \
  {.struct_size = sizeof(berth_rolling_request), .at_once = 1, .patch_seconds = 1800}

/** One round. Arrays and plan are borrowed. */
typedef struct berth_rolling_round {
  uint32_t host_count;
  const uint32_t *hosts;  /**< indices in the inventory of the scenario, ascending */
  const berth_plan *plan; /**< empties them; its scenario leads there from the inventory as read */
  uint32_t moves;         /**< migrations of the plan */
} berth_rolling_round;

/** A host that is not patched. */
typedef struct berth_rolling_left {
  uint32_t host;
  berth_rolling_reason reason;
} berth_rolling_left;

/** The whole in numbers. */
typedef struct berth_rolling_sums {
  uint32_t struct_size;
  uint32_t hosts;                            /**< to be patched */
  uint32_t rounds, rounds_bound;             /**< no way of patching these hosts has fewer */
  uint64_t moves, moves_bound;               /**< likewise, on its own */
  berth_plan_makespan seconds;               /**< all evacuations and all patching */
  int64_t seconds_bound;                     /**< of the worst case */
} berth_rolling_sums;

/** Opaque. */
typedef struct berth_rolling berth_rolling;

/**
 * Plans all rounds. Hosts that cannot be patched are left, and listed.
 * @param[out] out owned by the caller; berth_rolling_free().
 * @return as berth_solve(); BERTH_E_ARGUMENT (nothing at a time, a negative time).
 */
BERTH_EXPORT berth_status berth_rolling_solve(berth_context *ctx, const berth_inventory *inventory,
                                              const berth_rolling_request *request,
                                              berth_rolling **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_rolling_free(berth_rolling *rolling);

/** The inventory that the scenario makes, before the first round. Borrowed. */
BERTH_EXPORT const berth_inventory *berth_rolling_inventory(const berth_rolling *rolling);
/** What was asked, without scenario and options. Borrowed. */
BERTH_EXPORT const berth_rolling_request *berth_rolling_asked(const berth_rolling *rolling);
/** Failures that are survived while the hosts of any round are down; as asked. */
BERTH_EXPORT uint32_t berth_rolling_keeps_failures(const berth_rolling *rolling);
/** The deadline that was asked for, in seconds; 0 = none. */
BERTH_EXPORT int64_t berth_rolling_deadline(const berth_rolling *rolling);
/** Borrowed. */
BERTH_EXPORT const berth_rolling_sums *berth_rolling_get_sums(const berth_rolling *rolling);

/** Lists; borrowed until the end of @p rolling. */
BERTH_EXPORT uint32_t berth_rolling_round_count(const berth_rolling *rolling);
BERTH_EXPORT const berth_rolling_round *berth_rolling_round_at(const berth_rolling *rolling,
                                                               uint32_t index);
BERTH_EXPORT uint32_t berth_rolling_left_count(const berth_rolling *rolling);
BERTH_EXPORT const berth_rolling_left *berth_rolling_left_at(const berth_rolling *rolling,
                                                             uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
