/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of a solve: every task once, whoever runs it; callbacks on the calling thread alone. */
#include "search_clock.h"
#include "workers.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

TestSuite(workers, .timeout = 60);

enum { TASKS = 200, INNER = 7, MOST_THREADS = 9 };

typedef struct fixture {
  berth_context *ctx;
  arena memory;
  workers *workers;
  pthread_t caller;
  atomic_uint polls, polls_elsewhere;
  atomic_uint runs[TASKS];
  atomic_uint inner[TASKS][INNER];
  atomic_uint seen; /* bit of each worker index */
  atomic_uint beyond;
  uint32_t nanoseconds; /* a task sleeps */
  _Atomic int64_t result[TASKS];
} fixture;

static void on_poll(void *user) {
  fixture *f = user;
  f->polls++;
  f->polls_elsewhere += !pthread_equal(pthread_self(), f->caller);
}

static fixture *open_fixture(uint32_t threads) {
  fixture *f = calloc(1, sizeof *f);
  cr_assert(f != NULL && berth_context_new(NULL, &f->ctx) == BERTH_OK);
  arena_init(&f->memory, context_allocator(f->ctx));
  f->caller = pthread_self();
  f->workers = workers_open(threads, &f->memory, on_poll, f);
  cr_assert_not_null(f->workers);
  return f;
}

static void close_fixture(fixture *f) {
  workers_close(f->workers);
  arena_free(&f->memory);
  berth_context_free(f->ctx);
  free(f);
}

static void sleep_for(uint32_t nanoseconds) {
  struct timespec time = {.tv_nsec = (long)nanoseconds};
  if (nanoseconds > 0)
    (void)nanosleep(&time, NULL);
}

static void run_task(void *user, uint32_t task, worker *self) {
  fixture *f = user;
  sleep_for(f->nanoseconds);
  f->runs[task]++;
  f->seen |= 1U << worker_index(self);
  f->beyond += worker_index(self) >= worker_hands(self);
  f->beyond += (worker_index(self) == 0) != (pthread_equal(pthread_self(), f->caller) != 0);
  f->result[task] = (int64_t)task * task;
}

static uint32_t tasks_run_once(const fixture *f) {
  uint32_t once = 0;
  for (uint32_t i = 0; i < TASKS; i++)
    once += f->runs[i] == 1 && f->result[i] == (int64_t)i * i;
  return once;
}

Test(workers, every_task_runs_once) {
  for (uint32_t threads = 1; threads <= MOST_THREADS; threads++) {
    fixture *f = open_fixture(threads);
    worker *self = workers_caller(f->workers);
    cr_assert_eq(worker_width(self), threads);
    workers_run(self, TASKS, run_task, f);
    cr_assert_eq(tasks_run_once(f), TASKS, "%u threads", threads);
    cr_assert_eq(f->beyond, 0);
    cr_assert_leq(worker_hands(self), threads);
    close_fixture(f);
  }
}

Test(workers, no_threads_at_all) {
  fixture *f = open_fixture(1);
  workers_run(NULL, TASKS, run_task, f);
  cr_assert_eq(tasks_run_once(f), TASKS);
  cr_assert_eq(worker_width(NULL), 1);
  cr_assert_eq(worker_hands(NULL), 1);
  cr_assert_null(workers_caller(NULL));
  workers_close(NULL);
  close_fixture(f);
}

Test(workers, empty_loop) {
  fixture *f = open_fixture(2);
  workers_run(workers_caller(f->workers), 0, run_task, f);
  cr_assert_eq(tasks_run_once(f), 0);
  close_fixture(f);
}

/* Eight tasks of 20 ms each on two threads: both take part, even on one core. */
Test(workers, threads_take_part) {
  fixture *f = open_fixture(2);
  f->nanoseconds = 20000000;
  workers_run(workers_caller(f->workers), 8, run_task, f);
  cr_assert_eq(f->seen, 3);
  close_fixture(f);
}

static void run_inner(void *user, uint32_t task, worker *self) {
  atomic_uint *row = user;
  (void)self;
  sleep_for(1000);
  row[task]++;
}

static void run_outer(void *user, uint32_t task, worker *self) {
  fixture *f = user;
  workers_run(self, INNER, run_inner, f->inner[task]);
  for (uint32_t i = 0; i < INNER; i++)
    f->beyond += f->inner[task][i] != 1; /* all done when the loop returns */
  f->runs[task]++;
}

