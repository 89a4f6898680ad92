/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file domain_tracks.h
 * Room tracks of the domains that steps enter or leave, for all must spread rules of a problem.
 * Made on first use: 100,000 rules over 10,000 hosts have a billion domains, of which a plan
 * touches two for each step and rule.
 */
#ifndef BERTH_SOLVER_DOMAIN_TRACKS_H
#define BERTH_SOLVER_DOMAIN_TRACKS_H

#include "placement.h"
#include "room_track.h"

typedef struct domain_tracks {
  const placement *final;
  arena *memory;
  struct domain_track **slots; /* open addressing; NULL = free */
  uint32_t capacity, count;    /* capacity: 0 or a power of two */
} domain_tracks;

/** The track of @p domain for the must spread rule @p rule. NULL = out of memory. */
room_track *domain_tracks_get(domain_tracks *tracks, uint32_t rule, uint32_t domain);

#endif
