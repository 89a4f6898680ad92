/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file residual_index.h
 * The tightest fit for an item without looking at every host: hosts by what they hold, kept for
 * one placement.
 */
#ifndef BERTH_SOLVER_RESIDUAL_INDEX_H
#define BERTH_SOLVER_RESIDUAL_INDEX_H

#include "problem.h"

typedef struct residual_index residual_index;

struct placement;

/** What is looked for. */
typedef struct residual_query {
  const struct placement *placement;
  uint32_t item;
  const void *user;
  /** Whether @p host, which has the room, is good otherwise. */
  bool (*accepts)(const struct placement *s, uint32_t item, uint32_t host, const void *user);
  bool asleep; /* among hosts that would be woken, instead of those awake */
} residual_query;

/** An index that knows no host yet. NULL = no memory, or more kinds of hosts than it is good for.
 */
residual_index *residual_index_new(const problem *p, arena *memory);

/** @p host holds something else than before. */
void residual_index_note(residual_index *index, uint32_t host);

/** Any host may. */
void residual_index_note_all(residual_index *index);

/**
 * Among the hosts admitted for the item that have room for it and are accepted: the one that it
 * fills most (destination_fill()), of several the lowest; BERTH_NONE if there is none.
 * @return false: the index does not cover the item, or memory ran out; nothing is said then.
 */
bool residual_index_find(residual_index *index, const residual_query *query, uint32_t *host);

/** Who looks for the hosts that lack least. */
typedef struct residual_visit {
  const struct placement *placement;
  uint32_t item;
  void *user;
  /** A host, awake and admitted; lowers `most_lacking` to what is still of interest. */
  void (*visit)(struct residual_visit *visit, uint32_t host);
  int64_t most_lacking; /* INT64_MAX at first */
} residual_visit;

/**
 * Visits the hosts admitted for the item that are awake, in any order, but for some that lack more
 * than is of interest (residual_lack(), summed over resources).
 * @return false as residual_index_find(); no host was visited then.
 */
bool residual_index_visit(residual_index *index, residual_visit *visit);

/** What is @p missing of a resource as a share of its @p limit, in 1/2^20. */
static inline int64_t residual_lack(int64_t missing, int64_t limit) {
  return (missing << 20) / (limit > 0 ? limit : 1);
}

/** Share of @p capacity that @p used is, in 1/2^20; 0 where capacity does not count. */
static inline int64_t residual_share(int64_t used, int64_t capacity) {
  if (capacity == BERTH_UNLIMITED || capacity == 0)
    return 0;
  /* used ≤ 2^62 / 2^20 holds for one host: quantities are at most 2^40 each and limits cap sums. */
  return used >= capacity ? INT64_C(1) << 20 : (used << 20) / capacity;
}

#endif
