/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_ground.h
 * One cluster as an audit sees it: what is free, who runs where, what can fail. Built once, then
 * read by all workers.
 */
#ifndef BERTH_SOLVER_AUDIT_GROUND_H
#define BERTH_SOLVER_AUDIT_GROUND_H

#include "audit_candidates.h"
#include "domain_counter.h"
#include "problem.h"

typedef struct audit_ground {
  berth_inventory view; /* the inventory without the VMs that only wait for a host; borrows */
  const uint8_t *nothing_moves;   /* [vm] for `vm_movable` of views in which nothing may move */
  const uint8_t *nothing_wakes;   /* [host] likewise for `host_wake` */
  const frozen_rule *rules_of_ha; /* [rule] without those that HA does not keep; NULL = it keeps all
                                     that bind */
  uint32_t cluster;
  problem whole;
  bool has_movable;    /* some VM could be moved */
  const int64_t *room; /* [host * resources] of hosts as they are; at least 0 */
  audit_candidates candidates;

  const uint32_t *content_start,
      *content; /* [host] items that stop with it, in the order of rank */
  uint32_t down_count;
  const uint32_t *down;            /* items that are down already, in the order of rank */
  const int64_t *rank;             /* [item] those with most are placed first */
  const uint8_t *comes_back;       /* [item] is restarted */
  const uint8_t *bound;            /* [item] is in a must rule between VMs */
  const uint32_t *running;         /* [rule] members that run */
  const domain_counter *in_domain; /* [rule] likewise by domain; not of rules that do not bind */

  uint32_t unit_count;
  const uint32_t *unit_start, *unit_hosts; /* [unit] hosts that fail with it */
  const char *const *unit_name;
  const uint32_t *unit_on; /* [unit] how many of its hosts are on */
} audit_ground;

/** @p g must not move afterwards. Everything lives in @p memory. false = no memory. */
bool audit_ground_build(audit_ground *g, const berth_inventory *inventory, uint32_t cluster,
                        berth_domain domain, arena *memory);

#endif
