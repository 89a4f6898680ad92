/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_queue.h
 * What is to happen, by time; of equal times, what was entered first. A binary heap.
 */
#ifndef BERTH_SOLVER_TIMELINE_QUEUE_H
#define BERTH_SOLVER_TIMELINE_QUEUE_H

#include <berth/scenario.h>

/** What an entry does when its time has come. */
typedef enum timeline_task {
  TASK_EVENT,           /* of the scenario: `subject` is its number */
  TASK_SILENCE,         /* host */
  TASK_RESPONSE,        /* host */
  TASK_DETECT,          /* host */
  TASK_ELECT,           /* nobody */
  TASK_LOCKS_EXPIRE,    /* host */
  TASK_PROTECT_STORAGE, /* host */
  TASK_GUEST_OFF,       /* VM: has shut down */
  TASK_DUE,             /* VM: may be tried (again) */
  TASK_STARTED,         /* VM: its power-on ends */
  TASK_READY,           /* VM */
  TASK_TIMEOUT,         /* VM: others need not wait for it any more */
  TASK_WAKE_ENDS,       /* host */
  TASK_MIGRATION_ENDS,  /* VM */
  TASK_STEP,            /* nobody: a step of the plan may start now */
  TASK_APPROVED         /* nobody */
} timeline_task;

typedef struct timeline_entry {
  int64_t at;
  uint64_t order; /* of entering */
  timeline_task task;
  uint32_t subject; /* host or VM */
  uint32_t epoch;   /* of the subject: entries of an older one are passed over */
} timeline_entry;

typedef struct timeline_queue {
  berth_context *ctx;
  timeline_entry *entries;
  uint32_t count, room;
  uint64_t entered;
} timeline_queue;

/** @return false: out of memory. */
bool timeline_queue_add(timeline_queue *queue, int64_t at, timeline_task task, uint32_t subject,
                        uint32_t epoch);
/** The first entry; the queue is not empty. */
const timeline_entry *timeline_queue_first(const timeline_queue *queue);
timeline_entry timeline_queue_take(timeline_queue *queue);
void timeline_queue_free(timeline_queue *queue);

#endif
