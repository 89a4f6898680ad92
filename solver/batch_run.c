/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that work and a calling thread that takes. Between them stands a ring of `window` places,
 * below one mutex with the deal: items take milliseconds, so that nobody waits for the mutex. In
 * order, an item's place is its number, and no item is begun that would not have one; as they come,
 * places are filled one after the other, and a thread waits until there is one.
 */
#include "batch_deal.h"
#include "context_internal.h"
#include "machine.h"
#include "monotonic_condition.h"
#include "search_clock.h"
#include "versioned.h"
#include <assert.h>
#include <berth/batch.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS_MOST = 1024, WAIT_NANOSECONDS = 20000000 };
static const double CALLBACK_SECONDS = 0.02;

/* A result on its way to take(). */
typedef struct place {
  uint64_t item;
  void *result;
  bool filled;
} place;

typedef struct batch batch;

typedef struct hand {
  batch *all;
  uint32_t index;
  pthread_t thread;
  berth_context *ctx;
  double deadline; /* of the item it works on; 0 = none. The hand's own */
} hand;

struct batch {
  berth_context *ctx; /* the caller's */
  const berth_batch_request *request;
  arena memory;
  machine *machine;
  hand *hands;
  uint32_t wanted, started;
  bool binds;
  double began, called; /* the progress callback; of the calling thread */
  pthread_mutex_t mutex;
  pthread_cond_t work;   /* there may be something for a hand to do */
  pthread_cond_t result; /* there may be something to take */
  atomic_bool stop;
  bool refused;    /* take() said stop; of the calling thread */
  batch_deal deal; /* from here on below the mutex */
  place *places;   /* [window] */
  uint64_t filled; /* as they come: results so far */
  uint64_t taken;
  uint32_t bound;
};

/* ---------------------------------------------------------------------- the hands */

/* Progress callback of a hand's context. */
static bool goes_on(void *user, const berth_progress *progress) {
  const hand *self = user;
  (void)progress;
  return !atomic_load(&self->all->stop) &&
         (self->deadline <= 0 || search_clock_now() < self->deadline);
}

static void *work_on(hand *self, uint64_t item) {
  const berth_batch_request *request = self->all->request;
  if (request->item_milliseconds > 0)
    self->deadline = search_clock_now() + 1e-3 * (double)request->item_milliseconds;
  return request->work(request->user, item, self->ctx);
}

/* Below the mutex: false = there is nothing more to do. */
static bool find_item(hand *self, uint64_t *item) {
  batch *b = self->all;
  while (!atomic_load(&b->stop) && !batch_deal_is_over(&b->deal)) {
    uint64_t barrier = b->request->in_order ? b->taken + b->request->window : UINT64_MAX;
    if (batch_deal_next(&b->deal, self->index, barrier, item))
      return true;
    (void)pthread_cond_wait(&b->work, &b->mutex);
  }
  return false;
}

/* Below the mutex. */
static void put_result(batch *b, uint64_t item, void *result) {
  uint32_t window = b->request->window;
  while (!b->request->in_order && b->filled - b->taken == window && !atomic_load(&b->stop))
    (void)pthread_cond_wait(&b->work, &b->mutex);
  if (atomic_load(&b->stop)) {
    (void)pthread_mutex_unlock(&b->mutex);
    if (b->request->drop != NULL)
      b->request->drop(b->request->user, item, result);
    (void)pthread_mutex_lock(&b->mutex);
    return;
  }
  uint64_t number = b->request->in_order ? item : b->filled;
  assert(number >= b->taken && number - b->taken < window);
  place *p = &b->places[number % window];
  assert(!p->filled);
  *p = (place){.item = item, .result = result, .filled = true};
  b->filled++;
  if (number == b->taken)
    (void)pthread_cond_signal(&b->result);
}

