/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test that runs out of its budget says no, and then one departure more is waited for. With all
 * of them the state is that of the linear order itself, which was tested when the order was made.
 */
#include "node_track.h"
#include "problem_nodes.h"
#include <assert.h>
#include <string.h>

bool node_tracks_init(node_tracks *tracks, const problem *p, arena *memory) {
  *tracks = (node_tracks){.problem = p, .memory = memory};
  if (!p->numa_active)
    return true;
  uint32_t *start = arena_take(memory, (size_t)p->host_count + 2, sizeof *start);
  uint32_t *home = arena_take(memory, p->item_count, sizeof *home);
  tracks->of_host = arena_take(memory, p->host_count, sizeof *tracks->of_host);
  if (start == NULL || home == NULL || tracks->of_host == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] != BERTH_NONE && problem_needs_node(p, item, p->origin[item]))
      start[p->origin[item] + 2]++;
  }
  for (uint32_t h = 0; h < p->host_count; h++)
    start[h + 2] += start[h + 1];
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] != BERTH_NONE && problem_needs_node(p, item, p->origin[item]))
      home[start[p->origin[item] + 1]++] = item;
  }
  tracks->home_start = start;
  tracks->home = home;
  return true;
}

static bool add_stay(node_tracks *tracks, node_track *track, uint32_t item) {
  if (track->stay_count == track->stay_room) {
    uint32_t room = track->stay_room == 0 ? 16 : 2 * track->stay_room;
    node_stay *stays = arena_take(tracks->memory, room, sizeof *stays);
    if (stays == NULL)
      return false;
    if (track->stay_count > 0)
      memcpy(stays, track->stays, track->stay_count * sizeof *stays);
    track->stays = stays;
    track->stay_room = room;
  }
  track->stays[track->stay_count++] = (node_stay){item, BERTH_NONE};
  return true;
}

/* The track of a host, with those who are there at the start. NULL = out of memory. */
static node_track *track_of(node_tracks *tracks, uint32_t host) {
  node_track *track = &tracks->of_host[host];
  assert(problem_node_count(tracks->problem, host) > 0);
  for (uint32_t i = tracks->home_start[host]; !track->open && i < tracks->home_start[host + 1];
       i++) {
    if (!add_stay(tracks, track, tracks->home[i]))
      return NULL;
  }
  track->open = true;
  return track;
}

static bool came_before(const node_track *track, uint32_t at, uint32_t prefix) {
  for (uint32_t i = 0; i < at; i++) {
    if (track->stays[i].item == track->stays[at].item && track->stays[i].left >= prefix)
      return true;
  }
  return false;
}

/* Whether all can be split once the first @p prefix departures have ended. One who left and came
 * back is there once. */
static bool holds(const node_tracks *tracks, const node_track *track, uint32_t host,
                  uint32_t prefix) {
  const problem *p = tracks->problem;
  node_item items[SPLIT_ITEMS];
  uint32_t count = 0;
  for (uint32_t i = 0; i < track->stay_count; i++) {
    if (track->stays[i].left < prefix || came_before(track, i, prefix))
      continue;
    if (count == SPLIT_ITEMS)
      return false;
    uint32_t item = track->stays[i].item;
    items[count++] = (node_item){.size = problem_node_demand(p, item), .item = item};
  }
  return node_split(p->nodes + p->node_start[host], problem_node_count(p, host), items, count,
                    SPLIT_BUDGET_OF_MANY, NULL) == NODES_HOLD;
}

static bool arrive(node_tracks *tracks, uint32_t item, uint32_t host, step_list *after) {
  node_track *track = track_of(tracks, host);
  if (track == NULL || !add_stay(tracks, track, item))
    return false;
  while (track->prefix < track->departures.count && !holds(tracks, track, host, track->prefix))
    track->prefix++;
  for (uint32_t i = 0; i < track->prefix; i++) {
    if (!step_list_add(after, tracks->memory, track->departures.list[i]))
      return false;
  }
  return true;
}

static bool depart(node_tracks *tracks, uint32_t step, uint32_t item, uint32_t host) {
  node_track *track = track_of(tracks, host);
  if (track == NULL)
    return false;
  uint32_t i = track->stay_count;
  while (track->stays[i - 1].item != item) {
    i--;
    assert(i > 0);
  }
  assert(track->stays[i - 1].left == BERTH_NONE);
  track->stays[i - 1].left = track->departures.count;
  return step_list_add(&track->departures, tracks->memory, step);
}

bool node_tracks_enter(node_tracks *tracks, uint32_t step, const schedule_step *move,
                       step_list *after) {
  const problem *p = tracks->problem;
  assert(move->item != BERTH_NONE && move->to != BERTH_NONE);
  if (problem_needs_node(p, move->item, move->to) && !arrive(tracks, move->item, move->to, after))
    return false;
  return move->from == BERTH_NONE || !problem_needs_node(p, move->item, move->from) ||
         depart(tracks, step, move->item, move->from);
}
