/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rule_conflicts.h
 * Rules that contradict each other: the older stays, the newer is disabled; keep-apart ranks over
 * keep-together.
 */
#ifndef BERTH_MODEL_RULE_CONFLICTS_H
#define BERTH_MODEL_RULE_CONFLICTS_H

#include "frozen.h"

/** Why a rule is disabled. */
typedef enum rule_conflict {
  RULE_CONFLICT_APART,    /**< keeps together what another keeps apart, or the reverse */
  RULE_CONFLICT_NO_HOST,  /**< leaves a VM no host */
  RULE_CONFLICT_NO_DOMAIN /**< leaves VMs that must run together no common domain */
} rule_conflict;

/** Called for each rule that is disabled. @p vm is a VM in question. */
typedef void (*rule_conflict_function)(void *user, rule_conflict conflict, uint32_t disabled,
                                       uint32_t by, uint32_t vm);

/**
 * Disables in @p rules (those of @p inventory, or a copy) what contradicts an older rule. Rules
 * that are disabled already stay so and count for nothing.
 * @param memory scratch, taken from and not given back.
 * @param tell may be NULL.
 * @param[out] complete false if the search was cut short because the rules are too entangled.
 * @return false: out of memory.
 */
bool rule_conflicts_resolve(const berth_inventory *inventory, frozen_rule *rules, arena *memory,
                            rule_conflict_function tell, void *user, bool *complete);

#endif