static void *serve(void *argument) {
  hand *self = argument;
  batch *b = self->all;
  uint64_t item;
  bool bound = b->binds && self->index < machine_core_count(b->machine) &&
               machine_bind(b->machine, self->index);
  (void)pthread_mutex_lock(&b->mutex);
  b->bound += bound;
  while (find_item(self, &item)) {
    (void)pthread_mutex_unlock(&b->mutex);
    void *result = work_on(self, item);
    (void)pthread_mutex_lock(&b->mutex);
    put_result(b, item, result);
  }
  (void)pthread_cond_broadcast(&b->work); /* the others need not wait either */
  (void)pthread_mutex_unlock(&b->mutex);
  return NULL;
}

/* As many as can be had. A thread inherits which signals its creator blocks: all. */
static void start_hands(batch *b) {
  sigset_t all, before;
  (void)sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return;
  while (b->started < b->wanted &&
         pthread_create(&b->hands[b->started].thread, NULL, serve, &b->hands[b->started]) == 0)
    b->started++;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---------------------------------------------------------------------- the calling thread */

static void look_after_callbacks(batch *b) {
  double now = search_clock_now();
  if (now - b->called < CALLBACK_SECONDS)
    return;
  b->called = now;
  if (!context_progress(b->ctx, "batch", b->taken, b->request->count, now - b->began))
    atomic_store(&b->stop, true);
}

/* Below the mutex: waits for a signal, but not for long. */
static void wait_for_result(batch *b) {
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += WAIT_NANOSECONDS;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  (void)pthread_cond_timedwait(&b->result, &b->mutex, &until);
}

static void hand_over(batch *b, uint64_t item, void *result) {
  b->refused = !b->request->take(b->request->user, item, result);
  if (b->refused)
    atomic_store(&b->stop, true);
}

/* Takes until all are taken or somebody says stop; the place stays taken while take() runs. */
static void take_results(batch *b) {
  const berth_batch_request *request = b->request;
  (void)pthread_mutex_lock(&b->mutex);
  while (b->taken < request->count && !atomic_load(&b->stop)) {
    place *p = &b->places[b->taken % request->window];
    if (!p->filled)
      wait_for_result(b);
    bool filled = p->filled;
    (void)pthread_mutex_unlock(&b->mutex);
    if (filled)
      hand_over(b, p->item, p->result);
    look_after_callbacks(b);
    (void)pthread_mutex_lock(&b->mutex);
    if (filled) {
      p->filled = false;
      b->taken++;
      (void)pthread_cond_broadcast(&b->work);
    }
  }
  (void)pthread_cond_broadcast(&b->work);
  (void)pthread_mutex_unlock(&b->mutex);
}

/* Where no thread can be had: the calling one does it all. */
static void work_alone(batch *b) {
  hand *self = &b->hands[0];
  const berth_batch_request *request = b->request;
  while (b->taken < request->count && !atomic_load(&b->stop)) {
    uint64_t item = b->taken;
    void *result = work_on(self, item);
    look_after_callbacks(b);
    if (atomic_load(&b->stop)) {
      if (request->drop != NULL)
        request->drop(request->user, item, result);
      return;
    }
    hand_over(b, item, result);
    b->taken++;
  }
}

/* What was done and will not be taken; after all threads have ended. */
static void drop_results(batch *b) {
  for (uint32_t i = 0; i < b->request->window; i++)
    if (b->places[i].filled && b->request->drop != NULL)
      b->request->drop(b->request->user, b->places[i].item, b->places[i].result);
}

/* ---------------------------------------------------------------------- opening and closing */

static berth_status read_request(berth_context *ctx, const berth_batch_request *given,
                                 berth_batch_request *own) {
  berth_status status = versioned_read(ctx, "a request for a batch", given, own,
                                       VERSIONED_SIZE(berth_batch_request, drop));
  if (status != BERTH_OK)
    return status;
  if (own->work == NULL || own->take == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "a batch without work() or take()");
  if (own->window == 0 || own->threads > THREADS_MOST)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a batch with window 0, or with more than %d threads", THREADS_MOST);
  return BERTH_OK;
}

static void choose_threads(batch *b) {
  b->machine = machine_open(&b->memory);
  uint32_t cores = machine_core_count(b->machine);
  b->wanted = b->request->threads > 0 ? b->request->threads
              : cores < THREADS_MOST  ? cores
                                      : THREADS_MOST;
  if (b->wanted > b->request->count)
    b->wanted = b->request->count > 0 ? (uint32_t)b->request->count : 1;
  assert(b->wanted > 0);
  /* With cores to spare, threads that a piece of work starts find one. */
  b->binds = !b->request->unbound && b->wanted >= cores;
}

static bool open_hands(batch *b) {
  b->deal = (batch_deal){.hands = b->wanted, .count = b->request->count};
  b->deal.shares = arena_take(&b->memory, b->wanted, sizeof *b->deal.shares);
  b->places = arena_take(&b->memory, b->request->window, sizeof *b->places);
  b->hands = arena_take(&b->memory, b->wanted, sizeof *b->hands);
  if (b->deal.shares == NULL || b->places == NULL || b->hands == NULL)
    return false;
  for (uint32_t h = 0; h < b->wanted; h++) {
    hand *self = &b->hands[h];
    *self = (hand){.all = b, .index = h};
    if (berth_context_new(context_allocator(b->ctx), &self->ctx) != BERTH_OK)
      return false;
    berth_context_set_progress(self->ctx, goes_on, self);
  }
  return true;
}

static void close_hands(batch *b) {
  for (uint32_t h = 0; b->hands != NULL && h < b->wanted; h++)
    berth_context_free(b->hands[h].ctx);
  machine_close(b->machine);
  arena_free(&b->memory);
}

static void tell(const batch *b, berth_batch_statistics *out) {
  const berth_batch_statistics own = {.struct_size = sizeof own,
                                      .threads = b->started > 0 ? b->started : 1,
                                      .bound = b->bound,
                                      .taken = b->taken,
                                      .stolen = b->deal.stolen,
                                      .seconds = search_clock_now() - b->began};
  versioned_write(out, &own, VERSIONED_SIZE(berth_batch_statistics, seconds));
}

static void run(batch *b) {
  start_hands(b);
  if (b->started == 0)
    work_alone(b);
  else
    take_results(b);
  for (uint32_t h = 0; h < b->started; h++)
    (void)pthread_join(b->hands[h].thread, NULL);
  drop_results(b);
}

berth_status berth_batch_run(berth_context *ctx, const berth_batch_request *request,
                             berth_batch_statistics *statistics) {
  assert(ctx != NULL && request != NULL);
  berth_batch_request own = BERTH_BATCH_REQUEST_INIT;
  batch b = {.ctx = ctx, .request = &own, .began = search_clock_now()};
  berth_status status = read_request(ctx, request, &own);
  if (status == BERTH_OK)
    status = versioned_check(ctx, "statistics of a batch", statistics,
                             VERSIONED_SIZE(berth_batch_statistics, seconds));
  if (status != BERTH_OK)
    return status;
  arena_init(&b.memory, context_allocator(ctx));
  choose_threads(&b);
  status = context_fail(ctx, BERTH_E_NOMEM, NULL, "no memory or no locks for the threads");
  if (!open_hands(&b) || !monotonic_condition_init(&b.work))
    goto done;
  if (!monotonic_condition_init(&b.result))
    goto without_result;
  if (pthread_mutex_init(&b.mutex, NULL) != 0)
    goto without_mutex;
  run(&b);
  tell(&b, statistics);
  status = BERTH_OK;
  if (b.taken < own.count || b.refused)
    status = context_fail(ctx, BERTH_E_CANCELLED, NULL, "stopped after some of the items");
  (void)pthread_mutex_destroy(&b.mutex);
without_mutex:
  (void)pthread_cond_destroy(&b.result);
without_result:
  (void)pthread_cond_destroy(&b.work);
done:
  close_hands(&b);
  return status;
}
