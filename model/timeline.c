/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timeline is filled cluster by cluster and sorted once. Clusters have nothing to do with each
 * other, so that a stable sort by time is all that joins them.
 */
#include "context_internal.h"
#include "frozen.h"
#include "timeline_record.h"
#include <assert.h>
#include <string.h>

berth_status timeline_new(berth_context *ctx, const berth_inventory *inventory, const char *name,
                          const berth_ha_timing *timing, berth_timeline **out) {
  assert(ctx != NULL && inventory != NULL && name != NULL && timing != NULL && out != NULL);
  berth_timeline *timeline = context_take(ctx, 1, sizeof *timeline);
  *out = NULL;
  if (timeline == NULL)
    return BERTH_E_NOMEM;
  timeline->allocator = *context_allocator(ctx);
  timeline->inventory = berth_inventory_retain(inventory);
  timeline->timing = *timing;
  arena_init(&timeline->memory, &timeline->allocator);
  chunked_list_init(&timeline->moments, &timeline->allocator, sizeof(berth_moment));
  chunked_list_init(&timeline->outages, &timeline->allocator, sizeof(berth_outage));
  chunked_list_init(&timeline->spans, &timeline->allocator, sizeof(berth_span));
  timeline->name = arena_text(&timeline->memory, name, strlen(name));
  if (timeline->name == NULL) {
    berth_timeline_free(timeline);
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  }
  *out = timeline;
  return BERTH_OK;
}

void berth_timeline_free(berth_timeline *timeline) {
  if (timeline == NULL)
    return;
  berth_allocator allocator = timeline->allocator;
  berth_inventory_release(timeline->inventory);
  chunked_list_free(&timeline->moments);
  chunked_list_free(&timeline->outages);
  chunked_list_free(&timeline->spans);
  arena_free(&timeline->memory);
  allocator.release(allocator.user, timeline);
}

/* ---------------------------------------------------------------------------- filling */

static bool keep(berth_timeline *timeline, const char *text, const char **out) {
  *out = text == NULL ? NULL : arena_text(&timeline->memory, text, strlen(text));
  return text == NULL || *out != NULL;
}

bool timeline_add_moment(berth_timeline *timeline, const berth_moment *moment) {
  assert(timeline->order == NULL && moment->kind < BERTH_MOMENT_COUNT && moment->at >= 0);
  const char *text;
  berth_moment *added = NULL;
  if (!keep(timeline, moment->text, &text) ||
      (added = chunked_list_add(&timeline->moments)) == NULL)
    return false;
  *added = *moment;
  added->text = text;
  return true;
}

bool timeline_add_outage(berth_timeline *timeline, const berth_outage *outage) {
  assert(outage->vm < timeline->inventory->vm_count && outage->seconds >= 0);
  const char *why;
  berth_outage *added = NULL;
  if (!keep(timeline, outage->why, &why) || (added = chunked_list_add(&timeline->outages)) == NULL)
    return false;
  *added = *outage;
  added->why = why;
  timeline->down +=
      outage->down && timeline->inventory->vm_priority[outage->vm] != BERTH_PRIORITY_DISABLED;
  return true;
}

bool timeline_add_span(berth_timeline *timeline, const berth_span *span) {
  assert(span->kind < BERTH_SPAN_COUNT && span->from <= span->to);
  berth_span *added = chunked_list_add(&timeline->spans);
  if (added == NULL)
    return false;
  *added = *span;
  return true;
}

/* ---------------------------------------------------------------------------- sorting */

static int64_t time_of(const berth_timeline *timeline, uint32_t index) {
  const berth_moment *moment = chunked_list_at(&timeline->moments, index);
  return moment->at;
}

/* Merges two sorted runs that lie side by side; of equal times the first run goes first. */
static void merge(const berth_timeline *timeline, const uint32_t *from, uint32_t *to,
                  uint32_t first, uint32_t middle, uint32_t last) {
  uint32_t a = first, b = middle;
  assert(first <= middle && middle <= last);
  for (uint32_t i = first; i < last; i++) {
    bool left =
        a < middle && (b == last || time_of(timeline, from[a]) <= time_of(timeline, from[b]));
    to[i] = left ? from[a++] : from[b++];
  }
}

bool timeline_finish(berth_timeline *timeline, int64_t end) {
  uint32_t count = timeline->moments.count;
  uint32_t *order = arena_take(&timeline->memory, count, sizeof *order);
  uint32_t *other = arena_take(&timeline->memory, count, sizeof *other);
  if (order == NULL || other == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++)
    order[i] = i;
  for (uint64_t width = 1; width < count; width *= 2) {
    for (uint64_t first = 0; first < count; first += 2 * width) {
      uint64_t middle = first + width < count ? first + width : count;
      uint64_t last = first + 2 * width < count ? first + 2 * width : count;
      merge(timeline, order, other, (uint32_t)first, (uint32_t)middle, (uint32_t)last);
    }
    uint32_t *swap = order;
    order = other;
    other = swap;
  }
  timeline->order = order;
  timeline->end = end;
  return true;
}

/* ---------------------------------------------------------------------------- reading */

const berth_inventory *berth_timeline_inventory(const berth_timeline *timeline) {
  return timeline->inventory;
}

const char *berth_timeline_name(const berth_timeline *timeline) {
  return timeline->name;
}

const berth_ha_timing *berth_timeline_timing(const berth_timeline *timeline) {
  return &timeline->timing;
}

int64_t berth_timeline_end(const berth_timeline *timeline) {
  return timeline->end;
}

uint32_t berth_timeline_moment_count(const berth_timeline *timeline) {
  return timeline->moments.count;
}

const berth_moment *berth_timeline_moment_at(const berth_timeline *timeline, uint32_t index) {
  assert(timeline->order != NULL && index < timeline->moments.count);
  return chunked_list_at(&timeline->moments, timeline->order[index]);
}

uint32_t berth_timeline_outage_count(const berth_timeline *timeline) {
  return timeline->outages.count;
}

const berth_outage *berth_timeline_outage_at(const berth_timeline *timeline, uint32_t index) {
  assert(index < timeline->outages.count);
  return chunked_list_at(&timeline->outages, index);
}

uint32_t berth_timeline_span_count(const berth_timeline *timeline) {
  return timeline->spans.count;
}

const berth_span *berth_timeline_span_at(const berth_timeline *timeline, uint32_t index) {
  assert(index < timeline->spans.count);
  return chunked_list_at(&timeline->spans, index);
}

uint32_t berth_timeline_down(const berth_timeline *timeline) {
  return timeline->down;
}
