/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_ground.h
 * One cluster as power management finds it: who is on, what holds hosts on whatever is done, and
 * whether anything is to be done at all.
 */
#ifndef BERTH_SOLVER_POWER_GROUND_H
#define BERTH_SOLVER_POWER_GROUND_H

#include "admission_policy.h"
#include "placement.h"
#include "power_load.h"
#include "search_clock.h"

/** Hosts are numbered within the cluster. */
typedef struct power_ground {
  berth_context *ctx;
  const berth_inventory *inventory;
  const berth_power_request *request;
  const frozen_cluster *frozen;
  uint32_t cluster, first_host, host_count;
  uint32_t keep_failures;
  bool keep_admission; /* it is on, and could be satisfied */
  bool by_power;       /* hosts count with their watts */
  search_clock *clock;
  arena *memory;
  problem whole; /* goal consolidate */
  placement start;
  const uint32_t *placed_at; /* [vm] host, waiting VMs somewhere in their cluster */
  uint8_t *on;               /* [host] online now */
  uint8_t *may_wake;         /* [host] in standby, and may be woken */
  uint8_t *stay;             /* [host] online and has to stay on */
  int64_t *weight;           /* [host] */
  berth_power_host *hosts;   /* [host] of the answer */
  berth_power_cluster *out;
} power_ground;

/** @p g has its first fields set, up to `memory` (but for keep_admission), `hosts` and `out`.
 *  Fills the rest, and of `out` what is known before anything is planned. false = no memory. */
bool power_ground_build(power_ground *g);

/** The failures to be kept are not survived: every host that is on stays on.
 *  @return whether one was free to sleep until now. */
bool power_ground_hold_for_failures(power_ground *g);

/** Takes that back as a reason; the hosts stay. */
void power_ground_drop_hold_for_failures(power_ground *g);

/** Whether what admission control asks for holds while exactly these are on, and its figures then.
 *  @param on [host]. @return false = no memory. */
bool power_ground_policy(const power_ground *g, const uint8_t *on, admission_policy *policy,
                         bool *kept);

/** The most that a host may be loaded with at any moment: the end of the range, or what it has now.
 */
berth_power_load power_ground_limit(const power_ground *g, uint32_t host);

/** Sum of weights. */
int64_t power_ground_weigh(const power_ground *g, const uint8_t *set);
uint32_t power_ground_count(const power_ground *g, const uint8_t *set);

/** Whether the failures to be kept are survived with the VMs at @p end and these hosts on.
 *  @return false = no memory. */
bool power_ground_survives(const power_ground *g, const placement *end, const uint8_t *on,
                           bool *proved);

#endif
