/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admission.h
 * Where an item may arrive, whatever else stands there (docs/model.md §2), and why not.
 */
#ifndef BERTH_SOLVER_ADMISSION_H
#define BERTH_SOLVER_ADMISSION_H

#include "problem.h"
#include <berth/plan.h>

/** Groups the items of @p p into classes with equal admission. false = no memory. */
bool admission_classify(problem *p);

/** Hosts at which @p item may arrive. Filled on first use; NULL = no memory. */
const host_bits *admission_hosts(const problem *p, uint32_t item);

/** True if @p host is one of them; needs no memory. */
bool admission_allows(const problem *p, uint32_t item, uint32_t host);

/** True if @p item could be restarted at @p host had its own failed: what binds a running VM to a
 *  vendor, or keeps it from dedicated failover hosts, does not count then. */
bool admission_allows_restart(const problem *p, uint32_t item, uint32_t host);

/** The first reason of the ledger that keeps @p item from @p host whatever else stands there, or
 *  BERTH_REASON_COUNT. @p rule receives the rule index for BERTH_REASON_RULE. */
berth_reason admission_reason(const problem *p, uint32_t item, uint32_t host, uint32_t *rule);

/** All reasons that keep @p item from @p host whatever else stands there, a bit each; rules are not
 *  among them. */
uint32_t admission_obstacles(const problem *p, uint32_t item, uint32_t host);

/** True if rule @p rule (of the inventory) is an enabled must rule that keeps its VMs from @p host.
 */
bool admission_rule_forbids(const problem *p, uint32_t rule, uint32_t host);

#endif
