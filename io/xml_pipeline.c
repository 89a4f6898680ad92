/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of batches with three marks: submitted by the caller, filled by the thread, taken by the
 * caller. Whoever has to wait does so until much of the ring is there for it: half for the thread,
 * three quarters for the caller, or all that there will be: so threads of
 * different speed are woken once or twice a ring, not twice a batch.
 *
 * While the thread waits for memory the caller gets it as soon as it has nothing else to do, which
 * comes, since the thread fills nothing meanwhile.
 */
#include "xml_pipeline.h"

#include "context_internal.h"
#include "xml_tuning.h"
#include <pthread.h>
#include <signal.h>

typedef struct request {
  bool pending;
  void *memory; /* to be grown; then what it has become */
  size_t bytes;
} request;

struct xml_pipeline {
  berth_context *ctx;
  xml_parser *parser;
  uint32_t size;
  pthread_t thread;
  uint64_t taken; /* of the caller's thread */
  pthread_mutex_t mutex;
  pthread_cond_t for_thread, for_caller;
  /* Below the mutex: */
  xml_batch *ring[XML_BATCHES_MAX];
  uint64_t submitted, filled;
  uint64_t thread_waits_for,
      caller_waits_for; /* that many submitted or filled; 0 = does not wait */
  bool complete;        /* the last batch is submitted */
  bool stop;
  request wanted;
};

/* ------------------------------------------------------------------------ the thread */

/* Below the mutex: waits until there is work. */
static xml_batch *next_batch(xml_pipeline *p) {
  if (p->submitted == p->filled && !p->stop) {
    p->thread_waits_for = p->complete ? UINT64_MAX : p->filled + p->size / 2;
    while (p->submitted == p->filled && !p->stop)
      (void)pthread_cond_wait(&p->for_thread, &p->mutex);
    p->thread_waits_for = 0;
  }
  return p->stop ? NULL : p->ring[p->filled % p->size];
}

/* Called by the parser, on the thread. */
static void *ask_for_memory(void *user, void *memory, size_t bytes) {
  xml_pipeline *p = user;
  void *grown = NULL;
  (void)pthread_mutex_lock(&p->mutex);
  assert(!p->wanted.pending && bytes > 0);
  p->wanted = (request){true, memory, bytes};
  (void)pthread_cond_signal(&p->for_caller);
  while (p->wanted.pending && !p->stop)
    (void)pthread_cond_wait(&p->for_thread, &p->mutex);
  if (!p->wanted.pending)
    grown = p->wanted.memory;
  p->wanted.pending = false;
  (void)pthread_mutex_unlock(&p->mutex);
  return grown;
}

static void *run(void *argument) {
  xml_pipeline *p = argument;
  const xml_memory memory = {.grow = ask_for_memory, .user = p};
  (void)pthread_mutex_lock(&p->mutex);
  for (xml_batch *batch = next_batch(p); batch != NULL; batch = next_batch(p)) {
    (void)pthread_mutex_unlock(&p->mutex);
    xml_parser_fill(p->parser, batch, &memory, NULL);
    (void)pthread_mutex_lock(&p->mutex);
    p->filled++;
    assert(p->filled <= p->submitted);
    if (p->caller_waits_for != 0 && p->filled >= p->caller_waits_for)
      (void)pthread_cond_signal(&p->for_caller);
  }
  (void)pthread_mutex_unlock(&p->mutex);
  return NULL;
}

/* ------------------------------------------------------------------------ the caller */

void xml_pipeline_submit(xml_pipeline *p, xml_batch *batch) {
  assert(p != NULL && batch != NULL);
  (void)pthread_mutex_lock(&p->mutex);
  assert(p->submitted - p->taken < p->size && !p->complete);
  p->ring[p->submitted++ % p->size] = batch;
  p->complete = batch->last;
  if (p->thread_waits_for != 0 && (p->complete || p->submitted >= p->thread_waits_for))
    (void)pthread_cond_signal(&p->for_thread);
  (void)pthread_mutex_unlock(&p->mutex);
}

/* Below the mutex, which is open while memory is got. */
static void get_memory(xml_pipeline *p) {
  const request wanted = p->wanted;
  (void)pthread_mutex_unlock(&p->mutex);
  void *grown = context_grow(p->ctx, wanted.memory, wanted.bytes, 1);
  (void)pthread_mutex_lock(&p->mutex);
  p->wanted = (request){false, grown, 0};
  (void)pthread_cond_signal(&p->for_thread);
}

xml_batch *xml_pipeline_take(xml_pipeline *p) {
  assert(p != NULL);
  (void)pthread_mutex_lock(&p->mutex);
  assert(p->taken < p->submitted && p->submitted - p->taken <= p->size);
  if (p->filled == p->taken) {
    const uint64_t most = p->taken + p->size - p->size / 4;
    p->caller_waits_for = most < p->submitted ? most : p->submitted;
    if (p->thread_waits_for != 0) /* for more than there will be */
      (void)pthread_cond_signal(&p->for_thread);
    while (p->filled < p->caller_waits_for) {
      if (p->wanted.pending)
        get_memory(p);
      else
        (void)pthread_cond_wait(&p->for_caller, &p->mutex);
    }
    p->caller_waits_for = 0;
  }
  xml_batch *batch = p->ring[p->taken++ % p->size];
  (void)pthread_mutex_unlock(&p->mutex);
  return batch;
}

void xml_pipeline_end(xml_pipeline *p) {
  if (p == NULL)
    return;
  (void)pthread_mutex_lock(&p->mutex);
  p->stop = true;
  (void)pthread_cond_signal(&p->for_thread);
  (void)pthread_mutex_unlock(&p->mutex);
  (void)pthread_join(p->thread, NULL);
  (void)pthread_cond_destroy(&p->for_caller);
  (void)pthread_cond_destroy(&p->for_thread);
  (void)pthread_mutex_destroy(&p->mutex);
  context_release(p->ctx, p);
}

/* The program's signals are for the program's threads: a thread inherits what its creator blocks.
 */
static bool start_without_signals(xml_pipeline *p) {
  sigset_t all, before;
  (void)sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return false;
  const bool started = pthread_create(&p->thread, NULL, run, p) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

berth_status xml_pipeline_start(berth_context *ctx, xml_parser *parser, uint32_t batches,
                                xml_pipeline **out) {
  assert(ctx != NULL && parser != NULL && out != NULL);
  assert(batches >= 2 && batches <= XML_BATCHES_MAX);
  *out = NULL;
  xml_pipeline *p = context_take(ctx, 1, sizeof *p);
  if (p == NULL)
    return BERTH_E_NOMEM;
  p->ctx = ctx;
  p->parser = parser;
  p->size = batches;
  if (pthread_mutex_init(&p->mutex, NULL) != 0)
    goto without_mutex;
  if (pthread_cond_init(&p->for_thread, NULL) != 0)
    goto without_first;
  if (pthread_cond_init(&p->for_caller, NULL) != 0)
    goto without_second;
  if (start_without_signals(p)) {
    *out = p;
    return BERTH_OK;
  }
  (void)pthread_cond_destroy(&p->for_caller);
without_second:
  (void)pthread_cond_destroy(&p->for_thread);
without_first:
  (void)pthread_mutex_destroy(&p->mutex);
without_mutex:
  context_release(ctx, p);
  return BERTH_OK;
}
