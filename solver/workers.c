/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops that are not through stand in a list; an idle thread takes the next task of the outermost,
 * since large tasks cost the least waiting. A thread that waits for the last tasks of its own loop
 * helps with loops further within only: the others would keep it for longer than what it waits for.
 */
#include "workers.h"
#include "machine.h"
#include "monotonic_condition.h"
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

enum { POLL_NANOSECONDS = 2000000 };

/* One loop; lives on the stack of the thread that runs it. */
typedef struct loop {
  worker_task task;
  void *user;
  uint32_t count, taken, done;
  uint32_t depth; /* loops around it */
  struct loop *next;
} loop;

struct worker {
  workers *all;
  uint32_t index;
  uint32_t depth; /* loops whose tasks this thread is in */
  pthread_t thread;
};

struct workers {
  arena *memory; /* used on the calling thread only */
  worker caller;
  worker *list;    /* [width] once they are started; NULL = not tried yet. The first is not used */
  uint32_t wanted; /* 0 = a thread for each core */
  uint32_t width;  /* 0 = not looked at yet */
  uint32_t started;
  machine *machine;
  worker_poll poll;
  void *user;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  loop *open; /* below the mutex; newest first */
  bool leave; /* likewise */
};

workers *workers_open(uint32_t threads, arena *memory, worker_poll poll, void *user) {
  assert(poll != NULL);
  workers *w = arena_take(memory, 1, sizeof *w);
  if (w == NULL)
    return NULL;
  w->memory = memory;
  w->wanted = threads;
  w->poll = poll;
  w->user = user;
  w->caller.all = w;
  if (!monotonic_condition_init(&w->changed))
    return NULL;
  if (pthread_mutex_init(&w->mutex, NULL) == 0)
    return w;
  (void)pthread_cond_destroy(&w->changed);
  return NULL;
}

worker *workers_caller(workers *w) {
  return w != NULL ? &w->caller : NULL;
}

/* ---------------------------------------------------------------------- below the mutex */

/* The loop that was opened first of those with a task to give away, at least so deep. */
static loop *find_loop(const workers *w, uint32_t depth) {
  loop *found = NULL;
  for (loop *l = w->open; l != NULL; l = l->next) {
    assert(l->done <= l->taken && l->taken <= l->count);
    if (l->taken < l->count && l->depth >= depth)
      found = l;
  }
  return found;
}

static void run_one(worker *self, loop *l) {
  workers *w = self->all;
  uint32_t task = l->taken++, before = self->depth;
  self->depth = l->depth + 1;
  (void)pthread_mutex_unlock(&w->mutex);
  l->task(l->user, task, self);
  (void)pthread_mutex_lock(&w->mutex);
  self->depth = before;
  assert(l->done < l->taken);
  if (++l->done == l->count)
    (void)pthread_cond_broadcast(&w->changed);
}

static void close_loop(workers *w, const loop *l) {
  loop **link = &w->open;
  while (*link != l)
    link = &(*link)->next;
  *link = l->next;
}

/* The calling thread wakes up in between, for the callbacks. */
static void wait_for_change(worker *self) {
  workers *w = self->all;
  struct timespec until;
  if (self->index > 0) {
    (void)pthread_cond_wait(&w->changed, &w->mutex);
    return;
  }
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += POLL_NANOSECONDS;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  (void)pthread_cond_timedwait(&w->changed, &w->mutex, &until);
  (void)pthread_mutex_unlock(&w->mutex);
  w->poll(w->user);
  (void)pthread_mutex_lock(&w->mutex);
}

/* ---------------------------------------------------------------------- threads */

static void *serve(void *argument) {
  worker *self = argument;
  workers *w = self->all;
  uint32_t cores = machine_core_count(w->machine);
  assert(self->index > 0 && self->depth == 0);
  if (self->index < cores)
    (void)machine_bind(w->machine, self->index);
  (void)pthread_mutex_lock(&w->mutex);
  while (!w->leave) {
    loop *l = find_loop(w, 0);
    if (l != NULL)
      run_one(self, l);
    else
      wait_for_change(self);
  }
  (void)pthread_mutex_unlock(&w->mutex);
  return NULL;
}

/* As many as can be had. A thread inherits which signals its creator blocks: all. */
static void start_threads(workers *w) {
  sigset_t all, before;
  w->list = arena_take(w->memory, w->width, sizeof *w->list);
  (void)sigfillset(&all);
  if (w->list == NULL || pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return;
  for (uint32_t i = 1; i < w->width; i++, w->started++) {
    w->list[i] = (worker){.all = w, .index = i};
    if (pthread_create(&w->list[i].thread, NULL, serve, &w->list[i]) != 0)
      break;
  }
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

uint32_t worker_width(worker *self) {
  if (self == NULL)
    return 1;
  workers *w = self->all;
  if (w->width == 0) {
    assert(self->index == 0 && w->list == NULL);
    if (w->wanted != 1)
      w->machine = machine_open(w->memory);
    w->width = w->wanted > 0 ? w->wanted : machine_core_count(w->machine);
  }
  return w->width;
}

uint32_t worker_hands(worker *self) {
  if (worker_width(self) == 1)
    return 1;
  if (self->all->list == NULL)
    start_threads(self->all);
  return 1 + self->all->started;
}

uint32_t worker_index(const worker *self) {
  return self != NULL ? self->index : 0;
}

void workers_close(workers *w) {
  if (w == NULL)
    return;
  (void)pthread_mutex_lock(&w->mutex);
  assert(w->open == NULL);
  w->leave = true;
  (void)pthread_cond_broadcast(&w->changed);
  (void)pthread_mutex_unlock(&w->mutex);
  for (uint32_t i = 1; i <= w->started; i++)
    (void)pthread_join(w->list[i].thread, NULL);
  machine_close(w->machine);
  (void)pthread_mutex_destroy(&w->mutex);
  (void)pthread_cond_destroy(&w->changed);
}

void workers_run(worker *self, uint32_t count, worker_task task, void *user) {
  assert(task != NULL);
  if (count < 2 || worker_hands(self) == 1) {
    for (uint32_t i = 0; i < count; i++)
      task(user, i, self);
    return;
  }
  workers *w = self->all;
  loop own = {.task = task, .user = user, .count = count, .depth = self->depth};
  (void)pthread_mutex_lock(&w->mutex);
  own.next = w->open;
  w->open = &own;
  (void)pthread_cond_broadcast(&w->changed);
  while (own.done < own.count) {
    loop *l = own.taken < own.count ? &own : find_loop(w, own.depth + 1);
    if (l != NULL)
      run_one(self, l);
    else
      wait_for_change(self);
  }
  close_loop(w, &own);
  (void)pthread_mutex_unlock(&w->mutex);
}
