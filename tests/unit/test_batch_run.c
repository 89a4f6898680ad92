/* SPDX-License-Identifier: Apache-2.0 */
/* Batches: every item once, results on the calling thread, in order where asked for; what is
 * stopped is dropped, and nobody waits for ever. */
#include "context_internal.h"
#include "counting_memory.h"
#include <berth/batch.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

TestSuite(batch_run, .timeout = 60);

enum { ITEMS = 500, REFUSED_AT = 120 };

typedef struct fixture {
  berth_context *ctx;
  berth_batch_request request;
  berth_batch_statistics statistics;
  pthread_t caller;
  atomic_uint runs[ITEMS];
  atomic_uint worked, elsewhere, too_early, cut_short;
  atomic_uint_fast64_t taken;
  uint64_t order[ITEMS]; /* of taking */
  atomic_uint dropped, wrong;
  uint64_t refuse_at;         /* take() says no to this one; ITEMS = none */
  uint32_t asked, stop_after; /* the progress callback; 0 = never */
} fixture;

static void sleep_for(long nanoseconds) {
  struct timespec time = {.tv_nsec = nanoseconds};
  (void)nanosleep(&time, NULL);
}

/* A result says which item it is of: its number, from 1. */
static void *work(void *user, uint64_t item, berth_context *ctx) {
  fixture *f = user;
  f->runs[item]++;
  f->too_early += f->request.in_order && item >= f->taken + f->request.window;
  f->wrong += ctx == f->ctx;
  if (item % 7 == 3)
    sleep_for(300000);
  f->worked++;
  return (void *)(uintptr_t)(item + 1);
}

static bool take(void *user, uint64_t item, void *result) {
  fixture *f = user;
  f->elsewhere += !pthread_equal(pthread_self(), f->caller);
  f->wrong += (uintptr_t)result != item + 1;
  f->order[f->taken] = item;
  f->taken++;
  return item != f->refuse_at;
}

static void drop(void *user, uint64_t item, void *result) {
  fixture *f = user;
  f->wrong += (uintptr_t)result != item + 1;
  f->dropped++;
}

static bool on_progress(void *user, const berth_progress *progress) {
  fixture *f = user;
  f->wrong += progress->total != f->request.count || progress->done > progress->total;
  f->elsewhere += !pthread_equal(pthread_self(), f->caller);
  return ++f->asked != f->stop_after;
}

static fixture *open_fixture(uint32_t threads) {
  fixture *f = calloc(1, sizeof *f);
  cr_assert(f != NULL && berth_context_new(NULL, &f->ctx) == BERTH_OK);
  f->request = (berth_batch_request)BERTH_BATCH_REQUEST_INIT;
  f->request.threads = threads;
  f->request.count = ITEMS;
  f->request.user = f;
  f->request.work = work;
  f->request.take = take;
  f->request.drop = drop;
  f->statistics = (berth_batch_statistics)BERTH_BATCH_STATISTICS_INIT;
  f->caller = pthread_self();
  f->refuse_at = ITEMS;
  berth_context_set_progress(f->ctx, on_progress, f);
  return f;
}

static berth_status run(fixture *f) {
  return berth_batch_run(f->ctx, &f->request, &f->statistics);
}

static void close_fixture(fixture *f) {
  cr_assert_eq(f->elsewhere, 0, "taken on the calling thread");
  cr_assert_eq(f->wrong, 0);
  cr_assert_eq(f->too_early, 0);
  for (int i = 0; i < ITEMS; i++)
    cr_assert_leq(f->runs[i], 1);
  cr_assert_eq(f->taken + f->dropped, f->worked, "each result is taken or dropped");
  berth_context_free(f->ctx);
  free(f);
}

static bool is_ascending(const fixture *f) {
  for (uint64_t i = 0; i < f->taken; i++)
    if (f->order[i] != i)
      return false;
  return true;
}

Test(batch_run, in_order_whatever_the_window) {
  static const uint32_t windows[] = {1, 2, 5, 1000}, threads[] = {1, 2, 5};
  for (int w = 0; w < 4; w++)
    for (int t = 0; t < 3; t++) {
      fixture *f = open_fixture(threads[t]);
      f->request.window = windows[w];
      cr_assert_eq(run(f), BERTH_OK);
      cr_assert_eq(f->taken, ITEMS);
      cr_assert(is_ascending(f));
      cr_assert_eq(f->statistics.taken, ITEMS);
      cr_assert_eq(f->statistics.threads, threads[t]);
      close_fixture(f);
    }
}

Test(batch_run, as_they_come) {
  static const uint32_t windows[] = {1, 3, 100};
  for (int w = 0; w < 3; w++) {
    fixture *f = open_fixture(4);
    f->request.in_order = false;
    f->request.window = windows[w];
    cr_assert_eq(run(f), BERTH_OK);
    cr_assert_eq(f->taken, ITEMS);
    close_fixture(f);
  }
}

/* Item 0 waits until all others are through: those dealt together with it have to be stolen. */
static void *wait_for_the_others(void *user, uint64_t item, berth_context *ctx) {
  fixture *f = user;
  while (item == 0 && f->worked < f->request.count - 1)
    sleep_for(100000);
  return work(user, item, ctx);
}

