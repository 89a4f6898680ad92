/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_history.h
 * Random changes, done to a session and to its model alike.
 */
#ifndef BERTH_TESTS_SESSION_HISTORY_H
#define BERTH_TESTS_SESSION_HISTORY_H

#include "session_model.h"

typedef struct session_history {
  uint64_t random;
  berth_session *session;
  session_model model;
  session_model before; /* the open transaction, if there is one */
  bool open;
  uint32_t ids;   /* given to added objects */
  char said[160]; /* the last change, for messages */
} session_history;

/** One change, which may be one that is refused. @p memory_short: it may also fail for want of
 *  memory. False: the session did not do what the model did. */
bool history_change(session_history *history, bool memory_short, berth_status *status);

uint32_t history_below(session_history *history, uint32_t count);

#endif
