/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file serving.h
 * Which hosts stay on after a consolidation (docs/model.md §8).
 */
#ifndef BERTH_SOLVER_SERVING_H
#define BERTH_SOLVER_SERVING_H

#include "placement.h"
#include "search_clock.h"

typedef struct serving {
  uint8_t *down;    /* [host] 1 = powered down at the end */
  int64_t hosts_on; /* value of the level */
  int64_t least;    /* no plan has less: so many hosts must serve whatever they hold */
  uint32_t spares;  /* empty hosts kept on */
  bool survives;    /* any settings.keep_failures failures, proved */
} serving;

/** Powers down every host that may be and is not needed. @p p is a whole cluster. false = no
 * memory. */
bool serving_choose(const placement *final, arena *memory, search_clock *clock, serving *out);

#endif
