/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file node_split.h
 * Whether VMs that ask for one NUMA node each can be split among the nodes of a host.
 */
#ifndef BERTH_SOLVER_NODE_SPLIT_H
#define BERTH_SOLVER_NODE_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

/** MHz and MiB: what a node has, or what a VM takes of it. */
typedef struct node_size {
  int64_t cpu, memory;
} node_size;

/** A VM to put on a node. */
typedef struct node_item {
  node_size size;
  int64_t key;   /* set by node_split(): its share of the host, the order of the search */
  uint32_t item; /* for the caller */
} node_item;

typedef enum node_verdict {
  NODES_HOLD = 0, /* a split was found */
  NODES_REFUSE,   /* there is none: proved */
  NODES_UNDECIDED /* not within the budget, or more VMs or nodes than are looked at */
} node_verdict;

enum {
  SPLIT_ITEMS = 512,
  SPLIT_NODES = 64,
  /* Places tried in the search: in tests by the thousand, of few VMs and of many; and where it is
     asked but once. */
  SPLIT_BUDGET = 20000,
  SPLIT_FEW = 12,
  SPLIT_BUDGET_OF_MANY = 2000,
  SPLIT_PATIENCE = 200000
};

/**
 * @param items sorted by the call, the largest first.
 * @param node [count] receives the node of each of `items` as sorted, if they hold; NULL = not
 *        asked for.
 */
node_verdict node_split(const node_size *nodes, uint32_t node_count, node_item *items,
                        uint32_t count, uint32_t budget, uint8_t *node);

/** What one VM lacks on the node of @p left that comes closest: no memory, or the least of it; of
 *  those alike the least cpu. Nothing comes close where there is no node: INT64_MAX. */
node_size node_shortage(const node_size *left, uint32_t node_count, node_size demand);

#endif
