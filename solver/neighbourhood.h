/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file neighbourhood.h
 * Which hosts a round of the neighbourhood search frees.
 */
#ifndef BERTH_SOLVER_NEIGHBOURHOOD_H
#define BERTH_SOLVER_NEIGHBOURHOOD_H

#include "placement.h"

enum { NEIGHBOURHOOD_MOST_HOSTS = 8 };

typedef struct neighbourhood {
  uint8_t *free_hosts; /* [host] 1 = one of `hosts` */
  uint32_t hosts[NEIGHBOURHOOD_MOST_HOSTS];
  uint32_t count;
} neighbourhood;

/** Items that contribute to the gap: around them there is something to gain. */
typedef struct costly_items {
  uint32_t *list; /* room for all items */
  uint32_t count;
} costly_items;

/** false = no memory. */
bool neighbourhood_init(neighbourhood *n, const problem *p, arena *memory);
/** No host is free any more. */
void neighbourhood_close(neighbourhood *n);

bool costly_items_init(costly_items *costly, const problem *p, arena *memory);
void costly_items_find(costly_items *costly, const placement *s);

/** Frees hosts around one of @p costly (at least one), all random choices from @p random.
 *  @param taken [host] 1 = left to others, unless too few would be left; NULL = none. */
void neighbourhood_choose(neighbourhood *n, const placement *s, const costly_items *costly,
                          const uint8_t *taken, uint64_t random);

#endif