Test(workers, loops_within_loops) {
  for (uint32_t threads = 1; threads <= 4; threads++) {
    fixture *f = open_fixture(threads);
    workers_run(workers_caller(f->workers), TASKS, run_outer, f);
    for (uint32_t i = 0; i < TASKS; i++)
      cr_assert_eq(f->runs[i], 1);
    cr_assert_eq(f->beyond, 0);
    close_fixture(f);
  }
}

static void sleep_unless_caller(void *user, uint32_t task, worker *self) {
  (void)user;
  (void)task;
  sleep_for(worker_index(self) == 0 ? 1000 : 300000000);
}

/* The calling thread has nothing to do for 0.3 s, and is to poll every 2 ms. */
Test(workers, waiting_caller_polls) {
  fixture *f = open_fixture(2);
  (void)worker_hands(workers_caller(f->workers));
  sleep_for(50000000); /* until the other thread waits for work */
  while (f->polls == 0)
    workers_run(workers_caller(f->workers), 50, sleep_unless_caller, f);
  cr_assert_geq(f->polls, 5);
  cr_assert_eq(f->polls_elsewhere, 0);
  close_fixture(f);
}

/* No address space is left for the stack of a thread: the calling one does everything. */
Test(workers, no_thread_to_be_had) {
#ifndef __SANITIZE_ADDRESS__
  unsigned long pages = 0;
  FILE *own = fopen("/proc/self/statm", "r");
  cr_assert(own != NULL && fscanf(own, "%lu", &pages) == 1);
  (void)fclose(own);
  fixture *f = open_fixture(4);
  struct rlimit limit = {.rlim_cur = pages * 4096 + 3000000, .rlim_max = RLIM_INFINITY};
  cr_assert(getrlimit(RLIMIT_AS, &(struct rlimit){0}) == 0 && setrlimit(RLIMIT_AS, &limit) == 0);
  workers_run(workers_caller(f->workers), TASKS, run_task, f);
  cr_assert_eq(worker_width(workers_caller(f->workers)), 4);
  cr_assert_eq(worker_hands(workers_caller(f->workers)), 1);
  cr_assert_eq(tasks_run_once(f), TASKS);
  close_fixture(f);
#endif
}

/* ---------------------------------------------------------------------- the clock */

typedef struct stop_test {
  search_clock clock;
  pthread_t caller;
  uint32_t asked;
  bool elsewhere;
  atomic_uint stopped;
} stop_test;

static bool refuse(void *user, const berth_progress *progress) {
  stop_test *t = user;
  (void)progress;
  t->asked++;
  t->elsewhere |= !pthread_equal(pthread_self(), t->caller);
  return t->asked < 3;
}

static void search_until_over(void *user, uint32_t task, worker *self) {
  stop_test *t = user;
  search_clock own;
  (void)task;
  search_clock_share(&own, &t->clock, self);
  while (!search_clock_over(&own))
    sleep_for(100000);
  t->stopped++;
}

static void look(void *clock) {
  (void)search_clock_over(clock);
}

/* Asked every 20 ms, the third answer is no: all workers hear of it soon after. */
Test(workers, cancel_reaches_all) {
  fixture *f = open_fixture(1);
  stop_test t = {.caller = pthread_self()};
  berth_context_set_progress(f->ctx, refuse, &t);
  search_clock_start(&t.clock, f->ctx, 50000);
  double began = search_clock_now();
  workers *w = workers_open(3, &f->memory, look, &t.clock);
  cr_assert_not_null(w);
  workers_run(workers_caller(w), 6, search_until_over, &t);
  double seconds = search_clock_now() - began;
  workers_close(w);
  cr_assert_eq(t.stopped, 6);
  cr_assert_eq(t.asked, 3);
  cr_assert(!t.elsewhere);
  cr_assert_geq(seconds, 0.06);
  cr_assert_lt(seconds, 2.0);
  close_fixture(f);
}

Test(workers, deadline_reaches_all) {
  fixture *f = open_fixture(1);
  stop_test t = {.caller = pthread_self()};
  search_clock_start(&t.clock, f->ctx, 100);
  workers *w = workers_open(2, &f->memory, look, &t.clock);
  cr_assert_not_null(w);
  workers_run(workers_caller(w), 4, search_until_over, &t);
  workers_close(w);
  cr_assert_eq(t.stopped, 4);
  close_fixture(f);
}
