/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cluster_parts.h
 * All clusters of an inventory, taken apart into their components and put together again.
 */
#ifndef BERTH_SOLVER_CLUSTER_PARTS_H
#define BERTH_SOLVER_CLUSTER_PARTS_H

#include "component_solve.h"
#include "consolidation.h"
#include "plan_certificates.h"

/** A cluster and its plan. */
typedef struct cluster_work {
  arena memory;  /* of everything below */
  bool empty;    /* no host and no VM in it; then nothing below is set */
  problem whole; /* the cluster in one piece */
  component all; /* its hosts and VMs */
  cluster_plan plan;
  certificate_list certificates;
  const component *parts;
  uint32_t part_count;
} cluster_work;

/** Solves every component of every cluster, on all workers of the clock of @p effort; the plans are
 *  the same for any number of threads, as long as time does not run out.
 *  @param[in,out] effort summed up over the components.
 *  @param[out] presolve_seconds spent on the clusters before that.
 *  @return [cluster], in @p memory; cluster_work_free() has to be called. NULL = no memory. */
cluster_work *cluster_parts_solve(const berth_inventory *inventory, const problem_aim *aim,
                                  solve_effort *effort, arena *memory, double *presolve_seconds);

/** NULL is harmless. */
void cluster_work_free(cluster_work *list, uint32_t count);

#endif