Test(batch_run, shares_are_stolen) {
  fixture *f = open_fixture(2);
  f->request.count = 16;
  f->request.in_order = false;
  f->request.work = wait_for_the_others;
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->order[15], 0, "the first item is the last to come");
  cr_assert_geq(f->statistics.stolen, 1);
  close_fixture(f);
}

/* In order, with room for all of them, likewise. */
Test(batch_run, order_is_kept_behind_a_slow_item) {
  fixture *f = open_fixture(3);
  f->request.window = ITEMS;
  f->request.work = wait_for_the_others;
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert(is_ascending(f));
  close_fixture(f);
}

Test(batch_run, take_stops_it) {
  fixture *f = open_fixture(3);
  f->refuse_at = REFUSED_AT;
  cr_assert_eq(run(f), BERTH_E_CANCELLED);
  cr_assert_eq(f->taken, REFUSED_AT + 1);
  cr_assert_eq(f->statistics.taken, REFUSED_AT + 1);
  close_fixture(f);
}

Test(batch_run, refusing_the_last_one_is_told) {
  fixture *f = open_fixture(2);
  f->refuse_at = ITEMS - 1;
  cr_assert_eq(run(f), BERTH_E_CANCELLED);
  cr_assert_eq(f->taken, ITEMS);
  close_fixture(f);
}

/* Works until its context says stop, as a search does. */
static void *work_until_stopped(void *user, uint64_t item, berth_context *ctx) {
  fixture *f = user;
  while (context_progress(ctx, "test", 0, 0, 0))
    sleep_for(1000000);
  f->cut_short++;
  return work(user, item, ctx);
}

Test(batch_run, progress_stops_it_at_once) {
  fixture *f = open_fixture(3);
  f->request.work = work_until_stopped;
  f->stop_after = 3;
  cr_assert_eq(run(f), BERTH_E_CANCELLED);
  cr_assert_eq(f->taken, 0, "what was cut short is not taken");
  cr_assert_eq(f->worked, 3);
  close_fixture(f);
}

Test(batch_run, items_have_a_time_limit) {
  fixture *f = open_fixture(2);
  f->request.count = 4;
  f->request.work = work_until_stopped;
  f->request.item_milliseconds = 30;
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->taken, 4);
  cr_assert_eq(f->cut_short, 4);
  cr_assert_geq(f->statistics.seconds, 0.06, "two after the other on each thread");
  close_fixture(f);
}

/* No address space is left for the stack of a thread: the calling one does everything. */
Test(batch_run, no_thread_to_be_had) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  unsigned long pages = 0;
  FILE *own = fopen("/proc/self/statm", "r");
  cr_assert(own != NULL && fscanf(own, "%lu", &pages) == 1);
  (void)fclose(own);
  fixture *f = open_fixture(4);
  struct rlimit limit = {.rlim_cur = pages * 4096 + 3000000, .rlim_max = RLIM_INFINITY};
  cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->statistics.threads, 1);
  cr_assert(is_ascending(f) && f->taken == ITEMS);
  close_fixture(f);
#endif
}

/* 300 threads are enough for the cores of the machine; as many as it has are, and fewer are not. */
Test(batch_run, threads_are_bound_if_there_are_enough) {
  fixture *f = open_fixture(300);
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->statistics.threads, 300);
  uint32_t cores = f->statistics.bound;
  cr_assert_geq(cores, 1);
  close_fixture(f);
  f = open_fixture(300);
  f->request.unbound = true;
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->statistics.bound, 0);
  close_fixture(f);
  for (uint32_t threads = 1; threads <= cores; threads += cores > 1 ? cores - 1 : 1) {
    f = open_fixture(threads);
    cr_assert_eq(run(f), BERTH_OK);
    cr_assert_eq(f->statistics.bound, threads == cores ? cores : 0);
    close_fixture(f);
  }
}

Test(batch_run, nothing_to_do) {
  fixture *f = open_fixture(0);
  f->request.count = 0;
  cr_assert_eq(run(f), BERTH_OK);
  cr_assert_eq(f->taken, 0);
  close_fixture(f);
}

Test(batch_run, wrong_requests) {
  fixture *f = open_fixture(2);
  f->request.window = 0;
  cr_assert_eq(run(f), BERTH_E_ARGUMENT);
  f->request.window = 1;
  f->request.threads = 1025;
  cr_assert_eq(run(f), BERTH_E_ARGUMENT);
  f->request.threads = 1;
  f->request.take = NULL;
  cr_assert_eq(run(f), BERTH_E_ARGUMENT);
  f->request.take = take;
  f->request.struct_size = 8;
  cr_assert_eq(run(f), BERTH_E_ARGUMENT);
  close_fixture(f);
}

Test(batch_run, every_allocation_fails_once) {
  berth_status status = BERTH_E_NOMEM;
  for (long allowed = 1; status != BERTH_OK && allowed < 100; allowed++) {
    counting_memory memory = {.left = allowed};
    fixture *f = open_fixture(3);
    berth_context_free(f->ctx);
    f->ctx = NULL;
    status = new_context(&memory, &f->ctx);
    if (status == BERTH_OK)
      status = run(f);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM);
    close_fixture(f);
    cr_assert_eq(memory.alive, 0);
  }
  cr_assert_eq(status, BERTH_OK);
}
