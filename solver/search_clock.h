/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file search_clock.h
 * When a search has to end: its deadline, or the caller's wish through the progress callback. Every
 * worker looks at a clock of its own; all end together.
 */
#ifndef BERTH_SOLVER_SEARCH_CLOCK_H
#define BERTH_SOLVER_SEARCH_CLOCK_H

#include "context_internal.h"
#include "workers.h"
#include <stdatomic.h>

typedef struct search_clock {
  berth_context *ctx;     /* workers may ask it for its allocator only */
  double began, deadline; /* seconds of the monotonic clock */
  int64_t milliseconds;   /* between the two, as they were asked for */
  double asked;           /* when the callback was last called; of the calling thread */
  const char *phase;      /* what the callback is told: this, and how far it is */
  uint64_t total;         /* 0 = nobody knows */
  atomic_uint_fast64_t done;
  atomic_bool cancelled;
  struct search_clock *first; /* the one that search_clock_start() made; NULL = this one */
  worker *worker;             /* the thread that looks at it; NULL = the calling one */
} search_clock;

/** Seconds of the monotonic clock. */
double search_clock_now(void);
/** Starts the clock of a search of at most @p milliseconds, on the calling thread. */
void search_clock_start(search_clock *clock, berth_context *ctx, int64_t milliseconds);
/** From now on the progress callback hears of @p total pieces of work; of the calling thread. */
void search_clock_expect(search_clock *clock, const char *phase, uint64_t total);
/** So many of them are done. */
void search_clock_done(search_clock *clock, uint64_t pieces);
/** The clock for what @p self does as a part of that search. @p clock must outlive it. */
void search_clock_share(search_clock *own, search_clock *clock, worker *self);
/** True once the search must end. Calls the progress callback at most every 20 ms, and on the
 *  calling thread only. */
bool search_clock_over(search_clock *clock);
/** The same, as a mip_stop_function. */
bool search_clock_stop(void *clock);
/** Milliseconds left, at least 1. */
int64_t search_clock_left(const search_clock *clock);
/** A part of the time that the search was given at its start, at least 1 millisecond: the same
 *  whenever it is asked. */
int64_t search_clock_part(const search_clock *clock, int64_t part);

#endif
