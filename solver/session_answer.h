/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_answer.h
 * What drain and failure of a host come to, and the two ways to it: moves one after another on a
 * fork of the view, and a search over its inventory.
 */
#ifndef BERTH_SOLVER_SESSION_ANSWER_H
#define BERTH_SOLVER_SESSION_ANSWER_H

#include "arena.h"
#include "session_state.h"

struct berth_answer {
  berth_outcome outcome;
  uint32_t move_count, left_count;
  berth_plan_placement *moves;
  uint32_t *left;   /* ascending */
  berth_plan *plan; /* NULL = none was needed, or it is not one of the state itself */
  arena memory;     /* of the lists */
};

/** A question about one host, and the VMs that it is about. */
typedef struct host_question {
  berth_context *ctx;
  const berth_view *view;
  uint32_t host;
  bool fails;     /* else it is to be emptied */
  uint32_t count; /* VMs that run there; if it fails, those that are to be restarted */
  uint32_t *vms;  /* in the order in which they are to be moved */
  const berth_options *options;
} host_question;

/** Tries the VMs one after another, each at the best host that is awake. All found one: the answer
 *  is complete. None for one: the answer has no move, and its outcome is unknown.
 *  @param[out] cancelled by the progress callback; the answer has what there was until then.
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status answer_directly(const host_question *question, berth_answer *answer, bool *cancelled);

/** Puts each restart of the answer behind those that it has to wait for (rules restart-after); all
 *  else stays as it is. False: out of memory. */
bool answer_order_restarts(const host_question *question, berth_answer *answer);

/** Has berth_solve() decide, and where that does not, the search behind it. @return BERTH_OK,
 *  BERTH_E_NOMEM, or what it returns. */
berth_status answer_by_search(const host_question *question, berth_answer *answer);

#endif
