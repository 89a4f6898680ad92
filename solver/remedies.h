/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file remedies.h
 * Single changes with which a VM would get a host, each tried out.
 */
#ifndef BERTH_SOLVER_REMEDIES_H
#define BERTH_SOLVER_REMEDIES_H

#include "group_shortage.h"
#include "placement_question.h"
#include "vm_obstacles.h"

typedef struct remedy_search {
  const explained_cluster *cluster;
  const constraint_list *list;
  const vm_obstacles *obstacles;
  const constraint_set *conflict; /* all set where it is not known */
  const group_shortage *shortage; /* short_by 0 = there is none */
  placement_question question;    /* its inventory is set here */
  const uint8_t *vm_out;          /* [vm] as in a relaxation */
  search_clock *clock;            /* of all explanations */
  int64_t milliseconds;           /* for one question */
} remedy_search;

/** @param[out] out remedies, cheapest first, in @p memory. false = no memory. */
bool remedies_find(remedy_search *s, arena *memory, berth_plan_unplaced *out);

#endif
