/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch.h
 * Many independent pieces of work on a few threads: each thread has a share of the items and takes
 * from the others' when its own is used up. What an item is, is the caller's business: an inventory
 * to read and to plan, as a rule. Results come back on the calling thread, one at a time, in the
 * order of the items or as they come.
 *
 *   static void *work(void *user, uint64_t item, berth_context *ctx)   reads, solves: any thread
 *   static bool take(void *user, uint64_t item, void *result)          writes: the calling thread
 *
 *   berth_batch_request request = BERTH_BATCH_REQUEST_INIT;
 *   request.count = 10000; request.work = work; request.take = take; request.drop = drop;
 *   status = berth_batch_run(ctx, &request, NULL);
 */
#ifndef BERTH_BATCH_H
#define BERTH_BATCH_H

#include <berth/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Does item @p item on one of the threads, with a context that is that thread's own: its progress
 *  callback is set (it says when to stop) and has to stay. @return a result, passed on to take();
 *  NULL is one too. */
typedef void *(*berth_batch_work)(void *user, uint64_t item, berth_context *ctx);

/** Receives the result of @p item, on the calling thread. @return false: stop. */
typedef bool (*berth_batch_take)(void *user, uint64_t item, void *result);

/** Frees a result that nobody will take, since the batch was stopped; on any thread. What was being
 *  worked on then may have been cut short, and is dropped too. */
typedef void (*berth_batch_drop)(void *user, uint64_t item, void *result);

/** What is to be done. Initialise with BERTH_BATCH_REQUEST_INIT. */
typedef struct berth_batch_request {
  uint32_t struct_size;
  uint32_t threads;           /**< 0 = one for each core that the process may use */
  uint64_t count;             /**< items 0 .. count - 1 */
  bool unbound;               /**< leave the threads where the system puts them: for work that starts
                                   threads of its own, which inherit what a thread is bound to. Else
                                   each is bound to a core if there are threads for all cores */
  bool in_order;              /**< take() hears of item 0 first, then of item 1, and so on */
  uint32_t window;            /**< results that wait for take(), at most. In order, no item is begun
                                   that is so far ahead of the one take() waits for. At least 1 */
  int64_t item_milliseconds;  /**< after so long the progress callback of the context that works on
                                   an item says stop; 0 = never */
  void *user;                 /**< passed to the three functions */
  berth_batch_work work;
  berth_batch_take take;
  berth_batch_drop drop;      /**< may be NULL if results need no freeing */
} berth_batch_request;

#define BERTH_BATCH_REQUEST_INIT                                                                   \
  {.struct_size = sizeof(berth_batch_request), .in_order = true, .window = 1024}

/** How it went. Initialise with BERTH_BATCH_STATISTICS_INIT. */
typedef struct berth_batch_statistics {
  uint32_t struct_size;
  uint32_t threads; /**< that worked */
  uint32_t bound;   /**< of these, to a core of their own */
  uint64_t taken;   /**< results that take() has heard of */
  uint64_t stolen;  /**< items that went from one thread's share to another's */
  double seconds;   /**< wall-clock */
} berth_batch_statistics;

#define BERTH_BATCH_STATISTICS_INIT {.struct_size = sizeof(berth_batch_statistics)}

/**
 * Runs the batch and returns when all results are taken, or when it was stopped. Which thread does
 * an item, and when, is not determined; what the items come to is, if work() depends on the item
 * only. While it waits, the calling thread looks after the progress callback of @p ctx, which is
 * told "batch" and how many of the items are through; false from it stops the batch.
 * @param ctx its allocator is used by all threads.
 * @param[out] statistics may be NULL.
 * @return BERTH_OK; BERTH_E_CANCELLED (take() or the progress callback said so); BERTH_E_ARGUMENT
 *         (no work(), no take(), no window, more than 1,024 threads); BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_batch_run(berth_context *ctx, const berth_batch_request *request,
                                          berth_batch_statistics *statistics);

#ifdef __cplusplus
}
#endif
#endif
