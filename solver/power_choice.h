/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file power_choice.h
 * Which hosts of a cluster serve, as few or as light as can be, and what is proved of that.
 */
#ifndef BERTH_SOLVER_POWER_CHOICE_H
#define BERTH_SOLVER_POWER_CHOICE_H

#include "power_question.h"

typedef struct power_choice {
  power_reply reply; /* where the VMs go */
  uint8_t *serves;   /* [host] */
  int64_t weight, bound;
  bool least_violations;   /* proved: no answer is better on the levels before the hosts */
  int64_t weight_in_range; /* as light as it gets if no failure had to be survived; a bound */
  placement end;
  bool survives; /* the failures to be kept: proved */
  bool keeps;    /* and that costs no other violation */
} power_choice;

/** Where the failures to be kept are not kept by what is found, every host that is on is held, and
 *  the choice made again.
 *  @return BERTH_OK, or what came of it. */
berth_status power_choice_make(power_ground *g, power_choice *out);

#endif
