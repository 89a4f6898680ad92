/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file problem_nodes.h
 * NUMA nodes in a problem (docs/model.md §3).
 */
#ifndef BERTH_SOLVER_PROBLEM_NODES_H
#define BERTH_SOLVER_PROBLEM_NODES_H

#include "problem.h"

/** Reads nodes of hosts and demands for one, once hosts and items are numbered. false = no memory.
 */
bool problem_nodes_read(problem *p);

/** True if some node of @p host, were it empty, would take @p item, or it does not ask for one. */
bool problem_node_admits(const problem *p, uint32_t item, uint32_t host);

/**
 * Whether the items of a list, and one more, can be split among the nodes of @p host. Those that
 * do not ask for a node do not count.
 * @param first, next the list: BERTH_NONE ends it.
 * @param more one that is not on the list; BERTH_NONE = none.
 * @param only_fixed only those of kind ITEM_FIXED count.
 */
typedef struct node_question {
  uint32_t host, first, more;
  const uint32_t *next;
  bool only_fixed;
  bool patient; /* asked once, not by the thousand */
} node_question;

node_verdict problem_nodes_hold(const problem *p, const node_question *asked);

/** True if no question about the nodes of any host can end undecided: what a search does not find
 *  is proved not to be there. */
bool problem_nodes_always_decided(const problem *p);

#endif
