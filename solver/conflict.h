/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file conflict.h
 * A minimal set of named constraints that together keep a VM from every host (docs/model.md §10).
 */
#ifndef BERTH_SOLVER_CONFLICT_H
#define BERTH_SOLVER_CONFLICT_H

#include "placement_question.h"
#include "vm_obstacles.h"

/** The VM at hand, and what may be spent on it. */
typedef struct conflict_search {
  const constraint_list *list;
  const vm_obstacles *obstacles;
  placement_question question; /* its inventory is set here */
  relaxation how;
  search_clock *clock;  /* of all explanations */
  int64_t milliseconds; /* for one question */
  uint32_t questions;   /* that may still be searched for an answer */
  bool proved;          /* the plan is proved to place as much as can be */
} conflict_search;

/** @param[in,out] s counts the questions.
 *  @param[out] conflict [count of the list] 1 = in the conflict. Only with ANSWER_NO: that the VM
 *  cannot be placed with these constraints, and can when any of them is left out.
 *  @return ANSWER_YES: nothing keeps it out; ANSWER_OPEN: it is not known; ANSWER_NO_MEMORY. */
question_answer conflict_find(conflict_search *s, constraint_set *conflict);

#endif
