/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_fork.h
 * A view to try things on: it shares all blocks with the one it comes from and copies those that it
 * changes, so that trying costs what is moved. It is a session without names and transactions.
 */
#ifndef BERTH_SOLVER_SESSION_FORK_H
#define BERTH_SOLVER_SESSION_FORK_H

#include "session_internal.h"

typedef struct view_fork {
  berth_session session; /* its `present` is `view`; nothing else of it is used but the leaves */
  berth_view *view;      /* holds the blocks; NULL = not open */
} view_fork;

/** False: out of memory. */
bool fork_open(view_fork *fork, const berth_view *view);
/** Harmless where it did not open. */
void fork_close(view_fork *fork);

static inline const berth_view *fork_view(const view_fork *fork) {
  return &fork->session.present;
}

/** @p vm is on, at @p host. False: out of memory. */
bool fork_place(view_fork *fork, uint32_t vm, uint32_t host);
bool fork_set_state(view_fork *fork, uint32_t host, berth_host_state state);

#endif
