/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file monotonic_condition.h
 * Condition variables whose waits end by the clock that nobody sets.
 */
#ifndef BERTH_SOLVER_MONOTONIC_CONDITION_H
#define BERTH_SOLVER_MONOTONIC_CONDITION_H

#include <pthread.h>
#include <stdbool.h>

/** @return false: the system has none to give; nothing is to be destroyed then. */
bool monotonic_condition_init(pthread_cond_t *condition);

#endif
