/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timed_steps.h
 * A handful of steps of a tiny cluster, and the least time that they take together when all waits
 * run out. Written from docs/model.md, sections 3 to 6; shares no code with solver or checker.
 */
#ifndef BERTH_TESTS_TIMED_STEPS_H
#define BERTH_TESTS_TIMED_STEPS_H

#include "tiny_model.h"

enum { TIMED_STEPS = 16 };

typedef struct timed_step {
  berth_step_type type;
  uint32_t vm; /* of the cluster, as all indices here */
  uint32_t from, to;
  uint32_t awaited; /* steps, as bits, that end before it starts */
  int64_t seconds;  /* with the wait */
  int64_t settle;
  int64_t start, end; /* if started */
  int64_t tail;       /* at least so long from its start until all is done */
} timed_step;

typedef struct timed_steps {
  const berth_inventory *inventory;
  const tiny_model *model;
  uint32_t cluster, count;
  timed_step list[TIMED_STEPS];
  uint32_t started; /* steps, as bits */
  int64_t best;
  uint64_t node_limit, nodes;
  bool gave_up;
} timed_steps;

/** No steps yet. @param node_limit starts that may be tried in all, before it gives up. */
void timed_steps_init(timed_steps *steps, const berth_inventory *inventory, uint32_t cluster,
                      const tiny_model *model, uint64_t node_limit);
/** Each adds a step, wakes first; false = too many, and `gave_up` says so. Drop it in any case. */
bool timed_steps_wake(timed_steps *steps, uint32_t host);
bool timed_steps_migrate(timed_steps *steps, uint32_t vm, uint32_t from, uint32_t to);
bool timed_steps_start_vm(timed_steps *steps, uint32_t vm, uint32_t host);
/** Takes the last step away. */
void timed_steps_drop(timed_steps *steps);
/** The least time for all steps if it is less than @p best, else @p best. */
int64_t timed_steps_least(timed_steps *steps, int64_t best);

#endif
