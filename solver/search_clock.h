/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file search_clock.h
 * When a search has to end: its deadline, or the caller's wish through the progress callback.
 */
#ifndef BERTH_SOLVER_SEARCH_CLOCK_H
#define BERTH_SOLVER_SEARCH_CLOCK_H

#include "context_internal.h"

typedef struct search_clock {
  berth_context *ctx;
  double began, deadline; /* seconds of the monotonic clock */
  double asked;           /* when the callback was last called */
  bool cancelled;
} search_clock;

/** Seconds of the monotonic clock. */
double search_clock_now(void);
/** Starts the clock of a search of at most @p milliseconds. */
void search_clock_start(search_clock *clock, berth_context *ctx, int64_t milliseconds);
/** True once the search must end. Calls the progress callback at most every 20 ms. */
bool search_clock_over(search_clock *clock);
/** The same, as a mip_stop_function. */
bool search_clock_stop(void *clock);
/** Milliseconds left, at least 1. */
int64_t search_clock_left(const search_clock *clock);

#endif
