/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file workers.h
 * The threads of one solve: a parallel loop over tasks. The calling thread is worker 0 and takes
 * part; while it waits, it looks after the caller's callbacks. Threads are started when there is
 * first something for them, take no signals, are bound to a core each where that is possible, and
 * are joined by workers_close(). Where none can be had, the calling thread does it all.
 *
 * What a task computes may depend on worker_width(), never on who runs it or when: then results are
 * the same whatever threads there are.
 */
#ifndef BERTH_SOLVER_WORKERS_H
#define BERTH_SOLVER_WORKERS_H

#include "arena.h"
#include <stdint.h>

typedef struct workers workers;
/** One thread of them, as seen from the task that it runs. NULL stands for a calling thread that
 *  has no others. */
typedef struct worker worker;

/** One task of a loop. @p self: who runs it, for loops within. */
typedef void (*worker_task)(void *user, uint32_t task, worker *self);
/** Called every few milliseconds on the calling thread while that waits. */
typedef void (*worker_poll)(void *user);

/** @p threads: the calling one included; 0 = one for each core that the process may use. NULL: out
 *  of memory. @p memory has to live longer, and is used on the calling thread only. */
workers *workers_open(uint32_t threads, arena *memory, worker_poll poll, void *user);
/** Ends and joins all threads; no loop may run. NULL is harmless. */
void workers_close(workers *w);
/** The calling thread. NULL for NULL. */
worker *workers_caller(workers *w);

/** How many tasks the caller of workers_open() wanted to run at once: at least 1, and the same
 *  whether or not there are threads. */
uint32_t worker_width(worker *self);
/** One more than the largest worker_index() there can be: for work space. */
uint32_t worker_hands(worker *self);
/** Which thread it is; 0 = the calling one. */
uint32_t worker_index(const worker *self);

/** Runs task(user, 0 .. count - 1) and returns when all are done. A loop may run within a task;
 *  threads without work in the loop around it then help. */
void workers_run(worker *self, uint32_t count, worker_task task, void *user);

#endif
