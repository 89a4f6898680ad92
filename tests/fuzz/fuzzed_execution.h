/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_execution.h
 * What docs/model.md promises of a plan that the checker accepts, seen by letting it happen. It
 * shares nothing with checker and simulator.
 */
#ifndef BERTH_FUZZED_EXECUTION_H
#define BERTH_FUZZED_EXECUTION_H

#include "fuzzed_target.h"
#include <berth/plan.h>

/** Carries @p plan out @p runs times, in orders that precedence allows, drawn from @p luck, and
 * ends the program if anything is ever where it must not be. Up to 64 hosts, VMs and steps. */
void fuzzed_execution(const berth_plan *plan, uint32_t runs, uint64_t luck);

#endif
