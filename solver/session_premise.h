/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_premise.h
 * The inventory that a question about one host is put to (docs/model.md §18): nothing takes part
 * that the question is not about, and what is wrong already counts as little as an inventory can
 * say.
 */
#ifndef BERTH_SOLVER_SESSION_PREMISE_H
#define BERTH_SOLVER_SESSION_PREMISE_H

#include "problem.h"
#include "session_answer.h"
#include "session_inventory.h"

typedef struct host_premise {
  view_copy copy;         /* the view itself */
  berth_inventory *asked; /* derived from it */
  uint32_t host, cluster; /* of the inventory */
  int64_t fixed;          /* violations that no plan mends */
  int64_t others; /* violations before anything moves, without VMs that are to leave the host */
  problem_aim aim;
  problem whole; /* the cluster */
  problem_scratch scratch;
  arena memory;
} host_premise;

/** @return BERTH_OK, BERTH_E_NOMEM. Pointers to @p out stay in it: it must not move. */
berth_status host_premise_make(const host_question *question, host_premise *out);
/** Harmless where making it failed. */
void host_premise_free(host_premise *premise);

#endif
