/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file room_track.h
 * Which departures an arrival has to wait for, whatever the timing.
 *
 * For one host (or one domain of a rule) steps are entered in a linear order in which they could be
 * carried out one by one. An arrival waits for the shortest prefix of the departures before it that
 * makes room for *all* arrivals up to and including it. Then no timing overloads the host: among
 * the arrivals that have started take the last in the linear order; its prefix has ended, and
 * nothing after it has started.
 */
#ifndef BERTH_SOLVER_ROOM_TRACK_H
#define BERTH_SOLVER_ROOM_TRACK_H

#include "schedule.h"

/** A host, or a domain of a rule. */
typedef struct room_track {
  const int64_t *limit; /* [width] */
  int64_t *load;        /* [width] initial load plus all arrivals so far */
  step_list departures; /* steps, in linear order */
  step_list departed;   /* the items that they take away */
} room_track;

/** Enters a departure. false = out of memory. */
bool room_track_depart(room_track *track, arena *memory, uint32_t step, uint32_t item);

/**
 * Enters an arrival and adds the departures it waits for to @p after.
 * @param weight [width] what it takes.
 * @param by_demand a departed item gives back its demands; else 1.
 * @return false = out of memory.
 */
bool room_track_arrive(room_track *track, arena *memory, const problem *p, const int64_t *weight,
                       uint32_t width, bool by_demand, step_list *after);

#endif
