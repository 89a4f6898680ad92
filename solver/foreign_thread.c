/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mailbox with one request: the caller sets `busy` and waits until the thread clears it. Whoever
 * is last to leave, caller or abandoned thread, destroys the state.
 *
 * Times: a stop is noticed within POLL, and the solver then has GRACE to come back by itself, so
 * that with a stop function that looks every 20 ms a cancelled call returns within 50 ms.
 */
#include "foreign_thread.h"
#include "monotonic_condition.h"
#include "search_clock.h"
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static const double POLL = 0.002, GRACE = 0.015;

struct foreign_thread {
  const foreign_task *task;
  void *state;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  atomic_bool over;        /* the running call has to come back */
  _Atomic double deadline; /* of the running call */
  bool busy, leave;        /* below the mutex: a call runs; no more calls */
  bool abandoned;          /* likewise: nobody waits, nobody will free */
};

static void destroy(foreign_thread *t) {
  t->task->destroy(t->state);
  (void)pthread_cond_destroy(&t->changed);
  (void)pthread_mutex_destroy(&t->mutex);
  free(t);
}

static void *run(void *argument) {
  foreign_thread *t = argument;
  (void)pthread_mutex_lock(&t->mutex);
  while (!t->leave) {
    if (!t->busy) {
      (void)pthread_cond_wait(&t->changed, &t->mutex);
      continue;
    }
    assert(!t->abandoned);
    (void)pthread_mutex_unlock(&t->mutex);
    t->task->serve(t->state, t);
    (void)pthread_mutex_lock(&t->mutex);
    t->busy = false;
    (void)pthread_cond_signal(&t->changed);
  }
  (void)pthread_mutex_unlock(&t->mutex);
  t->task->end(t->state);
  /* Only the caller sets it, and no longer once it has said that the thread shall leave. */
  if (t->abandoned)
    destroy(t);
  return NULL;
}

/* The program's signals are for the program's threads: a thread inherits what its creator blocks.
 */
static bool start_without_signals(foreign_thread *t) {
  sigset_t all, before;
  (void)sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return false;
  bool ok = pthread_create(&t->thread, NULL, run, t) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return ok;
}

foreign_thread *foreign_thread_start(const foreign_task *task, void *state) {
  assert(task->serve != NULL && task->end != NULL && task->destroy != NULL);
  foreign_thread *t = calloc(1, sizeof *t);
  if (t == NULL)
    return NULL;
  t->task = task;
  t->state = state;
  if (!monotonic_condition_init(&t->changed))
    goto without_condition;
  if (pthread_mutex_init(&t->mutex, NULL) != 0)
    goto without_mutex;
  if (start_without_signals(t))
    return t;
  (void)pthread_mutex_destroy(&t->mutex);
without_mutex:
  (void)pthread_cond_destroy(&t->changed);
without_condition:
  free(t);
  return NULL;
}

/* Below the mutex: waits until the call is done or the time has come. */
static void wait_until(foreign_thread *t, double time) {
  struct timespec until = {.tv_sec = (time_t)time};
  until.tv_nsec = (long)(1e9 * (time - (double)until.tv_sec));
  assert(until.tv_nsec >= 0 && until.tv_nsec < 1000000000);
  while (t->busy && search_clock_now() < time)
    (void)pthread_cond_timedwait(&t->changed, &t->mutex, &until);
}

/* Outside the mutex, since the stop function is the caller's. */
static bool asked_to_stop(foreign_thread *t, const foreign_limits *limits) {
  assert(limits->deadline > 0);
  (void)pthread_mutex_unlock(&t->mutex);
  bool stop = limits->stop != NULL && limits->stop(limits->stop_user);
  (void)pthread_mutex_lock(&t->mutex);
  return stop;
}

bool foreign_thread_call(foreign_thread *t, const foreign_limits *limits) {
  (void)pthread_mutex_lock(&t->mutex);
  assert(!t->busy && !t->leave && !t->abandoned);
  bool over = asked_to_stop(t, limits);
  atomic_store(&t->over, over);
  atomic_store(&t->deadline, limits->deadline);
  t->busy = true;
  (void)pthread_cond_signal(&t->changed);
  while (t->busy && !over) {
    wait_until(t, search_clock_now() + POLL);
    over = t->busy && (search_clock_now() > limits->deadline || asked_to_stop(t, limits));
  }
  if (t->busy) {
    atomic_store(&t->over, true);
    wait_until(t, search_clock_now() + GRACE);
  }
  bool done = !t->busy;
  t->abandoned = !done;
  (void)pthread_mutex_unlock(&t->mutex);
  return done;
}

void foreign_thread_end(foreign_thread *t) {
  if (t == NULL)
    return;
  (void)pthread_mutex_lock(&t->mutex);
  bool abandoned = t->abandoned;
  assert(abandoned || !t->busy);
  t->leave = true;
  (void)pthread_cond_signal(&t->changed);
  /* From the unlocking on an abandoned thread may free everything at any moment. */
  if (abandoned)
    (void)pthread_detach(t->thread);
  (void)pthread_mutex_unlock(&t->mutex);
  if (abandoned)
    return;
  (void)pthread_join(t->thread, NULL);
  destroy(t);
}

bool foreign_thread_over(const foreign_thread *t) {
  return atomic_load(&t->over) || search_clock_now() > atomic_load(&t->deadline);
}

void foreign_thread_lock(foreign_thread *t) {
  (void)pthread_mutex_lock(&t->mutex);
}

void foreign_thread_unlock(foreign_thread *t) {
  (void)pthread_mutex_unlock(&t->mutex);
}
