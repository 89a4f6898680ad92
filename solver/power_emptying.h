/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_emptying.h
 * Hosts emptied one after the other, without a search: an answer for clusters that are too large
 * for one, or for which the time was too short.
 */
#ifndef BERTH_SOLVER_POWER_EMPTYING_H
#define BERTH_SOLVER_POWER_EMPTYING_H

#include "power_question.h"

/** Empties hosts that may sleep, the least loaded first, as long as what must stay on stays and
 * what admission control asks for is kept. Nobody is woken; VMs that wait for a host stay where
 * they are.
 *  @param receivers so many hosts take VMs in: those that have to stay on, and the fullest others.
 *         With few of them no VM moves twice, but perhaps not all fit.
 *  @param[out] out without what is proved. @return false = no memory. */
bool power_emptying_try(const power_ground *g, uint32_t receivers, power_reply *out);

#endif
