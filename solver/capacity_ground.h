/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_ground.h
 * One cluster and a mix of flavours: what each VM of the mix takes, where it may go, what is free
 * there. Built once, then read.
 */
#ifndef BERTH_SOLVER_CAPACITY_GROUND_H
#define BERTH_SOLVER_CAPACITY_GROUND_H

#include "problem.h"
#include <berth/capacity.h>

/** Where VMs of a flavour may be started. */
enum { TAKES_NEVER = 0, TAKES_WOKEN, TAKES_NOW };

typedef struct ground_flavour {
  const berth_capacity_flavour *asked;
  const int64_t *demand; /* [resource] */
  const uint8_t *takes;  /* [host] TAKES_... */
  bool bound; /* in a must rule between VMs, or asks for one NUMA node: counting hosts one by one is
                 not enough */
  bool comes_back; /* is restarted after a failure */
} ground_flavour;

typedef struct capacity_ground {
  const berth_inventory *inventory; /* the one asked about */
  uint32_t cluster;
  berth_inventory view; /* without VMs that wait; with one of each flavour that is like a VM */
  problem whole;        /* of the view */
  uint32_t down_count;  /* VMs that have to be restarted first */
  uint32_t waiting;     /* VMs left out */
  const int64_t *room;  /* [host * resources] at least 0 */
  uint32_t flavour_count;
  const ground_flavour *flavours;
  const int64_t *mix; /* [resource] demand of one mix */
  bool is_plain;      /* no VM is down, no flavour bound: what fits host by host is what fits */
  const berth_inventory *owned; /* released with the ground; NULL = none */
} capacity_ground;

/** @p g must not move afterwards; capacity_ground_free(), also after failure. @return BERTH_OK,
 *  BERTH_E_NOMEM or what applying a scenario returns. */
berth_status capacity_ground_build(capacity_ground *g, berth_context *ctx,
                                   const berth_inventory *inventory, uint32_t cluster,
                                   const berth_capacity_request *request, arena *memory);
void capacity_ground_free(capacity_ground *g);

/** An inventory with @p mixes of the mix added as VMs that wait: in each cluster's order the last
 *  ones, flavour by flavour. @param[out] out owned by the caller. */
berth_status capacity_extend(berth_context *ctx, const berth_inventory *inventory, uint32_t cluster,
                             const berth_capacity_flavour *flavours, uint32_t flavour_count,
                             int64_t mixes, const berth_inventory **out);

#endif
