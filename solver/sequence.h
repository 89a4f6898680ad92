/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sequence.h
 * An order of migrations, one at a time, in which every intermediate state is allowed.
 */
#ifndef BERTH_SOLVER_SEQUENCE_H
#define BERTH_SOLVER_SEQUENCE_H

#include "placement.h"

/** One live migration. */
typedef struct migration {
  uint32_t item, from, to;
} migration;

typedef struct sequence {
  migration *list;
  uint32_t count, room;
  uint32_t hops; /* migrations beyond one for each item that ends elsewhere */
} sequence;

typedef enum sequence_result {
  SEQUENCE_DIRECT = 0, /* every item moves once */
  SEQUENCE_WITH_HOPS,  /* some stop over on a third host */
  SEQUENCE_STUCK,      /* `state` is as far as it gets */
  SEQUENCE_OUT_OF_MEMORY
} sequence_result;

/** Appends a migration. false = out of memory. */
bool sequence_add(sequence *order, arena *memory, uint32_t item, uint32_t from, uint32_t to);

/**
 * Orders the migrations from the initial state to @p target (its running items; requested ones take
 * nothing until all have moved).
 * @param[in,out] state the initial state; at the end the state reached.
 */
sequence_result sequence_find(const placement *target, placement *state, arena *memory,
                              sequence *order);

#endif
