/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_truth.h
 * What an exhaustive search of a tiny inventory says to the values and bounds of a plan.
 */
#ifndef BERTH_FUZZED_TRUTH_H
#define BERTH_FUZZED_TRUTH_H

#include "fuzzed_target.h"
#include <berth/verify.h>

/**
 * Ends the program if a value is less than the least there is, or a bound is more. A level after
 * one whose value is not the least speaks of other plans and is left out; so is all of an inventory
 * that is not tiny.
 * @param report NULL: every bound is looked at; else those alone that it calls certified.
 */
void fuzzed_truth(const berth_plan *plan, const berth_report *report);

#endif
