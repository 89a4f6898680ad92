/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_truth.h
 * Random histories of a session against its model, after every change: the inventory that the view
 * is, the questions to it, drain and failure, transactions and snapshots.
 */
#ifndef BERTH_TESTS_SESSION_TRUTH_H
#define BERTH_TESTS_SESSION_TRUTH_H

#include "session_model.h"

/** What is compared; a sum of these. */
enum {
  TRUTH_INVENTORY = 1, /**< the view as an inventory, and what it says of single objects */
  TRUTH_BEST_HOSTS = 2,
  TRUTH_PLACE = 4,   /**< the first candidate, against berth_solve() */
  TRUTH_ANSWERS = 8, /**< drain and failure, against every sequence of moves */
  TRUTH_ALL = 15,
  TRUTH_SCALE = 16,  /**< of soak_session: session_scale_run() */
  TRUTH_WRITTEN = 32 /**< the inventory, written and read again */
};

typedef struct session_tally {
  uint64_t histories, changes, refused, rolled_back, snapshots;
  uint64_t inventories, questions, candidates, obstacles, placed, unplaced;
  uint64_t drains[4], failures[4]; /* by outcome */
  uint64_t direct, searched, skipped, open;
  uint64_t disagreed;
} session_tally;

/** One history of @p changes changes. What disagrees is told on standard error. */
void session_truth_run(uint64_t seed, uint32_t changes, unsigned what, session_tally *tally);

/** A history that has memory for @p allocations more at one change, for each change: what fails for
 *  want of memory changes nothing, and all is given back. @return false, told, if not. */
bool session_short_memory(uint64_t seed, uint32_t changes, long allocations, uint64_t *failures);

/** A history of many hosts: the search among them, sums, and what transactions take back. */
void session_scale_run(uint64_t seed, uint32_t changes, session_tally *tally);

/** A host and a VM added to a session like others, against the same by a scenario. */
bool session_like_scenario(uint64_t seed);

/* What session_truth_run() is made of. Each tells what disagrees, beginning with @p where, and
 * returns false then. @p fresh is the model of the view. */

bool truth_of_inventory(const char *where, berth_context *ctx, const berth_view *view,
                        const session_model *model, const model_inventory *fresh);
bool truth_of_writing(const char *where, berth_context *ctx, const berth_view *view);
bool truth_of_best_hosts(const char *where, const berth_view *view, const session_model *model,
                         const model_inventory *fresh, uint32_t vm, session_tally *tally);
bool truth_of_place(const char *where, berth_context *ctx, const berth_view *view,
                    const session_model *model, uint32_t vm, session_tally *tally);
bool truth_of_drain(const char *where, berth_context *ctx, const berth_view *view,
                    const session_model *model, uint32_t host, session_tally *tally);
bool truth_of_failure(const char *where, berth_context *ctx, const berth_view *view,
                      const session_model *model, uint32_t host, session_tally *tally);

#endif
