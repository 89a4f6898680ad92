/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap by time and order of entering. */
#include "timeline_queue.h"
#include "context_internal.h"
#include <assert.h>

static bool goes_before(const timeline_entry *a, const timeline_entry *b) {
  assert(a->order != b->order || a == b);
  return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static bool make_room(timeline_queue *queue) {
  if (queue->count < queue->room)
    return true;
  uint32_t room = queue->room == 0 ? 64 : queue->room * 2;
  timeline_entry *grown = context_grow(queue->ctx, queue->entries, room, sizeof *grown);
  if (grown == NULL || room <= queue->room)
    return false;
  queue->entries = grown;
  queue->room = room;
  return true;
}

bool timeline_queue_add(timeline_queue *queue, int64_t at, timeline_task task, uint32_t subject,
                        uint32_t epoch) {
  assert(at >= 0);
  if (!make_room(queue))
    return false;
  timeline_entry added = {at, queue->entered++, task, subject, epoch};
  uint32_t place = queue->count++;
  for (; place > 0 && goes_before(&added, &queue->entries[(place - 1) / 2]);
       place = (place - 1) / 2)
    queue->entries[place] = queue->entries[(place - 1) / 2];
  queue->entries[place] = added;
  return true;
}

const timeline_entry *timeline_queue_first(const timeline_queue *queue) {
  assert(queue->count > 0);
  return &queue->entries[0];
}

timeline_entry timeline_queue_take(timeline_queue *queue) {
  assert(queue->count > 0);
  timeline_entry first = queue->entries[0], last = queue->entries[--queue->count];
  uint32_t place = 0;
  for (uint32_t child = 1; child < queue->count; child = 2 * place + 1) {
    if (child + 1 < queue->count && goes_before(&queue->entries[child + 1], &queue->entries[child]))
      child++;
    if (goes_before(&last, &queue->entries[child]))
      break;
    queue->entries[place] = queue->entries[child];
    place = child;
  }
  queue->entries[place] = last;
  return first;
}

void timeline_queue_free(timeline_queue *queue) {
  context_release(queue->ctx, queue->entries);
  queue->entries = NULL;
  queue->count = queue->room = 0;
}
