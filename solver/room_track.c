/* SPDX-License-Identifier: Apache-2.0 */
#include "room_track.h"
#include <assert.h>

bool room_track_depart(room_track *track, arena *memory, uint32_t step, uint32_t item) {
  assert(track->departures.count == 0 ||
         track->departures.list[track->departures.count - 1] < step);
  return step_list_add(&track->departures, memory, step) &&
         step_list_add(&track->departed, memory, item);
}

/* Length of the shortest prefix of departures that makes room in resource r. */
static uint32_t prefix_for(const room_track *track, const problem *p, uint32_t r, bool by_demand) {
  int64_t excess = track->load[r] - track->limit[r];
  uint32_t length = 0;
  while (excess > 0) {
    assert(length < track->departed.count);
    excess -= by_demand ? problem_demand(p, track->departed.list[length])[r] : 1;
    length++;
  }
  return length;
}

bool room_track_arrive(room_track *track, arena *memory, const problem *p, const int64_t *weight,
                       uint32_t width, bool by_demand, step_list *after) {
  uint32_t prefix = 0;
  assert(by_demand ? width == p->resource_count : width == 1);
  for (uint32_t r = 0; r < width; r++) {
    track->load[r] += weight[r];
    if (track->limit[r] == BERTH_UNLIMITED)
      continue;
    uint32_t length = prefix_for(track, p, r, by_demand);
    prefix = length > prefix ? length : prefix;
  }
  for (uint32_t i = 0; i < prefix; i++) {
    if (!step_list_add(after, memory, track->departures.list[i]))
      return false;
  }
  return true;
}
