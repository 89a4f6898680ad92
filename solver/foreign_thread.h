/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file foreign_thread.h
 * A thread for a foreign solver, which the caller can leave behind. The caller hands over a task
 * and waits; meanwhile it asks its stop function, on its own thread. A solver that does not heed
 * the end of its time is abandoned: the caller goes on at once, and the thread frees everything it
 * owns when the solver comes back.
 *
 * So a task works on memory of its own only, and that is malloc's: it may outlive the call and the
 * context whose allocator would be asked. The thread takes no signals.
 */
#ifndef BERTH_SOLVER_FOREIGN_THREAD_H
#define BERTH_SOLVER_FOREIGN_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct foreign_thread foreign_thread;

/** What the thread does. @p state belongs to the thread once it has been started. */
typedef struct foreign_task {
  void (*serve)(void *state, foreign_thread *thread); /* one call of foreign_thread_call() */
  void (*end)(void *state);                           /* on the thread, after the last one */
  void (*destroy)(void *state);                       /* on whichever thread is left */
} foreign_task;

/** When a call has to come back. */
typedef struct foreign_limits {
  double deadline;          /* of search_clock_now() */
  bool (*stop)(void *user); /* may be NULL; called every few milliseconds, on the calling thread */
  void *stop_user;
} foreign_limits;

/** Starts a thread that waits for calls. NULL: no memory or no thread; then @p state is still the
 *  caller's. */
foreign_thread *foreign_thread_start(const foreign_task *task, void *state);
/** Runs the task's serve() once. True: it came back. False: it was abandoned after the deadline or
 * a stop; the thread may not be called again, and the state may only be looked at between
 *  foreign_thread_lock() and foreign_thread_unlock(). */
bool foreign_thread_call(foreign_thread *thread, const foreign_limits *limits);
/** Ends the thread; waits for it unless it was abandoned. NULL is harmless. */
void foreign_thread_end(foreign_thread *thread);

/** True once the task has to come back. For serve(), cheap enough to be asked often. */
bool foreign_thread_over(const foreign_thread *thread);

/** What task and caller both look at while the task runs. */
void foreign_thread_lock(foreign_thread *thread);
void foreign_thread_unlock(foreign_thread *thread);

#endif
