/* SPDX-License-Identifier: Apache-2.0 */
#include "search_clock.h"
#include <assert.h>
#include <time.h>

double search_clock_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void search_clock_start(search_clock *clock, berth_context *ctx, int64_t milliseconds) {
  assert(milliseconds > 0);
  double began = search_clock_now();
  *clock = (search_clock){.ctx = ctx,
                          .began = began,
                          .deadline = began + 1e-3 * (double)milliseconds,
                          .milliseconds = milliseconds,
                          .asked = began,
                          .phase = "solve"};
}

void search_clock_expect(search_clock *clock, const char *phase, uint64_t total) {
  assert(clock->first == NULL && phase != NULL);
  clock->phase = phase;
  clock->total = total;
  atomic_store(&clock->done, 0);
}

void search_clock_done(search_clock *clock, uint64_t pieces) {
  search_clock *first = clock->first != NULL ? clock->first : clock;
  atomic_fetch_add_explicit(&first->done, pieces, memory_order_relaxed);
}

void search_clock_share(search_clock *own, search_clock *clock, worker *self) {
  assert(own != clock);
  *own = (search_clock){.ctx = clock->ctx,
                        .began = clock->began,
                        .deadline = clock->deadline,
                        .milliseconds = clock->milliseconds,
                        .first = clock->first != NULL ? clock->first : clock,
                        .worker = self};
}

bool search_clock_over(search_clock *clock) {
  double now = search_clock_now();
  search_clock *first = clock->first != NULL ? clock->first : clock;
  assert(first->first == NULL);
  if (atomic_load(&first->cancelled))
    return true; /* who has said no is not asked again */
  if (worker_index(clock->worker) == 0 && now > first->asked + 0.02) {
    first->asked = now;
    if (!context_progress(first->ctx, first->phase, atomic_load(&first->done), first->total,
                          now - first->began))
      atomic_store(&first->cancelled, true);
  }
  return atomic_load(&first->cancelled) || now > clock->deadline;
}

bool search_clock_stop(void *clock) {
  return search_clock_over(clock);
}

int64_t search_clock_left(const search_clock *clock) {
  double left = 1e3 * (clock->deadline - search_clock_now());
  return left < 1.0 ? 1 : (int64_t)left;
}

int64_t search_clock_part(const search_clock *clock, int64_t part) {
  assert(part > 0 && clock->milliseconds > 0);
  return clock->milliseconds / part + 1;
}
