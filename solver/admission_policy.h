/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admission_policy.h
 * Admission control as vSphere computes it: slots, percentages, dedicated failover hosts, tolerated
 * degradation. Figures only; what they promise is compared with the truth elsewhere.
 */
#ifndef BERTH_SOLVER_ADMISSION_POLICY_H
#define BERTH_SOLVER_ADMISSION_POLICY_H

#include "frozen.h"
#include <berth/audit.h>

/** What the figures rest on, for claims about more failures than are configured. */
typedef struct admission_policy {
  berth_audit_policy figures;
  uint32_t host_count;
  const int64_t *slots; /* [usable host] most first */
} admission_policy;

/** Figures of @p cluster; lists live in @p memory. false = no memory. */
bool admission_policy_compute(const berth_inventory *inventory, uint32_t cluster, arena *memory,
                              admission_policy *out);

/** What a VM of @p cluster counts with at least, MHz. */
int64_t admission_policy_least_cpu(const frozen_cluster *cluster);

/** The size of a slot where the largest need is @p needed: @p set, if that is not BERTH_UNSET; in
 * the era of 4.x an upper bound only. */
int64_t admission_policy_slot(const frozen_cluster *cluster, int64_t needed, int64_t set);

/** Slots that @p host has, of the size that @p figures state. */
int64_t admission_policy_host_slots(const berth_inventory *inventory,
                                    const berth_audit_policy *figures, uint32_t host);

/** Whether a policy says yes to the failure of any @p hosts hosts. */
bool admission_policy_claims(const admission_policy *policy, berth_audit_claim claim,
                             uint32_t hosts);

#endif
