/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file node_packing.h
 * Whether VMs fit the NUMA nodes of a host, each on one of them: the checker's own answer. It knows
 * nothing of how the solver finds its splits.
 */
#ifndef BERTH_MODEL_NODE_PACKING_H
#define BERTH_MODEL_NODE_PACKING_H

#include "frozen.h"

enum { PACKED_VMS = 1024, PACKED_NODES = 64, PACKED_RESOURCES = 2 };

typedef enum packing_verdict {
  PACKING_HOLDS = 0,
  PACKING_FAILS, /* there is no way: proved */
  PACKING_OPEN   /* not decided within the limits */
} packing_verdict;

/** What one VM needs of its node: cpu and memory. */
typedef struct packed_vm {
  int64_t need[PACKED_RESOURCES];
  int64_t rank; /* set by the packing */
} packed_vm;

/** Work space, and the question: fill `node_count`, `node`, `vm_count` and `vm`. */
typedef struct node_packing {
  uint32_t node_count, vm_count;
  int64_t node[PACKED_NODES][PACKED_RESOURCES];
  packed_vm vm[PACKED_VMS];
  int64_t left[PACKED_NODES][PACKED_RESOURCES];
  int64_t least[PACKED_VMS + 1][PACKED_RESOURCES]; /* smallest need of the VMs from here on */
  int64_t rest[PACKED_VMS + 1][PACKED_RESOURCES];  /* the sum of their needs */
  uint64_t work;
  bool tight_first;
} node_packing;

/** The first node of @p host in the inventory's list, and how many it has. */
uint32_t node_packing_nodes(const berth_inventory *inventory, uint32_t host, uint32_t *count);

/** Begins a question about @p host: its nodes, no VMs. false = more nodes than are looked at. */
bool node_packing_open(node_packing *p, const berth_inventory *inventory, uint32_t host);

/** Adds a VM. false = more than are looked at. */
bool node_packing_add(node_packing *p, const berth_inventory *inventory, uint32_t vm);

/** The answer. The VMs are sorted by it. */
packing_verdict node_packing_decide(node_packing *p);

/** True if @p vm is bound to one node wherever a host has any. */
static inline bool node_packing_binds(const berth_inventory *inventory, uint32_t vm) {
  return inventory->vm_numa[vm] == BERTH_NUMA_ONE_NODE;
}

/** True if an empty node of @p host holds @p vm, or it is not bound to one. */
bool node_packing_admits(const berth_inventory *inventory, uint32_t vm, uint32_t host);

#endif
