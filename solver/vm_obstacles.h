/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vm_obstacles.h
 * All that keeps one VM from each host, by the numbers of named constraints: beside what the plan
 * leaves there, and beside what cannot leave at all.
 */
#ifndef BERTH_SOLVER_VM_OBSTACLES_H
#define BERTH_SOLVER_VM_OBSTACLES_H

#include "named_constraint.h"
#include "placement.h"

/** What explanations of one cluster share. */
typedef struct explained_cluster {
  const placement *final;   /* the end of the plan, all of the cluster in one problem */
  const uint32_t *fixed;    /* [item] its host if it cannot leave it, else BERTH_NONE */
  const int64_t *fixed_use; /* [host * resource_count + resource] of those */
} explained_cluster;

typedef struct vm_obstacles {
  uint32_t item;
  uint32_t candidates;    /* hosts that something could open; others have failed or are its own */
  const uint8_t *open;    /* [host] 1 = a candidate */
  const uint64_t *at_end; /* [host] a bit a near constraint; no host is kept out by less */
  const uint64_t *always; /* [host] likewise: those that hold whatever moves */
  uint64_t alone;         /* of near constraints: those that no other VM has a part in */
  uint64_t pinned;        /* the bit of what keeps VMs where they are: `always` rests on it */
} vm_obstacles;

/** false = no memory. */
bool explained_cluster_init(explained_cluster *e, const placement *final, arena *memory);

/** @p list is that of the item's VM, and has near constraints. false = no memory. */
bool vm_obstacles_find(vm_obstacles *o, const explained_cluster *e, const constraint_list *list,
                       uint32_t item, arena *memory);

/** What @p host lacks of @p resource for the item to be added at the end, in the capacity; <= 0 =
 *  nothing. */
int64_t vm_obstacles_short(const explained_cluster *e, uint32_t item, uint32_t host,
                           uint32_t resource);

#endif
