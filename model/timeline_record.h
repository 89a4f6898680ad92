/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_record.h
 * Filling a timeline. Everything is copied. Each function that can fail returns false where memory
 * ran out.
 */
#ifndef BERTH_MODEL_TIMELINE_RECORD_H
#define BERTH_MODEL_TIMELINE_RECORD_H

#include "arena.h"
#include "chunked_list.h"
#include <berth/timeline.h>

struct berth_timeline {
  berth_allocator allocator;
  arena memory; /* texts */
  const berth_inventory *inventory;
  const char *name;
  berth_ha_timing timing;
  int64_t end;
  chunked_list moments, outages, spans;
  uint32_t *order; /* of the moments */
  uint32_t down;
};

/** An empty timeline; keeps a reference to @p inventory. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status timeline_new(berth_context *ctx, const berth_inventory *inventory, const char *name,
                          const berth_ha_timing *timing, berth_timeline **out);
bool timeline_add_moment(berth_timeline *timeline, const berth_moment *moment);
bool timeline_add_outage(berth_timeline *timeline, const berth_outage *outage);
bool timeline_add_span(berth_timeline *timeline, const berth_span *span);

/** Sorts by time what several clusters added, each in its order. Once, after all was added. */
bool timeline_finish(berth_timeline *timeline, int64_t end);

#endif
