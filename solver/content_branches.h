/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file content_branches.h
 * What a node of the search tree asks of the host contents, on top of the pattern program: how many
 * items of a class stay at or arrive at a host, whether a host is used, how many items of a class
 * migrate in all. Each is a sum over contents that pricing can count (Vanderbeck 2000), so the
 * knapsacks stay knapsacks: sizes are bounded, some items are already in.
 */
#ifndef BERTH_SOLVER_CONTENT_BRANCHES_H
#define BERTH_SOLVER_CONTENT_BRANCHES_H

#include <stddef.h>
#include <stdint.h>

typedef enum branch_kind {
  BRANCH_COUNT = 0, /* of items with a knapsack label in a host's content */
  BRANCH_USED,      /* contents of a host: 0 = nothing may stand there, 1 = something does */
  BRANCH_ARRIVALS,  /* of a class, over all hosts */
  BRANCH_CONTENT    /* a host has this content of the pool; for diving, not for proofs */
} branch_kind;

/** least ≤ what is counted ≤ most. */
typedef struct content_branch {
  branch_kind kind;
  uint32_t group; /* of one host; but for BRANCH_ARRIVALS */
  uint32_t
      what; /* BRANCH_COUNT: content_label(); BRANCH_ARRIVALS: class; BRANCH_CONTENT: pattern */
  uint32_t least, most;
} content_branch;

/** All must hold. At most one for each thing counted. */
typedef struct content_branches {
  uint32_t count;
  content_branch *list;
} content_branches;

#endif
