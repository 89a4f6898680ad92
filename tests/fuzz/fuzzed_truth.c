/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiny is what is searched in a few milliseconds, and what a plan moves can be summed up beside its
 * count.
 */
#include "fuzzed_truth.h"

#include "brute_force.h"
#include <stdio.h>

enum { TINY_HOSTS_MAX = 4, TINY_VMS_MAX = 5, STATES_MAX = 20000 };

#define MEMORY_MAX (INT64_C(1) << 30) /* MiB of a VM */

static bool is_tiny(const berth_inventory *inventory) {
  for (uint32_t vm = 0; vm < berth_inventory_vm_count(inventory); vm++)
    if (berth_inventory_vm_memory(inventory, vm) >= MEMORY_MAX)
      return false;
  return berth_inventory_host_count(inventory) <= TINY_HOSTS_MAX &&
         berth_inventory_vm_count(inventory) <= TINY_VMS_MAX;
}

static bool bound_counts(const berth_report *report, berth_level level) {
  berth_proof proof = BERTH_PROOF_SEARCH;
  return report == NULL ||
         (berth_report_proof(report, level, &proof) && proof == BERTH_PROOF_CERTIFIED);
}

static void compare(const berth_plan_level *level, berth_level wanted, int64_t truth,
                    bool with_bound) {
  const bool agrees =
      level->level == wanted && level->value >= truth && (level->bound <= truth || !with_bound);
  if (!agrees)
    (void)fprintf(stderr, "%s is %lld (bound %lld, %s); true %s %lld\n",
                  berth_level_name(level->level), (long long)level->value, (long long)level->bound,
                  berth_outcome_word(level->status), berth_level_name(wanted), (long long)truth);
  fuzzed_require(agrees, "the truth lies between bound and value");
}

void fuzzed_truth(const berth_plan *plan, const berth_report *report) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  brute_force_result truth;
  if (!is_tiny(inventory) || !brute_force_solve(inventory, berth_plan_goal(plan),
                                                berth_plan_get_settings(plan), STATES_MAX, &truth))
    return;
  fuzzed_require(berth_plan_level_count(plan) >= truth.level_count, "a plan has all its levels");
  for (uint32_t i = 0; i < truth.level_count; i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    compare(level, truth.levels[i], truth.values[i], bound_counts(report, level->level));
    if (level->value != truth.values[i])
      return;
  }
}
