/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file placement_question.h
 * Is there a safe plan that gives every requested VM a host and has no more violations than the
 * plan to be explained? Asked of one cluster of an inventory that differs from the one planned for.
 */
#ifndef BERTH_SOLVER_PLACEMENT_QUESTION_H
#define BERTH_SOLVER_PLACEMENT_QUESTION_H

#include "problem.h"
#include "search_clock.h"

typedef enum question_answer {
  ANSWER_NO = 0,
  ANSWER_YES,
  ANSWER_OPEN, /* undecided within the limits */
  ANSWER_NO_MEMORY
} question_answer;

typedef struct placement_question {
  const berth_inventory *inventory; /* may be a relaxed one */
  uint32_t cluster;
  bool may_wake;
  uint32_t vm;         /* the one that the question is about */
  const uint32_t *end; /* [vm] where the plan to be explained has it, BERTH_NONE = nowhere */
  bool leaves;         /* `vm` runs and has to leave its host: one violation less than the plan */
  uint64_t most_pairs; /* items × hosts beyond which nothing is searched */
  int64_t exact_limit;
  uint64_t seed;
} placement_question;

/** The problem of a whole cluster. Everything lives in @p memory. false = no memory. */
bool cluster_problem_build(problem *p, const berth_inventory *inventory, uint32_t cluster,
                           const problem_aim *aim, problem_scratch *scratch, arena *memory);

/** Answers until @p clock is over. */
question_answer placement_question_ask(const placement_question *question, search_clock *clock);

#endif
