/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file node_track.h
 * Which departures an arrival has to wait for so that all who ask for one NUMA node of a host can
 * be split among its nodes, whatever the timing.
 *
 * Steps are entered in a linear order in which they could be carried out one by one. An arrival
 * waits for the shortest prefix of the departures before it with which *all* arrivals up to and
 * including it can be split, and for no less than the arrival before it. Then every state of the
 * host can be split: among the arrivals that have started take the last in the linear order; its
 * prefix has ended, nothing after it has started, and what can be split can be with less.
 */
#ifndef BERTH_SOLVER_NODE_TRACK_H
#define BERTH_SOLVER_NODE_TRACK_H

#include "schedule.h"

/** A VM at the host, from an arrival (or the start) to a departure. */
typedef struct node_stay {
  uint32_t item;
  uint32_t left; /* its departure's place, BERTH_NONE = it stays */
} node_stay;

typedef struct node_track {
  node_stay *stays;
  uint32_t stay_count, stay_room;
  step_list departures;
  uint32_t prefix; /* of the departures, that the last arrival waits for */
  bool open;
} node_track;

/** Tracks of all hosts of a problem with nodes. */
typedef struct node_tracks {
  const problem *problem;
  arena *memory;
  node_track *of_host;               /* [host] */
  const uint32_t *home_start, *home; /* CSR by host: items there at the start that need a node */
} node_tracks;

/** Nothing is taken where no host has nodes. false = out of memory. */
bool node_tracks_init(node_tracks *tracks, const problem *p, arena *memory);

/** Enters step @p step, which takes @p item from one host to another (BERTH_NONE = from nowhere);
 *  adds what it waits for to @p after. false = out of memory. */
bool node_tracks_enter(node_tracks *tracks, uint32_t step, const schedule_step *move,
                       step_list *after);

#endif
